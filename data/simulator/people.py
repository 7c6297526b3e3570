"""Accounts and the leads in them: who they are, how they came, and the two things that nobody sees.

Nobody sees a lead's **fit**: the points of its company, persona and source, and a hidden part that only declared
fields hint at. And nobody sees its first **intent**, which its asset and persona make likely.
"""

from __future__ import annotations

from itertools import compress

import numpy as np
import pandas as pd

from data.simulator import world
from data.simulator.chain import DAY, kinds
from data.simulator.draw import Bools, Floats, Ints, Objects, any_of, by_code, choose, choose_from, share_out
from data.simulator.world import ASSETS, COUNTRIES, CRM_EDITIONS, INDUSTRIES, PERSONAS, SOURCES, TECHNOLOGIES, column

Columns = dict[str, Ints | Floats | Objects | pd.Series]


def draw_leads(rng: np.random.Generator, count: int, first: int) -> pd.DataFrame:
    """Draw leads in order of creation, numbered from ``first``: what the table of leads shows, and what nobody sees.

    Nobody sees the codes of persona, source and asset, ``intent`` (the first), ``hidden`` (part of the fit), ``kind``,
    ``deal`` (what the account would pay), and the days as `data.simulator.chain.walk` wants them.
    """
    sizes = rng.geometric(1 / world.LEADS_PER_ACCOUNT, count)
    account_of = rng.permutation(np.repeat(np.arange(count), sizes)[:count])
    accounts = draw_accounts(rng, int(account_of.max()) + 1, first)
    leads = accounts.iloc[account_of].reset_index(drop=True)
    leads["account_id"] = leads["account_id"].mask(rng.random(count) < world.WITHOUT_ACCOUNT)
    leads["lead_id"] = [f"L{number:07d}" for number in range(first, first + count)]
    for draw in (_days, _origin, _fit, _declared, _contact):
        leads = leads.assign(**draw(rng, leads))
    return leads


def draw_accounts(rng: np.random.Generator, count: int, first: int) -> pd.DataFrame:
    """Draw accounts, numbered from ``first``; ``account_points`` is what their leads get for them."""
    tables = (INDUSTRIES, COUNTRIES, CRM_EDITIONS)
    industry, country, edition = (share_out(rng, column(table, "share"), count) for table in tables)
    uses = rng.random((count, len(TECHNOLOGIES))) < column(TECHNOLOGIES, "share")
    employees = np.maximum(1, np.rint(column(INDUSTRIES, "employees")[industry] * rng.lognormal(0, 1.3, count)))
    points = column(INDUSTRIES, "points")[industry] + column(COUNTRIES, "points")[country]
    points += column(CRM_EDITIONS, "points")[edition] + uses @ column(TECHNOLOGIES, "points")
    columns: Columns = {
        "industry": by_code(list(INDUSTRIES), industry),
        "employees": employees,
        "annual_revenue": np.rint(employees * rng.lognormal(12, 0.5, count) / 1000) * 1000,
        "country": by_code(list(COUNTRIES), country),
        "region": by_code([row.region for row in COUNTRIES.values()], country),
        "city": choose_from(rng, [row.cities for row in COUNTRIES.values()], country),
        "technologies": _joined(list(TECHNOLOGIES), uses),
        "crm_edition": by_code(list(CRM_EDITIONS), edition),
        "account_points": points + world.size_points(employees),
        "deal": world.DEAL_OF_ONE * employees**world.DEAL_GROWTH * rng.lognormal(0, 0.5, count),
    }
    return pd.DataFrame(_names(rng, count, first) | columns)


def _names(rng: np.random.Generator, count: int, first: int) -> Columns:
    parts = (world.COMPANY_STEMS, world.COMPANY_ENDINGS, world.COMPANY_FORMS)
    stem, ending, form = (any_of(rng, words, count) for words in parts)
    number = np.arange(first, first + count).astype(str).astype(object)
    return {
        "account_id": np.array([f"A{n:0>7}" for n in number], dtype=object),
        "company": stem + ending + " " + form,
        "domain": stem + ending + "-" + number + ".example",
    }


def _joined(words: list[str], uses: Bools) -> Objects:
    """Name what each row uses, as in ``AWS;SAP``; all combinations are spelt once and looked up by their bits."""
    bits = 2 ** np.arange(len(words))
    spelt = [";".join(compress(words, code & bits)) or None for code in range(2 ** len(words))]
    return by_code(spelt, uses @ bits)


