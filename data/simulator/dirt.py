"""What is wrong with real tables: cells that are missing, misspelt, impossible or made up, and rows that come twice.

It is laid over the finished tables, so it hides some of the truth but never changes it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

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


def spoil_leads(rng: np.random.Generator, leads: pd.DataFrame) -> pd.DataFrame:
    """Lay the dirt over a table of leads.

    >>> clean = pd.DataFrame({name: ["Cell"] * 2000 for name in [*MISSING, *SPELT]})
    >>> sorted(spoil_leads(np.random.default_rng(0), clean)["industry"].dropna().unique())
    ['CELL', 'Cell', 'cell']
    """
    count = len(leads)
    leads = leads.copy()
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
    """Add events of strangers to a table of events, and let some come twice."""
    strangers = events[rng.random(len(events)) < EVENTS_OF_STRANGERS].assign(account_id=None)
    strangers["lead_id"] = "stranger-" + strangers["event_id"]
    strangers["event_id"] = "stranger-" + strangers["event_id"]
    return some_twice(rng, pd.concat([events, strangers]), EVENTS_TWICE)


def some_twice(rng: np.random.Generator, rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """Let a share of the rows come twice, right after each other.

    >>> some_twice(np.random.default_rng(0), pd.DataFrame({"id": [1, 2]}), share=1.0)["id"].tolist()
    [1, 1, 2, 2]
    """
    times = 1 + (rng.random(len(rows)) < share)
    return rows.iloc[np.repeat(np.arange(len(rows)), times)].reset_index(drop=True)
