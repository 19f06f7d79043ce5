"""
Looking inside a fit
====================

Training, chains, and the search over the scale of the prior.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes

from skbayes import BayesianMLPRegressor, BayesianMLPRegressorCV
from skbayes.display import ChainDiagnosticsDisplay, PriorSearchDisplay, TrainingCurveDisplay

X, y = load_diabetes(return_X_y=True)
sampled = BayesianMLPRegressor(budget=0.5, random_state=0).fit(X, y)
print(sampled.plan_)

# %%
# Chains start from a variational fit; what they predict at some rows, and how far they agree.

ChainDiagnosticsDisplay.from_estimator(sampled, X)
plt.show()

# %%
# The start, and a cross-validated prior sigma: all candidates and folds are one batch.

search = BayesianMLPRegressorCV((8,), likelihood="normal", budget=0.2, random_state=0).fit(X, y)
_, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
TrainingCurveDisplay.from_estimator(sampled, ax=axes[0])
PriorSearchDisplay.from_estimator(search, ax=axes[1])
plt.show()
