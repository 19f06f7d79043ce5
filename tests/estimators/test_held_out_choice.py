"""What held-out rows choose before chains start."""

from typing import Any

import numpy as np
import pytest

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.estimators import automatic, held_out_choice
from skbayes.inference import HeldOutScores, WeightScores
from skbayes.likelihoods import Censored, HeteroscedasticStudentT, Hurdle, StudentT

N_ROWS = 240
WHOLE = automatic.max_iter(
    automatic.TableFacts(N_ROWS, 2, 2, "numbers", False), 0.05, is_start=True
)


@pytest.fixture
def table() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.RandomState(0).normal(size=(N_ROWS, 2))
    return X, X[:, 0] + X[:, 1] ** 2


def _scores(weight: float, loss: float) -> WeightScores:
    """With that weight as the best, and a weight of 1 as the worst."""
    other = 0.3 if weight == 0.1 else 0.1
    return WeightScores((1.0, weight, other), (2 * loss, loss, 1.5 * loss))


def _fake_losses(
    monkeypatch: pytest.MonkeyPatch, of_half: float, of_all: float
) -> list[tuple[float, tuple[float, ...]]]:
    """Losses of fits to parts of the rows in half of the steps, and in all.

    Returns the shares of steps that are asked for, and the weights of the divergence.
    """
    asked: list[tuple[float, tuple[float, ...]]] = []

    def compare_weights(
        model: Any, data: Any, plan: Any, generator: Any, progress: Any, share: float, only: Any
    ) -> WeightScores:
        asked.append((share, only or plan.kl_weights))
        return _scores(0.3, of_half) if share < 1 else _scores(0.1, of_all)

    monkeypatch.setattr(held_out_choice, "compare_weights", compare_weights)
    return asked


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
    asked = _fake_losses(monkeypatch, of_half, 1.0)
    model = BayesianMLPRegressor(budget=0.05, random_state=0).fit(*table)
    assert model.plan_.training.max_iter == n_steps
    assert model.plan_.kl_weights == (model.kl_weight_,) == (weight,)
    assert not model.plan_.may_shorten_start
    shares, weights = zip(*asked, strict=True)
    # Two activations at two readings, waves, and what is taken.
    assert shares == (0.5,) * 5 + (1.0,)
    n_weights = [len(candidates) for candidates in weights]
    assert n_weights == [3, 3, 2, 2, 3, 2]
    if np.isfinite(of_half):
        assert weights[-1] == (0.3, 0.1)  # all but the worst


def test_also_where_nothing_else_is_to_be_chosen(
    monkeypatch: pytest.MonkeyPatch, table: tuple
) -> None:
    asked = _fake_losses(monkeypatch, 0.9, 1.0)
    model = BayesianMLPRegressor(activation="silu", n_bins=1, budget=0.05, random_state=0)
    model.fit(*table)
    assert model.plan_.training.max_iter == WHOLE // 2
    assert [share for share, _ in asked] == [0.5, 1.0]


def test_steps_that_are_asked_for_are_taken(monkeypatch: pytest.MonkeyPatch, table: tuple) -> None:
    asked = _fake_losses(monkeypatch, 0.5, 1.0)
    model = BayesianMLPRegressor(max_iter=70, budget=0.05, random_state=0).fit(*table)
    assert model.plan_.training.max_iter == 70
    assert 1.0 not in [share for share, _ in asked]


def test_the_start_of_classes_is_whole(monkeypatch: pytest.MonkeyPatch, table: tuple) -> None:
    asked = _fake_losses(monkeypatch, 0.5, 1.0)
    model = BayesianMLPClassifier(budget=0.05, random_state=0).fit(table[0], table[1] > 1)
    assert model.plan_.training.max_iter == WHOLE
    assert 1.0 not in [share for share, _ in asked]


def test_a_fit_that_goes_on_has_the_steps_of_its_own(
    monkeypatch: pytest.MonkeyPatch, table: tuple
) -> None:
    asked = _fake_losses(monkeypatch, 0.9, 1.0)
    model = BayesianMLPRegressor(budget=0.05, random_state=0, warm_start=True).fit(*table)
    n_compared = len(asked)
    model.fit(*table)
    assert len(asked) == n_compared
    assert model.plan_.training.max_iter == WHOLE


