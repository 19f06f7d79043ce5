"""
Rows unlike those of training
=============================

A classifier that has seen the digits 0 to 6 alone is shown a 7, 8 or 9, and must name one of those that it knows. How far its posterior draws
disagree (the mutual information of class and function, the epistemic part of the entropy) says that it should not be believed.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from skbayes import BayesianMLPClassifier

X, y = load_digits(return_X_y=True)
is_known = y <= 6
X_train, X_test, y_train, y_test = train_test_split(
    X[is_known], y[is_known], test_size=0.4, random_state=0
)
unseen = X[~is_known]
classifier = BayesianMLPClassifier(budget=0.3, random_state=0).fit(X_train, y_train)
print(f"accuracy on the known digits: {classifier.score(X_test, y_test):.3f}")

# %%
# Most of the known digits have next to none of it, most of the others much.

known, other = (classifier.predict_uncertainty(rows).epistemic for rows in (X_test, unseen))
is_other = np.r_[np.zeros(len(known)), np.ones(len(other))]
area = roc_auc_score(is_other, np.r_[known, other])
print(f"area under the ROC curve of telling them apart: {area:.3f}")

figure = plt.figure(figsize=(11, 4), layout="constrained")
left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=[1.2, 1])[0]
ax = left.subplots()
bins = np.linspace(0, max(known.max(), other.max()), 30)
for values, colour, label in ((known, "#2b6cb0", "0 to 6"), (other, "#dd9a3c", "7 to 9, unseen")):
    share = np.full(len(values), 1 / len(values))
    ax.hist(values, bins, weights=share, color=colour, alpha=0.6, label=label)
ax.set(xlabel="mutual information (nats)", ylabel="share of the images")
ax.legend(frameon=False, fontsize="small")
most = np.argsort(-other)[:8]
named = classifier.predict(unseen[most])
for ax, image, name in zip(right.subplots(2, 4).ravel(), unseen[most], named, strict=True):
    ax.imshow(image.reshape(8, 8), cmap="gray_r")
    ax.set_title(f"taken for {name}", fontsize="small")
    ax.axis("off")
plt.show()
