"""
Counts, and a decision
======================

How many papers to order when each that is sold earns 1.5 and each that is left costs 1? The best order is the
quantile of the demand at 1.5 / (1.5 + 1) = 60 %. A mean or an interval does not give it, the distribution does.
"""

import matplotlib.pyplot as plt
import numpy as np

from skbayes import BayesianMLPRegressor
from skbayes.display import PITDisplay, PredictionIntervalDisplay

rng = np.random.RandomState(0)
temperature = rng.uniform(-5, 30, 700)
rate = 20 + 15 * np.exp(-0.5 * ((temperature - 18) / 6) ** 2)
demand = rng.negative_binomial(20, 20 / (20 + rate))
X = temperature[:, None]
train, test = slice(0, 400), slice(400, None)
model = BayesianMLPRegressor(likelihood="negative_binomial", budget=0.4, random_state=0).fit(
    X[train], demand[train]
)

# %%
# Left, the demand by temperature, on days that were not seen; right, whether its distribution is
# right.

_, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
PredictionIntervalDisplay.from_estimator(model, X[test], demand[test], ax=axes[0])
axes[0].set(xlabel="temperature", ylabel="demand")
PITDisplay.from_estimator(model, X[test], demand[test], ax=axes[1])
plt.show()

# %%
# What each rule would have earned on days that were not seen.

gain, loss = 1.5, 1.0
best = model.predict_quantiles(X[test], [gain / (gain + loss)])[:, 0]
for name, order in (("mean", np.round(model.predict(X[test]))), ("60 % quantile", best)):
    sold = np.minimum(order, demand[test])
    print(f"{name:14s} {np.mean(gain * sold - loss * (order - sold)):.2f} a day")
