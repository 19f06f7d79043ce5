"""What "auto" stands for: one rule, from facts of the table to explicit choices.

docs/defaults.md says what was tried, and what each part of the rule gains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from skbayes.choice import is_auto
from skbayes.inference import FEW_ROWS, MCLMC, NumberReading, Sampler, Variational
from skbayes.model import LIKELIHOODS, PRIORS, Censored, Hurdle, LikelihoodFamily, PriorFamily
from skbayes.tables import Heap

if TYPE_CHECKING:
    from skbayes.estimators.parameters import FitParameters

# Up to so many rows a step of a chain sees all of them; with more, a part.
_WHOLE_TABLE_ROWS = 4000
_PART_ROWS = 2000
# With fewer rows the posterior is broad and chains need fewer steps to get across it. With more
# than the larger number steps are costly, and there are fewer of them again.
_FULL_LENGTH_ROWS = (500, 2000)
_WARMUP, _LEAST_WARMUP = 2000, 600
_THIN, _LEAST_THIN, _THIN_OF_MANY_ROWS = 60, 12, 20
_WARMUP_OF_CLASSES, _THIN_OF_CLASSES = 1000, 20
_N_CHAINS = 4
# Of the energy errors of chains: ten times what is usual takes them 1.5 times as far. Few rows say
# something of few weights only, whose posterior such steps would widen by a quarter.
_ENERGY_VARIANCE, _LEAST_ENERGY_VARIANCE = 5e-3, 2e-4
_START_STEPS, _LEAST_START_STEPS = 2000, 600
# From so many rows on networks are larger.
_MANY_ROWS = 10_000
_MOST_START_STEPS = 20_000
# With fewer rows the noise is taken to be the same everywhere.
_NOISE_ROWS = 200
_BATCH_SIZE = 200
_LEARNING_RATE = 0.02
_NARROW = 32
_VARIATIONAL_STEPS, _MODULE_STEPS = 4000, 2000
_WINDOW, _WINDOW_SHARE = 100, 0.05
_KL_WARMUP, _KL_WARMUP_OF_MANY_ROWS = 0.25, 0.5
# A Gaussian process, nearly: one layer of random waves (Rahimi & Recht 2007). Of fewer rows too few
# are held out to tell, of more their chains take long.
_WAVES: tuple[tuple[int, ...], str] = ((32,), "sine")
_FEWEST_WAVE_ROWS, _MOST_WAVE_ROWS = 100, 500
# More values of discrete columns than this a row are not learned from so few.
_VALUES_PER_ROW = 0.1
# Bins of a column, and rows that each of all bins of the table must have.
_BINS = {8: 50, 4: 10}
# Of all columns: with more, the first layer would cost more than all others.
_MOST_BINS = 100
# Of more, principal components take longer than a fit.
_MOST_COMPONENT_ROWS = 2000
# Of a module, whose layers are not looked at.
_USUAL_WIDTH = 128


NetworkKind: TypeAlias = Literal["perceptron", "module"]


@dataclass(frozen=True)
class TableFacts:
    """What the rule depends on.

    Attributes
    ----------
    n_rows : int
        Distinct rows.
    n_columns : int
    n_numeric : int
        Columns of numbers among them.
    target : {"numbers", "classes"}
    network : {"perceptron", "module"}
    is_table : bool
        Whether columns are features, and not the numbers of images or sequences.
    is_single_precision : bool
        Whether all numbers of the table are.
    is_sparse : bool
        Whether the numbers are those of a sparse matrix.
    is_one_scale : bool
        Whether the numbers are readings on one scale, such as those of pixels.
    n_discrete : int
        Discrete numeric columns, but for those that are mostly one value.
    n_discrete_values : int
        Their distinct values.
    n_targets : int
        Columns of numbers to predict.
    heaps : tuple of Heap
        Where targets heap.
    """

    n_rows: int
    n_columns: int
    n_numeric: int
    target: Literal["numbers", "classes"]
    is_single_precision: bool
    network: NetworkKind = "perceptron"
    is_table: bool = True
    is_sparse: bool = False
    is_one_scale: bool = False
    n_discrete: int = 0
    n_discrete_values: int = 0
    n_targets: int = 1
    heaps: tuple[Heap, ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether there are more columns than rows to tell which of them matter."""
        return self.n_columns > self.n_rows

    def of_components(self) -> TableFacts:
        """With the principal components of the numbers in their place: no more of them than rows
        have, so the table is not wide.
        """
        return replace(self, n_columns=min(self.n_columns, self.n_rows))


