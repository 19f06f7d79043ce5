"""The two-piece Student-t distribution, which SciPy lacks, in terms of its symmetric one."""

import numpy as np
from scipy import integrate, stats


class TwoPieceStudentT:
    """With the interface of SciPy's distributions; `loc` is the mean.

    Everything is that of two halves; the mean of their mixture is integrated.
    """

    dist = None

    def __init__(
        self, df: np.ndarray, loc: np.ndarray, scale: np.ndarray, log_skew: np.ndarray
    ) -> None:
        self.args = np.broadcast_arrays(df, loc, scale, log_skew)
        df, loc, scale, log_skew = self.args
        skew = np.exp(log_skew)
        self._below, self._above = stats.t(df, 0, scale / skew), stats.t(df, 0, scale * skew)
        # Probability of each half, over that of half of a symmetric distribution.
        self._share_below, self._share_above = 2 / (1 + skew**2), 2 * skew**2 / (1 + skew**2)

        def integrand(root: float) -> np.ndarray:
            # In terms of a root, as tails of few degrees of freedom are long.
            x = np.sinh(root) ** 3
            density = self._share_above * self._above.pdf(x) - self._share_below * self._below.pdf(
                x
            )
            return 3 * np.sinh(root) ** 2 * np.cosh(root) * x * density

        self._from_mode = integrate.quad_vec(integrand, 0, 30, epsrel=1e-13, epsabs=1e-15)[0]
        self._loc, self._mode = loc, loc - self._from_mode

    def pdf(self, y: np.ndarray) -> np.ndarray:
        return np.exp(self.logpdf(y))

    def logpdf(self, y: np.ndarray) -> np.ndarray:
        z = y - self._mode
        below = np.log(self._share_below) + self._below.logpdf(z)
        return np.where(z < 0, below, np.log(self._share_above) + self._above.logpdf(z))

    def cdf(self, y: np.ndarray) -> np.ndarray:
        z = y - self._mode
        below = self._share_below * self._below.cdf(z)
        return np.where(z < 0, below, 1 - self._share_above * self._above.sf(z))

    def sf(self, y: np.ndarray) -> np.ndarray:
        z = y - self._mode
        above = self._share_above * self._above.sf(z)
        return np.where(z < 0, 1 - self._share_below * self._below.cdf(z), above)

    def logcdf(self, y: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(self.cdf(y))

    def logsf(self, y: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(self.sf(y))

    def ppf(self, q: np.ndarray | float) -> np.ndarray:
        q = np.asarray(q)
        below = self._below.ppf(np.minimum(q / self._share_below, 0.5))
        above = self._above.isf(np.minimum((1 - q) / self._share_above, 0.5))
        return self._mode + np.where(q < 0.5 * self._share_below, below, above)

    def mean(self) -> np.ndarray:
        return self._loc

    def var(self) -> np.ndarray:
        below = self._share_below * self._below.var()
        above = self._share_above * self._above.var()
        return 0.5 * (below + above) - self._from_mode**2

    def support(self) -> tuple[np.ndarray, np.ndarray]:
        return np.full_like(self._loc, -np.inf), np.full_like(self._loc, np.inf)
