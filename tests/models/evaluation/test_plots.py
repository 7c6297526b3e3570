"""Plots have room for what a CRM may hold."""

import numpy as np
import pandas as pd

from models.evaluation.plots import LONGEST_LEVEL, dependence_plot
from models.members import Contributions


def test_a_level_of_thousands_of_characters_is_cut():
    shown = pd.DataFrame({"source": pd.Series(["w" * 20_000, "web"] * 20, dtype="str")})
    told = Contributions(("source",), np.tile([[0.5], [-0.5]], (20, 1)), 0.0)
    labels = [label.get_text() for axes in dependence_plot(told, shown).axes for label in axes.get_xticklabels()]
    assert {len(label) for label in labels} >= {LONGEST_LEVEL, 3}
    assert max(map(len, labels)) == LONGEST_LEVEL
