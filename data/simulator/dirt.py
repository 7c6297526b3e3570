"""What is wrong with real tables: cells that are missing, misspelt, impossible or made up, and rows that come twice.

Accounts were merged, events came late, and some stages were entered in the CRM only with the last one.
All that is laid over the finished tables, so it hides some of the truth but never changes it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.simulator.chain import DAY
from data.simulator.draw import any_of

MISSING = {  # share of the cells that are missing
    "email": 0.05,
    "job_title": 0.08,
    "company": 0.05,
    "industry": 0.06,
    "employees": 0.10,
    "annual_revenue": 0.25,
    "country": 0.05,
    "region": 0.08,
    "city": 0.15,
    "technologies": 0.15,
    "campaign": 0.05,
    "crm_edition": 0.12,
    "newsletter_frequency": 0.15,
    "owner": 0.05,
}
JUNK = {  # share of the cells that hold any of these instead
    "email": (0.012, ("test@test.com", "asdf", "a@a.a", "no@thanks", "someone@mailinator.com", "x@10minutemail.com")),
    "company": (0.010, ("asdf", "test", "n/a", "xxx", "-")),
    "job_title": (0.008, ("asdf", "test", "boss of everything", ".")),
    "employees": (0.006, (9_999_999.0, 0.0, -5.0)),
    "annual_revenue": (0.008, (0.0, -5.0, 1.0, 99_999_999_999_999.0)),
}
OTHERWISE_SPELT = 0.03
"""Share of the cells of a spelt column in capitals, and as many in small letters."""
SPELT = ("industry", "country")
LEADS_TWICE, EVENTS_TWICE, EVENTS_OF_STRANGERS = 0.001, 0.003, 0.002
"""Shares of the rows that come twice, and of events added of leads that are in no table."""
ACCOUNTS_MERGED = 0.005
"""Share of the accounts that were merged into another: it has their leads, but their events keep the old id."""
EVENTS_LATE, LATEST = 0.02, 30 * DAY
"""Share of the events whose rows came later than those of other events, and at most how much later (microseconds)."""
BACKFILLED = 0.01
"""Share of the leads whose stages were all entered when the last one was, a minute apart."""


def spoil_leads(rng: np.random.Generator, leads: pd.DataFrame) -> pd.DataFrame:
    """Lay the dirt over a table of leads.

    >>> clean = pd.DataFrame({name: ["Cell"] * 2000 for name in ["account_id", *MISSING, *SPELT]})
    >>> sorted(spoil_leads(np.random.default_rng(0), clean)["industry"].dropna().unique())
    ['CELL', 'Cell', 'cell']
    """
    count = len(leads)
    leads = leads.assign(account_id=merged(rng, leads["account_id"]))
    for name, (share, junk) in JUNK.items():
        leads[name] = leads[name].mask(rng.random(count) < share, any_of(rng, junk, count))
    for name in SPELT:
        chance = rng.random(count)
        leads[name] = leads[name].mask(chance < OTHERWISE_SPELT, leads[name].str.upper())
        leads[name] = leads[name].mask(chance > 1 - OTHERWISE_SPELT, leads[name].str.lower())
    for name, share in MISSING.items():
        leads[name] = leads[name].mask(rng.random(count) < share)
    return some_twice(rng, leads, LEADS_TWICE)


def spoil_events(rng: np.random.Generator, events: pd.DataFrame) -> pd.DataFrame:
    """Add events of strangers to a table of events, let some come late, and some twice."""
    strangers = events[rng.random(len(events)) < EVENTS_OF_STRANGERS].assign(account_id=None)
    strangers["lead_id"] = "stranger-" + strangers["event_id"]
    strangers["event_id"] = "stranger-" + strangers["event_id"]
    rows = pd.concat([events, strangers], ignore_index=True)
    late = (rng.random(len(rows)) < EVENTS_LATE) * rng.integers(0, LATEST, len(rows))
    arrived = np.argsort(rows["occurred_at"].to_numpy() + late, kind="stable")
    return some_twice(rng, rows.iloc[arrived], EVENTS_TWICE)


def merged(rng: np.random.Generator, accounts: pd.Series) -> pd.Series:
    """Return the accounts of leads after some were merged into another one.

    >>> before = pd.Series([f"A{number}" for number in range(1000)])
    >>> 980 < merged(np.random.default_rng(0), before).nunique() < 1000
    True
    """
    known = accounts.dropna().unique()
    gone = known[rng.random(len(known)) < ACCOUNTS_MERGED]
    return accounts.replace(dict(zip(gone, any_of(rng, known, len(gone)), strict=True))) if len(gone) else accounts


def backfill(rng: np.random.Generator, stages: pd.DataFrame) -> pd.DataFrame:
    """Let the stages of some leads, but the first, be entered with the last; a loss that was not the end stays.

    ``stages`` has ``lead``, ``stage`` and ``age`` (microseconds), in order.
    """
    late = rng.random(int(stages["lead"].max()) + 1) < BACKFILLED
    late[stages.loc[stages["stage"].eq("lost") & stages["lead"].duplicated(keep="last"), "lead"]] = False
    by_lead = stages.groupby("lead")["age"]
    to_come = by_lead.cumcount(ascending=False)
    entered = by_lead.transform("last") - to_come * DAY // (24 * 60)
    moved = late[stages["lead"]] & (stages["age"] > 0)
    return stages.assign(age=stages["age"].mask(moved, np.maximum(entered, stages["age"])))


def some_twice(rng: np.random.Generator, rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """Let a share of the rows come twice, right after each other.

    >>> some_twice(np.random.default_rng(0), pd.DataFrame({"id": [1, 2]}), share=1.0)["id"].tolist()
    [1, 1, 2, 2]
    """
    times = 1 + (rng.random(len(rows)) < share)
    return rows.iloc[np.repeat(np.arange(len(rows)), times)].reset_index(drop=True)
