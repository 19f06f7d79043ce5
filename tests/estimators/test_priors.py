"""The prior as a parameter of an estimator."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skbayes import BayesianMLPRegressor
from skbayes.priors import Laplace, Normal, ScaleMixture, StudentT
from skbayes.variational import Variational


@pytest.mark.parametrize(
    ("name", "instance"),
    [
        ("normal", Normal()),
        ("laplace", Laplace()),
        ("student_t", StudentT()),
        ("scale_mixture", ScaleMixture()),
    ],
)
def test_a_name_is_the_family_with_its_defaults(
    quick: BayesianMLPRegressor, diabetes: tuple, name: str, instance: object
) -> None:
    X, y = diabetes[0][:40], diabetes[1][:40]
    quick.set_params(prior_sigma=1.0)
    by_name = clone(quick).set_params(prior=name).fit(X, y)
    by_instance = clone(quick).set_params(prior=instance).fit(X, y)
    assert np.array_equal(by_name.posterior_draws_, by_instance.posterior_draws_)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("normal", "laplace"),
        ("normal", "student_t"),
        ("normal", "scale_mixture"),
        (StudentT(df=4), StudentT(df=1)),
        (ScaleMixture(), ScaleMixture(pi=0.2)),
        (ScaleMixture(), ScaleMixture(sigma1=3.0)),
        (ScaleMixture(), ScaleMixture(sigma2=0.5)),
    ],
)
def test_family_and_its_parameters_change_the_result(
    quick: BayesianMLPRegressor, diabetes: tuple, first: object, second: object
) -> None:
    X, y = diabetes[0][:40], diabetes[1][:40]
    quick.set_params(prior_sigma=1.0)
    means = [clone(quick).set_params(prior=prior).fit(X, y).predict(X) for prior in (first, second)]
    assert not np.array_equal(*means)


@pytest.mark.parametrize("prior", ["normal", "laplace", "student_t", "scale_mixture"])
def test_a_smaller_sigma_gives_smaller_weights(diabetes: tuple, prior: str) -> None:
    X, y = diabetes[0][:60], diabetes[1][:60]
    sizes = []
    for prior_sigma in (0.05, 5.0):
        model = BayesianMLPRegressor(
            (8,),
            prior=prior,
            prior_sigma=prior_sigma,
            max_iter=400,
            inference=Variational(n_members=1),
            random_state=0,
        ).fit(X, y)
        sizes.append(np.abs(model.posterior_draws_[:, :-1]).mean())
    assert sizes[0] < 0.5 * sizes[1]


def test_a_sequence_has_one_sigma_for_each_layer(
    quick: BayesianMLPRegressor, diabetes: tuple
) -> None:
    X, y = diabetes[0][:40], diabetes[1][:40]
    quick.set_params(hidden_layer_sizes=(8, 4))
    same = clone(quick).set_params(prior_sigma=[2.0, 2.0, 2.0]).fit(X, y)
    one = clone(quick).set_params(prior_sigma=2.0).fit(X, y)
    assert np.array_equal(same.posterior_draws_, one.posterior_draws_)
    for layer in range(3):
        sigmas = np.full(3, 2.0)
        sigmas[layer] = 0.2
        other = clone(quick).set_params(prior_sigma=sigmas).fit(X, y)
        assert not np.array_equal(other.posterior_draws_, one.posterior_draws_)


def test_the_last_sigma_serves_the_linear_skip(diabetes: tuple) -> None:
    X, y = diabetes
    model = BayesianMLPRegressor((4,), prior_sigma=[1.0, 1e-4], budget=0.1, random_state=0)
    # With neither skip nor output weights the function is all but constant.
    assert np.std(model.fit(X, y).predict(X)) < 0.05 * np.std(y)


@pytest.mark.parametrize("prior_sigma", [[1.0, 1.0], [1.0] * 4, []])
def test_a_sequence_of_the_wrong_length(
    quick: BayesianMLPRegressor, diabetes: tuple, prior_sigma: list
) -> None:
    quick.set_params(hidden_layer_sizes=(8, 4), prior_sigma=prior_sigma)
    with pytest.raises(ValueError, match="prior_sigma must have one number for each of the 3"):
        quick.fit(*diabetes)


@pytest.mark.parametrize(
    "prior_sigma", [[1.0, -1.0], [1.0, np.nan], [1.0, 0.0], [1.0, "auto"], [[1.0, 1.0]]]
)
def test_a_sequence_of_other_things_than_positive_numbers(
    quick: BayesianMLPRegressor, diabetes: tuple, prior_sigma: list
) -> None:
    with pytest.raises(ValueError, match="prior_sigma must be 'auto', a positive number or a seq"):
        quick.set_params(prior_sigma=prior_sigma).fit(*diabetes)


@pytest.mark.parametrize("prior", ["laplace", StudentT(), ScaleMixture()])
def test_only_normal_scales_are_learned(
    quick: BayesianMLPRegressor, diabetes: tuple, prior: object
) -> None:
    with pytest.raises(ValueError, match="prior_sigma='auto' learns the scales of a normal prior"):
        quick.set_params(prior=prior).fit(*diabetes)


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ("cauchy", "'prior' parameter of BayesianMLPRegressor must be"),
        (StudentT, "'prior' parameter of BayesianMLPRegressor must be"),
        (StudentT(df=0), "'df' parameter of StudentT must be"),
        (StudentT(df="many"), "'df' parameter of StudentT must be"),
        (ScaleMixture(pi=1.0), "'pi' parameter of ScaleMixture must be"),
        (ScaleMixture(sigma1=0), "'sigma1' parameter of ScaleMixture must be"),
        (ScaleMixture(sigma2=-0.1), "'sigma2' parameter of ScaleMixture must be"),
    ],
)
def test_a_prior_out_of_its_domain(
    quick: BayesianMLPRegressor, diabetes: tuple, prior: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        quick.set_params(prior=prior, prior_sigma=1.0).fit(*diabetes)


def test_grid_search_over_priors_and_their_parameters(
    quick: BayesianMLPRegressor, diabetes: tuple
) -> None:
    X, y = diabetes[0][:60], diabetes[1][:60]
    quick.set_params(prior_sigma=1.0)
    grid = [
        {"prior": ["normal", "laplace", ScaleMixture(pi=0.25)]},
        {"prior": [StudentT()], "prior__df": [1, 10]},
    ]
    search = GridSearchCV(quick, grid, cv=2).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert len(set(scores)) == 5


def test_a_prior_is_cloned_pickled_and_read_like_any_parameter() -> None:
    model = BayesianMLPRegressor(prior=ScaleMixture(pi=0.3))
    copy = pickle.loads(pickle.dumps(clone(model)))
    assert copy.prior is not model.prior
    assert copy.prior.get_params() == {"pi": 0.3, "sigma1": 1.0, "sigma2": 0.1}
    assert copy.set_params(prior__pi=0.7).get_params()["prior__pi"] == 0.7
    assert model.prior.pi == 0.3
