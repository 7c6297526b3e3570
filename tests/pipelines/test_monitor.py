"""Monitoring: leads after the training are held against it, and only a change of the world asks for a training."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.versions import Registry

TIMES = {"leads": "created_at", "events": "occurred_at", "stages": "entered_at", "outcomes": "closed_at"}
LATER = pd.Timedelta(days=120)
AS_OF = pd.Timestamp("2026-05-01", tz="UTC")
"""The end of the simulated data, once all of it has been moved by these days."""

LAST_MONTH = AS_OF - pd.Timedelta(days=30)

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def later(config) -> Tables:
    """The tables of the training as if all had happened 120 days later: the same world, and no lead is known."""
    tables = {name: pd.read_parquet(config.parent / f"{name}.parquet") for name in TIMES}
    return {name: table.assign(**{TIMES[name]: table[TIMES[name]] + LATER}) for name, table in tables.items()}


@pytest.fixture
def monitored(leadscore, trained, tmp_path) -> Callable[..., tuple[int, dict, str]]:
    """Monitor tables at a moment; return the exit code, the JSON and the page."""

    def run(tables: Tables, as_of: pd.Timestamp = AS_OF) -> tuple[int, dict, str]:
        folder, page = tmp_path / "crm", tmp_path / "page.html"
        folder.mkdir(exist_ok=True)
        for name, table in tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        where = ("--workspace", trained.workspace.root, "--leads", folder, "--out", page)
        ran = leadscore("monitor", *where, "--as-of", as_of.isoformat(), "--json")
        return ran.code, json.loads(ran.out or "{}"), page.read_text(encoding="utf-8") if page.exists() else ran.err

    return run


def won_in_the_end(tables: Tables, since: pd.Timestamp = LAST_MONTH) -> Tables:
    """Let all deals that closed after a moment be won."""
    outcomes = tables["outcomes"]
    return {**tables, "outcomes": outcomes.assign(won=outcomes["won"] | (outcomes["closed_at"] > since))}


def test_the_same_world_is_no_drift(monitored, later):
    code, told, _ = monitored(later)
    assert (code, told["retrain"], told["why"]) == (0, False, [])
    assert (told["model_version"], told["as_of"]) == ("1", "2026-05-01T00:00:00Z")
    assert told["wins"]["low"] <= told["wins"]["won"] <= told["wins"]["high"]


def test_outcomes_stand_beside_those_of_the_training_with_intervals(monitored, later, trained):
    outcomes = monitored(later)[1]["outcomes"]
    assert outcomes["matured"] > outcomes["won"] > 0
    for name in ("auc", "log_loss", "lift_10", "calibration"):
        low, high = outcomes[f"{name}_ci"]
        assert low <= outcomes[name] <= high
    assert outcomes["then"]["auc"] == trained.ran.json["metrics"]["model"]["auc"]


def test_every_feature_is_looked_at(monitored, later, trained):
    features = monitored(later)[1]["features"]
    known = Registry(trained.workspace).champion().scorer.catalogue
    assert {feature["feature"] for feature in features} == {feature.name for feature in known}
    assert {"concept", "psi", "unseen_share", "missing_share", "missing_share_then"} <= set(features[0])


def test_more_wins_than_expected_ask_for_a_training(monitored, later):
    code, told, page = monitored(won_in_the_end(later))
    assert (code, told["retrain"]) == (3, True)
    said = r"Wins from 1 Apr 2026 to 1 May 2026: \d+, where the model expects \d+ \(\d+–\d+\)"
    assert re.fullmatch(said, told["why"][0])
    assert told["why"][0] in page


def test_levels_that_the_model_does_not_know_ask_for_a_training(monitored, later):
    leads = later["leads"]
    renamed = {
        **later,
        "leads": leads.assign(industry=leads["industry"].replace({"Software": "SaaS", "Retail": "Shops"})),
    }
    code, told, _ = monitored(renamed)
    assert code == 3
    assert "industry has shifted" in told["why"][0]
    assert re.search(r"; values that the model does not know rose from \d% to [23]\d%", told["why"][0])


def test_nothing_later_than_the_moment_is_used(monitored, later):
    """Tables that end at the moment, and tables that go on, with other outcomes, tell the same."""
    moment = AS_OF - pd.Timedelta(days=10)
    ended = {name: table[table[TIMES[name]] <= moment] for name, table in later.items()}
    told = [monitored(tables, moment)[1] for tables in (won_in_the_end(later, since=moment), ended)]
    assert told[0]["wins"]["won"] > 0
    assert told[0]["outcomes"]
    assert {**told[0], "seconds": 0} == {**told[1], "seconds": 0}


def test_where_no_outcome_arrives_wins_are_not_judged(monitored, later):
    outcomes = later["outcomes"]
    known_until, stages = AS_OF - pd.Timedelta(days=35), later["stages"]
    late = outcomes[outcomes["closed_at"] < known_until]
    open_still = stages[~(stages["stage"].isin(["customer", "lost"]) & (stages["entered_at"] >= known_until))]
    code, told, page = monitored({**later, "outcomes": late, "stages": open_still})
    assert (code, told["wins"]) == (0, None)
    assert "No lead is known to have closed since 1 Apr 2026" in told["notes"][0]
    assert told["notes"][0] in page


def test_leads_without_their_events_are_no_drift_but_an_error(monitored, later):
    code, _, error = monitored({"leads": later["leads"], "outcomes": later["outcomes"]})
    assert code == 2
    assert "there is no table of events and stages" in error


def test_right_after_the_training_there_is_little_to_judge(leadscore, trained, tmp_path):
    ran = leadscore("monitor", "--workspace", trained.workspace.root, "--out", tmp_path / "page.html")
    assert ran.code == 0
    assert "No drift that asks for a training." in ran.out
    assert "No day has passed since the training" in ran.err
    assert "the first will by 1 Apr 2026" in ran.err


def test_the_page_opens_offline(leadscore, workspace):
    assert leadscore("monitor", "--workspace", workspace.root).code == 0
    text = workspace.monitor.read_text(encoding="utf-8")
    assert "pricing page visits" in text
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)|@import|url\((?!#)""", text) == []


