"""What a distribution can be asked, and by which names."""

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.predictive import (
    BernoulliMixture,
    CategoricalMixture,
    NormalMixture,
    PredictiveDistribution,
    StudentTMixture,
)


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _normal(n_rows: int = 4, n_outputs: int = 1) -> NormalMixture:
    return NormalMixture(_random(3, n_rows, n_outputs), _random(3, 1, n_outputs, seed=1).exp())


DISTRIBUTIONS = {
    "normal": _normal(),
    "two targets": _normal(n_outputs=2),
    "student_t": StudentTMixture(
        _random(3, 4, 1), _random(3, 4, 1, seed=1).exp(), torch.full((3, 1, 1), 4.0)
    ),
}
EACH = pytest.mark.parametrize("dist", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS.keys())


@EACH
@pytest.mark.parametrize("name", ["cdf", "sf", "pdf", "log_prob", "logpdf"])
def test_a_number_and_a_grid_are_asked_of_every_row(
    dist: PredictiveDistribution, name: str
) -> None:
    function = getattr(dist, name)
    shape = dist.mean().shape
    grid = np.array([-1.0, 0.5, 2.0, 3.0, 7.0])
    expected = np.stack([function(np.full(shape, value)) for value in grid], axis=-1)
    assert np.array_equal(function(0.5), expected[..., 1])
    assert np.array_equal(function(grid.reshape(*[1] * len(shape), 5)), expected)
    assert np.array_equal(function(np.broadcast_to(grid, (*shape, 5))), expected)


def test_the_names_of_scipy_are_the_same_functions() -> None:
    one = NormalMixture(torch.tensor([[[1.0]]]), torch.tensor([[[2.0]]]))
    normal = stats.norm(1.0, 2.0)
    for name in ("cdf", "sf", "pdf", "logpdf"):
        assert getattr(one, name)(0.3)[0] == pytest.approx(getattr(normal, name)(0.3))
    for name in ("mean", "median", "std", "var"):
        assert getattr(one, name)()[0] == pytest.approx(getattr(normal, name)())
    assert one.ppf(0.3)[0] == pytest.approx(normal.ppf(0.3))
    assert np.array_equal(one.rvs(5, random_state=0), one.sample(5, random_state=0))


@EACH
@pytest.mark.parametrize(
    "rows", [1, -1, slice(1, 3), [3, 0], np.array([True, False, True, False])], ids=repr
)
def test_rows_are_taken_as_of_an_array(dist: PredictiveDistribution, rows: object) -> None:
    part = dist[rows]
    assert len(dist) == 4
    assert len(part) == len(np.atleast_1d(np.arange(4)[rows]))
    for ask in (lambda d: d.mean(), lambda d: d.quantile(0.3), lambda d: d.cdf(0.2)):
        expected = ask(dist)[rows]
        np.testing.assert_allclose(ask(part), expected.reshape(ask(part).shape), rtol=1e-12)


def test_rows_of_classes_and_of_labels() -> None:
    for dist in (
        CategoricalMixture(_random(3, 4, 3), np.array(["a", "b", "c"])),
        BernoulliMixture(_random(3, 4, 2)),
    ):
        assert np.array_equal(dist[[2, 0]].probabilities(), dist.probabilities()[[2, 0]])
        assert [len(row) for row in dist] == [1] * 4
    assert np.array_equal(
        CategoricalMixture(_random(3, 4, 3), np.array(["a", "b", "c"])).log_prob("b"),
        CategoricalMixture(_random(3, 4, 3), np.array(["a", "b", "c"])).log_prob(["b"] * 4),
    )


def test_a_row_of_a_single_row_is_repeated() -> None:
    one = _normal(1)
    assert np.array_equal(one[[0, 0, 0]].mean(), np.repeat(one.mean(), 3))


@EACH
def test_several_coverages_add_an_axis(dist: PredictiveDistribution) -> None:
    several = dist.interval([0.5, 0.9])
    assert several.shape == (*dist.mean().shape, 2, 2)
    assert np.array_equal(several[..., 1, :], dist.interval(0.9))
    assert np.array_equal(
        dist.interval([0.5], kind="mean")[..., 0, :], dist.interval(0.5, kind="mean")
    )
    with pytest.raises(ValueError, match="coverage must be a number"):
        dist.interval([0.5, 1.5])


def test_several_coverages_of_class_probabilities() -> None:
    dist = CategoricalMixture(_random(30, 4, 3), np.array(["a", "b", "c"]))
    several = dist.interval([0.5, 0.9])
    assert several.shape == (4, 3, 2, 2)
    assert np.array_equal(several[:, :, 0], dist.interval(0.5))


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"one more axis of values. Got \(2, 5\)"):
        _normal().cdf(np.zeros((2, 5)))
    with pytest.raises(ValueError, match=r"y must have shape \(4,\)"):
        _normal().cdf(np.zeros(5))
