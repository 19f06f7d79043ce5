"""The Student-t prior's degrees of freedom, against SciPy."""

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.model.priors import StudentTPrior


@pytest.mark.parametrize("df", [0.5, 1.0, 3.0, 1e6])
def test_degrees_of_freedom(df: float) -> None:
    values = torch.linspace(-5, 5, 11, dtype=torch.float64)
    scale = torch.tensor([0.7], dtype=torch.float64)
    prior = StudentTPrior(torch.zeros_like(scale), scale, df=df)
    expected = stats.t.logpdf(values.numpy(), df=df, scale=0.7)
    # lgamma at 5e5 loses ten digits in the difference of two large numbers.
    np.testing.assert_allclose(prior.log_prob(values[:, None]).numpy(), expected, rtol=1e-8)