def test_a_version_without_a_reference_is_to_be_trained_again(leadscore, trained, monkeypatch):
    older = replace(Registry(trained.workspace).champion(), baseline=None)
    monkeypatch.setattr(Registry, "champion", lambda self: older)
    ran = leadscore("monitor", "--workspace", trained.workspace.root)
    assert ran.code == 1
    assert "run `leadscore train` again" in ran.err


# Flat mode

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def flat(leadscore, export, tmp_path_factory) -> Path:
    """A workspace that learned from 600 final outcomes; one column has a hostile name."""
    root = tmp_path_factory.mktemp("flat")
    file = root / "leads.csv"
    pd.read_csv(export, dtype="str").rename(columns={"Channel": HOSTILE}).to_csv(file, index=False)
    roles = ("--id", "Id", "--outcome", "Status", "--order", "Id", "--drop", "Created", "--drop", "Closed")
    ran = leadscore("train", "--leads", file, *roles, "--workspace", root)
    assert ran.code == 0, ran.err
    return root


def changed(flat: Path, tmp_path: Path, **columns) -> Path:
    file = tmp_path / "newer.csv"
    pd.read_csv(flat / "leads.csv", dtype="str").assign(**columns).to_csv(file, index=False)
    return file


def test_outcomes_without_moments_are_judged_on_newer_leads_only(leadscore, flat, tmp_path):
    renamed = [f"new {number}" for number in range(600)]
    own = leadscore("monitor", "--workspace", flat, "--json").json
    again = leadscore("monitor", "--leads", changed(flat, tmp_path), "--workspace", flat, "--json").json
    newer = leadscore("monitor", "--leads", changed(flat, tmp_path, Id=renamed), "--workspace", flat, "--json").json
    for told in (own, again):
        assert told["outcomes"] is None
        assert "give leads that are newer than the training (--leads)" in told["notes"][0]
    assert newer["outcomes"]["matured"] == 600


def test_a_flat_file_in_which_all_is_won_asks_for_a_training(leadscore, flat, tmp_path):
    status = ["won"] * 500 + ["lost"] * 100
    ran = leadscore("monitor", "--leads", changed(flat, tmp_path, Status=status), "--workspace", flat, "--json")
    assert ran.code == 3
    assert "Of 600 outcomes since the training 500 are wins" in json.loads(ran.out)["why"][0]


def test_a_flat_file_in_which_all_is_lost_asks_for_a_training(leadscore, flat, tmp_path):
    ran = leadscore("monitor", "--leads", changed(flat, tmp_path, Status="lost"), "--workspace", flat)
    assert ran.code == 3
    assert "Of 600 outcomes since the training 0 are wins" in ran.out
    assert "Outcomes since the training: AUC –, wins over expected wins 0.00 (0.00-0.00)" in ran.out
    assert "nan" not in (flat / "monitor.html").read_text(encoding="utf-8")


def test_that_nothing_could_be_judged_is_no_all_clear(leadscore, flat, tmp_path):
    few = tmp_path / "few.csv"
    pd.read_csv(flat / "leads.csv", dtype="str").head(4).to_csv(few, index=False)
    ran = leadscore("monitor", "--leads", few, "--workspace", flat)
    said = "Nothing could be judged: 4 leads to look at, where 50 are needed, and too few outcomes"
    assert (ran.code, f"{said}." in ran.out, "No drift" in ran.out) == (0, True, False)
    assert f"<h1>{said}</h1>" in (flat / "monitor.html").read_text(encoding="utf-8")


def test_a_flat_file_with_other_numbers_asks_for_a_training(leadscore, flat, tmp_path):
    ran = leadscore("monitor", "--leads", changed(flat, tmp_path, Visits=[9] * 600), "--workspace", flat)
    assert ran.code == 3
    assert "Visits has shifted: PSI" in ran.out


def test_what_columns_are_called_is_no_markup(leadscore, flat):
    leadscore("monitor", "--workspace", flat)
    text = (flat / "monitor.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text


@pytest.mark.slow
def test_the_drift_of_the_simulator_is_found_within_its_first_quarter(leadscore, tmp_path):
    workspace = ("--workspace", tmp_path / "workspace")
    leadscore("simulate", "--leads", 10_000, "--out", tmp_path / "crm", "--drift", "--fast")
    config = tmp_path / "crm" / "leadscore.yaml"
    config.write_text(config.read_text().replace("2026-01-01", "2025-07-01"))
    assert leadscore("train", "--config", config, *workspace).code == 0
    assert leadscore("monitor", "--as-of", "2025-07-01", *workspace).code == 0
    assert leadscore("monitor", "--as-of", "2025-09-30", *workspace).code == 3
