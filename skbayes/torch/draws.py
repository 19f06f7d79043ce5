"""Draws of a posterior that autograd can follow."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from skbayes.inference import VariationalPosterior
from skbayes.model import Prior


class PosteriorDraws(torch.autograd.Function):
    """Draws and divergence as functions of the free parameters of a posterior.

    Every family has the gradients of its draws by hand, and closed forms of the divergence:
    here they are one node of a graph.
    """

    @staticmethod
    def forward(
        ctx: Any,
        state: Tensor,
        family: VariationalPosterior,
        prior: Prior,
        n_draws: int,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Tensor]:
        """Draws ``[S, P]``, and the divergence less what must be estimated on them.

        Parameters
        ----------
        state : Tensor of shape (1, ...)
        family : VariationalPosterior
            Any of the family.
        prior : Prior
        n_draws : int
        generator : torch.Generator or None
            None for PyTorch's global one.

        Returns
        -------
        draws : Tensor of shape (n_draws, P)
        divergence : Tensor of shape ()
            With a closed form the divergence from the prior, in nats; otherwise minus the entropy.
        """
        gradient = torch.zeros_like(state)
        parameterisation = family.parameterise(state.detach(), gradient, n_draws)
        draws = state.new_empty(1, n_draws, prior.loc.shape[-1])
        parameterisation.draw(generator, draws)  # type: ignore[arg-type]
        closed_form = parameterisation.cross_entropy(prior)
        divergence = state.new_zeros(1) - parameterisation.entropy()
        if closed_form is not None:
            divergence = divergence + closed_form.value
        ctx.kept = (parameterisation, gradient, closed_form)
        return draws[0].clone(), divergence.sum()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.kept is None:
            raise RuntimeError(
                "The draws of a BayesianModule can be differentiated once. Call elbo or forward "
                "again, or add up the losses before backward."
            )
        parameterisation, gradient, closed_form = ctx.kept
        ctx.kept = None
        of_draws, of_divergence = gradients
        parameterisation.backward(
            of_draws.unsqueeze(0).clone(), 1.0, closed_form, float(of_divergence)
        )
        return gradient, None, None, None, None
