"""Early stopping, interrupts and callbacks behind both estimators."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.inference.sampling.mclmc import MicrocanonicalLangevin
from skbayes.samplers import MCLMC
from skbayes.variational import Variational


def _stop_at(step: int):
    def callback(status) -> bool:
        return status.step >= step

    return callback


def _interrupt_at(step: int):
    def callback(status) -> None:
        if status.step >= step:
            raise KeyboardInterrupt

    return callback


class TestEarlyStopping:
    def test_scores_are_log_densities_in_the_units_of_the_target(self, diabetes) -> None:
        X, y = diabetes
        regressor = BayesianMLPRegressor((), early_stopping=True, random_state=0).fit(X, y)
        scores = regressor.validation_scores_
        assert len(scores) == -(-regressor.n_iter_ // 50)
        # Scores count from the end of the KL warm-up, a quarter of 4000 steps.
        assert regressor.best_validation_score_ == max(scores[1000 // 50 - 1 :])
        # A linear model reaches about -5.4 nats on these data; 45 rows leave a standard error
        # of about 0.1.
        assert -5.8 < regressor.best_validation_score_ < -5.0
        hundredfold = clone(regressor).fit(X, 100 * y)
        np.testing.assert_allclose(
            hundredfold.validation_scores_, np.array(scores) - np.log(100), rtol=1e-6
        )

    def test_it_stops_an_overfitting_ensemble(self) -> None:
        rng = np.random.RandomState(0)
        X = rng.standard_normal((120, 8))
        y = X[:, 0] + rng.standard_normal(120)
        settings = {
            "hidden_layer_sizes": (50,),
            "posterior": "deterministic",
            "prior_sigma": 10.0,
            "inference": Variational(kl_weight=0.01, kl_warmup=0.0),
            "random_state": 0,
        }
        X_test = rng.standard_normal((1000, 8))
        y_test = X_test[:, 0] + rng.standard_normal(1000)
        early = BayesianMLPRegressor(early_stopping=True, **settings).fit(X, y)
        late = BayesianMLPRegressor(**settings, max_iter=1500).fit(X, y)
        assert early.n_iter_ < 1500
        # The late one reproduces its noisy rows: the true noise alone costs 1.42 nats.
        gain = early.predict_dist(X_test).log_prob(y_test).mean() - (
            late.predict_dist(X_test).log_prob(y_test).mean()
        )
        assert gain > 0.5

    def test_classes_keep_their_shares(self, monkeypatch) -> None:
        X, y = load_iris(return_X_y=True)
        kept = np.r_[0:50, 50:70, 100:110]
        seen = []
        pose = BayesianMLPClassifier._pose

        def spy(self, rows, plan, seed):
            problem = pose(self, rows, plan, seed)
            seen.append(np.bincount(problem.data.targets.flatten().long().numpy()))
            return problem

        monkeypatch.setattr(BayesianMLPClassifier, "_pose", spy)
        classifier = BayesianMLPClassifier((4,), max_iter=60, early_stopping=True, random_state=0)
        classifier.fit(X[kept], y[kept])
        assert seen[0].tolist() == [45, 18, 9]
        indicators = np.eye(3, dtype=int)[y]
        assert np.isfinite(classifier.fit(X, indicators).best_validation_score_)

    def test_weights_count_in_the_score(self, quick, diabetes) -> None:
        X, y = diabetes
        quick.set_params(early_stopping=True)
        plain = quick.fit(X, y).validation_scores_
        tripled = quick.fit(X, y, np.full(len(y), 3.0)).validation_scores_
        assert np.all(np.isfinite(tripled))
        assert plain != tripled  # three times the data
        # Rows of zero weight are not there.
        weights = np.r_[np.ones(200), np.zeros(len(y) - 200)]
        assert quick.fit(X, y, weights).validation_scores_ == pytest.approx(
            quick.fit(X[:200], y[:200]).validation_scores_
        )

    def test_nothing_is_kept_without_it(self, quick, diabetes) -> None:
        quick.set_params(early_stopping=True).fit(*diabetes)
        quick.set_params(early_stopping=False).fit(*diabetes)
        assert quick.validation_scores_ is None
        assert quick.best_validation_score_ is None

    def test_sparse_rows_and_minibatches(self, quick, diabetes) -> None:
        from scipy.sparse import csr_array

        X, y = diabetes
        X = np.where(X > 0, X, 0.0)
        quick.set_params(early_stopping=True, batch_size=50, shuffle=False)
        dense = quick.fit(X, y).validation_scores_
        assert quick.fit(csr_array(X), y).validation_scores_ == pytest.approx(dense)

    @pytest.mark.parametrize("inference", ["mclmc", "hmc"])
    def test_it_is_not_for_chains(self, quick, diabetes, inference: str) -> None:
        quick.set_params(early_stopping=True, inference=inference)
        with pytest.raises(ValueError, match="early_stopping must be False with inference"):
            quick.fit(*diabetes)

    def test_too_few_rows(self, quick) -> None:
        quick.set_params(early_stopping=True)
        with pytest.raises(ValueError, match="leaves none of the 1 rows"):
            quick.fit([[1.0]], [1.0])

    def test_too_few_rows_of_a_class(self, quick_classifier) -> None:
        quick_classifier.set_params(early_stopping=True, validation_fraction=0.2)
        for labels in ([0, 1, 1, 1, 1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 2, 2, 2, 2]):
            with pytest.raises(
                ValueError, match=r"validation_fraction=0\.2 holds out rows of every"
            ):
                quick_classifier.fit(np.arange(10.0)[:, None], labels)


class TestInterrupts:
    def test_training_keeps_what_was_reached(self, quick, diabetes) -> None:
        quick.set_params(max_iter=200)
        stopped = clone(quick).set_params(inference__callbacks=[_stop_at(100)]).fit(*diabetes)
        quick.set_params(inference__callbacks=[_interrupt_at(100)])
        with pytest.warns(UserWarning, match="Training interrupted by user") as caught:
            quick.fit(*diabetes)
        assert caught[0].filename == __file__
        assert quick.n_iter_ == stopped.n_iter_ == 100
        assert np.array_equal(quick.predict(diabetes[0]), stopped.predict(diabetes[0]))

    @pytest.mark.parametrize(("n_transitions", "n_kept"), [(60, 0), (67, 0), (90, 7)])
    def test_chains_keep_their_draws(
        self, diabetes, monkeypatch, n_transitions: int, n_kept: int
    ) -> None:
        regressor = BayesianMLPRegressor(
            (4,),
            inference=MCLMC(n_chains=2, n_warmup=60, n_samples=50, thin=4),
            max_iter=60,
            random_state=0,
            n_posterior_samples=20,
        )
        calls = [0]
        transition = MicrocanonicalLangevin.transition

        def interrupted(self, step_size):
            calls[0] += 1
            if calls[0] > n_transitions:
                raise KeyboardInterrupt
            return transition(self, step_size)

        monkeypatch.setattr(MicrocanonicalLangevin, "transition", interrupted)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message="Sampling interrupted")
            with pytest.raises(UserWarning, match="Sampling interrupted"):
                regressor.fit(*diabetes)
        calls[0] = 0
        with pytest.warns(UserWarning, match="Sampling interrupted by user") as caught:
            regressor.fit(*diabetes)
        message = next(w for w in caught if "interrupted" in str(w.message))
        assert message.filename == __file__
        assert ("from the variational posterior" in str(message.message)) == (n_kept == 0)
        assert (regressor.diagnostics_.r_hat is not None) == (n_kept > 0)
        assert (regressor.diagnostics_.n_gradients is not None) == (n_kept > 0)
        assert regressor.diagnostics_.reason == str(message.message)
        assert len(regressor.posterior_draws_) == (2 * n_kept if n_kept else 20)
        assert np.isfinite(regressor.predict(diabetes[0])).all()

    def test_an_interrupt_at_once_leaves_the_estimator_as_it_was(
        self, fitted, diabetes, monkeypatch
    ) -> None:
        model = clone(fitted).set_params(max_iter=50).fit(*diabetes)
        before = dict(model.__dict__)

        def interrupted(*args, **kwargs):
            raise KeyboardInterrupt

        monkeypatch.setattr("skbayes.inference.elbo.ELBO.__call__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.fit(*diabetes)
        assert model.__dict__ == before


class TestCallbacks:
    def test_elbo_and_score_are_in_the_units_of_the_target(self, quick, diabetes) -> None:
        seen = []
        quick.set_params(inference__callbacks=(seen.append,), early_stopping=True).fit(*diabetes)
        assert seen[0].elbo == pytest.approx(-quick.loss_curve_[:50].mean())
        assert [status.validation_score for status in seen] == quick.validation_scores_

    def test_a_callback_that_fails_leaves_the_estimator_as_it_was(self, quick, diabetes) -> None:
        quick.set_params(inference__callbacks=[lambda status: 1 / 0])
        with pytest.raises(ZeroDivisionError):
            quick.fit(*diabetes)
        assert not hasattr(quick, "n_iter_")

    def test_something_else_is_refused(self, quick, diabetes) -> None:
        with pytest.raises(ValueError, match="callbacks must be a list of callables"):
            quick.set_params(inference__callbacks=["print"]).fit(*diabetes)


def test_verbose_prints_the_score(quick, diabetes, capsys) -> None:
    quick.set_params(verbose=True, early_stopping=True).fit(*diabetes)
    last = capsys.readouterr().out.splitlines()[-1]
    assert f"validation {quick.validation_scores_[-1]:.4f}" in last
    assert f"ELBO per row {-quick.loss_curve_[50:].mean():.4f} nats" in last
