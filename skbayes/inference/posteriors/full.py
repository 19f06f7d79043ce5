"""Normals with any covariance."""

from __future__ import annotations

from dataclasses import dataclass

from skbayes.inference.posteriors.base import (
    Parameterisation,
    PosteriorFamily,
    antithetic_normals,
)
from skbayes.inference.posteriors.correlated import CorrelatedNormal, CorrelatedParameterisation
from skbayes.inference.posteriors.mean_field import MeanFieldNormal
from skbayes.lazy_torch import Tensor, torch

# Training holds about six matrices of n_entries^2 numbers for each model.
MAX_ENTRIES = 2000


@dataclass(frozen=True)
class FullNormal(CorrelatedNormal):
    """Covariance ``D (I + L / sqrt(P))' (I + L / sqrt(P)) D``: a scaled Cholesky factorisation.

    ``D`` is diagonal and ``L`` strictly upper triangular (Titsias & Lazaro-Gredilla 2014 fit a
    Cholesky factor in the same way). The factors are the noise itself.

    Examples
    --------
    >>> import torch
    >>> start = MeanFieldNormal(torch.zeros(2, 3), torch.zeros(2, 3))
    >>> posterior = FullNormal.around(start)
    >>> posterior.sample(4, torch.Generator().manual_seed(0)).shape
    torch.Size([2, 4, 3])
    """

    @classmethod
    def around(cls, start: MeanFieldNormal) -> FullNormal:
        """Independent normals as a start.

        Raises
        ------
        ValueError
            If there are more than `MAX_ENTRIES` entries.
        """
        n_models, n_entries = start.mean.shape
        if n_entries > MAX_ENTRIES:
            raise ValueError(
                f"posterior='full' must have at most {MAX_ENTRIES} weights with a distribution: "
                f"memory grows with the square of their number. Got {n_entries}. Use "
                "posterior='low_rank', fewer hidden units, or posterior=LastLayer('full')."
            )
        return cls(
            start.mean, start.log_scale, start.mean.new_zeros((n_models, n_entries, n_entries))
        )

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        n_models, n_entries = self.mean.shape
        noise = antithetic_normals((n_models, n_draws, n_entries), generator).to(self.mean)
        return self._transform(noise, noise)

    def select(self, index: Tensor) -> FullNormal:
        return FullNormal(self.mean[index], self.log_scale[index], self.loadings[index])

    def parameterise(self, state: Tensor, gradient: Tensor, n_draws: int) -> Parameterisation:
        return _FullParameterisation(state, gradient, n_draws)


class _FullParameterisation(CorrelatedParameterisation):
    def _noise(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        noise = antithetic_normals((1, self._n_draws, self._n_entries), generator)
        return noise, noise

    def _loadings_entropy(self) -> float:
        return 0.0  # the determinant of a triangular matrix with ones on its diagonal is 1

    def _constrain_loadings_gradient(self, kl_factor: float) -> None:
        self._loadings_gradient.triu_(1)

    def posterior(self) -> FullNormal:
        return FullNormal(self._mean.clone(), self._log_scale.clone(), self._loadings.clone())


class Full(PosteriorFamily):
    """Normals with any covariance, for at most 2000 weights: ``posterior="full"``.

    Memory and time grow with the square of the number of weights.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.posteriors import Full
    >>> BayesianMLPRegressor((8,), posterior=Full())
    BayesianMLPRegressor(hidden_layer_sizes=(8,), posterior=Full())
    """

    name = "full"

    def around(
        self, start: MeanFieldNormal, layers: Tensor, generator: torch.Generator
    ) -> FullNormal:
        return FullNormal.around(start)