def standardize(facts: TableFacts) -> str:
    """Straight lines stay straight, and no wild value has a lever. The numbers of an image or a
    sequence, and readings on one scale, keep their relations: a pixel that is hardly ever lit
    would count for more than the others.
    """
    return "robust" if facts.is_table and not facts.is_one_scale else "whole"


def readings(
    parameters: FitParameters, standardize: bool | str, facts: TableFacts, *, is_sampled: bool
) -> tuple[NumberReading, ...]:
    """How numeric columns may be read; of several, held-out rows choose before chains start.

    Discrete columns are categories too where numbers are bent to normal scores anyway; else where
    one value is most of a column, and the others are few: what sets it apart is seldom a matter of
    how large they are. One more reading is tried where there are rows enough: where most columns
    are discrete, these as categories (levels of a design are better read so, counts are not); else
    bins (functions that are rough along single columns want them, smooth ones of several
    columns do not).
    """
    discrete, n_bins = parameters.discrete_as_categories, parameters.n_bins
    usual = discrete
    if is_auto(discrete):
        has_kinds = facts.is_table and not facts.is_one_scale
        usual = True if standardize == "quantile" else "heaped" if has_kinds else False
    first = NumberReading(usual, 1 if is_auto(n_bins) else int(n_bins))
    if not (is_sampled and facts.is_table):
        return (first,)
    if is_auto(discrete) and usual is not True and _is_design(facts):
        return first, first._replace(discrete_as_categories=True)
    n_tried = _bins_worth_a_look(facts)
    if is_auto(n_bins) and n_tried > 1:
        return first, first._replace(n_bins=n_tried)
    return (first,)


def tries_components(facts: TableFacts) -> bool:
    """Whether principal components are read instead of numbers, unless these are better.

    Of more columns than rows the posterior is not sampled, and a variational one is too wide, or
    too narrow, where many columns say the same or each says a little.
    """
    can_be = facts.network == "perceptron" and facts.is_table and not facts.is_sparse
    return can_be and facts.n_rows < facts.n_numeric and facts.n_rows <= _MOST_COMPONENT_ROWS


def likelihood(facts: TableFacts, *, skewed: bool = False) -> LikelihoodFamily:
    """Tails as heavy as they are, and noise that follows the inputs where rows can tell how: those
    apart from a heap that has a probability of its own. Skewed where residuals are.
    """
    apart = max((heap.share for heap in facts.heaps if heap.side == "apart"), default=0.0)
    has_few = facts.n_rows * (1 - apart) < _NOISE_ROWS
    name = "student_t" if has_few else "heteroscedastic_student_t"
    return LIKELIHOODS[name]().set_params(skewed=skewed)


def with_heaps(family: LikelihoodFamily, facts: TableFacts) -> LikelihoodFamily:
    """The family, for targets some of which heap: cut off at an end, or with a probability apart.

    A density of them is as high at the heap as one cares to resolve it: it would count alone, and
    all other targets be hardly predicted.
    """
    if not facts.heaps:
        return family
    if any(heap.side == "apart" for heap in facts.heaps):
        return Hurdle(family, _values_of_heaps(facts))
    if facts.n_targets == 1:
        return Censored(family, **{heap.side: heap.value for heap in facts.heaps})
    ends = {"lower": [-math.inf] * facts.n_targets, "upper": [math.inf] * facts.n_targets}
    for heap in facts.heaps:
        ends[heap.side][heap.target] = heap.value
    return Censored(family, **ends)


