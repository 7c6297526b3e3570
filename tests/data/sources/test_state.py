"""Whether tables may have changed, told without reading them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from data.config import DatabaseTable, FileTable, Settings
from data.sources import state_of


def test_a_file_that_is_written_again_is_another(tmp_path):
    leads = tmp_path / "leads.csv"
    leads.write_text("lead_id\nL1\n")
    settings = Settings(tables={"leads": FileTable(leads)})
    before = state_of(settings)
    assert state_of(settings) == before
    leads.write_text("lead_id\nL1\nL2\n")
    assert state_of(settings) != before


def test_a_table_tells_by_the_newest_change_and_one_without_tells_nothing(tmp_path):
    address = f"sqlite:///{tmp_path / 'crm.db'}"
    with closing(sqlite3.connect(tmp_path / "crm.db")) as crm, crm:
        crm.execute("CREATE TABLE leads (lead_id TEXT PRIMARY KEY, updated_at TEXT)")
        crm.execute("CREATE TABLE plain (lead_id TEXT PRIMARY KEY)")
        crm.execute("INSERT INTO leads VALUES ('L1', '2026-01-01 00:00:00')")
        settings = Settings(tables={"leads": DatabaseTable(table="leads")}, database=address)
        crm.commit()
        before = state_of(settings)
        assert state_of(settings) == before
        crm.execute("INSERT INTO leads VALUES ('L2', '2026-01-02 00:00:00')")
        crm.commit()
        assert state_of(settings) != before
        assert state_of(Settings(tables={"leads": DatabaseTable(table="plain")}, database=address)) is None
