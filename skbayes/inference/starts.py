"""Where training starts."""

from __future__ import annotations

import math

from skbayes.inference.posteriors import (
    MeanFieldNormal,
    PartialPosterior,
    PosteriorFamily,
    VariationalPosterior,
)
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel

_RELATIVE_SCALE = 0.05


def initial_posterior(
    model: BayesianModel, n_models: int, generator: torch.Generator
) -> MeanFieldNormal:
    """Random narrow posteriors to start from, one for each model.

    The network says where its weights start, and the likelihood where outputs do. Standard
    deviations start at 5 % of ``1 / sqrt(fan_in)``: broad ones would drown the signal of the first
    steps. Weights that no row reads start at that scale itself.
    """
    prior_loc = model.prior.loc
    shape = (n_models, model.n_entries)
    mean = prior_loc.expand(shape).clone()
    log_scale = torch.full(shape, math.log(_RELATIVE_SCALE)).to(prior_loc)
    network, start = model.network, model.likelihood.initial_outputs()
    weights, is_unread = network.initial_weights(n_models, generator, start, prior_loc)
    mean[:, : network.n_weights] = weights
    log_width = -0.5 * network.fan_in().to(prior_loc).log()
    log_scale[:, : network.n_weights] += log_width
    unread = is_unread.nonzero().squeeze(1)
    log_scale[:, unread] = log_width[unread]
    return MeanFieldNormal(mean, log_scale)


def start_of_family(
    family: PosteriorFamily, model: BayesianModel, n_models: int, generator: torch.Generator
) -> VariationalPosterior:
    """A random start of a family, one for each model.

    Raises
    ------
    ValueError
        If the network is too large for the family.
    """
    start = initial_posterior(model, n_models, generator)
    layers, is_point = model.layer_index(), model.points()
    if bool(is_point.any()):
        return PartialPosterior.around(start, ~is_point, layers, family, generator)
    return family.around(start, layers, generator)


def posterior_at(like: VariationalPosterior, state: Tensor) -> VariationalPosterior:
    """The posterior of the family of `like` that has `state`.

    Parameters
    ----------
    like : VariationalPosterior
    state : Tensor
        Free parameters, of the shape of ``like.state()``.
    """
    return like.parameterise(state, torch.zeros_like(state), 1).posterior()
