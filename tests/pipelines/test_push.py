"""Scores come into the CRM: once, only what changed, and what is refused waits with its reason."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data.config import WriteBack, load_settings
from data.errors import InputError
from data.locks import one_run_at_a_time
from data.sinks.kinds import KINDS
from data.sources import engine_of
from data.workspace import Workspace
from pipelines.score import score

ROOT = Path(__file__).parents[2]


class Crm:
    """A database that scores are written back to, and commands that do it."""

    def __init__(self, address: str, workspace: Workspace, config: Path, leadscore) -> None:
        self.engine = engine_of(address)
        self.workspace = workspace
        self.leadscore = leadscore
        back = WriteBack(database=address)
        self.settings = load_settings(config).model_copy(update={"write_back": back})

    def score(self, **options) -> None:
        score(self.workspace, settings=self.settings, **options)

    def push(self, *options: str):
        return self.leadscore("push", *options, "--workspace", self.workspace.root)

    def held(self) -> pd.DataFrame:
        with self.engine.connect() as connection:
            return pd.read_sql("SELECT * FROM lead_scores", connection).sort_values("lead_id", ignore_index=True)

    def execute(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement)


@pytest.fixture
def crm(database, workspace, config, leadscore, monkeypatch) -> Crm:
    crm = Crm(database, workspace, config, leadscore)
    crm.score()
    assert crm.push("--setup").code == 0
    return crm


def test_every_score_is_written_as_it_was_exported(crm, scored):
    told = crm.push("--json").json
    assert (told["pending"], told["written"], told["rejected"]) == (len(scored.frame), len(scored.frame), 0)
    expected = scored.frame.sort_values("lead_id", ignore_index=True)
    held = crm.held()
    for name in ("lead_id", "probability", "score", "band", "disposition", "grade", "model_version"):
        assert held[name].tolist() == expected[name].tolist(), name
    for name in ("reasons_up", "reasons_down"):
        assert held[name].tolist() == expected[name].map(" | ".join).tolist()
    assert (pd.to_datetime(held["as_of"], utc=True) == expected["as_of"]).all()


def test_a_second_push_writes_nothing(crm):
    crm.push()
    crm.score()
    assert crm.push("--json").json["pending"] == 0


def test_a_dry_run_says_how_many_and_changes_nothing(crm, scored):
    told = crm.push("--dry-run", "--json").json
    assert (told["pending"], told["written"]) == (len(scored.frame), 0)
    assert crm.held().empty
    assert f"{len(scored.frame):,} scores would be written" in crm.push("--dry-run").out


def test_a_refused_record_waits_with_its_reason_and_comes_on_demand(crm, scored):
    lead = scored.frame["lead_id"][0]
    name = crm.engine.dialect.name
    if name == "sqlite":
        crm.execute(
            f"CREATE TRIGGER locked BEFORE INSERT ON lead_scores WHEN NEW.lead_id = '{lead}'"
            " BEGIN SELECT RAISE(ABORT, 'this lead is locked'); END"
        )
    else:
        crm.execute(f"ALTER TABLE lead_scores ADD CONSTRAINT locked CHECK (lead_id <> '{lead}')")
    ran = crm.push()
    assert ran.code == 1
    assert f"  {lead}: " in ran.out
    assert "locked" in ran.out
    assert len(crm.held()) == len(scored.frame) - 1
    again = crm.push("--json")
    assert (again.code, json.loads(again.out)["pending"], json.loads(again.out)["dead"]) == (1, 0, 1)
    crm.execute("DROP TRIGGER locked" if name == "sqlite" else "ALTER TABLE lead_scores DROP CONSTRAINT locked")
    assert crm.push("--retry", "--json").json["written"] == 1
    assert len(crm.held()) == len(scored.frame)


def test_a_table_that_was_made_anew_gets_all_scores(crm, scored):
    crm.push()
    crm.execute("DROP TABLE lead_scores")
    crm.push("--setup")
    assert crm.push("--json").json["written"] == len(scored.frame)
    assert len(crm.held()) == len(scored.frame)


def test_a_table_that_was_altered_is_refused_and_nothing_is_lost(crm, scored):
    crm.execute("ALTER TABLE lead_scores RENAME COLUMN grade TO grades")
    ran = crm.push()
    assert ran.code == 2
    assert "did you mean 'grades'?" in ran.err
    crm.execute("ALTER TABLE lead_scores RENAME COLUMN grades TO grade")
    assert crm.push("--json").json["written"] == len(scored.frame)


class JsonLines:
    """A place of another kind: a file that grows by a line for each record."""

    batch_size = 1000

    def __init__(self, settings: WriteBack) -> None:
        self.file = Path(settings.table)
        self.target = f"lines of {self.file}"

    def set_up(self) -> bool:
        made = not self.file.exists()
        self.file.touch()
        return made

    def check(self) -> None:
        if not self.file.exists():
            raise InputError("there is no such file")

    def clear(self, lead_id: str) -> int:
        lines = self.file.read_text().splitlines(keepends=True)
        others = [line for line in lines if json.loads(line)["lead_id"] != lead_id]
        self.file.write_text("".join(others))
        return len(lines) - len(others)

    def is_empty(self) -> bool:
        return self.file.stat().st_size == 0

    def write(self, rows: pa.Table) -> dict[str, str]:
        locked = self.file.with_suffix(".locked")
        refused = dict.fromkeys(locked.read_text().split() if locked.exists() else [], "this lead is locked")
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in rows.to_pylist() if row["lead_id"] not in refused)
        return {lead: reason for lead, reason in refused.items() if lead in rows["lead_id"].to_pylist()}


@pytest.fixture
def lines(workspace, config, monkeypatch, tmp_path) -> Path:
    """The file that scores are written back to, by settings of its kind."""
    monkeypatch.setitem(KINDS, "lines", JsonLines)
    file = tmp_path / "scores.jsonl"
    back = WriteBack(kind="lines", table=str(file), columns={"score": "score", "reasons_up": "reasons_up"})
    score(workspace, settings=load_settings(config).model_copy(update={"write_back": back}))
    return file


def test_a_new_kind_of_place_is_a_class_and_a_name(lines, leadscore, workspace, scored):
    """It is pushed to, knows what it has, and a record that it refuses waits with its reason."""
    push = ("push", "--workspace", workspace.root)
    assert "no such file" in leadscore(*push).err
    assert leadscore(*push, "--setup").code == 0
    lead = scored.frame["lead_id"][0]
    lines.with_suffix(".locked").write_text(lead)

    ran = leadscore(*push)
    assert ran.code == 1
    assert f"{lead}: this lead is locked" in ran.out
    written = pd.read_json(lines, lines=True, dtype=False).set_index("lead_id")
    expected = scored.frame[scored.frame["lead_id"] != lead].set_index("lead_id")
    assert written["score"].to_dict() == expected["score"].to_dict()
    assert written["reasons_up"].to_dict() == expected["reasons_up"].map(" | ".join).to_dict()

    assert json.loads(leadscore(*push, "--json").out)["pending"] == 0
    lines.with_suffix(".locked").unlink()
    assert leadscore(*push, "--retry", "--json").json["written"] == 1
    assert len(lines.read_text().splitlines()) == len(scored.frame)


NEVER_LOADED = {"mlflow", "lightgbm", "sklearn", "shap", "matplotlib", "optuna", "numba", "scipy"}


def test_a_dry_run_loads_no_model_nor_what_trains_one(crm):
    """It counts: a job that looks each minute whether there is anything to write must not wait for libraries."""
    command = f"import sys; sys.argv = ['leadscore', 'push', '--dry-run', '--workspace', {str(crm.workspace.root)!r}]"
    code = f"""{command}
