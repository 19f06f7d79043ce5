"""Going on from an earlier fit: warm starts and streams, behind both estimators."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor, posteriors
from skbayes.samplers import MCLMC
from skbayes.variational import Variational

POSTERIORS = ["mean_field", "low_rank", "full"]


class TestWarmStart:
    @pytest.mark.parametrize("posterior", [*POSTERIORS, "deterministic"])
    def test_training_goes_on_where_it_ended(self, quick, diabetes, posterior: str) -> None:
        quick.set_params(
            posterior=posterior, max_iter=400, warm_start=True, inference__kl_warmup=0.1
        )
        first = quick.fit(*diabetes).loss_curve_
        second = quick.fit(*diabetes).loss_curve_
        cold = clone(quick).set_params(warm_start=False).fit(*diabetes).loss_curve_
        assert np.array_equal(cold, first)
        assert second[0] < first[:50].min()
        assert second[:50].mean() < first[-50:].mean() + 0.1

    def test_last_layer_only(self, quick, diabetes) -> None:
        quick.set_params(posterior=posteriors.LastLayer(), max_iter=300, warm_start=True)
        first = quick.fit(*diabetes).loss_curve_
        assert quick.fit(*diabetes).loss_curve_[0] < first[:50].min()

    def test_chains_start_from_it(self, quick, diabetes) -> None:
        quick.set_params(inference=MCLMC(n_chains=2, n_warmup=20, n_samples=5, thin=1))
        quick.set_params(warm_start=True, n_posterior_samples=4)
        first = quick.fit(*diabetes).loss_curve_
        assert quick.fit(*diabetes).loss_curve_[0] < first[0]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("hidden_layer_sizes", (9,)),
            ("linear_skip", False),
            ("posterior", "full"),
            ("n_members", 3),
            ("likelihood", "heteroscedastic"),
            ("activation", "tanh"),
        ],
    )
    def test_another_shape_is_refused_by_name(self, quick, diabetes, name: str, value) -> None:
        quick.set_params(warm_start=True).fit(*diabetes)
        before = dict(quick.__dict__)
        quick.set_params(**{"inference__" * (name == "n_members") + name: value})
        with pytest.raises(ValueError, match=f"warm_start=True goes on .* had {name}="):
            quick.fit(*diabetes)
        assert quick.posterior_draws_ is before["posterior_draws_"]

    def test_other_data_are_refused(self, quick, quick_classifier, diabetes) -> None:
        X, y = diabetes
        quick.set_params(warm_start=True).fit(X, y)
        with pytest.raises(ValueError, match="n_features_in_"):
            quick.fit(X[:, :3], y)
        with pytest.raises(ValueError, match="n_outputs_"):
            quick.fit(X, np.c_[y, y])
        quick_classifier.set_params(warm_start=True).fit(X, y > 100)
        with pytest.raises(ValueError, match="classes_"):
            quick_classifier.fit(X, np.where(y > 100, "a", "b"))

    @pytest.mark.parametrize("standardize", ["robust", "quantile"])
    @pytest.mark.filterwarnings("ignore:None of the")
    def test_other_rows_of_the_same_columns_go_on(self, quick, standardize: str) -> None:
        rng = np.random.RandomState(0)
        X = pd.DataFrame({"age": rng.randint(0, 5, 200), "colour": rng.choice(["a", "b"], 200)})
        y = X["age"] + rng.normal(size=200)
        quick.set_params(warm_start=True, standardize=standardize).fit(X[:100], y[:100])
        before = quick._encoding.categories
        other = X[100:].assign(age=X["age"] + 1, colour="c")
        quick.fit(other, y[100:])
        assert quick._encoding.categories == before
        assert np.isfinite(quick.predict_interval(other)).all()


class TestPartialFit:
    def test_the_first_call_is_a_fit(self, quick, diabetes) -> None:
        fitted = clone(quick).fit(*diabetes)
        started = quick.partial_fit(*diabetes)
        assert np.array_equal(started.posterior_draws_, fitted.posterior_draws_)

    @pytest.mark.parametrize("posterior", POSTERIORS)
    def test_two_batches_beat_one(self, diabetes, posterior: str) -> None:
        X, y = diabetes
        regressor = BayesianMLPRegressor(
            (),
            inference=Variational(n_members=2),
            posterior=posterior,
            prior_sigma=1.0,
            random_state=0,
        )
        regressor.partial_fit(X[:60], y[:60])
        doubt = regressor.predict_uncertainty(X).epistemic
        density = regressor.predict_dist(X[300:]).log_prob(y[300:]).mean()
        regressor.partial_fit(X[60:300], y[60:300])
        assert np.all(regressor.predict_uncertainty(X).epistemic < doubt)
        assert regressor.predict_dist(X[300:]).log_prob(y[300:]).mean() > density

    def test_no_news_change_nothing(self, diabetes) -> None:
        # A row of negligible weight: the posterior stays at its prior, where it starts.
        X, y = diabetes
        regressor = BayesianMLPRegressor(
            (4,), inference=Variational(n_members=2), prior_sigma=1.0, random_state=0
        )
        mean, log_scale = np.moveaxis(regressor.fit(X, y)._variational_state.values, 1, 0)
        regressor.partial_fit(X[:1], y[:1], [1e-9])
        mean_after, log_scale_after = np.moveaxis(regressor._variational_state.values, 1, 0)
        # Adam's first steps have the full length whatever the gradient; the prior calls back.
        assert np.abs((mean_after - mean) / np.exp(log_scale)).max() < 0.1
        assert np.abs(log_scale_after - log_scale).max() < 0.1

    @pytest.mark.filterwarnings("ignore:None of the")
    def test_units_and_categories_are_those_of_the_first_rows(self, quick) -> None:
        rng = np.random.RandomState(0)
        frame = pd.DataFrame({"x": rng.rand(60), "colour": rng.choice(["red", "blue"], 60)})
        y = 100 * frame["x"] + 10 * (frame["colour"] == "red")
        quick.partial_fit(frame[:40], y[:40])
        encoding, units = quick._encoding, quick._target_units
        late = frame[40:].assign(x=frame["x"] + 100, colour="green")
        quick.partial_fit(late, y[40:])
        assert quick._encoding is encoding
        assert quick._target_units is units
        assert np.isfinite(quick.predict(frame)).all()
        with pytest.raises(ValueError, match="feature names"):
            quick.partial_fit(late.rename(columns={"x": "z"}), y[40:])

    def test_a_stream_goes_on_after_pickling(self, quick, diabetes) -> None:
        X, y = diabetes
        quick.partial_fit(X[:200], y[:200])
        loaded = pickle.loads(pickle.dumps(quick))
        assert b"torch" not in pickle.dumps(quick)
        draws = [model.partial_fit(X[200:], y[200:]).posterior_draws_ for model in (quick, loaded)]
        assert np.array_equal(*draws)

    def test_learned_scales_stay(self, quick, diabetes) -> None:
        X, y = diabetes
        before = quick.partial_fit(X[:200], y[:200]).prior_sigma_
        assert quick.partial_fit(X[200:], y[200:]).prior_sigma_ is before

    def test_fit_starts_anew(self, quick, diabetes) -> None:
        X, y = diabetes
        fresh = clone(quick).fit(X, y)
        anew = quick.partial_fit(X[:100], y[:100]).partial_fit(X[100:], y[100:]).fit(X, y)
        assert np.array_equal(anew.posterior_draws_, fresh.posterior_draws_)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"early_stopping": True}, "early_stopping must be False"),
            ({"posterior": "deterministic"}, "posterior must be a distribution"),
            ({"posterior": "last_layer"}, "posterior must be a distribution over all"),
            ({"inference__kl_weight": 0.0}, "kl_weight must be positive"),
        ],
    )
    def test_what_has_no_posterior_to_update_is_refused(
        self, quick, diabetes, changes: dict, message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            quick.set_params(**changes).partial_fit(*diabetes)
        assert not hasattr(quick, "n_features_in_")

    def test_later_calls_are_checked_and_failures_change_nothing(self, quick, diabetes) -> None:
        X, y = diabetes
        quick.partial_fit(X, y)
        before = dict(quick.__dict__)
        with pytest.raises(ValueError, match="as many targets as before, 1"):
            quick.partial_fit(X, np.c_[y, y])
        with pytest.raises(ValueError, match="is expecting 10 features"):
            quick.partial_fit(X[:, :3], y)
        assert quick.__dict__ == before
        with pytest.raises(ValueError, match=r"partial_fit goes on .* hidden_layer_sizes"):
            clone_with(quick, hidden_layer_sizes=(3,)).partial_fit(X, y)
        with pytest.raises(ValueError, match=r"partial_fit goes on .* likelihood"):
            clone_with(quick, likelihood="heteroscedastic").partial_fit(X, y)
        with pytest.raises(ValueError, match="'learning_rate_init' parameter"):
            clone_with(quick, learning_rate_init=-1.0).partial_fit(X, y)

    def test_chains_have_no_partial_fit(self, quick) -> None:
        assert hasattr(quick, "partial_fit")
        quick.set_params(inference="hmc")
        assert not hasattr(quick, "partial_fit")
        with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as caught:
            quick.partial_fit([[0.0]], [0.0])
        assert "inference='hmc'" in str(caught.value.__cause__)

    def test_a_sampled_posterior_is_a_prior_by_the_moments_of_its_chains(self, diabetes) -> None:
        X, y = diabetes
        model = BayesianMLPRegressor((4,), budget=0.1, random_state=0).fit(X[:220], y[:220])
        chains = model.posterior_draws_.reshape(50, 4, -1)  # draw by draw over the chains
        before = model._variational_state.values
        assert len(before) == 4
        scale = chains.std(axis=0).mean()
        assert np.abs(before[:, 0] - chains.mean(axis=0)).mean() < 0.3 * scale
        model.partial_fit(X[220:], y[220:])
        assert model.plan_.sampler is None
        assert model.score(X, y) > 0.4

    def test_an_interrupted_start_of_chains_is_no_prior(self, diabetes) -> None:
        X, y = diabetes
        model = BayesianMLPRegressor((4,), budget=0.01, random_state=0).fit(X, y)
        model._variational_state = replace(model._variational_state, is_posterior=False)
        with pytest.raises(ValueError, match="interrupted before it had one"):
            model.partial_fit(X, y)


def clone_with(model, **changes):
    """A copy of a fitted model with other parameters."""
    return pickle.loads(pickle.dumps(model)).set_params(**changes)


class TestClassifier:
    def test_batches_need_not_have_all_classes(self) -> None:
        X, y = load_iris(return_X_y=True)
        labels = np.array(["setosa", "versicolor", "virginica"])[y]
        classifier = BayesianMLPClassifier(
            (), inference=Variational(n_members=2), prior_sigma=3.0, random_state=0
        )
        order = np.random.RandomState(0).permutation(150)
        first, rest = order[:50], order[50:]
        classifier.partial_fit(X[first], labels[first], classes=np.unique(labels))
        for species in np.unique(labels):
            batch = rest[labels[rest] == species]
            classifier.partial_fit(X[batch], labels[batch])
        assert classifier.classes_.tolist() == np.unique(labels).tolist()
        assert classifier.score(X, labels) > 0.9

    def test_multilabel(self, quick_classifier) -> None:
        X, y = load_iris(return_X_y=True)
        indicators = np.eye(3, dtype=int)[y]
        quick_classifier.partial_fit(X[::2], indicators[::2])
        quick_classifier.partial_fit(X[1::2], indicators[1::2], sample_weight=np.ones(75))
        assert quick_classifier.predict(X).shape == (150, 3)
        with pytest.raises(ValueError, match="a column for each of the 3 labels"):
            quick_classifier.partial_fit(X, indicators[:, :2])
        with pytest.raises(ValueError, match="multilabel in every call"):
            quick_classifier.partial_fit(X, y)

    def test_errors(self, quick_classifier) -> None:
        X, y = load_iris(return_X_y=True)
        with pytest.raises(ValueError, match="classes must be passed on the first call"):
            quick_classifier.partial_fit(X, y)
        assert not hasattr(quick_classifier, "classes_")
        with pytest.raises(ValueError, match="at least 2 classes"):
            quick_classifier.partial_fit(X[:50], y[:50], classes=[0])
        with pytest.raises(ValueError, match="has classes not in"):
            quick_classifier.partial_fit(X, y, classes=[0, 1])
        quick_classifier.partial_fit(X, y, classes=[0, 1, 2])
        with pytest.raises(ValueError, match="is not the same as on last call"):
            quick_classifier.partial_fit(X, y, classes=[0, 1, 2, 3])
        with pytest.raises(ValueError, match="class_weight='balanced' is not for partial_fit"):
            quick_classifier.set_params(class_weight="balanced").partial_fit(X, y)
