"""Salesforce's two forms of one id are one lead, and ids that a spreadsheet destroyed are said to be.

Of several rows of a lead the one that was changed last counts, whatever its place in the file.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.config import flat_settings, load_settings
from data.dataset import open_dataset
from data.errors import InputError
from data.staging.ids import NEWER, checksum_of, form_of
from data.staging.tables import in_form

SHORTS = [f"00Q5g0000{sign}{other}AbQ{number}" for number, (sign, other) in enumerate(["Aa", "aA", "AA", "aa", "Ab"])]
IDS = st.text("ABCXYZabcxyz0189", min_size=15, max_size=15)


def converted(text: str, length: int) -> str:
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {in_form('id', length)} FROM (SELECT $1 AS id)", [text]).fetchall()[0][0]


def test_the_checksum_is_that_of_salesforce():
    assert checksum_of("00Q5g0000AAAAbQ") == "EQX"
    assert checksum_of("001A0000006Vm9u") == "IAC"  # from Salesforce's own documentation


@settings(max_examples=30, deadline=None)
@given(short=IDS)
def test_one_form_becomes_the_other_and_back(short):
    long = short + checksum_of(short)
    assert converted(short, 18) == converted(long, 18) == long
    assert converted(long, 15) == converted(short, 15) == short


def test_what_only_has_as_many_characters_stays():
    assert converted("00Q5g0000AAAAbQEQY", 15) == "00Q5g0000AAAAbQEQY"
    assert form_of(["00Q5g0000AAAAbQEQY"]) is None
    assert form_of(["abcdefghijklmno"]) is None  # no digit: a word


@pytest.mark.parametrize(("of_leads", "of_events"), [(15, 18), (18, 15)])
def test_events_of_the_other_form_are_those_of_the_lead_and_it_is_said(tmp_path, of_leads, of_events):
    forms = {15: SHORTS, 18: [each + checksum_of(each) for each in SHORTS]}
    leads = "".join(f"{each},2024-01-01,1\n" for each in forms[of_leads])
    events = "".join(f"{each},2024-01-02,Call\n" for each in forms[of_events])
    (tmp_path / "leads.csv").write_text(f"lead_id,created_at,won\n{leads}")
    (tmp_path / "events.csv").write_text(f"lead_id,occurred_at,type\n{events}")
    (tmp_path / "leadscore.yaml").write_text(
        "tables: {leads: leads.csv, events: events.csv}\noutcome: {column: won, won: ['1'], lost: ['0']}\n"
    )
    with open_dataset(load_settings(tmp_path), workspace=tmp_path / "workspace") as dataset:
        assert dataset.report.tables["events"].used == 5
        flag = next(flag for flag in dataset.report.flags if "Salesforce" in flag.problem)
    assert (flag.table, flag.count, flag.level) == ("events", 5, "info")


@pytest.mark.parametrize(
    "ids",
    [
        ["1.23457E+15"] * 30,
        ["1,23457E+15"] * 30,
        [f"{123456789012345 + number}000" for number in range(30)],  # what is left of eighteen digits
    ],
)
def test_ids_that_a_spreadsheet_destroyed_are_one_clear_error(tmp_path, ids):
    path = tmp_path / "leads.csv"
    path.write_text("Lead ID;won\n" + "".join(f"{each};{number % 2}\n" for number, each in enumerate(ids)))
    with (
        pytest.raises(InputError, match="a spreadsheet destroyed the ids in 'Lead ID'"),
        open_dataset(flat_settings(path, lead_id="Lead ID", outcome="won"), workspace=tmp_path / "workspace"),
    ):
        pass


def industries(tmp_path, header: str, *rows: str, **more) -> tuple[list[str], dict[str, int]]:
    path = tmp_path / "leads.csv"
    path.write_text("\n".join([f"Lead ID,Industry,won,{header}", *rows]) + "\n")
    settings = flat_settings(path, lead_id="Lead ID", outcome="won").model_copy(update={"keep": ["Industry"], **more})
    with open_dataset(settings, workspace=tmp_path / "workspace") as dataset:
        cells = [cell for chunk in dataset.chunks() for cell in chunk.leads["industry"]]
        return cells, dataset.report.tables["leads"].reasons


@pytest.mark.parametrize("header", ["Last Modified Date", "updated_at", "Zuletzt geändert", "write_date", "更新时间"])
def test_the_newest_row_counts(tmp_path, header):
    rows = ["1,Old,1,2024-01-05", "2,Only,0,2024-01-01", "1,New,1,2024-02-05 10:00", "1,Older,1,2023-12-31"]
    assert industries(tmp_path, header, *rows) == (["Only", "New"], {NEWER: 2})


def test_no_row_that_was_changed_after_the_stated_end_counts_where_there_is_another(tmp_path):
    rows = ["1,Old,1,2024-01-05", "1,Later,1,2024-03-01", "2,Latest,0,2024-05-01", "2,Late,0,2024-04-01"]
    kept = industries(tmp_path, "updated_at", *rows, as_of=datetime(2024, 2, 1))
    assert kept == (["Old", "Late"], {NEWER: 2})


def test_the_order_of_day_and_month_is_that_of_the_whole_column(tmp_path):
    rows = ["1,Old,1,2/10/2024", "1,New,1,10/2/2024", "2,Only,0,12/31/2023"]
    assert industries(tmp_path, "Last Modified Date", *rows)[0] == ["New", "Only"]


def test_the_first_row_counts_where_nothing_says_which_is_newer(tmp_path):
    rows = ["1,First,1,2024-01-05", "1,Second,1,2024-01-05", "2,Third,0,never", "2,Fourth,0,"]
    assert industries(tmp_path, "Last Modified Date", *rows)[0] == ["First", "Third"]
    assert industries(tmp_path, "Checked", *rows) == (["First", "Third"], {"the lead_id of an earlier row": 2})
