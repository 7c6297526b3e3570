"""From a batch to its feature rows: the one function that training, batch scoring and a single lead all call."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd

from data.parsing import contradiction_of, is_made_up, kind_of_mail, without_made_up
from data.schema import Schema, plain
from data.vocabulary import AGE_EDGES, NUMERIC
from features.batch import Batch
from features.catalogue import OF_FIRMS, Feature, catalogue, named_features
from features.events import BUCKET_STARTS, Histogram, buckets_within, histogram
from features.firms import is_from
from features.sources import (
    ActiveDays,
    Age,
    Contradiction,
    Derived,
    EventCount,
    EventSum,
    FeatureSource,
    FieldsGiven,
    FromFirm,
    Given,
    HasToken,
    HasWord,
    ImpossibleSize,
    Recency,
    Trend,
)
from features.titles import department_of, rank_of

READINGS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "rank": lambda titles: rank_of(without_made_up(titles)),
    "department": lambda titles: department_of(without_made_up(titles)),
    "mail": kind_of_mail,
    "present": lambda names: without_made_up(names).notna().astype(float),
    "made up": lambda names: is_made_up(names).astype(float).where(names.notna()),
}


class _View:
    """A batch as its features see it: one row per snapshot, with the events counted."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.schema: Schema = batch.schema
        self.rows = batch.snapshots["row"].to_numpy()
        self.events: Histogram = histogram(batch)
        self._members: dict[str, tuple[np.ndarray, list[list[str]]]] = {}

    def members(self, attribute: str) -> tuple[np.ndarray, list[list[str]]]:
        """Return the members of each distinct cell of an attribute that has several, and the number of each cell."""
        if attribute not in self._members:
            codes, cells = pd.factorize(self.batch.attribute(attribute))
            listed = pd.Series(cells).str.lower().str.split(r"\s*[,;|]\s*", regex=True)
            self._members[attribute] = codes, listed.tolist()
        return self._members[attribute]

    def derived(self, columns: Collection[str], reading: Callable[[pd.DataFrame], pd.Series]) -> Any:
        """Return what is read from columns of the leads in each snapshot: once for each lead, unless they changed."""
        if not self.batch.changes["attribute"].isin(columns).any():
            return self.each_snapshot(reading(self.batch.leads[[*columns]]))
        return reading(pd.DataFrame({name: self.batch.attribute(name).to_numpy() for name in columns})).to_numpy()

    def each_snapshot(self, of_leads: pd.Series) -> Any:
        """Repeat what holds for a lead in each of its snapshots."""
        return of_leads.to_numpy()[self.rows]


def build(batch: Batch) -> pd.DataFrame:
    """Return the features of each lead in each of its snapshots, in the order of ``batch.snapshots``.

    Columns are those of `catalogue` in its order: float64 (missing is NaN), or text for categorical features
    (missing is None). A pure function of the batch: a lead alone gives the same row as among others. Behind them stand
    those of `named_features` of which the batch has anything: where one is not there, no lead has any of it.
    """
    view = _View(batch)
    columns = {feature.name: _column(feature, view) for feature in catalogue(batch.schema)}
    for feature in named_features(batch.schema):
        values = _column(feature, view)
        if _has_content(feature, values):
            columns.setdefault(feature.name, values)
    return pd.DataFrame(columns, index=batch.snapshots.index)


def _has_content(feature: Feature, values: Any) -> bool:
    return bool((values > 0).any() if feature.traits.counts_events else pd.notna(values).any())


def _column(feature: Feature, view: _View) -> Any:
    values = compute(feature.source, view)
    return pd.Series(values, dtype="str") if feature.categorical else np.asarray(values, dtype=np.float64)


@singledispatch
def compute(source: FeatureSource, view: _View) -> Any:
    """Return the values of one feature, one per snapshot; each kind of source registers its own."""
    raise TypeError(f"no feature is computed from {source!r}")


@compute.register
def _(source: EventCount, view: _View) -> Any:
    return view.events.counts[source.channel][buckets_within(source.days)].sum(axis=0)


@compute.register
def _(source: EventSum, view: _View) -> Any:
    return view.events.sums[source.channel][buckets_within(source.days)].sum(axis=0)


@compute.register
def _(source: Recency, view: _View) -> Any:
    tally = view.events.days if source.channel is None else view.events.counts[source.channel]
    seen = tally > 0
    newest = np.array(BUCKET_STARTS, dtype=np.float64)[seen.argmax(axis=0)]
    return np.where(seen.any(axis=0), newest, np.nan)


@compute.register
def _(source: ActiveDays, view: _View) -> Any:
    return view.events.days[buckets_within(source.days)].sum(axis=0)


@compute.register
def _(source: Trend, view: _View) -> Any:
    events = np.sum([view.events.counts[kind.name] for kind in view.schema.event_types], axis=0)
    last_30, last_60 = events[buckets_within(30)].sum(axis=0), events[buckets_within(60)].sum(axis=0)
    return 2 * last_30 - last_60


@compute.register
def _(source: Age, view: _View) -> Any:
    created = view.each_snapshot(view.batch.leads["created_at"])
    days = (view.batch.snapshots["as_of"].to_numpy() - created) / np.timedelta64(1, "D")
    edge = np.searchsorted(AGE_EDGES, days, side="right")
    return np.where(np.isnan(days), np.nan, np.array(BUCKET_STARTS, dtype=np.float64)[edge])


@compute.register
def _(source: Given, view: _View) -> Any:
    return view.batch.attribute(source.attribute).to_numpy()


@compute.register
def _(source: HasToken, view: _View) -> Any:
    codes, members = view.members(source.attribute)
    token = source.token.lower()
    has = np.array([*(float(token in member) for member in members), np.nan])  # the last one: of a missing cell
    return has[codes]


@compute.register
def _(source: HasWord, view: _View) -> Any:
    codes, members = view.members(source.attribute)
    word = plain(source.token)
    return np.array([*(float(word in map(plain, member)) for member in members), np.nan])[codes]


@compute.register
def _(source: Derived, view: _View) -> Any:
    return view.derived([source.column], lambda cells: READINGS[source.reading](cells[source.column]))


@compute.register
def _(source: FromFirm, view: _View) -> Any:
    return view.derived([*OF_FIRMS & {*view.schema.personal}], lambda known: is_from(known, source.firms))


@compute.register
def _(source: FieldsGiven, view: _View) -> Any:
    return sum(view.batch.attribute(attribute.name).notna().to_numpy(int) for attribute in view.schema.attributes)


@compute.register
def _(source: ImpossibleSize, view: _View) -> Any:
    return view.each_snapshot(view.batch.leads["impossible_size"])


@compute.register
def _(source: Contradiction, view: _View) -> Any:
    numbers = [attribute.name for attribute in view.schema.attributes if attribute.kind in NUMERIC]
    return view.derived([*view.schema.personal, *numbers], contradiction_of)
