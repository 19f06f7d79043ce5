"""Whatever table comes in, a fit ends in finite predictions; and every parameter matters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone

from skbayes import BayesianMLPRegressor

# Magnitudes of any unit; in single precision sums of squares of larger ones are not finite.
_ELEMENTS = st.one_of(
    st.floats(-(2.0**100), 2.0**100, width=32), st.integers(-3, 3).map(float), st.just(0.0)
)


@st.composite
def _tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    n_rows = draw(st.integers(2, 8))
    n_columns, n_targets = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    X = draw(hnp.arrays(dtype, (n_rows, n_columns), elements=_ELEMENTS))
    y = draw(hnp.arrays(np.float64, (n_rows, n_targets), elements=_ELEMENTS))
    weights = draw(
        st.none() | hnp.arrays(np.float64, n_rows, elements=st.sampled_from([0.5, 1.0, 3.0]))
    )
    return X, y[:, 0] if n_targets == 1 else y, weights


@given(table=_tables())
@settings(max_examples=40, deadline=None)
def test_any_finite_table_gives_finite_ordered_intervals(table) -> None:
    X, y, weights = table
    model = BayesianMLPRegressor((3,), n_members=2, max_iter=30, random_state=0)
    model.fit(X, y, sample_weight=weights)
    interval = model.predict_interval(X)
    assert np.isfinite(interval).all()
    assert np.all(interval[..., 0] <= interval[..., 1])
    assert np.isfinite(model.elbo_)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", (7,)),
        ("hidden_layer_sizes", ()),
        ("activation", "silu"),
        ("linear_skip", False),
        ("prior_sigma", 0.5),
        ("prior_sigma", [0.5, 2.0]),
        ("prior_grouping", "layer"),
        ("prior_grouping", "feature"),
        ("posterior", "low_rank"),
        ("last_layer_only", True),
        ("n_members", 3),
        ("n_draws", 3),
        ("n_posterior_samples", 50),
        ("kl_weight", 0.1),
        ("kl_warmup", 0.9),
        ("batch_size", 20),
        ("learning_rate_init", 0.001),
        ("max_iter", 200),
        ("tol", 0.0),
        ("n_iter_no_change", 60),
        ("standardize", False),
        ("categorical_features", [1]),
        ("dtype", "float32"),
        ("random_state", 1),
    ],
)
def test_every_parameter_changes_the_result(diabetes: tuple, name: str, value: object) -> None:
    X, y = diabetes[0][:60], diabetes[1][:60]
    base = BayesianMLPRegressor((8,), n_members=2, max_iter=400, random_state=0)
    base.set_params(tol=1.0, n_iter_no_change=20)
    before = clone(base).fit(X, y).predict_interval(X)
    after = clone(base).set_params(**{name: value}).fit(X, y).predict_interval(X)
    assert not np.array_equal(before, after)
