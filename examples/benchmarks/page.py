"""Tables and pictures of docs/benchmarks.md, from the results that `--save docs/results` wrote.

    python examples/benchmarks/page.py --results docs/results --to docs/_results

The documentation's build does the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from gauntlet import COVERAGE, NEAR_DENSITY, NEAR_RMSE
from growth import slope
from results import load

_US = "skbayes"
_SPELT = {
    "catboost": "CatBoost",
    "gaussian_process": "Gaussian process",
    "trees": "boosted trees",
}
# A picture's scale ends here.
_WORST_RATIO = 10.0
_NAMES = {"BayesianMLPClassifier": _US, "BayesianMLPRegressor": _US}


def markdown(table: pd.DataFrame) -> str:
    """A table of cells that are text already."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def uci(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each set: means and standard errors over its splits, medians of the times."""
    cells = []
    for name, of_set in rows.groupby("set", sort=False):
        error = of_set.std(numeric_only=True) / len(of_set) ** 0.5
        mean, median = of_set.mean(numeric_only=True), of_set.median(numeric_only=True)
        digits = 2 if mean["rmse"] > 1 else 3
        cells.append(
            {
                "set": name,
                "rows": f"{median['rows']:.0f}",
                "RMSE": f"{mean['rmse']:.{digits}f} ± {error['rmse']:.{digits}f}",
                "log-likelihood": f"{mean['ll']:.3f} ± {error['ll']:.3f}",
                "CRPS": f"{mean['crps']:.{digits}f}",
                "coverage": f"{100 * mean['coverage']:.1f} %",
                "width": f"{mean['width']:.{digits - 1}f}",
                "fit": f"{median['fit_s']:.0f}",
                "predict": f"{median['predict_s']:.2f}",
            }
        )
    return pd.DataFrame(cells)


def uci_worst(rows: pd.DataFrame) -> pd.DataFrame:
    """The worst split of each set."""
    worst = {"rmse": "max", "ll": "min", "crps": "max", "coverage": "min"}
    table = rows.groupby("set", sort=False).agg(worst).reset_index()
    return pd.DataFrame(
        {
            "set": table["set"],
            "RMSE": table["rmse"].map("{:.3g}".format),
            "log-likelihood": table["ll"].map("{:.3f}".format),
            "CRPS": table["crps"].map("{:.3g}".format),
            "coverage": (100 * table["coverage"]).map("{:.1f} %".format),
        }
    )


