"""The one rule for "auto", and that an explicit value means what it says."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.estimators import automatic
from skbayes.estimators.automatic import TableFacts
from skbayes.likelihoods import Censored


def _facts(n_rows: int, n_columns: int = 5, target: str = "numbers") -> TableFacts:
    return TableFacts(n_rows, n_columns, n_columns, target, is_single_precision=False)


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


def test_steps_of_few_rows_are_nearly_exact() -> None:
    variances = [
        automatic.sampler(_facts(n), 1.0, 200).energy_variance for n in (10, 100, 300, 500, 10_000)
    ]
    assert variances == pytest.approx([2e-4, 2e-4, 1.8e-3, 5e-3, 5e-3])


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


class TestTargetsThatHeapAtAnEnd:
    """They are taken to be cut off there: the heap would have a density without bound."""

    @staticmethod
    def _rows(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.RandomState(0)
        X = rng.normal(size=(n_rows, 3))
        return X, (X[:, 0] + 0.5 * rng.normal(size=n_rows)).clip(min=0.0)

    @pytest.mark.parametrize(
        ("n_rows", "base"), [(150, "student_t"), (300, "heteroscedastic_student_t")]
    )
    def test_the_heap_is_a_bound(self, n_rows: int, base: str) -> None:
        X, y = self._rows(n_rows)
        model = BayesianMLPRegressor(budget=0.02, random_state=0).fit(X, y)
        likelihood = model.plan_.likelihood
        assert (likelihood.lower, likelihood.upper) == (0.0, None)
        assert likelihood.likelihood.name == base
        assert model.predict_interval(X).min() >= 0.0
        given = model.set_params(likelihood=base).fit(X, y).plan_.likelihood
        assert given.name == base
        stated = model.set_params(likelihood=Censored(lower=0.0)).fit(X, y).plan_.likelihood
        assert repr(stated) == repr(likelihood)

    def test_each_target_has_its_own(self) -> None:
        X, y = self._rows(150)
        both = np.column_stack([X[:, 1], y])
        model = BayesianMLPRegressor(budget=0.02, random_state=0).fit(X, both)
        assert model.plan_.likelihood.lower == [-np.inf, 0.0]
        assert model.plan_.likelihood.upper == [np.inf, np.inf]
        interval = model.predict_interval(X)
        assert interval[:, 1].min() >= 0.0 > interval[:, 0].min()

    def test_rows_away_from_it_are_predicted_as_well_as_those_at_it(self) -> None:
        X, y = self._rows(1000)
        model = BayesianMLPRegressor(budget=0.2, random_state=0).fit(X[:300], y[:300])
        plain = BayesianMLPRegressor(
            likelihood="heteroscedastic_student_t", budget=0.2, random_state=0
        ).fit(X[:300], y[:300])
        inside = y[300:] > 0
        covered = []
        for fitted in (model, plain):
            lower, upper = fitted.predict_interval(X[300:], coverage=0.9).T
            covered.append(np.mean((lower <= y[300:]) & (y[300:] <= upper), where=inside))
        # Intervals of 90 %, which cover nearly all of the heap; without the cut 0.7 to 0.8.
        assert covered[0] > 0.82
        assert covered[0] > covered[1]
        scores = [fitted.predict_dist(X[300:]).crps(y[300:]).mean() for fitted in (model, plain)]
        assert scores[0] < 0.9 * scores[1]


class TestTargetsThatHeapApart:
    """They have a probability of their own: the others do not lead up to them."""

    @staticmethod
    def _rows(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.RandomState(0)
        X = rng.normal(size=(n_rows, 3))
        is_there = rng.rand(n_rows) < 1 / (1 + np.exp(-1 - 2 * X[:, 1]))
        return X, np.where(is_there, 0.0, X[:, 0] + 0.3 * rng.normal(size=n_rows))

    # 100 rows apart from the heap, and 200.
    @pytest.mark.parametrize(
        ("n_rows", "base"), [(300, "student_t"), (700, "heteroscedastic_student_t")]
    )
    def test_the_heap_is_set_apart(self, n_rows: int, base: str) -> None:
        X, y = self._rows(n_rows)
        model = BayesianMLPRegressor(budget=0.02, random_state=0).fit(X, y)
        likelihood = model.plan_.likelihood
        assert (likelihood.name, likelihood.at) == ("hurdle", 0.0)
        assert likelihood.likelihood.name == base
        given = model.set_params(likelihood=base).fit(X, y).plan_.likelihood
        assert given.name == base

    def test_of_several_targets_each_has_its_own(self) -> None:
        X, y = self._rows(300)
        several = np.column_stack([X[:, 1], y, X[:, 2].clip(max=0.5), y + 100])
        model = BayesianMLPRegressor(budget=0.02, random_state=0).fit(X, several)
        np.testing.assert_array_equal(model.plan_.likelihood.at, [np.nan, 0.0, 0.5, 100.0])
        assert model.predict_interval(X).shape == (300, 4, 2)

    @pytest.mark.parametrize("code", [0.0, -999.0])
    def test_rows_away_from_it_are_predicted_as_well_as_those_at_it(self, code: float) -> None:
        X, y = self._rows(1000)
        y = np.where(y == 0, code, y)
        model = BayesianMLPRegressor(budget=0.2, random_state=0).fit(X[:300], y[:300])
        plain = BayesianMLPRegressor(likelihood="student_t", budget=0.2, random_state=0)
        plain.fit(X[:300], y[:300])
        apart = y[300:] != code
        covered = []
        for fitted in (model, plain):
            lower, upper = fitted.predict_interval(X[300:], coverage=0.9).T
            covered.append(np.mean((lower <= y[300:]) & (y[300:] <= upper), where=apart))
        # Intervals of 90 %, which cover nearly all of the heap; otherwise 0.5 to 0.6.
        assert covered[0] > 0.75
        assert covered[0] > covered[1] + 0.1
        scores = [fitted.predict_dist(X[300:]).crps(y[300:]).mean() for fitted in (model, plain)]
        assert scores[0] < 0.85 * scores[1]


@pytest.mark.parametrize(
    ("heap", "name"),
    [(TestTargetsThatHeapAtAnEnd, "censored"), (TestTargetsThatHeapApart, "hurdle")],
)
def test_repeated_rows_of_targets_that_heap_are_rows_with_weights(heap: Any, name: str) -> None:
    X, y = heap._rows(150)
    repeats = np.random.RandomState(1).randint(1, 4, size=150)
    model = BayesianMLPRegressor(budget=0.02, random_state=0)
    weighted = model.fit(X, y, repeats).predict(X)
    repeated = model.fit(X.repeat(repeats, axis=0), y.repeat(repeats)).predict(X)
    np.testing.assert_array_equal(weighted, repeated)
    assert model.plan_.likelihood.name == name


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
    for is_sampled in (True, False):
        choose = partial(automatic.readings, BayesianMLPRegressor(), is_sampled=is_sampled)
        assert choose("robust", _facts(500, 20)) == (("heaped", 1),)
        assert choose("quantile", _facts(500, 20)) == ((True, 1),)
        assert choose("whole", replace(_facts(500, 64), is_table=False)) == ((False, 1),)
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.normal(size=300), rng.choice([0.0, 0, 0, 0, 50, 70, 90], 300)])
    y = rng.rand(300) < np.where(X[:, 1] == 70, 0.95, 0.2)
    model = BayesianMLPClassifier(budget=0.2, n_bins=1, random_state=0).fit(X, y)
    assert model.plan_.readings == (("heaped", 1),)
    low, high, low_again = model.predict_proba([[0.0, 50], [0.0, 70], [0.0, 90]])[:, 1]
    assert high > 0.7
    assert max(low, low_again) < 0.5


def test_readings_on_one_scale_keep_their_relations() -> None:
    facts = replace(_facts(500, 20), is_one_scale=True)
    assert automatic.standardize(facts) == "whole"
    choose = partial(automatic.readings, BayesianMLPRegressor(), "whole", is_sampled=True)
    assert choose(facts)[0] == (False, 1)
    design = replace(facts, n_discrete=12, n_discrete_values=50)
    assert choose(design) == ((False, 1), (True, 1))
    X, y = load_digits(return_X_y=True)
    model = BayesianMLPClassifier(budget=0.02, random_state=0).fit(X[:1000], y[:1000])
    assert model.plan_.standardize == "whole"
    # A pixel that is lit in one image of a hundred does not count for more than the others.
    X_one = np.zeros((1, 64)) + X.mean(axis=0)
    rare = int(np.argmin(np.where(X.max(axis=0) > 0, X.std(axis=0), np.inf)))
    lit = X_one.copy()
    lit[0, rare] = 16.0
    before, after = model.predict_proba(np.vstack([X_one, lit]))
    assert np.abs(after - before).max() < 0.5
    assert model.score(X[1000:], y[1000:]) > 0.9


def _design(n_rows: int, levels: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Two columns of five levels each, whose effects jump about or are straight."""
    rng = np.random.RandomState(0)
    X = rng.randint(5, size=(n_rows, 2)).astype(float)
    effect = X if levels is None else levels[X.astype(int)]
    return X, effect.sum(axis=1) + 0.05 * rng.normal(size=n_rows)


