"""Before and after: what may be known as of a moment, and how leads stood then. No other module cuts by time.

One rule, `happened_by`, is behind everything: what happened up to and at the moment is known, what comes later is not,
nor is what happened nobody knows when. NumPy, pandas and Numba run it as it is; `sql_known_at` is the same in SQL.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.chunk import Chunk
from data.vocabulary import END_OF_DAY, SALES_ACTIVITIES

Mask = npt.NDArray[np.bool_]
Moments = npt.NDArray[np.datetime64]
AsOf = pd.Timestamp | pd.Series
"""One moment for all leads, or a series with the moment of each, by the index of ``leads``; naive UTC."""


def happened_by(moment: Any, as_of: Any) -> Any:
    """Return whether something that happened at a moment is known as of another: one by one, for arrays and series.

    >>> new_year = pd.Timestamp("2025-01-01")
    >>> happened_by(pd.Series([new_year, new_year + pd.Timedelta(1, "s"), pd.NaT]), new_year).tolist()
    [True, False, False]
    """
    return moment <= as_of


def earliest(moments: Moments) -> Moments:
    """Return when things may have happened at the earliest: on a day that is known at its end, from its beginning on.

    >>> earliest(np.array(["2025-01-01T23:59:59", "2025-01-01T09:30:00"], dtype="datetime64[us]")).astype(str).tolist()
    ['2025-01-01T00:00:00.000000', '2025-01-01T09:30:00.000000']
    """
    days = moments.astype("datetime64[D]").astype(moments.dtype)
    return np.where(moments == days + np.timedelta64(pd.Timedelta(END_OF_DAY)), days, moments)


def happened_between(moment: Any, since: Any, as_of: Any) -> Any:
    """Return whether something was not known as of one moment yet, and is as of a later one."""
    return happened_by(moment, as_of) & ~happened_by(moment, since)


def sql_known_at(as_of: pd.Timestamp) -> dict[str, str]:
    """Return the condition in SQL for what is known as of a moment, by the name of a table of `data.staging`.

    A lead that was created nobody knows when always was, and one that closed nobody knows when always had.

    >>> sql_known_at(pd.Timestamp("2025-01-01"))["events"]
    "occurred_at <= TIMESTAMP '2025-01-01 00:00:00.000000'"
    """
    happened = {
        column: f"{column} <= TIMESTAMP '{as_of:%Y-%m-%d %H:%M:%S.%f}'"
        for column in ("occurred_at", "entered_at", "lost_at", "created_at", "closed_at")
    }
    return {
        "leads": f"(created_at IS NULL OR {happened['created_at']})",
        "events": happened["occurred_at"],
        "account_events": happened["occurred_at"],
        "entries": happened["entered_at"],
        "closings": f"(closed_at IS NULL OR {happened['closed_at']})",
        "overtaken": happened["lost_at"],
    }


# Each lead at one moment


def exists_at(leads: pd.DataFrame, as_of: AsOf) -> pd.Series:
    """Return which leads had been created; one that was created nobody knows when always was."""
    return leads["created_at"].isna() | happened_by(leads["created_at"], _of_each(leads, as_of))


def existing_at(chunk: Chunk, as_of: AsOf) -> Chunk:
    """Leave out the leads that were created later; one that was lost then, and opened again later, is lost."""
    leads = chunk.leads[exists_at(chunk.leads, as_of)]
    lost_at = pd.Series(lost_since(leads, _as_column(leads, as_of))[:, 0], index=leads.index)
    won, closed_at = leads["won"].mask(lost_at.notna(), False), lost_at.fillna(leads["closed_at"])
    return chunk._replace(leads=leads.assign(won=won, closed_at=closed_at))


def open_at(leads: pd.DataFrame, as_of: AsOf) -> Mask:
    """Return which leads were there and open."""
    return open_at_each(leads, _as_column(leads, as_of))[:, 0]


def outcome_at(leads: pd.DataFrame, as_of: AsOf) -> npt.NDArray[np.str_]:
    """Return won, lost or open for leads that `existing_at` left: one that closed later was still open."""
    closed = closed_at_each(leads, _as_column(leads, as_of))[:, 0]
    return np.where(~closed, "open", np.where(leads["won"].fillna(False), "won", "lost"))


def stage_at(chunk: Chunk, as_of: AsOf) -> pd.Series:
    """Return the stage that each lead was in: the last one entered, else the one that its row names."""
    entered = _last_entries(chunk, as_of)["stage"]
    return chunk.leads["position"].map(entered).astype("str").fillna(chunk.leads["stage"])


def days_in_stage_at(chunk: Chunk, as_of: AsOf) -> pd.Series:
    """Return the whole days that each lead had been in its stage; missing where nobody knows when it entered that."""
    entered_at = _last_entries(chunk, as_of)["entered_at"].reindex(chunk.leads["position"])
    return (_of_each(chunk.leads, as_of) - entered_at.to_numpy()).dt.days.astype("Int64")


def _last_entries(chunk: Chunk, as_of: AsOf) -> pd.DataFrame:
    """Return the last stage that was entered, and when, by the position of the lead."""
    moments = pd.Series(_of_each(chunk.leads, as_of).to_numpy(), index=chunk.leads["position"])
    until = happened_by(chunk.stages["entered_at"], moments.reindex(chunk.stages["position"]).to_numpy())
    return chunk.stages[until].drop_duplicates("position", keep="last").set_index("position")


def age_at(leads: pd.DataFrame, as_of: AsOf) -> pd.Series:
    """Return the whole days since each lead was created; missing where nobody knows when that was."""
    return (_of_each(leads, as_of) - leads["created_at"]).dt.days.astype("Int64")


def scoring_time(leads: pd.DataFrame, as_of: AsOf) -> pd.Series:
    """Return when each lead is scored: at ``as_of``, or a second before it closed, where it had closed by then.

    A lead that closed is scored as it stood when somebody could still have acted on it: closing says the outcome.
    """
    moment = _of_each(leads, as_of)
    before_closing = leads["closed_at"].dt.floor("s") - pd.Timedelta(seconds=1)
    return before_closing.where(happened_by(leads["closed_at"], moment), moment)


def activity_until(chunk: Chunk, as_of: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the events and the entries into stages that are known as of a moment."""
    events, stages = chunk.events, chunk.stages
    return events[happened_by(events["occurred_at"], as_of)], stages[happened_by(stages["entered_at"], as_of)]