def published(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Mean log-likelihoods beside those of published approximations."""
    ours = rows.groupby("set", sort=False)["ll"].mean()
    theirs = pd.read_csv(folder / "published_uci.csv", comment="#")
    table = theirs.pivot(index="set", columns="method", values="log-likelihood")
    table = table.reindex(index=ours.index, columns=theirs["method"].unique())
    table.insert(0, _US, ours)
    return bold_best(table, "{:.2f}".format, largest=True).reset_index()


def bold_best(table: pd.DataFrame, form: Callable[[float], str], *, largest: bool) -> pd.DataFrame:
    """Cells as text, the best of each row in bold type; gaps are empty."""
    best = table.max(axis=1) if largest else table.min(axis=1)
    cells = table.map(lambda value: "" if pd.isna(value) else form(value))
    return cells.where(table.ne(best, axis=0), "**" + cells + "**")


def by_contestant(rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """Means of a score: sets down, contestants across, in the order of the file."""
    rows = rows.assign(
        contestant=rows["contestant"].replace(_NAMES), set=rows["set"].str.replace("_", " ")
    )
    table = rows.pivot_table(index="set", columns="contestant", values=score, sort=False)
    return table[rows["contestant"].unique()]


def classification(rows: pd.DataFrame, score: str) -> pd.DataFrame:
    cells = bold_best(by_contestant(rows, score), "{:.3f}".format, largest=False)
    return cells.reset_index()


def mixed_tables(rows: pd.DataFrame) -> pd.DataFrame:
    """All scores of all contestants: mean and standard error, times as medians."""
    cells = []
    scores = [name for name in rows.columns if name not in ("set", "contestant", "fit, s")]
    for (name, contestant), found in rows.groupby(["set", "contestant"], sort=False):
        row = {"set": str(name).replace("_", " "), "": _NAMES.get(str(contestant), str(contestant))}
        for score in scores:
            mean, error = found[score].mean(), found[score].std() / len(found) ** 0.5
            form = "{:,.0f} ± {:,.0f}" if abs(mean) > 1000 else "{:.3f} ± {:.3f}"
            row[score] = "" if pd.isna(mean) else form.format(mean, error)
        seconds = found["fit, s"].dropna()
        row["fit, s"] = _seconds(seconds.median()) if len(seconds) else ""
        cells.append(row)
    return pd.DataFrame(cells)


def gauntlet(rows: pd.DataFrame) -> pd.DataFrame:
    """Each family: the default, and the best of the others in each score."""
    cells = []
    for name, found in rows.groupby("family", sort=False):
        ours = found[found["contestant"] == _US].iloc[0]
        others = found[found["contestant"] != _US].set_index("contestant")
        least, densest = others["rmse"].idxmin(), others["log_density"].idxmax()
        cells.append(
            {
                "family": str(name).replace("_", " "),
                "RMSE": f"{ours['rmse']:.3g}",
                "best RMSE of others": f"{others['rmse'].min():.3g} ({_spelt(least)})",
                "log density": f"{ours['log_density']:.3f}",
                "best of others": f"{others['log_density'].max():.3f} ({_spelt(densest)})",
                "coverage": f"{100 * ours['coverage']:.1f} %",
            }
        )
    return pd.DataFrame(cells)


def gauntlet_summary(rows: pd.DataFrame) -> pd.DataFrame:
    """In how many families each method is near the best of all; a missing one counts as far."""
    scores = {
        name: rows.pivot(index="family", columns="contestant", values=name)
        for name in ("rmse", "log_density", "coverage")
    }
    names = list(rows["contestant"].unique())
    rmse, density, coverage = (table[names] for table in scores.values())
    loss = density.sub(density.max(axis=1), axis=0)
    near = {
        "RMSE within 10 %": rmse.le(NEAR_RMSE * rmse.min(axis=1), axis=0),
        "log density within 0.02": loss >= -NEAR_DENSITY,
        "coverage 85 to 97 %": (coverage >= COVERAGE[0]) & (coverage <= COVERAGE[1]),
    }
    all_three = pd.concat(list(near.values())).groupby(level=0).all()
    table = pd.DataFrame({name: is_near.sum() for name, is_near in near.items()})
    table["all three"] = all_three.sum()
    table["density below the best, mean"] = (-loss.mean()).map("{:.2f}".format)
    table.insert(0, "method", [_spelt(name) for name in names])
    return table


def side_by_side(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean scores, median times."""
    groups = rows.groupby(["set", "method"], sort=False)
    means = dict.fromkeys(("ll", "rmse", "crps", "coverage"), "mean")
    table = groups.agg({**means, "seconds": "median"}).reset_index()
    return pd.DataFrame(
        {
            "set": table["set"],
            "method": table["method"],
            "log-likelihood": table["ll"].map("{:.3f}".format),
            "RMSE": table["rmse"].map("{:.3g}".format),
            "CRPS": table["crps"].map("{:.3g}".format),
            "coverage": (100 * table["coverage"]).map("{:.1f} %".format),
            "seconds": table["seconds"].map(_seconds),
        }
    )


def calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """Intervals and sets of each way to make them; means over the seeds."""
    table = rows.groupby(["set", "way"], sort=False).mean(numeric_only=True).reset_index()
    is_interval = table["interval score"].notna()
    return pd.DataFrame(
        {
            "set": table["set"].str.replace("_", " "),
            " ": table["way"],
            "coverage": (100 * table["coverage"]).map("{:.1f} %".format),
            "width, or mean size": [_short(size) for size in table["size"]],
            "interval score, or sets of one class": [
                _short(score) if is_one else f"{100 * share:.0f} %"
                for is_one, score, share in zip(
                    is_interval, table["interval score"], table["sets of one class"], strict=True
                )
            ],
        }
    )


def scale(rows: pd.DataFrame) -> pd.DataFrame:
    """All scores as they are."""
    text = rows.assign(rows=rows["rows"].map("{:,}".format))
    text["coverage"] = (100 * rows["coverage"]).map("{:.1f} %".format)
    for score in ("RMSE to the true mean", "log density"):
        text[score] = rows[score].map("{:.3f}".format)
    for seconds in ("fit, s", "intervals, s"):
        text[seconds] = rows[seconds].map(_seconds)
    return text.rename(columns={"contestant": " "})


def diabetes(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over all folds of all shuffles."""
    table = rows.groupby("contestant", sort=False).mean(numeric_only=True).reset_index()
    return pd.DataFrame(
        {
            "": table["contestant"],
            "RMSE": (table["squared error"] ** 0.5).map("{:.2f}".format),
            "negative log density": table["NLPD"].map("{:.4f}".format),
            "coverage": (100 * table["coverage"]).map("{:.1f} %".format),
            "fit, s": table["fit, s"].map("{:.2f}".format),
        }
    )


def cost(rows: pd.DataFrame) -> pd.DataFrame:
    """The time of each model, and how many times that of others it is."""
    model, time, *ratios = rows.columns
    formats = {time: "{:.0f}", **dict.fromkeys(ratios, "{:.1f}")}
    text = {name: rows[name].map(cell.format) for name, cell in formats.items()}
    return pd.DataFrame({"": rows[model], **text})


def layers(rows: pd.DataFrame) -> pd.DataFrame:
    """Milliseconds: networks and what they do down, libraries across."""
    kinds = {"step, ms": "step", "prediction, ms": "prediction"}
    table = rows.melt(["network", "library"], list(kinds), "kind").replace({"kind": kinds})
    index = pd.MultiIndex.from_product([rows["network"].unique(), kinds.values()])
    wide = table.pivot(index=["network", "kind"], columns="library", values="value")
    wide = wide.reindex(index)[rows["library"].unique()]
    plain, others = wide[["plain"]], wide.drop(columns="plain")
    cells = plain.map("{:.2g}".format).join(bold_best(others, _short, largest=False))
    cells.index.names = ["network", " "]
    return cells.reset_index()


def gradients(rows: pd.DataFrame) -> pd.DataFrame:
    """Relative to the first."""
    return pd.DataFrame(
        {
            "`gradient`": rows["gradient"].map('"{}"'.format),
            "variance": rows["variance"].map("{:.2f}".format),
            "time": rows["time"].map("{:.1f}".format),
        }
    )


def _seconds(time: float) -> str:
    return f"{time:.0f}" if time >= 10 else f"{time:.1g}"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number > 1000 else f"{number:.3g}"


def _spelt(contestant: str) -> str:
    return _SPELT.get(contestant, contestant)


def serving(rows: pd.DataFrame) -> pd.DataFrame:
    """Fresh processes, then calls in a warm one."""
    is_fresh = rows["process"] == "fresh"
    return pd.DataFrame(
        {
            "process": rows["process"],
            "what it does": rows["what"],
            "time": [
                f"{seconds:.2f} s" if fresh else f"{1e3 * seconds:.2f} ms"
                for seconds, fresh in zip(rows["seconds"], is_fresh, strict=True)
            ],
            "peak memory": ["" if pd.isna(peak) else f"{peak:.0f} MB" for peak in rows["MB"]],
        }
    )


def growth(rows: pd.DataFrame) -> pd.DataFrame:
    """The smallest and the largest size of each, and how costs grow to there."""
    cells = []
    for what, found in rows.groupby("what", sort=False):
        points = found.to_dict("records")
        smallest, largest = points[0], points[-1]
        cells.append(
            {
                "what grows": what,
                "from, to": f"{smallest['size']:,}, {largest['size']:,}",
                "ms a step": f"{1e3 * smallest['seconds']:.2f}, {1e3 * largest['seconds']:,.0f}",
                "slope of time": f"{slope(points, 'seconds'):.2f}",
                "MB": f"{smallest['MB']:.0f}, {largest['MB']:,.0f}",
                "slope of memory": f"{slope(points, 'MB'):.2f}",
            }
        )
    return pd.DataFrame(cells)


def gradient_rate(rows: pd.DataFrame) -> pd.DataFrame:
    """All columns as they are."""
    return pd.DataFrame(
        {
            "rows": rows["rows"].map("{:,}".format),
            "hidden layers": rows["layers"],
            "likelihood": rows["likelihood"].str.replace("_", " "),
            "a gradient": rows["ms"].map("{:.2f} ms".format),
            "its products": rows["products, ms"].map("{:.2f} ms".format),
            "share": (100 * rows["share"]).map("{:.0f} %".format),
        }
    )


def processes(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows a second, and times those of the first."""
    return pd.DataFrame(
        {
            "processes": rows["processes"],
            "rows a second": rows["rows a second"].map("{:,.0f}".format),
            "times the first": rows["gain"].map("{:.2f}".format),
        }
    )


#: For each script its tables, by the name of their file.
TABLES: dict[str, dict[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "uci": {"uci": uci, "uci_worst": uci_worst},
    "classification": {
        "classification": lambda rows: classification(rows, "NLL"),
        "classification_ece": lambda rows: classification(rows, "ECE"),
    },
    "mixed_tables": {"mixed_tables": mixed_tables},
    "gauntlet": {"gauntlet": gauntlet, "gauntlet_summary": gauntlet_summary},
    "side_by_side": {"side_by_side": side_by_side},
    "calibration": {"calibration": calibration},
    "scale": {"scale": scale},
    "diabetes": {"diabetes": diabetes},
    "step_cost": {"step_cost": cost},
    "prediction_cost": {"prediction_cost": cost},
    "layers": {"layers": layers},
    "gradients": {"gradients": gradients},
    "serving": {"serving": serving},
    "growth": {"growth": growth},
    "gradient_rate": {"gradient_rate": gradient_rate},
    "processes": {"processes": processes},
}


def make(results: Path, to: Path) -> None:
    """Write a Markdown file for each table, and a picture for each of two."""
    to.mkdir(parents=True, exist_ok=True)
    for script, tables in TABLES.items():
        found = load(results / f"{script}.csv")
        source = f"\n\n    {found.command}\n\nMeasured on {found.machine}.\n"
        for name, make_table in tables.items():
            table = make_table(found.rows)
            (to / f"{name}.md").write_text(markdown(table) + source)
    rows = load(results / "uci.csv").rows
    (to / "published.md").write_text(markdown(published(rows, results)) + "\n")
    losses = by_contestant(load(results / "classification.csv").rows, "NLL")
    draw_ratios(losses, "Negative log-likelihood", to / "classification.png")
    families = load(results / "gauntlet.csv").rows
    errors = families.pivot(index="family", columns="contestant", values="rmse")
    errors = errors.reindex(index=families["family"].unique())
    errors.index = errors.index.str.replace("_", " ")
    draw_ratios(errors, "RMSE", to / "gauntlet.png")
    draw_growth(load(results / "growth.csv").rows, to / "growth.png")


def draw_ratios(table: pd.DataFrame, label: str, path: Path) -> None:
    """Scores (the lower, the better) relative to the best: a line of dots for each row.

    What is further off than the scale reaches lies at its end.
    """
    import matplotlib.pyplot as plt

    ratios = table.div(table.min(axis=1), axis=0).clip(upper=_WORST_RATIO)[::-1]
    others = [name for name in table.columns if name != _US]
    colours = plt.get_cmap("tab10").colors  # type: ignore[attr-defined]
    figure, axes = plt.subplots(figsize=(7.5, 1.2 + 0.24 * len(ratios)), layout="constrained")
    places = list(range(len(ratios)))
    axes.hlines(places, ratios.min(axis=1), ratios.max(axis=1), color="0.85", zorder=0)
    axes.scatter(ratios[_US], places, s=46, marker="D", color="black", label=_US, zorder=1)
    for name, colour in zip(others, colours, strict=False):
        axes.scatter(ratios[name], places, s=24, color=colour, label=_spelt(str(name)), zorder=2)
    axes.set(xscale="log", xlabel=f"{label}, relative to the best", xlim=(0.95, 1.1 * _WORST_RATIO))
    axes.set_xticks([1, 1.5, 2, 3, 5, _WORST_RATIO], ["1", "1.5", "2", "3", "5", "10 and more"])
    axes.minorticks_off()
    axes.set_yticks(places, list(ratios.index))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_growth(rows: pd.DataFrame, path: Path) -> None:
    """Time and memory of a step by size, each relative to its smallest size."""
    import matplotlib.pyplot as plt

    figure, both = plt.subplots(1, 2, figsize=(7.5, 3.2), layout="constrained")
    for axes, cost, label in zip(both, ("seconds", "MB"), ("ms a step", "MB"), strict=True):
        for what, found in rows.groupby("what", sort=False):
            factor = found["size"] / found["size"].iloc[0]
            costs = 1e3 * found[cost] if cost == "seconds" else found[cost]
            axes.plot(factor, costs, marker="o", markersize=3, label=what)
        axes.set(xscale="log", yscale="log", xlabel="size, relative to the smallest", ylabel=label)
    both[1].legend(frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("docs/results"))
    parser.add_argument("--to", type=Path, default=Path("docs/_results"))
    arguments = parser.parse_args()
    make(arguments.results, arguments.to)


if __name__ == "__main__":
    main()
