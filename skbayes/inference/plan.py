"""Everything that a fit does, decided before it begins."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

from skbayes.inference.posteriors import PosteriorFamily
from skbayes.inference.sampling import Sampler
from skbayes.inference.trainer import TrainingOptions
from skbayes.inference.variational import Variational
from skbayes.model import ClassFamily, LikelihoodFamily, NetworkFamily, PriorFamily


class NumberReading(NamedTuple):
    """How numeric columns are read, beside their scales."""

    #: Whether the values of discrete columns are categories too; "heaped" for those columns alone
    #: that are mostly one value.
    discrete_as_categories: bool | str
    #: Bins of the piecewise-linear encoding of each column; 1 for none.
    n_bins: int


@dataclass(frozen=True)
class Plan:
    """What `fit` reads, and nothing else decides: no "auto" is left.

    Attributes
    ----------
    standardize : bool, "robust" or "quantile"
        How inputs and targets are scaled.
    principal_components : bool
        Whether the network reads those of the numeric columns.
    readings : tuple of NumberReading
        How numeric columns are read; several to choose from by held-out rows.
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
    other_networks : tuple of NetworkFamily
        To be compared with the network by held-out rows.
    networks_by_chains : tuple of NetworkFamily
        To be compared with what is chosen by then by short chains on held-out rows: their
        variational fits do not tell how well chains predict.
    may_shorten_start : bool
        Whether the fit that chains start from may have fewer steps than `training` says, if
        held-out rows are predicted better then.
    skewed_likelihood : LikelihoodFamily or None
        To be taken instead of the likelihood where residuals are skewed.
    columns_alone : Plan or None
        To be taken instead where straight lines of single columns predict held-out rows better than
        those of principal components.
    """

    standardize: bool | str
    readings: tuple[NumberReading, ...]
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
    other_networks: tuple[NetworkFamily, ...] = ()
    networks_by_chains: tuple[NetworkFamily, ...] = ()
    may_shorten_start: bool = False
    skewed_likelihood: LikelihoodFamily | None = None
    principal_components: bool = False
    columns_alone: Plan | None = None

    @property
    def compares_in_folds(self) -> bool:
        """Whether each of few rows is held out once where something is chosen: that takes more
        models, and without chains they may be modules, whose gradients may cost anything.
        """
        return self.sampler is not None

    def __str__(self) -> str:
        """A line for each decision."""
        lines = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "prior_sigma" and value is None:
                value = "learned"
            if isinstance(value, Plan):
                value = str(value).replace("\n", "\n  ")
            if value is not None and value != ():
                lines.append(f"{field.name}: {value}")
        return "\n".join(lines)