from app.cli import main
try: main()
except SystemExit: print(*sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "scores would be written" in done.stdout
    assert NEVER_LOADED & set(done.stdout.split()) == set()


def test_settings_that_name_no_place_are_refused(workspace, leadscore):
    ran = leadscore("push", "--workspace", workspace.root)
    assert ran.code == 2
    assert "write_back" in ran.err


@pytest.mark.parametrize("verb", [["score"], ["push"], ["forget", "L0000001"]])
def test_a_second_run_leaves_and_names_the_first(leadscore, workspace, config, verb):
    score(
        workspace, settings=load_settings(config).model_copy(update={"write_back": WriteBack(database="sqlite:///x")})
    )
    with one_run_at_a_time(workspace.lock, "score"):
        ran = leadscore(*verb, "--workspace", workspace.root)
    assert ran.code == 1
    assert "another run is using this workspace" in ran.err
    assert "leadscore score, process" in ran.err


@pytest.mark.parametrize("verb", ["score", "push"])
def test_scores_are_made_and_written_while_a_training_is_under_way(leadscore, crm, verb):
    with one_run_at_a_time(crm.workspace.training_lock, "train"):
        ran = leadscore(verb, "--workspace", crm.workspace.root)
    assert ran.code == 0, ran.err


def test_a_training_waits_for_no_scoring(leadscore, workspace):
    with one_run_at_a_time(workspace.lock, "score"):
        ran = leadscore("rollback", "--workspace", workspace.root)
    assert "another run" not in ran.err
    with one_run_at_a_time(workspace.training_lock, "train"):
        ran = leadscore("rollback", "--workspace", workspace.root)
    assert "leadscore train, process" in ran.err


@pytest.mark.slow
def test_no_password_is_in_logs_errors_or_files(workspace, config, tmp_path):
    """The address with a password comes from the environment; the server is not there."""
    text = config.read_text().replace("tables:", "store: ${STORE_URL}\ntables:")
    for name in ("leads", "events", "stages", "outcomes"):
        text = text.replace(f"{name}.parquet", str(config.parent / f"{name}.parquet"))
    (tmp_path / "leadscore.yaml").write_text(text.replace("truth: truth.parquet\n", ""))
    command = [sys.executable, "-m", "pipelines.cli", "score", "--config", str(tmp_path / "leadscore.yaml"),
               "--workspace", str(workspace.root), "--json"]  # fmt: skip
    environment = {"STORE_URL": "postgresql://me:hunter2@127.0.0.1:9/none", "PATH": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert not [file for file in workspace.root.rglob("*") if file.is_file() and b"hunter2" in file.read_bytes()]


def test_fields_and_constants_of_the_settings_are_written(workspace, leadscore, config, tmp_path, scored):
    """The database file is not there yet: --setup makes it, and what is missing is said to be made by it."""
    columns = {name: name for name in ("top_reason", "horizon", "scored_at", "reasons_up")}
    address = f"sqlite:///{tmp_path / 'new.db'}"
    back = WriteBack(database=address, columns=columns | {"source_system": "=leadscore"}, where="band in [hot]")
    score(workspace, settings=load_settings(config).model_copy(update={"write_back": back}))
    refused = leadscore("push", "--workspace", workspace.root)
    assert refused.code == 2 and "leadscore push --setup" in refused.err
    assert leadscore("push", "--setup", "--workspace", workspace.root).code == 0
    assert leadscore("push", "--workspace", workspace.root).code == 0
    with engine_of(address).connect() as connection:
        rows = pd.read_sql("SELECT * FROM lead_scores ORDER BY lead_id", connection)
    hot = scored.frame.query("band == 'hot'").sort_values("lead_id")
    assert rows["lead_id"].tolist() == hot["lead_id"].tolist()
    assert set(rows["source_system"]) == {"leadscore"} and set(rows["horizon"]) == {90}
    assert rows["scored_at"].notna().all()
    begins = zip(rows["top_reason"], rows["reasons_up"], strict=True)
    assert all(reasons.startswith(top) for top, reasons in begins)


def test_ages_chances_by_time_and_the_score_of_the_account_are_written_as_numbers(
    workspace, leadscore, config, tmp_path
):
    """Each is what the exported files say of the same run."""
    times = {f"within_{days}": f"probability_{days}d" for days in (30, 60, 90, 180)}
    known = {name: name for name in ("age_days", "days_in_stage", "expected_value")} | times
    address, out, accounts = f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "s.parquet", tmp_path / "accounts.csv"
    back = WriteBack(database=address, columns={name: name for name in [*known, "account_score"]})
    settings = load_settings(config).model_copy(update={"write_back": back})
    score(workspace, settings=settings, out=out, accounts=accounts)
    leadscore("push", "--setup", "--workspace", workspace.root)
    assert leadscore("push", "--workspace", workspace.root).code == 0
    with engine_of(address).connect() as connection:
        rows = pd.read_sql("SELECT * FROM lead_scores ORDER BY lead_id", connection).set_index("lead_id")
    exported = pd.read_parquet(out).set_index("lead_id").sort_index()
    for field, name in known.items():
        np.testing.assert_array_equal(rows[field].astype(float), exported[name].astype(float), field)
    of_account = pd.read_parquet(config.parent / "leads.parquet").drop_duplicates("lead_id")
    of_account = of_account.set_index("lead_id")["account_id"]
    expected = of_account.reindex(rows.index).map(pd.read_csv(accounts).set_index("account_id")["score"])
    np.testing.assert_array_equal(rows["account_score"], expected)
    of_people = rows["account_score"].notna()
    assert (rows["account_score"] >= exported["score"])[of_people].all()
    assert leadscore("push", "--json", "--workspace", workspace.root).json["pending"] == 0


def test_a_lead_whose_account_alone_has_another_score_is_sent_again(workspace, leadscore, config, tmp_path):
    back = WriteBack(database=f"sqlite:///{tmp_path / 'new.db'}", columns={"account_score": "account_score"})
    score(workspace, settings=load_settings(config).model_copy(update={"write_back": back}))
    leadscore("push", "--setup", "--workspace", workspace.root)
    leadscore("push", "--workspace", workspace.root)
    with engine_of(str(workspace.store)).begin() as connection:
        change = "UPDATE leadscore_account_scores SET account_score = 7 WHERE lead_id = (SELECT min(lead_id)"
        connection.exec_driver_sql(f"{change} FROM leadscore_account_scores)")
    assert leadscore("push", "--json", "--workspace", workspace.root).json["written"] == 1