def test_levels_of_a_design_are_categories_where_held_out_rows_say_so() -> None:
    X, y = _design(300, np.array([0.0, 2.0, -1.0, 1.5, -2.0]))
    jumps = BayesianMLPRegressor(budget=0.1, n_bins=1, random_state=0).fit(X, y)
    assert jumps.plan_.readings == ((True, 1),)
    assert jumps.kl_weight_ in jumps.plan_.kl_weights
    again = BayesianMLPRegressor(
        budget=0.1, n_bins=1, random_state=0, discrete_as_categories=True
    ).fit(X, y)
    # The same candidates on the same rows by the same noise.
    assert again.kl_weight_ == jumps.kl_weight_
    plain = BayesianMLPRegressor(
        budget=0.1, n_bins=1, random_state=0, discrete_as_categories=False
    ).fit(X, y)
    errors = [np.sqrt(np.mean((model.predict(X) - y) ** 2)) for model in (jumps, plain)]
    assert errors[0] < errors[1]


def test_no_look_at_discrete_columns_where_it_is_not_worth_it() -> None:
    choose = partial(automatic.readings, BayesianMLPRegressor(), "robust")
    facts = replace(_facts(500, 13), n_discrete=7, n_discrete_values=50)
    assert choose(facts, is_sampled=True) == (("heaped", 1), (True, 1))
    assert choose(facts, is_sampled=False) == (("heaped", 1),)
    assert choose(replace(facts, n_discrete_values=51), is_sampled=True) == (("heaped", 1),)
    assert choose(replace(facts, n_discrete=6), is_sampled=True) == (("heaped", 1),)
    assert (True, 1) not in choose(replace(facts, n_rows=20_000), is_sampled=True)


