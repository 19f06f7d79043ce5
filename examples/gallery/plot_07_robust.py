"""
Wild values
===========

Ten rows in which y is off by ten standard deviations, and one in which x is off by a million. Nothing has to be removed.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from skbayes import BayesianMLPRegressor

rng = np.random.RandomState(0)
X = rng.uniform(-2, 2, (300, 1))
truth = X[:, 0] + 0.5 * X[:, 0] ** 2
y = truth + 0.2 * rng.standard_normal(300)
y[:10] += 10
X[10] = 1e6
grid = np.linspace(-2, 2, 100)[:, None]
models = {
    "skbayes": BayesianMLPRegressor(budget=0.5, random_state=0),
    "boosted trees": HistGradientBoostingRegressor(random_state=0),
    "least squares": LinearRegression(),
}

# %%
# What each model makes of them. The wild values are outside of the picture.

_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, model), colour in zip(models.items(), ("#2b6cb0", "#2f9e82", "#a0aec0"), strict=True):
    ax.plot(grid, model.fit(X, y).predict(grid), color=colour, label=name)
ax.plot(grid, grid + 0.5 * grid**2, "k--", linewidth=1, label="truth")
ax.scatter(X, y, s=5, color="#2d3748")
ax.set(xlim=(-2.1, 2.1), ylim=(-2, 6), xlabel="x", ylabel="y")
ax.legend(frameon=False, fontsize="small")
plt.show()
