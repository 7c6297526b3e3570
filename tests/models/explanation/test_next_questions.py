"""What to ask next, with answers and scores that can be counted by head."""

from dataclasses import replace

import numpy as np
import pandas as pd

from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from features import FIELDS_GIVEN, catalogue
from models.explanation.next_questions import gather_questions, questions_from_json, questions_to_json, what_next

SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("budget", "Budget", Kind.NUMBER, Family.DECLARED),
        Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
        Attribute("technologies", "Technologies", Kind.SET, Family.FIRMOGRAPHIC, ("aws", "sap")),
        Attribute("source", "Source", Kind.CATEGORY, Family.SOURCE),
    ),
    personal=("job_title", "company"),
)
FEATURES = catalogue(SCHEMA)
BY_NAME = {feature.name: feature for feature in FEATURES}
LEADS = np.array([f"lead {number}" for number in range(100)])
UNKNOWN = {feature.name: None if feature.categorical else np.nan for feature in FEATURES}


def rows(count: int, **columns) -> pd.DataFrame:
    texts = {feature.name: "str" for feature in FEATURES if feature.categorical}
    filled = UNKNOWN | {"fields_given": 0.0, "company_given": 0.0} | columns
    return pd.DataFrame(filled, index=range(count)).astype(texts)


HISTORY = rows(
    100,
    budget=[0.0] * 60 + [100.0] * 20 + [np.nan] * 20,
    industry=["Software"] * 50 + ["Retail"] * 46 + ["Erika Mustermann"] * 4,
    technologies_aws=[1.0] * 100,
    technologies_sap=[0.0] * 50 + [1.0] * 50,
    source=["web"] * 100,
)
QUESTIONS = {question.field: question for question in gather_questions(FEATURES, SCHEMA, HISTORY, LEADS)}


def score(features: pd.DataFrame) -> np.ndarray:
    """40 points, 30 more for a large budget, and 10 more or less by the industry."""
    industry = features["industry"].map({"Software": 10.0, "Retail": -10.0}).fillna(0.0)
    return (40 + 0.3 * features["budget"].fillna(0.0) + industry).to_numpy(float)


def asked(row: pd.DataFrame) -> list:
    return what_next(QUESTIONS.values(), row, BY_NAME, score)


def asked_of(field: str, score) -> list:
    """Return what is told of one question by a score of one's own."""
    return what_next([QUESTIONS[field]], rows(1), BY_NAME, lambda features: score(features).to_numpy(float))


def test_the_answer_that_moves_the_score_most_is_asked_for_first():
    first, second = asked(rows(1))
    assert (first.field, round(first.points, 1)) == ("Industry", 10.0)
    assert (second.field, round(second.points, 1)) == ("Budget", 7.5)  # a quarter of the leads say 100: 30 points
    assert (second.lowest_score, second.lowest, second.highest_score, second.highest) == (40, "0", 70, "100")


def test_the_ends_are_told_by_their_difference_to_the_present_score():
    first, second = asked(rows(1))
    assert (first.lowest_points, first.highest_points) == (-10, 10)
    assert (second.lowest_points, second.highest_points) == (0, 30)


def test_both_ends_may_lie_above_the_present_score():
    (told,) = asked_of("Budget", lambda rows: 40 + (rows["budget"] + 100).fillna(0.0) / 20)
    assert (told.lowest_points, told.highest_points) == (5, 10)
    assert (told.lowest_score, told.highest_score) == (45, 50)


def test_a_question_with_one_answer_or_one_score_is_none():
    one = replace(QUESTIONS["Budget"], answers=((100.0,),), shares=(1.0,))
    assert what_next([one], rows(1), BY_NAME, score) == []
    assert asked_of("Budget", lambda rows: 9.0 * rows["fields_given"]) == []


def test_a_question_whose_every_answer_lowers_the_score_comes_last():
    def lowered(features: pd.DataFrame) -> np.ndarray:
        return score(features) - 40 * features["industry"].notna().to_numpy()

    told = what_next(QUESTIONS.values(), rows(1), BY_NAME, lowered)
    assert [question.field for question in told] == ["Budget", "Industry"]
    assert told[1].highest_points < 0 < told[0].points < told[1].points


def test_what_is_known_is_not_asked():
    assert [question.field for question in asked(rows(1, industry="Retail"))] == ["Budget"]
    assert asked(rows(1, industry="Retail", budget=5.0)) == []


def test_where_a_lead_came_from_is_no_question():
    assert set(QUESTIONS) == {"Budget", "Industry", "Technologies"}


def test_answers_of_few_leads_are_not_stored():
    assert QUESTIONS["Industry"].answers == (("Retail",), ("Software",))
    assert "Erika" not in questions_to_json(list(QUESTIONS.values()))


def test_the_members_of_a_set_are_one_answer():
    assert QUESTIONS["Technologies"].answers == ((1.0, 0.0), (1.0, 1.0))
    told = what_next([QUESTIONS["Technologies"]], rows(1), BY_NAME, lambda rows: 9 * rows["technologies_sap"].fillna(0))
    assert (told[0].lowest, told[0].highest) == ("aws", "aws, sap")


def test_a_lead_counts_once_for_an_answer():
    many = pd.concat([HISTORY, *[HISTORY[:1]] * 500], ignore_index=True)
    leads = np.array([*LEADS, *[LEADS[0]] * 500])
    again = {question.field: question for question in gather_questions(FEATURES, SCHEMA, many, leads)}
    assert again["Budget"].shares == QUESTIONS["Budget"].shares == (0.75, 0.25)


def test_numbers_stand_for_equal_shares_of_the_leads():
    history = rows(100, budget=np.arange(100) * 1234.0)
    (question,) = gather_questions(FEATURES, SCHEMA, history, LEADS)
    assert question.shares == (1 / 8,) * 8
    assert question.answers[0] == (7400.0,)  # 6 · 1,234 in two digits


def test_a_title_is_asked_for_where_there_is_none():
    titles = rows(100, job_rank=["Director"] * 100, job_department=["IT"] * 50 + [None] * 50, job_title_made_up=0.0)
    questions = {each.field: each for each in gather_questions(FEATURES, SCHEMA, titles, LEADS)}
    assert set(questions["Job title"].answers) == {("Director", "IT", 0.0), ("Director", None, 0.0)}
    (told,) = what_next(questions.values(), rows(1), BY_NAME, lambda rows: 20.0 * (rows["job_department"] == "IT"))
    assert (told.field, told.points, told.highest_score) == ("Job title", 10.0, 20)


def test_an_answer_is_one_more_field_that_is_filled_in():
    assert FIELDS_GIVEN.name in BY_NAME
    (told,) = asked_of("Budget", lambda rows: 7 * rows["fields_given"] + rows["budget"].fillna(0.0) / 100)
    assert (told.lowest_points, told.highest_points) == (7, 8)


def test_questions_come_back_from_json():
    there = tuple(QUESTIONS.values())
    assert questions_from_json(questions_to_json(there)) == there
    assert questions_from_json(questions_to_json(None)) is None
