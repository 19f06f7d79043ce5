"""A member or chain that has lost its way is found, and nothing is predicted with it."""

import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import make_regression

from skbayes import BayesianMLPRegressor
from skbayes.inference import StoredDraws, fit_variational, infer, sample_posterior
from skbayes.inference.health import fit_of_chains, is_sound
from skbayes.model import BayesianModel
from skbayes.samplers import MCLMC
from skbayes.variational import Variational


def test_the_best_and_those_near_it_are_sound() -> None:
    assert is_sound(np.array([-1.0, -1.4, -1.6, np.nan, -np.inf]), 500).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_few_rows_leave_room_for_modes_that_differ() -> None:
    assert is_sound(np.array([-1.0, -5.0, -7.0]), 10).tolist() == [True, True, False]


def _broken_fit(*args, **kwargs):
    result = fit_variational(*args, **kwargs)
    result.posterior.mean[1] += 50.0
    result.bounds[:, 1] -= 99.0
    return result


def _broken_chain(*args, **kwargs):
    result = sample_posterior(*args, **kwargs)
    result.posterior.draws[1] += 50.0
    return result


@pytest.mark.parametrize(
    ("inference", "name", "broken"),
    [
        (Variational(3), "fit_variational", _broken_fit),
        (MCLMC(3, n_warmup=50, thin=1), "sample_posterior", _broken_chain),
    ],
)
def test_one_that_is_thrown_far_away_is_left_out(
    monkeypatch, capsys, inference, name: str, broken
) -> None:
    monkeypatch.setattr(sys.modules["skbayes.inference.infer"], name, broken)
    X, y = make_regression(80, 3, noise=1.0, random_state=0)
    model = BayesianMLPRegressor(
        (8,), inference=inference, max_iter=300, verbose=True, random_state=0
    ).fit(X, y)
    assert model.n_left_out_ == 1
    assert model.member_scores_.argmin() == 1
    assert model.posterior_draws_.shape[0] == 200
    assert np.abs(model.posterior_draws_).max() < 45
    assert model.score(X, y) > 0.9
    assert "1 of 3 members or chains ended far below the best" in capsys.readouterr().out


def test_fit_of_chains_is_their_mean_log_likelihood(quick) -> None:
    X, y = make_regression(3000, 3, noise=1.0, random_state=0)
    quick.fit(X, y)
    problem = {}

    def keep(model: BayesianModel, data, *args, **kwargs):
        problem.update(model=model, data=data)
        return infer(model, data, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skbayes.estimators.base.infer", keep)
        quick.fit(X, y)
    model, data = problem["model"], problem["data"]
    draws = torch.from_numpy(quick.posterior_draws_[:8]).view(2, 4, -1)
    fit = fit_of_chains(StoredDraws(draws), model, data, torch.Generator().manual_seed(0))
    exact = model.log_likelihood(draws.flatten(0, 1), data).view(2, 4).mean(1) / 3000
    # 2000 of 3000 rows, drawn without replacement: standard error 0.7 / sqrt(2000) * sqrt(1/3).
    np.testing.assert_allclose(fit, exact.numpy(), atol=0.05)
