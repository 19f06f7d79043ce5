"""The prior of a network's weights, from one sigma or one for each layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks import Network, count_layers
from skbayes.model.priors.base import LocationScalePrior, Prior, PriorFamily
from skbayes.model.priors.normal import Normal


def fan_in_prior(
    fan_in: Tensor, prior_sigma: float | Tensor, family: PriorFamily | None = None
) -> LocationScalePrior:
    """Centred at zero with the scale ``prior_sigma / sqrt(fan_in)``.

    One sigma means the same at every width (Neal 1996, section 2.1.1).

    Parameters
    ----------
    fan_in : Tensor of shape (P,)
        1 for a bias.
    prior_sigma : float or Tensor of shape (P,) or (M, P)
        Scale at a fan-in of 1.
    family : PriorFamily, default=None
        None for a normal.
    """
    family = Normal() if family is None else family
    return family.at(torch.zeros_like(fan_in), prior_sigma / fan_in.sqrt())


def weight_prior(
    network: Network,
    family: PriorFamily,
    prior_sigmas: ArrayLike | None,
    like: Tensor,
    n_noise_outputs: int = 0,
) -> Prior:
    """Prior of the weights of `network` that are in doubt: of all but its points.

    Parameters
    ----------
    network : Network
    family : PriorFamily
    prior_sigmas : array-like of shape (), (n_layers,) or (M, n_layers), or None
        One sigma, one for each layer, or one for each layer of each of ``M`` models. None
        for learned scales.
    like : Tensor
        Of the precision and on the device that are wanted.
    n_noise_outputs : int, default=0
        Outputs that say how large the noise is, the last ones: learned scales are apart for them.

    Raises
    ------
    ValueError
        If there are not as many sigmas as layers.
    """
    n_doubtful = network.n_weights - network.n_points
    fan_in = network.fan_in()[:n_doubtful].to(like)
    if prior_sigmas is None:
        return family.with_learned_scales(network, fan_in, n_noise_outputs)
    sigmas = np.asarray(prior_sigmas, dtype=np.float64)
    layer_index = network.layer_index()
    n_layers = count_layers(network)
    if sigmas.ndim and sigmas.shape[-1] != n_layers:
        raise ValueError(
            f"prior_sigma must have one number for each of the {n_layers} layers of weights: "
            f"{n_layers - 1} hidden and the output layer. Got {sigmas.shape[-1]} numbers: "
            f"{sigmas.tolist()!r}."
        )
    of_layer = torch.from_numpy(np.broadcast_to(sigmas, (*sigmas.shape[:-1], n_layers)).copy())
    return fan_in_prior(fan_in, of_layer[..., layer_index[:n_doubtful]].to(fan_in), family)
