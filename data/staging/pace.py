"""The end of the data: found from the pace at which things happen, for a few dates may lie beyond it.

Exports hold meetings that are planned, tasks that are due and deals that are expected to close. They come after the day
on which the export was made, are few beside what happens on usual days, and have not happened: nothing is learned or
scored as of them. Creations and stages are never planned, and closings that come in numbers, or long after the last
creation, were decided: leads are often followed for as long as they take.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from data.quality_report import Flag
from data.staging.rows import first_rows
from data.staging.staging import Staging

DAY = pd.Timedelta(days=1)
KINDS = {
    "leads": "created_at",
    "events": "occurred_at",
    "entries": "entered_at",
    "closings": "closed_at",
}
"""The tables whose moments make the pace."""
PER_DAY = " UNION ALL ".join(
    f"""SELECT '{table}' AS kind, {column}::DATE AS day, count(*) AS count, max({column}) AS last FROM {table}
    WHERE {column} <= $1 GROUP BY day"""
    for table, column in KINDS.items()
)
LATER = (
    ("leads", "leads", "created_at"),
    ("events", "events", "occurred_at"),
    ("entries", "stages", "entered_at"),
    ("table_outcomes", "outcomes", "closed_at"),
    ("history", "attribute_history", "changed_at"),
)
"""The tables whose rows may be later than the end, with what a user calls them."""
FRESH = 3 * DAY
"""A source in which something happened so lately is read as of now: what comes alone today is real."""
GAP = 30
"""Days after all others at which a moment lies that may be mistyped."""
OUTLIER_SHARE, MOST_OUTLIERS = 0.001, 20
"""So few moments, so long after all others, are taken for mistyped …"""
MANY, FEW_OUTLIERS = 200, 2
"""… and two, where there are so many moments."""
WEEK, USUAL = 7, 28
"""Days over which a tail is measured, and over which what is usual on each day of the week before it."""
THIN, CHANCE = 0.25, 3
"""A tail in no week of which more happens than this share of what is usual, and so many by chance, may be planned …"""
FEWEST_BEFORE, FEWEST_EXPECTED = 20, 10
"""… where so many things happened before, and so many are usual in a tail: of fewer nobody can tell."""
DECIDED, FOLLOWED = 0.01, 14
"""So many of all closings in a tail were decided, and so are all that come so many days after the last creation."""

Floats = npt.NDArray[np.float64]


def end_of_data(staging: Staging) -> pd.Timestamp:
    """Return the moment that the settings state, else the end of the data: naive UTC, in whole seconds."""
    stated = staging.settings.as_of
    moment = pd.Timestamp(stated) if stated else find_end(staging.connection, staging.now, is_live=is_live(staging))
    return moment.as_unit("us").ceil("s")


def is_live(staging: Staging) -> bool:
    """Return whether a table comes from a system that goes on, and not from a file that somebody exported."""
    sources = staging.settings.tables.values()
    return any(source.kind != "file" and getattr(source, "path", None) is None for source in sources)


def find_end(connection: duckdb.DuckDBPyConnection, now: pd.Timestamp, *, is_live: bool) -> pd.Timestamp:
    """Return the newest moment, not later than now, up to which things happened at their pace; now where nothing did.

    A live source in which anything happened lately ends now.
    """
    days = connection.execute(PER_DAY, [now]).df()
    if days.empty:
        return now
    newest = days["last"].max()
    if is_live and newest >= now - FRESH:
        return now
    days = days[days["day"] <= _last_day(days)]
    end = days["last"].max()
    # What is beyond and was just now is no plan, and nobody mistypes today.
    beyond = connection.execute(f"SELECT min(last) FROM ({PER_DAY}) WHERE last > $2", [now, end]).fetchall()[0][0]
    return newest if beyond is not None and pd.Timestamp(beyond) >= now - FRESH else end


def _last_day(days: pd.DataFrame) -> pd.Timestamp:
    """Return the last day before moments that are mistyped, or planned."""
    together = days.groupby("day")["count"].sum()
    plausible = together[together.index <= _before_outliers(together)]
    calendar = pd.date_range(plausible.index[0], plausible.index[-1], freq="D")
    by_kind = {
        str(kind): counts.set_index("day")["count"].reindex(calendar, fill_value=0).to_numpy(float)
        for kind, counts in days.groupby("kind")
    }
    last = last_day_at_pace(by_kind)
    return calendar[last]


def _before_outliers(together: pd.Series) -> pd.Timestamp:
    """Return the last day without the few moments that lie long after all others."""
    total, days = together.sum(), together.index
    most = min(max(int(total * OUTLIER_SHARE), FEW_OUTLIERS if total >= MANY else 0), MOST_OUTLIERS)
    beyond = together[::-1].cumsum()[::-1].shift(-1, fill_value=0)  # moments after each day
    gaps = days[1:].to_numpy() - days[:-1].to_numpy()
    starts = [day for day, gap in zip(days[:-1], gaps, strict=True) if gap >= GAP * DAY and beyond[day] <= most]
    return starts[0] if starts else days[-1]


def last_day_at_pace(by_kind: dict[str, Floats]) -> int:
    """Return the number of the last day on which things happened at their pace; the days after it hold planned ones.

    by_kind: what happened on each day of a calendar, by the table that says so.

    >>> at_pace, planned = np.full(40, 20.0), np.full(30, 1.0)
    >>> last_day_at_pace({"leads": np.append(at_pace, np.zeros(30)), "events": np.append(at_pace, planned)})
    39
    """
    together = np.sum([*by_kind.values()], axis=0)
    none = np.zeros(len(together))
    created, closings = by_kind.get("leads", none), by_kind.get("closings", none)
    first = max(_last_of(created), _last_of(by_kind.get("entries", none)))
    end = _last_from(together, first)
    expected = closings[end + 1 :].sum()
    if expected and (expected >= DECIDED * closings.sum() or end - _last_of(created) > FOLLOWED):
        return _last_from(together, max(first, _last_of(closings)))
    return end


def _last_from(together: Floats, first: int) -> int:
    """Return the last day at pace, which is a day or a later one."""
    last = len(together) - 1
    ends = [end for end in range(max(first, WEEK - 1), last) if _is_thin_after(together, end)]
    return ends[int(np.argmax(_likelihood(together, np.array(ends))))] if ends else last


def _last_of(counts: Floats) -> int:
    """Return the last day with any, but for a few, long after the others, that may be mistyped; 0 without any."""
    total, days = counts.sum(), np.flatnonzero(counts)
    few = min(max(int(total * OUTLIER_SHARE), FEW_OUTLIERS if total >= MANY else 0), MOST_OUTLIERS)
    while len(days) > 1 and counts[days[-1]] <= few and days[-1] - days[-2] >= GAP:
        few -= counts[days[-1]]
        days = days[:-1]
    return int(days[-1]) if len(days) else 0


def _is_thin_after(together: Floats, end: int) -> bool:
    """Return whether after a day no week is nearly as busy as usual, and so long that this is no chance."""
    tail = together[end + 1 :]
    if together[max(end + 1 - USUAL, 0) : end + 1].sum() < FEWEST_BEFORE:
        return False
    usual = _usual(together, end)[(np.arange(len(tail)) + end + 1) % WEEK]
    happened, expected = (np.append(0.0, days.cumsum()) for days in (tail, usual))
    starts = np.arange(len(tail))
    stops = np.minimum(starts + WEEK, len(tail))
    of_weeks, usually = happened[stops] - happened[starts], expected[stops] - expected[starts]
    return bool(
        expected[-1] >= FEWEST_EXPECTED
        and (of_weeks <= THIN * usually + CHANCE).all()
        and happened[-1] <= THIN * expected[-1]
    )


def _usual(together: Floats, end: int) -> Floats:
    """Return what is usual on each day of the week (days are numbered from that of day 0), by the weeks up to a day."""
    days = np.arange(max(end + 1 - USUAL, 0), end + 1)
    counts = np.bincount(days % WEEK, minlength=WEEK)
    return np.bincount(days % WEEK, together[days], minlength=WEEK) / np.maximum(counts, 1)


def _likelihood(together: Floats, ends: npt.NDArray[np.int64]) -> Floats:
    """Return how likely it is that one pace held up to each day, and another after it (up to a constant).

    All are compared over the same days, each counted by what is usual on its day of the week.
    """
    start = max(int(ends[0]) + 1 - USUAL, 0)
    days = np.arange(start, len(together))
    weight = np.maximum(_usual(together, int(ends[0])), 1e-6)[days % WEEK]
    happened, usual = together[start:].cumsum(), weight.cumsum()
    before, share = happened[ends - start], usual[ends - start]
    after, rest = happened[-1] - before, usual[-1] - share
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(before * np.log(before / share)) + np.nan_to_num(after * np.log(after / rest))


def planned_rows(staging: Staging) -> list[Flag]:
    """Return the rows that are later than the end of the data, which has to be known: they count for nothing.

    What comes after a moment that was chosen is no news, unless it is yet to come. A change of an attribute is written
    down when it happens, and makes no pace: planned is one that is yet to come, the others are only too late.
    """
    end, flags = staging.now if staging.settings.as_of else staging.end, []
    beyond = f"after the end of the data, {end:%Y-%m-%d}"
    for table, name, column in LATER:
        source = table if table == "leads" else f"{table} JOIN lead_ids USING (position)"
        example, limit = f"min({column})::VARCHAR", staging.now if table == "history" else end
        if later := first_rows(staging.connection, example, f"{source} WHERE {column} > $1", [limit]):
            flags.append(Flag(name, column, f"{beyond}: planned, counts for nothing", *later))
        between = f"{source} WHERE {column} > $1 AND {column} <= $2"
        if too_late := first_rows(staging.connection, example, between, [end, limit]):
            flags.append(Flag(name, column, f"{beyond}: counts for nothing", *too_late, level="info"))
    return flags
