"""Mixtures of class probabilities, against SciPy, scikit-learn and brute force."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from sklearn.metrics import brier_score_loss

from skbayes.predictive import BernoulliMixture, CategoricalMixture, ClassDistribution

LABELS = np.array(["blue", "green", "red"])


def _logits(n_classes: int, n_rows: int = 6, n_draws: int = 5, scale: float = 2.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (n_draws, n_rows, n_classes)
    return scale * torch.randn(shape, dtype=torch.float64, generator=generator)


def _categorical(**shape: int) -> tuple[CategoricalMixture, np.ndarray]:
    """A mixture and the probabilities of its components, by SciPy."""
    logits = _logits(3, **shape)
    return CategoricalMixture(logits, LABELS), special.softmax(logits.numpy(), axis=-1)


def _bernoulli(**shape: int) -> tuple[BernoulliMixture, np.ndarray]:
    logits = _logits(4, **shape)
    return BernoulliMixture(logits), special.expit(logits.numpy())


class TestCategorical:
    def test_probabilities_are_means_over_draws(self) -> None:
        mixture, components = _categorical()
        assert (mixture.n_components, mixture.n_samples, mixture.n_classes) == (5, 6, 3)
        np.testing.assert_allclose(mixture.component_probabilities(), components)
        np.testing.assert_allclose(mixture.probabilities(), components.mean(0))
        np.testing.assert_allclose(mixture.log_probabilities(), np.log(components.mean(0)))
        assert np.array_equal(mixture.mode(), LABELS[components.mean(0).argmax(-1)])
        np.testing.assert_allclose(mixture.confidence(), components.mean(0).max(-1))

    def test_log_prob_is_that_of_the_observed_label(self) -> None:
        mixture, components = _categorical()
        y = LABELS[[0, 1, 2, 2, 1, 0]]
        expected = np.log(components.mean(0)[range(6), [0, 1, 2, 2, 1, 0]])
        np.testing.assert_allclose(mixture.log_prob(y), expected)
        np.testing.assert_allclose(mixture.log_prob(list(y)), expected)

    def test_tails_are_finite_and_accurate(self) -> None:
        # Probabilities of exp(-2000) and exp(-3000), which round to zero, in equal parts.
        logits = torch.tensor([[[2000.0, 0.0]], [[3000.0, 0.0]]])
        mixture = CategoricalMixture(logits, np.arange(2))
        expected = [0.0, -2000.0 - np.log(2)]
        np.testing.assert_allclose(mixture.log_probabilities()[0], expected, rtol=1e-15)
        np.testing.assert_allclose(mixture.log_prob([1]), expected[1:], rtol=1e-15)
        np.testing.assert_allclose(mixture.logits(), expected[1:], rtol=1e-15)

    def test_entropies_agree_with_scipy(self) -> None:
        mixture, components = _categorical()
        total = stats.entropy(components.mean(0), axis=-1)
        aleatoric = stats.entropy(components, axis=-1).mean(0)
        np.testing.assert_allclose(mixture.entropy(), total)
        np.testing.assert_allclose(mixture.aleatoric_entropy(), aleatoric)
        np.testing.assert_allclose(mixture.mutual_information(), total - aleatoric)

    def test_draws_that_agree_leave_nothing_epistemic(self) -> None:
        one = _logits(3, n_draws=1)
        mixture = CategoricalMixture(one.expand(7, -1, -1), LABELS)
        assert np.all(mixture.mutual_information() >= 0)
        np.testing.assert_allclose(mixture.mutual_information(), 0, atol=1e-15)

    def test_draws_that_are_sure_and_disagree_leave_nothing_aleatoric(self) -> None:
        mixture = CategoricalMixture(1e4 * torch.eye(3)[:, None], LABELS)
        np.testing.assert_allclose(mixture.aleatoric_entropy(), 0, atol=1e-15)
        np.testing.assert_allclose(mixture.mutual_information(), np.log(3))

    def test_credible_intervals_are_quantiles_over_draws(self) -> None:
        mixture, components = _categorical(n_draws=101)
        expected = np.moveaxis(np.quantile(components, [0.1, 0.9], axis=0), 0, -1)
        np.testing.assert_allclose(mixture.interval(0.8), expected)

    @given(
        weights=st.lists(st.integers(0, 5), min_size=2, max_size=5).filter(any),
        coverage=st.sampled_from([0.05, 0.3, 0.5, 0.75, 0.9, 0.99]),
    )
    @settings(max_examples=60, deadline=None)
    def test_no_smaller_set_has_the_mass(self, weights: list[int], coverage: float) -> None:
        # Small whole numbers make ties, zeros and sums that hit a coverage exactly.
        probabilities = np.array(weights) / sum(weights)
        with np.errstate(divide="ignore"):
            logits = torch.from_numpy(np.log(probabilities)).clamp(min=-1e4)
        mixture = CategoricalMixture(logits[None, None], np.arange(len(weights)))
        chosen = mixture.prediction_set(coverage)[0]
        reached = coverage - 1e-9  # rounding of the sums
        smallest = min(
            sum(members)
            for members in itertools.product([0, 1], repeat=len(weights))
            if np.dot(members, probabilities) >= reached
        )
        assert chosen.sum() == smallest
        assert probabilities[chosen].sum() >= reached
        outside = probabilities[~chosen]
        assert not outside.size or probabilities[chosen].min() >= outside.max()

    def test_of_equal_classes_the_first_is_taken(self) -> None:
        mixture = CategoricalMixture(torch.zeros(2, 1, 40), np.arange(40))
        assert np.array_equal(mixture.prediction_set(0.5)[0], np.arange(40) < 20)
        assert mixture.mode()[0] == 0

    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_brier_agrees_with_scikit_learn(self, n_classes: int) -> None:
        mixture = CategoricalMixture(_logits(n_classes), np.arange(n_classes))
        y = np.array([0, 1, n_classes - 1, 1, 0, 0])
        expected = brier_score_loss(y, mixture.probabilities(), labels=range(n_classes))
        assert mixture.brier(y).mean() == pytest.approx(expected)

    def test_samples_come_from_the_mixture(self) -> None:
        mixture, components = _categorical(n_rows=2)
        samples = mixture.sample(20_000, random_state=0)
        assert samples.shape == (2, 20_000)
        assert samples.dtype == LABELS.dtype
        frequencies = np.stack([(samples == label).mean(1) for label in LABELS], -1)
        # Four standard errors of a frequency of 20,000.
        np.testing.assert_allclose(frequencies, components.mean(0), atol=0.015)
        assert np.array_equal(mixture.sample(3, random_state=1), mixture.sample(3, random_state=1))

    def test_rows_of_a_sample_share_their_component(self) -> None:
        # Two draws, each sure of one class for all rows.
        logits = torch.tensor([[50.0, 0.0], [0.0, 50.0]])[:, None].expand(2, 4, 2)
        samples = CategoricalMixture(logits, np.array([-1, 1])).sample(50, random_state=0)
        assert np.all(samples == samples[0])
        assert set(samples[0]) == {-1, 1}


class TestBernoulli:
    def test_labels_have_their_marginal_distributions(self) -> None:
        mixture, components = _bernoulli()
        mean = components.mean(0)
        y = np.random.RandomState(0).randint(2, size=(6, 4))
        np.testing.assert_allclose(mixture.component_probabilities(), components)
        np.testing.assert_allclose(mixture.probabilities(), mean)
        np.testing.assert_allclose(mixture.log_probabilities(), np.log(mean))
        np.testing.assert_allclose(mixture.logits(), special.logit(mean))
        np.testing.assert_allclose(mixture.log_prob(y), stats.bernoulli.logpmf(y, mean))
        np.testing.assert_allclose(mixture.brier(y), (mean - y) ** 2)
        assert np.array_equal(mixture.mode(), mean > 0.5)
        np.testing.assert_allclose(mixture.confidence(), np.maximum(mean, 1 - mean))
        expected = np.moveaxis(np.quantile(components, [0.05, 0.95], axis=0), 0, -1)
        np.testing.assert_allclose(mixture.interval(), expected)

    def test_entropies_agree_with_scipy(self) -> None:
        mixture, components = _bernoulli()
        total = stats.bernoulli.entropy(components.mean(0))
        aleatoric = stats.bernoulli.entropy(components).mean(0)
        np.testing.assert_allclose(mixture.entropy(), total)
        np.testing.assert_allclose(mixture.aleatoric_entropy(), aleatoric)
        np.testing.assert_allclose(mixture.mutual_information(), total - aleatoric)

    @pytest.mark.parametrize("coverage", [0.3, 0.6, 0.9, 0.999])
    def test_sets_hold_every_label_of_a_row(self, coverage: float) -> None:
        mixture, components = _bernoulli(n_rows=20)
        sets = mixture.prediction_set(coverage)
        order = np.argsort(-components.mean(0), axis=-1)
        for row, members in enumerate(sets):
            # The nested sets of the most probable labels, by their definition.
            masses = []
            for size in range(5):
                outside = np.setdiff1d(range(4), order[row, :size])
                masses.append(np.prod(1 - components[:, row, outside], axis=-1).mean())
            size = np.argmax(np.array(masses) >= coverage)
            assert set(np.flatnonzero(members)) == set(order[row, :size])

    def test_no_smaller_set_of_independent_labels_has_the_mass(self) -> None:
        mixture, components = _bernoulli(n_rows=20, n_draws=1)
        for row, members in enumerate(mixture.prediction_set(0.8)):
            sizes = [
                sum(chosen)
                for chosen in itertools.product([0, 1], repeat=4)
                if np.prod(np.where(chosen, 1, 1 - components[0, row])) >= 0.8
            ]
            assert members.sum() == min(sizes)

    def test_a_row_without_labels_has_an_empty_set(self) -> None:
        assert not BernoulliMixture(torch.full((1, 1, 3), -9.0)).prediction_set().any()

    def test_samples_come_from_the_mixture(self) -> None:
        mixture, components = _bernoulli(n_rows=2)
        samples = mixture.sample(20_000, random_state=0)
        assert samples.shape == (2, 4, 20_000)
        np.testing.assert_allclose(samples.mean(-1), components.mean(0), atol=0.015)


@pytest.mark.parametrize("mixture", [_categorical()[0], _bernoulli()[0]])
def test_clear_errors(mixture: ClassDistribution) -> None:
    for coverage in (0, 1, -0.5, "0.9"):
        with pytest.raises(ValueError, match="coverage must be a number in"):
            mixture.interval(coverage)
        with pytest.raises(ValueError, match="coverage must be a number in"):
            mixture.prediction_set(coverage)
    with pytest.raises(ValueError, match="y must have shape"):
        mixture.log_prob([0])
    shape = (6,) if mixture.n_outputs == 1 else (6, 4)
    with pytest.raises(ValueError, match="labels that the model does not know: 7"):
        mixture.log_prob(np.full(shape, 7))
    with pytest.raises(ValueError, match="labels that the model does not know: 'pink'"):
        mixture.brier(np.full(shape, "pink"))


def test_single_precision_is_widened_before_the_softmax() -> None:
    logits = _logits(3).float()
    mixture = CategoricalMixture(logits, LABELS)
    assert mixture.probabilities().dtype == np.float64
    np.testing.assert_allclose(mixture.probabilities().sum(-1), 1, rtol=1e-15)
    assert BernoulliMixture(logits).log_probabilities().dtype == np.float64
