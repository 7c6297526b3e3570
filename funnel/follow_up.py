"""Follow-up: how soon sales works on a lead once it is ready, by owner.

A lead is followed up at the first activity of sales from the moment on at which it came over the bar. Only what was
done while the lead could still be won or lost counts: not what came on a later day than that on which it closed (a
renewal, or a survey among lost leads), and nothing later than the moment of the report. A lead that sales was in
contact with before counts as contacted, without a time. However long after, a first contact with an open lead counts
as one; how late it was is in the shares within limits and in the median. Whether a lead was reached within an hour
is only known of those that came over the bar at least an hour before the moment of the report: younger ones are not
late yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from funnel.rates import Share, kinds_by, share
from funnel.stages import NEVER

WITHIN = {"90 seconds": np.timedelta64(90, "s"), "1 hour": np.timedelta64(1, "h"), "1 day": np.timedelta64(1, "D")}

Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class FollowUp:
    """The ready leads of an owner, or of all: how many sales contacted, how many soon, and how long it took.

    ``median_hours`` is taken over the leads that were contacted after they came over the bar.
    """

    owner: str
    ready: int
    contacted: Share
    before: int
    within: dict[str, Share]
    median_hours: float | None


def follow_up(
    ready: pd.DataFrame, activities: pd.DataFrame, as_of: pd.Timestamp, *, smallest: int
) -> tuple[FollowUp, ...]:
    """Return the follow-up of all leads, then by owner, who has most ready leads first.

    ``ready`` has one row per ready lead: ``position``, ``ready_at``, ``owner`` and ``closed_at``, missing while it is
    open; ``activities`` of sales have ``position`` and ``occurred_at``, in this order. What is later than the moment
    is not known.
    """
    ready = ready[ready["ready_at"] <= as_of]
    if ready.empty:
        return ()
    first, before = _first_after(ready, activities)
    closed_on = ready["closed_at"].to_numpy("datetime64[D]")
    first[(first > np.datetime64(as_of, "us")) | (first.astype("datetime64[D]") > closed_on)] = NEVER
    waits = first - ready["ready_at"].to_numpy("datetime64[us]")
    age = np.datetime64(as_of, "us") - ready["ready_at"].to_numpy("datetime64[us]")
    owners = kinds_by(ready["owner"])
    everyone = [("all owners", np.ones(len(ready), dtype=bool))]
    each = [(name, owners.codes == number) for number, name in enumerate(owners.names)]
    return tuple(_of(name, waits[rows], age[rows], before[rows], smallest) for name, rows in everyone + each)


def _first_after(ready: pd.DataFrame, activities: pd.DataFrame) -> tuple[Times, npt.NDArray[np.bool_]]:
    """Return the first activity at or after each lead was ready, and whether there was one before."""
    lead, ready_at = ready["position"].to_numpy(), ready["ready_at"].to_numpy("datetime64[us]")
    of = np.append(activities["position"].to_numpy(), -1)
    moments = np.append(activities["occurred_at"].to_numpy("datetime64[us]"), NEVER)
    first = np.searchsorted(of[:-1], lead)
    place, rows = first.copy(), np.arange(len(lead))
    while len(rows):  # one by one past those that were before: each time only leads that had more of them are left
        rows = rows[(of[place[rows]] == lead[rows]) & (moments[place[rows]] < ready_at[rows])]
        place[rows] += 1
    return np.where(of[place] == lead, moments[place], NEVER), place > first


def _of(owner: str, waits: npt.NDArray, age: npt.NDArray, before: npt.NDArray[np.bool_], smallest: int) -> FollowUp:
    contacted = before | ~np.isnat(waits)
    timed = ~before
    hours = waits[timed & ~np.isnat(waits)] / np.timedelta64(1, "h")
    within = {
        name: share((timed & (age >= limit) & (waits <= limit)).sum(), (timed & (age >= limit)).sum(), smallest)
        for name, limit in WITHIN.items()
    }
    return FollowUp(
        owner=owner,
        ready=len(waits),
        contacted=share(contacted.sum(), len(waits), smallest),
        before=int(before.sum()),
        within=within,
        median_hours=float(np.median(hours)) if len(hours) else None,
    )
