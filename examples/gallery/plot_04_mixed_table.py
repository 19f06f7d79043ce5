"""
A table as pandas reads it
==========================

Strings, gaps and numbers go in as they are. Which columns do predictions depend on, how, and for whom are they good?
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skbayes import BayesianMLPRegressor, feature_dependence
from skbayes.display import FeatureRelevanceDisplay, PartialDependenceIntervalDisplay
from skbayes.metrics import scores_by_group

rng = np.random.RandomState(0)
n_rows = 800
table = pd.DataFrame(
    {
        "area": rng.lognormal(4.3, 0.4, n_rows),
        "year": rng.randint(1900, 2020, n_rows).astype(float),
        "town": rng.choice(["Arden", "Borough", "Cote", "Dale"], n_rows, p=[0.4, 0.3, 0.25, 0.05]),
        "heating": np.array(["gas", "oil", None])[rng.randint(0, 3, n_rows)],
    }
)
base = 3 * table["area"] + table["town"].map({"Arden": 120, "Borough": 0, "Cote": 40, "Dale": 80})
price = (
    base + 0.4 * (table["year"] - 1900) + (10 + 0.15 * table["area"]) * rng.standard_normal(n_rows)
)
table.loc[rng.rand(n_rows) < 0.2, "year"] = np.nan
price.name = "price"
train, test = slice(0, 600), slice(600, None)
regressor = BayesianMLPRegressor(budget=0.4, random_state=0).fit(table[train], price[train])

# %%
# Share of the variance of predictions that each column is part of, and the effect of one.

_, axes = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
found = feature_dependence(regressor, table[test], n_repeats=3)
FeatureRelevanceDisplay.from_dependence(found, ax=axes[0])
PartialDependenceIntervalDisplay.from_estimator(regressor, table[test], "town", ax=axes[1])
PartialDependenceIntervalDisplay.from_estimator(
    regressor, table[test], "year", n_points=15, ax=axes[2]
)
plt.show()

# %%
# Coverage, width and scores town by town.

dist = regressor.predict_dist(table[test])
print(scores_by_group(dist, price[test], table["town"][test]).round(3).to_string())
