"""The prior as a user describes it, and what it becomes for a network."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval

from skbayes.estimators.scaling import FloatArray
from skbayes.inference import Posterior
from skbayes.model import (
    GROUPINGS,
    BayesianModel,
    LearnedScalePrior,
    Network,
    Prior,
    fan_in_prior,
)


class PriorFamily(BaseEstimator):
    """A family of priors with its parameters: plain values, cloned and searched like any others."""

    family: ClassVar[str]
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}


class Normal(PriorFamily):
    """Normal prior, the same as ``prior="normal"``.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.priors import Normal
    >>> BayesianMLPRegressor(prior=Normal(), prior_sigma=2.0)
    BayesianMLPRegressor(prior=Normal(), prior_sigma=2.0)
    """

    family = "normal"


class Laplace(PriorFamily):
    """Laplace prior, the same as ``prior="laplace"``.

    The density of a weight is ``exp(-|w| / s) / (2 s)`` with
    ``s = prior_sigma / sqrt(fan_in)``: more weights near zero, and more large ones, than under
    a normal.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.priors import Laplace
    >>> BayesianMLPRegressor(prior=Laplace(), prior_sigma=1.0)
    BayesianMLPRegressor(prior=Laplace(), prior_sigma=1.0)
    """

    family = "laplace"


class StudentT(PriorFamily):
    """Student-t prior with the scale ``prior_sigma / sqrt(fan_in)``.

    Parameters
    ----------
    df : float, default=4.0
        Degrees of freedom: 1 is Cauchy; the larger, the closer to normal.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.priors import StudentT
    >>> regressor = BayesianMLPRegressor(prior=StudentT(df=3), prior_sigma=1.0)
    >>> regressor.get_params()["prior__df"]
    3
    """

    family = "student_t"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "df": [Interval(Real, 0, None, closed="neither")]
    }

    def __init__(self, df: float = 4.0) -> None:
        self.df = df


class ScaleMixture(PriorFamily):
    """Mixture of a wide and a narrow normal (Blundell et al. 2015, eq. 7).

    Parameters
    ----------
    pi : float, default=0.5
        Weight of the first component, in (0, 1).
    sigma1, sigma2 : float, default=1.0 and 0.1
        Standard deviations of the components, in units of ``prior_sigma / sqrt(fan_in)``.

    References
    ----------
    C. Blundell, J. Cornebise, K. Kavukcuoglu, D. Wierstra. "Weight uncertainty in neural
    networks", ICML 2015.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.priors import ScaleMixture
    >>> BayesianMLPRegressor(prior=ScaleMixture(sigma2=0.05), prior_sigma=1.0)
    BayesianMLPRegressor(prior=ScaleMixture(sigma2=0.05), prior_sigma=1.0)
    """

    family = "scale_mixture"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "pi": [Interval(Real, 0, 1, closed="neither")],
        "sigma1": [Interval(Real, 0, None, closed="neither")],
        "sigma2": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, pi: float = 0.5, sigma1: float = 1.0, sigma2: float = 0.1) -> None:
        self.pi = pi
        self.sigma1 = sigma1
        self.sigma2 = sigma2


def check_prior(
    prior: str | PriorFamily, prior_sigma: float | str | ArrayLike, n_layers: int
) -> dict[str, Any]:
    """Check `prior` and `prior_sigma` against each other and the number of layers.

    Returns
    -------
    dict
        What `weight_prior` needs, in plain values that a fitted model can keep.
    """
    if isinstance(prior, PriorFamily):
        prior._validate_params()
        family = prior.family
        parameters = {name: float(value) for name, value in prior.get_params().items()}
    else:
        family, parameters = prior, {}
    sigmas = None if isinstance(prior_sigma, str) else _check_sigmas(prior_sigma, n_layers)
    if sigmas is None and family != "normal":
        raise ValueError(
            f"prior_sigma={prior_sigma!r} learns the scales of a normal prior. With "
            f"prior={prior!r}, prior_sigma must be a positive number or one for each layer."
        )
    return {"prior": family, "prior_parameters": parameters, "prior_sigmas": sigmas}


def weight_prior(
    network: Network, spec: dict[str, Any], dtype: torch.dtype, device: torch.device
) -> Prior:
    """Prior of the weights of `network`, as `check_prior` left it in `spec`."""
    fan_in = network.fan_in().to(device=device, dtype=dtype)
    if spec["prior_sigmas"] is None:
        groups = GROUPINGS[spec["prior_grouping"]](network, spec["input_features"])
        return LearnedScalePrior(fan_in, groups.of_entry.to(device))
    # One number for each layer; in a search, for each layer of each model.
    sigmas = torch.tensor(spec["prior_sigmas"], dtype=torch.float64)[..., network.layer_index()]
    return fan_in_prior(fan_in, sigmas.to(fan_in), spec["prior"], **spec["prior_parameters"])


def learned_sigmas(
    model: BayesianModel, spec: dict[str, Any], posterior: Posterior
) -> Bunch | None:
    """Learned scales, block by block of groups; None where they were given.

    Returns
    -------
    Bunch
        An array of shape (n_members, n_groups) for each block.
    """
    prior = model.weight_prior
    if not isinstance(prior, LearnedScalePrior):
        return None
    (mean, _), (scale, _) = model.split(posterior.mean), model.split(posterior.scale)
    sigmas = prior.group_sigmas(mean, scale).cpu().double()
    blocks = GROUPINGS[spec["prior_grouping"]](model.network, spec["input_features"]).blocks
    parts = sigmas.split(list(blocks.values()), dim=-1)
    return Bunch(**{name: part.numpy() for name, part in zip(blocks, parts, strict=True)})


def feature_relevance(sigmas: Bunch) -> FloatArray:
    """Root mean square over members of each feature's learned scale, relative to their sum."""
    scales: FloatArray = np.sqrt(np.square(sigmas["feature"]).mean(axis=0))
    return scales / scales.sum()


def _check_sigmas(prior_sigma: Any, n_layers: int) -> tuple[float, ...]:
    """One sigma for each layer."""
    try:
        sigmas = np.asarray(prior_sigma, dtype=np.float64)
    except (TypeError, ValueError):
        sigmas = np.array([np.nan])
    if sigmas.ndim > 1 or not np.all(np.isfinite(sigmas) & (sigmas > 0)):
        raise ValueError(
            "prior_sigma must be 'auto', a positive number or a sequence of positive numbers. "
            f"Got {prior_sigma!r} instead."
        )
    if sigmas.ndim == 1 and len(sigmas) != n_layers:
        raise ValueError(
            f"prior_sigma must have one number for each of the {n_layers} layers of weights: "
            f"{n_layers - 1} hidden and the output layer. Got {len(sigmas)} numbers: "
            f"{prior_sigma!r}."
        )
    return tuple(np.broadcast_to(sigmas, n_layers).tolist())
