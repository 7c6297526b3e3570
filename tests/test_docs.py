"""The files that the docs offer work as they stand, but for their paths."""

import configparser
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FILES = ROOT / "docs" / "unattended"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A machine's folders with settings, a CRM in SQLite, and a trained model."""
    root = tmp_path_factory.mktemp("installed")
    (root / "opt/leadscore/.venv").mkdir(parents=True)
    (root / "opt/leadscore/.venv/bin").symlink_to(Path(sys.executable).parent)
    (root / "etc/leadscore").mkdir(parents=True)
    run(f"""{root}/opt/leadscore/.venv/bin/leadscore demo --leads 600 --workspace {root}/var/lib/leadscore""", root)
    crm = root / "var/lib/leadscore/demo"
    settings = yaml.safe_load((crm / "leadscore.yaml").read_text()) | {"database": "${CRM_URL}"}
    settings.pop("truth")
    settings["write_back"] = {"table": "lead_scores"}
    (root / "etc/leadscore/leadscore.yaml").write_text(yaml.safe_dump(settings))
    (root / "etc/leadscore/environment").write_text(f"CRM_URL=sqlite:///{crm / 'crm.db'}\n")
    return root


@pytest.fixture
def unwritten(installed) -> Path:
    """The same machine, and its CRM without a score: what the demo has written hides nothing."""
    ask_crm(installed, "DELETE FROM lead_scores")
    return installed


def here(text: str, root: Path) -> str:
    """Put the folders of a test in the place of a machine's."""
    return re.sub(r"(?<![\w./])/(opt|etc|var)/", rf"{root}/\1/", text)


def run(command: str, root: Path, **environment: str) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(root), "MPLBACKEND": "Agg"} | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask_crm(root: Path, question: str) -> list[tuple]:
    with closing(sqlite3.connect(root / "var/lib/leadscore/demo/crm.db")) as crm, crm:
        return crm.execute(question).fetchall()


def results(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def check_open_leads_are_written(scored: dict, pushed: dict, root: Path) -> None:
    """All 600 leads are accounted for, and the open ones among them, no others, are in the CRM."""
    assert scored["scored"] + scored["left_out"] == 600
    assert (pushed["written"], pushed["rejected"]) == (scored["scored"], 0)
    open_leads = "SELECT DISTINCT lead_id FROM leads EXCEPT SELECT lead_id FROM outcomes"
    assert set(ask_crm(root, "SELECT lead_id FROM lead_scores")) == set(ask_crm(root, open_leads))


@pytest.mark.slow
def test_the_line_for_cron_scores_and_writes_back(unwritten):
    line = next(line for line in (FILES / "leadscore.cron").read_text().splitlines() if line.startswith("15 "))
    user, _, command = line.split(maxsplit=5)[5].partition(" ")
    assert user == "leadscore"
    scored, pushed = results(run(here(command, unwritten), unwritten))
    check_open_leads_are_written(scored, pushed, unwritten)


@pytest.mark.slow
def test_the_commands_for_systemd_score_and_write_back(unwritten):
    lines = (FILES / "leadscore.service").read_text().splitlines()
    commands = [here(line.removeprefix("ExecStart="), unwritten) for line in lines if line.startswith("ExecStart=")]
    address = (unwritten / "etc/leadscore/environment").read_text().strip().removeprefix("CRM_URL=")
    scored, pushed = (results(run(command, unwritten, CRM_URL=address))[0] for command in commands)
    check_open_leads_are_written(scored, pushed, unwritten)


def test_the_units_for_systemd_are_well_formed(tmp_path):
    for name in ("leadscore.service", "leadscore-watch.service", "leadscore.timer"):
        units = configparser.ConfigParser(strict=False, interpolation=None)
        units.optionxform = str  # type: ignore[assignment]
        units.read(FILES / name)
        assert units["Unit"]["Description"]
    if shutil.which("systemd-analyze"):
        verified = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *map(str, FILES.glob("leadscore*er*"))],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Unknown" not in verified.stderr


def test_all_files_run_the_same_commands():
    texts = [(FILES / name).read_text() for name in ("leadscore.cron", "leadscore.service", "leadscore_dag.py")]
    for text in texts:
        filled = text.replace("{WORKSPACE}", "/var/lib/leadscore")
        assert "score --config /etc/leadscore/leadscore.yaml --workspace /var/lib/leadscore --json" in filled
        assert "push --workspace /var/lib/leadscore --json" in filled


def test_the_settings_in_the_docs_are_read(tmp_path):
    from data.config import load_settings

    text = (ROOT / "docs" / "unattended.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in text.split("```yaml\n")[1:]]
    (tmp_path / "leadscore.yaml").write_text("".join(blocks))
    settings = load_settings(tmp_path / "leadscore.yaml")
    assert settings.alerts.to["Ann"] == "${ANN_URL}"
    assert settings.write_back.columns["reasons_up"] == "why"


def test_every_file_is_named_in_the_page():
    page = (ROOT / "docs" / "unattended.md").read_text(encoding="utf-8")
    assert [file.name for file in FILES.iterdir() if file.is_file() and f"unattended/{file.name}" not in page] == []


@pytest.mark.slow
def test_airflow_reads_the_dag():
    """Where Airflow is installed; it is no dependency of the project."""
    pytest.importorskip("airflow", reason="Airflow is not installed here")
    from airflow.models.dagbag import DagBag

    assert DagBag(str(FILES), include_examples=False).import_errors == {}
