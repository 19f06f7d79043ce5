"""Numbers that were rounded."""

from __future__ import annotations

import numpy as np

from skbayes.arrays import FloatArray

# Of more distinct values than this, relative to their number, nothing says that they were rounded.
_MOST_DISTINCT = 0.5
_ROUNDING = 1e-9


def grid_width(values: FloatArray) -> float:
    """Smallest distance between different ones of ``values (n,)``, where most are shared; else 0.

    Numbers that mostly recur were rounded, to whole numbers or to some other grid.

    Examples
    --------
    >>> import numpy as np
    >>> grid_width(np.array([0.5, 1.0, 1.0, 2.5, 0.5, 2.5])), grid_width(np.array([0.5, 1.0, 2.5]))
    (0.5, 0.0)
    """
    distinct = np.unique(values)
    if not 1 < len(distinct) <= _MOST_DISTINCT * len(values):
        return 0.0
    distances = np.diff(distinct)
    # 0.3 and 0.1 + 0.2 are one value.
    distances = distances[distances > _ROUNDING * np.abs(distinct).max()]
    return float(distances.min()) if len(distances) else 0.0
