"""Where training starts."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skbayes.inference.posteriors import (
    POSTERIORS,
    LastLayerPosterior,
    MeanFieldNormal,
    VariationalPosterior,
)
from skbayes.model import BayesianModel

_RELATIVE_SCALE = 0.05
_BIAS_SPREAD = 0.5


def initial_posterior(
    model: BayesianModel, n_models: int, generator: torch.Generator
) -> MeanFieldNormal:
    """Random narrow posteriors to start from, one for each model.

    Means are drawn with variance ``1 / fan_in``, biases of hidden layers with a spread of
    0.5, and the linear skip and the direct effects of categories start at zero. The likelihood
    says where output biases start and which outputs start constant. Standard deviations
    start at 5 % of that scale: broad ones would drown the signal of the first steps. The
    weights of unknown categories, which no row reads, start at the scale itself.
    """
    prior_loc = model.prior.loc
    shape = (n_models, model.n_entries)
    mean = prior_loc.expand(shape).clone()
    log_scale = torch.full(shape, math.log(_RELATIVE_SCALE)).to(prior_loc)
    n_weights = model.network.n_weights
    fan_in = model.network.fan_in().to(prior_loc)
    noise = torch.randn((n_models, n_weights), generator=generator).to(prior_loc)
    mean[:, :n_weights] = noise / fan_in.sqrt()
    log_scale[:, :n_weights] -= 0.5 * fan_in.log()
    for layer in model.network.layers[:-1]:
        mean[:, layer.bias_start : layer.stop] *= _BIAS_SPREAD
    output_layer = model.network.unpack(mean[:, :n_weights]).layers[-1]
    start = model.likelihood.initial_outputs()
    output_layer.weight.mul_(start.weight_factor.to(mean))
    output_layer.bias.copy_(start.bias.to(mean))
    mean[:, model.network.skip] = 0.0
    embeddings = model.network.embeddings
    if embeddings is not None:
        for column in embeddings.effect_columns:
            mean[:, column] = 0.0
        mean[:, embeddings.unknown] = 0.0
        log_scale[:, embeddings.unknown] = -0.5 * fan_in[embeddings.unknown].log()
    return MeanFieldNormal(mean, log_scale)


def posterior_of_family(
    start: MeanFieldNormal,
    model: BayesianModel,
    generator: torch.Generator,
    *,
    family: str,
    rank: int,
    last_layer_only: bool,
) -> VariationalPosterior:
    """A posterior of a family, as near as can be to independent normals.

    Parameters
    ----------
    start : MeanFieldNormal
    model : BayesianModel
    generator : torch.Generator
        Source of random starts, where zero would be a saddle point.
    family : str
        A key of `POSTERIORS`.
    rank : int
        Of the "low_rank" family.
    last_layer_only : bool
        Whether only what enters the outputs linearly, and the likelihood's parameters, have a
        distribution.

    Raises
    ------
    ValueError
        If the network is too large for the family.
    """
    make = POSTERIORS[family]
    if last_layer_only:
        return LastLayerPosterior.around(start, model.last_layer(), make, generator, rank)
    return make(start, generator, rank)


def posterior_at(like: VariationalPosterior, state: Tensor) -> VariationalPosterior:
    """The posterior of the family of `like` that has `state`.

    Parameters
    ----------
    like : VariationalPosterior
    state : Tensor
        Free parameters, of the shape of ``like.state()``.
    """
    return like.parameterise(state, torch.zeros_like(state), 1).posterior()
