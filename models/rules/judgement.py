"""What follows from points: grades, bands, dispositions, and which leads count as MQL, SQL and QSO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from models import scale
from models.rules.cells import Cells
from models.rules.evaluation import evaluate, holds_all
from models.rules.format import Mark, Rules
from models.rules.reach import reach

Names = npt.NDArray[np.object_]
SHARES = {"fit": (0.16, 0.36, 0.6), "engagement": (0.12, 0.4, 0.8)}
"""Shares of the most points at which grades begin that no file says, the worst first: those of the shipped rules."""


class Cuts(NamedTuple):
    """Points of the dimensions from which the three better grades begin, rising; empty where there are no rules."""

    fit: tuple[float, ...]
    engagement: tuple[float, ...]


def judged(rules: Rules, frame: pd.DataFrame) -> pd.DataFrame:
    """Return all that rules say of each row of a feature frame.

    Columns: those of `evaluate`; ``fit_grade`` and ``engagement_grade``, empty without rules of that dimension;
    ``band``; ``trigger`` and ``disqualifier``, the name of the first that holds, or empty; ``disposition``; whether the
    lead ``qualifies``, and is an ``mql`` and an ``sql`` (it has enough points, too); and a ``qso`` (budget and timing,
    and not disqualified).
    """
    told, cells, cuts = evaluate(rules, frame), Cells(frame), cuts_of(rules)
    fit = scale.graded(cuts.fit, told["fit"].to_numpy(), scale.FIT)
    engaged = scale.graded(cuts.engagement, told["engagement"].to_numpy(), scale.ENGAGEMENT)
    trigger, disqualifier = _first_of(rules.triggers, cells), _first_of(rules.disqualifiers, cells)
    band, out = bands(rules, told["points"]), pd.Series(disqualifier != "", index=frame.index)
    qualifies = scale.qualifies(fit, out.to_numpy())
    return told.assign(
        fit_grade=fit,
        engagement_grade=engaged,
        band=band,
        trigger=trigger,
        disqualifier=disqualifier,
        disposition=scale.dispositions(
            band.to_numpy(), fit, engaged, triggered=trigger != "", disqualified=out.to_numpy(), grid=grid_of(rules)
        ),
        qualifies=qualifies,
        mql=(told["points"] >= rules.thresholds.mql) & qualifies,
        sql=(told["points"] >= rules.thresholds.sql) & qualifies,
        qso=holds_all(rules.qso, cells) & ~out if rules.qso else False,
    )


def cuts_of(rules: Rules) -> Cuts:
    """Return where the grades begin: as the rules say, else at shares of the most points that the dimension can give.

    >>> from models.rules import load_rules
    >>> from models.rules.format import Grades
    >>> cuts_of(load_rules().model_copy(update={"grades": Grades()}))
    Cuts(fit=(8.0, 18.0, 30.0), engagement=(6.0, 20.0, 40.0))
    """
    return Cuts(*(_cuts_of(rules, name, shares) for name, shares in SHARES.items()))


def _cuts_of(rules: Rules, name: str, shares: tuple[float, ...]) -> tuple[float, ...]:
    """A dimension of bad points alone has cuts at 0: what is below does not fit."""
    if given := getattr(rules.grades, name):
        return given.cuts
    has_rules = any(place[-1] == name and dimension.rules for place, dimension in rules.dimensions())
    most = reach(rules, [name]) if has_rules else 0.0
    return tuple(round(share * most, 6) for share in shares) if has_rules else ()


def bands(rules: Rules, points: pd.Series) -> pd.Series:
    """Return the band of each lead: hot from the SQL threshold on, warm from the MQL threshold on, else cold.

    >>> from models.rules import load_rules
    >>> bands(load_rules(), pd.Series([80.0, 60.0, 10.0])).tolist()
    ['hot', 'warm', 'cold']
    """
    hot, warm = points >= rules.thresholds.sql, points >= rules.thresholds.mql
    return pd.Series(np.select([hot, warm], ["hot", "warm"], "cold"), index=points.index, dtype="str")


def first_trigger(rules: Rules, frame: pd.DataFrame) -> Names:
    """Return the name of the first trigger that holds on each row of a feature frame, or empty text."""
    return _first_of(rules.triggers, Cells(frame))


def first_disqualifier(rules: Rules, frame: pd.DataFrame) -> Names:
    """Return the name of the first disqualifier that holds on each row of a feature frame, or empty text."""
    return _first_of(rules.disqualifiers, Cells(frame))


def grid_of(rules: Rules) -> scale.Grid | None:
    """Return the grade grid as fit → dispositions by engagement; None where the rules have none."""
    return rules.dispositions and dict(rules.dispositions)


def _first_of(marks: Sequence[Mark], cells: Cells) -> Names:
    names = np.full(len(cells), "", dtype=object)
    for mark in reversed(marks):
        names[holds_all(mark.when, cells)] = mark.name
    return names
