"""What holds for every family: densities, gradients and cross-entropies fit together."""

import itertools

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from skbayes.model.networks import WeightGroups
from skbayes.model.priors import (
    PRIORS,
    ConcatenatedPrior,
    LearnedScalePrior,
    LocationScalePrior,
    NormalPrior,
    Prior,
    concatenated,
    fan_in_prior,
)

DOUBLE = torch.float64
LOC = torch.tensor([0.0, 1.0, -2.0], dtype=DOUBLE)
SCALE = torch.tensor([1.0, 0.5, 3.0], dtype=DOUBLE)


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def _family(name: str, scale: torch.Tensor = SCALE) -> LocationScalePrior:
    return PRIORS[name]().at(LOC, scale)


def _expected_log_density(name: str, values: np.ndarray) -> np.ndarray:
    """Of one entry at location 0 and scale 1, by SciPy, with the families' default parameters."""
    if name == "scale_mixture":
        return np.log(0.5 * stats.norm.pdf(values) + 0.5 * stats.norm.pdf(values, scale=0.1))
    family = {"normal": stats.norm(), "laplace": stats.laplace(), "student_t": stats.t(df=4)}[name]
    return family.logpdf(values)


_LEARNED = LearnedScalePrior(
    torch.tensor([4.0, 4.0, 1.0]).double(),
    WeightGroups(torch.tensor([0, 0, 1]), {"first": 1, "second": 1}),
)
_EVERY_PRIOR: list[Prior] = [
    *(_family(name) for name in PRIORS),
    _LEARNED,
    ConcatenatedPrior(
        NormalPrior(LOC[:1], SCALE[:1]), PRIORS["student_t"]().at(LOC[1:], SCALE[1:])
    ),
]
_CLOSED_FORM: list[Prior] = [
    _family("normal"),
    _family("laplace"),
    _LEARNED,
    ConcatenatedPrior(NormalPrior(LOC[:1], SCALE[:1]), PRIORS["laplace"]().at(LOC[1:], SCALE[1:])),
]


def _name(prior: Prior) -> str:
    return type(prior).__name__


@pytest.mark.parametrize("name", PRIORS)
def test_log_prob_agrees_with_scipy_and_is_summed(name: str) -> None:
    vectors = 2 * _random(2, 5, 3)
    standardised = ((vectors - LOC) / SCALE).numpy()
    expected = _expected_log_density(name, standardised) - np.log(SCALE.numpy())
    np.testing.assert_allclose(_family(name).log_prob(vectors).numpy(), expected.sum(-1))


@pytest.mark.parametrize("name", PRIORS)
def test_the_density_integrates_to_one(name: str) -> None:
    prior = PRIORS[name]().at(torch.tensor([0.7]).double(), torch.tensor([0.6]).double())

    def density(value: float) -> float:
        return float(prior.log_prob(torch.tensor([value]).double()).exp())

    # Over 3,000 scales: the tails beyond hold less than 1e-12.
    breaks = (-1800.0, -10.0, 0.1, 0.7, 1.3, 12.0, 1800.0)
    total = sum(integrate.quad(density, *ends)[0] for ends in itertools.pairwise(breaks))
    assert total == pytest.approx(1, abs=1e-7)


@pytest.mark.parametrize("prior", _EVERY_PRIOR, ids=_name)
@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)])
def test_log_prob_gradient_agrees_with_autograd(prior: Prior, shape: tuple[int, ...]) -> None:
    vectors = 2 * _random(*shape).requires_grad_()
    expected = prior.log_prob(vectors)
    (gradient,) = torch.autograd.grad(expected.sum(), vectors)
    with torch.no_grad():
        actual = prior.log_prob_gradient(vectors)
    assert actual.log_prob.shape == shape[:-1]
    torch.testing.assert_close(actual.log_prob, expected.detach())
    torch.testing.assert_close(actual.gradient, gradient)


@pytest.mark.parametrize("prior", _EVERY_PRIOR, ids=_name)
def test_extreme_vectors_have_finite_gradients(prior: Prior) -> None:
    # Far out the narrow normal of a mixture underflows; log-sum-exp keeps the wide one.
    for size in (0.0, 1e-150, 1e100):
        log_prob, gradient = prior.log_prob_gradient(torch.full((3,), size, dtype=DOUBLE))
        assert torch.isfinite(log_prob)
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", PRIORS)
def test_each_model_may_have_a_prior_of_its_own(name: str) -> None:
    vectors = _random(4, 2, 3)
    both = _family(name, torch.stack([SCALE, 2 * SCALE])).log_prob_gradient(vectors)
    for i, factor in enumerate((1, 2)):
        one = _family(name, factor * SCALE).log_prob_gradient(vectors[:, i])
        torch.testing.assert_close(both.log_prob[:, i], one.log_prob)
        torch.testing.assert_close(both.gradient[:, i], one.gradient)


