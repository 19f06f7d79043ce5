"""The house rules of the source tree: imports run one way, and files stay readable."""

import ast
from pathlib import Path

import pytest

import skbayes

ROOT = Path(skbayes.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# Which packages of skbayes each package may import from; what is on the ground lies under all.
GROUND = {"arrays", "choice", "columns", "docstrings", "lazy_torch", "threads"}
ALLOWED = {
    "predictive": {"predictive"},
    "model": {"model", "predictive"},
    "inference": {"inference", "model", "predictive"},
    "metrics": {"metrics", "predictive"},
    "tables": {"tables", "model"},
    "display": {"display", "metrics", "predictive"},
    "torch": {"torch", "inference", "model", "predictive"},
    "estimators": {"estimators", "tables", "inference", "metrics", "model", "predictive"},
}
# SciPy's special functions are welcome where distributions and activations are; scikit-learn and
# pandas only where users come in, and of scikit-learn what choices and scorers need.
LIBRARIES = {"sklearn", "scipy", "pandas"}
ALLOWED_LIBRARIES = {
    "estimators": {"sklearn", "scipy", "pandas"},
    "tables": LIBRARIES,
    "metrics": {"sklearn", "pandas"},
    "display": {"pandas"},
    "model": {"scipy"},
    "predictive": {"scipy"},
    "arviz.py": {"pandas"},
    "choice.py": {"sklearn"},
    "columns.py": {"pandas"},
    "skpro.py": {"sklearn", "pandas"},
    "threads.py": {"sklearn"},
    "trusted_types.py": {"sklearn"},
}
# Who may import PyTorch with the module: those that name its classes there. Others take it from
# `skbayes.lazy_torch`, so that it is not imported before it is used.
NAMES_LAYERS = {"module.py", "module_call.py", "module_layout.py", "stack.py"}
# What a network keeps to itself: names of `skbayes.model.networks` that no other file may read.
NETWORK_SECRETS = {"layers", "skip", "embeddings", "unpack", "workspace", "trace", "has_skip"}


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
    imported = _imports(path)
    libraries = {name.split(".")[0] for name in imported} & LIBRARIES
    assert libraries <= ALLOWED_LIBRARIES.get(parts[0], set())
    if len(parts) > 1:  # files beside the packages may import what users see
        inside = {name.split(".")[1] for name in imported if name.startswith("skbayes.")}
        assert inside <= ALLOWED[parts[0]] | GROUND


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pytorch_is_imported_when_it_is_used(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    if parts[0] == "torch" or (parts[:2] == ("model", "networks") and path.name in NAMES_LAYERS):
        return
    body = ast.parse(path.read_text()).body
    imported = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert not {name for name in imported if name.split(".")[0] == "torch"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_network_keeps_its_inside_to_itself(path: Path) -> None:
    if path.relative_to(ROOT).parts[:2] == ("model", "networks"):
        return
    read = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert not read & NETWORK_SECRETS


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_read_in_a_sitting(path: Path) -> None:
    code = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(code) <= 400
