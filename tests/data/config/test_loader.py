"""What a ``leadscore.yaml`` may say, and what is said of mistakes."""

from datetime import datetime
from pathlib import Path

import pytest

from data.config.checked_yaml import CheckedPart
from data.config.loader import load_settings
from data.config.settings import DatabaseTable, FileTable, Settings
from data.errors import InputError

WHOLE = """\
database: ${CRM_URL}
tables:
  leads: {table: sales.leads, updated_at: modified_on}
  events: events.csv
columns:
  leads: {lead_id: Id, created_at: Created}
event_types:
  pricing_visit: [Pricing, Price page]
stages:
  mql: [Marketing Qualified]
  won: [Closed Won]
thresholds: {hot: 0.3, warm: 0.1}
as_of: 2026-01-01T01:00:00+01:00
trials: 25
budget: 90
store: sqlite:///scores.db
write_back:
  table: lead_scores
  columns: {score: leadscore, band: leadscore_band}
"""


def load(folder: Path, text: str) -> Settings:
    (folder / "leadscore.yaml").write_text(text, encoding="utf-8")
    return load_settings(folder / "leadscore.yaml")


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as error:
        load(folder, "tables:\n  leads: leads.csv\n" + text)
    return str(error.value)


def test_a_whole_file_is_read(tmp_path):
    settings = load(tmp_path, WHOLE)
    assert settings.tables == {
        "leads": DatabaseTable(table="sales.leads", updated_at="modified_on"),
        "events": FileTable(tmp_path / "events.csv"),
    }
    assert settings.stages.renamed == {"marketing qualified": "mql"}
    assert (settings.thresholds.hot, settings.thresholds.warm) == (0.3, 0.1)
    assert settings.as_of == datetime(2026, 1, 1)
    assert (settings.trials, settings.budget) == (25, 90)
    assert settings.store == f"sqlite:///{tmp_path / 'scores.db'}"
    assert settings.write_back.columns == {"score": "leadscore", "band": "leadscore_band"}


def test_settings_survive_being_stored(tmp_path):
    settings = load(tmp_path, WHOLE)
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_paths_within_a_folder_move_with_it_and_others_stay(tmp_path):
    settings = load(tmp_path, "tables: {leads: leads.csv, events: /data/events.csv}\nstore: sqlite:///s.db\n")
    moved = settings.within(tmp_path).beside(Path("/elsewhere"))
    assert moved.tables == {
        "leads": FileTable(Path("/elsewhere/leads.csv")),
        "events": FileTable(Path("/data/events.csv")),
    }
    assert moved.store == "sqlite:////elsewhere/s.db"
    assert settings.within(tmp_path).beside(tmp_path) == settings