@pytest.mark.parametrize("prior", _CLOSED_FORM, ids=_name)
def test_cross_entropy_gradient_agrees_with_autograd(prior: Prior) -> None:
    mean = _random(2, 3).requires_grad_()
    log_scale = (0.5 * _random(2, 3, seed=1) - 0.5).requires_grad_()
    # Learned scales sit at their optimum and need no derivative (envelope theorem).
    result = prior.cross_entropy(mean, log_scale.exp())
    assert result is not None
    expected = torch.autograd.grad(result.value.sum(), (mean, log_scale))
    torch.testing.assert_close(result.mean.detach(), expected[0])
    torch.testing.assert_close(result.log_scale.detach(), expected[1])


@pytest.mark.parametrize("name", ["normal", "laplace"])
def test_cross_entropy_agrees_with_quadrature(name: str) -> None:
    prior = PRIORS[name]().at(torch.tensor([0.3]).double(), torch.tensor([0.6]).double())
    posterior = stats.norm(-0.2, 0.5)
    expected, _ = integrate.quad(
        lambda w: -posterior.pdf(w) * float(prior.log_prob(torch.tensor([w]).double())),
        -7,
        7,
        points=[0.3],
    )
    actual = prior.cross_entropy(torch.tensor([[-0.2]]).double(), torch.tensor([[0.5]]).double())
    assert float(actual.value) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("prior", _CLOSED_FORM, ids=_name)
def test_at_a_scale_of_zero_the_cross_entropy_is_minus_the_log_density(prior: Prior) -> None:
    mean = _random(2, 3)
    mean[0] = prior.loc  # where the density of a Laplace prior has its kink
    at_points = prior.cross_entropy(mean, torch.zeros_like(mean))
    log_prob, gradient = prior.log_prob_gradient(mean)
    torch.testing.assert_close(at_points.value, -log_prob)
    torch.testing.assert_close(at_points.mean, -gradient)
    assert torch.equal(at_points.log_scale, torch.zeros_like(mean))


@pytest.mark.parametrize("name", ["student_t", "scale_mixture"])
def test_families_without_a_closed_form_say_so(name: str) -> None:
    prior = _family(name)
    assert prior.cross_entropy(LOC[None], SCALE[None]) is None
    mixed = ConcatenatedPrior(prior, NormalPrior(LOC, SCALE))
    assert mixed.cross_entropy(LOC.repeat(1, 2), SCALE.repeat(1, 2)) is None


@pytest.mark.parametrize("n_models", [0, 2])
def test_normals_side_by_side_are_one(n_models: int) -> None:
    """Also where the first differs between models, and the second does not."""
    loc, scale = (x.expand(n_models, 3) if n_models else x for x in (LOC, SCALE))
    parts = NormalPrior(loc, scale), NormalPrior(LOC[:2] + 1, 2 * SCALE[:2])
    one, several = concatenated(*parts), ConcatenatedPrior(*parts)
    assert isinstance(one, NormalPrior)
    vectors, scales = _random(4, 2, 5), _random(2, 5).exp()
    torch.testing.assert_close(one.log_prob(vectors), several.log_prob(vectors))
    torch.testing.assert_close(one.log_prob_gradient(vectors), several.log_prob_gradient(vectors))
    torch.testing.assert_close(
        one.cross_entropy(vectors[0], scales), several.cross_entropy(vectors[0], scales)
    )
    assert isinstance(concatenated(parts[0], PRIORS["laplace"]().at(LOC, SCALE)), ConcatenatedPrior)
    assert concatenated(parts[0]) is parts[0]


@pytest.mark.parametrize("name", PRIORS)
def test_fan_in_divides_the_scale_by_its_root(name: str) -> None:
    fan_in = torch.tensor([16.0, 1.0, 4.0]).double()
    sigmas = torch.tensor([2.0, 2.0, 3.0]).double()
    prior = fan_in_prior(fan_in, sigmas, PRIORS[name]())
    assert isinstance(prior, type(_family(name)))
    assert prior.scale.tolist() == [0.5, 2.0, 1.5]
    assert prior.loc.tolist() == [0.0] * 3
