"""How numeric columns are read: as held-out rows are predicted best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from skbayes.inference import Plan, Progress, choose_weight, phase_of_choice, phases_of
from skbayes.lazy_torch import torch
from skbayes.model import BayesianModel, Data

_LEAST_GAIN = 0.03

#: The model and the rows of a plan with one reading.
Pose = Callable[[Plan], tuple[BayesianModel, Data]]


def choose_reading(plan: Plan, pose: Pose, seed: int, progress: Progress) -> Plan:
    """The plan with one of its readings of numeric columns, and with the weight of the divergence
    that suits it, at which the readings are compared.

    Another reading than the first must lower the loss of held-out rows by 3 %.

    Parameters
    ----------
    plan : Plan
        With one or more readings.
    pose : callable
    seed : int
        Of the held-out rows and of the fits, the same for all readings.
    progress : Progress
    """
    if len(plan.readings) == 1:
        return plan
    chosen, least = replace(plan, readings=plan.readings[:1]), None
    for place, reading in enumerate(plan.readings):
        decided = replace(plan, readings=(reading,))
        model, data = pose(decided)
        choices = phase_of_choice(model, data, plan)
        if not choices:  # too few rows to tell
            return chosen
        decided_weight = replace(decided, kl_weights=plan.kl_weights[:1])
        n_to_come = len(plan.readings) - place
        progress.expect([*choices * n_to_come, *phases_of(model, data, decided_weight)])
        generator = torch.Generator().manual_seed(seed)
        weight, loss = choose_weight(model, data, plan, generator, progress)
        # A difference of less is noise, and the first reading is the simplest.
        if least is None or loss < (1 - _LEAST_GAIN) * least:
            chosen, least = replace(decided, kl_weights=(weight,)), loss
    (reading,) = chosen.readings
    progress.note(f"{reading} at kl_weight={chosen.kl_weights[0]:g} predicts held-out rows best")
    return chosen
