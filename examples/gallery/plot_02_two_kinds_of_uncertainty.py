"""
Noise, and what the data leave open
===================================

A sine whose noise grows to the right, with a gap in the data. More data would not shrink the noise (aleatoric); they
would fill the gap (epistemic).
"""

import matplotlib.pyplot as plt
import numpy as np

from skbayes import BayesianMLPRegressor
from skbayes.display import PredictionIntervalDisplay, UncertaintyDecompositionDisplay

rng = np.random.RandomState(0)
x = np.concatenate([rng.uniform(-4, -1, 150), rng.uniform(1, 4, 150)])
y = np.sin(x) + (0.05 + 0.06 * (x + 4)) * rng.standard_normal(300)
X = x[:, None]
# A smooth function: bins of x (n_bins="auto" tries them) would know no more of it, and would be surer
# beyond the data.
regressor = BayesianMLPRegressor(budget=0.5, n_bins=1, random_state=0).fit(X, y)

# %%
# Left, intervals and what was observed; right, the standard deviation and its two parts.

_, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
PredictionIntervalDisplay.from_estimator(regressor, X, y, ax=axes[0])
UncertaintyDecompositionDisplay.from_estimator(regressor, X, feature=0, ax=axes[1])
plt.show()

# %%
# Functions drawn from the posterior agree where there are data, and go their own ways in the gap.

grid = np.linspace(-5, 5, 200)[:, None]
_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(grid, regressor.sample_f(grid, 20), color="#2b6cb0", alpha=0.4, linewidth=0.8)
ax.scatter(x, y, s=5, color="#2d3748")
ax.set(xlabel="x", ylabel="y", ylim=(-3, 3))
plt.show()

# %%
# Both parts as numbers, in units of y.

places = {"left data": -2.5, "in the gap": 0.0, "right data": 2.5, "beyond": 6.0}
parts = regressor.predict_uncertainty([[place] for place in places.values()])
for name, noise, epistemic in zip(places, parts.aleatoric, parts.epistemic, strict=True):
    print(f"{name:10s}  noise {noise:.3f}  epistemic {epistemic:.3f}")
