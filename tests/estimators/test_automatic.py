"""The one rule for "auto", and that an explicit value means what it says."""

from dataclasses import replace

import numpy as np
import pytest

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.estimators import automatic
from skbayes.estimators.automatic import TableFacts


def _facts(n_rows: int, n_columns: int = 5, target: str = "numbers") -> TableFacts:
    return TableFacts(n_rows, n_columns, target, is_single_precision=False)


@pytest.mark.parametrize("n_rows", [1, 20, 500, 2000, 4001, 10_001, 10**6])
@pytest.mark.parametrize("target", ["numbers", "classes"])
@pytest.mark.parametrize("budget", [1e-6, 0.2, 1.0, 5.0])
def test_every_table_has_a_valid_sampler_and_budget(
    n_rows: int, target: str, budget: float
) -> None:
    facts = _facts(n_rows, target=target)
    sampler = automatic.sampler(facts, budget, 200)
    sampler._validate_params()
    assert min(sampler.n_warmup, sampler.thin) >= 1
    for is_start in (True, False):
        assert automatic.max_iter(facts, budget, is_start=is_start) >= 1
    assert 1 <= automatic.batch_size(facts) <= n_rows


def test_steps_grow_with_the_budget_and_with_few_rows() -> None:
    warmups = [automatic.sampler(_facts(n), 1.0, 200).n_warmup for n in (10, 100, 500, 1000)]
    assert warmups == sorted(warmups)
    assert warmups[-1] == warmups[-2] == 2000
    assert automatic.sampler(_facts(1000), 5.0, 200).thin == 300
    assert automatic.sampler(_facts(8000), 1.0, 200).batch_size == 2000


def test_no_more_chains_than_draws() -> None:
    assert automatic.sampler(_facts(100), 1.0, 3).n_chains == 3


def test_rates_follow_the_width() -> None:
    assert automatic.learning_rate(32) == automatic.learning_rate(1) == 0.02
    assert automatic.learning_rate(128) == pytest.approx(0.005)
    assert automatic.learning_rate(None) == pytest.approx(0.005)  # of a module


def test_wide_tables_learn_a_scale_for_each_column_and_are_not_sampled() -> None:
    wide = _facts(40, 3000)
    assert automatic.prior(wide).grouping == "feature"
    assert not automatic.is_sampled(wide)
    assert automatic.prior(_facts(40)).grouping == "feature"
    assert automatic.prior(_facts(40, target="classes")).grouping == "unit"


def test_more_columns_than_rows_find_the_one_that_matters() -> None:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(340, 400))
    y = 2 * X[:, 0] + 0.5 * rng.normal(size=340)
    model = BayesianMLPRegressor(random_state=0).fit(X[:40], y[:40])
    assert model.feature_prior_scales_.argmax() == 0
    # The noise alone has an RMSE of 0.5, the target one of 2.
    assert np.sqrt(np.mean((model.predict(X[40:]) - y[40:]) ** 2)) < 1.0
    lower, upper = model.predict_interval(X[40:], coverage=0.9).T
    assert np.mean((lower < y[40:]) & (y[40:] < upper)) > 0.85


@pytest.mark.parametrize(
    ("changes", "is_sampled"),
    [
        ({}, True),
        ({"early_stopping": True}, False),
        ({"posterior": "low_rank"}, False),
        ({"inference": "variational"}, False),
        ({"inference": "mclmc"}, True),
    ],
)
def test_what_asks_for_a_variational_posterior_gets_one(changes: dict, is_sampled: bool) -> None:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(30, 2))
    model = BayesianMLPRegressor((2,), max_iter=10, random_state=0, budget=0.01, **changes)
    if changes.get("inference") == "mclmc":
        model.set_params(inference=automatic.sampler(_facts(30), 0.01, 200))
    model.fit(X, X[:, 0])
    assert (model.plan_.sampler is not None) == is_sampled


def test_later_rows_go_by_the_rule_for_the_first_ones() -> None:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(500, 2))
    y = X[:, 0] + 0.1 * rng.normal(size=500)
    model = BayesianMLPRegressor(budget=0.02, random_state=0).partial_fit(X[:100], y[:100])
    model.partial_fit(X[100:], y[100:])  # 400 rows alone would have another likelihood
    assert model.plan_.likelihood.name == "student_t"
    model.fit(X, y)
    assert model.plan_.likelihood.name == "heteroscedastic_student_t"
    classifier = BayesianMLPClassifier(budget=0.01, random_state=0).fit(X, y > 0)
    assert classifier.plan_.network.hidden_layer_sizes == (50,)


def test_discrete_columns_with_a_heap_are_categories_too() -> None:
    assert automatic.discrete_as_categories("robust", _facts(500, 5)) == "heaped"
    assert automatic.discrete_as_categories("quantile", _facts(500, 5)) is True
    images = replace(_facts(500, 64), is_table=False)
    assert automatic.discrete_as_categories("whole", images) is False
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.normal(size=300), rng.choice([0.0, 0, 0, 0, 50, 70, 90], 300)])
    y = rng.rand(300) < np.where(X[:, 1] == 70, 0.95, 0.2)
    model = BayesianMLPClassifier(budget=0.2, random_state=0).fit(X, y)
    assert model.plan_.discrete_as_categories == "heaped"
    low, high, low_again = model.predict_proba([[0.0, 50], [0.0, 70], [0.0, 90]])[:, 1]
    assert high > 0.7
    assert max(low, low_again) < 0.5
