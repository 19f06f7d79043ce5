"""The variational fit as a user describes it."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

from skbayes.choice import Choice, Interval, StrOptions
from skbayes.inference.monitor import Callback

_AUTO_KL_WEIGHTS = (1.0, 0.3, 0.1, 0.03)


class Variational(Choice):
    """Maximise the evidence lower bound (ELBO), the same as ``inference="variational"``.

    The posterior is of the family `posterior` of the estimator. Chains start from such a fit too.

    Parameters
    ----------
    n_members : int or "auto", default="auto"
        Number of independently initialised posteriors. They are trained as one batch, which on
        small tables costs much less than as many fits. The predictive distribution mixes
        them; chains start from them in turn. "auto" is 5, or the number of chains.

    n_draws : int, default=2
        Draws of the weights per optimisation step, in antithetic pairs. One where
        ``posterior="deterministic"``.

    kl_weight : float or "auto", default=1.0
        Weight of the Kullback-Leibler term of the ELBO. 1 is Bayes' rule; a smaller value
        trusts the data more than the model warrants ("cold posterior"). With
        ``posterior="deterministic"``, weight of the log prior. "auto" takes of 1, 0.3, 0.1 and
        0.03 what predicts a fifth of the rows best from the others: independent normals with full
        weight underfit networks that are large for their data.

    kl_warmup : float or "auto", default="auto"
        Share of `max_iter` over which the Kullback-Leibler term is faded in, in [0, 1). "auto" is
        a quarter, and half with more than 10,000 rows.

    max_grad_norm : float or None, default=0.3
        Largest Euclidean norm of a member's gradient of the ELBO per row with respect to the free
        parameters of its posterior; longer gradients are shortened to it. None for no limit:
        then a single row with a heavy tail can throw a member so far that it does not come back.

    callbacks : list of callable, default=None
        Each is called with a `skbayes.TrainingStatus` (step, ELBO per row, learning rate,
        validation score) every 50 optimisation steps. Training ends when one returns true; what
        was reached is kept.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.variational import Variational
    >>> BayesianMLPRegressor(inference=Variational(n_members=10))
    BayesianMLPRegressor(inference=Variational(n_members=10))
    """

    name = "variational"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_members": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "kl_weight": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "kl_warmup": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "callbacks": [list, tuple, None],
    }

    def __init__(
        self,
        n_members: int | str = "auto",
        n_draws: int = 2,
        kl_weight: float | str = 1.0,
        kl_warmup: float | str = "auto",
        max_grad_norm: float | None = 0.3,
        callbacks: Sequence[Callback] | None = None,
    ) -> None:
        self.n_members = n_members
        self.n_draws = n_draws
        self.kl_weight = kl_weight
        self.kl_warmup = kl_warmup
        self.max_grad_norm = max_grad_norm
        self.callbacks = callbacks

    def kl_weights(self) -> tuple[float, ...]:
        """Weights to choose from: the given one alone, unless it is "auto"."""
        return _AUTO_KL_WEIGHTS if self.kl_weight == "auto" else (float(self.kl_weight),)
