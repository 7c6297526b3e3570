"""A points scorecard learned from closed leads: the baseline where the shipped rules know nothing of the data.

Every feature is cut into bins (levels, ranges, "not given"); the bins that say most about winning become rules, one
after the other, and a regularised logistic regression weighs them. What comes out are `Rules` like any other: whole
points, additive, without decay, at most fifteen lines that a team can read, edit and paste into its own file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.schema import Schema
from data.vocabulary import ENGAGEMENT_FAMILIES
from features import Feature, catalogue
from models.rules.evaluation import evaluate, holds_on
from models.rules.format import (
    MOST_POINTS,
    Condition,
    Dimension,
    Engagement,
    EngagementGrades,
    FitGrades,
    Grades,
    Rule,
    Rules,
    Thresholds,
)

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

MOST_LEADS = 50_000
"""More are not read: whole points do not change with them."""
MOST_LEVELS = 20
MOST_BINS = 5
FEWEST_OUTCOMES = 5
"""Wins, and losses, without which there are no rules."""
FEWEST_LEADS, SMALLEST_SHARE = 20, 0.01
"""A bin of fewer leads, or of a smaller share of all, makes no rule; nor does one without which as few would remain."""
LEAST_GAIN = 9.0
"""Chi-square from which a bin says something: three standard errors."""
MIDDLE = 50
QUARTERS = (0.25, 0.5, 0.75)
MQL_SHARE, SQL_SHARE = 0.3, 0.1
"""Shares of the leads, the best first, that the proposed thresholds let through."""

Floats = npt.NDArray[np.floating]


class _Bin(NamedTuple):
    """A candidate for a rule."""

    name: str
    condition: Condition
    is_engagement: bool


def fit_scorecard(
    features: pd.DataFrame,
    won: npt.NDArray,
    schema: Schema,
    *,
    leads: npt.NDArray | None = None,
    rules: int = 15,
    seed: int = 0,
) -> Rules:
    """Learn at most so many rules from features and the outcomes (0 or 1) of their rows.

    The mean lead gets about 50 points, and the one farthest from it 0 or 100. With fewer than five wins or losses there
    are no rules, and all get 50. The seed draws the rows that are read where there are more than 50,000.
    ``leads`` names the lead of each row; by default each is one of its own. The grades begin at the quarters of the
    rows.
    """
    rows = _drawn(len(features), seed)
    features, won = features.iloc[rows], np.asarray(won)[rows].astype(int)
    leads = np.unique(leads[rows], return_inverse=True)[1] if leads is not None else rows
    bins, holds = _with_support(list(_bins(features, schema)), features, leads)
    chosen = _most_telling(holds, won, rules) if min(won.sum(), len(won) - won.sum()) >= FEWEST_OUTCOMES else []
    points, start = _whole_points(
        _logistic(holds[:, chosen], won).coef_[0] if chosen else np.empty(0), holds[:, chosen]
    )
    card = _as_rules([bins[number] for number in chosen], points, start, holds[:, chosen] @ points + start)
    return with_grades(card, evaluate(card, features))


def _drawn(count: int, seed: int) -> npt.NDArray[np.int64]:
    if count <= MOST_LEADS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, MOST_LEADS, replace=False))


def with_grades(card: Rules, evaluated: pd.DataFrame, shares: Mapping[str, Sequence[float]] | None = None) -> Rules:
    """Let the grades of rules begin at shares of some rows, at their quarters unless said otherwise.

    ``evaluated`` is what `evaluate` returns for the rows. A dimension in which all are alike has no grades of its own.
    """
    fit, engagement = (
        _whole_thresholds(evaluated[name], (shares or {}).get(name, QUARTERS)) for name in ("fit", "engagement")
    )
    grades = Grades(
        fit=FitGrades(**dict(zip("CBA", fit, strict=True))) if fit else None,
        engagement=EngagementGrades(**dict(zip("321", engagement, strict=True))) if engagement else None,
    )
    return card.model_copy(update={"grades": grades})


def _whole_thresholds(points: pd.Series, shares: Sequence[float]) -> list[int]:
    """Return rising whole thresholds at shares of some points; the lowest points are below all of them.

    >>> _whole_thresholds(pd.Series([0.0] * 6 + [10, 20]), QUARTERS), _whole_thresholds(pd.Series([5.0, 5.0]), QUARTERS)
    ([1, 2, 3], [])
    """
    if points.empty or points.min() == points.max():
        return []
    thresholds = [math.floor(points.min())]
    for share in shares:
        thresholds.append(max(math.ceil(points.quantile(share)), thresholds[-1] + 1))
    return thresholds[1:]


# Bins


def _bins(features: pd.DataFrame, schema: Schema) -> Iterator[_Bin]:
    for feature in catalogue(schema):
        if feature.name in features:
            cells = features[feature.name]
            tests = _levels(feature, cells) if feature.categorical else _ranges(feature, cells.to_numpy(float))
            for name, test in (*tests, (feature.absent, {"given": False})):
                yield _Bin(name, _condition(feature, test), feature.family in ENGAGEMENT_FAMILIES)


def _condition(feature: Feature, test: dict[str, Any]) -> Condition:
    """Ask for events by type, asset and window where the feature counts them, so that people can read it."""
    traits = feature.traits
    if traits.counts_events and "given" not in test:
        event, _, asset = traits.channel.partition(": ")
        return Condition(event=event, asset=(asset,) if asset else (), within=traits.window, **test)
    return Condition(attribute=feature.name, **test)


def _levels(feature: Feature, cells: pd.Series) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a test for each of the commonest levels; those that differ in case only are one."""
    common = cells.value_counts().index[:MOST_LEVELS].astype(str)
    for level in {level.strip().casefold(): level for level in reversed(common)}.values():
        yield feature.sentence.replace("{value}", level), {"is_": (level,)}


