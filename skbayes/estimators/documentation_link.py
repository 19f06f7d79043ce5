"""The link to an estimator's page in scikit-learn's HTML picture of it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

_PACKAGE = "skbayes"


class DocumentationLink:
    """What scikit-learn asks an estimator for, to draw the question mark beside its name.

    The address of the site is the package's own: the project URL named "Documentation". Without
    one there is no link.
    """

    _doc_link_module = _PACKAGE

    @property
    def _doc_link_template(self) -> str:
        site = _site()
        return f"{site}/api/{_PACKAGE}.{{estimator_name}}.html" if site else ""


@cache
def _site() -> str:
    try:
        urls = metadata(_PACKAGE).get_all("Project-URL") or []
    except PackageNotFoundError:  # run from a folder
        return ""
    pairs = (url.split(",", 1) for url in urls)
    found = [address.strip() for name, address in pairs if name.strip() == "Documentation"]
    return found[0].rstrip("/") if found else ""
