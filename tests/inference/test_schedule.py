"""When the learning rate falls and when training stops."""

import numpy as np
import pytest

from skbayes.inference.schedule import Schedule


def _schedule(**changes: float) -> Schedule:
    settings: dict = {
        "max_iter": 1000,
        "learning_rate": 0.01,
        "kl_warmup": 0.2,
        "tol": 1e-3,
        "n_iter_no_change": 50,
    }
    return Schedule(**{**settings, **changes})


def test_kl_factor_rises_linearly_to_one() -> None:
    schedule = _schedule()
    assert [schedule.kl_factor(step) for step in (0, 100, 200, 999)] == [0.0, 0.5, 1.0, 1.0]
    assert _schedule(kl_warmup=0.0).kl_factor(0) == 1.0


def test_learning_rate_is_held_and_then_falls_to_zero() -> None:
    schedule = _schedule()
    assert schedule.learning_rate_at(666) == 0.01
    assert schedule.learning_rate_at(833) == pytest.approx(0.005, rel=0.01)
    assert 0 < schedule.learning_rate_at(999) < 1e-6


def test_a_flat_bound_ends_training_early_with_its_full_decay() -> None:
    schedule = _schedule()
    schedule.update(np.zeros((300, 2)))
    assert schedule.converged
    assert schedule.n_steps == 450
    assert schedule.learning_rate_at(300) == 0.01
    assert schedule.learning_rate_at(449) < 2e-6


@pytest.mark.parametrize(
    "bounds",
    [
        np.linspace(0, 1, 400)[:, None],  # still rising
        np.zeros((299, 1)),  # flat, but for less than two windows since the warm-up
        np.column_stack([np.zeros(400), np.linspace(0, 1, 400)]),  # one of two still rising
    ],
)
def test_a_rising_bound_goes_on(bounds: np.ndarray) -> None:
    schedule = _schedule()
    schedule.update(bounds)
    assert not schedule.converged
    assert schedule.n_steps == 1000


def test_a_plateau_inside_the_last_decay_is_not_convergence() -> None:
    schedule = _schedule()
    schedule.update(np.zeros((700, 1)))
    assert not schedule.converged