def _days(rng: np.random.Generator, leads: pd.DataFrame) -> Columns:
    """Creation, its day since 1970, and the time and the completed days of life up to the end of the data."""
    created = np.sort(rng.integers(world.DATA_START, world.DATA_END, len(leads)))
    return {
        "created_at": created,
        "created_day": created // DAY,
        "lifetime": world.DATA_END - created,
        "last_day": (world.DATA_END - created) // DAY,
    }


def _origin(rng: np.random.Generator, leads: pd.DataFrame) -> Columns:
    """Who came, from where, by which asset, and with which intent."""
    persona = share_out(rng, column(PERSONAS, "share"), len(leads))
    source = share_out(rng, column(SOURCES, "share"), len(leads))
    hot = np.array([row.hot for row in ASSETS.values()])
    haste = np.where(hot, column(PERSONAS, "haste")[:, None], 1.0)
    asset = choose(rng, _crossed(column(SOURCES, "assets"), haste), source * len(PERSONAS) + persona)
    intents = _crossed(column(ASSETS, "intent"), column(PERSONAS, "intent"))
    intent = choose(rng, intents, asset * len(PERSONAS) + persona)
    return {
        "persona_code": persona,
        "source_code": source,
        "asset_code": asset,
        "intent": intent,
        "source": by_code(list(SOURCES), source),
        "campaign": choose_from(rng, [[f"{name}-{c}" for c in row.campaigns] for name, row in SOURCES.items()], source),
        "asset": by_code(list(ASSETS), asset),
        "newsletter_frequency": by_code(world.NEWSLETTERS, choose(rng, world.NEWSLETTERS_BY_INTENT, intent)),
        "form_variant": any_of(rng, world.FORM_VARIANTS, len(leads)),
        "owner": any_of(rng, world.OWNERS, len(leads)),
    }


def _crossed(first: Floats, second: Floats) -> Floats:
    """The products of each row of the first with each row of the second; the second runs faster."""
    return (first[:, None] * second).reshape(-1, first.shape[1])


def _fit(rng: np.random.Generator, leads: pd.DataFrame) -> Columns:
    size = np.searchsorted(world.SIZE_EDGES, leads["employees"], side="right")
    seen = leads["account_points"] + column(PERSONAS, "points")[leads["persona_code"], size]
    seen += column(SOURCES, "points")[leads["source_code"]] - world.TYPICAL_POINTS
    hidden = rng.normal(0, world.HIDDEN_SPREAD, len(leads))
    turns = (leads["source"] == world.TURNING_SOURCE).to_numpy()
    return {"hidden": hidden, "kind": kinds(seen.to_numpy() + hidden, _pace(leads, size), turns)}


def _pace(leads: pd.DataFrame, size: Ints) -> Ints:
    """The place in `PACES`: that of the source, one slower in a large company."""
    pace = column(SOURCES, "pace")[leads["source_code"]] - (size == len(world.SIZE_EDGES))
    return pace.clip(0).astype(np.int64)


def _declared(rng: np.random.Generator, leads: pd.DataFrame) -> Columns:
    """What leads say of themselves, where they say it: the budget and the need tell something of the hidden fit."""
    count, hidden = len(leads), leads["hidden"].to_numpy()
    intent, persona = leads["intent"].to_numpy(), leads["persona_code"].to_numpy()
    budget = leads["deal"] * np.exp(world.BUDGET_ON_HIDDEN * hidden + rng.normal(0, 0.4, count))
    need = np.searchsorted(world.NEED_EDGES, hidden + rng.normal(0, 0.3, count))
    declared = {
        "budget": np.ceil(budget.to_numpy() / 500) * 500,
        "authority": by_code(world.AUTHORITIES, choose(rng, column(PERSONAS, "authority"), persona)),
        "need": by_code(world.NEEDS, need),
        "timeline_days": np.array(world.TIMELINES, dtype=np.float64)[choose(rng, world.TIMELINES_BY_INTENT, intent)],
    }
    says = np.array(world.DECLARES)[intent]
    return {name: pd.Series(values).where(rng.random(count) < says) for name, values in declared.items()}


def _contact(rng: np.random.Generator, leads: pd.DataFrame) -> Columns:
    count, persona = len(leads), leads["persona_code"].to_numpy()
    private = rng.random(count) < column(PERSONAS, "free_mail")[persona]
    domain = np.where(private, any_of(rng, world.FREE_MAIL, count), leads["domain"])
    name = any_of(rng, world.FIRST_NAMES, count) + "." + any_of(rng, world.LAST_NAMES, count)
    number = leads["lead_id"].str.lower().to_numpy(dtype=object)
    return {
        "job_title": choose_from(rng, [row.titles for row in PERSONAS.values()], persona),
        "email": name + "." + number + "@" + domain,  # numbered, so that no private address is anybody's
    }