def test_bins_are_tried_where_they_have_rows() -> None:
    choose = partial(automatic.readings, BayesianMLPRegressor(), "robust")
    facts = _facts(2000, 5)
    assert choose(facts, is_sampled=True) == (("heaped", 1), ("heaped", 8))
    assert choose(facts, is_sampled=False) == (("heaped", 1),)
    assert choose(replace(facts, n_numeric=6), is_sampled=True) == (("heaped", 1), ("heaped", 4))
    assert choose(replace(facts, n_numeric=60), is_sampled=True) == (("heaped", 1),)
    many = replace(facts, n_rows=10**6, n_numeric=26)  # bins would be most of the network
    assert choose(many, is_sampled=True) == (("heaped", 1),)
    assert choose(replace(facts, is_sparse=True), is_sampled=True) == (("heaped", 1),)
    given = partial(
        automatic.readings, BayesianMLPRegressor(n_bins=3, discrete_as_categories=False)
    )
    assert given("robust", facts, is_sampled=True) == ((False, 3),)


def test_a_rough_column_gets_bins() -> None:
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(900, 2))
    f = np.sign(np.sin(20 * X[:, 0])) + X[:, 1]
    y = f + 0.1 * rng.normal(size=900)
    model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X, y)
    assert model.plan_.readings == (("heaped", 8),)
    assert model.feature_prior_scales_.shape == (2,)
    assert model.feature_prior_scales_[0] > model.feature_prior_scales_[1]
    plain = BayesianMLPRegressor(budget=0.1, random_state=0, n_bins=1).fit(X, y)
    errors = [np.sqrt(np.mean((each.predict(X) - f) ** 2)) for each in (model, plain)]
    assert errors[0] < 0.5 * errors[1]


def test_bins_are_refused_where_there_are_none() -> None:
    X = sparse.csr_array(np.eye(5))
    with pytest.raises(ValueError, match=r"n_bins must be 1 or 'auto' with sparse X. Got n_bins=4"):
        BayesianMLPRegressor(n_bins=4).fit(X, np.arange(5.0))


def test_the_bounded_activation_alone_is_looked_at_where_no_chains_follow() -> None:
    for facts in (_facts(500), _facts(20_000)):
        assert automatic.activations(facts, is_sampled=True) == ("tanh", "silu")
        assert automatic.activations(facts, is_sampled=False) == ("tanh",)


