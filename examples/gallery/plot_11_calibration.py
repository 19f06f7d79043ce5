"""
Noise of the wrong kind
=======================

Waiting times are positive, have a long tail, and vary the more the longer the queue. With normal noise of one width 90 % intervals look
fine on the whole. The distribution is wrong all the same, and two pictures and one table say how.
"""

import matplotlib.pyplot as plt
import numpy as np

from skbayes import BayesianMLPRegressor
from skbayes.display import CalibrationDisplay, PITDisplay
from skbayes.metrics import scores_by_group

rng = np.random.RandomState(0)
people = rng.randint(1, 30, 1000)
minutes = people * rng.lognormal(0, 0.5, 1000)
X = people[:, None].astype(float)
train, test = slice(0, 500), slice(500, None)
models = {
    name: BayesianMLPRegressor(likelihood=name, budget=0.3, random_state=0)
    for name in ("normal", "lognormal")
}

# %%
# Above the band, intervals hold more than they say; bars that are high in the middle say the same, and uneven ends that the
# noise is skewed.

_, axes = plt.subplots(2, 2, figsize=(9, 7.5), layout="constrained")
for row, (name, model) in zip(axes, models.items(), strict=True):
    model.fit(X[train], minutes[train])
    CalibrationDisplay.from_estimator(model, X[test], minutes[test], ax=row[0])
    PITDisplay.from_estimator(model, X[test], minutes[test], ax=row[1])
    row[0].set_title(f"likelihood={name!r}")
    row[1].set_title(f"likelihood={name!r}")
plt.show()

# %%
# Coverage by the length of the queue: what is right on average may be wrong for everyone.

queue = np.where(people[test] < 10, "short", "long")
for name, model in models.items():
    table = scores_by_group(model.predict_dist(X[test]), minutes[test], queue)
    print(f"likelihood={name!r}\n{table[['n_rows', 'coverage', 'width', 'crps']].round(2)}\n")
