"""What closes, on a dozen leads that can be counted by head."""

import numpy as np
import pandas as pd
import pytest

from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind
from features import catalogue
from models.evaluation.drivers import driving_assets, driving_concepts, driving_rules
from models.explanation import Evidence, Narrator
from models.members import Contributions
from models.rules import Rules
from models.scale import Scale

SCHEMA = Schema(
    timed=False,
    attributes=(Attribute("asset", "Asset", Kind.CATEGORY, Family.SOURCE),),
    event_types=(EventType("download", ("price_list", "ebook")),),
)
WON = np.repeat([1, 0, 1, 0], [20, 20, 10, 50])
"""Half of the first 40 leads are won, and a sixth of the other 60."""


def design(**columns) -> pd.DataFrame:
    names = [feature.name for feature in catalogue(SCHEMA)]
    return pd.DataFrame(dict.fromkeys(names, 0.0) | {"asset": None} | columns, index=range(100))


def test_price_list_downloaders_close_more():
    downloads = {"download: price_list_ever": [2.0] * 40 + [0.0] * 60, "download: ebook_ever": [1.0] * 100}
    price_list, ebook = driving_assets(SCHEMA, design(**downloads), WON)
    assert price_list == {
        "asset": "price_list",
        "event": "downloads",
        "leads": 40,
        "won": 20,
        "rate": 0.5,
        "lift": pytest.approx(0.5 / 0.3),
        "share": pytest.approx(2 / 3),
    }
    assert (ebook["rate"], ebook["lift"]) == (0.3, 1.0)


def test_the_asset_that_a_lead_came_by_counts_too():
    levels = pd.Series(["trial"] * 40 + ["ebook"] * 55 + ["Erika Mustermann"] * 5, dtype="str")
    assert [(row["asset"], row["event"]) for row in driving_assets(SCHEMA, design(asset=levels), WON)] == [
        ("trial", ""),
        ("ebook", ""),
    ]


def test_shares_of_concepts_are_of_all_that_lifted_won_leads(features):
    narrator = Narrator(features, Evidence({}, {}, {}, 0, 0), Scale((0.0, 1.0), hot=0.3, warm=0.1))
    columns = ("industry", "budget", "visits_7d", "visits_30d")
    told = Contributions(columns, np.array([[1.0, -5.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0]]), 0.0)
    rows = driving_concepts(told, narrator)
    assert [(row["concept"], row["share"]) for row in rows] == [
        ("pricing page visits", 0.5),
        ("Industry", 0.25),
        ("Budget", 0.25),
    ]
    assert [row["log_odds"] for row in rows] == [1.0, 0.5, -2.0]


def test_rules_stand_beside_how_their_leads_ended():
    rules = Rules.from_yaml("""
        thresholds: {mql: 60, sql: 75}
        fit: {cap: 50, rules: []}
        engagement: {cap: 50, rules: [{name: Downloads, when: {event: download}, points: 10}]}
        """)
    (row,) = driving_rules(rules, design(download_ever=[1.0] * 40 + [0.0] * 60), WON)
    assert (row["rule"], row["points"], row["leads"], row["won"], row["rate"]) == ("Downloads", 10.0, 40, 20, 0.5)
