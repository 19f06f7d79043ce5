"""Whatever table comes in, a fit ends in finite predictions."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skbayes import BayesianMLPRegressor
from skbayes.variational import Variational

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


# A target whose square is not finite in single precision, in units of the others.
_FAR = (
    np.zeros((8, 3), np.float32),
    np.array([[6.45501561e18, 0.0], *[[0.0, 0.0]] * 6, [1.0, 0.0]]),
    np.array([0.5, *[3.0] * 7]),
)


@given(table=_tables())
@example(table=_FAR)
@settings(max_examples=40, deadline=None)
def test_any_finite_table_gives_finite_ordered_intervals(table) -> None:
    X, y, weights = table
    model = BayesianMLPRegressor(
        (3,), inference=Variational(n_members=2), max_iter=30, random_state=0
    )
    model.fit(X, y, sample_weight=weights)
    interval = model.predict_interval(X)
    assert np.isfinite(interval).all()
    assert np.all(interval[..., 0] <= interval[..., 1])
    assert np.isfinite(model.elbo_)