def test_fits_to_many_rows_have_patience() -> None:
    """What is found late counts where there are rows to tell of it."""
    few, many = _facts(10_000), _facts(10_001)
    assert automatic.n_iter_no_change(few, 4000) == 100
    assert automatic.n_iter_no_change(many, 4000) == 200
    assert automatic.n_iter_no_change(many, 20) == 100
    assert automatic.kl_warmup(few) < automatic.kl_warmup(many)
    assert automatic.share_of_steps(10_000) < automatic.share_of_steps(10_001)


def test_the_start_may_be_shorter_where_a_fifth_of_the_rows_tells() -> None:
    for n_rows, expected in {199: False, 200: True, 10_000: True, 10_001: False}.items():
        facts = _facts(n_rows)
        assert automatic.may_shorten_start(facts, is_sampled=True) is expected
        assert not automatic.may_shorten_start(facts, is_sampled=False)
        classes = replace(facts, target="classes")
        assert not automatic.may_shorten_start(classes, is_sampled=True)


def test_a_plan_for_many_rows_is_patient_and_compares_once() -> None:
    X = np.random.RandomState(0).normal(size=(10_001, 2))
    model = BayesianMLPRegressor(budget=1e-3, random_state=0).fit(X, X[:, 0])
    training = model.plan_.training
    assert training.kl_warmup == automatic.kl_warmup(_facts(10_001))
    assert training.n_iter_no_change == automatic.n_iter_no_change(
        _facts(10_001), training.max_iter
    )
    # The comparison has chosen the weight, too.
    assert model.plan_.kl_weights == (model.kl_weight_,)


def test_waves_are_tried_where_rows_are_few_but_enough_to_tell() -> None:
    for n_rows, expected in {99: False, 100: True, 500: True, 501: False}.items():
        facts = _facts(n_rows)
        assert bool(automatic.networks_by_chains(facts, is_sampled=True)) is expected
        assert not automatic.networks_by_chains(facts, is_sampled=False)
        classes = replace(facts, target="classes")
        assert not automatic.networks_by_chains(classes, is_sampled=True)


def _product(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """A surface that a bounded activation bends slowly to."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n_rows, 3))
    return X, X[:, 0] * X[:, 1] + X[:, 2] ** 2 + 0.1 * rng.normal(size=n_rows)


def test_held_out_rows_choose_the_activation() -> None:
    X, y = _product(240)
    model = BayesianMLPRegressor(budget=0.2, random_state=0).fit(X, y)
    assert model.plan_.network.activation == "silu"
    assert model.plan_.other_networks == ()
    assert "silu" in str(model.plan_)
    # A step has no slope.
    steps = BayesianMLPRegressor(budget=0.2, random_state=0).fit(X, np.sign(X[:, 0]) + 0.1 * y)
    assert steps.plan_.network.activation == "tanh"


def test_a_given_activation_is_what_it_says() -> None:
    X, y = _product(60)
    model = BayesianMLPRegressor(activation="tanh", budget=0.05, random_state=0).fit(X, y)
    assert model.plan_.network.activation == "tanh"


def test_a_fit_that_goes_on_keeps_the_activation() -> None:
    X, y = _product(240)
    model = BayesianMLPRegressor(budget=0.2, random_state=0, warm_start=True).fit(X, y)
    model.fit(X, np.sign(X[:, 0]))  # a fresh fit would have another one
    assert model.plan_.network.activation == "silu"
    model.partial_fit(X[:50], y[:50])
    assert model.plan_.network.activation == "silu"
    with pytest.raises(ValueError, match="activation"):
        model.set_params(activation="relu").fit(X, y)
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        model.set_params(activation="auto", hidden_layer_sizes=(4,)).fit(X, y)


def test_looks_that_are_not_worth_it() -> None:
    X, y = _design(9, None)  # too few rows to hold some out
    few = BayesianMLPRegressor(budget=0.02, random_state=0).fit(X, y)
    assert few.plan_.readings == (("heaped", 1),)


def test_a_warm_start_reads_discrete_columns_as_before() -> None:
    X, y = _design(300, np.array([0.0, 2.0, -1.0, 1.5, -2.0]))
    model = BayesianMLPRegressor(budget=0.05, n_bins=1, random_state=0, warm_start=True).fit(X, y)
    assert model.plan_.readings == ((True, 1),)
    columns = model._encoding.columns
    model.fit(X, X.sum(axis=1))  # straight: a fresh fit need not read it so
    assert model.plan_.readings == ((True, 1),)
    assert model._encoding.columns == columns
    model.partial_fit(X[:50], y[:50])
    assert model.plan_.readings == ((True, 1),)
