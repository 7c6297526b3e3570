"""What leads leave behind on their way through the chain: stages, outcomes and events.

Events are what is seen of an intent: they occur at the rates of the present one, so that a lead's last weeks tell
much of its intent, but never all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.simulator.chain import DAY, INTENTS, LOST, OPEN_STATES, STAGES, WON, stage_of
from data.simulator.draw import Floats, Ints, any_of, by_code, choose
from data.simulator.world import ASSETS, PERSONAS
from data.vocabulary import EVENT_TYPES

EVENT_RATES = {  # events per day of a lead that is: dormant, curious, evaluating, buying
    "email_open": (0.0120, 0.060, 0.080, 0.090),
    "email_click": (0.0010, 0.012, 0.035, 0.045),
    "subscription": (0.0002, 0.002, 0.001, 0.001),
    "site_visit": (0.0030, 0.060, 0.220, 0.260),
    "blog_visit": (0.0030, 0.060, 0.040, 0.015),
    "pricing_visit": (0.0003, 0.003, 0.050, 0.180),
    "careers_visit": (5e-6, 5e-6, 5e-6, 5e-6),
    "download": (0.0003, 0.008, 0.020, 0.025),
    "webinar": (0.0002, 0.006, 0.010, 0.005),
    "trial": (0.0000, 0.0005, 0.008, 0.010),
    "demo_request": (0.0000, 0.0004, 0.010, 0.018),
    "quote_request": (0.0000, 0.0001, 0.003, 0.035),
}
TASTES = {  # factors on these rates, for personas that differ
    "decision maker": {"pricing_visit": 1.2, "quote_request": 1.4, "trial": 0.6},
    "evaluator": {"trial": 1.6, "download": 1.2, "quote_request": 0.8},
    "job seeker": {"careers_visit": 30_000.0, "pricing_visit": 0.2},
}
MAILS = ("email_open", "email_click")
VISITS = ("site_visit", "blog_visit", "pricing_visit")
WEB_EVENTS = (*MAILS, *VISITS, "careers_visit")
FAST_SHARE = 1 / 3
"""What is left of the web events in a fast simulation."""
ASSETS_BY_INTENT = {  # weights of the asset by intent
    "download": {
        "case_study": (30, 30, 30, 15),
        "ebook": (65, 60, 20, 5),
        "price_list": (5, 10, 50, 80),
    },
    "webinar": {
        "trend_webinar": (80, 75, 35, 20),
        "product_webinar": (20, 25, 65, 80),
    },
}
MAILINGS = ("newsletter", "product-news", "invitations")
"""The campaigns that mails belong to."""
UNRECOGNISED = 0.08
"""Share of the visits to the site that can be given to an account only."""


def stage_history(visits: pd.DataFrame) -> pd.DataFrame:
    """Return when leads entered their stages: ``lead`` (its row), ``stage`` and ``age`` (microseconds)."""
    before, after = stage_of(visits["state"].to_numpy()), stage_of(visits["then"].to_numpy())
    start = visits.loc[visits["enters"] == 0, ["lead"]].assign(stage=STAGES[0], age=0)
    moves = visits[["lead"]].assign(stage=by_code(STAGES, after), age=visits["leaves"]).loc[before != after]
    return pd.concat([start, moves]).sort_values(["lead", "age"], ignore_index=True)


def draw_outcomes(rng: np.random.Generator, leads: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Return how leads ended that are not open: ``lead`` (its row), ``age`` (microseconds), ``won`` and ``amount``.

    A lead that was lost and opened again has the end that it had at last.
    """
    won, lost = visits["then"] == WON, (visits["state"] == LOST) & (visits["then"] == LOST)
    closed = visits.assign(age=visits["leaves"].where(won, visits["enters"]), won=won).loc[won | lost]
    closed = closed.sort_values("lead", ignore_index=True)
    won = closed["won"].to_numpy()
    amount = np.rint(leads["deal"].to_numpy()[closed["lead"]] * rng.lognormal(0, 0.3, len(closed)))
    amount[~won] = np.nan
    return closed[["lead", "age", "won"]].assign(amount=amount)


def event_rates(fast: bool = False) -> Floats:
    """Events per day by persona and intent (rows, intents run faster) and type (columns).

    >>> event_rates().shape == (len(PERSONAS) * len(INTENTS), len(EVENT_TYPES))
    True
    """
    left = [FAST_SHARE if fast and name in WEB_EVENTS else 1.0 for name in EVENT_TYPES]
    usual = np.array([EVENT_RATES[name] for name in EVENT_TYPES]).T * left
    taste = np.array([[TASTES.get(persona, {}).get(name, 1.0) for name in EVENT_TYPES] for persona in PERSONAS])
    return (taste[:, None] * usual).reshape(-1, len(EVENT_TYPES))


def draw_events(
    rng: np.random.Generator, leads: pd.DataFrame, visits: pd.DataFrame, *, fast: bool = False
) -> pd.DataFrame:
    """Draw what leads do: ``lead`` (its row), ``age`` (microseconds) and, but for the ids, the columns of events.

    ``recognised`` is false where only the account is known. The first event of a lead is its asking for its asset.
    """
    rows = pd.concat([_entries(leads), _emitted(rng, leads, visits, event_rates(fast))], ignore_index=True)
    types, intent = rows["type"], rows["intent"].to_numpy()
    for name, weights in ASSETS_BY_INTENT.items():
        drawn = by_code(list(weights), choose(rng, np.array(list(weights.values())).T, intent))
        rows["asset"] = rows["asset"].mask((types == name) & rows["asset"].isna(), drawn)
    rows["campaign"] = rows["campaign"].mask(types.isin(MAILS), any_of(rng, MAILINGS, len(rows)))
    rows["value"] = pd.Series(_minutes(rng, intent)).where(types == "webinar")
    rows["recognised"] = ~types.isin(VISITS) | (rng.random(len(rows)) >= UNRECOGNISED)
    return rows


def _entries(leads: pd.DataFrame) -> pd.DataFrame:
    entries = leads[["intent", "asset", "campaign"]].assign(lead=np.arange(len(leads)), age=0)
    entries["type"] = by_code([row.event for row in ASSETS.values()], leads["asset_code"].to_numpy())
    return entries.assign(asset=entries["asset"].where(entries["type"].isin(ASSETS_BY_INTENT)))


def _emitted(rng: np.random.Generator, leads: pd.DataFrame, visits: pd.DataFrame, rates: Floats) -> pd.DataFrame:
    """Events at the rates of the open states, at any moment of the visits to them."""
    visits = visits[visits["state"] < OPEN_STATES]
    lead, enters = visits["lead"].to_numpy(), visits["enters"].to_numpy()
    length, intent = visits["leaves"].to_numpy() - enters, visits["state"].to_numpy() % len(INTENTS)
    group = leads["persona_code"].to_numpy()[lead] * len(INTENTS) + intent
    visit = np.repeat(np.arange(len(visits)), rng.poisson(rates.sum(axis=1)[group] * length / DAY))
    age = enters[visit] + (rng.random(len(visit)) * length[visit]).astype(np.int64)
    types = by_code(EVENT_TYPES, choose(rng, rates, group[visit]))
    columns = {"lead": lead[visit], "age": age, "type": types, "intent": intent[visit]}
    return pd.DataFrame(columns | {"asset": None, "campaign": None})


def _minutes(rng: np.random.Generator, intent: Ints) -> Floats:
    """Minutes of a webinar that were watched: those with more intent stay longer."""
    return np.ceil(60 * rng.random(len(intent)) ** (1 / (1 + intent)))
