"""One signal is one reason: what counts the same events is counted under one name."""

import numpy as np
import pandas as pd
import pytest

from data.schema import EventType, Schema
from features import Feature, catalogue
from models.explanation.concepts import Concepts
from models.members import Contributions
from models.rules import load_rules, term_features

SCHEMA = Schema(timed=True, event_types=(EventType("email_click"), EventType("webinar")))
CLICKS, WEBINARS = "clicks in e-mails", "webinars attended"


@pytest.fixture
def features() -> tuple[Feature, ...]:
    return (*catalogue(SCHEMA), *term_features(load_rules(), SCHEMA, within_caps=True))


def merged(features: tuple[Feature, ...], cells: dict[str, float], added: dict[str, float]) -> dict[str, float]:
    """What each concept adds that adds anything, for a lead that did nothing but that."""
    concepts = Concepts(features)
    row = {each.name: cells.get(each.name, np.nan if each.traits.days_since else 0.0) for each in features}
    of_lead = Contributions(tuple(added), np.array([[*added.values()]]), 0.0)
    frame = pd.DataFrame([row])
    once = concepts.merged_once(of_lead, frame, concepts.absent([*row], frame))[0]
    return {name: value for name, value in zip(concepts.names, once.tolist(), strict=True) if value}


def test_clicks_that_the_rules_and_activity_count_too_are_one_reason(features):
    did = {"email_click_30d": 3.0, "email_click_ever": 3.0, "active_days_30d": 2.0, "rule: Clicked in an e-mail": 6.0}
    added = {"email_click_30d": 1.0, "active_days_30d": 0.5, "rule: Clicked in an e-mail": 0.25}
    assert merged(features, did, added) == {CLICKS: 1.75}


def test_activity_of_several_types_is_shared_out_to_them_by_their_events(features):
    did = {"email_click_30d": 3.0, "email_click_ever": 9.0, "webinar_30d": 1.0, "webinar_ever": 1.0}
    added = {"email_click_ever": 1.0, "active_days_30d": 0.5, "webinar_ever": -0.5}
    assert merged(features, did | {"active_days_30d": 2.0}, added) == {CLICKS: 1.375, WEBINARS: -0.375}


def test_a_lack_of_activity_is_a_reason_of_its_own(features):
    did = {"email_click_ever": 3.0, "webinar_ever": 1.0}
    assert merged(features, did, {"email_click_ever": 1.0, "active_days_30d": -0.5}) == {CLICKS: 1, "activity": -0.5}


def test_of_a_lead_that_did_nothing_that_is_said_once(features):
    added = {"email_click_30d": -1.0, "webinar_ever": -0.5, "active_days_30d": -0.25}
    assert merged(features, {}, added) == {"activity": -1.75}


def test_a_rule_is_of_the_concept_that_it_asks_about(features):
    concepts = {each.name: each.concept for each in features if each.traits.from_rules}
    assert concepts["rule: Attended a webinar"] == WEBINARS
    assert concepts["rule: Decision maker"] == "Decision maker"  # no column of these leads says who decides
    assert "rule caps" not in concepts


def test_a_concept_is_absent_where_all_of_its_features_say_that_there_is_nothing(features):
    concepts = Concepts(features)
    names = ("email_click_30d", "email_click_last", "webinar_ever")
    rows = pd.DataFrame({"email_click_30d": [0.0, 0.0], "email_click_last": [np.nan, 30.0], "webinar_ever": [1.0, 0.0]})
    absent = concepts.absent(names, rows)
    assert absent[:, concepts.code[CLICKS]].tolist() == [True, False]
    assert absent[:, concepts.code[WEBINARS]].tolist() == [False, True]
