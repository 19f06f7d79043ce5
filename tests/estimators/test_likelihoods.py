"""The regressor with each likelihood."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skbayes import BayesianMLPRegressor, BayesianMLPRegressorCV, ConformalRegressor
from skbayes.likelihoods import Censored, Hurdle, LogitNormal, Poisson
from skbayes.metrics import SCORERS
from skbayes.model import LIKELIHOODS, LikelihoodFamily
from skbayes.samplers import HMC, MCLMC
from skbayes.variational import Variational

# By name, or with bounds that suit the targets of these tests.
BOUNDED: dict[str, LikelihoodFamily] = {
    "logit_normal": LogitNormal(lower=-1.0, upper=60.0),
    "censored": Censored(lower=2.0, upper=4.0),
    "censored normal": Censored("normal", lower=2.0),
    "censored laplace": Censored("laplace", upper=4.0),
    "censored student_t": Censored("student_t", upper=4.0),
    "censored heteroscedastic": Censored("heteroscedastic", lower=2.0, upper=4.0),
    "hurdle": Hurdle(at=3.0),
    "hurdle normal": Hurdle("normal", at=2.0),
    "hurdle heteroscedastic": Hurdle("heteroscedastic", at=-1.0),  # where no target is
}
ALL = sorted({*LIKELIHOODS, *BOUNDED})
POSITIVE = {"lognormal", "gamma"}
COUNTS = {"poisson", "negative_binomial"}


def _targets(n_outputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets that every likelihood allows: positive whole numbers."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 2))
    y = 1.0 + rng.poisson(np.exp(1 + 0.5 * X[:, :1]), size=(60, n_outputs))
    return X, y[:, 0] if n_outputs == 1 else y


def _quick(likelihood: str, **parameters: object) -> BayesianMLPRegressor:
    settings = {
        "inference": Variational(n_members=2),
        "n_posterior_samples": 20,
        "max_iter": 60,
        "random_state": 0,
    }
    given = clone(BOUNDED.get(likelihood, likelihood), safe=False)
    return BayesianMLPRegressor((8,), likelihood=given, **settings | parameters)


@pytest.mark.parametrize("likelihood", ALL)
@pytest.mark.parametrize(("n_outputs", "shape"), [(1, (5,)), (3, (5, 3))])
def test_every_method_works_with_every_likelihood(
    likelihood: str, n_outputs: int, shape: tuple[int, ...]
) -> None:
    X, y = _targets(n_outputs)
    model = _quick(likelihood).fit(X, y)
    mean, std = model.predict(X[:5], return_std=True)
    assert mean.shape == std.shape == shape
    assert np.all(np.isfinite(mean))
    assert model.predict_interval(X[:5]).shape == (*shape, 2)
    assert model.predict_interval(X[:5], kind="mean").shape == (*shape, 2)
    assert np.all(np.diff(model.predict_quantiles(X[:5])) >= 0)
    assert model.sample_y(X[:5], 4).shape == (*shape, 4)
    assert model.sample_f(X[:5], 4).shape == (*shape, 4)
    split = model.predict_uncertainty(X[:5])
    np.testing.assert_allclose(split.total**2, split.aleatoric**2 + split.epistemic**2)
    dist = model.predict_dist(X)
    for values in (dist.log_prob(y), dist.cdf(y), dist.crps(y)):
        assert values.shape == y.shape
        assert np.all(np.isfinite(values))


@pytest.mark.parametrize("likelihood", ALL)
def test_whole_weights_are_copies_of_rows(likelihood: str) -> None:
    X, y = _targets(1)
    counts = np.random.RandomState(1).randint(0, 3, size=60)
    weighted = _quick(likelihood).fit(X, y, sample_weight=counts)
    repeated = _quick(likelihood).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7)
    assert weighted.elbo_ == pytest.approx(repeated.elbo_)


def test_an_unknown_likelihood_is_named() -> None:
    with pytest.raises(ValueError, match="'likelihood' parameter of BayesianMLPRegressor must be"):
        _quick("cauchy").fit(*_targets(1))


def test_a_fitted_model_keeps_its_likelihood() -> None:
    X, y = _targets(1)
    model = _quick("heteroscedastic").fit(X, y)
    before = model.predict(X, return_std=True)
    model.set_params(likelihood="normal")
    assert np.array_equal(before, model.predict(X, return_std=True))
    assert clone(model).likelihood == "normal"


@pytest.mark.parametrize("likelihood", sorted(set(LIKELIHOODS) - COUNTS - {"logit_normal"}))
@given(exponent=st.integers(-140, 140))
@settings(max_examples=3, deadline=None)
def test_targets_of_any_unit_are_one_problem(likelihood: str, exponent: int) -> None:
    X, y = _targets(1)
    unit = 10.0**exponent
    one, other = _quick(likelihood).fit(X, y), _quick(likelihood).fit(X, unit * y)
    np.testing.assert_allclose(other.predict(X), unit * one.predict(X), rtol=1e-6)
    np.testing.assert_allclose(
        other.predict_interval(X[:3]), unit * one.predict_interval(X[:3]), rtol=1e-6
    )
    # The log density of a row falls by the logarithm of the unit: the bound has its Jacobian.
    assert one.elbo_ - other.elbo_ == pytest.approx(math.log(unit), abs=1e-6)


@pytest.mark.parametrize("likelihood", sorted(BOUNDED))
@pytest.mark.parametrize("exponent", [-140, 3, 140])
def test_bounded_targets_of_any_unit_are_one_problem(likelihood: str, exponent: int) -> None:
    X, y = _targets(1)
    unit = 10.0**exponent
    one = _quick(likelihood)
    bounds = {
        name: unit * value
        for name, value in one.get_params().items()
        if name in ("likelihood__lower", "likelihood__upper", "likelihood__at")
        and value is not None
    }
    other = clone(one).set_params(**bounds)
    one, other = one.fit(X, y), other.fit(X, unit * y)
    np.testing.assert_allclose(other.predict(X), unit * one.predict(X), rtol=1e-6)
    np.testing.assert_allclose(
        other.predict_interval(X[:3]), unit * one.predict_interval(X[:3]), rtol=1e-6
    )
    # The probability of a bound is the same in any unit.
    lower = bounds.get("likelihood__lower", -np.inf) / unit
    upper = bounds.get("likelihood__upper", np.inf) / unit
    at = clone(BOUNDED[likelihood]).get_params().get("at", np.nan)
    share = np.mean((lower < y) & (y < upper) & (y != at))
    assert one.elbo_ - other.elbo_ == pytest.approx(share * math.log(unit), abs=1e-6)


def test_the_lognormal_bound_is_that_of_the_logarithms_with_their_jacobian() -> None:
    X, y = _targets(1)
    lognormal, normal = _quick("lognormal").fit(X, y), _quick("normal").fit(X, np.log(y))
    assert lognormal.elbo_ == pytest.approx(normal.elbo_ - np.log(y).mean())
    np.testing.assert_allclose(
        lognormal.predict_interval(X), np.exp(normal.predict_interval(X)), rtol=1e-9
    )


def test_the_logit_normal_fit_is_that_of_the_log_odds_with_their_jacobian() -> None:
    X, y = _targets(1)
    log_odds = np.log(y + 1) - np.log(60 - y)
    inside, normal = _quick("logit_normal").fit(X, y), _quick("normal").fit(X, log_odds)
    jacobian = np.mean(np.log(61) - np.log(y + 1) - np.log(60 - y))
    assert inside.elbo_ == pytest.approx(normal.elbo_ + jacobian)
    ends = 1 / (1 + np.exp(-normal.predict_interval(X)))
    np.testing.assert_allclose(inside.predict_interval(X), -1 + 61 * ends, rtol=1e-9)


@pytest.mark.parametrize("bound", [1.0, 3.0, 3.1])
def test_targets_at_or_beyond_the_ends_of_an_interval_are_refused(bound: float) -> None:
    X, y = _targets(1)
    y = y / y.max() + 1.0
    y[4] = bound
    message = rf"targets strictly between 1.0 and 3.0 .*Censored.*Got {bound:g} in row 4"
    with pytest.raises(ValueError, match=message):
        _quick("normal").set_params(likelihood=LogitNormal(lower=1, upper=3)).fit(X, y)


@pytest.mark.parametrize(
    ("family", "message"),
    [
        (Censored(), r"lower or upper must be finite.*Got lower=None and upper=None"),
        (Censored(upper=np.inf), r"lower or upper must be finite.*upper=inf"),
        (Censored(lower=2, upper=2), r"lower must be less than upper. Got lower=2 and upper=2"),
        (Censored(lower=[0, 0]), r"lower must be a number. Got lower=\[0, 0\]"),
        (Censored(upper=[None]), r"upper must be a number. Got upper=\[None\]"),
        (Censored("gamma", upper=3), r"The 'likelihood' parameter of Censored must be .*'gamma'"),
        (Censored(Poisson(), upper=3), r"The 'likelihood' parameter of Censored must be .*Poisson"),
        (Censored(Censored(upper=3), upper=3), "The 'likelihood' parameter of Censored must be"),
        (Censored(upper="high"), "The 'upper' parameter of Censored must be"),
        (Hurdle(at=np.nan), "The 'at' parameter of Hurdle must be a float in the range"),
        (Hurdle(at=[0, 0]), r"at must be a number. Got at=\[0, 0\]"),
        (Hurdle(at=[None]), r"at must be finite for one target or more.*Got at=\[None\]"),
        (Hurdle(at=[np.inf]), r"at must be finite for one target or more.*Got at=\[inf\]"),
        (Hurdle("gamma"), "The 'likelihood' parameter of Hurdle must be .*'gamma'"),
        (Hurdle(Censored(upper=3)), "The 'likelihood' parameter of Hurdle must be"),
        (Hurdle(at=None), "The 'at' parameter of Hurdle must be"),
        (LogitNormal(lower=1.0), r"lower must be less than upper. Got lower=1.0 and upper=1.0"),
        (LogitNormal(upper=[np.inf]), r"upper must be finite. Got upper=\[inf\]"),
    ],
    ids=str,
)
def test_bounds_that_make_no_sense_are_named(family: LikelihoodFamily, message: str) -> None:
    X, y = _targets(1)
    with pytest.raises(ValueError, match=message):
        _quick("normal").set_params(likelihood=family).fit(X, y)


def test_bounds_of_each_of_several_targets() -> None:
    X, Y = _targets(3)
    family = Censored("normal", lower=[2.0, -np.inf, -np.inf], upper=[np.inf, 4.0, np.inf])
    model = _quick("normal").set_params(likelihood=family).fit(X, Y)
    quantiles = model.predict_quantiles(X, [0.001, 0.999])
    assert quantiles[:, 0].min() == 2.0
    assert quantiles[:, 1].max() == 4.0
    assert quantiles[:, 1].min() < 2.0
    assert quantiles[:, 2].max() > 4.0
    with pytest.raises(ValueError, match="lower must be a number or one for each of 2 targets"):
        model.fit(X, Y[:, :2])


def test_a_value_of_each_of_several_targets() -> None:
    X, Y = _targets(3)
    model = _quick("normal").set_params(likelihood=Hurdle("normal", at=[2.0, None, 3.0])).fit(X, Y)
    dist = model.predict_dist(X)
    mass = dist.pit(np.broadcast_to([2.0, 3.0, 3.0], Y.shape))
    mass = (mass[..., 1] - mass[..., 0]).mean(axis=0)
    share = [np.mean(Y[:, 0] == 2), 0.0, np.mean(Y[:, 2] == 3)]
    # A short fit of 60 rows: a standard error of a share is 0.06.
    np.testing.assert_allclose(mass, share, atol=0.15)
    assert mass[1] == 0.0
    with pytest.raises(ValueError, match="at must be a number or one for each of 2 targets"):
        model.fit(X, Y[:, :2])


def test_auto_beside_a_value_is_what_the_rule_takes_without() -> None:
    X, y = _targets(1)
    model = _quick("hurdle").fit(X, y)
    assert repr(model.plan_.likelihood.likelihood) == "StudentT()"
    assert model.get_params()["likelihood__at"] == 3.0
    assert set(model.likelihood_parameters_) == {"scale", "df"}
    assert model.noise_std_ is None
    expected = model.predict_dist(X).mean()
    model.set_params(likelihood__at=30.0)  # does not reach the fitted model
    np.testing.assert_array_equal(model.predict(X), expected)


def test_auto_within_bounds_is_what_the_rule_takes_without() -> None:
    X, y = _targets(1)
    model = _quick("censored").fit(X, y)
    assert repr(model.plan_.likelihood.likelihood) == "StudentT()"
    assert model.get_params()["likelihood__upper"] == 4.0
    assert set(model.likelihood_parameters_) == {"scale", "df"}
    model.set_params(likelihood__upper=30.0)  # does not reach the fitted model
    assert model.predict_interval(X).max() <= 4.0


def test_bounds_far_out_change_nothing() -> None:
    X, y = _targets(1)
    plain = _quick("normal").fit(X, y)
    far = _quick("normal").set_params(likelihood=Censored("normal", -1e9, 1e9)).fit(X, y)
    np.testing.assert_allclose(far.predict(X), plain.predict(X), rtol=1e-6)
    assert far.elbo_ == pytest.approx(plain.elbo_, rel=1e-9)
    np.testing.assert_allclose(
        far.predict_dist(X).crps(y), plain.predict_dist(X).crps(y), rtol=1e-6
    )


def test_targets_beyond_a_bound_are_those_at_it() -> None:
    X, y = _targets(1)
    beyond = np.where(y >= 4, y + 100, y)
    one, other = (_quick("censored laplace").fit(X, targets) for targets in (y, beyond))
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    assert one.elbo_ == other.elbo_


def test_a_heap_at_an_end_is_pointed_out_to_who_asks(capsys: pytest.CaptureFixture) -> None:
    X = np.random.RandomState(0).normal(size=(300, 2))
    y = np.minimum(1e6 * X.sum(axis=1), 1_234_567.0)
    _quick("normal", verbose=1).fit(X, y)
    lines = [line for line in capsys.readouterr().out.splitlines() if "Censored" in line]
    share = 100 * np.mean(y == 1_234_567.0)
    assert len(lines) == 1
    assert f"{share:.1f} % of the values are 1234567:" in lines[0]
    assert lines[0].endswith("likelihood=skbayes.likelihoods.Censored(upper=1234567)")
    bounded = _quick("normal", verbose=1).set_params(likelihood=Censored("normal", upper=1_234_567))
    for model in (_quick("normal"), bounded):
        model.fit(X, y)
        assert "% of the values" not in capsys.readouterr().out


@pytest.mark.parametrize("given", ["normal", Censored("normal", upper=1e9)], ids=str)
def test_a_heap_elsewhere_is_pointed_out_to_who_asks(
    given: str | LikelihoodFamily, capsys: pytest.CaptureFixture
) -> None:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 2))
    y = np.where(rng.rand(300) < 0.3, 0.25, X.sum(axis=1))
    _quick("normal", verbose=1).set_params(likelihood=given).fit(X, y)
    lines = [line for line in capsys.readouterr().out.splitlines() if "Hurdle" in line]
    assert len(lines) == (given == "normal")
    for line in lines:
        assert f"{100 * np.mean(y == 0.25):.1f} % of the values are 0.25:" in line
        assert line.endswith("likelihood=skbayes.likelihoods.Hurdle(at=0.25)")


def test_updates_keep_the_bounds() -> None:
    X, y = _targets(1)
    model = _quick("censored").partial_fit(X[:30], y[:30]).partial_fit(X[30:], y[30:])
    assert model.predict_interval(X).max() <= 4.0
    with pytest.raises(ValueError, match="likelihood"):
        model.set_params(likelihood__upper=5.0).partial_fit(X, y)


@pytest.mark.parametrize("likelihood", ["censored", "hurdle", "logit_normal"])
def test_searches_scorers_and_conformal_intervals_within_bounds(likelihood: str) -> None:
    X, y = _targets(1)
    family = BOUNDED[likelihood]
    search = BayesianMLPRegressorCV(
        (4,),
        likelihood=family,
        inference=Variational(n_members=1),
        prior_sigmas=[0.5, 2.0],
        cv=2,
        max_iter=40,
        random_state=0,
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    for name, scorer in SCORERS.items():
        if name != "brier":  # of classes
            assert np.isfinite(scorer(search, X, y))
    model = ConformalRegressor(_quick(likelihood), cv=2).fit(X, y)
    ends = model.predict_interval(X, coverage=0.8)
    lower, upper = getattr(family, "lower", -np.inf), getattr(family, "upper", np.inf)
    assert np.all((lower <= ends[:, 0]) & (ends[:, 1] <= upper))
    # Calibrated on these rows' folds: a quantile of 60 rows has a standard error of 5 %.
    recorded = np.clip(y, lower, upper)
    assert np.mean((ends[:, 0] <= recorded) & (recorded <= ends[:, 1])) > 0.6


@pytest.mark.parametrize("likelihood", ALL)
@pytest.mark.parametrize(("dtype", "standardize"), [("float32", True), ("float64", False)])
@pytest.mark.parametrize("case", ["constant", "zero", "one row", "huge"])
def test_degenerate_targets(likelihood: str, dtype: str, standardize: bool, case: str) -> None:
    X, y = _targets(1)
    y = {"constant": np.full(60, 3.0), "zero": np.zeros(60), "huge": 1e9 * y}.get(case, y)
    if case == "zero" and likelihood in POSITIVE:
        return
    if case == "huge" and likelihood == "logit_normal":
        return
    if case == "one row":
        X, y = X[:1], y[:1]
    model = _quick(likelihood, dtype=dtype, standardize=standardize).fit(X, y)
    assert np.isfinite(model.elbo_)
    far = np.array([[1e9, -1e9], [0.0, 0.0]])
    assert np.all(np.isfinite(model.predict(far)))
    interval = model.predict_interval(far)
    assert np.all(np.isfinite(interval))
    assert np.all(interval[:, 0] <= interval[:, 1])


@pytest.mark.parametrize(
    ("likelihood", "sampler"), [*((name, MCLMC) for name in ALL), ("gamma", HMC)]
)
def test_sampling_works_with_every_likelihood(likelihood: str, sampler: type) -> None:
    X, y = _targets(2)
    chains = sampler(n_chains=2, n_warmup=40, n_samples=10, thin=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few draws have not converged
        model = _quick(likelihood, inference=chains).fit(X, y)
    assert np.all(np.isfinite(model.predict(X)))
    assert np.all(np.isfinite(model.predict_dist(X).log_prob(y)))


@pytest.mark.parametrize(
    ("likelihood", "wrong"),
    [("lognormal", 0.0), ("gamma", -1.0), ("poisson", 0.5), ("negative_binomial", -2.0)],
)
def test_targets_that_cannot_occur_are_refused(likelihood: str, wrong: float) -> None:
    X, y = _targets(1)
    model = _quick(likelihood).fit(X, y)
    before = vars(model).copy()
    y[7] = wrong
    with pytest.raises(ValueError, match=f"likelihood='{likelihood}' needs .*Got {wrong:g} in row"):
        model.fit(X, y)
    assert vars(model).keys() == before.keys()
    # A row of zero weight is no row.
    weights = np.ones(60)
    weights[7] = 0.0
    assert np.all(np.isfinite(model.fit(X, y, sample_weight=weights).predict(X)))


def test_tags_say_which_targets_are_allowed() -> None:
    for likelihood in ALL:
        tags = _quick(likelihood).__sklearn_tags__()
        assert tags.target_tags.positive_only == (likelihood in POSITIVE | COUNTS)


@pytest.mark.parametrize("likelihood", sorted(COUNTS))
def test_intervals_of_counts_have_whole_ends(likelihood: str) -> None:
    X, y = _targets(1)
    model = _quick(likelihood).fit(X, y)
    for values in (model.predict_interval(X), model.predict_quantiles(X), model.sample_y(X, 3)):
        assert np.array_equal(values, np.round(values))
        assert np.all(values >= 0)


def test_learned_parameters_of_one_and_of_several_targets() -> None:
    X, y = _targets(1)
    _, Y = _targets(3)
    one = _quick("student_t").fit(X, y).likelihood_parameters_
    assert one.keys() == {"scale", "df"}
    assert all(isinstance(value, float) for value in one.values())
    several = _quick("student_t").fit(X, Y).likelihood_parameters_
    assert all(value.shape == (3,) for value in several.values())
    assert _quick("poisson").fit(X, y).likelihood_parameters_ == {}


@pytest.mark.parametrize("likelihood", ALL)
def test_noise_std_where_the_noise_is_the_same_for_every_row(likelihood: str) -> None:
    X, y = _targets(1)
    model = _quick(likelihood).fit(X, y)
    if likelihood in ("normal", "laplace", "student_t"):
        aleatoric = model.predict_uncertainty(X).aleatoric
        np.testing.assert_allclose(aleatoric, model.noise_std_, rtol=1e-6)
    else:
        assert model.noise_std_ is None


@pytest.mark.parametrize("likelihood", ["poisson", "negative_binomial", "gamma", "lognormal"])
def test_log_links_stay_finite_far_from_the_data_after_wild_training(likelihood: str) -> None:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(100, 3))
    y = 1.0 + rng.poisson(1e6 * np.exp(0.3 * X[:, 0]))
    model = BayesianMLPRegressor(
        likelihood=likelihood,
        inference="variational",
        learning_rate_init=1.0,
        max_iter=20,
        random_state=0,
    ).fit(X, y)
    assert np.isfinite(model.predict_quantiles(50 * X, [0.01, 0.99])).all()
