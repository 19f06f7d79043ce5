"""The normal mixture, against SciPy, brute force and Monte Carlo."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from skbayes.predictive import NormalMixture


def _mixture(n_outputs: int = 1, n_rows: int = 6, n_components: int = 8) -> NormalMixture:
    generator = torch.Generator().manual_seed(0)
    shape = (n_components, n_rows, n_outputs)
    loc = 3 * torch.randn(shape, dtype=torch.float64, generator=generator)
    scale = 0.2 + torch.rand(n_components, 1, n_outputs, dtype=torch.float64, generator=generator)
    return NormalMixture(loc, scale)


def test_far_tails_keep_their_log_density() -> None:
    mixture = NormalMixture(torch.zeros(2, 1, 1), torch.ones(2, 1, 1))
    np.testing.assert_allclose(mixture.log_prob([100.0]), stats.norm.logpdf(100.0), rtol=1e-12)


@given(
    loc=st.lists(st.floats(-1e8, 1e8), min_size=1, max_size=5),
    log_scale=st.lists(st.floats(-8, 8), min_size=5, max_size=5),
    q=st.floats(1e-6, 1 - 1e-6),
)
@example(  # a narrow component, and one far away
    loc=[0.0, 0.0, 0.0, -3157561.0, 0.0], log_scale=[0.0, 0.0, 0.0, 0.0, -6.0], q=0.69921875
)
@settings(max_examples=200)
def test_quantiles_of_any_mixture(loc: list[float], log_scale: list[float], q: float) -> None:
    means = torch.tensor(loc, dtype=torch.float64)[:, None, None]
    scales = torch.tensor(log_scale[: len(loc)], dtype=torch.float64).exp()[:, None, None]
    mixture = NormalMixture(means, scales)
    x = mixture.quantile(q)
    # Where the scale is near the spacing of doubles, the distribution jumps between neighbours:
    # the quantile must then lie between them.
    slack = 1e-12 * (np.abs(x) + np.ptp(loc))
    assert mixture.cdf(x - slack)[0] <= q * (1 + 1e-6)
    assert mixture.cdf(x + slack)[0] >= q * (1 - 1e-6)


def test_interval_of_a_skewed_mixture_is_not_mean_and_deviation() -> None:
    mixture = NormalMixture(torch.tensor([0.0, 0.0, 0.0, 10.0])[:, None, None], torch.ones(4, 1, 1))
    lower, upper = mixture.interval(0.9)[0]
    assert mixture.cdf([lower])[0] == pytest.approx(0.05)
    assert mixture.cdf([upper])[0] == pytest.approx(0.95)
    assert abs((lower + upper) / 2 - mixture.mean()[0]) > 1


def test_mean_intervals_are_quantiles_of_the_components_means() -> None:
    mixture = _mixture(2, n_components=101)
    loc = mixture._component_means.numpy()
    expected = np.moveaxis(np.quantile(loc, [0.1, 0.9], axis=0), 0, -1)
    np.testing.assert_allclose(mixture.interval(0.8, kind="mean"), expected)


def test_crps_of_one_normal_is_the_textbook_formula() -> None:
    # Gneiting & Raftery 2007, eq. 21.
    mixture = NormalMixture(torch.tensor([[[2.0]]]), torch.tensor([[[3.0]]]))
    z = (5.0 - 2.0) / 3.0
    expected = 3 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - np.pi**-0.5)
    assert mixture.crps([5.0])[0] == pytest.approx(expected)
