"""The event pass: one walk over events sorted by lead and time gives every window, recency and decay at once.

For each snapshot of a lead the pass counts that lead's events by *channel* (a type of event, one of its assets,
a stage) and by *age bucket* (under a day, 1 to 7 days, … as the ageing edges cut them). A window is a sum of buckets,
recency the first bucket that is not empty, a decay a weighted sum: no join ever multiplies rows, and between two edges
nothing changes. The as-of cut is the first comparison of the walk: a later event is never counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd

from data.schema import plain
from data.vocabulary import AGE_EDGES
from features.as_of import happened_by
from features.batch import Batch
from features.sources import channel_of, stage_channel

MICROSECONDS_PER_DAY = 86_400_000_000
BUCKET_STARTS = (0, *AGE_EDGES)
"""Days at which the age buckets begin; the last bucket never ends."""

FEWEST_FOR_THREADS = 1000
"""Snapshots from which on it pays to walk in parallel."""

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Histogram:
    """Events per age bucket and snapshot: arrays of shape (buckets, snapshots), float32.

    counts  by channel, the number of events
    sums    by channel, the sum of their values; only channels whose events carry one
    days    distinct calendar days (UTC) with an event, each counted in its newest bucket
    """

    counts: dict[str, Floats]
    sums: dict[str, Floats]
    days: Floats


def buckets_within(days: int | None) -> slice:
    """Return the age buckets that a window of so many days is made of; all of them for None.

    >>> buckets_within(7), buckets_within(None)
    (slice(0, 2, None), slice(0, 8, None))
    """
    return slice(0, len(BUCKET_STARTS) if days is None else BUCKET_STARTS.index(days))


def histogram(batch: Batch) -> Histogram:
    """Count the events and the stage entries of each lead in each of its snapshots, in one walk over each table."""
    kinds = batch.schema.event_types
    # Channels are numbered: the types first, then the assets; only types of events carry values to be summed.
    types = [kind.name for kind in kinds]
    assets = [(kind.name, asset) for kind in kinds for asset in kind.assets]
    named = list(batch.schema.named.channels)
    slots = np.array([kind.has_value for kind in kinds] + [False] * len(assets + named), dtype=np.bool_)
    values = np.nan_to_num(batch.events["value"].to_numpy(np.float64))
    event_codes = _event_codes(batch, types, assets)
    if named:
        event_codes = np.column_stack([event_codes, _named_codes(batch, named, first=len(types) + len(assets))])
    counts, sums, days = _walk_table(batch, batch.events, "occurred_at", event_codes, slots, values)
    # Stages are channels of a table of their own, and no activity: their days are not counted.
    stages = batch.schema.stages
    stage_codes = _codes(batch.stages["stage"], stages)[:, np.newaxis]
    no_values, no_slots = np.zeros(len(stage_codes)), np.zeros(len(stages), dtype=np.bool_)
    entries, _, _ = _walk_table(batch, batch.stages, "entered_at", stage_codes, no_slots, no_values)
    return Histogram(
        counts=_by_name([*types, *map(_channel, [*assets, *named])], counts)
        | _by_name([stage_channel(stage) for stage in stages], entries),
        sums=_by_name([kind.name for kind in kinds if kind.has_value], sums),
        days=days,
    )


def _channel(pair: tuple[str, str]) -> str:
    """Return the channel of a type of event and an asset; without one, that of the type."""
    event, asset = pair
    return channel_of(event, asset) if asset else event


def _named_codes(batch: Batch, named: Sequence[tuple[str, str]], *, first: int) -> Integers:
    """Return the channels of each event that rules name, its type's and its asset's: (events, 2); -1 is none.

    Names are compared without regard to how they are spelt. The channels are numbered from ``first`` on.
    """
    types, assets = (list(dict.fromkeys(map(plain, each))) for each in zip(*named, strict=True))
    channels = np.full((len(types) + 1, len(assets) + 1), -1)
    for place, (event, asset) in enumerate(named):
        channels[types.index(plain(event)), assets.index(plain(asset))] = first + place
    of_type, of_asset = _codes(batch.events["type"], types, plain), _codes(batch.events["asset"], assets, plain)
    whole_type = assets.index("") if "" in assets else -1
    of_one_asset = np.where(of_asset == whole_type, -1, channels[of_type, of_asset])
    return np.column_stack([channels[of_type, whole_type], of_one_asset])


def _by_name(names: Sequence[str], tally: Floats) -> dict[str, Floats]:
    return {name: tally[code] for code, name in enumerate(names)}


def _codes(values: pd.Series, names: Sequence[str], spelling: Callable[[str], str] | None = None) -> Integers:
    """Number each value, spelt so, by its place among the names; -1 where it is none of them."""
    codes, distinct = pd.factorize(values)
    spelt = [*map(spelling, distinct)] if spelling else distinct
    places = pd.Index(list(names), dtype=object).get_indexer(pd.Index(spelt, dtype=object))
    return np.append(places, -1)[codes].astype(np.int64)


def _event_codes(batch: Batch, types: list[str], assets: list[tuple[str, str]]) -> Integers:
    """Return the channels of each event, its type's and, where assets are counted, its asset's: (events, 1 or 2)."""
    type_codes = _codes(batch.events["type"], types)
    if not assets:
        return type_codes[:, np.newaxis]
    names = list(dict.fromkeys(asset for _, asset in assets))
    channels = np.full((len(types) + 1, len(names) + 1), -1)
    for place, (kind, asset) in enumerate(assets):
        channels[types.index(kind), names.index(asset)] = len(types) + place
    return np.column_stack([type_codes, channels[type_codes, _codes(batch.events["asset"], names)]])


def _walk_table(
    batch: Batch, table: pd.DataFrame, time: str, codes: Integers, slots: npt.NDArray[np.bool_], values: npt.NDArray
) -> tuple[Floats, Floats, Floats]:
    """Run the walk over a table sorted by position and time; see `Histogram` for what comes back."""
    positions, owners = table["position"].to_numpy(), batch.leads["position"].to_numpy()
    rows = batch.snapshots["row"].to_numpy()
    return _walk(
        _microseconds(table[time]),
        codes,
        values,
        np.searchsorted(positions, owners, side="left")[rows],
        np.searchsorted(positions, owners, side="right")[rows],
        _microseconds(batch.snapshots["as_of"]),
        np.array(AGE_EDGES, dtype=np.int64) * MICROSECONDS_PER_DAY,
        np.where(slots, np.cumsum(slots) - 1, -1),
    )


def _microseconds(times: pd.Series) -> Integers:
    return times.to_numpy("datetime64[us]").astype(np.int64)


def _walk(times, codes, values, first, end, as_of, edges, slots) -> tuple[Floats, Floats, Floats]:
    """Walk back in time from each snapshot over its lead's events; for a few, threads cost more than they save."""
    snapshots, buckets = len(as_of), len(edges) + 1
    counts = np.zeros((len(slots), buckets, snapshots), dtype=np.float32)
    sums = np.zeros((max(slots.max() + 1, 0) if len(slots) else 0, buckets, snapshots), dtype=np.float32)
    days = np.zeros((buckets, snapshots), dtype=np.float32)
    walk = _walk_from_few if snapshots < FEWEST_FOR_THREADS else _walk_from_many
    walk(times, codes, values, first, end, as_of, edges, slots, counts, sums, days)
    return counts, sums, days


