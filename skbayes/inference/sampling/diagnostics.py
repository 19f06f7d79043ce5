"""Whether chains agree, and how many independent draws theirs are worth."""

from __future__ import annotations

import numpy as np

from skbayes.arrays import FloatArray, binary_exponents


def split_r_hat(values: FloatArray) -> FloatArray:
    """Potential scale reduction of split chains (Gelman et al. 2013, eq. 11.4).

    Near 1 where all halves of all chains have the same mean.

    Parameters
    ----------
    values : ndarray of shape (n_chains, n_draws, ...)
        A quantity of interest, such as a function value, at each draw; at least four draws.

    Returns
    -------
    ndarray of shape (...)
        Infinite for a quantity that is constant within every half of a chain but not between
        them; 1 for one that never changes.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.RandomState(0)
    >>> bool(split_r_hat(rng.standard_normal((4, 500))) < 1.01)
    True
    """
    halves = _near_one(split_halves(values))
    n_draws = halves.shape[1]
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = halves.mean(axis=1).var(axis=0, ddof=1)  # of means, so without the factor n
    total = (n_draws - 1) / n_draws * within + between
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.sqrt(total / within)
    r_hat: FloatArray = np.where(total > 0, ratio, 1.0)
    return r_hat


def effective_sample_size(values: FloatArray) -> FloatArray:
    """Number of independent draws whose mean is as precise (Vehtari et al. 2021, section 3.2).

    Autocorrelations within the split chains are combined with the spread between them,
    and summed up to where pairs of them cease to be positive and falling (Geyer 1992).

    Parameters
    ----------
    values : ndarray of shape (n_chains, n_draws, ...)
        A quantity of interest at each draw; at least four draws.

    Returns
    -------
    ndarray of shape (...)
        At most ``N log10(N)`` for ``N`` draws in all.
    """
    halves = _near_one(split_halves(values))
    n_chains, n_draws = halves.shape[:2]
    flat = halves.reshape(n_chains, n_draws, -1)
    autocovariance = _autocovariance(flat)
    within = autocovariance[:, 0].mean(axis=0) * n_draws / (n_draws - 1)
    total = (n_draws - 1) / n_draws * within + flat.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        correlation = 1 - (within - autocovariance.mean(axis=0)) / total  # [lag, quantity]
    correlation[0] = 1.0
    n_pairs = n_draws // 2
    pairs = correlation[: 2 * n_pairs].reshape(n_pairs, 2, -1).sum(axis=1)
    pairs = np.minimum.accumulate(pairs, axis=0)  # Geyer's initial monotone sequence
    is_initial = np.logical_and.accumulate(pairs > 0, axis=0)
    correlation_time = -1 + 2 * np.where(is_initial, pairs, 0.0).sum(axis=0)
    n_total = n_chains * n_draws
    correlation_time = np.maximum(correlation_time, 1 / np.log10(n_total))
    size = np.where(total > 0, n_total / correlation_time, n_total)
    return np.asarray(size.reshape(halves.shape[2:]), dtype=np.float64)


def split_halves(values: FloatArray) -> FloatArray:
    """Halves of the chains as chains, first halves first; an odd middle draw is left out."""
    n_draws = values.shape[1]
    if n_draws < 4:
        raise ValueError(f"At least four draws a chain are needed. Got {n_draws}.")
    half = n_draws // 2
    return np.concatenate([values[:, :half], values[:, -half:]]).astype(np.float64)


def _near_one(halves: FloatArray) -> FloatArray:
    """Each quantity in a unit in which its squares are safe."""
    return np.ldexp(halves, -binary_exponents(halves, axis=(0, 1)))


def _autocovariance(chains: FloatArray) -> FloatArray:
    """Biased autocovariance ``[chain, lag, quantity]`` by fast Fourier transform."""
    n_draws = chains.shape[1]
    centred = chains - chains.mean(axis=1, keepdims=True)
    n_padded = 2 ** int(np.ceil(np.log2(2 * n_draws)))
    spectrum = np.fft.rfft(centred, n=n_padded, axis=1)
    covariance: FloatArray = np.fft.irfft(np.abs(spectrum) ** 2, n=n_padded, axis=1)
    return covariance[:, :n_draws] / n_draws