def test_secrets_stay_names(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_URL", "postgresql://me:hunter2@crm/sales")
    settings = load(tmp_path, WHOLE).within(tmp_path)
    assert settings.database == "${CRM_URL}"
    assert "hunter2" not in settings.model_dump_json()


def test_a_folder_is_read_by_its_file(tmp_path):
    load(tmp_path, "tables:\n  leads: leads.csv\n")
    assert load_settings(tmp_path).tables == {"leads": FileTable(tmp_path / "leads.csv")}


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("horizn: 30\n", 3, "did you mean 'horizon'?"),
        ("outcome: {column: y, wonn: [1]}\n", 3, "did you mean 'won'?"),
        ("stages:\n  lostt: [gone]\n", 4, "did you mean 'lost'?"),
        ("thresholds: {hott: 0.3}\n", 3, "did you mean 'hot'?"),
        ("columns:\n  lead: {lead_id: Id}\n", 4, "did you mean 'leads'?"),
        ("columns:\n  leads: {lead_idd: Id}\n", 4, "did you mean 'lead_id'?"),
        ("event_types: {pricing_vist: [Price]}\n", 3, "did you mean 'pricing_visit'?"),
        ("database: sqlite:///a.db\nwrite_back:\n  columns: {scor: s}\n", 5, "did you mean 'score'?"),
        ("database: sqlite:///a.db\nwrite_back:\n  tabel: s\n", 5, "did you mean 'table'?"),
    ],
)
def test_an_unknown_word_is_answered_with_the_line_and_the_nearest_one(tmp_path, text, line, expected):
    said = refusal(tmp_path, text)
    assert f"leadscore.yaml, line {line}" in said
    assert expected in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("horizon: 0\n", "greater than or equal to 1"),
        ("snapshot_ages: [0, 30, 30]\n", "days from 0 on, each later than the one before"),
        ("snapshot_ages: [30, 60]\n", "days from 0 on, each later than the one before"),
        ("thresholds: {hot: 0.1, warm: 0.3}\n", "hot must be above warm"),
        ("thresholds: {hot: 3}\n", "less than 1"),
        ("write_back: {table: t}\n", "write_back needs a database"),
        ("as_of: soon\n", "as_of"),
        ("as_of: 2026-13-45\n", "as_of"),
        ("database: sqlite:///a\nwrite_back: {columns: {score: s, band: s}}\n", "two fields would be written"),
        ("database: sqlite:///a\nwrite_back: {columns: {score: lead_id}}\n", "two fields would be written"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_expected(tmp_path, text, expected):
    assert expected in refusal(tmp_path, text)


def test_a_table_in_a_database_that_is_not_named_is_refused(tmp_path):
    with pytest.raises(InputError, match="say which under database"):
        load(tmp_path, "tables:\n  leads: {table: leads}\n")


@pytest.mark.parametrize("key", ["database", "store"])
def test_a_written_password_is_refused_and_not_shown(tmp_path, key):
    said = refusal(tmp_path, f"{key}: postgresql://me:hunter2@crm/sales\n")
    assert "write ${NAME}" in said
    assert "leadscore.yaml, line 3" in said
    assert "hunter2" not in said


SECRET = "hunter2hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        "pages: {users: {Ann: {role: admin, token: SECRET}}}",
        "pages: {users: {Ann: {role: admin, token: [SECRET]}}}",
        "pages: {users: {Ann: {role: SECRET}}}",
        "pages: {users: {Ann: SECRET}}",
        "pages: {users: SECRET}",
        "pages: {users: [SECRET]}",
        "pages: {proxy: SECRET}",
        "pages: {proxy: {address: 10.0.0.5, role: SECRET}}",
        "pages: SECRET",
        "pages: {users: {Ann: {token: *SECRET}}}",
        "pages: {users: {Ann: {token: !SECRET x}}}",
        "pages: {users: {Ann: {token: !a!SECRET x}}}",
        "pages: {users: {Ann: {token: @SECRET}}}",
        "pages: {users: {Ann: {token: '%SECRET}}}",
        "pages: {users: {Ann: {token: ${TOKEN:-SECRET}}}}",
        "database: me:SECRET@crm/sales",
        "database: [SECRET]",
        "database: postgresql://crm/sales?password=SECRET",
        "store: [me:SECRET@crm]",
        "write_back: SECRET",
        "write_back: {database: me:SECRET@crm}",
        "write_back: {database: {SECRET: 1, 2: 3}}",
        "database: postgresql://crm\nwrite_back: {kind: [SECRET]}",
        "horizon: me:SECRET@crm",
    ],
)
def test_nothing_that_may_be_a_secret_is_shown(tmp_path, text):
    assert SECRET not in refusal(tmp_path, text.replace("SECRET", SECRET) + "\n")


def test_an_address_where_a_file_should_stand_is_refused_and_not_shown(tmp_path):
    with pytest.raises(InputError, match="stands under database") as error:
        load(tmp_path, "tables:\n  leads: postgresql://me:hunter2@crm/db\n")
    assert "hunter2" not in str(error.value)
    with pytest.raises(InputError, match="this is an address") as error:
        load_settings(Path("postgresql://me:hunter2@crm/db"))
    assert "hunter2" not in str(error.value)


def test_every_path_starts_from_the_folder_also_one_that_is_new(tmp_path):
    class Further(CheckedPart):
        files: list[Path]

    class Newer(Settings):
        key: Path | None = None
        further: Further | None = None

    settings = Newer.model_validate({"tables": {"leads": "l.csv"}, "key": "k", "further": {"files": ["f"]}})
    moved = settings.beside(tmp_path)
    assert (moved.key, moved.further) == (tmp_path / "k", Further(files=[tmp_path / "f"]))
    assert moved.tables["leads"] == FileTable(tmp_path / "l.csv")


@pytest.mark.parametrize(
    ("lead_id", "address"),
    [
        ("007", "https://crm.example/leads/007?tab=1"),
        ("a/../b", "https://crm.example/leads/a%2F..%2Fb?tab=1"),
        ('"><script>', "https://crm.example/leads/%22%3E%3Cscript%3E?tab=1"),
        ("{lead_id}?x#y", "https://crm.example/leads/%7Blead_id%7D%3Fx%23y?tab=1"),
    ],
)
def test_an_id_stays_one_part_of_the_address_in_the_crm(lead_id, address):
    settings = Settings.model_validate(
        {"tables": {"leads": "leads.csv"}, "crm_url": "https://crm.example/leads/{lead_id}?tab=1"}
    )
    assert settings.address_in_crm(lead_id) == address


@pytest.mark.parametrize(
    "crm_url", ["javascript:alert('{lead_id}')", "https://crm.example/leads", "https://{host}/{lead_id}"]
)
def test_what_is_no_address_of_a_lead_is_refused(crm_url):
    with pytest.raises(ValueError, match="crm_url"):
        Settings.model_validate({"tables": {"leads": "leads.csv"}, "crm_url": crm_url})
