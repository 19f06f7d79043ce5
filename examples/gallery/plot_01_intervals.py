"""
Predictions with their intervals
================================

Fit the diabetes data and look at what is predicted for patients that were not seen: intervals, and whether they
cover as often as they say.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from skbayes import BayesianMLPRegressor
from skbayes.display import CalibrationDisplay, PITDisplay, PredictionIntervalDisplay

X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
regressor = BayesianMLPRegressor(budget=0.5, random_state=0).fit(X_train, y_train)

# %%
# Along one column, the others at their median; and each observation over its prediction.

_, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
PredictionIntervalDisplay.from_estimator(regressor, X_test, y_test, feature="bmi", ax=axes[0])
PredictionIntervalDisplay.from_estimator(regressor, X_test, y_test, ax=axes[1])
plt.show()

# %%
# Nominal against observed coverage, and the histogram of probability integral transforms: both stay in
# the grey band nineteen times in twenty, if the distributions are right.

_, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
CalibrationDisplay.from_estimator(regressor, X_test, y_test, ax=axes[0])
PITDisplay.from_estimator(regressor, X_test, y_test, ax=axes[1])
plt.show()
