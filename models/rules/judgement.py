"""What follows from points: grades, bands, dispositions, and which leads count as MQL, SQL and QSO."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models import scale
from models.rules.cells import Cells, Mask
from models.rules.evaluation import evaluate, holds_all
from models.rules.format import Mark, Rules


def judged(rules: Rules, frame: pd.DataFrame) -> pd.DataFrame:
    """Return all that rules say of each row of a feature frame.

    Columns: those of `evaluate`; ``fit_grade`` and ``engagement_grade``, empty where the rules cut none; ``band``;
    ``trigger`` and ``disqualifier``, the name of the first that holds; ``disposition``; and whether the lead counts as
    ``mql``, ``sql`` (enough points, and fit C or better) and ``qso`` (budget and timing), unless it is disqualified.
    """
    told, cells, grades = evaluate(rules, frame), Cells(frame), rules.grades
    fit = scale.graded(grades.fit.cuts if grades.fit else (), told["fit"].to_numpy(), scale.FIT)
    engaged = scale.graded(
        grades.engagement.cuts if grades.engagement else (), told["engagement"].to_numpy(), scale.ENGAGEMENT
    )
    trigger, disqualifier = _first_of(rules.triggers, cells), _first_of(rules.disqualifiers, cells)
    band, out = bands(rules, told["points"]), disqualifier != ""
    fits = (fit != "D") & ~out
    return told.assign(
        fit_grade=fit,
        engagement_grade=engaged,
        band=band,
        trigger=trigger,
        disqualifier=disqualifier,
        disposition=scale.dispositions(
            band.to_numpy(), fit, engaged, triggered=trigger != "", disqualified=out, grid=grid_of(rules)
        ),
        mql=(told["points"] >= rules.thresholds.mql) & fits,
        sql=(told["points"] >= rules.thresholds.sql) & fits,
        qso=holds_all(rules.qso, cells) & ~out if rules.qso else False,
    )


def bands(rules: Rules, points: pd.Series) -> pd.Series:
    """Return the band of each lead: hot from the SQL threshold on, warm from the MQL threshold on, else cold.

    >>> from models.rules import load_rules
    >>> bands(load_rules(), pd.Series([80.0, 60.0, 10.0])).tolist()
    ['hot', 'warm', 'cold']
    """
    hot, warm = points >= rules.thresholds.sql, points >= rules.thresholds.mql
    return pd.Series(np.select([hot, warm], ["hot", "warm"], "cold"), index=points.index, dtype="str")


def triggered(rules: Rules, frame: pd.DataFrame) -> Mask:
    """Tell on which rows of a feature frame an event calls for sales at once."""
    return _first_of(rules.triggers, Cells(frame)) != ""


def disqualified(rules: Rules, frame: pd.DataFrame) -> Mask:
    """Tell which rows of a feature frame are let go whatever their points."""
    return _first_of(rules.disqualifiers, Cells(frame)) != ""


def grid_of(rules: Rules) -> scale.Grid | None:
    """Return the grade grid as fit → dispositions by engagement; None where the rules have none."""
    return rules.dispositions and dict(rules.dispositions)


def _first_of(marks: Sequence[Mark], cells: Cells) -> np.ndarray:
    """Return the name of the first mark that holds on each row, or empty text."""
    names = np.full(len(cells), "", dtype=object)
    for mark in reversed(marks):
        names[holds_all(mark.when, cells)] = mark.name
    return names
