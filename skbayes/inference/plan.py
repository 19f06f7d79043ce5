"""Everything that a fit does, decided before it begins."""

from __future__ import annotations

from dataclasses import dataclass, fields

from skbayes.inference.posteriors import PosteriorFamily
from skbayes.inference.sampling import Sampler
from skbayes.inference.trainer import TrainingOptions
from skbayes.inference.variational import Variational
from skbayes.model import ClassFamily, LikelihoodFamily, NetworkFamily, PriorFamily


@dataclass(frozen=True)
class Plan:
    """What `fit` reads, and nothing else decides: no "auto" is left.

    Attributes
    ----------
    standardize : bool, "robust" or "quantile"
        How inputs and targets are scaled.
    discrete_as_categories : bool or "heaped"
        Whether the values of discrete numeric columns are categories too, or of those that are
        mostly one value.
    network : NetworkFamily
    likelihood : LikelihoodFamily or ClassFamily
    prior : PriorFamily
    prior_sigma : float, tuple of float, or None
        One, or one for each layer; None for learned scales.
    posterior : PosteriorFamily
        Family of the variational posterior.
    variational : Variational
        The variational fit: the result, or where chains start.
    sampler : Sampler or None
        Chains; None where the variational posterior is the result.
    kl_weights : tuple of float
        Weights of the divergence in the variational fit, to be chosen from by held-out rows.
    n_members : int
        Variational posteriors side by side.
    training : TrainingOptions
        Of the variational fit.
    validation_fraction : float or None
        Share of the rows that is held out to stop training early; None for no such thing.
    n_posterior_samples : int
        Draws to keep.
    precision : {"float32", "float64"}
        Of the computation.
    device : str
    """

    standardize: bool | str
    discrete_as_categories: bool | str
    network: NetworkFamily
    likelihood: LikelihoodFamily | ClassFamily
    prior: PriorFamily
    prior_sigma: float | tuple[float, ...] | None
    posterior: PosteriorFamily
    variational: Variational
    sampler: Sampler | None
    kl_weights: tuple[float, ...]
    n_members: int
    training: TrainingOptions
    validation_fraction: float | None
    n_posterior_samples: int
    precision: str
    device: str

    def __str__(self) -> str:
        """A line for each decision."""
        lines = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "prior_sigma" and value is None:
                value = "learned"
            if value is not None:
                lines.append(f"{field.name}: {value}")
        return "\n".join(lines)