def _values_of_heaps(facts: TableFacts) -> float | list[float]:
    """Of each target that of its largest heap; NaN where there is none."""
    values = [math.nan] * facts.n_targets
    for heap in sorted(facts.heaps, key=lambda heap: heap.share):
        values[heap.target] = heap.value
    return values if facts.n_targets > 1 else values[0]


def prior(facts: TableFacts) -> PriorFamily:
    """Scales learned for each column, so that idle ones are; for each hidden unit of classes,
    unless a dense table has more columns than rows, and of modules, of which it is not known what
    reads a column.
    """
    family: PriorFamily = PRIORS["normal"]()
    by_column = facts.network == "perceptron" and (
        facts.target == "numbers" or (facts.is_wide and not facts.is_sparse)
    )
    return family.set_params(grouping="feature" if by_column else "unit")


def hidden_layer_sizes(facts: TableFacts) -> tuple[int, ...]:
    """Widths: larger networks for tables that can fill them."""
    if facts.target == "classes":
        return (50,)
    if facts.n_rows > _MANY_ROWS:
        return (64, 32)
    return (32, 16)


def activations(facts: TableFacts, *, is_sampled: bool) -> tuple[str, ...]:
    """Smooth ones: chains take longer steps where there are no kinks.

    A bounded one is better at steps and where the target is far off in places, an unbounded one at
    slopes and curves; held-out rows say which.
    """
    return ("tanh", "silu") if is_sampled else ("tanh",)


def networks_by_chains(
    facts: TableFacts, *, is_sampled: bool
) -> tuple[tuple[tuple[int, ...], str], ...]:
    """Widths and activations of networks to be compared by chains.

    Smooth functions of few rows are predicted better by waves; variational fits do not see that.
    """
    has_rows = _FEWEST_WAVE_ROWS <= facts.n_rows <= _MOST_WAVE_ROWS
    return (_WAVES,) if is_sampled and has_rows and facts.target == "numbers" else ()


def learning_rate(widest_layer: int | None) -> float:
    """Of Adam: it falls as the widest layer grows, since the output sums over its units."""
    width = _USUAL_WIDTH if widest_layer is None else widest_layer
    return _LEARNING_RATE * min(1.0, _NARROW / width)


def sampler(facts: TableFacts, budget: float, n_draws: int) -> Sampler:
    """Chains whose length suits the table, and no more of them than draws are kept."""
    n_rows = facts.n_rows
    thin = _grown(n_rows, _LEAST_THIN, _THIN)
    if n_rows > _FULL_LENGTH_ROWS[1]:
        thin = max(_THIN_OF_MANY_ROWS, thin * _FULL_LENGTH_ROWS[1] / n_rows)
    n_warmup = _grown(n_rows, _LEAST_WARMUP, _WARMUP)
    if facts.target == "classes":  # whose chains are soon where they are going
        thin, n_warmup = min(thin, _THIN_OF_CLASSES), min(n_warmup, _WARMUP_OF_CLASSES)
    return MCLMC(
        n_chains=min(_N_CHAINS, n_draws),
        n_warmup=_steps(n_warmup, budget),
        thin=_steps(thin, budget),
        batch_size=n_rows if n_rows <= _WHOLE_TABLE_ROWS else _PART_ROWS,
        energy_variance=_energy_variance(n_rows),
        kl_weight="auto" if facts.target == "classes" and n_rows <= _MANY_ROWS else 1.0,
    )


def is_sampled(facts: TableFacts) -> bool:
    """Whether chains are run: not where weights are so many more than rows that none gets far, nor
    for modules, whose gradients may cost anything.
    """
    return facts.network == "perceptron" and not facts.is_wide


