"""How well a model does in parts of the leads, such as those of one source or industry, on the newest split.

A part is a level of a column that the user names. Figures of few leads describe persons, and hardly the model:
rare levels stand together, and without enough wins and losses there is no AUC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.columns import begins_with_first_name, claims, tells_of_persons
from data.config import Settings
from data.errors import InputError, nearest
from data.schema import RENAMED, Schema
from data.vocabulary import LEADS
from features import Feature, catalogue
from models.metrics import Interval, evaluate
from models.training_table import TrainingTable, common_levels

FEWEST_LEADS = 20
"""Fewer leads of the newest split than this are no level of their own."""
FEWEST_OUTCOMES = 20
"""Won leads, and others, that an AUC needs."""
MOST_LEVELS = 12
RANGES = 4
"""Ranges that numbers are cut into, each of about as many rows."""
NOT_GIVEN, OTHERS = "not given", "all others"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SegmentLevel:
    """The leads of one level on the newest split, and how they were scored.

    ``leads`` and ``won`` count leads; ``observed`` and ``predicted`` are the mean outcome and the mean probability of
    their snapshots. ``auc`` with its 95 % interval is None where fewer than 20 leads were won, or were not.
    """

    name: str
    leads: int
    won: int
    observed: float
    predicted: float
    auc: float | None
    auc_ci: Interval | None


@dataclass(frozen=True)
class Segment:
    """A column and its levels, those with most leads first and ranges in order; without any, ``hidden`` says why."""

    label: str
    levels: tuple[SegmentLevel, ...]
    hidden: str = ""


def segment_features(settings: Settings, schema: Schema) -> tuple[Feature, ...]:
    """Return the features behind the columns that the settings name as segments, by the canonical name or the file's.

    Raises InputError for a column that is no feature of one value, or that describes persons.
    """
    by_attribute = {each.traits.attribute: each for each in catalogue(schema) if each.traits.attribute}
    return tuple(_feature(name, by_attribute, settings, schema) for name in settings.segments)


def _feature(name: str, known: dict[str, Feature], settings: Settings, schema: Schema) -> Feature:
    canonical = claims([name], list(LEADS), settings.columns.get("leads", {}))
    feature = next((known[each] for each in (name, name + RENAMED, *canonical) if each in known), None)
    if feature and not tells_of_persons(name):
        return feature
    # Refused: say whether it was left out on reading, names persons, or is no attribute of leads.
    left_out = schema.excluded.get(settings.column("leads", name), "")
    why = left_out or ("it tells of persons" if feature else "it is no attribute with one value per lead")
    raise InputError(
        f"'{name}' cannot be a segment: {why}",
        expected=", ".join(attribute for attribute in known if not tells_of_persons(attribute)),
        got=name,
        where="segments",
        remedy=nearest(name, known),
    )


def measure_segments(
    features: Sequence[Feature], table: TrainingTable, tested: npt.NDArray[np.bool_], probability: Floats, seed: int
) -> tuple[Segment, ...]:
    """Measure the probabilities of the tested rows (a mask of the table's) level by level."""
    return tuple(_segment(feature, table, tested, probability, seed) for feature in features)


def _segment(
    feature: Feature, table: TrainingTable, tested: npt.NDArray[np.bool_], probability: Floats, seed: int
) -> Segment:
    named = _level_names(feature, table, tested)
    if tells_of_persons("", set(named) - {NOT_GIVEN, OTHERS}):
        return Segment(feature.concept, (), "its levels tell of persons")
    rows = table.rows[tested].reset_index(drop=True).assign(level=named, probability=probability)
    rows["level"] = rows["level"].where(rows["level"].isin(_separate(rows)), OTHERS)
    levels = {str(name): _level(str(name), of_level, seed) for name, of_level in rows.groupby("level")}
    return Segment(feature.concept, tuple(levels[name] for name in _in_order(feature, table.features[tested], rows)))


def _in_order(feature: Feature, features: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Return the names of levels as they are listed: the largest first, ranges as they rise, all others last."""
    if feature.categorical:
        names = rows.groupby("level")["lead_id"].nunique().sort_values(ascending=False, kind="stable").index
    else:
        names = rows["level"].iloc[np.argsort(features[feature.name].to_numpy(float), kind="stable")].unique()
    return sorted(names, key=lambda name: name == OTHERS)


def _level_names(feature: Feature, table: TrainingTable, tested: npt.NDArray[np.bool_]) -> pd.Series:
    """Return what the level of each tested row is called; levels that few leads have, or like a person, are one."""
    cells = table.features.loc[tested, feature.name].reset_index(drop=True)
    if feature.categorical:
        common = common_levels(table.features[feature.name], table.rows["lead_id"])
        shown = [level for level in common if not begins_with_first_name(level)]
        return cells.where(cells.isna() | cells.isin(shown), OTHERS).astype("str").fillna(NOT_GIVEN)
    if set(cells.dropna().unique()) <= {0.0, 1.0}:
        return cells.map({0.0: "no", 1.0: "yes"}).astype("str").fillna(NOT_GIVEN)
    return _ranges(cells)


def _ranges(numbers: pd.Series) -> pd.Series:
    """Name the range of each number; the ranges hold about as many rows each.

    >>> _ranges(pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, None])).drop_duplicates().tolist()
    ['under 3', '3 to under 5', '5 to under 7', '7 or more', 'not given']
    """
    known = numbers.dropna()
    edges = np.quantile(known, np.linspace(0, 1, RANGES + 1)[1:-1], method="higher") if len(known) else []
    edges = sorted({float(f"{edge:.3g}") for edge in edges if edge > known.min()})
    names = [f"{low:,.10g} to under {high:,.10g}" for low, high in pairwise(edges)]
    names = [f"under {edges[0]:,.10g}", *names, f"{edges[-1]:,.10g} or more"] if edges else ["given"]
    place = np.searchsorted(edges, numbers.to_numpy(float), side="right")
    return pd.Series(np.array(names, dtype=object)[np.minimum(place, len(names) - 1)]).where(numbers.notna(), NOT_GIVEN)


def _separate(rows: pd.DataFrame) -> list[str]:
    """Return the levels that enough leads have to be shown."""
    leads = rows.groupby("level")["lead_id"].nunique().drop(OTHERS, errors="ignore")
    enough = leads[leads >= FEWEST_LEADS].sort_values(ascending=False, kind="stable")
    return enough.index[:MOST_LEVELS].tolist()


def _level(name: str, rows: pd.DataFrame, seed: int) -> SegmentLevel:
    winners = rows.groupby("lead_id")["won"].max()
    leads, won = len(winners), int(winners.sum())
    probability, outcomes = rows["probability"].to_numpy(float), rows["won"].to_numpy()
    enough = min(won, leads - won) >= FEWEST_OUTCOMES
    measured = evaluate(probability, outcomes, rows["group"].to_numpy(), seed) if enough else None
    return SegmentLevel(
        name=name,
        leads=leads,
        won=won,
        observed=float(outcomes.mean()),
        predicted=float(probability.mean()),
        auc=measured and measured.auc,
        auc_ci=measured and measured.auc_ci,
    )
