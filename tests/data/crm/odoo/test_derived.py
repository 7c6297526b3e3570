"""What Odoo's records mean: which leads were won or lost, which stages they went through, and what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.config import CrmTable
from data.crm import reading_crm
from data.crm.odoo.derived import History
from data.errors import InputError
from tests.data.crm.conftest import read
from tests.data.crm.fake_odoo import FakeOdoo, FakeUser

BEGIN = datetime(2026, 1, 1, 9)
NEW, QUALIFIED, PROPOSITION, WON = 1, 2, 3, 4
Read = Callable[[FakeOdoo, str], list[dict[str, Any]]]


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


class Story:
    """An Odoo in which a few leads go their ways."""

    def __init__(self, version: int = 17, *, is_admin: bool = True) -> None:
        self.odoo = FakeOdoo(version=version, user=FakeUser(is_admin=is_admin))
        for sequence, name in enumerate(("New", "Qualified", "Proposition", "Won")):
            self.odoo.add("crm.stage", name=name, sequence=sequence, is_won=name == "Won")
        self.field = self.odoo.add("ir.model.fields", name="stage_id")
        self.other_field = self.odoo.add("ir.model.fields", name="user_id")

    def lead(self, **values: Any) -> int:
        return self.odoo.add("crm.lead", **{"create_date": BEGIN, "stage_id": NEW, "active": True, **values})

    def say(self, lead: int, when: datetime, subtype: str, **values: Any) -> int:
        told = {"message_type": "notification", "subtype_id": self.odoo.subtypes[subtype], **values}
        return self.odoo.add("mail.message", model="crm.lead", res_id=lead, date=when, **told)

    def move(self, lead: int, when: datetime, stage: int) -> None:
        row = self.odoo.tables["crm.lead"][lead]
        said = self.say(lead, when, "mt_lead_won" if stage == WON else "mt_lead_stage")
        self.odoo.add("mail.tracking.value", mail_message_id=said, field_id=self.field,
                      old_value_integer=row["stage_id"], new_value_integer=stage)  # fmt: skip
        row["stage_id"] = stage


@pytest.fixture
def table(connected, tmp_path) -> Read:
    return lambda odoo, name: read(connected(odoo), tmp_path / "copies", name)


def outcome(rows: list[dict[str, Any]], lead: int) -> tuple[Any, Any] | None:
    return next(((row["won"], row["closed_at"]) for row in rows if row["lead_id"] == str(lead)), None)


def history(rows: list[dict[str, Any]], lead: int) -> list[tuple[str, Any]]:
    return [(row["stage"], row["entered_at"]) for row in rows if row["lead_id"] == str(lead)]


def test_lost_is_archived_with_a_reason_or_a_message_and_nothing_else(table):
    story = Story()
    open_lead = story.lead()
    by_reason = story.lead(active=False, lost_reason_id=3, date_closed=day(5), probability=0)
    by_message = story.lead(active=False, date_closed=day(9))
    story.say(by_message, day(7), "mt_lead_lost")
    archived = story.lead(active=False, date_closed=day(6), probability=59.86)
    restored = story.lead(active=True, date_closed=day(6))
    story.say(restored, day(6), "mt_lead_lost")
    story.say(restored, day(8), "mt_lead_restored")
    archived_later = story.lead(active=False, date_closed=day(9))
    story.say(archived_later, day(6), "mt_lead_lost")
    story.say(archived_later, day(8), "mt_lead_restored")
    rows = table(story.odoo, "outcomes")
    assert outcome(rows, open_lead) == outcome(rows, restored) == (None, None)
    assert outcome(rows, by_reason) == ("false", day(5))
    assert outcome(rows, by_message) == ("false", day(7))
    assert outcome(rows, archived) is outcome(rows, archived_later) is None
    ids = {row["id"] for row in table(story.odoo, "leads")}
    assert ids == {str(each) for each in (open_lead, by_reason, by_message, restored)}


def test_it_is_said_how_many_are_left_out(connected, tmp_path):
    story = Story()
    for _ in range(3):
        story.lead(active=False, probability=59.86)
    connector = connected(story.odoo)
    with reading_crm(connector, tmp_path / "copies") as tables:
        source = tables.open(CrmTable(crm="leads"))
        assert [*source.batches(source.types(["id"]))] == []
    assert source.notes[-1] == "3 leads are left out: archived, and nobody knows whether they were lost"


def test_what_a_key_is_called_changes_no_outcome(table):
    story = Story(version=19)
    story.odoo.fields["crm.lead"]["won_status"]["selection"] = [["won", "Gewonnen"], ["lost", "Verloren"]]
    won = story.lead(won_status="won", date_closed=day(2))
    assert outcome(table(story.odoo, "outcomes"), won) == ("true", day(2))


def test_odoo_19_says_itself_what_was_won_and_lost(table):
    story = Story(version=19)
    won = story.lead(stage_id=WON, won_status="won", date_closed=day(3), expected_revenue=900.0)
    lost = story.lead(active=False, won_status="lost", date_closed=day(4))
    archived = story.lead(active=False, won_status="pending", probability=82)
    rows = table(story.odoo, "outcomes")
    assert outcome(rows, won) == ("true", day(3))
    assert outcome(rows, lost) == ("false", day(4))
    assert outcome(rows, archived) is None
    assert [row["amount"] for row in rows] == [900.0, None]
    assert [row["stage"] for row in table(story.odoo, "leads")] == ["won", "lost"]


def test_a_win_is_as_old_as_the_stage_and_not_as_its_last_change(table):
    story = Story()
    lead = story.lead(date_closed=day(30))
    story.move(lead, day(4), WON)
    assert outcome(table(story.odoo, "outcomes"), lead) == ("true", day(4))


def test_tracked_values_give_each_stage_and_its_time(table):
    story = Story()
    lead, still = story.lead(), story.lead()
    story.move(lead, day(2), QUALIFIED)
    story.move(lead, day(5), NEW)
    story.move(lead, day(6), PROPOSITION)
    rows = table(story.odoo, "stages")
    expected = [("New", BEGIN), ("Qualified", day(2)), ("New", day(5)), ("Proposition", day(6))]
    assert history(rows, lead) == expected
    assert history(rows, still) == [("New", BEGIN)]


def test_a_salesman_gets_the_same_where_each_stage_was_entered_once(table):
    histories = []
    for is_admin in (True, False):
        story = Story(is_admin=is_admin)
        lead = story.lead()
        for number, stage in enumerate((QUALIFIED, PROPOSITION, WON)):
            story.move(lead, day(2 + number), stage)
        histories.append(history(table(story.odoo, "stages"), lead))
    assert histories[0] == histories[1]
    assert histories[0][-1] == ("won", day(4))


def test_a_skipped_stage_is_not_made_up(table):
    story = Story(is_admin=False)
    lead = story.lead()
    story.move(lead, day(3), PROPOSITION)
    assert history(table(story.odoo, "stages"), lead) == [("New", BEGIN), ("Proposition", day(3))]


def test_where_a_stage_was_entered_twice_sums_of_durations_are_taken(table):
    story = Story(is_admin=False)
    lead = story.lead()
    for when, stage in ((2, QUALIFIED), (5, NEW), (6, PROPOSITION)):
        story.move(lead, day(when), stage)
    rows = history(table(story.odoo, "stages"), lead)
    assert rows == [("New", BEGIN), ("Qualified", day(3)), ("Proposition", day(6))]  # new: 2 + 1 days, qualified: 3


def test_without_durations_the_present_stage_is_all_that_is_known(table):
    story = Story(is_admin=False)
    del story.odoo.fields["crm.lead"]["duration_tracking"]
    lead = story.lead()
    story.move(lead, day(2), QUALIFIED)
    assert history(table(story.odoo, "stages"), lead) == [("Qualified", day(2))]


@pytest.mark.parametrize(("is_admin", "source"), [(True, History.TRACKING), (False, History.DURATIONS)])
def test_it_is_said_which_source_the_history_has(connected, is_admin, source):
    assert connected(Story(is_admin=is_admin).odoo).derived("stages").notes == [source.value]


def test_a_lead_that_was_lost_and_opened_again_is_so_in_the_history(table):
    story = Story()
    lead = story.lead()
    story.move(lead, day(1), QUALIFIED)
    story.say(lead, day(2), "mt_lead_lost")
    story.say(lead, day(4), "mt_lead_restored")
    expected = [("New", BEGIN), ("Qualified", day(1)), ("lost", day(2)), ("Qualified", day(4))]
    assert history(table(story.odoo, "stages"), lead) == expected


def test_events_are_what_people_did(table):
    story = Story()
    odoo, lead = story.odoo, story.lead()
    customer = odoo.add("res.partner", name="Customer")
    call = odoo.add("mail.activity.type", name="Anruf", category="phonecall")
    to_do = odoo.add("mail.activity.type", name="To-Do", category="default")
    story.say(lead, day(1), "mt_comment", message_type="email", author_id=customer)
    story.say(lead, day(2), "mt_comment", message_type="comment", author_id=odoo.partner)
    story.say(lead, day(3), "mt_note", message_type="comment", author_id=odoo.partner)
    story.say(lead, day(4), "mt_note", mail_activity_type_id=call, author_id=odoo.partner)
    story.say(lead, day(5), "mt_note", mail_activity_type_id=to_do, author_id=odoo.partner)
    story.say(lead, day(6), "mt_lead_stage")
    story.say(lead, day(7), "mt_note", message_type="user_notification")
    rows = table(odoo, "events")
    expected = ["customer_message", "sales_email", "note", "sales_call", "to_do"]
    assert [(row["type"], row["occurred_at"]) for row in rows] == [
        (kind, day(number)) for number, kind in enumerate(expected, 1)
    ]


def test_a_meeting_is_known_when_it_is_booked_and_held_when_it_begins(table):
    story = Story()
    odoo, lead = story.odoo, story.lead()
    odoo.add("calendar.event", opportunity_id=lead, create_date=day(1), start=day(9), active=True)
    odoo.add("calendar.event", opportunity_id=lead, create_date=day(20), start=day(15), active=True)
    odoo.add("calendar.event", opportunity_id=lead, create_date=day(1), start=day(2), active=False)
    rows = [(row["type"], row["occurred_at"]) for row in table(odoo, "events")]
    booked, held = "meeting_booked", "sales_meeting"
    assert sorted(rows, key=lambda row: row[1]) == [
        (booked, day(1)), (held, day(9)), (booked, day(20)), (held, day(20)),
    ]  # fmt: skip


def test_ids_become_what_they_name_and_no_leaking_field_is_a_column(table):
    story = Story()
    odoo = story.odoo
    fair, tags = odoo.add("utm.source", name="Fair"), [odoo.add("crm.tag", name=name) for name in ("SME", "IT")]
    odoo.fields["crm.lead"] |= {
        "x_studio_plan": {"type": "selection", "selection": [["p1", "Premium"]]},
        "x_branch_id": {"type": "many2one", "relation": "x.branch"},
        "x_leadscore_score": {"type": "integer"},
    }
    branch = odoo.add("x.branch", name="Vienna", active=False)
    story.lead(source_id=fair, tag_ids=tags, x_studio_plan="p1", x_branch_id=branch, probability=80, user_id=1)
    (row,) = table(odoo, "leads")
    shown = {name: row[name] for name in ("source", "tags", "plan", "branch", "owner", "city")}
    assert shown == {
        "source": "Fair", "tags": "IT;SME", "plan": "Premium", "branch": "Vienna", "owner": "Bot", "city": None,
    }  # fmt: skip
    assert not {"probability", "prorated_revenue", "lost_reason", "priority", "active", "type"} & row.keys()
    assert not [name for name in row if "leadscore" in name]


def test_no_other_table_is_there(connected, tmp_path: Path):
    with pytest.raises(InputError, match="did you mean 'leads'"):
        connected(FakeOdoo()).derived("lead")
