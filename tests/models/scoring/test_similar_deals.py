"""Similar won deals, on contributions that can be compared by head."""

import json
from datetime import datetime

import numpy as np
import pytest

from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind
from features import catalogue
from models.explanation import Evidence, Narrator, Reasons
from models.scale import Scale
from models.scoring.similar_deals import WonDeal, WonDeals

LEADS = Schema(
    timed=True,
    attributes=(
        Attribute("timeline_days", "Timeline", Kind.NUMBER, Family.DECLARED),
        Attribute("newsletter", "Newsletter", Kind.FLAG, Family.DECLARED),
    ),
    event_types=(EventType("download", ("price_list",)),),
    stages=("sql",),
)
INDUSTRY, BUDGET, WEEK, MONTH = range(4)
"""The features of the small catalogue by number."""


@pytest.fixture
def narrator(features) -> Narrator:
    return Narrator(features, Evidence({}, {}, {}, 0, 0), Scale((0.0, 1.0), hot=0.3, warm=0.1))


def deal(name: str, contributions: list[float], up: list, down: list = ()) -> WonDeal:  # type: ignore[assignment]
    kept = json.dumps([[[feature, value, 1] for feature, value in way] for way in (up, down)])
    return WonDeal(name, datetime(2025, 3, 1), np.array(contributions, np.float16), kept)


@pytest.fixture
def deals(narrator) -> WonDeals:
    made = [
        deal("near", [1.0, 0.5, 0.0], up=[(INDUSTRY, "Software"), (MONTH, 4.0)], down=[(BUDGET, None)]),
        deal("far", [-2.0, 0.5, 1.0], up=[(BUDGET, 9.0)]),
        deal("self", [1.0, 0.5, 0.1], up=[(INDUSTRY, "Software")]),
        deal("middle", [0.0, 0.5, 0.0], up=[(INDUSTRY, "Retail"), (WEEK, 1.0)]),
    ]
    return WonDeals(made, narrator.names, narrator)


def one(concepts: list[int], features: list[int], values: list, sign: int) -> Reasons:
    return Reasons(np.array([concepts]), np.array([features]), np.array([values], object), np.array([concepts]), sign)


OWN = (one([0, 2, -1], [INDUSTRY, WEEK, -1], ["Software", 1.0, None], 1), one([1], [BUDGET], [None], -1))


def test_the_nearest_come_first_and_a_lead_is_not_like_itself(deals):
    found = deals.like("self", np.array([1.0, 0.5, 0.1], np.float16), OWN)
    assert [similar.lead_id for similar in found] == ["near", "middle", "far"]
    assert found[1].distance == pytest.approx(np.hypot(1.0, 0.1), abs=1e-3)
    assert found[0].won_on == "2025-03-01"


def test_in_common_is_what_speaks_for_both(deals):
    near, middle, far = deals.like("self", np.array([1.0, 0.5, 0.1], np.float16), OWN)
    assert near.in_common == ("Industry: Software", "Some pricing page visits")
    assert middle.in_common == ("One visit in 7 days",)  # another industry is nothing in common
    assert far.in_common == ()


@pytest.mark.parametrize(
    ("own", "theirs", "told"),
    [
        (("stage_sql", 7.0), ("stage_sql", 30.0), "Reached stage SQL"),
        (("stage_sql", 7.0), ("stage_sql", None), None),
        (("download_30d", 1.0), ("download: price_list_ever", 2.0), "Some downloads"),
        (("download_30d", 0.0), ("download: price_list_last", None), None),
        (("timeline_days", 30.0), ("timeline_days", 60.0), "Timeline: 30 (there: 60)"),
        (("timeline_days", None), ("timeline_days", 60.0), None),
        (("newsletter", 1.0), ("newsletter", 0.0), None),
        (("newsletter", 1.0), ("newsletter", 1.0), "Newsletter: yes"),
    ],
)
def test_what_two_leads_have_in_common_is_said_in_short_words(own, theirs, told):
    features = catalogue(LEADS)
    narrator = Narrator(features, Evidence({}, {}, {}, 0, 0), Scale((0.0, 1.0), hot=0.3, warm=0.1))

    def coded(reason: tuple[str, float | None]) -> tuple[int, float | None]:
        return narrator.names.index(reason[0]), reason[1]

    number, value = coded(own)
    concept = narrator.concepts.index(features[number].concept)
    for sign, as_told in ((1, "{}"), (-1, "against both: {}")):
        ways = {1: ([coded(theirs)], []), -1: ([], [coded(theirs)])}[sign]
        won = WonDeals([deal("won", [1.0], *ways)], narrator.names, narrator)
        reasons = one([concept], [number], [value], sign), one([], [], [], -sign)
        (found,) = won.like("own", np.array([1.0], np.float16), reasons)
        assert found.in_common == ((as_told.format(told),) if told else ())


def test_what_is_against_both_is_not_named_where_something_is_for_both(narrator):
    theirs = deal("won", [1.0], up=[(INDUSTRY, "Software")], down=[(BUDGET, None)])
    (found,) = WonDeals([theirs], narrator.names, narrator).like("own", np.array([1.0], np.float16), OWN)
    assert found.in_common == ("Industry: Software",)


def test_without_won_deals_there_is_nothing_similar(narrator):
    assert WonDeals([], (), narrator).like("self", np.zeros(3), OWN) == []
