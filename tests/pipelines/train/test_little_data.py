"""Hardly any data: the rules decide, every verb works, and it is said what is missing; no lead at all is an error."""

import json
from pathlib import Path

import pandas as pd
import pytest

TIMED = ("--created", "Created", "--closed", "Closed", "--horizon", "90")
LITTLE = {
    "two leads": (
        ["won", "lost"],
        (),
        "1 lead was won, and 3 are needed that are old enough; it takes",
    ),
    "no win": (["lost"] * 60, (), "0 leads were won, 0 of them old enough to learn from, and 3 are needed; all leads"),
    "none closed": ([""] * 60, (), "no lead has closed, so that the level of the probabilities is not known"),
    "too short a time": (
        ["won", "lost", ""] * 20,
        TIMED,
        "no window is over: the level of the probabilities is that of",
    ),
    "none closed in time": (
        [""] * 60,
        TIMED,
        "no lead has closed, so that the level of the probabilities is not known",
    ),
}


@pytest.fixture(params=LITTLE)
def little(request, tmp_path) -> tuple[list, str]:
    """What tells a training of a small file, and what it is to say."""
    ends, options, said = LITTLE[request.param]
    return given(tmp_path, ends, options), said


def given(folder: Path, ends: list[str], options: tuple[str, ...]) -> list:
    """Write leads that came on one day after the other, the later ones from larger firms."""
    created = pd.date_range("2025-01-01", periods=len(ends))
    leads = pd.DataFrame({"Id": [f"L{n:02d}" for n in range(len(ends))], "Status": ends, "Created": created})
    leads["Employees"] = [10 + 20 * number for number in range(len(ends))]
    leads["Industry"] = ["Software", "Retail"] * (len(ends) // 2)
    if "Closed" in options:
        leads["Closed"] = (created + pd.Timedelta(days=5)).where(leads["Status"] != "")
    leads.to_csv(folder / "leads.csv", index=False)
    named = ["--id", "Id", "--outcome", "Status", "--won", "won", "--lost", "lost"]
    return ["--leads", folder / "leads.csv", *named, *options]


def test_little_data_are_left_to_the_rules_and_every_verb_works(little, leadscore, tmp_path):
    options, said = little
    place = ["--workspace", tmp_path / "var"]
    result = leadscore("train", *options, *place, "--json").json
    assert (result["rung"], result["promoted"], result["metrics"]["model"]["auc"]) == ("rules", True, None)
    assert said in result["why"]
    to_score = ["--leads", tmp_path / "leads.csv", "--out", tmp_path / "scores.csv"]
    assert leadscore("score", *to_score, *place, "--json").json["scored"]
    assert pd.read_csv(tmp_path / "scores.csv")["probability"].between(0.001, 0.999).all()
    for verb in (["explain", "L01"], ["compare"], ["compare", "--card"], ["monitor"], ["report"]):
        ran = leadscore(*verb, *place)
        assert (ran.code, "nan" in ran.out, "Warning" in ran.err) == (0, False, False), ran.err


@pytest.mark.parametrize(("case", "often"), [("none closed", 5), ("none closed in time", 5), ("too short a time", 1)])
def test_an_open_lead_is_no_lost_one_in_any_figure(case, often, leadscore, tmp_path):
    ends, options, _ = LITTLE[case]
    place = ["--workspace", tmp_path / "var"]
    result = leadscore("train", *given(tmp_path, ends * often, options), *place, "--json").json
    assert (result["metrics"]["rules"]["log_loss"], result["metrics"]["rules"]["base_rate"]) == (None, None)
    assert result["base_rates"] == {"older": None, "newest": None}
    assert (result["bars"], result["standing"]) == ([], {"tenths": [], "grades": []})
    assert [rule["leads"] for rule in result["rules_review"] if rule["leads"]] == []
    assert [lift for lift in result["closing"].values() if lift] == []
    (reference,) = (tmp_path / "var").rglob("reference.json")
    assert set(json.loads(reference.read_text())["score"]["calibration"]) == {1.0}
    (evidence,) = (tmp_path / "var").rglob("evidence.json")
    assert json.loads(evidence.read_text())["all_leads"] == 0


def test_without_a_closed_lead_a_win_is_taken_for_rare(leadscore, tmp_path):
    leadscore("train", *given(tmp_path, [""] * 60, ()), "--workspace", tmp_path / "var")
    leadscore("score", "--out", tmp_path / "scores.csv", "--workspace", tmp_path / "var")
    assert pd.read_csv(tmp_path / "scores.csv")["probability"].mean() == pytest.approx(0.01, rel=0.2)


def test_a_second_training_on_little_data_is_kept_back_for_nothing_can_be_compared(leadscore, tmp_path):
    place, options = ["--workspace", tmp_path / "var"], given(tmp_path, ["won"] * 60, ())
    assert leadscore("train", *options, *place, "--json").json["promoted"]
    again = leadscore("train", *options, "--drop", "Industry", *place, "--json").json
    assert not again["promoted"] and "there are not both won and lost leads to compare on" in again["why"]
    told = leadscore("compare", *place)
    assert (told.code, "would not be promoted: nothing can be compared" in told.out) == (0, True)


def test_two_horizons_and_a_half_are_learned_from_without_a_tune_block(leadscore, tmp_path):
    options = given(tmp_path, ["won", "lost", "lost"] * 100, (*TIMED[:4], "--horizon", "110"))
    leads = pd.read_csv(tmp_path / "leads.csv").drop(columns=["Employees", "Industry"]).assign(Size=range(300))
    leads.to_csv(tmp_path / "leads.csv", index=False)
    result = leadscore("train", *options, "--workspace", tmp_path / "var", "--json").json
    assert (result["rules_kind"], result["window"]["tune"]["snapshots"]) == ("scorecard", 0)
    assert result["window"]["fit"]["snapshots"] and result["window"]["test"]["snapshots"]
    assert "to learn everything takes leads over more than 330 days" in result["why"]


def test_where_no_column_makes_a_feature_all_get_the_base_rate(leadscore, tmp_path):
    options = given(tmp_path, ["won", "lost", "lost", "lost"] * 100, ())
    leads = pd.read_csv(tmp_path / "leads.csv")[["Id", "Status"]].assign(Industry="Retail")
    leads.to_csv(tmp_path / "leads.csv", index=False)
    place = ["--workspace", tmp_path / "var"]
    result = leadscore("train", *options, *place, "--json").json
    assert result["rung"] == "rules" and "no column tells leads apart" in result["why"]
    assert leadscore("score", "--leads", tmp_path / "leads.csv", "--out", tmp_path / "scores.csv", *place).code == 0
    assert pd.read_csv(tmp_path / "scores.csv")["probability"].unique() == pytest.approx([0.25], abs=0.01)


def test_wins_of_old_leads_alone_are_said_not_to_be_enough(leadscore, tmp_path):
    options = given(tmp_path, ["won", "lost"] * 150 + ["lost"] * 300, ())
    result = leadscore("train", *options, "--order", "rows", "--workspace", tmp_path / "var", "--json").json
    assert "150 leads were won; to learn everything takes some in each block, old and new" in result["why"]


def test_no_lead_at_all_stays_an_error(leadscore, tmp_path):
    ran = leadscore("train", *given(tmp_path, [], ()), "--workspace", tmp_path / "var")
    assert (ran.code, ran.out) == (2, "")
