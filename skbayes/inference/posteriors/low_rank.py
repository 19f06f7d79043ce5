"""Normals whose covariance is diagonal plus low rank."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

from skbayes.choice import Interval
from skbayes.inference.posteriors.base import (
    Parameterisation,
    PosteriorFamily,
    antithetic_normals,
)
from skbayes.inference.posteriors.correlated import CorrelatedNormal, CorrelatedParameterisation
from skbayes.inference.posteriors.mean_field import MeanFieldNormal
from skbayes.lazy_torch import Tensor, torch

# Without loadings there is no gradient with respect to them: they start small.
_INITIAL_LOADING = 0.1


@dataclass(frozen=True)
class LowRankNormal(CorrelatedNormal):
    """Covariance ``D (I + L' L / r) D`` with a diagonal ``D`` and ``r`` rows of loadings ``L``.

    The family of Ong, Nott & Smith (2018), with loadings relative to the scales.

    Examples
    --------
    >>> import torch
    >>> start = MeanFieldNormal(torch.zeros(2, 3), torch.zeros(2, 3))
    >>> posterior = LowRankNormal.around(start, 1, torch.Generator().manual_seed(0))
    >>> posterior.sample(4, torch.Generator().manual_seed(0)).shape
    torch.Size([2, 4, 3])
    """

    @classmethod
    def around(cls, start: MeanFieldNormal, rank: int, generator: torch.Generator) -> LowRankNormal:
        """Independent normals as a start, with small random loadings.

        Ranks above the number of entries add nothing and are cut to it.
        """
        n_models, n_entries = start.mean.shape
        shape = (n_models, min(rank, n_entries), n_entries)
        loadings = _INITIAL_LOADING * torch.randn(shape, generator=generator).to(start.mean)
        return cls(start.mean, start.log_scale, loadings)

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        n_models, rank, n_entries = self.loadings.shape
        both = antithetic_normals((n_models, n_draws, n_entries + rank), generator).to(self.mean)
        return self._transform(both[..., :n_entries], both[..., n_entries:])

    def select(self, index: Tensor) -> LowRankNormal:
        return LowRankNormal(self.mean[index], self.log_scale[index], self.loadings[index])

    def parameterise(self, state: Tensor, gradient: Tensor, n_draws: int) -> Parameterisation:
        return _LowRankParameterisation(state, gradient, n_draws)


class _LowRankParameterisation(CorrelatedParameterisation):
    def __init__(self, state: Tensor, gradient: Tensor, n_draws: int) -> None:
        super().__init__(state, gradient, n_draws)
        self._identity = torch.eye(self._n_factors).to(state)

    def _noise(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        shape = (1, self._n_draws, self._n_entries + self._n_factors)
        both = antithetic_normals(shape, generator)
        return both[..., : self._n_entries], both[..., self._n_entries :]

    def _loadings_entropy(self) -> Tensor:
        # The matrix determinant lemma: an r x r determinant instead of a P x P one.
        capacitance = torch.baddbmm(
            self._identity, self._loadings, self._loadings.mT, alpha=1 / self._n_factors
        )
        self._cholesky = torch.linalg.cholesky_ex(capacitance).L
        return self._cholesky.diagonal(dim1=1, dim2=2).log().sum(-1)

    def _constrain_loadings_gradient(self, kl_factor: float) -> None:
        self._loadings_gradient.sub_(
            torch.cholesky_solve(self._loadings, self._cholesky), alpha=kl_factor / self._n_factors
        )

    def posterior(self) -> LowRankNormal:
        return LowRankNormal(self._mean.clone(), self._log_scale.clone(), self._loadings.clone())


class LowRank(PosteriorFamily):
    """Normals whose covariance is diagonal plus of low rank: ``posterior="low_rank"``.

    Parameters
    ----------
    rank : int, default=5
        More than the number of weights adds nothing.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.posteriors import LowRank
    >>> BayesianMLPRegressor(posterior=LowRank(rank=10)).get_params()["posterior__rank"]
    10
    """

    name = "low_rank"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "rank": [Interval(Integral, 1, None, closed="left")]
    }

    def __init__(self, rank: int = 5) -> None:
        self.rank = rank

    def around(
        self, start: MeanFieldNormal, layers: Tensor, generator: torch.Generator
    ) -> LowRankNormal:
        return LowRankNormal.around(start, int(self.rank), generator)
