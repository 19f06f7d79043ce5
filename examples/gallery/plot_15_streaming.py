"""
One batch after another
=======================

``partial_fit`` takes the posterior so far as the prior of the next batch, so that rows that were seen need not be kept. The band of the function
narrows as batches come in. Beyond the rows it is too sure of itself: updates are variational, and see each weight by itself. Where
that matters, keep the rows and fit by chains.
"""

import matplotlib.pyplot as plt
import numpy as np

from skbayes import BayesianMLPRegressor

rng = np.random.RandomState(0)
model = BayesianMLPRegressor(
    (32,), activation="tanh", likelihood="normal", prior_sigma=2.0, max_iter=3000, random_state=0
)
grid = np.linspace(-4, 4, 200)[:, None]
widths = []
_, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
panels = dict(zip((1, 3, 10), axes[:3], strict=True))
for number in range(1, 11):
    X = rng.uniform(-3, 3, (100, 1))
    y = np.sin(1.5 * X[:, 0]) + 0.2 * rng.standard_normal(100)
    model.partial_fit(X, y)
    widths.append(model.predict_uncertainty(grid[25:-25]).epistemic.mean())
    if number in panels:
        ax = panels[number]
        lower, upper = model.predict_interval(grid, 0.9, kind="mean").T
        ax.fill_between(grid[:, 0], lower, upper, color="#2b6cb0", alpha=0.25, linewidth=0)
        ax.plot(grid, model.predict(grid), color="#2b6cb0", label="mean, and 90 % band")
        ax.plot(grid, np.sin(1.5 * grid), "k--", linewidth=1, label="truth")
        ax.scatter(X, y, s=6, color="#2d3748", label="the last batch")
        ax.set(xlabel="x", ylabel="y", ylim=(-2.5, 3.2))
        ax.set_title("after 1 batch" if number == 1 else f"after {number} batches")
        ax.legend(frameon=False, fontsize="small", loc="upper left")
axes[3].plot(np.arange(1, 11), widths, "o-", color="#2f9e82")
axes[3].set(xlabel="batches", ylabel="epistemic standard deviation")
axes[3].set_ylim(bottom=0)
plt.show()
