"""
Where to look next
==================

Bayesian optimisation by Thompson sampling: draw a function from the posterior, measure where it is highest, repeat.
"""

import matplotlib.pyplot as plt
import numpy as np

from skbayes import BayesianMLPRegressor


def measure(x: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """An unknown function, with noise."""
    return np.sin(2 * x) + 0.3 * x + 0.1 * rng.standard_normal(np.shape(x))


rng = np.random.RandomState(0)
grid = np.linspace(0, 4, 200)[:, None]
x = rng.uniform(0, 4, 6)
y = measure(x, rng)
for step in range(8):
    model = BayesianMLPRegressor(
        likelihood="normal", prior_sigma=2.0, budget=0.5, random_state=step
    ).fit(x[:, None], y)
    draw = model.sample_f(grid, random_state=step)[:, 0]
    best = grid[np.argmax(draw)]
    x, y = np.r_[x, best], np.r_[y, measure(best, rng)]

# %%
# The function as it is known in the end: measurements crowd where it is highest.

model = BayesianMLPRegressor(likelihood="normal", prior_sigma=2.0, random_state=0).fit(
    x[:, None], y
)
lower, upper = model.predict_interval(grid, 0.9, kind="mean").T
_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.fill_between(
    grid[:, 0], lower, upper, color="#2b6cb0", alpha=0.25, label="90 % band of the function"
)
ax.plot(grid, model.predict(grid), color="#2b6cb0", label="mean")
ax.plot(grid, np.sin(2 * grid) + 0.3 * grid, "k--", linewidth=1, label="truth")
ax.scatter(x[:6], y[:6], color="#a0aec0", label="to begin with", zorder=3)
ax.scatter(x[6:], y[6:], color="#c53030", label="chosen", zorder=3)
ax.set(xlabel="x", ylabel="y")
ax.legend(frameon=False, fontsize="small")
plt.show()
print(f"best found: f({x[np.argmax(y)]:.2f}) = {y.max():.2f}; the highest is f(4.00) = 2.19")
