"""The plots of a training: calibration, gains, and what the model goes by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.evaluation import calibration_bins, gains
from models.explanation import Contributions

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]
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


def contributions_plot(told: Contributions, design: pd.DataFrame) -> Figure:
    """Draw SHAP's summary of the contributions of the columns that matter most."""
    import matplotlib.pyplot as plt
    import shap

    values = design[list(told.columns)].apply(lambda cells: pd.factorize(cells)[0] if cells.dtype == "str" else cells)
    shap.summary_plot(told.values, values, show=False, max_display=15, rng=np.random.default_rng(0))
    figure = plt.gcf()
    plt.close(figure)
    return figure


def save(figures: Mapping[str, Figure], folder: Path) -> None:
    """Write figures as PNG and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        with mpl.rc_context({"svg.hashsalt": "leadscore", "svg.fonttype": "none"}):
            figure.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
            figure.savefig(folder / f"{name}.png", bbox_inches="tight", dpi=120)


def _axes(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.2, 4.2))
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
