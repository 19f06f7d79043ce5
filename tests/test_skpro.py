"""skpro takes the regressors for its own, and gets the answers that they give."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pytest.importorskip("skpro")

from skpro.utils import check_estimator

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.skpro import SkproRegressor

QUICK = {
    "hidden_layer_sizes": (4,),
    "inference": "variational",
    "max_iter": 200,
    "random_state": 0,
}
X, Y = load_diabetes(return_X_y=True, as_frame=True)
X, Y = X[:80], Y[:80].rename("progression")


@pytest.fixture(scope="module")
def model() -> SkproRegressor:
    return SkproRegressor(BayesianMLPRegressor(likelihood="normal", **QUICK)).fit(X, Y.to_frame())


@pytest.mark.filterwarnings("ignore")  # skpro's own
def test_the_checks_of_skpro_pass() -> None:
    results = check_estimator(SkproRegressor, raise_exceptions=False, verbose=False)
    assert len(results) > 50
    assert {name: result for name, result in results.items() if result != "PASSED"} == {}


def test_answers_are_those_of_the_estimator(model: SkproRegressor) -> None:
    own = model.estimator_
    assert np.array_equal(model.predict(X)["progression"], own.predict(X))
    intervals = model.predict_interval(X, coverage=[0.5, 0.9])
    expected = own.predict_interval(X, [0.5, 0.9]).reshape(80, 4)
    np.testing.assert_allclose(intervals.to_numpy(), expected)
    assert list(intervals.columns)[-1] == ("progression", 0.9, "upper")
    quantiles = model.predict_quantiles(X, alpha=[0.1, 0.5])
    np.testing.assert_allclose(quantiles.to_numpy(), own.predict_quantiles(X, [0.1, 0.5]))
    _, std = own.predict(X, return_std=True)
    np.testing.assert_allclose(model.predict_var(X)["progression"], std**2)


def test_distributions_keep_their_rows(model: SkproRegressor) -> None:
    dist, own = model.predict_proba(X), model.estimator_.predict_dist(X)
    y = Y.to_frame()
    np.testing.assert_allclose(dist.log_pdf(y).iloc[:, 0], own.log_prob(Y))
    np.testing.assert_allclose(dist.pdf(y).iloc[:, 0], own.pdf(Y))
    some = [5, 3, 40]
    np.testing.assert_allclose(dist.iloc[some].cdf(y.iloc[some]).iloc[:, 0], own.cdf(Y)[some])
    np.testing.assert_allclose(dist.loc[[7, 2]].mean().iloc[:, 0], own.mean()[[7, 2]])
    one = dist.iloc[4, 0]
    assert one.shape == ()
    assert one.cdf(150.0) == pytest.approx(own[4].cdf(150.0)[0])
    assert one.ppf(one.cdf(150.0)) == pytest.approx(150.0)
    levels = pd.DataFrame(np.linspace(0.1, 0.9, 80), X.index, ["progression"])
    np.testing.assert_allclose(dist.cdf(dist.ppf(levels)), levels, atol=1e-6)


def test_samples_are_of_the_distribution(model: SkproRegressor) -> None:
    np.random.seed(0)  # skpro has no other seed
    dist = model.predict_proba(X[:3])
    samples = dist.sample(4000)
    assert samples.index.names == [None, None]
    assert samples.shape == (12000, 1)
    mean = samples.groupby(level=1).mean()
    # Four standard errors of 4000 draws.
    np.testing.assert_allclose(
        mean, dist.mean(), atol=4 * np.sqrt(dist.var().to_numpy().max() / 4000)
    )
    assert dist.sample().index.equals(X[:3].index)
    assert np.isscalar(dist.iloc[0, 0].sample())


def test_counts_have_probabilities() -> None:
    counts = pd.DataFrame({"n": np.random.RandomState(0).poisson(3.0, 80)})
    pipeline = make_pipeline(StandardScaler(), BayesianMLPRegressor(likelihood="poisson", **QUICK))
    dist = SkproRegressor(pipeline).fit(X, counts).predict_proba(X)
    mass = dist.pmf(counts)["n"]
    rate = dist.mean()["n"]
    # The posterior of the rate is narrow beside the counts' own scatter.
    np.testing.assert_allclose(mass, stats.poisson.pmf(counts["n"], rate), rtol=0.2, atol=0.02)
    assert float(dist.pdf(counts).to_numpy().max()) == 0


def test_a_classifier_is_refused() -> None:
    with pytest.raises(ValueError, match="estimator must be a regressor"):
        SkproRegressor(BayesianMLPClassifier()).fit(X, Y.to_frame())
