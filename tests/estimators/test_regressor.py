"""What a user of the regressor sees."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError

from skbayes import BayesianMLPRegressor, PredictiveDistribution, posteriors, priors
from skbayes.choice import Choice


@pytest.fixture(scope="module")
def two_targets(diabetes: tuple) -> tuple[np.ndarray, np.ndarray]:
    X, y = diabetes
    return X[:60], np.column_stack([y[:60], 1e-3 * y[:60] + X[:60, 2]])


class TestShapes:
    def test_of_one_target(self, fitted: BayesianMLPRegressor, diabetes: tuple) -> None:
        self._check(fitted, diabetes[0][:7], (7,))

    def test_of_two_targets(self, quick: BayesianMLPRegressor, two_targets: tuple) -> None:
        X, Y = two_targets
        model = quick.fit(X, Y)
        assert model.n_outputs_ == 2
        assert model.noise_std_.shape == (2,)
        assert model.score(X, Y) <= 1
        self._check(model, X[:7], (7, 2))

    @staticmethod
    def _check(model: BayesianMLPRegressor, X: np.ndarray, shape: tuple[int, ...]) -> None:
        mean, std = model.predict(X, return_std=True)
        assert mean.shape == std.shape == model.predict(X).shape == shape
        for kind in ("predictive", "mean"):
            assert model.predict_interval(X, coverage=0.8, kind=kind).shape == (*shape, 2)
        assert model.predict_quantiles(X).shape == (*shape, 3)
        assert model.predict_quantiles(X, [0.5]).shape == (*shape, 1)
        assert isinstance(model.predict_dist(X), PredictiveDistribution)
        uncertainty = model.predict_uncertainty(X)
        assert sorted(uncertainty) == ["aleatoric", "epistemic", "total"]
        assert all(values.shape == shape for values in uncertainty.values())
        assert model.sample_y(X, 4).shape == (*shape, 4)
        assert model.sample_f(X, 4).shape == (*shape, 4)


class TestAnswersAgree:
    def test_summaries_are_those_of_the_distribution(
        self, fitted: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X = diabetes[0][300:320]
        dist = fitted.predict_dist(X)
        mean, std = fitted.predict(X, return_std=True)
        np.testing.assert_allclose(mean, dist.mean())
        np.testing.assert_allclose(std, dist.std())
        np.testing.assert_allclose(fitted.predict_interval(X, 0.5), dist.interval(0.5))
        np.testing.assert_allclose(fitted.predict_quantiles(X), dist.quantile([0.05, 0.5, 0.95]))
        split = fitted.predict_uncertainty(X)
        np.testing.assert_allclose(split.total, std)
        np.testing.assert_allclose(split.total**2, split.aleatoric**2 + split.epistemic**2)

    def test_blocks_of_rows_do_not_change_an_answer(
        self,
        fitted: BayesianMLPRegressor,
        diabetes: tuple,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        X = diabetes[0][300:330]
        whole = fitted.predict_interval(X)
        monkeypatch.setattr("skbayes.estimators.prediction._MIXTURE_SIZE", 7 * 200)
        np.testing.assert_allclose(fitted.predict_interval(X), whole, rtol=1e-10)

    def test_a_row_does_not_depend_on_its_neighbours(
        self, fitted: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X = diabetes[0][300:310]
        twice = fitted.predict_interval(np.repeat(X, 2, axis=0))
        assert np.array_equal(twice[::2], twice[1::2])
        np.testing.assert_allclose(twice[::2], fitted.predict_interval(X), rtol=1e-10)

    def test_predicting_twice_gives_the_same_bits(
        self, fitted: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X = diabetes[0][300:]
        assert np.array_equal(fitted.predict_interval(X), fitted.predict_interval(X))
        assert np.array_equal(fitted.sample_y(X, 3), fitted.sample_y(X, 3))

    def test_functions_are_kept_draws_none_twice(
        self, fitted: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X = diabetes[0][:5]
        means = fitted.predict_dist(X)._component_means.numpy()[:, :, 0].T
        functions = fitted.sample_f(X, 200, random_state=0)
        np.testing.assert_allclose(np.sort(functions, axis=1), np.sort(means, axis=1))
        assert fitted.sample_f(X, 500).shape == (5, 500)

    def test_functions_spread_less_than_observations(
        self, fitted: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X = diabetes[0][300:]
        predictive = np.diff(fitted.predict_interval(X))
        mean = np.diff(fitted.predict_interval(X, kind="mean"))
        assert np.all(mean < predictive)


class TestUnits:
    def test_results_follow_the_units_of_the_target(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:80], diabetes[1][:80]
        plain, scaled = clone(quick).fit(X, y), clone(quick).fit(X, 8.0 * y - 3.0)
        np.testing.assert_allclose(
            scaled.predict_interval(X), 8 * plain.predict_interval(X) - 3, rtol=1e-6
        )
        assert scaled.noise_std_ == pytest.approx(8 * plain.noise_std_, rel=1e-6)
        # A density over a unit eight times smaller is eight times lower.
        assert scaled.elbo_ == pytest.approx(plain.elbo_ - np.log(8), rel=1e-6)
        np.testing.assert_allclose(scaled.loss_curve_, plain.loss_curve_ + np.log(8), rtol=1e-6)

    def test_wild_units_and_constant_columns_work_raw(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:80], diabetes[1][:80]
        wild = X * 10.0 ** np.arange(-100, 100, 20) + 10.0 ** np.arange(-100, 100, 20)
        wild = np.column_stack([wild, np.full(80, 7.0), np.zeros(80)])
        model = clone(quick).fit(wild, 1e30 * y)
        expected = clone(quick).fit(np.column_stack([X, np.zeros((80, 2))]), y)
        np.testing.assert_allclose(
            model.predict(wild),
            1e30 * expected.predict(np.column_stack([X, np.zeros((80, 2))])),
            rtol=1e-3,
        )

    def test_a_constant_target_is_predicted_with_little_noise(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X = diabetes[0][:50]
        model = quick.set_params(max_iter=2000).fit(X, np.full(50, 1e6))
        np.testing.assert_allclose(model.predict(X), 1e6, rtol=0.01)
        assert model.noise_std_ < 0.05 * 1e6

    @pytest.mark.parametrize("unit", [0.1, 1.0, 30.0])
    def test_without_standardisation_the_noise_keeps_its_sense_of_size(
        self, diabetes: tuple, unit: float
    ) -> None:
        X, y = diabetes[0][:100], diabetes[1][:100]
        y = (y - y.mean()) / y.std() * unit
        model = BayesianMLPRegressor(
            (),
            likelihood="normal",
            inference="variational",
            standardize=False,
            prior_sigma=10 * unit,
            learning_rate_init=0.02 * unit,
            random_state=0,
        ).fit(X / X.std(axis=0), y)
        assert 0.5 * unit < model.noise_std_ < unit


class TestFittedAttributes:
    def test_of_a_default_fit(self, fitted: BayesianMLPRegressor) -> None:
        assert fitted.n_features_in_ == 10
        assert fitted.n_outputs_ == 1
        assert fitted.loss_curve_.shape == (fitted.n_iter_,)
        assert fitted.elbo_ == pytest.approx(-fitted.loss_curve_[-100:].mean())
        assert fitted.noise_std_ is None  # it follows the inputs
        assert fitted.likelihood_parameters_["df"] > 1
        assert fitted.posterior_draws_.shape[0] == 200
        assert fitted.posterior_draws_.dtype == np.float32
        assert fitted.plan_.sampler.name == "mclmc"
        assert (fitted.n_left_out_, fitted.member_scores_.shape) == (0, (4,))

    def test_single_precision_in_single_precision_out(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:60].astype(np.float32), diabetes[1][:60]
        assert clone(quick).fit(X, y).posterior_draws_.dtype == np.float32
        forced = clone(quick).set_params(dtype="float64").fit(X, y)
        assert forced.posterior_draws_.dtype == np.float64

    def test_posterior_samples_are_shared_among_members(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:60], diabetes[1][:60]
        model = quick.set_params(inference__n_members=3, n_posterior_samples=7).fit(X, y)
        assert len(model.posterior_draws_) == 7


class TestDeterminism:
    def test_same_seed_same_bits(self, quick: BayesianMLPRegressor, diabetes: tuple) -> None:
        X, y = diabetes
        first, second = clone(quick).fit(X, y), clone(quick).fit(X, y)
        assert np.array_equal(first.posterior_draws_, second.posterior_draws_)

    def test_another_seed_another_fit(self, quick: BayesianMLPRegressor, diabetes: tuple) -> None:
        X, y = diabetes
        first, second = clone(quick).fit(X, y), clone(quick).set_params(random_state=1).fit(X, y)
        assert not np.array_equal(first.posterior_draws_, second.posterior_draws_)

    def test_no_global_state_is_used_or_changed(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:60], diabetes[1][:60]
        before = (
            torch.get_rng_state().clone(),
            np.random.get_state()[1].copy(),
            torch.get_num_threads(),
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
        )
        quick.fit(X, y).sample_y(X)
        assert torch.equal(before[0], torch.get_rng_state())
        assert np.array_equal(before[1], np.random.get_state()[1])
        assert before[2:] == (
            torch.get_num_threads(),
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
        )

    def test_set_params_after_fit_does_not_reach_the_fitted_model(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:60], diabetes[1][:60]
        model = quick.fit(X, y)
        before = model.predict(X)
        model.set_params(hidden_layer_sizes=(3, 3), activation="tanh", prior_sigma=0.1)
        assert np.array_equal(before, model.predict(X))


class TestSampleWeight:
    def test_whole_weights_equal_copies_of_rows(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:40], diabetes[1][:40]
        counts = np.random.RandomState(0).randint(0, 4, size=40)
        weighted = clone(quick).fit(X, y, sample_weight=counts)
        repeated = clone(quick).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
        np.testing.assert_allclose(
            weighted.predict_interval(X), repeated.predict_interval(X), rtol=1e-7
        )

    def test_weights_move_the_fit(self, quick: BayesianMLPRegressor, diabetes: tuple) -> None:
        X, y = diabetes[0][:40], diabetes[1][:40]
        plain = clone(quick).fit(X, y).predict(X)
        weighted = clone(quick).fit(X, y, sample_weight=np.where(y > 150, 10.0, 1.0)).predict(X)
        assert weighted.mean() > plain.mean()

    def test_all_zero(self, quick: BayesianMLPRegressor, diabetes: tuple) -> None:
        X, y = diabetes[0][:40], diabetes[1][:40]
        with pytest.raises(ValueError, match="Sample weights must contain at least one non-zero"):
            quick.fit(X, y, sample_weight=np.zeros(40))


class TestErrors:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("hidden_layer_sizes", (5, 0)),
            ("hidden_layer_sizes", (5, 2.5)),
            ("hidden_layer_sizes", ((5,), (3,))),
            ("hidden_layer_sizes", -1),
            ("activation", "softmax"),
            ("prior_sigma", 0.0),
            ("prior_sigma", -1.0),
            ("prior_sigma", np.nan),
            ("prior_sigma", np.inf),
            ("prior", priors.Normal(grouping="weight")),
            ("posterior", "laplace"),
            ("posterior", posteriors.LowRank(rank=0)),
            ("posterior", posteriors.LastLayer("deterministic")),
            ("inference__n_members", 0),
            ("inference__n_draws", 0),
            ("inference__n_draws", 2.0),
            ("n_posterior_samples", 0),
            ("inference__kl_weight", -0.1),
            ("inference__kl_warmup", 1.0),
            ("batch_size", 0),
            ("batch_size", "all"),
            ("learning_rate_init", 0.0),
            ("learning_rate_init", np.nan),
            ("max_iter", 0),
            ("tol", -1.0),
            ("n_iter_no_change", 0),
            ("standardize", "yes"),
            ("categorical_features", "all"),
            ("missing", "mean"),
            ("device", "abacus"),
            ("dtype", "float16"),
            ("verbose", "loud"),
            ("random_state", "seed"),
        ],
    )
    def test_a_parameter_out_of_its_domain_names_itself_and_its_value(
        self, quick: BayesianMLPRegressor, diabetes: tuple, name: str, value: object
    ) -> None:
        if isinstance(value, Choice):  # its one parameter is the culprit
            quick.set_params(**{name: value})
            ((name, value),) = value.get_params().items()
        else:
            quick.set_params(**{name: value})
        with pytest.raises(ValueError, match=name.split("__")[-1]) as caught:
            quick.fit(diabetes[0][:20], diabetes[1][:20])
        assert repr(value) in str(caught.value) or str(value) in str(caught.value)
        assert "must be" in str(caught.value) or "must name" in str(caught.value)

    def test_fewer_posterior_samples_than_members(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        with pytest.raises(ValueError, match="n_posterior_samples must be at least n_members"):
            quick.set_params(n_posterior_samples=1).fit(*diabetes)

    @pytest.mark.parametrize(
        ("X", "y", "message"),
        [
            ([[np.inf], [1.0]], [1, 2], "Input X contains infinity"),
            ([[0.0], [1.0]], [1, np.nan], "Input y contains NaN"),
            ([[0.0], [1.0]], [1, 2, 3], "inconsistent numbers of samples"),
            ([0.0, 1.0], [1, 2], "Expected 2D array, got 1D array"),
            (np.empty((0, 2)), [], "0 sample"),
            ([["a"], ["b"]], [1, 2], "could not convert string to float"),
            ([[0.0], [1.0]], ["a", "b"], "y holds text such as 'a'"),
            (np.array([[1j], [1.0]]), [1, 2], "Complex data not supported"),
            ([[0.0], [1.0]], np.array([1j, 2]), "Complex data not supported"),
            ([[0.0], [1.0]], [[[1]], [[2]]], "Found array with dim 3"),
        ],
    )
    def test_bad_data_gets_scikit_learns_message(
        self, quick: BayesianMLPRegressor, X: object, y: object, message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            quick.fit(X, y)

    def test_sparse_targets_are_refused(self, quick: BayesianMLPRegressor) -> None:
        from scipy import sparse

        with pytest.raises(TypeError, match="Sparse data was passed"):
            quick.fit(np.eye(5), sparse.csr_array(np.ones((5, 1))))

    def test_prediction_before_fit(self, quick: BayesianMLPRegressor) -> None:
        for method in ("predict", "predict_interval", "predict_dist", "sample_f"):
            with pytest.raises(NotFittedError):
                getattr(quick, method)([[1.0]])

    @pytest.mark.parametrize(
        "break_fit",
        [
            lambda model, X, y: model.fit(X[:, :3], np.full(len(y), np.nan)),
            lambda model, X, y: model.set_params(activation="softmax").fit(X[:, :3], y),
            lambda model, X, y: model.set_params(learning_rate_init=1e300).fit(X[:, :3], y),
            lambda model, X, y: model.set_params(hidden_layer_sizes=(0,)).fit(X[:, :3], y),
        ],
    )
    def test_a_failed_fit_leaves_the_fitted_model_as_it_was(
        self, quick: BayesianMLPRegressor, diabetes: tuple, break_fit
    ) -> None:
        X, y = diabetes[0][:60], diabetes[1][:60]
        model = quick.fit(X, y)
        before, attributes = model.predict(X), sorted(vars(model))
        with pytest.raises((ValueError, FloatingPointError)):
            break_fit(model, X, y)
        assert np.array_equal(before, model.predict(X))
        assert sorted(vars(model)) == attributes

    def test_a_failed_first_fit_leaves_no_attributes(self, quick: BayesianMLPRegressor) -> None:
        attributes = sorted(vars(quick))
        with pytest.raises(ValueError, match="NaN"):
            quick.fit([[1.0], [2.0]], [np.nan, 1.0])
        assert sorted(vars(quick)) == attributes


class TestWarnings:
    def test_too_few_steps(self, quick: BayesianMLPRegressor, diabetes: tuple) -> None:
        with pytest.warns(ConvergenceWarning, match="Raise max_iter"):
            quick.set_params(max_iter=10).fit(*diabetes)

    def test_a_converged_fit_is_silent(self, quick: BayesianMLPRegressor, diabetes: tuple) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = quick.set_params(tol=10.0, n_iter_no_change=10, max_iter=1000).fit(*diabetes)
        assert model.n_iter_ < 1000

    def test_a_column_of_targets_is_one_target(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:40], diabetes[1][:40]
        with pytest.warns(DataConversionWarning, match="column-vector y"):
            model = clone(quick).fit(X, y[:, None])
        assert np.array_equal(model.predict(X), clone(quick).fit(X, y).predict(X))


def test_intervals_and_quantiles_as_frames(
    quick: BayesianMLPRegressor, diabetes: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = diabetes
    frame = pd.DataFrame(X[:60], index=[f"patient {i}" for i in range(60)]).add_prefix("c")
    model = quick.fit(frame, y[:60])
    intervals = model.predict_interval(frame[:5], as_frame=True)
    assert list(intervals.columns) == ["lower", "upper"]
    assert list(intervals.index) == list(frame.index[:5])
    assert np.array_equal(intervals.to_numpy(), model.predict_interval(frame[:5]))
    several = model.predict_interval(frame[:5], [0.5, 0.9], as_frame=True)
    np.testing.assert_allclose(several[0.9].to_numpy(), intervals.to_numpy(), rtol=1e-13)
    quantiles = model.predict_quantiles(frame[:5], (0.1, 0.5), as_frame=True)
    assert list(quantiles.columns) == [0.1, 0.5]
    two = quick.fit(X[:60], np.column_stack([y, -y])[:60])
    both = two.predict_interval(X[:5], as_frame=True)
    assert np.array_equal(both[1].to_numpy(), two.predict_interval(X[:5])[:, 1])
