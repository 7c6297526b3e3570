"""The plots of a training: calibration, gains, and what the model goes by.

matplotlib and SHAP are loaded by the functions that draw: what measures or scores imports this room, and draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.members import Contributions
from models.metrics import calibration_bins, gains

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]
MOST_BARS, MOST_LEVELS = 15, 10
"""Concepts, and levels of a category, that a plot has room for."""
LONGEST_LEVEL = 18
"""Characters of a level that a plot has room for: text from a CRM may have thousands."""
COLOURS = {"model": "#1f6feb", "rules": "#d1741b", "best possible": "#5a6472"}


def calibration_plot(probabilities: Mapping[str, Floats], won: Numbers) -> Figure:
    """Draw predicted against observed rates, in ten bins of equal size per scorer."""
    figure, axes = _axes("Calibration on the newest block", "predicted chance of winning", "share that was won")
    highest = 0.0
    for name, probability in probabilities.items():
        predicted, observed, _ = zip(*calibration_bins(probability, won), strict=True)
        axes.plot(predicted, observed, "o-", label=name, color=COLOURS.get(name))
        highest = max(highest, *predicted, *observed)
    axes.plot([0, highest], [0, highest], ":", color="grey", label="perfect")
    axes.legend(frameon=False)
    return figure


def gains_plot(probabilities: Mapping[str, Floats], won: Numbers) -> Figure:
    """Draw the share of all wins that is found in the best-scored part of the leads."""
    figure, axes = _axes("Wins found from the top of the list", "share of leads contacted", "share of wins found")
    for name, probability in probabilities.items():
        axes.plot(*gains(probability, won), label=name, color=COLOURS.get(name))
    axes.plot([0, 1], [0, 1], ":", color="grey", label="at random")
    axes.legend(frameon=False)
    return figure


@contextmanager
def _closing_what_shap_opens() -> Iterator[None]:
    """Close the figures that SHAP opens on its way though it is given the axes to draw on."""
    import matplotlib.pyplot as plt

    before = set(plt.get_fignums())
    yield
    for number in set(plt.get_fignums()) - before:
        plt.close(number)


def concepts_plot(merged: Floats, concepts: Sequence[str]) -> Figure:
    """Draw SHAP's bars of how much the strongest concepts move the log-odds, up or down, on average."""
    import shap

    strongest = _strongest(merged, MOST_BARS)
    figure, axes = _axes("What moves the score", "", "")
    names = np.array(concepts)[strongest].tolist()
    with _closing_what_shap_opens():
        shap.plots.bar(shap.Explanation(merged[:, strongest], feature_names=names), MOST_BARS, show=False, ax=axes)
    axes.set_xlabel("mean of the absolute contribution (log-odds)")
    return figure


def dependence_plot(contributions: Contributions, shown: pd.DataFrame) -> Figure:
    """Draw how the contribution of the four columns that matter most goes with their value, as it may be ``shown``."""
    import shap
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), layout="constrained")
    for code, axes in zip(_strongest(contributions.values, 4), figure.subplots(2, 2).flat, strict=False):
        name = contributions.columns[code]
        explained = shap.Explanation(contributions.values[:, code], data=_cells(shown[name]), feature_names=name)
        with _closing_what_shap_opens():
            shap.plots.scatter(explained, ax=axes, show=False)
        axes.set_ylabel("contribution (log-odds)")
    return figure


def _strongest(values: Floats, most: int) -> Numbers:
    return np.argsort(-np.abs(values).mean(axis=0), kind="stable")[:most]


def _cells(cells: pd.Series) -> Numbers:
    """Return numbers, or the most frequent levels; missing is one of them."""
    if cells.dtype != "str":
        return cells.to_numpy(float)
    levels = cells.fillna("not given")
    levels = levels.where(levels.str.len() <= LONGEST_LEVEL, levels.str.slice(0, LONGEST_LEVEL - 1) + "…")
    return levels.where(levels.isin(levels.value_counts().index[:MOST_LEVELS]), "others").to_numpy(object)


def contributions_plot(contributions: Contributions, features: pd.DataFrame) -> Figure:
    """Draw SHAP's summary of the contributions of the columns that matter most."""
    import matplotlib.pyplot as plt
    import shap

    values = features[list(contributions.columns)].apply(
        lambda cells: pd.factorize(cells)[0] if cells.dtype == "str" else cells
    )
    plt.figure()  # shap draws on the newest one
    shap.summary_plot(contributions.values, values, show=False, max_display=15, rng=np.random.default_rng(0))
    figure = plt.gcf()
    plt.close(figure)
    return figure


def save(figures: Mapping[str, Figure], folder: Path) -> None:
    """Write figures as SVG, which pages, the report and MLflow show: text is laid out once, and drawing takes half."""
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        with mpl.rc_context({"svg.hashsalt": "leadscore", "svg.fonttype": "none"}):
            figure.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})


def _axes(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 4.2))
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
