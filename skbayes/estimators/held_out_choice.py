"""What of a plan is chosen by fits to a part of the rows: the network, the reading, the length of
the fit that chains start from, and whether the noise is skewed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from skbayes.estimators import automatic
from skbayes.inference import (
    HeldOutScores,
    Phase,
    Plan,
    Progress,
    WeightScores,
    compare_weights,
    in_folds,
    phase_of_choice,
    phases_of,
    phases_of_short_chains,
    steps_of_choice,
    try_chains,
)
from skbayes.lazy_torch import torch
from skbayes.model import BayesianModel, Data, MultilayerPerceptron, NetworkFamily

# By how much a loss must be lower, for another network, another reading and a shorter start: less
# is noise. What is first is the simplest reading, and the network that is less sure of itself in a
# gap.
_LEAST_GAIN = 0.03
# Of the mean difference of log densities, for a network that short chains are to choose.
_STANDARD_ERRORS = 2.0
# Of normal residuals, by which the noise is taken to be skewed: one table in 400 is by chance. A
# skewness that is missed costs less than 0.02 nats (its square over 12) from 200 rows on.
_SKEWED = 3.0
# Fits whose loss is so many times as large come from networks that do not suit the table.
_HOPELESS = 1.2
# Straight lines of single columns, rather than of all components, are taken for what matters if
# their loss is so many times that of these.
_SPARSE = 0.8
# Bayes' rule, and another weight beside it that is not compared.
_WEIGHTS_OF_LINES = (1.0, 0.1)
# Whatever the budget: fewer do not tell.
_STEPS_OF_LINES = 400

#: The model and the rows of a plan with one network and one reading.
Pose = Callable[[Plan], tuple[BayesianModel, Data]]


def choose_by_held_out_rows(plan: Plan, pose: Pose, seed: int, progress: Progress) -> Plan:
    """The plan with one of its networks, one of its readings, and the length of the start.

    Variational fits are compared first. Short chains say whether another network is better of
    which such fits do not tell how well chains predict. These fits are shorter than the start: too
    short to choose the weight of the divergence too, but where rows are few or many. So what is
    taken is fitted once more, in all steps; where the shorter fit predicts better, by 3 % as for
    all choices, the start is to be as short.

    Parameters
    ----------
    plan : Plan
    pose : callable
    seed : int
        Of the held-out rows and of the fits, the same for all.
    progress : Progress
    """
    return _Comparison(pose, seed, progress).choose(plan)


class _Compared(NamedTuple):
    """How well the fits of a plan predict held-out rows."""

    plan: Plan
    scores: WeightScores
    n_steps: int
    decides_weight: bool  # or else the weight of longer fits is another choice

    @property
    def loss(self) -> float:
        """At the weight of the divergence that suits them."""
        return self.scores.loss

    @property
    def likely_weights(self) -> tuple[float, ...] | None:
        """Weights that may suit fits of another network, or longer ones; None for all."""
        return None if self.decides_weight else self.scores.likely

    def shorter(self) -> Plan:
        """The plan with these fits where its chains start."""
        training = replace(self.plan.training, max_iter=self.n_steps)
        return replace(self.plan, kl_weights=(self.scores.weight,), training=training)


class _ToCome(NamedTuple):
    """What else is going to be compared, for the progress to tell."""

    n_fits: int = 0
    n_trials: int = 0  # by short chains


@dataclass(frozen=True)
class _Comparison:
    """Of plans for the same rows."""

    pose: Pose
    seed: int
    progress: Progress

    def choose(self, plan: Plan) -> Plan:
        if plan.columns_alone is not None:
            plan = self._components_or_columns(plan, plan.columns_alone)
        networks, rivals = (plan.network, *plan.other_networks), plan.networks_by_chains
        candidates = [
            replace(_with_network(plan, network), readings=(reading,), may_shorten_start=False)
            for network, reading in product(networks, plan.readings)
        ]
        is_open = plan.may_shorten_start or plan.skewed_likelihood is not None
        if len(candidates) == 1 and not is_open:
            return candidates[0]
        compared: list[_Compared] = []
        n_readings = len(plan.readings)
        for place, candidate in enumerate(candidates):
            to_come = _ToCome(len(candidates) - place + len(rivals), 2 * len(rivals))
            # The weight that suits one network least is hardly ever the best of another.
            only = compared[place - n_readings].likely_weights if place >= n_readings else None
            result = self._compared(candidate, to_come, only=only)
            if result is None:
                return replace(candidates[0], skewed_likelihood=None)
            compared.append(result)

        def handicapped_loss(result: _Compared) -> float:
            is_other_network = result.plan.network is not plan.network
            is_other_reading = result.plan.readings != plan.readings[:1]
            return result.loss / (1 - _LEAST_GAIN) ** (is_other_network + is_other_reading)

        chosen = min(compared, key=handicapped_loss)
        for place, network in enumerate(rivals):
            rival = _with_network(candidates[0], network)
            n_left = len(rivals) - place
            result = self._compared(rival, _ToCome(n_left, 2 * n_left))
            if result is not None:
                chosen = self._better_by_chains(chosen, result)
        if len(candidates) + len(rivals) > 1:
            network, (reading,) = chosen.plan.network, chosen.plan.readings
            self.progress.note(f"{network} and {reading} predict held-out rows best")
        chosen = chosen._replace(plan=self._with_noise(chosen))
        if chosen.decides_weight:
            return replace(chosen.plan, kl_weights=(chosen.scores.weight,))
        return self._with_start(chosen) if plan.may_shorten_start else chosen.plan

    def _components_or_columns(self, of_components: Plan, of_columns: Plan) -> Plan:
        """The plan for components, unless what matters seems to be a few of the columns.

        Straight lines tell, and take a few seconds: with a scale for each column they find the few
        where such there are, and are lost where many columns matter a little.
        """
        of_components = replace(of_components, columns_alone=None)
        losses = []
        for plan in (of_components, of_columns):
            straight = replace(
                _with_network(of_components, MultilayerPerceptron((), linear_skip=False)),
                principal_components=plan.principal_components,
                kl_weights=_WEIGHTS_OF_LINES,
                training=replace(of_components.training, max_iter=_STEPS_OF_LINES),
                skewed_likelihood=None,
                may_shorten_start=False,
            )
            compared = self._compared(
                straight, _ToCome(), share_of_steps=1.0, only=_WEIGHTS_OF_LINES[:1]
            )
            losses.append(math.inf if compared is None else compared.loss)
        if not losses[1] < _SPARSE * losses[0]:
            return of_components
        self.progress.note("single columns predict held-out rows best")
        return of_columns

    def _with_noise(self, chosen: _Compared) -> Plan:
        """The plan, with noise that is skewed if the residuals are."""
        skewed, is_skewed = chosen.plan.skewed_likelihood, chosen.scores.skewness_of_best > _SKEWED
        if skewed is None or not is_skewed:
            return replace(chosen.plan, skewed_likelihood=None)
        self.progress.note(f"residuals are skewed: {skewed}")
        return replace(chosen.plan, likelihood=skewed, skewed_likelihood=None)

    def _better_by_chains(self, chosen: _Compared, rival: _Compared) -> _Compared:
        """The rival if its short chains predict held-out rows better, else what was chosen.

        The loss has to be 3 % lower, and the log density higher by two standard errors of the
        mean. Where the fits of the rival are much worse, its chains are not tried.
        """
        if not rival.loss < _HOPELESS * chosen.loss:
            return chosen
        try:
            scores = [
                self._scores(result.shorter(), n_trials)
                for n_trials, result in ((2, chosen), (1, rival))
            ]
        except FloatingPointError:  # no chain moved
            return chosen
        of_chosen, of_rival = scores
        is_lower = of_rival.loss < (1 - _LEAST_GAIN) * of_chosen.loss
        is_better = is_lower and of_rival.is_better(of_chosen, _STANDARD_ERRORS)
        return rival if is_better else chosen

    def _scores(self, plan: Plan, n_trials: int) -> HeldOutScores:
        """What short chains of a plan predict."""
        model, data = self.pose(plan)
        self._expect(model, data, plan, _ToCome(n_trials=n_trials))
        generator = torch.Generator().manual_seed(self.seed)
        return try_chains(model, data, plan, generator, self.progress)

    def _with_start(self, shorter: _Compared) -> Plan:
        """The plan with the weight of all steps, or with fewer steps and the weight of these."""
        only = shorter.likely_weights
        whole = self._compared(shorter.plan, _ToCome(), share_of_steps=1.0, only=only)
        assert whole is not None  # of the same rows as the shorter one
        if not shorter.loss < (1 - _LEAST_GAIN) * whole.loss:  # or it is not a number
            return replace(whole.plan, kl_weights=(whole.scores.weight,))
        self.progress.note(
            f"chains start from a fit of {shorter.n_steps} steps, which predicts them better"
        )
        return shorter.shorter()

    def _compared(
        self,
        plan: Plan,
        to_come: _ToCome,
        *,
        share_of_steps: float | None = None,
        only: tuple[float, ...] | None = None,
    ) -> _Compared | None:
        """A plan compared with what came before and comes after it, at all of its weights or some.

        None where there are too few rows to tell. What it was posed with, which may have a copy of
        the rows, is gone then.
        """
        model, data = self.pose(plan)
        n_rows = data.n_rows_in_all
        share = automatic.share_of_steps(n_rows) if share_of_steps is None else share_of_steps
        if not phase_of_choice(model, data, plan, share):
            return None
        self._expect(model, data, plan, to_come)
        generator = torch.Generator().manual_seed(self.seed)
        scores = compare_weights(model, data, plan, generator, self.progress, share, only)
        n_steps = steps_of_choice(plan.training, share)
        return _Compared(plan, scores, n_steps, automatic.decides_weight(n_rows))

    def _expect(self, model: BayesianModel, data: Data, plan: Plan, to_come: _ToCome) -> None:
        """Tell the progress: comparisons, and then a fit, at a weight of the divergence that is
        another choice unless these make it.
        """
        n_rows = data.n_rows_in_all
        choice = phase_of_choice(model, data, plan, automatic.share_of_steps(n_rows))
        trial: list[Phase] = []
        if plan.sampler is not None:
            trial = phases_of_short_chains(model, data, plan, [in_folds(plan.sampler)])
        if automatic.decides_weight(n_rows):
            plan = replace(plan, kl_weights=plan.kl_weights[:1])
        fit = phases_of(model, data, plan)
        self.progress.expect([*choice * to_come.n_fits, *trial * to_come.n_trials, *fit])


def _with_network(plan: Plan, network: NetworkFamily) -> Plan:
    return replace(plan, network=network, other_networks=(), networks_by_chains=())
