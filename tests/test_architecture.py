"""The house rules of the source tree: imports run one way, and files stay readable."""

import ast
from pathlib import Path

import pytest

import skbayes

ROOT = Path(skbayes.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# Which packages of skbayes each package may import from.
ALLOWED = {
    "predictive": {"predictive"},
    "model": {"model", "predictive"},
    "inference": {"inference", "model", "predictive"},
    "metrics": {"metrics", "predictive"},
    "estimators": {"estimators", "inference", "metrics", "model", "predictive"},
}
# What only the estimators know, and of it what the scorers need, which are for scikit-learn.
ESTIMATOR_LIBRARIES = {"sklearn", "scipy", "pandas"}
ALLOWED_LIBRARIES = {"estimators": ESTIMATOR_LIBRARIES, "metrics": {"sklearn"}}


def _imports(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    if len(parts) == 1:
        return  # skbayes/__init__.py may import what users see
    imported = _imports(path)
    inside = {name.split(".")[1] for name in imported if name.startswith("skbayes.")}
    assert inside <= ALLOWED[parts[0]]
    libraries = {name.split(".")[0] for name in imported} & ESTIMATOR_LIBRARIES
    assert libraries <= ALLOWED_LIBRARIES.get(parts[0], set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_read_in_a_sitting(path: Path) -> None:
    code = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(code) <= 400
