"""What drives wins: which concepts lifted the leads that were won, how often leads with an asset or a rule were won.

Counted on the last moment at which each lead was learned from, each lead once. It says what goes with winning, and not
what causes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.schema import Schema
from features import catalogue, channel_of
from models.explanation import FEWEST_LEADS, Narrator
from models.members import Contributions
from models.rules import Rules, fired
from models.scoring import Scorer

Row = Mapping[str, Any]
Rows = npt.NDArray[np.bool_]


def last_of_each_lead(rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the rows of a training table, by number, that are the last of their leads.

    >>> rows = pd.DataFrame({"lead_id": ["a", "b", "a"], "as_of": pd.to_datetime(["2025-01-01"] * 2 + ["2025-02-01"])})
    >>> last_of_each_lead(rows).tolist()
    [1, 2]
    """
    in_time = rows["as_of"].reset_index(drop=True).sort_values(kind="stable").index
    last = rows["lead_id"].iloc[in_time].reset_index(drop=True).drop_duplicates(keep="last").index
    return np.sort(in_time[last].to_numpy())


def driving_concepts(won: Contributions, narrator: Narrator) -> list[Row]:
    """Return each concept's share of all that lifted won leads, the largest first; ``won`` is of the won leads.

    Each row: ``concept``, ``family``, ``share`` (all add up to 1) and ``log_odds``, what it adds on average. There are
    none where no lead was won.
    """
    if not len(won.values):
        return []
    merged = narrator.merged(won)
    lifted = np.clip(merged, 0, None).sum(axis=0)
    shares = lifted / (lifted.sum() or 1.0)
    return [
        {
            "concept": narrator.concepts[code],
            "family": str(narrator.families[narrator.concepts[code]]),
            "share": float(shares[code]),
            "log_odds": float(merged[:, code].mean()),
        }
        for code in np.argsort(-shares, kind="stable")
    ]


def driving_assets(schema: Schema, features: pd.DataFrame, won: npt.NDArray[np.int64]) -> list[Row]:
    """Return how leads with each asset ended, those that were won most often first: see `_counted`.

    ``event`` is what the asset was used in; empty for the asset that a lead came by.
    """
    rows = (_counted({"asset": asset, "event": event}, has, won) for asset, event, has in _assets(schema, features))
    return sorted(filter(None, rows), key=lambda row: -row["rate"])


def _assets(schema: Schema, features: pd.DataFrame) -> Iterator[tuple[str, str, Rows]]:
    """Yield each asset, what it was used in, and which rows have it."""
    channels = {channel_of(kind.name, asset): asset for kind in schema.event_types for asset in kind.assets}
    for feature in catalogue(schema):
        traits, cells = feature.traits, features[feature.name]
        if traits.counts_events and traits.window is None and traits.channel in channels:
            asset = channels[traits.channel]
            yield asset, feature.concept, (cells > 0).to_numpy()
        elif traits.attribute == "asset":
            yield from ((level, "", (cells == level).to_numpy()) for level in sorted(cells.dropna().unique()))


def driving_rules(rules: Rules, features: pd.DataFrame, won: npt.NDArray[np.int64]) -> list[Row]:
    """Return how leads ended to which each rule applied, with the points that it gave them on average: see `_counted`.

    Those with the most points come first: a rule whose ``lift`` does not fall with its points deserves a review.
    """
    gives = fired(rules, features)
    points = gives.where(gives != 0).mean().to_dict()
    rows = (_counted({"rule": rule, "points": mean}, gives[rule].to_numpy() != 0, won) for rule, mean in points.items())
    return sorted(filter(None, rows), key=lambda row: -row["points"])


def _counted(what: Row, has: Rows, won: npt.NDArray[np.int64]) -> Row | None:
    """Count the leads that have something: ``leads``, ``won``, their ``rate``, its ``lift`` over that of all leads, and
    the ``share`` of all won leads that have it. None where the leads are too few to say."""
    leads, wins = int(has.sum()), int(won[has].sum())
    if leads < FEWEST_LEADS or not won.any():
        return None
    rate = wins / leads
    return {**what, "leads": leads, "won": wins, "rate": rate, "lift": rate / won.mean(), "share": wins / won.sum()}


def drivers(scorer: Scorer, features: pd.DataFrame, rows: pd.DataFrame) -> dict[str, list[Row]]:
    """Return the tables ``concepts``, ``assets`` and ``rules`` of a training; ``rows`` are those of its table."""
    last = last_of_each_lead(rows)
    features, won = features.iloc[last].reset_index(drop=True), rows["won"].to_numpy(np.int64)[last]
    contributions = scorer.contributions(scorer.with_rules(features[won == 1]))
    return {
        "concepts": driving_concepts(contributions, scorer.narrator),
        "assets": driving_assets(scorer.schema, features, won),
        "rules": driving_rules(scorer.rules, features, won),
    }
