"""Any `torch.nn.Module` made Bayesian, for those with PyTorch code of their own.

`BayesianModule` is an `nn.Module` for a training loop of one's own; `fit` and `sample` are the
package's trainer and chains for those who want none.
"""

from skbayes.torch.bayesian_module import BayesianModule, ELBOTerms
from skbayes.torch.pretrained import Moped
from skbayes.torch.schedules import kl_warmup, minibatch_kl_weight
from skbayes.torch.training import fit, sample
from skbayes.torch.uncertainty import (
    accuracy_versus_uncertainty_loss,
    error_aligned_uncertainty_loss,
)

__all__ = [
    "BayesianModule",
    "ELBOTerms",
    "Moped",
    "accuracy_versus_uncertainty_loss",
    "error_aligned_uncertainty_loss",
    "fit",
    "kl_warmup",
    "minibatch_kl_weight",
    "sample",
]
