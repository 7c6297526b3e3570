"""One recommendation for each lead: a decision table, what people said, and what an owner can do in a week."""

from datetime import date, datetime

import pandas as pd
import pytest

from models.scoring.recommendation import RULES, plan_week, recommend, rule_in_words, sentence_of

HOT = {"band": "hot", "disposition": "ready", "fit": "B", "engagement": "1", "probability": 0.4}
WARM = HOT | {"band": "warm", "disposition": "nurture", "probability": 0.1, "expected_value": 900.0}
COLD = HOT | {"band": "cold", "disposition": "nurture", "probability": 0.01}
DEMO = {"triggered_by": "Asked for a demo", "disposition": "ready"}
TODAY = date(2026, 3, 10)
SAID = ["lead_id", "verdict", "given_at", "by", "until"]
SET = ["lead_id", "disposition", "by"]


@pytest.mark.parametrize(
    ("lead", "recommendation", "rule"),
    [
        (HOT, "call now", "hot"),
        (HOT | {"fit": ""}, "call now", "hot"),
        (HOT | {"fit": "D", "disposition": "nurture"}, "call this week", "hot without fit"),
        (HOT | {"disposition": "discard"}, "leave", "discarded by the grid"),
        (COLD | DEMO, "call now", "trigger"),
        (HOT | DEMO | {"disqualified_by": "Student"}, "leave", "disqualified"),
        (COLD | {"disposition": "ready"}, "call this week", "agreed grid"),
        (WARM, "nurture", "not yet"),
        (WARM | {"expected_value": 1000.0}, "call this week", "valuable"),
        (WARM | {"expected_value": 1000.0, "fit": "D"}, "nurture", "not yet"),
        (COLD | {"expected_value": 1000.0}, "nurture", "not yet"),
        (COLD | {"fit": "D", "disposition": "discard"}, "leave", "cold"),
    ],
)
def test_the_first_rule_that_holds_decides(lead, recommendation, rule):
    decided = recommend(pd.DataFrame([lead]).fillna(""), usual_value=1000.0)
    assert decided.to_dict("records") == [{"recommendation": recommendation, "decided_by": rule}]


def test_without_amounts_nothing_is_valuable():
    assert recommend(pd.DataFrame([WARM | {"expected_value": 1e9}]))["decided_by"].tolist() == ["not yet"]


def candidates(**values: float) -> pd.DataFrame:
    """Hot leads of Ann, by their expected values."""
    known = {"owner": "Ann", "recommendation": "call now", "decided_by": "hot", "probability": 0.4}
    return pd.DataFrame([{"lead_id": lead, "expected_value": value, **known} for lead, value in values.items()])


def planned(leads: pd.DataFrame, verdicts=(), overrides=(), per_owner: int | None = 6) -> dict[str, tuple]:
    said, by_hand = pd.DataFrame([*verdicts], columns=SAID), pd.DataFrame([*overrides], columns=SET)
    decided = plan_week(leads, said, by_hand, per_owner, TODAY)
    return {row.lead_id: (row.recommendation, row.decided_by) for row in decided.itertuples()}


def test_an_owner_calls_a_days_share_now_the_others_this_week_and_nurtures_what_is_over():
    eight = planned(candidates(a=8, b=7, c=6, d=5, e=4, f=3, g=2, h=1))
    assert [eight[lead] for lead in "ab"] == [("call now", "hot")] * 2
    assert [eight[lead] for lead in "cdef"] == [("call this week", "later this week")] * 4
    assert [eight[lead] for lead in "gh"] == [("nurture", "capacity")] * 2


def test_who_has_a_trigger_is_called_now_wherever_it_stands_in_the_week():
    leads = candidates(a=8, b=7, c=6)
    leads.loc[1:, "decided_by"] = "trigger"
    assert planned(leads, per_owner=2) == {
        "b": ("call now", "trigger"),
        "c": ("call now", "trigger"),
        "a": ("nurture", "capacity"),
    }


def test_each_owner_has_a_week_of_their_own_and_nobodys_leads_fill_none():
    leads = candidates(a=8, b=7, c=6, d=5).assign(owner=["Ann", "Bob", None, None])
    assert set(planned(leads, per_owner=1).values()) == {("call now", "hot")}


def test_without_a_capacity_all_are_called():
    assert set(planned(candidates(a=8, b=7), per_owner=None).values()) == {("call now", "hot")}


def test_without_amounts_the_higher_chance_comes_first():
    leads = candidates(a=float("nan"), b=float("nan")).assign(probability=[0.3, 0.4])
    assert planned(leads, per_owner=1) == {"b": ("call now", "hot"), "a": ("nurture", "capacity")}


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ([("no fit", None)], ("leave", "not a fit")),
        ([("early", date(2026, 3, 11))], ("nurture", "too early")),
        ([("early", date(2026, 3, 10))], ("call now", "hot")),
        ([("early", None)], ("nurture", "too early")),
        ([("no fit", None), ("good", None)], ("call now", "hot")),
        ([("unreachable", None)] * 2, ("call now", "hot")),
        ([("unreachable", None)] * 3, ("nurture", "no answer")),
        ([("unreachable", None)] * 3 + [("good", None)], ("call now", "hot")),
    ],
)
def test_the_last_verdict_counts(said, decision):
    verdicts = [("a", verdict, datetime(2026, 3, 1), "Ann", until) for verdict, until in said]
    assert planned(candidates(a=8), verdicts)["a"] == decision


def test_too_early_holds_for_thirty_days_where_nobody_said_until_when():
    assert planned(candidates(a=8), [("a", "early", datetime(2026, 2, 8), "Ann", None)])["a"] == ("call now", "hot")


def test_a_lead_that_is_off_the_list_leaves_its_place_to_the_next():
    verdicts = [("a", "no fit", datetime(2026, 3, 1), "Ann", None)]
    assert planned(candidates(a=8, b=7, c=6), verdicts, per_owner=1) == {
        "a": ("leave", "not a fit"),
        "b": ("call now", "hot"),
        "c": ("nurture", "capacity"),
    }


def test_what_was_set_by_hand_stands_before_verdicts():
    verdicts = [("a", "no fit", datetime(2026, 3, 1), "Ann", None)]
    assert planned(candidates(a=8), verdicts, [("a", "ready", "Bob")])["a"] == ("call now", "by hand")


def test_the_sentence_has_what_decided():
    lead = HOT | {"decided_by": "capacity", "place": 21}
    assert sentence_of(lead) == (
        "Worth a call once there is time: 20 leads of its owner are worth more, and a week holds fewer."
    )
    early = HOT | {"decided_by": "too early", "by": "Ann", "until": date(2026, 5, 1)}
    assert sentence_of(early) == "Ann said that it is too early until 1 May 2026."
    value = WARM | {"decided_by": "valuable"}
    assert sentence_of(value) == "Its expected value, 900, is that of a usual hot lead, though its chance is 10 %."
    assert sentence_of({"decided_by": None}) == rule_in_words("") == ""


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_words(code):
    assert rule_in_words(code)
    assert sentence_of(HOT | {"decided_by": code})[-1] == "."
