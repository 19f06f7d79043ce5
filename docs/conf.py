"""Sphinx settings: `pip install -e ".[docs]"`, then `python -m sphinx docs docs/_build`."""

import skbayes

project = "skbayes"
author = "the skbayes developers"
copyright = "2026, the skbayes developers"
release = skbayes.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
numpydoc_show_class_members = False
exclude_patterns = ["_build"]
html_theme = "alabaster"