def variational(facts: TableFacts) -> Variational:
    """At full weight, but of modules, which are large for their data, at what predicts best."""
    return Variational(kl_weight="auto" if facts.network == "module" else 1.0)


def max_iter(facts: TableFacts, budget: float, *, is_start: bool) -> int:
    """Steps of a variational fit, or of one that chains start from."""
    n_rows = facts.n_rows
    if n_rows > _MANY_ROWS:  # as its square root: larger tables have more to tell
        many = _VARIATIONAL_STEPS * (n_rows / _MANY_ROWS) ** 0.5
        return _steps(min(many, _MOST_START_STEPS), budget)
    if facts.network == "module":
        return _steps(_MODULE_STEPS, budget)
    if not is_start:
        return _steps(_VARIATIONAL_STEPS, budget)
    return _steps(_grown(n_rows, _LEAST_START_STEPS, _START_STEPS), budget)


def n_iter_no_change(facts: TableFacts, max_iter: int) -> int:
    """Steps over which a rise of the bound is looked for.

    Products among many columns are found late, after a thousand steps without a rise to be seen in
    a hundred: where there are rows to tell of them, a fit is not to end before.
    """
    if facts.n_rows <= _MANY_ROWS:
        return _WINDOW
    return max(_WINDOW, round(_WINDOW_SHARE * max_iter))


def kl_warmup(facts: TableFacts) -> float:
    """Share of the steps over which the divergence fades in: what is found while it counts for
    little is kept where there are rows to hold it.
    """
    return _KL_WARMUP if facts.n_rows <= _MANY_ROWS else _KL_WARMUP_OF_MANY_ROWS


def share_of_steps(n_rows: int) -> float:
    """Steps of fits that are compared, of those that choose the weight of the divergence: half of
    them tell which is better, but of many rows what is found late may count for more.
    """
    return 1.0 if n_rows > _MANY_ROWS else 0.5


def decides_weight(n_rows: int) -> bool:
    """Whether fits that are compared choose the weight of the divergence, too: those of many rows
    have as many steps as fits that choose it, and of few rows half of them do no harm.
    """
    return not FEW_ROWS <= n_rows <= _MANY_ROWS


def may_shorten_start(facts: TableFacts, *, is_sampled: bool) -> bool:
    """Whether held-out rows may say that chains start from a fit of fewer steps.

    One that has begun to follow the noise is a worse start than the same half of the way there.
    """
    return is_sampled and facts.target == "numbers" and not decides_weight(facts.n_rows)


def batch_size(facts: TableFacts) -> int:
    """Rows of an optimisation step."""
    return min(_BATCH_SIZE, facts.n_rows)


def _is_design(facts: TableFacts) -> bool:
    """Whether most columns are discrete, and each of their values has rows enough."""
    return (
        facts.n_rows <= _MANY_ROWS
        and facts.n_discrete > 0.5 * facts.n_numeric
        and facts.n_discrete_values <= _VALUES_PER_ROW * facts.n_rows
    )


def _bins_worth_a_look(facts: TableFacts) -> int:
    """As many bins of each column as there are rows for; 1 where there are too few for any."""
    if facts.is_sparse:
        return 1
    for n_bins, n_rows_each in _BINS.items():
        n_all = n_bins * facts.n_numeric
        if 0 < n_all <= _MOST_BINS and facts.n_rows >= n_rows_each * n_all:
            return n_bins
    return 1


def _grown(n_rows: int, least: int, most: int) -> float:
    """Growing with the rows from `least` to `most`."""
    return least + min(1.0, n_rows / _FULL_LENGTH_ROWS[0]) * (most - least)


def _energy_variance(n_rows: int) -> float:
    """Growing with the rows, of which the first hundred make no difference."""
    share = min(1.0, n_rows / _FULL_LENGTH_ROWS[0])
    return max(_LEAST_ENERGY_VARIANCE, share**2 * _ENERGY_VARIANCE)


def _steps(n_steps: float, budget: float) -> int:
    return max(1, round(budget * n_steps))
