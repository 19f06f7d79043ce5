"""The tree and the path of CONTRIBUTING.md are those of the code."""

import re
from pathlib import Path

import pytest

import skbayes
from skbayes import estimators, inference, model, predictive, tables
from skbayes.estimators import planning

ROOT = Path(skbayes.__file__).parent
TEXT = (ROOT.parent / "CONTRIBUTING.md").read_text()
BLOCKS = re.findall(r"(?:^    .*\n)+", TEXT, re.MULTILINE)
TREE, PATH = BLOCKS


def _paths_in_tree() -> list[Path]:
    folders = {0: ROOT.parent}
    found = []
    for line in TREE.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2 - 2
        names = re.match(r"((?:[a-z_]+(?:\.py|/),? ?)+)", line.lstrip())
        if names is None:
            continue  # a continuation of a description
        for name in names.group(1).replace(",", " ").split():
            path = folders[depth] / name
            found.append(path)
            if name.endswith("/"):
                folders[depth + 1] = path
    return found


def test_the_tree_is_short_and_its_files_exist() -> None:
    paths = _paths_in_tree()
    assert len(TREE.splitlines()) <= 30
    assert len(paths) > 40
    assert [path for path in paths if not path.exists()] == []


def test_every_package_is_in_the_tree() -> None:
    packages = {path.parent for path in ROOT.rglob("__init__.py")} - {ROOT}
    assert packages <= {path for path in _paths_in_tree() if path.is_dir()}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(\w[\w.]*)`", PATH))))
def test_what_the_path_names_exists(name: str) -> None:
    if name.endswith("_"):
        return  # a fitted attribute
    first, *attributes = name.split(".")
    rooms = (estimators, planning, tables, inference, model, predictive)
    (found,) = {id(getattr(room, first)): room for room in rooms if hasattr(room, first)}.values()
    value = getattr(found, first)
    for attribute in attributes:
        value = getattr(value, attribute)


def test_the_path_has_ten_steps() -> None:
    assert re.findall(r"^    (\d+)\.", PATH, re.MULTILINE) == [str(i) for i in range(1, 11)]
