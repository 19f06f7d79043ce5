"""What of a plan is chosen as held-out rows are predicted best: the network, the reading, and the
length of the fit that chains start from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from skbayes.estimators import automatic
from skbayes.inference import (
    Plan,
    Progress,
    choose_weight,
    phase_of_choice,
    phases_of,
    steps_of_choice,
)
from skbayes.lazy_torch import torch
from skbayes.model import BayesianModel, Data

# By how much a loss must be lower, for another network, another reading and a shorter start: less
# is noise. What is first is the simplest reading, and the network that is less sure of itself in a
# gap.
_LEAST_GAIN = 0.03

#: The model and the rows of a plan with one network and one reading.
Pose = Callable[[Plan], tuple[BayesianModel, Data]]


class _Compared(NamedTuple):
    """How well the fits of a plan predict held-out rows, at the weight that suits them."""

    weight: float
    loss: float
    n_steps: int
    decides_weight: bool  # or else the weight of longer fits is another choice


def choose_by_held_out_rows(plan: Plan, pose: Pose, seed: int, progress: Progress) -> Plan:
    """The plan with one of its networks, one of its readings, and the length of the start.

    Every network is compared at every reading, each at the weight of the divergence that suits it.
    Another network than the first must lower the loss of held-out rows by 3 %, and so must another
    reading. These fits are shorter than the start: too short to choose the weight too, but where
    rows are few or many. So what is taken is fitted once more, in all steps; where the shorter fit
    predicts better, by 3 % again, the start is to be as short.

    Parameters
    ----------
    plan : Plan
    pose : callable
    seed : int
        Of the held-out rows and of the fits, the same for all.
    progress : Progress
    """
    networks = (plan.network, *plan.other_networks)
    candidates = [
        replace(
            plan,
            network=network,
            readings=(reading,),
            other_networks=(),
            may_shorten_start=False,
        )
        for network, reading in product(networks, plan.readings)
    ]
    if len(candidates) == 1 and not plan.may_shorten_start:
        return candidates[0]
    compared: list[_Compared] = []
    for place, candidate in enumerate(candidates):
        result = _compared(candidate, len(candidates) - place, pose, seed, progress)
        if result is None:
            return candidates[0]
        compared.append(result)

    def handicapped_loss(pair: tuple[Plan, _Compared]) -> float:
        candidate, result = pair
        is_other_network = candidate.network is not plan.network
        is_other_reading = candidate.readings != plan.readings[:1]
        return result.loss / (1 - _LEAST_GAIN) ** (is_other_network + is_other_reading)

    chosen, found = min(zip(candidates, compared, strict=True), key=handicapped_loss)
    if len(candidates) > 1:
        progress.note(f"{chosen.network} and {chosen.readings[0]} predict held-out rows best")
    if found.decides_weight:
        return replace(chosen, kl_weights=(found.weight,))
    return _with_start(chosen, found, pose, seed, progress) if plan.may_shorten_start else chosen


def _with_start(plan: Plan, shorter: _Compared, pose: Pose, seed: int, progress: Progress) -> Plan:
    """The plan with the weight of all steps, or with fewer steps and the weight of these."""
    whole = _compared(plan, 0, pose, seed, progress, share_of_steps=1.0)
    assert whole is not None  # of the same rows as the shorter one
    if not shorter.loss < (1 - _LEAST_GAIN) * whole.loss:  # or it is not a number
        return replace(plan, kl_weights=(whole.weight,))
    progress.note(f"chains start from a fit of {shorter.n_steps} steps, which predicts them better")
    training = replace(plan.training, max_iter=shorter.n_steps)
    return replace(plan, kl_weights=(shorter.weight,), training=training)


def _compared(
    candidate: Plan,
    n_to_come: int,
    pose: Pose,
    seed: int,
    progress: Progress,
    share_of_steps: float | None = None,
) -> _Compared | None:
    """A candidate compared with what came before and comes after it.

    None where there are too few rows to tell. What it was posed with, which may have a copy of the
    rows, is gone then.
    """
    model, data = pose(candidate)
    n_rows = data.n_rows_in_all
    share = automatic.share_of_steps(n_rows) if share_of_steps is None else share_of_steps
    choices = phase_of_choice(model, data, candidate, share)
    if not choices:
        return None
    progress.expect([*choices * n_to_come, *phases_of(model, data, candidate)])
    generator = torch.Generator().manual_seed(seed)
    weight, loss = choose_weight(model, data, candidate, generator, progress, share)
    n_steps = steps_of_choice(candidate.training, share)
    return _Compared(weight, loss, n_steps, automatic.decides_weight(n_rows))
