"""Training: what it prints, what it stores, and what it must not know."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from models.members import trusted_types
from models.versions import TrainingRun
from tests.commands import THREADS

METRIC = {"auc": float, "auc_ci": list, "log_loss": float, "log_loss_ci": list, "lift_10": float, "ece": float}
TRAINING = {
    "run_id": str,
    "model_version": str,
    "promoted": bool,
    "why": str,
    "chosen": str,
    "rung": str,
    "window": dict,
    "metrics": dict,
}


def types_of(found: dict, contract: dict) -> dict:
    return {key: type(found[key]) for key in contract}


def test_the_json_of_a_training_keeps_its_contract(trained):
    result = trained.ran.json
    assert types_of(result, TRAINING) == TRAINING
    assert types_of(result["metrics"]["model"], METRIC) == METRIC
    assert result["rung"] in ("rules", "logistic", "full")
    assert result["chosen"] in ("rules", "logistic", "boosting", "blend")


def test_each_time_is_measured_on_the_newest_block(trained):
    """As many were won within each time as was told, but for what chance does."""
    when = trained.ran.json["when"]
    assert {"30", "60", "90"} <= when.keys()
    for each in when.values():
        wins = each["snapshots"] * each["happened"]
        assert abs(each["told"] / each["happened"] - 1) < 4 / np.sqrt(wins) + 0.2


def test_the_first_model_is_served(trained):
    result = trained.ran.json
    assert (result["model_version"], result["promoted"]) == ("1", True)


def test_intervals_hold_their_number(trained):
    for measured in trained.ran.json["metrics"].values():
        for name in ("auc", "log_loss", "lift_10"):
            low, high = measured[f"{name}_ci"]
            assert low <= measured[name] <= high


def test_the_model_stands_between_the_rules_and_the_best_possible(trained):
    loss = {name: measured["log_loss"] for name, measured in trained.ran.json["metrics"].items()}
    assert loss["best possible"] < loss["model"] < loss["rules"] < loss["base rate"]


def test_blocks_are_a_horizon_apart_and_all_labels_of_the_newest_are_known(trained):
    window = trained.ran.json["window"]
    horizon = pd.Timedelta(days=window["horizon"])
    ends = {name: [pd.Timestamp(window[name][end]) for end in ("from", "to")] for name in ("fit", "tune", "test")}
    assert ends["tune"][0] - ends["fit"][1] >= horizon
    assert ends["test"][0] - ends["tune"][1] >= horizon
    assert pd.Timestamp(window["data_end"]) - ends["test"][1] >= horizon


def test_each_rule_is_held_against_history(trained):
    rules = {rule["rule"]: rule for rule in trained.ran.json["rules_review"]}
    demo = rules["Asked for a demo"]
    assert (demo["points"], demo["history"]) == (40, "agrees")
    assert demo["lift_ci"][0] < demo["lift"] < demo["lift_ci"][1]
    assert 0 < demo["share"] < 1 and demo["won"] < demo["leads"]


# What is stored


@pytest.fixture(scope="module")
def registry(trained) -> MlflowClient:
    return MlflowClient(trained.workspace.tracking_uri, trained.workspace.tracking_uri)


def test_the_champion_says_where_it_comes_from(trained, registry):
    champion = registry.get_model_version_by_alias("leadscore", "champion")
    assert (str(champion.version), champion.run_id) == ("1", trained.ran.json["run_id"])
    assert champion.tags["horizon"] == "90"
    assert re.fullmatch("[0-9a-f]{40}|unknown", champion.tags["git_commit"])
    assert re.fullmatch("[0-9a-f]{16}", champion.tags["feature_fingerprint"])
    assert re.fullmatch("[0-9a-f]{16}", champion.tags["data_fingerprint"])


def test_the_run_holds_each_number_that_was_printed_with_its_interval(trained, registry):
    printed = trained.ran.json["metrics"]["model"]
    logged = registry.get_run(trained.ran.json["run_id"]).data
    assert logged.metrics["model_auc"] == printed["auc"]
    assert [logged.metrics["model_log_loss_low"], logged.metrics["model_log_loss_high"]] == printed["log_loss_ci"]
    assert {"rules_auc", "base_rate_log_loss", "best_possible_auc"} <= logged.metrics.keys()
    assert {"seed", "trials", "without", "half_life", "trust"} <= logged.params.keys()
    assert any(name.startswith("weight_") for name in logged.metrics)
    assert {"log_loss_ahead_logistic", "log_loss_ahead_boosting"} <= logged.metrics.keys()


def test_the_run_is_known_by_what_it_is_and_says_what_it_learned_from(trained, registry):
    run = registry.get_run(trained.ran.json["run_id"])
    params = run.data.params
    assert run.info.run_name == f"train {params['data_end']} · {int(params['leads']):,} leads"
    assert (params["horizon_days"], params["git_commit"]) == ("90", run.data.tags["git_commit"])
    (learned,) = run.inputs.dataset_inputs
    assert learned.dataset.digest == run.data.tags["data_fingerprint"]
    assert json.loads(learned.dataset.profile)["leads"] == int(params["leads"]) > 1000
    assert [(tag.key, tag.value) for tag in learned.tags] == [("mlflow.data.context", "training")]


def test_plots_are_logged_as_pictures(trained, registry):
    listed = registry.list_artifacts(trained.ran.json["run_id"], "leadscore/plots")
    plots = {Path(plot.path).name: plot.file_size for plot in listed}
    assert {"calibration.svg", "gains.svg", "contributions.svg"} <= plots.keys()
    assert all(size > 5000 for size in plots.values())


LOAD = """
import json, os, sys
sys.path = [path for path in sys.path if not os.path.exists(os.path.join(path, "pipelines", "cli.py"))]
import pandas, skops.io
model = skops.io.load(sys.argv[1], trusted=json.loads(sys.argv[2]))
parts = [part for _, member in model.estimators for part in member[0].transformers_]
levels = {name for kind, _, names in parts if kind == "categories" for name in names}
empty = {name: [None if name in levels else float("nan")] * 2 for name in model.feature_names_in_}
nothing = pandas.DataFrame(empty | {"rule_points": [0.0] * 2})
ours = {"data", "features", "models", "pipelines", "app"}.intersection(sys.modules)
print(json.dumps([model.predict_proba(nothing)[:, 1].tolist(), sorted(ours)]))
"""


def test_the_stored_model_loads_where_our_code_is_not(trained, tmp_path):
    (file,) = trained.workspace.artifacts.rglob("model.skops")
    command = [sys.executable, "-I", "-c", LOAD, str(file), json.dumps(trusted_types())]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (one, other), ours = json.loads(done.stdout)
    assert 0 < one == other < 1
    assert ours == []


def test_nothing_in_mlflow_names_a_lead(trained, config):
    leads = pd.read_parquet(config.parent / "leads.parquet")
    assert any(finding["rows"] for finding in trained.ran.json["quality"])  # who trains is told of them
    stored = b"\n".join(contents(trained.workspace.root / "mlflow.db", *trained.workspace.artifacts.rglob("*")))
    assert leads["lead_id"].str.fullmatch("L[0-9]{7}").all()
    assert b"feature_fingerprint" in stored
    # A run's id may begin with seven digits, and stands right behind "LOCAL" in the database.
    assert re.findall(rb"(?<![A-Z])L[0-9]{7}|[\w.]+@[\w.-]+\.example", stored) == []
    names = leads[["account_id", "company", "owner"]].melt()["value"].dropna().drop_duplicates()
    told = [name for name in names[names.str.len() > 4] if name.encode() in stored]
    assert told == []


def contents(*files: Path) -> list[bytes]:
    """The bytes of all files, those of archives unpacked."""
    found = []
    for file in filter(Path.is_file, files):
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                found += [archive.read(name) for name in archive.namelist()]
        else:
            found.append(file.read_bytes())
    return found


def test_the_workspace_is_its_owners_alone(trained):
    assert trained.workspace.root.stat().st_mode & 0o777 == 0o700


# What training must not know


@pytest.fixture(scope="module")
def untold(config, leadscore, tmp_path_factory):
    """The same training, by settings that say nothing of the truth."""
    settings = config.with_name("untold.yaml")
    settings.write_text(re.sub("(?m)^truth:.*\n", "", config.read_text()))
    workspace = tmp_path_factory.mktemp("untold")
    return leadscore("train", "--config", settings, "--workspace", workspace, "--json"), workspace


def test_the_truth_gives_the_best_possible_row_and_nothing_else(trained, untold):
    knowing, unknowing = trained.ran.json["metrics"], untold[0].json["metrics"]
    assert knowing.keys() - unknowing.keys() == {"best possible"}
    assert {name: knowing[name] for name in unknowing} == unknowing


def test_the_same_data_and_seed_give_the_same_scores(scored, untold, leadscore):
    _, workspace = untold
    assert leadscore("score", "--workspace", workspace, "--out", workspace / "scores.parquet").code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(workspace / "scores.parquet"), scored.frame)


# Again, and on another machine


def test_nothing_newly_closed_is_nothing_to_learn(trained, config, leadscore):
    ran = leadscore("train", "--config", config, "--workspace", trained.workspace.root, "--json")
    result = ran.json
    assert (result["trained"], result["promoted"], result["model_version"]) == (False, False, "1")
    assert result["why"].startswith("no lead has closed since version 1 was trained")
    assert result["metrics"] == trained.ran.json["metrics"]


def test_one_more_closed_lead_or_another_wish_is_learned_from(leadscore, export, tmp_path):
    file, rows = tmp_path / "leads.csv", pd.read_csv(export, dtype="str")
    given = ["--leads", file, "--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", tmp_path, "--json"]
    rows.head(599).to_csv(file, index=False)
    versions = [leadscore("train", *given).json["model_version"]]
    rows.to_csv(file, index=False)
    versions += [leadscore("train", *given, *wish).json["model_version"] for wish in ([], [], ["--trials", "1"])]
    assert versions == ["1", "2", "2", "3"]


def test_the_same_leads_in_another_file_teach_nothing_and_are_read_from_there_on(leadscore, export, tmp_path):
    asked = ["--id", "Id", "--outcome", "Status", "--order", "rows", "--trials", "0", "--workspace", tmp_path]
    assert leadscore("train", "--leads", export, *asked).code == 0
    later = tmp_path / "december.csv"
    later.write_text(export.read_text())
    again = leadscore("train", "--leads", later, *asked, "--json").json
    assert (again["trained"], again["model_version"]) == (False, "1")
    assert again["why"].endswith(f"nothing was done, but that it reads {later} from now on")
    later.write_text(later.read_text() + "open,3,,,,\n")
    assert leadscore("score", "--workspace", tmp_path, "--json").json["read"] == 601


def test_the_number_of_threads_changes_no_score(export, tmp_path):
    """The same training in two processes, one with a single thread and one with several."""
    given = ["--leads", export, "--id", "Id", "--outcome", "Status", "--order", "rows", "--trials", "2"]
    scores = []
    for threads in ("1", "3"):
        workspace, out = tmp_path / threads, tmp_path / f"{threads}.parquet"
        several = dict.fromkeys(THREADS, threads)
        for command in (["train", *given], ["score", "--leads", export, "--as-of", "2026-01-01", "--out", out]):
            asked = [sys.executable, "-m", "pipelines.cli", *map(str, command), "--workspace", str(workspace)]
            done = subprocess.run(asked, env=os.environ | several, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        scores.append(pd.read_parquet(out))
    pd.testing.assert_frame_equal(*scores, check_exact=True)


def test_a_training_that_failed_while_storing_stands_in_no_way(leadscore, export, tmp_path):
    given = ["--leads", export, "--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", tmp_path]
    with patch.object(TrainingRun, "log_scorer", side_effect=OSError("no space left")):
        assert leadscore("train", *given).code == 1
    again = leadscore("train", *given, "--json").json
    assert (again["trained"], again["promoted"]) == (True, True)
    assert leadscore("score", "--leads", export, "--workspace", tmp_path).code == 0


# Odd data


@pytest.fixture
def odd(leadscore, export, tmp_path):
    """Train on the export as a function changes it, in order of its rows."""

    def run(change):
        file = tmp_path / "odd.csv"
        leads = pd.read_csv(export, dtype="str").drop(columns=["Created", "Closed"])
        change(leads).to_csv(file, index=False)
        given = ["--leads", file, "--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", tmp_path]
        return leadscore("train", *given, "--json")

    return run


def lost(leads: pd.DataFrame, rows: slice) -> pd.DataFrame:
    status = leads["Status"].copy()
    status.iloc[rows] = "lost"
    return leads.assign(Status=status)


ODD = {
    "a column that tells the outcome": lambda leads: leads.assign(Sure=(leads["Status"] == "won").astype(int) * 1000),
    "text alone": lambda leads: leads.drop(columns="Visits"),
    "numbers alone": lambda leads: leads.drop(columns="Channel"),
    "the calendar alone": lambda leads: leads[["Id", "Status"]].assign(Year=2000 + leads.index // 100),
    "a number that is missing at first": lambda leads: leads[["Id", "Status"]].assign(
        Score=leads["Visits"].where(leads.index > 420)
    ),
    "an endless number": lambda leads: leads.assign(Huge="1e300"),
    "no win in the newest block": lambda leads: lost(leads, slice(480, None)),
    "no win in the tune block": lambda leads: lost(leads, slice(390, 480)),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_odd_data_give_a_model_and_a_reason(odd, change):
    result = odd(change).json
    assert (result["model_version"], result["promoted"]) == ("1", True)
    assert result["why"]


def test_without_a_win_in_the_fit_block_the_little_there_is_is_learned_from(odd):
    result = odd(lambda leads: lost(leads, slice(0, 390))).json
    assert result["rung"] in ("rules", "logistic") and result["why"]


@pytest.mark.parametrize("count", [2, 5, 12, 30])
def test_no_file_with_both_outcomes_is_too_small(odd, count):
    result = odd(lambda leads: pd.concat([leads[leads["Status"] == won].head(count) for won in ("won", "lost")])).json
    assert result["rung"] in ("rules", "logistic") and result["why"]


def test_of_three_leads_no_numbers_are_told_that_are_none(leadscore, tmp_path):
    file = tmp_path / "three.csv"
    file.write_text("Id,Status,Visits\n1,lost,1\n2,lost,2\n3,won,5\n")
    given = ("--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", tmp_path)
    ran = leadscore("train", "--leads", file, *given)
    assert ran.code == 0
    assert "nan" not in ran.out and "34.5" not in ran.out
    assert "–" in ran.out
    assert "The base rate moved" not in ran.err


def test_a_base_rate_that_moved_by_more_than_chance_is_told(odd):
    ran = odd(ODD["no win in the newest block"])
    assert "The base rate moved from" in ran.err and "to 0.0% in the newest" in ran.err


def test_after_a_newest_block_without_wins_the_same_again_is_nothing_to_do(odd):
    results = [odd(ODD["no win in the newest block"]).json for _ in range(2)]
    assert [result["trained"] for result in results] == [True, False]


def test_a_champion_is_compared_where_the_new_tune_block_holds_no_win(odd):
    assert odd(lambda leads: leads).code == 0
    result = odd(ODD["no win in the tune block"]).json
    assert result["compared"]["metrics"].keys() == {"rules", "champion", "challenger"}


def test_nothing_is_promoted_on_leads_that_all_ended_alike(odd):
    assert odd(lambda leads: leads).code == 0
    result = odd(ODD["no win in the newest block"]).json
    assert not result["promoted"]
    assert "nothing can be compared" in result["why"]


def test_where_the_data_lack_what_the_champion_was_made_for_it_stays_and_it_is_said(odd):
    assert odd(lambda leads: leads).code == 0
    ran = odd(lambda leads: leads.rename(columns={"Visits": "Clicks"}))
    assert (ran.json["promoted"], ran.json["missing"]) == (False, ["the column Visits"])
    said = "not compared, for the champion was made for what these data do not have: the column Visits"
    assert ran.json["why"].startswith(said)
    assert "leadscore promote 2 --force --why TEXT" in ran.err


# Flat mode


@pytest.fixture(scope="module")
def train_flat(leadscore, tmp_path_factory):
    """Train on one file; all such tests share a workspace, which only grows by versions."""
    workspace = tmp_path_factory.mktemp("flat")

    def run(leads: Path, *options: str):
        given = ["--leads", leads, "--id", "Id", "--outcome", "Status", "--workspace", workspace]
        return leadscore("train", *given, *options)

    return run


@pytest.fixture(scope="module")
def contacted(export) -> Path:
    """The export with 100 leads of a third status."""
    leads = pd.read_csv(export, dtype="str")
    leads.loc[leads.index % 6 == 0, "Status"] = "contacted"
    file = export.with_name("contacted.csv")
    leads.to_csv(file, index=False)
    return file


def test_random_blocks_are_owned_up_to(train_flat, export):
    ran = train_flat(export)
    assert "blocks are random, which flatters every model" in ran.err
    assert [line.split()[0] for line in ran.out.splitlines()[2:5]] == ["base", "scorecard", "model"]


@pytest.mark.parametrize("by", [("--created", "Created"), ("--order", "Created"), ("--order", "rows")])
def test_leads_in_a_known_order_are_tested_on_the_newest_fifth(train_flat, export, by):
    ran = train_flat(export, *by, "--json")
    window = ran.json["window"]
    assert (window["layout"], window["test"]["snapshots"], window["horizon"]) == ("by order", 120, None)
    assert "random" not in ran.err


def test_with_closing_dates_blocks_are_laid_by_time(train_flat, export):
    ran = train_flat(export, "--created", "Created", "--closed", "Closed", "--horizon", "20", "--json")
    window = ran.json["window"]
    assert (window["layout"], window["horizon"]) == ("by time", 20)


def test_a_third_outcome_needs_to_be_explained(train_flat, contacted):
    ran = train_flat(contacted)
    assert ran.code == 2
    assert "got:      'lost', 'contacted'" in ran.err
    assert "name the values that mean won and those that mean lost" in ran.err


def test_where_lost_is_named_other_outcomes_are_open_and_not_learned_from(train_flat, contacted):
    closed = contacted.with_name("closed.csv")
    leads = pd.read_csv(contacted, dtype="str")
    leads[leads["Status"] != "contacted"].to_csv(closed, index=False)
    options = ["--lost", "LOST", "--order", "rows", "--json"]
    with_open, without = (train_flat(file, *options).json for file in (contacted, closed))
    assert with_open["counts"]["leads"] == 500
    assert with_open["metrics"] == without["metrics"]


@pytest.mark.parametrize("options", ["--won won --won lost", "--won no --lost won --lost lost"])
def test_of_outcomes_of_one_class_the_rules_are_trained_and_it_is_said(train_flat, export, options):
    result = train_flat(export, *options.split(), "--json").json
    assert (result["rung"], result["metrics"]["model"]["auc"]) == ("rules", None)
    assert "0 of them old enough to learn from, and 3 are needed" in result["why"]
    assert "all leads ended in the same way" in result["why"] and "check which values mean won" in result["why"]


def test_few_wins_bear_a_logistic_regression_and_it_is_said_how_many_would_lift_it(train_flat, export):
    few = export.with_name("few.csv")
    pd.read_csv(export, dtype="str").head(60).to_csv(few, index=False)
    result = train_flat(few, "--order", "rows", "--json").json
    assert (result["chosen"], result["rung"]) == ("logistic", "logistic")
    assert "few outcomes bear a logistic regression" in result["why"] and "everything is learned" in result["why"]
