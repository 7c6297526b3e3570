"""What follows from points: grades, bands, dispositions, and which leads count as MQL, SQL and QSO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from models import scale
from models.rules.cells import FeatureCells
from models.rules.evaluation import evaluate, holds_all
from models.rules.format import Condition, Mark, Rules
from models.rules.reach import reach

Names = npt.NDArray[np.object_]
SHARES = {"fit": (0.16, 0.36, 0.6), "engagement": (0.12, 0.4, 0.68)}
"""Shares of the most points at which grades begin that no file says, the worst first: those of the shipped rules."""


class GradeThresholds(NamedTuple):
    """Points of the dimensions from which the three better grades begin, rising; empty where there are no rules."""

    fit: tuple[float, ...]
    engagement: tuple[float, ...]


def qualify(rules: Rules, features: pd.DataFrame) -> pd.DataFrame:
    """Return all that rules say of each row of features.

    Columns: those of `evaluate`; ``fit_grade`` and ``engagement_grade``, empty without rules of that dimension;
    ``band``; ``trigger`` and ``disqualifier``, the name of the first that holds, or empty; ``disposition``; whether the
    lead ``qualifies``, and is an ``mql`` and an ``sql`` (it has enough points, too); and a ``qso`` (budget and timing,
    and not disqualified).
    """
    evaluated, cells, grades = evaluate(rules, features), FeatureCells(features), grade_thresholds(rules)
    fit = scale.graded(grades.fit, evaluated["fit"].to_numpy(), scale.FIT)
    engaged = scale.graded(grades.engagement, evaluated["engagement"].to_numpy(), scale.ENGAGEMENT)
    trigger, disqualifier = _first_of(rules.triggers, cells), _first_of(rules.disqualifiers, cells)
    band, out = bands(rules, evaluated["points"]), pd.Series(disqualifier != "", index=features.index)
    qualifies = scale.qualifies(fit, out.to_numpy())
    return evaluated.assign(
        fit_grade=fit,
        engagement_grade=engaged,
        band=band,
        trigger=trigger,
        disqualifier=disqualifier,
        disposition=scale.dispositions(
            band.to_numpy(), fit, engaged, triggered=trigger != "", disqualified=out.to_numpy(), grid=grid_of(rules)
        ),
        qualifies=qualifies,
        mql=(evaluated["points"] >= rules.thresholds.mql) & qualifies,
        sql=(evaluated["points"] >= rules.thresholds.sql) & qualifies,
        qso=holds_all(rules.qso, cells) & ~out if rules.qso else False,
    )


def grade_thresholds(rules: Rules) -> GradeThresholds:
    """Return where the grades begin: as the rules say, else at shares of the most points that the dimension can give.

    >>> from models.rules import load_rules
    >>> from models.rules.format import Grades
    >>> grade_thresholds(load_rules().model_copy(update={"grades": Grades()}))
    GradeThresholds(fit=(8.0, 18.0, 30.0), engagement=(6.0, 20.0, 34.0))
    """
    return GradeThresholds(*(_grade_thresholds(rules, name, shares) for name, shares in SHARES.items()))


def _grade_thresholds(rules: Rules, name: str, shares: tuple[float, ...]) -> tuple[float, ...]:
    """A dimension of bad points alone has thresholds at 0: what is below does not fit."""
    if agreed := getattr(rules.grades, name):
        return agreed.rising
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


def first_trigger(rules: Rules, features: pd.DataFrame) -> Names:
    """Return the name of the first trigger that holds on each row of features, or empty text."""
    return _first_of(rules.triggers, FeatureCells(features))


def first_disqualifier(rules: Rules, features: pd.DataFrame) -> Names:
    """Return the name of the first disqualifier that holds on each row of features, or empty text."""
    return _first_of(rules.disqualifiers, FeatureCells(features))


def grid_of(rules: Rules) -> scale.Grid | None:
    """Return the grade grid as fit → dispositions by engagement; None where the rules have none."""
    return rules.dispositions and dict(rules.dispositions)


def _first_of(marks: Sequence[Mark], cells: FeatureCells) -> Names:
    names = np.full(len(cells), "", dtype=object)
    for mark in reversed(marks):
        names[holds_all(mark.when, cells)] = mark.name
    return names


def is_qso(rules: Rules, features: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which leads are qualified sales opportunities: all conditions of the rules hold, and no disqualifier."""
    out = first_disqualifier(rules, features) != ""
    return holds_all(rules.qso, FeatureCells(features)) & ~out if rules.qso else np.zeros(len(features), dtype=np.bool_)


def missing_for_qso(rules: Rules, features: pd.DataFrame) -> list[str]:
    """Say what one lead, the only row of features, lacks to be a QSO; nothing where it is one.

    >>> from models.rules import load_rules
    >>> missing_for_qso(load_rules(), pd.DataFrame({"budget": [900.0]}))
    ['budget at least 5000, and it is 900', 'timeline_days at most 92, and it is not given']
    """
    cells = FeatureCells(features)
    lacking = [_lacks(condition, cells) for condition in rules.qso if not cells.holds(condition).all()]
    disqualifier = first_disqualifier(rules, features)[0]
    return [*lacking, *([f"not to be let go: {disqualifier}"] if disqualifier else [])]


def _lacks(condition: Condition, cells: FeatureCells) -> str:
    asked = [f"{name.replace('_', ' ')} {bound:.10g}" for name, bound in condition.bounds.items()]
    asked += [f"one of {', '.join(words)}" for words in (condition.is_, condition.has) if words]
    asked += [] if condition.is_given is None else ["given" if condition.is_given else "not given"]
    columns = cells.present(condition.columns) if condition.attribute and not condition.has else []
    value = cells.features[columns[0]].iloc[0] if columns else None
    if condition.attribute is None:
        return f"{condition.subject} {' and '.join(asked)}"
    shown = "not given" if pd.isna(value) else f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{condition.attribute} {' and '.join(asked)}, and it is {shown}"