def _fake_trials(
    monkeypatch: pytest.MonkeyPatch, loss: float, log_density: float, *, fails: str = ""
) -> list[str]:
    """Scores of waves by short chains, where those of others are 1 and 0; what was tried.

    Variational fits find all networks alike.
    """
    monkeypatch.setattr(held_out_choice, "compare_weights", lambda *_: _scores(0.3, 0.2))
    tried: list[str] = []

    def try_chains(
        model: Any, data: Any, plan: Any, generator: Any, progress: Any
    ) -> HeldOutScores:
        activation = plan.network.activation
        tried.append(activation)
        assert len(plan.kl_weights) == 1
        if activation == fails:
            raise FloatingPointError
        once = np.ones(data.n_rows)
        if activation != "sine":
            return HeldOutScores(0 * once, once, once)
        noise = np.random.RandomState(0).normal(size=data.n_rows)
        return HeldOutScores(log_density + noise - noise.mean(), loss * once, once)

    monkeypatch.setattr(held_out_choice, "try_chains", try_chains)
    return tried


@pytest.mark.parametrize(
    ("loss", "log_density", "is_taken"),
    [
        (0.96, 0.14, True),  # a standard error of the mean of 240 rows is 0.065
        (0.96, 0.12, False),
        (0.98, 0.3, False),  # less than 3 % is noise
        (np.nan, 0.3, False),
        (0.5, np.nan, False),
    ],
)
def test_waves_are_taken_where_short_chains_are_clearly_better(
    monkeypatch: pytest.MonkeyPatch,
    table: tuple,
    loss: float,
    log_density: float,
    is_taken: bool,
) -> None:
    tried = _fake_trials(monkeypatch, loss, log_density)
    model = BayesianMLPRegressor(budget=0.05, random_state=0).fit(*table)
    network = model.plan_.network
    assert (network.activation == "sine") is is_taken
    assert network.hidden_layer_sizes == ((32,) if is_taken else (32, 16))
    assert model.plan_.networks_by_chains == ()
    assert model.plan_.kl_weights == (model.kl_weight_,)
    assert len(tried) == 2
    assert tried[1] == "sine"


@pytest.mark.parametrize(("ratio", "is_tried"), [(1.19, True), (1.21, False), (np.nan, False)])
def test_chains_of_waves_are_tried_unless_their_fits_are_much_worse(
    monkeypatch: pytest.MonkeyPatch, table: tuple, ratio: float, is_tried: bool
) -> None:
    def compare_weights(model: Any, data: Any, plan: Any, *rest: Any) -> WeightScores:
        return _scores(0.3, 0.2 * ratio if plan.network.activation == "sine" else 0.2)

    tried = _fake_trials(monkeypatch, 0.5, 0.3)
    monkeypatch.setattr(held_out_choice, "compare_weights", compare_weights)
    model = BayesianMLPRegressor(budget=0.05, random_state=0).fit(*table)
    assert tried == (["tanh", "sine"] if is_tried else [])
    assert (model.plan_.network.activation == "sine") is is_tried


@pytest.mark.parametrize("steps", ["auto", 60])
def test_a_trial_of_chains_that_fails_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, table: tuple, steps: Any
) -> None:
    _fake_trials(monkeypatch, 0.5, 0.3, fails="sine")
    settings: dict[str, Any] = {"budget": 0.05, "max_iter": steps, "random_state": 0}
    model = BayesianMLPRegressor(**settings).fit(*table)
    chosen = model.plan_.network.activation
    assert chosen != "sine"
    _fake_trials(monkeypatch, 0.5, 0.3, fails=chosen)
    assert BayesianMLPRegressor(**settings).fit(*table).plan_.network.activation == chosen


@pytest.mark.parametrize("settings", [{"activation": "tanh"}, {"hidden_layer_sizes": (32, 16)}])
def test_a_network_that_is_described_has_no_rival(
    monkeypatch: pytest.MonkeyPatch, table: tuple, settings: dict
) -> None:
    tried = _fake_trials(monkeypatch, 0.5, 0.3)
    model = BayesianMLPRegressor(budget=0.05, random_state=0, **settings).fit(*table)
    assert model.plan_.network.hidden_layer_sizes == (32, 16)
    assert not tried


def test_a_fit_goes_on_with_waves(monkeypatch: pytest.MonkeyPatch, table: tuple) -> None:
    tried = _fake_trials(monkeypatch, 0.5, 0.3)
    X, y = table
    model = BayesianMLPRegressor(budget=0.05, random_state=0, warm_start=True).fit(X, y)
    model.fit(X, -y)
    assert model.plan_.network.activation == "sine"
    model.partial_fit(X[:50], y[:50])
    assert model.plan_.network.hidden_layer_sizes == (32,)
    assert len(tried) == 2  # by the first fit alone


