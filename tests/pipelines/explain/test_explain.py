"""Explaining one lead: exact, in words, and the same as in the scores."""

import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from data.store import open_store
from features import catalogue
from models.explanation import NextQuestion
from models.scoring import score_chunk
from models.versions import Registry
from pipelines.cli.renderers.lead import _show_questions
from pipelines.explain.explain import find_lead, what_next

EXPLANATION = {
    "lead_id": str,
    "as_of": str,
    "probability": float,
    "score": int,
    "raw_log_odds": float,
    "base": float,
    "contributions": dict,
    "reasons_up": list,
    "reasons_down": list,
}
REASON = {"concept": str, "family": str, "sentence": str, "points": int}


@pytest.fixture(scope="module", params=["band == 'hot'", "band == 'cold'", "outcome == 'won'"])
def lead(request, scored, ended) -> pd.Series:
    """The row of a lead in the scores."""
    return pd.concat([scored.frame, ended]).query(request.param).iloc[0]


@pytest.fixture(scope="module")
def explained(lead, trained, leadscore) -> dict:
    return leadscore("explain", lead["lead_id"], "--workspace", trained.workspace.root, "--json").json


def test_the_json_of_an_explanation_keeps_its_contract(explained):
    assert {key: type(explained[key]) for key in EXPLANATION} == EXPLANATION
    for reason in [*explained["reasons_up"], *explained["reasons_down"]]:
        assert {key: type(value) for key, value in reason.items()} == REASON


def test_base_and_contributions_add_up_to_the_probability(explained):
    total = explained["base"] + sum(explained["contributions"].values())
    assert total == pytest.approx(explained["raw_log_odds"], abs=1e-6)
    assert total == pytest.approx(math.log(explained["probability"] / (1 - explained["probability"])), abs=1e-6)


def test_an_explanation_tells_what_the_scores_tell(explained, lead):
    same = ["lead_id", "probability", "score", "band", "disposition", "grade", "model_version"]
    assert {name: explained[name] for name in same} == {name: lead[name] for name in same}
    assert explained["stage"] == (None if pd.isna(lead["stage"]) else lead["stage"])
    assert pd.Timestamp(explained["as_of"]) == lead["as_of"]
    assert explained["as_of"].endswith("Z")


def test_when_it_may_be_won_is_told_as_in_the_scores(explained, lead):
    chances = [explained["when"][days] for days in ("30", "60", "90", "180")]
    assert chances == sorted(chances) == [lead[f"probability_{days}d"] for days in (30, 60, 90, 180)]
    assert explained["when"]["90"] == explained["probability"]
    assert 0 < explained["when"]["days_if_won"] == lead["days_if_won"] <= 180


def test_reasons_are_those_of_the_scores(explained, lead):
    for name in ("reasons_up", "reasons_down"):
        told = [f"{r['sentence']} ({r['family']}, {r['points']:+d})".replace("-", "−") for r in explained[name]]
        listed = [reason.replace("-", "−") for reason in lead[name]]
        assert told == [
            reason for reason in listed if ", " in reason.rpartition("(")[2]
        ]  # no line beside them has a family


def test_reasons_point_their_way_the_strongest_first(explained):
    up, down = ([reason["points"] for reason in explained[name]] for name in ("reasons_up", "reasons_down"))
    assert up == sorted(up, reverse=True)
    assert down == sorted(down)
    assert all(points > 0 for points in up)
    assert all(points < 0 for points in down)


def test_no_name_of_a_feature_reaches_sales(explained, trained):
    names = [feature.name for feature in catalogue(Registry(trained.workspace).champion().scorer.schema)]
    sentences = [reason["sentence"] for reason in [*explained["reasons_up"], *explained["reasons_down"]]]
    assert sentences
    assert [name for name in names if "_" in name and any(name in sentence for sentence in sentences)] == []


def test_people_are_told_in_sentences(leadscore, trained, explained):
    ran = leadscore("explain", explained["lead_id"], "--workspace", trained.workspace.root)
    head, told = ran.out.splitlines()[0], " ".join(ran.out.split())
    assert head == (
        f"{explained['lead_id']}  score {explained['score']}, {explained['band']}, grade {explained['grade']}, "
        f"stage {explained['stage']}: {explained['probability']:.1%} chance of winning as of {explained['as_of']}, "
        f"version 1; {explained['disposition']}"
    )
    assert all(f"{reason['points']:+d}" in told for reason in explained["reasons_up"])
    assert all(f"−{-reason['points']}" in told for reason in explained["reasons_down"])


def test_what_to_ask_is_shown_by_what_the_answers_change(capfd):
    _show_questions([NextQuestion("Budget", 7.5, 61, 5, "74,000", 67, 11, "7,000")])
    told = " ".join(capfd.readouterr().out.split())
    assert "Budget +5 (74,000) +11 (7,000)" in told
    assert "±" not in told


def test_what_to_ask_next_is_said_with_its_points(explained):
    for asked in explained["what_next"]:
        assert asked["points"] >= 1
        assert asked["lowest_score"] < asked["highest_score"]
        for end in ("lowest", "highest"):
            assert asked[f"{end}_score"] - asked[f"{end}_points"] == explained["score"]
    assert len(explained["what_next"]) <= 2


def test_a_version_that_knows_no_answers_asks_nothing_and_says_why(capfd, lead, trained):
    stored = Registry(trained.workspace).champion()
    with open_store(trained.workspace.store) as store:
        lead = find_lead(lead["lead_id"], trained.workspace, stored.settings, stored.scorer.schema, store)
    scored = score_chunk(lead.chunk, stored.scorer, lead.as_of)
    assert what_next(scored, replace(stored.scorer, questions=None)) is None
    assert "does not know what leads answer: run `leadscore train` again" in capfd.readouterr().err


def test_an_unknown_lead_is_refused(leadscore, trained):
    ran = leadscore("explain", "L-1", "--workspace", trained.workspace.root)
    assert (ran.code, ran.out) == (2, "")
    assert "there is no lead 'L-1'" in ran.err
    assert re.search(r"as of 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", ran.err)


NEEDED = ["schema.json", "rules.yaml", "scale.json", "evidence.json", "scorer.json", "recipe.json", "settings.json"]


@pytest.mark.parametrize("name", [*NEEDED, "training.json", "model.skops"])
def test_a_model_without_one_of_its_files_is_refused_by_name(leadscore, trained, name):
    (file,) = trained.workspace.artifacts.rglob(name)
    file.rename(file.with_suffix(".away"))
    try:
        ran = leadscore("explain", "L0000001", "--workspace", trained.workspace.root)
    finally:
        file.with_suffix(".away").rename(file)
    assert (ran.code, ran.out) == (1, "")
    assert f"version 1 lacks {name}" in ran.err
    assert "remedy:   run `leadscore train` again" in ran.err


def test_explaining_writes_nothing_into_the_quarantine(leadscore, workspace, scored):
    for file in workspace.quarantine.glob("*.csv"):
        file.unlink()
    assert leadscore("explain", scored.frame["lead_id"][0], "--workspace", workspace.root).code == 0
    assert list(workspace.quarantine.glob("*.csv")) == []
