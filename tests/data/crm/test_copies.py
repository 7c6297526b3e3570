"""Copies of an Odoo's records keep up by what changed, and a read that was cut off goes on where it was."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from data.crm.odoo import connector as odoo_connector
from data.errors import LeadscoreError
from data.sources import Replica
from tests.data.crm.conftest import notes, read
from tests.data.crm.fake_odoo import FakeOdoo, FakeUser, OdooProblem

LONG_AGO = datetime(2026, 1, 1, 9, 30, 0, 250_000)


@pytest.fixture
def odoo() -> FakeOdoo:
    """Seven leads of one moment, as an import makes them, with a message each."""
    odoo = FakeOdoo()
    stage = odoo.add("crm.stage", name="New", sequence=0, is_won=False)
    for number in range(1, 8):
        odoo.add("crm.lead", id=number, stage_id=stage, write_date=LONG_AGO, create_date=LONG_AGO, user_id=2)
        odoo.add(
            "mail.message", model="crm.lead", res_id=number, message_type="email", date=LONG_AGO, write_date=LONG_AGO
        )
    return odoo


def ids(rows) -> list[str]:
    return [row["id"] for row in rows]


def test_records_of_one_moment_are_all_read_though_they_fill_more_than_a_page(odoo, connected, tmp_path, monkeypatch):
    monkeypatch.setattr(odoo_connector, "PAGE", 2)
    assert ids(read(connected(odoo), tmp_path / "copies", "leads")) == [str(number) for number in range(1, 8)]
    assert len(read(connected(odoo), tmp_path / "copies", "events")) == 7


def test_a_later_read_fetches_what_changed(odoo, connected, tmp_path):
    read(connected(odoo), tmp_path / "copies", "leads")
    odoo.change("crm.lead", 3, city="Graz")
    odoo.calls.clear()
    connector = connected(odoo)
    assert "crm.lead: 7 records, 1 new or changed, 0 gone" in notes(connector, tmp_path / "copies")
    assert connector.calls <= 18
    assert Counter(odoo.calls)["crm.lead", "search_read"] == 1
    rows = read(connected(odoo), tmp_path / "copies", "leads")
    assert [row["city"] for row in rows] == [None, None, "Graz", None, None, None, None]


def test_scores_that_are_written_are_no_change(odoo, connected, tmp_path):
    read(connected(odoo), tmp_path / "copies", "leads")
    odoo.change("crm.lead", 3, x_leadscore_score=70)
    assert "crm.lead: 7 records, 0 new or changed" in notes(connected(odoo), tmp_path / "copies")


def test_a_change_that_was_committed_late_is_seen(odoo, connected, tmp_path):
    """A transaction has the moment at which it began, and may end after a read that began later."""
    read(connected(odoo), tmp_path / "copies", "leads")
    odoo.change("crm.lead", 3, city="Graz")
    odoo.tables["crm.lead"][3]["write_date"] -= timedelta(minutes=10)
    assert "1 new or changed" in notes(connected(odoo), tmp_path / "copies")


def test_a_read_that_was_cut_off_goes_on_where_it_was(odoo, connected, tmp_path, monkeypatch):
    monkeypatch.setattr(odoo_connector, "PAGE", 2)

    def fail() -> None:
        raise OdooProblem("odoo.exceptions.UserError", "the server restarts")

    pages = iter([None, None, fail])  # the third page of leads is the one that fails
    verb = odoo.do_search_read

    def failing(model, *arguments, **named):
        if model == "crm.lead" and (happening := next(pages, None)):
            happening()
        return verb(model, *arguments, **named)

    odoo.do_search_read = failing
    with pytest.raises(LeadscoreError, match="Odoo refused this"):
        read(connected(odoo), tmp_path / "copies", "leads")
    odoo.calls.clear()
    assert len(read(connected(odoo), tmp_path / "copies", "leads")) == 7
    assert Counter(odoo.calls)["crm.lead", "search_read"] == 2  # leads 5 to 7: four were there already


def test_what_changed_while_a_read_was_cut_off_is_seen_by_the_next(odoo, connected, tmp_path, monkeypatch):
    test_a_read_that_was_cut_off_goes_on_where_it_was(odoo, connected, tmp_path, monkeypatch)
    odoo.change("crm.lead", 1, city="Linz")
    assert read(connected(odoo), tmp_path / "copies", "leads")[0]["city"] == "Linz"


def test_a_lead_that_was_deleted_or_merged_is_gone_with_what_is_said_of_it(odoo, connected, tmp_path):
    read(connected(odoo), tmp_path / "copies", "leads")
    odoo.change("mail.message", 4, res_id=5)  # as a merge does it
    odoo.remove_lead(4)
    assert ids(read(connected(odoo), tmp_path / "copies", "leads")) == ["1", "2", "3", "5", "6", "7"]
    events = read(connected(odoo), tmp_path / "copies", "events")
    assert Counter(row["lead_id"] for row in events) == {"1": 1, "2": 1, "3": 1, "5": 2, "6": 1, "7": 1}


def test_a_user_who_sees_fewer_leads_is_warned_of(odoo, connected, tmp_path):
    read(connected(odoo), tmp_path / "copies", "leads")
    for number in (1, 2, 3):
        odoo.tables["crm.lead"][number]["user_id"] = 99
    odoo.user = FakeUser(is_admin=False, sees_all=False)
    assert "the user sees 4 of crm.lead, and saw 7" in notes(connected(odoo), tmp_path / "copies")
    odoo.user = FakeUser()
    assert len(read(connected(odoo), tmp_path / "copies", "leads")) == 7  # though none of them changed


def test_messages_are_all_read_by_a_user_who_may_not_see_some(odoo, connected, tmp_path, monkeypatch):
    """Odoo applies a limit before it leaves out what the user may not see."""
    monkeypatch.setattr(odoo_connector, "PAGE", 2)
    for number in (1, 3):
        odoo.tables["crm.lead"][number]["user_id"] = 99
    odoo.user = FakeUser(is_admin=False, sees_all=False)
    events = read(connected(odoo), tmp_path / "copies", "events")
    assert [row["lead_id"] for row in events] == ["2", "4", "5", "6", "7"]


def test_a_field_that_was_added_is_read_of_all_leads(odoo, connected, tmp_path):
    read(connected(odoo), tmp_path / "copies", "leads")
    odoo.fields["crm.lead"]["x_studio_size"] = {"type": "integer"}
    odoo.tables["crm.lead"][2]["x_studio_size"] = 40
    rows = read(connected(odoo), tmp_path / "copies", "leads")
    assert [row["size"] for row in rows] == [0, 40, 0, 0, 0, 0, 0]


def test_what_is_copied_of_a_lead_is_found_by_its_id_and_nothing_of_others(odoo, connected, tmp_path):
    read(connected(odoo), tmp_path / "copies", "leads")
    mentions = Replica(tmp_path / "copies").mentions("3")
    assert sorted(row.get("res_id") or row["id"] for row in mentions) == [3, 3]
