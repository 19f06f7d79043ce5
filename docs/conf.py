"""Sphinx settings: `pip install -e ".[docs]"`, then `python -m sphinx -W docs docs/_build`."""

import inspect
import warnings

import skbayes
import skbayes.display
import skbayes.likelihoods
import skbayes.metrics
import skbayes.posteriors
import skbayes.priors
import skbayes.samplers
import skbayes.torch
import skbayes.variational
from skbayes.choice import Choice

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
exclude_patterns = ["_build", "gallery/**.ipynb", "gallery/**.py", "gallery/**.md5"]
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


def own_methods():
    """Public methods of each public class that are written here, by its full name."""
    found = {}
    for module in (
        skbayes,
        skbayes.torch,
        skbayes.display,
        skbayes.metrics,
        skbayes.variational,
        skbayes.samplers,
        skbayes.priors,
        skbayes.posteriors,
        skbayes.likelihoods,
    ):
        for name in module.__all__:
            thing = getattr(module, name)
            if not inspect.isclass(thing) or issubclass(thing, Choice):
                continue
            methods = [
                method
                for method, function in inspect.getmembers(thing, callable)
                if not method.startswith("_")
                and getattr(function, "__module__", "").startswith("skbayes")
                and getattr(function, "__doc__", None)
                and method not in {"get_params", "set_params"}
            ]
            found[f"{module.__name__}.{name}"] = methods
    return found


autosummary_generate = True
autosummary_context = {"own_methods": own_methods()}
autodoc_typehints = "none"
autodoc_default_options = {"member-order": "groupwise"}
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


def setup(app):
    app.connect("autodoc-process-signature", short_signature)
