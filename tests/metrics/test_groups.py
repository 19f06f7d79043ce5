"""Scores of groups are those of their rows."""

import numpy as np
import pandas as pd
import pytest
import torch

from skbayes.metrics import (
    brier,
    crps,
    interval_coverage,
    mean_interval_width,
    scores_by_group,
)
from skbayes.predictive import BernoulliMixture, CategoricalMixture, NormalMixture


def _normal(n_rows: int) -> NormalMixture:
    generator = torch.Generator().manual_seed(0)
    loc = torch.randn(3, n_rows, 1, generator=generator, dtype=torch.float64)
    return NormalMixture(loc, torch.ones(3, n_rows, 1, dtype=torch.float64))


def test_each_group_has_the_scores_of_its_rows() -> None:
    dist, y = _normal(50), np.random.RandomState(0).standard_normal(50)
    groups = np.random.RandomState(1).choice(["a", "b"], 50)
    table = scores_by_group(dist, y, groups, coverage=0.8)
    assert list(table.index) == ["a", "b", "all"]
    for name in ("a", "b"):
        rows = groups == name
        assert table.loc[name, "n_rows"] == rows.sum()
        assert table.loc[name, "coverage"] == interval_coverage(dist[rows], y[rows], coverage=0.8)
        assert table.loc[name, "width"] == mean_interval_width(dist[rows], coverage=0.8)
        assert table.loc[name, "crps"] == pytest.approx(crps(dist[rows], y[rows]))
        assert table.loc[name, "standard_error"] == pytest.approx(np.sqrt(0.16 / rows.sum()))


def test_numbers_are_grouped_by_quantile_and_gaps_are_a_group() -> None:
    column = np.r_[np.arange(38.0), np.nan, np.nan]
    table = scores_by_group(_normal(40), np.zeros(40), column, n_bins=2)
    assert list(table["n_rows"]) == [19, 19, 2, 40]
    assert list(table.index[2:]) == ["missing", "all"]
    few = scores_by_group(_normal(40), np.zeros(40), np.arange(40) % 3)
    assert list(few.index) == [0, 1, 2, "all"]
    each = scores_by_group(_normal(40), np.zeros(40), np.arange(40) % 8, n_bins=None)
    assert len(each) == 9


def test_classes_and_labels() -> None:
    logits = torch.randn(3, 30, 3, generator=torch.Generator().manual_seed(0)).double()
    dist = CategoricalMixture(logits, np.array(["a", "b", "c"]))
    y = np.random.RandomState(0).choice(["a", "b", "c"], 30)
    groups = pd.Series(np.arange(30) % 2 == 0)
    table = scores_by_group(dist, y, groups)
    rows = np.arange(0, 30, 2)
    members = dist[rows].prediction_set(0.9)
    assert table.loc[True, "size"] == members.sum(1).mean()
    assert table.loc[True, "brier"] == pytest.approx(brier(dist[rows], y[rows]))
    covered = [members[i, "abc".index(y[row])] for i, row in enumerate(rows)]
    assert table.loc[True, "coverage"] == np.mean(covered)
    labels = BernoulliMixture(logits)
    several = scores_by_group(labels, (logits.mean(0) > 0).long().numpy(), groups)
    assert 0 <= several.loc["all", "coverage"] <= 1


def test_groups_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one group for each of 5 rows"):
        scores_by_group(_normal(5), np.zeros(5), ["a"] * 4)