is_known = numba.njit(happened_by)  # the rule itself, compiled: numba's cache does not see a change of it


@numba.njit(cache=True)
def _walk_from_few(times, codes, values, first, end, as_of, edges, slots, counts, sums, days):  # pragma: no cover
    for snapshot in range(len(as_of)):
        _walk_from(snapshot, times, codes, values, first, end, as_of, edges, slots, counts, sums, days)


@numba.njit(parallel=True, cache=True)
def _walk_from_many(times, codes, values, first, end, as_of, edges, slots, counts, sums, days):  # pragma: no cover
    for snapshot in numba.prange(len(as_of)):
        _walk_from(snapshot, times, codes, values, first, end, as_of, edges, slots, counts, sums, days)


@numba.njit(cache=True)
def _walk_from(snapshot, times, codes, values, first, end, as_of, edges, slots, counts, sums, days):  # pragma: no cover
    """Walk back from one snapshot; the as-of cut is the first comparison."""
    bucket, last_day = 0, np.int64(-(2**62))
    for event in range(end[snapshot] - 1, first[snapshot] - 1, -1):
        if not is_known(times[event], as_of[snapshot]):
            continue
        # The newest event comes first, so that ages only rise and the bucket never goes back.
        age = as_of[snapshot] - times[event]
        while bucket < len(edges) and age >= edges[bucket]:
            bucket += 1
        # A day counts once, whatever kind of events it has: known or not, they are activity.
        day = times[event] // MICROSECONDS_PER_DAY
        if day != last_day:
            days[bucket, snapshot] += 1
            last_day = day
        for kind in range(codes.shape[1]):
            code = codes[event, kind]
            if code >= 0:
                counts[code, bucket, snapshot] += 1
                if slots[code] >= 0:
                    sums[slots[code], bucket, snapshot] += values[event]
