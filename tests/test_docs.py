"""The code of the pages that are all about code runs."""

import re
from pathlib import Path

import pytest
import torch

DOCS = Path(__file__).parent.parent / "docs"


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
