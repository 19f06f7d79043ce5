"""
Classes, or no answer
=====================

A classifier that may decline. Tumours that it is unsure of go to a person; sets of classes hold the truth 99 times in a hundred.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from skbayes import BayesianMLPClassifier, ConformalClassifier
from skbayes.display import CalibrationDisplay

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0, stratify=y)
classifier = BayesianMLPClassifier(budget=0.5, random_state=0).fit(X_train, y_train)
print(f"accuracy {classifier.score(X_test, y_test):.3f}")

# %%
# The more of the unsure ones are passed on, the fewer errors are left among the others.

unsure = classifier.predict_uncertainty(X_test).total
is_right = classifier.predict(X_test) == y_test.to_numpy()
order = np.argsort(unsure)
answered = np.arange(1, len(order) + 1) / len(order)
accuracy = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
_, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
axes[0].plot(answered, accuracy, color="#2b6cb0")
axes[0].set(xlabel="share of tumours that are answered", ylabel="accuracy of the answers")
CalibrationDisplay.from_estimator(classifier, X_test, y_test, n_bins=6, ax=axes[1])
plt.show()

# %%
# Sets that hold the class 99 times in a hundred, calibrated by cross-validation.

calibrated = ConformalClassifier(BayesianMLPClassifier(budget=0.2, random_state=0), cv=3)
members = calibrated.fit(X_train, y_train).predict_set(X_test, coverage=0.99)
covered = members[np.arange(len(y_test)), y_test].mean()
print(
    f"sets cover {100 * covered:.1f} %, {100 * np.mean(members.sum(1) == 2):.1f} % hold both classes"
)
