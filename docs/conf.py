"""Sphinx settings: `pip install -e ".[docs]"`, then `python -m sphinx -W docs docs/_build`."""

import inspect
import re
import sys
import warnings
from pathlib import Path

from sklearn.exceptions import ConvergenceWarning

import skbayes

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "benchmarks"))
import page
from public_api import own_methods, public_objects

DOCS = Path(__file__).parent

project = "skbayes"
author = "the skbayes developers"
copyright = "2026, the skbayes developers"
release = skbayes.__version__
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "_build",
    "_results/*.md",  # parts of the page of benchmarks
    "gallery/**.ipynb",
    "gallery/**.py",
    "gallery/**.md5",
    "**sg_execution_times.rst",  # times of this machine say nothing
]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = "skbayes"
html_static_path = ["_static"]
html_css_files = ["skbayes.css"]
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"index": [], "start": [], "benchmarks": [], "changelog": []}
html_show_sourcelink = False


autosummary_generate = True
autosummary_context = {
    "own_methods": {name: list(own_methods(thing)) for name, thing in public_objects()}
}
# An optional extra that holds scikit-learn back: its classes need not be there to be documented.
autodoc_mock_imports = ["skpro"]
autodoc_typehints = "none"
autodoc_default_options = {"member-order": "groupwise"}
# Methods by their own names: with the class in front they do not fit beside the page.
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_validation_checks: set[str] = set()

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": "plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
    "min_reported_time": 1e6,
    "show_memory": False,
    "default_thumb_file": None,
}
warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
# Budgets of examples are small, so that the gallery is quick to build.
warnings.filterwarnings("ignore", category=ConvergenceWarning)


def short_signature(app, what, name, thing, options, signature, return_annotation):
    """Types and defaults are in the text: of long signatures the names up to the first `*`."""
    if what not in ("class", "function", "method") or signature is None:
        return None
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):
        return None
    shown = [p for p in parameters if p.name != "self"]
    if len(shown) <= 4:
        return None
    first = [p for p in shown if p.kind == p.POSITIONAL_OR_KEYWORD][:3]
    return f"({', '.join([p.name for p in first] + ['...'])})", None


def link_pages(app, what, name, thing, options, lines):
    """What docstrings call by the file of a page becomes a link to the page."""
    lines[:] = [re.sub(r"``docs/(\w+)\.md``", r":doc:`/\1`", line) for line in lines]


def make_results(app):
    """Tables and pictures of benchmarks, from what the scripts saved."""
    page.make(DOCS / "results", DOCS / "_results")


def setup(app):
    app.connect("builder-inited", make_results)
    app.connect("autodoc-process-docstring", link_pages)
    app.connect("autodoc-process-signature", short_signature)
