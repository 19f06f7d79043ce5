"""
Sets of digits
==============

Where an image could be two digits, a set says both. ``ConformalClassifier`` sees to it that sets hold the right digit at least as
often as is asked, over images like those that it was calibrated with; they are large where images are hard.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skbayes import BayesianMLPClassifier, ConformalClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=300, random_state=0, stratify=y
)
classifier = BayesianMLPClassifier((32,), inference="variational", max_iter=600, random_state=0)
calibrated = ConformalClassifier(classifier, cv=3).fit(X_train, y_train)
coverages = (0.95, 0.98, 0.99)
sets = {coverage: calibrated.predict_set(X_test, coverage=coverage) for coverage in coverages}
for coverage, members in sets.items():
    covered = members[np.arange(len(y_test)), y_test].mean()
    size = members.sum(axis=1).mean()
    print(f"asked for {coverage:.0%}: {covered:.1%} hold the digit, {size:.2f} digits a set")

# %%
# How large sets are, and the images with the largest ones at 98 %.

figure = plt.figure(figsize=(11, 4), layout="constrained")
left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=[1, 1.4])[0]
ax = left.subplots()
sizes = np.arange(1, 7)
for shift, coverage, colour in zip(
    (-0.25, 0, 0.25), coverages, ("#a0aec0", "#7fb2e5", "#2b6cb0"), strict=True
):
    share = (sets[coverage].sum(axis=1)[:, None] == sizes).mean(axis=0)
    ax.bar(sizes + shift, share, 0.25, color=colour, label=f"asked for {coverage:.0%}")
ax.set(xlabel="digits in the set", ylabel="share of the images", xticks=sizes)
ax.legend(frameon=False, fontsize="small")
members = sets[0.98]
largest = np.argsort(-members.sum(axis=1), kind="stable")[:8]
for ax, row in zip(right.subplots(2, 4).ravel(), largest, strict=True):
    ax.imshow(X_test[row].reshape(8, 8), cmap="gray_r")
    found = ", ".join(map(str, np.flatnonzero(members[row])))
    ax.set_title(f"{found}\nis {y_test[row]}", fontsize="small")
    ax.axis("off")
plt.show()