def last_events(chunk: Chunk, as_of: pd.Series) -> pd.DataFrame:
    """Return when each lead last did something (``last_activity``), and when sales last turned to it (``last_touch``).

    ``as_of`` has a moment for each lead, in their order; missing where nothing was known by then.
    """
    leads, events = chunk.leads, chunk.events
    moments = events["position"].map(pd.Series(as_of.to_numpy(), index=leads["position"].to_numpy()))
    known = events[happened_by(events["occurred_at"], moments)]
    by_sales = known["type"].isin(SALES_ACTIVITIES)
    newest = {
        name: rows.groupby("position")["occurred_at"].max()
        for name, rows in (("last_activity", known[~by_sales]), ("last_touch", known[by_sales]))
    }
    return pd.DataFrame({name: times.reindex(leads["position"]).to_numpy() for name, times in newest.items()})


def attribute_at(now: pd.Series, changes: pd.DataFrame, position: npt.NDArray[np.int64], as_of: pd.Series) -> pd.Series:
    """Return what an attribute of leads was: the last value known then, and missing before the first.

    now       the cell as it stands, which counts for leads without any change on record
    changes   those of this attribute, as in `data.chunk.no_changes`
    position  of the lead in the input; ``now``, ``position`` and ``as_of`` have one row per feature row
    """
    asked = pd.DataFrame({"position": position, "as_of": as_of})
    # The join takes the last change up to and at as_of, as `happened_by` has it.
    known = pd.merge_asof(
        asked.reset_index(names="row").sort_values("as_of", kind="stable"),
        changes.sort_values("changed_at", kind="stable"),
        left_on="as_of",
        right_on="changed_at",
        by="position",
    ).sort_values("row")
    value = "number" if now.dtype.kind == "f" else "text"
    then = known[value].reset_index(drop=True).astype(now.dtype)
    return now.where(~asked["position"].isin(changes["position"]).to_numpy(), then)


def _of_each(leads: pd.DataFrame, as_of: AsOf) -> pd.Series:
    return pd.Series(as_of, index=leads.index, dtype="datetime64[us]")


def _as_column(leads: pd.DataFrame, as_of: AsOf) -> Moments:
    return _of_each(leads, as_of).to_numpy()[:, None]


# Each lead at several moments: arrays of shape (leads, moments)


def open_at_each(leads: pd.DataFrame, as_of: Moments) -> Mask:
    """Return at which moments leads were there and open; none is where the moment is missing."""
    created = leads["created_at"].to_numpy("datetime64[us]")[:, None]
    there = (np.isnat(created) | happened_by(created, as_of)) & ~np.isnat(as_of)
    return there & ~closed_at_each(leads, as_of) & np.isnat(lost_since(leads, as_of))


def closed_at_each(leads: pd.DataFrame, as_of: Moments) -> Mask:
    """Return at which moments leads had closed for good; one that did nobody knows when always had."""
    ended = leads["won"].notna().to_numpy()[:, None]
    closed_at = leads["closed_at"].to_numpy("datetime64[us]")[:, None]
    return ended & (np.isnat(closed_at) | happened_by(closed_at, as_of))


def lost_since(leads: pd.DataFrame, as_of: Moments) -> Moments:
    """Return since when leads were lost that were opened again after a moment; missing of all others.

    >>> spell = [np.datetime64("2025-02-01"), np.datetime64("2025-03-01")]
    >>> leads = pd.DataFrame({"lost_spells": [None, [spell]]})
    >>> lost_since(leads, np.full((2, 1), np.datetime64("2025-02-07", "us"))).ravel().astype("datetime64[D]").tolist()
    [None, datetime.date(2025, 2, 1)]
    """
    since = np.full(as_of.shape, np.datetime64("NaT"), dtype="datetime64[us]")
    spells: Any = leads["lost_spells"].to_numpy()
    for row in np.flatnonzero(leads["lost_spells"].notna()):
        for lost, reopened in spells[row]:
            since[row, happened_by(lost, as_of[row]) & ~happened_by(reopened, as_of[row])] = lost
    return since
