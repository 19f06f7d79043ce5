"""What of a plan is chosen as held-out rows are predicted best: the network, and the reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

from skbayes.estimators import automatic
from skbayes.inference import FEW_ROWS, Plan, Progress, choose_weight, phase_of_choice, phases_of
from skbayes.lazy_torch import torch
from skbayes.model import BayesianModel, Data

# By how much a loss must be lower, for another network and for another reading: less is noise.
# What is first is the simplest reading, and the network that is less sure of itself in a gap.
_LEAST_GAIN = 0.03

#: The model and the rows of a plan with one network and one reading.
Pose = Callable[[Plan], tuple[BayesianModel, Data]]


def choose_by_held_out_rows(plan: Plan, pose: Pose, seed: int, progress: Progress) -> Plan:
    """The plan with one of its networks and one of its readings of numeric columns.

    Every network is compared at every reading, each at the weight of the divergence that suits it.
    Another network than the first must lower the loss of held-out rows by 3 %, and so must another
    reading. The fits are short: too short to choose the weight too, which is left to
    inference, but where rows are few or many.

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
        replace(plan, network=network, readings=(reading,), other_networks=())
        for network, reading in product(networks, plan.readings)
    ]
    if len(candidates) == 1:
        return candidates[0]
    chosen, least = candidates[0], float("inf")
    for place, candidate in enumerate(candidates):
        choice = _compared(candidate, len(candidates) - place, pose, seed, progress)
        if choice is None:
            return candidates[0]
        candidate, loss = choice
        if candidate.network is not plan.network:
            loss /= 1 - _LEAST_GAIN
        if candidate.readings != plan.readings[:1]:
            loss /= 1 - _LEAST_GAIN
        if loss < least:
            chosen, least = candidate, loss
    progress.note(f"{chosen.network} and {chosen.readings[0]} predict held-out rows best")
    return chosen


def _compared(
    candidate: Plan, n_to_come: int, pose: Pose, seed: int, progress: Progress
) -> tuple[Plan, float] | None:
    """A candidate at the weight of the divergence that suits it, and its loss.

    None where there are too few rows to tell. What it was posed with, which may have a copy of the
    rows, is gone then.
    """
    model, data = pose(candidate)
    n_rows = data.n_rows_in_all
    share = automatic.share_of_steps(n_rows)
    choices = phase_of_choice(model, data, candidate, share)
    if not choices:
        return None
    progress.expect([*choices * n_to_come, *phases_of(model, data, candidate)])
    generator = torch.Generator().manual_seed(seed)
    weight, loss = choose_weight(model, data, candidate, generator, progress, share)
    if share == 1.0 or n_rows < FEW_ROWS:
        candidate = replace(candidate, kl_weights=(weight,))
    return candidate, loss
