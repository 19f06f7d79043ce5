"""Losses that ask errors to be uncertain, and what is right to be sure."""

from __future__ import annotations

import torch
from torch import Tensor

_EPSILON = 1e-10


def accuracy_versus_uncertainty_loss(
    probabilities: Tensor, y: Tensor, threshold: float, *, beta: float = 1.0
) -> Tensor:
    """Loss that falls as what is right is sure and what is wrong is not (AvUC).

    To be added to the negative bound of a classifier [1]_. Rows count by the confidence of the
    prediction and by the hyperbolic tangent of its entropy, so that the loss can be differentiated.

    Parameters
    ----------
    probabilities : Tensor of shape (n_rows, n_classes)
        Mean over draws.
    y : Tensor of shape (n_rows,)
        Numbers of the classes.
    threshold : float
        Predictive entropy, in nats, from which a prediction counts as uncertain.
    beta : float, default=1.0
        Weight of the loss.

    Returns
    -------
    Tensor of shape ()

    References
    ----------
    .. [1] R. Krishnan, O. Tickoo. "Improving model calibration with accuracy versus uncertainty
       optimization", NeurIPS 2020, eq. 3 to 8.

    Examples
    --------
    >>> import torch
    >>> sure = torch.tensor([[0.99, 0.01], [0.5, 0.5]])
    >>> right = accuracy_versus_uncertainty_loss(sure, torch.tensor([0, 1]), threshold=0.3)
    >>> wrong = accuracy_versus_uncertainty_loss(sure, torch.tensor([1, 0]), threshold=0.3)
    >>> bool(right < wrong)
    True
    """
    confidence, predicted = probabilities.max(-1)
    entropy = _entropy(probabilities)
    is_right = predicted == y
    is_sure = entropy <= threshold
    doubt = torch.tanh(entropy)
    right_sure = (confidence * (1 - doubt))[is_right & is_sure].sum()
    right_unsure = (confidence * doubt)[is_right & ~is_sure].sum()
    wrong_sure = ((1 - confidence) * (1 - doubt))[~is_right & is_sure].sum()
    wrong_unsure = ((1 - confidence) * doubt)[~is_right & ~is_sure].sum()
    good = right_sure + wrong_unsure
    return beta * torch.log1p((right_unsure + wrong_sure) / (good + _EPSILON))


def error_aligned_uncertainty_loss(
    errors: Tensor, uncertainty: Tensor, error_threshold: float, uncertainty_threshold: float
) -> Tensor:
    """Loss that falls as small errors of a regression are sure and large ones are not (EaUC).

    The counterpart of `accuracy_versus_uncertainty_loss` [1]_.

    Parameters
    ----------
    errors : Tensor of shape (n_rows,)
        Absolute errors.
    uncertainty : Tensor of shape (n_rows,)
        Predicted standard deviations, or another measure that is not negative.
    error_threshold, uncertainty_threshold : float
        From which errors count as large, and predictions as unsure.

    Returns
    -------
    Tensor of shape ()

    References
    ----------
    .. [1] N. Kose, R. Krishnan, A. Dhamasia, O. Tickoo, M. Paulitsch. "Reliable multimodal
       trajectory prediction via error aligned uncertainty optimization", ECCV workshops 2022.

    Examples
    --------
    >>> import torch
    >>> errors = torch.tensor([0.1, 2.0])
    >>> aligned = error_aligned_uncertainty_loss(errors, torch.tensor([0.1, 2.0]), 1.0, 1.0)
    >>> opposed = error_aligned_uncertainty_loss(errors, torch.tensor([2.0, 0.1]), 1.0, 1.0)
    >>> bool(aligned < opposed)
    True
    """
    is_small, is_sure = errors <= error_threshold, uncertainty <= uncertainty_threshold
    size, doubt = torch.tanh(errors), torch.tanh(uncertainty)
    small_sure = ((1 - size) * (1 - doubt))[is_small & is_sure].sum()
    small_unsure = ((1 - size) * doubt)[is_small & ~is_sure].sum()
    large_sure = (size * (1 - doubt))[~is_small & is_sure].sum()
    large_unsure = (size * doubt)[~is_small & ~is_sure].sum()
    good = small_sure + large_unsure
    return torch.log1p((small_unsure + large_sure) / (good + _EPSILON))


def _entropy(probabilities: Tensor) -> Tensor:
    return torch.special.entr(probabilities).sum(-1)
