"""The link in an estimator's HTML picture follows the package's own address."""

from email.message import Message

import pytest

from skbayes import BayesianMLPRegressor, ConformalClassifier, ConformalRegressor
from skbayes.estimators import documentation_link


def _metadata(*urls: str) -> Message:
    message = Message()
    for url in urls:
        message["Project-URL"] = url
    return message


def _with_urls(monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    monkeypatch.setattr(documentation_link, "metadata", lambda name: _metadata(*urls))
    monkeypatch.setattr(documentation_link, "_site", documentation_link._site.__wrapped__)


def test_pictures_link_to_the_page_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    urls = ["Source, https://a.example", "Documentation, https://docs.example/stable/"]
    _with_urls(monkeypatch, *urls)
    page = "https://docs.example/stable/api/skbayes.BayesianMLPRegressor.html"
    assert page in BayesianMLPRegressor()._repr_html_()
    whole = ConformalRegressor(BayesianMLPRegressor())._repr_html_()
    assert page in whole
    assert page.replace("BayesianMLPRegressor", "ConformalRegressor") in whole


def test_there_is_no_link_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_urls(monkeypatch, "Source, https://a.example")
    for estimator in (BayesianMLPRegressor(), ConformalClassifier(BayesianMLPRegressor())):
        assert "href" not in estimator._repr_html_()
        assert estimator._get_doc_link() == ""


def test_subclasses_of_users_have_no_page_here(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(BayesianMLPRegressor):
        pass

    _with_urls(monkeypatch, "Documentation, https://docs.example")
    assert Mine()._get_doc_link() == ""
