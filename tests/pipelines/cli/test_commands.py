"""What every command keeps to: standard output for the result, standard error for the rest, exit codes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from data.store import Store

SLOW_TO_IMPORT = ("duckdb", "lightgbm", "matplotlib", "mlflow", "numba", "pandas", "shap", "sklearn")


def test_help_imports_nothing_that_is_slow(tmp_path):
    command = [sys.executable, "-X", "importtime", "-m", "pipelines.cli", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert not imported.intersection(SLOW_TO_IMPORT)


@pytest.mark.parametrize("ran", ["simulated", "trained", "scored"])
def test_json_stands_alone_on_standard_output_and_the_log_on_standard_error(ran, request):
    made = request.getfixturevalue(ran)
    run = made if ran == "simulated" else made.ran
    assert run.json
    assert run.out.count("\n") == 1
    logged = [json.loads(line) for line in run.err.splitlines()]
    assert logged
    assert all(entry.keys() >= {"time", "level", "message"} for entry in logged)
    assert any(entry.get("seconds", 0) > 0 for entry in logged)


def test_without_json_the_log_is_words(leadscore, tmp_path):
    ran = leadscore("simulate", "--leads", 10, "--out", tmp_path)
    assert " s  simulating 10 leads" in ran.err
    assert "{" not in ran.err


def test_with_json_an_error_is_a_line_of_the_log(leadscore, tmp_path):
    ran = leadscore("score", "--workspace", tmp_path, "--json")
    error = json.loads(ran.err.splitlines()[-1])
    assert (error["level"], error["message"]) == ("error", "there is no model yet")
    assert error["remedy"].startswith("run `leadscore train`")


def test_no_library_writes_to_standard_output_beside_the_json(export, leadscore, tmp_path, capfd):
    ran = leadscore("train", "--leads", export, "--id", "Id", "--outcome", "Status", "--workspace", tmp_path, "--json")
    assert ran.json["model_version"] == "1"
    assert capfd.readouterr().out == ""


@pytest.fixture(scope="module")
def untrained(tmp_path_factory) -> Path:
    """A workspace without a model."""
    return tmp_path_factory.mktemp("untrained")


@pytest.mark.parametrize("verb", ["score", "explain L0000001", "report"])
def test_without_a_model_a_command_fails_and_says_how_to_get_one(leadscore, verb, untrained):
    ran = leadscore(*verb.split(), "--workspace", untrained)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith("remedy:   run `leadscore train` with this workspace first\n")


READING = ["score", "explain L1", "compare", "compare --card", "promote 2", "rollback", "push", "report", "monitor"]


@pytest.mark.parametrize("verb", READING)
def test_a_mistyped_workspace_is_named_and_nothing_is_made(leadscore, verb, tmp_path):
    for folder in (tmp_path / "vra", tmp_path):
        ran = leadscore(*verb.split(), "--workspace", folder)
        assert (ran.code, ran.out) == (1, "")
        assert "there is no model yet" in ran.err and f"where:    {folder}\n" in ran.err
        assert list(tmp_path.iterdir()) == []


def test_to_forget_in_a_mistyped_workspace_is_refused(leadscore, tmp_path):
    ran = leadscore("forget", "L1", "--workspace", tmp_path / "vra")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no workspace here" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_rules_are_checked_without_a_workspace(leadscore, tmp_path):
    assert leadscore("rules", "check", "--workspace", tmp_path / "vra").code != 2
    assert list(tmp_path.iterdir()) == []


WRONG = {
    "an unknown option": (["train", "--lead", "x.csv"], "No such option: --lead"),
    "an unknown command": (["trian"], "No such command 'trian'"),
    "no source of leads": (["train"], "--leads and --id and --outcome must be given"),
    "two sources of leads": (["score", "--config", "a.yaml", "--leads", "b.csv"], "--config or --leads, not both"),
    "a missing file": (["train", "--leads", "no.csv", "--id", "Id", "--outcome", "Status"], "no.csv"),
    "missing settings": (["train", "--config", "no.yaml"], "no.yaml"),
    "no moment": (["score", "--as-of", "yesterday"], "a date such as 2026-01-31"),
    "no leads": (["simulate", "--leads", "0", "--out", "crm"], "--leads"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_exits_with_2_and_names_what_is_wrong(leadscore, arguments, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = leadscore(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("option", ["--id", "--outcome", "--drop", "--order", "--created"])
def test_a_misspelt_column_is_answered_with_the_nearest_name(leadscore, export, option, tmp_path):
    right = {"--id": "Id", "--outcome": "Status", "--order": "Created", "--drop": "Channel", "--created": "Created"}
    flags = [text for flag, column in (right | {option: right[option] + "x"}).items() for text in (flag, column)]
    ran = leadscore("train", "--leads", export, *flags, "--workspace", tmp_path)
    assert ran.code == 2
    assert f"there is no column '{right[option]}x'" in ran.err
    assert f"did you mean '{right[option]}'?" in ran.err


@pytest.mark.parametrize("option", ["--keep", "--drop"])
def test_a_column_like_none_of_the_file_is_answered_with_what_to_do(leadscore, export, option, tmp_path):
    roles = ("--id", "Id", "--outcome", "Status", option, "Nope")
    ran = leadscore("check", "--leads", export, *roles, "--workspace", tmp_path)
    assert ran.code == 2
    assert "got:      Id, Visits" in ran.err
    assert "remedy:   name a column that is there" in ran.err


@pytest.mark.parametrize("content", ["", "\n\n", "Id,Status,Visits\n"])
def test_a_file_without_leads_is_answered_with_what_to_do(leadscore, content, tmp_path):
    file = tmp_path / "leads.csv"
    file.write_text(content)
    ran = leadscore("check", "--leads", file, "--id", "Id", "--outcome", "Status", "--workspace", tmp_path / "var")
    assert ran.code == 2
    assert all(part in ran.err for part in ("expected: ", "got: ", "where: ", "remedy:   export "))


def test_what_the_system_says_of_a_file_names_the_file(leadscore, trained, export, tmp_path):
    """A file stands where the folder of the quarantine belongs."""
    broken, workspace = tmp_path / "leads.csv", tmp_path / "var"
    broken.write_text(export.read_text() + export.read_text().splitlines()[1] + "\n")  # an id twice is put aside
    shutil.copytree(trained.workspace.root, workspace)
    shutil.rmtree(workspace / "quarantine", ignore_errors=True)
    (workspace / "quarantine").write_text("")
    ran = leadscore("check", "--leads", broken, "--id", "Id", "--outcome", "Status", "--workspace", workspace)
    assert ran.code in (1, 2)
    assert f"where:    {workspace / 'quarantine'}" in ran.err
    assert "unexpected" not in ran.err


def test_an_unexpected_error_is_one_line_and_a_traceback_only_on_demand(leadscore, trained, monkeypatch):
    monkeypatch.delenv("LEADSCORE_DEBUG", raising=False)
    monkeypatch.setattr(Store, "begin", lambda *_, **__: 1 / 0)
    ran = leadscore("score", "--workspace", trained.workspace.root)
    assert ran.code == 1
    assert "unexpected ZeroDivisionError: division by zero" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("LEADSCORE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        leadscore("score", "--workspace", trained.workspace.root)


@pytest.mark.parametrize("debug", ["", "1"])
def test_what_libraries_warn_of_is_for_developers(debug):
    program = "import numpy, pipelines.cli as cli\ntry: cli.main()\nexcept SystemExit: numpy.float64(1) / 0"
    environment = {**os.environ, "LEADSCORE_DEBUG": debug}
    command = [sys.executable, "-c", program, "--version-that-is-none"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ("RuntimeWarning" in done.stderr) == bool(debug)
