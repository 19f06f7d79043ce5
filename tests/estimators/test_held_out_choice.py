"""What held-out rows choose before chains start."""

from typing import Any

import numpy as np
import pytest

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.estimators import automatic, held_out_choice
from skbayes.inference.divergence_weight import ChosenWeight

N_ROWS = 240
WHOLE = automatic.max_iter(
    automatic.TableFacts(N_ROWS, 2, 2, "numbers", False), 0.05, is_start=True
)


@pytest.fixture
def table() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.RandomState(0).normal(size=(N_ROWS, 2))
    return X, X[:, 0] + X[:, 1] ** 2


def _fake_losses(monkeypatch: pytest.MonkeyPatch, of_half: float, of_all: float) -> list[float]:
    """Losses of fits to parts of the rows in half of the steps, and in all; shares asked for."""
    shares: list[float] = []

    def choose_weight(
        model: Any, data: Any, plan: Any, generator: Any, progress: Any, share: float
    ) -> ChosenWeight:
        shares.append(share)
        return ChosenWeight(0.3, of_half) if share < 1 else ChosenWeight(0.1, of_all)

    monkeypatch.setattr(held_out_choice, "choose_weight", choose_weight)
    return shares


@pytest.mark.parametrize(
    ("of_half", "n_steps", "weight"),
    [
        (0.96, WHOLE // 2, 0.3),
        (0.98, WHOLE, 0.1),  # less than 3 % is noise
        (1.5, WHOLE, 0.1),
        (np.nan, WHOLE, 0.1),
        (np.inf, WHOLE, 0.1),
    ],
)
def test_chains_start_from_a_shorter_fit_where_it_is_better(
    monkeypatch: pytest.MonkeyPatch, table: tuple, of_half: float, n_steps: int, weight: float
) -> None:
    shares = _fake_losses(monkeypatch, of_half, 1.0)
    model = BayesianMLPRegressor(budget=0.05, random_state=0).fit(*table)
    assert model.plan_.training.max_iter == n_steps
    assert model.plan_.kl_weights == (model.kl_weight_,) == (weight,)
    assert not model.plan_.may_shorten_start
    assert shares == [0.5] * 4 + [1.0]  # two activations at two readings, and what is taken


def test_also_where_nothing_else_is_to_be_chosen(
    monkeypatch: pytest.MonkeyPatch, table: tuple
) -> None:
    shares = _fake_losses(monkeypatch, 0.9, 1.0)
    model = BayesianMLPRegressor(activation="silu", n_bins=1, budget=0.05, random_state=0)
    model.fit(*table)
    assert model.plan_.training.max_iter == WHOLE // 2
    assert shares == [0.5, 1.0]


def test_steps_that_are_asked_for_are_taken(monkeypatch: pytest.MonkeyPatch, table: tuple) -> None:
    shares = _fake_losses(monkeypatch, 0.5, 1.0)
    model = BayesianMLPRegressor(max_iter=70, budget=0.05, random_state=0).fit(*table)
    assert model.plan_.training.max_iter == 70
    assert 1.0 not in shares


def test_the_start_of_classes_is_whole(monkeypatch: pytest.MonkeyPatch, table: tuple) -> None:
    shares = _fake_losses(monkeypatch, 0.5, 1.0)
    model = BayesianMLPClassifier(budget=0.05, random_state=0).fit(table[0], table[1] > 1)
    assert model.plan_.training.max_iter == WHOLE
    assert 1.0 not in shares


def test_a_fit_that_goes_on_has_the_steps_of_its_own(
    monkeypatch: pytest.MonkeyPatch, table: tuple
) -> None:
    shares = _fake_losses(monkeypatch, 0.9, 1.0)
    model = BayesianMLPRegressor(budget=0.05, random_state=0, warm_start=True).fit(*table)
    n_compared = len(shares)
    model.fit(*table)
    assert len(shares) == n_compared
    assert model.plan_.training.max_iter == WHOLE
