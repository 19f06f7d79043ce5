"""The Student-t mixture: heavy tails, infinite variances, integrated scores."""

import itertools

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from scipy.special import betaln

from skbayes.predictive import NormalMixture, StudentTMixture
from skbayes.predictive.student_t_table import StudentTTable


def _mixture(loc: list[float], scale: list[float], df: list[float]) -> StudentTMixture:
    return StudentTMixture(
        *(torch.tensor(x, dtype=torch.float64)[:, None, None] for x in (loc, scale, df))
    )


def test_a_variance_that_does_not_exist_is_infinite() -> None:
    dist = _mixture([0.0, 1.0], [1.0, 1.0], [1.5, 5.0])
    assert dist.mean()[0] == 0.5
    assert np.isinf([dist.var()[0], dist.std()[0], dist.aleatoric_std()[0]]).all()
    assert dist.epistemic_std()[0] == 0.5
    assert np.isfinite(dist.interval(0.9)).all()
    assert np.isfinite(dist.crps([0.3])).all()


def test_tails_keep_their_digits() -> None:
    dist = _mixture([0.0], [1.0], [3.0])
    y = np.array([-1e6])
    np.testing.assert_allclose(dist.cdf(y), stats.t.cdf(y, 3), rtol=1e-12)
    for q in (1e-12, 1 - 1e-12):
        np.testing.assert_allclose(
            dist.quantile(q), stats.t.ppf(q, 3), rtol=1e-4 if q > 0.5 else 1e-9
        )


def test_many_degrees_of_freedom_are_a_normal() -> None:
    y = np.array([1.7])
    student = _mixture([0.0, 2.0], [1.0, 0.5], [1e9, 1e9])
    normal = NormalMixture(student._loc, student._scale)
    np.testing.assert_allclose(student.log_prob(y), normal.log_prob(y), rtol=1e-7)
    np.testing.assert_allclose(student.crps(y), normal.crps(y), rtol=1e-7)
    np.testing.assert_allclose(student.interval(0.9), normal.interval(0.9), rtol=1e-7)


def test_crps_of_one_component_is_the_textbook_formula() -> None:
    # Jordan, Krüger & Lerch 2019, with B the beta function.
    df, z = 3.5, 0.8
    t = stats.t(df)
    beta_ratio = np.exp(betaln(0.5, df - 0.5) - 2 * betaln(0.5, df / 2))
    expected = z * (2 * t.cdf(z) - 1) + 2 * t.pdf(z) * (df + z**2) / (df - 1)
    expected -= 2 * np.sqrt(df) / (df - 1) * beta_ratio
    assert _mixture([0.0], [1.0], [df]).crps([z])[0] == pytest.approx(expected, rel=1e-9)


def test_components_far_apart_are_points() -> None:
    loc = [0.0, 1e28, 3e28]
    dist = _mixture(loc, [1e-3] * 3, [5.0] * 3)
    expected = np.abs(np.subtract.outer(loc, loc)).mean()
    assert float(dist._mean_pair_distance()) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("loc", "scale", "df"),
    [
        ([0.0, 1e4], [1.0, 2.0], [5.0, 8.0]),  # two clusters
        ([0.0, 3.0], [1.0, 1e-3], [5.0, 8.0]),  # narrow in wide
        ([0.0, 3.0], [1.0, 0.1], [1.2, 1.5]),  # tails that hardly have a mean
        ([0.0, 3.0], [1.0, 0.1], [1e5, 1e6]),
        (list(np.linspace(-300, 300, 11)), [0.5] * 11, [4.0] * 11),
    ],
)
def test_spread_of_awkward_mixtures(loc: list[float], scale: list[float], df: list[float]) -> None:
    dist = _mixture(loc, scale, df)
    components = stats.t(df, loc, scale)

    def product(x: float) -> float:
        return float(components.cdf(x).mean() * components.sf(x).mean())

    steps = np.array([-30, -9, -4, -2, -1, 0, 1, 2, 4, 9, 30])
    edges = np.unique((np.array(loc)[:, None] + np.array(scale)[:, None] * steps).ravel())
    expected = sum(
        integrate.quad(product, *ends, epsabs=1e-13)[0] for ends in itertools.pairwise(edges)
    )
    for ends in ((-np.inf, edges[0]), (edges[-1], np.inf)):
        expected += integrate.quad(product, *ends, limit=500)[0]
    assert float(dist._mean_pair_distance()) == pytest.approx(2 * expected, rel=1e-8)


class TestTable:
    DF = torch.tensor([1.0001, 1.5, 3.0, 10.0, 1e3, 1e8], dtype=torch.float64)

    def test_tails_and_densities_are_scipys(self) -> None:
        z = torch.cat([torch.linspace(-50, 50, 5001), torch.logspace(1, 4.5, 500)]).double()
        z = z.expand(len(self.DF), -1)
        tails, densities = StudentTTable(self.DF)(z)
        df = self.DF[:, None].numpy()
        expected = stats.t.sf(np.abs(z.numpy()), df)
        is_seen = expected > 1e-9  # further out quantiles do not use it
        np.testing.assert_allclose(tails.numpy()[is_seen], expected[is_seen], rtol=1e-11)
        density = stats.t.pdf(z.numpy(), df)
        np.testing.assert_allclose(densities.numpy()[is_seen], density[is_seen], rtol=1e-9)

    @pytest.mark.parametrize("q", [1e-7, 0.05, 0.5, 0.9, 1 - 1e-6])
    def test_quantiles_by_table_are_those_of_the_cdf(self, q: float) -> None:
        generator = torch.Generator().manual_seed(0)
        loc = torch.randn(6, 300, 2, dtype=torch.float64, generator=generator)
        scale = torch.exp(0.5 * torch.randn(6, 300, 2, dtype=torch.float64, generator=generator))
        df = self.DF.view(6, 1, 1)
        by_table = StudentTMixture(loc, scale, df).quantile(q)
        # Degrees of freedom of each row: there is no table.
        by_cdf = StudentTMixture(loc, scale, df.expand(6, 300, 1)).quantile(q)
        np.testing.assert_allclose(by_table, by_cdf, rtol=1e-9, atol=1e-10)
        several = df * torch.tensor([1.0, 2.0], dtype=torch.float64)
        by_table = StudentTMixture(loc, scale, several).quantile(q)
        by_cdf = StudentTMixture(loc, scale, several.expand(6, 300, 2)).quantile(q)
        np.testing.assert_allclose(by_table, by_cdf, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("n_rows", [1, 3000])  # remembered, and too many to be
def test_degrees_of_freedom_are_told_apart_and_may_differ_between_rows(n_rows: int) -> None:
    for df in ([3.0, 8.0], [3.5, 8.0], [3.0, 8.0]):
        values = torch.tensor(df, dtype=torch.float64)[:, None, None].repeat(1, n_rows, 1)
        mixture = StudentTMixture(torch.zeros_like(values), torch.ones_like(values), values)
        cdf = np.mean([stats.t(d).cdf(mixture.quantile(0.95)[0]) for d in df])
        assert cdf == pytest.approx(0.95, abs=1e-12)
        density = np.log(np.mean([stats.t(d).pdf(0.0) for d in df]))
        np.testing.assert_allclose(mixture.log_prob(np.zeros(n_rows)), density, rtol=1e-12)
