"""
Which row to label next
=======================

Labels are dear, rows are not. Ask for those of the rows whose function is least known, by their epistemic standard
deviation. The total would be the wrong guide: where noise is large, more labels teach little.
"""

import matplotlib.pyplot as plt
import numpy as np

from skbayes import BayesianMLPRegressor


def truth(X: np.ndarray) -> np.ndarray:
    return np.sin(2 * X[:, 0]) * np.exp(-0.3 * X[:, 1] ** 2)


# Two thirds of the pool crowd in one place; what counts is the error everywhere.
rng = np.random.RandomState(1)
pool = np.concatenate([rng.normal(-1.2, 0.5, (400, 2)), rng.uniform(-2, 2, (200, 2))])
labels = truth(pool) + 0.1 * rng.standard_normal(600)
everywhere = rng.uniform(-2, 2, (400, 2))
model = BayesianMLPRegressor(
    (32,), activation="tanh", likelihood="normal", prior_sigma=2.0, budget=0.3, random_state=0
)

# %%
# Both rules begin with the same twenty labels, and ask for ten at a time.

errors: dict[str, list[float]] = {"at random": [], "largest epistemic": []}
chosen = {}
for rule, curve in errors.items():
    known = list(range(20))
    for _ in range(6):
        model.fit(pool[known], labels[known])
        curve.append(np.sqrt(np.mean((model.predict(everywhere) - truth(everywhere)) ** 2)))
        others = np.setdiff1d(np.arange(600), known)
        if rule == "at random":
            known += rng.choice(others, 10, replace=False).tolist()
        else:
            epistemic = model.predict_uncertainty(pool[others]).epistemic
            known += others[np.argsort(-epistemic)[:10]].tolist()
    chosen[rule] = pool[known[20:]]

# %%
# Left, the rows that each rule asked for; right, the error as labels come in.

figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
axes[0].scatter(*pool.T, s=4, color="#a0aec0", label="pool")
for (rule, rows), colour in zip(chosen.items(), ("#dd9a3c", "#2b6cb0"), strict=True):
    axes[0].scatter(*rows.T, s=16, color=colour, label=rule)
    axes[1].plot(20 + 10 * np.arange(6), errors[rule], "o-", color=colour, label=rule)
axes[0].set(xlabel="first column", ylabel="second column")
axes[1].set(xlabel="labels", ylabel="root mean squared error everywhere")
axes[1].set_ylim(bottom=0)
axes[0].legend(fontsize="small", loc="lower left")
axes[1].legend(frameon=False, fontsize="small")
plt.show()
