"""
A population that moves
=======================

Rows come one batch after the other, and from the seventh on from elsewhere. Epistemic uncertainty says that new rows lie where no
others have been, before their targets are known: it rises tenfold. By how much a model is wrong there it cannot know. ``partial_fit`` then learns from them, the posterior so far as its prior.
"""

import matplotlib.pyplot as plt
import numpy as np

from skbayes import BayesianMLPRegressor


def batch(centre: float, rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    X = rng.normal(centre, 0.7, (100, 1))
    return X, np.sin(X[:, 0]) + 0.1 * rng.standard_normal(100)


rng = np.random.RandomState(0)
batches = [batch(centre, rng) for centre in (0, 0, 0, 0, 0, 0, 2, 3, 3, 3)]

# %%
# The default, which is sampled, fitted to the first four batches: how sure is it of each later one?

X, y = (np.concatenate(part) for part in zip(*batches[:4], strict=True))
model = BayesianMLPRegressor(budget=0.5, random_state=0).fit(X, y)
numbers = np.arange(5, 11)
epistemic = [model.predict_uncertainty(X).epistemic.mean() for X, _ in batches[4:]]
errors = [np.sqrt(np.mean((model.predict(X) - y) ** 2)) for X, y in batches[4:]]

# %%
# A second model, variational, that learns from each batch in turn.

learner = BayesianMLPRegressor(likelihood="normal", max_iter=1500, random_state=0)
learned = []
for number, (X, y) in enumerate(batches):
    if number >= 4:
        learned.append(np.sqrt(np.mean((learner.predict(X) - y) ** 2)))
    learner.partial_fit(X, y)

# %%
# The uncertainty of the first model, its errors, and those of the second.

_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(
    numbers,
    epistemic,
    "o-",
    color="#2f9e82",
    label="epistemic standard deviation, before y is known",
)
ax.plot(numbers, errors, "o-", color="#2d3748", label="error of the same model")
ax.plot(numbers, learned, "o--", color="#2b6cb0", label="error of one that goes on learning")
ax.set(xlabel="batch", ylabel="units of y", yscale="log")
ax.legend(frameon=False, fontsize="small")
plt.show()
