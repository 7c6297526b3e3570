"""Why a score changed, on explanations that can be checked by head."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.vocabulary import Family
from features import ActiveDays, EventCount, Feature, Given, Recency
from models.explanation.contributions import Contributions
from models.explanation.evidence import Evidence
from models.explanation.reasons import Narrator
from models.explanation.score_change import Snapshot, _better, change_in_words, changes_between, with_values
from models.scale import Scale, points_between, position

COLUMNS = ("industry", "budget", "visits_7d", "visits_30d")
RULER = Scale(tuple(np.linspace(-5, 5, 101)), hot=0.3, warm=0.1)
"""Ten points for each unit of log-odds."""


@pytest.fixture
def narrator(features) -> Narrator:
    return Narrator(
        features, Evidence({"industry": ["Software"]}, {"industry": [9, 0]}, {"industry": [1, 0]}, 9, 1), RULER
    )


def snapshot(*contributions: float, stored: list[float] | None = None, **values) -> Snapshot:
    row = {"industry": "Software", "budget": np.nan, "visits_7d": 0.0, "visits_30d": 0.0} | values
    features = pd.DataFrame([row]).astype({"industry": "str"})
    concepts = np.array(stored, np.float16) if stored else None
    explained = Contributions(COLUMNS, np.array([contributions]), 0.0)
    return Snapshot(features, explained, sum(stored or contributions), concepts)


def test_a_change_says_what_became_of_what(narrator):
    then = snapshot(0.5, -0.25, 0.5, 1.0, visits_7d=2.0, visits_30d=3.0)
    now = snapshot(0.5, 0.375, 0.25, -0.125, visits_30d=0.0, budget=20_000.0)
    told = [(change.points, change.sentence) for change in changes_between(then, now, narrator)]
    assert told == [
        (-14, "No visit in 30 days (before: 3 visits in 30 days)"),
        (6, "Budget: 20,000 (before: not given)"),
    ]


def test_what_did_not_change_is_not_told(narrator):
    same = snapshot(0.3, 0.1, 0.2, 0.7)
    assert changes_between(same, same, narrator) == []


def test_a_value_that_stands_still_says_so(narrator):
    (change,) = changes_between(snapshot(0.5, 0, 0, 0), snapshot(1.5, 0, 0, 0), narrator)
    assert change.sentence == "Industry: Software, as before, beside what else changed"


def test_a_value_that_speaks_the_other_way_says_so(narrator):
    more = snapshot(0, 0, -0.1, 0, visits_7d=3.0)
    (change,) = changes_between(snapshot(0, 0, 0, 0, visits_7d=2.0), more, narrator)
    assert change.points == -1
    assert change.sentence == "3 visits in 7 days (before: 2 visits in 7 days), beside what else changed"


LAST = Feature("last", "downloads", Family.BEHAVIOURAL, Recency("download"), "Last one {value} ago", "–", unit="age")
CAREERS = replace(LAST, source=Recency("careers_visit"))
COUNT, DAYS = replace(LAST, source=EventCount("download", 7)), replace(LAST, source=ActiveDays(7))
VALUE = replace(LAST, source=Given("budget"))


@pytest.mark.parametrize(
    ("feature", "before", "after", "sign"),
    [
        (COUNT, 2.0, 3.0, 1),
        (COUNT, 1.0, 0.0, -1),
        (replace(LAST, source=EventCount("careers_visit", 7)), 0.0, 1.0, -1),
        (DAYS, 0.0, 2.0, 1),
        (LAST, 30.0, 1.0, 1),
        (LAST, None, 90.0, 1),
        (COUNT, None, 1.0, 0),
        (CAREERS, 30.0, 1.0, -1),
        (replace(LAST, family=Family.TIMING), 30.0, 1.0, 0),
        (VALUE, 5.0, 9.0, 0),
    ],
)
def test_more_or_newer_is_better_except_visits_to_the_careers_page(feature, before, after, sign):
    assert np.sign(_better(feature, before, after)) == sign


def test_of_values_that_nobody_kept_only_the_change_is_known(narrator):
    then = snapshot(1.0, 0, 0, 0, stored=[-1.0, 0.0, 0.0])
    (change,) = changes_between(then, snapshot(1.0, 0, 0, 0), narrator)
    assert (change.points, change.sentence) == (20, "Industry: Software (before: another value)")


def test_a_rare_level_is_not_repeated(narrator):
    (change,) = changes_between(snapshot(0, 0, 0, 0), snapshot(1, 0, 0, 0, industry="Erika Mustermann"), narrator)
    assert change.sentence == "Industry: a rare one (before: Software)"


@given(arrays(float, (1, 5), elements=st.floats(-3, 3)), st.floats(-9, 9))
def test_points_between_two_scores_add_up(parts, start):
    ends = np.array([start]), np.array([start + parts.sum()])
    scores = [np.rint(position(RULER, end)) for end in ends]
    assert points_between(RULER, parts, *ends).sum() == (scores[1] - scores[0])[0]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("Not yet MQL", "Became MQL 7 to 13 days ago", "Became MQL 7 to 13 days ago (before: Not yet MQL)"),
        ("Industry: Real Estate", "Industry: Real Time", "Industry: Real Time (before: Real Estate)"),
        (
            "Became QSO 1 to 6 days ago",
            "Became QSO 7 to 13 days ago",
            "Became QSO 7 to 13 days ago (before: 1 to 6 days ago)",
        ),
        ("No visit in 7 days", "2 visits in 7 days", "2 visits in 7 days (before: No visit in 7 days)"),
        ("Industry: Retail", "Industry not given", "Industry not given (before: Retail)"),
    ],
)
def test_what_it_is_about_is_said_once(before, after, sentence):
    assert change_in_words(before, after) == sentence


def test_values_that_were_written_down_count_more_than_those_of_today():
    design = pd.DataFrame({"industry": pd.Series(["Retail"], dtype="str"), "budget": [5.0]})
    changed = with_values(design, {"industry": None, "budget": 7})
    assert (changed["industry"].isna().tolist(), changed["budget"].tolist()) == ([True], [7.0])
    assert changed.dtypes.equals(design.dtypes)