def _ranges(feature: Feature, numbers: Floats) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a test for each range of a number, and a single one for yes or no."""
    numbers = numbers[np.isfinite(numbers)]
    if not feature.traits.counts_events and set(np.unique(numbers)) <= {0.0, 1.0}:
        yield feature.one or feature.sentence.replace("{value}", "yes"), {"is_": ("yes",)}
        return
    edges = _edges(numbers)
    for low, high in pairwise([None, *edges, None]) if edges else ():
        bounds = {"at_least": low, "below": high}
        yield _in_range(feature, low, high), {key: bound for key, bound in bounds.items() if bound is not None}


def _in_range(feature: Feature, low: float | None, high: float | None) -> str:
    if feature.zero and feature.unit in ("events", "days", "fields") and high == 1:
        return feature.zero
    days = {"age": " day" if high == 1 else " days"}.get(feature.unit, "")
    return feature.sentence.replace("{value}", _range(low, high) + days)


def _edges(numbers: Floats) -> list[float]:
    """Cut numbers into at most five bins of about one size, the smallest value alone where it is that common.

    >>> _edges(np.arange(100.0)), _edges(np.array([0.0] * 90 + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
    ([19.8, 39.6, 59.4, 79.2], [1.0, 3.25, 5.5, 7.75])
    """
    if len(numbers) == 0:
        return []
    above = numbers[numbers > numbers.min()]
    one_is_common = len(above) < len(numbers) * (1 - 1 / MOST_BINS)
    if one_is_common and len(above):
        edges = [above.min(), *np.quantile(above, np.linspace(0, 1, MOST_BINS)[1:-1])]
    else:
        edges = np.quantile(numbers, np.linspace(0, 1, MOST_BINS + 1)[1:-1])
    return sorted({float(f"{edge:.3g}") for edge in edges if edge > numbers.min()})


def _range(low: float | None, high: float | None) -> str:
    """Write a range as people say it.

    >>> _range(None, 10), _range(10, 2500), _range(2500, None)
    ('under 10', '10 to under 2,500', '2,500 or more')
    """
    if low is None:
        return f"under {high:,.10g}"
    return f"{low:,.10g} or more" if high is None else f"{low:,.10g} to under {high:,.10g}"


def _with_support(
    bins: list[_Bin], features: pd.DataFrame, leads: npt.NDArray[np.int64]
) -> tuple[list[_Bin], npt.NDArray[np.float32]]:
    """Return the bins of enough leads, one per name, and a matrix of which lead (row) is in which bin (column)."""
    bins = list({one.name: one for one in reversed(bins)}.values())[::-1]
    fewest = max(FEWEST_LEADS, SMALLEST_SHARE * len(features))
    columns = [holds_on(one.condition, features) for one in bins]
    supported = [
        fewest <= column.sum() <= len(features) - fewest and len(np.unique(leads[column])) >= FEWEST_LEADS
        for column in columns
    ]
    held = [column.astype(np.float32) for column, enough in zip(columns, supported, strict=True) if enough]
    return list(compress(bins, supported)), np.column_stack(held) if held else np.empty((len(features), 0), np.float32)


# Weights


def _most_telling(holds: Floats, won: npt.NDArray, most: int) -> list[int]:
    """Choose bins one after the other, each time the one that says most beyond those chosen (the score test)."""
    chosen: list[int] = []
    chance = np.full(len(won), won.mean())
    while len(chosen) < min(most, holds.shape[1]):
        gain = _chi_square(holds, won, chance)
        gain[chosen] = 0
        best = int(gain.argmax())
        if gain[best] < LEAST_GAIN:
            break
        chosen.append(best)
        chance = _logistic(holds[:, chosen], won).predict_proba(holds[:, chosen])[:, 1]
    return sorted(chosen)


def _chi_square(holds: Floats, won: npt.NDArray, chance: Floats) -> Floats:
    """Return the chi-square by which each bin's wins differ from those that were to be expected."""
    surprise = (won - chance).astype(np.float32) @ holds
    weight = (chance * (1 - chance)).astype(np.float32)
    in_bin = weight @ holds
    return surprise**2 / np.maximum(in_bin - in_bin**2 / weight.sum(), 1e-9)


def _logistic(holds: Floats, won: npt.NDArray) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression  # what only scores starts without it

    return LogisticRegression(C=1.0, max_iter=1000).fit(holds, won)


def _whole_points(weights: Floats, holds: Floats) -> tuple[npt.NDArray[np.int64], int]:
    """Scale log-odds to whole points and a start, so that the mean lead is in the middle and none leaves 0–100.

    Nor does the start, which is that of a lead without any of the rules.
    """
    raw = holds @ weights
    farthest = max(np.abs(raw - raw.mean()).max(), abs(raw.mean()))
    scale = MIDDLE / farthest if farthest else 0.0
    points = np.clip(np.rint(weights * scale), -MOST_POINTS, MOST_POINTS).astype(int)
    return points, int(np.clip(round(MIDDLE - float((holds @ points).mean())), 0, MOST_POINTS))


def _as_rules(bins: list[_Bin], points: npt.NDArray[np.int64], start: int, totals: Floats) -> Rules:
    """Write the bins down as rules, behaviour under engagement and everything else under fit."""
    giving = [(one, int(value)) for one, value in zip(bins, points, strict=True) if value]

    def rules_of(is_engagement: bool) -> tuple[Rule, ...]:
        return tuple(
            Rule(name=one.name, when=(one.condition,), points=value)
            for one, value in giving
            if one.is_engagement == is_engagement
        )

    return Rules(
        thresholds=usual_thresholds(totals),
        start=start,
        fit=Dimension(rules=rules_of(False)),
        engagement=Engagement(rules=rules_of(True)),
    )


def usual_thresholds(points: Floats) -> Thresholds:
    """Return the thresholds that make the best three tenths of some leads MQLs, and the best tenth SQLs."""
    mql, sql = (
        round(float(np.clip(np.quantile(points, 1 - share), 0, MOST_POINTS))) for share in (MQL_SHARE, SQL_SHARE)
    )
    return Thresholds(mql=mql, sql=sql)
