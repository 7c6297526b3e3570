"""What is decided of a lead stands before what it decides alone, in files as on pages."""

from datetime import date

import pyarrow as pa
import pytest

from data.config import Settings
from pipelines.recommendations import recommendation_of, with_recommendations

SETTINGS = Settings.model_validate({"tables": {"leads": "leads.csv"}, "recommendations": {"leave": "drop"}})
HOT = {"recommendation": "call now", "decided_by": "hot", "probability": 0.4}
EARLY = {"recommendation": "nurture", "decided_by": "too early", "by": "Ann", "until": date(2026, 5, 1), "place": None}


def test_a_decision_stands_before_the_leads_own():
    assert recommendation_of(HOT, SETTINGS)["rule"] == "hot, with fit at least C"
    assert recommendation_of(HOT, SETTINGS, EARLY) == {
        "recommendation": "nurture",
        "rule": "verdict: too early",
        "sentence": "Ann said that it is too early until 1 May 2026.",
    }


def test_recommendations_have_the_names_of_the_settings():
    assert recommendation_of({**HOT, "recommendation": "leave"}, SETTINGS)["recommendation"] == "drop"


def test_a_file_has_what_is_decided_of_open_leads_and_nothing_of_closed_ones():
    scores = pa.table(
        {
            "lead_id": ["a", "b", "c"],
            "recommendation": ["call now", "leave", ""],
            "decided_by": ["hot", "cold", ""],
            "stage": ["sql", "mql", "customer"],
        }
    )
    written = with_recommendations(scores, {"a": EARLY, "c": EARLY}, SETTINGS).to_pylist()
    assert written == [
        {"lead_id": "a", "recommendation": "nurture", "recommendation_rule": "verdict: too early", "stage": "sql"},
        {"lead_id": "b", "recommendation": "drop", "recommendation_rule": "cold, with fit D", "stage": "mql"},
        {"lead_id": "c", "recommendation": "", "recommendation_rule": "", "stage": "customer"},
    ]


def test_a_name_for_what_is_no_recommendation_is_refused():
    with pytest.raises(ValueError, match="recommendations"):
        Settings.model_validate({"tables": {"leads": "leads.csv"}, "recommendations": {"ring": "x"}})
