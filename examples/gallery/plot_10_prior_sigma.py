"""
How far functions may bend
==========================

The prior sigma says how large the weights of a network may be, and so how far its functions bend before a single row is seen.
``BayesianMLPRegressorCV`` compares several by cross-validation: all of them, and all folds, are trained as one batch.
"""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from skbayes import BayesianMLPRegressor, BayesianMLPRegressorCV
from skbayes.display import PriorSearchDisplay

rng = np.random.RandomState(0)
X = rng.uniform(-3, 3, (100, 1))
y = np.sin(1.5 * X[:, 0]) + 0.2 * rng.standard_normal(100)
SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (32,),
    "activation": "tanh",
    "likelihood": "normal",
    "budget": 0.5,
    "random_state": 0,
}
search = BayesianMLPRegressorCV(prior_sigmas=[0.1, 0.3, 1, 3, 10], **SETTINGS).fit(X, y)

# %%
# Left, the log predictive density of held-out rows, fold by fold (grey) and on average. Right, the 90 % band of the function. A prior sigma
# that is too small makes it stiff, and sure of itself. From 1 on the scores are much the same, because rows decide; where there
# are none the prior does, and a large one leaves all open.

grid = np.linspace(-5, 5, 300)[:, None]
_, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
PriorSearchDisplay.from_estimator(search, ax=axes[0])
for sigma, colour in ((10, "#dd9a3c"), (1, "#2b6cb0"), (0.3, "#718096")):
    model = BayesianMLPRegressor(prior_sigma=sigma, **SETTINGS).fit(X, y)
    lower, upper = model.predict_interval(grid, 0.9, kind="mean").T
    axes[1].fill_between(grid[:, 0], lower, upper, color=colour, alpha=0.25, linewidth=0)
    axes[1].plot(grid, model.predict(grid), color=colour, label=f"prior sigma {sigma:g}")
axes[1].scatter(X, y, s=6, color="#2d3748")
axes[1].set(xlabel="x", ylabel="y", ylim=(-4, 4))
axes[1].legend(frameon=False, fontsize="small")
plt.show()
