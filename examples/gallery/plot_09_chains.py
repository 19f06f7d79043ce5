"""
Whether chains have run for long enough
=======================================

The same table with a twentieth of the default budget, and with the default. Chains start from draws of a variational fit, whose own
training is the first thing to look at: left it was cut off while it still rose.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes

from skbayes import BayesianMLPRegressor
from skbayes.display import ChainDiagnosticsDisplay, TrainingCurveDisplay

X, y = load_diabetes(return_X_y=True)
models = {
    budget: BayesianMLPRegressor(budget=budget, random_state=0).fit(X, y) for budget in (0.05, 1)
}
_, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
for ax, (budget, model) in zip(axes, models.items(), strict=True):
    TrainingCurveDisplay.from_estimator(model, ax=ax)
    ax.set_title(f"budget={budget}")
plt.show()

# %%
# What chains predict at three rows, draw after draw; how far they agree (split R-hat) and how many independent draws they are worth, at fifty
# probes; and how far predictions would still move. Short chains are worth a tenth of their draws. Chains of a network may rest in modes
# of their own, with an R-hat well above 1; what counts is whether predictions have settled: right of the last line they have not.

figure = plt.figure(figsize=(13, 6.6), layout="constrained")
panels = figure.subfigures(2, 1, squeeze=False)[:, 0]
for panel, (budget, model) in zip(panels, models.items(), strict=True):
    ChainDiagnosticsDisplay.from_estimator(model, X, ax=panel.subplots(1, 4))
    panel.suptitle(f"budget={budget}")
plt.show()
for budget, model in models.items():
    change = model.diagnostics_.prediction_change
    print(f"budget={budget}: predictions still move by {change.mean():.2f} standard deviations")
print(models[1].plan_)
