"""The code of the pages that are all about code runs."""

import importlib
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import torch

from skbayes import BayesianMLPRegressor

DOCS = Path(__file__).parent.parent / "docs"
BENCHMARKS = DOCS.parent / "examples" / "benchmarks"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script that makes the tables of docs/benchmarks.md."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("page")


def test_every_table_and_picture_of_the_benchmarks_is_made(
    page: ModuleType, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib").use("agg")
    page.make(DOCS / "results", tmp_path)
    pages = [path.read_text() for path in DOCS.glob("*.md")]
    shown = set(re.findall(r"\} _results/(\S+)", "".join(pages)))
    assert shown == {path.name for path in tmp_path.iterdir()}
    for name in page.TABLES:
        found = page.load(DOCS / "results" / f"{name}.csv")
        assert found.command.startswith("python examples/benchmarks/")
        assert "torch" in found.machine


def test_the_readme_shows_what_was_measured(page: ModuleType) -> None:
    readme = (DOCS.parent / "README.md").read_text()
    for name, make in (("uci", page.uci), ("gauntlet", page.gauntlet_summary)):
        assert page.markdown(make(page.load(DOCS / "results" / f"{name}.csv").rows)) in readme


@pytest.mark.parametrize("page", ["modules", "migration"])
def test_the_snippets_of_a_page_run_one_after_the_other(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text()
    snippets = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(snippets) > 4
    namespace: dict[str, object] = {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for number, snippet in enumerate(snippets):
            exec(compile(snippet, f"{page}.md, snippet {number}", "exec"), namespace)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_larger_than_memory_is_read_part_after_part(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    text = (DOCS / "large.md").read_text()
    snippets = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    (recipe,) = [snippet for snippet in snippets if f"table.{kind}" in snippet]
    rng = np.random.RandomState(0)
    table = pd.DataFrame(rng.normal(size=(900, 2)), columns=["a", "b"])
    table["kind"] = rng.choice(["x", "y"], 900)
    table["y"] = table["a"] + 2 * (table["kind"] == "x") + 0.3 * rng.normal(size=900)
    monkeypatch.chdir(tmp_path)
    getattr(table, f"to_{kind}")(f"table.{kind}", index=False)
    recipe = recipe.replace("50_000", "300").replace("random_state=0", "random_state=0, budget=0.2")
    namespace: dict[str, object] = {"BayesianMLPRegressor": BayesianMLPRegressor}
    exec(compile(recipe, "large.md", "exec"), namespace)
    regressor = namespace["regressor"]
    # The noise alone leaves an R2 of 0.96.
    assert regressor.score(table.drop(columns="y"), table["y"]) > 0.9
