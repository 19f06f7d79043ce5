"""Shapes and errors that every predictive distribution shares."""

import numpy as np
import pytest
import torch

from skbayes.predictive import NormalMixture


def _mixture(n_outputs: int) -> NormalMixture:
    generator = torch.Generator().manual_seed(0)
    loc = torch.randn(7, 4, n_outputs, dtype=torch.float64, generator=generator)
    return NormalMixture(loc, torch.ones(7, 1, 1))


@pytest.mark.parametrize(("n_outputs", "shape"), [(1, (4,)), (3, (4, 3))])
def test_one_shape_rule(n_outputs: int, shape: tuple[int, ...]) -> None:
    dist = _mixture(n_outputs)
    y = np.zeros(shape)
    for values in (
        dist.mean(),
        dist.var(),
        dist.std(),
        dist.aleatoric_std(),
        dist.epistemic_std(),
        dist.quantile(0.5),
        dist.log_prob(y),
        dist.cdf(y),
        dist.crps(y),
    ):
        assert type(values) is np.ndarray
        assert values.dtype == np.float64
        assert values.shape == shape
    for kind in ("predictive", "mean"):
        assert dist.interval(0.8, kind=kind).shape == (*shape, 2)
        assert dist.quantile([0.1, 0.5, 0.9], kind=kind).shape == (*shape, 3)
    assert dist.sample(5, random_state=0).shape == (*shape, 5)
    assert (dist.n_samples, dist.n_outputs, dist.n_components) == (4, n_outputs, 7)


def test_samples_follow_their_seed_alone() -> None:
    dist = _mixture(1)
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first, second = dist.sample(3, random_state=1), dist.sample(3, random_state=1)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, dist.sample(3, random_state=2))
    assert np.array_equal(before, np.random.get_state()[1])


def test_a_sample_is_one_function_over_all_rows() -> None:
    loc = torch.tensor([-100.0, 100.0])[:, None, None].expand(2, 5, 1)
    samples = NormalMixture(loc, torch.ones(1, 1, 1)).sample(20, random_state=0)
    assert np.all(np.abs(samples.sum(axis=0)) > 400)  # never some rows high and others low


@pytest.mark.parametrize("q", [0.0, 1.0, -0.1, [0.5, 2.0], np.nan, [[0.5]]])
def test_probabilities_outside_their_domain(q: object) -> None:
    with pytest.raises(ValueError, match=r"q must be one or more probabilities in \(0, 1\)"):
        _mixture(1).quantile(q)


@pytest.mark.parametrize("coverage", [0, 1, -1, 1.5, np.nan, "0.9", None])
def test_coverage_outside_its_domain(coverage: object) -> None:
    with pytest.raises(ValueError, match=r"coverage must be a number in \(0, 1\). Got"):
        _mixture(1).interval(coverage)


def test_unknown_kind() -> None:
    with pytest.raises(ValueError, match=r"kind must be 'predictive' or 'mean'\. Got 'noise'"):
        _mixture(1).interval(0.9, kind="noise")


def test_observations_of_the_wrong_shape() -> None:
    with pytest.raises(ValueError, match=r"y must have shape \(4,\). Got \(3,\)"):
        _mixture(1).log_prob(np.zeros(3))