def test_ctrl_c_in_a_trial_keeps_the_fitted_model(
    monkeypatch: pytest.MonkeyPatch, table: tuple
) -> None:
    def interrupted(*arguments: Any) -> HeldOutScores:
        raise KeyboardInterrupt

    X, y = table
    model = BayesianMLPRegressor(budget=0.05, random_state=0).fit(X, y)
    before = model.predict(X)
    _fake_trials(monkeypatch, 0.5, 0.3)
    monkeypatch.setattr(held_out_choice, "try_chains", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, -y)
    np.testing.assert_array_equal(model.predict(X), before)


def _fake_skewness(monkeypatch: pytest.MonkeyPatch, *of_weights: float) -> None:
    """Of the residuals at three weights, of which the second predicts best."""
    scores = WeightScores((1.0, 0.3, 0.1), (0.4, 0.2, 0.3), of_weights)
    monkeypatch.setattr(held_out_choice, "compare_weights", lambda *_: scores)


@pytest.mark.parametrize(
    ("likelihood", "skewness", "expected"),
    [
        ("auto", (0.0, 3.1, 0.0), HeteroscedasticStudentT(skewed=True)),
        ("auto", (9.0, 2.9, 9.0), HeteroscedasticStudentT()),
        (
            Censored(upper=1.0),
            (0.0, 3.1, 0.0),
            Censored(HeteroscedasticStudentT(skewed=True), upper=1.0),
        ),
        (Hurdle(at=0.5), (0.0, 3.1, 0.0), Hurdle(HeteroscedasticStudentT(skewed=True), at=0.5)),
        # What is given means what it says.
        ("heteroscedastic_student_t", (9.0, 9.0, 9.0), HeteroscedasticStudentT()),
        (Censored("student_t", upper=1.0), (9.0, 9.0, 9.0), Censored(StudentT(), upper=1.0)),
    ],
)
def test_noise_is_skewed_where_residuals_of_the_best_fit_are(
    monkeypatch: pytest.MonkeyPatch,
    table: tuple,
    likelihood: Any,
    skewness: tuple[float, ...],
    expected: Any,
) -> None:
    _fake_skewness(monkeypatch, *skewness)
    model = BayesianMLPRegressor(likelihood=likelihood, budget=0.01, random_state=0).fit(*table)
    plan = model.plan_
    assert repr(plan.likelihood) == repr(expected)
    assert plan.skewed_likelihood is None
    assert ("skew" in model.likelihood_parameters_) is ("skewed" in repr(expected))


def test_a_fit_goes_on_with_skewed_noise(monkeypatch: pytest.MonkeyPatch, table: tuple) -> None:
    X, y = table
    _fake_skewness(monkeypatch, 5.0, 5.0, 5.0)
    model = BayesianMLPRegressor(budget=0.02, random_state=0, warm_start=True).fit(X, y)
    _fake_skewness(monkeypatch, 0.0, 0.0, 0.0)
    for again in (model.fit(X, -y), model.partial_fit(X[:50], y[:50])):
        assert repr(again.plan_.likelihood) == repr(HeteroscedasticStudentT(skewed=True))


def test_nothing_says_whether_noise_is_skewed_without_chains(table: tuple) -> None:
    model = BayesianMLPRegressor(inference="variational", budget=0.02, random_state=0).fit(*table)
    assert model.plan_.skewed_likelihood is None
    assert "skew" not in model.likelihood_parameters_


@pytest.mark.parametrize(("n_rows", "is_skewed"), [(90, True), (90, False), (300, True)])
def test_the_skewness_of_noise_is_seen(n_rows: int, is_skewed: bool) -> None:
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, size=(n_rows, 2))
    noise = rng.exponential(size=n_rows) if is_skewed else rng.normal(size=n_rows)
    model = BayesianMLPRegressor(budget=0.05, random_state=0).fit(X, X[:, 0] + 0.3 * noise)
    assert ("skew" in model.likelihood_parameters_) is is_skewed
    if is_skewed:
        assert model.likelihood_parameters_["skew"] > 1.5
        # Of an exponential variable 5 % are below 0.05 and above 3.
        ends = model.predict_interval(X[:20]) - X[:20, :1]
        np.testing.assert_allclose(ends.mean(axis=0), [0.015, 0.9], atol=0.15)
