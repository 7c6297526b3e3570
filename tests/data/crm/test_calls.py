"""Reading and writing an Odoo takes few calls more than its pages are."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pyarrow as pa
import pytest

from data.crm.odoo import connector as odoo_connector
from data.crm.odoo import sink as odoo_sink
from tests.data.crm.conftest import notes
from tests.data.crm.fake_odoo import FakeOdoo

LEADS, PAGE = 200, 20
LONG_AGO = datetime(2026, 1, 1)
AROUND = 25
"""Calls for signing in, what fields there are, what the user may do, and names: however many leads there are."""


@pytest.fixture
def odoo(monkeypatch) -> FakeOdoo:
    monkeypatch.setattr(odoo_connector, "PAGE", PAGE)
    odoo = FakeOdoo()
    odoo.fields["crm.lead"]["x_leadscore_score"] = {"type": "integer"}
    for number in range(1, LEADS + 1):
        odoo.add("crm.lead", id=number, write_date=LONG_AGO)
        for _ in range(2):
            odoo.add("mail.message", model="crm.lead", res_id=number, message_type="email", date=LONG_AGO,
                     write_date=LONG_AGO)  # fmt: skip
    return odoo


def test_a_first_read_takes_the_pages_and_a_few_more(odoo, connected, tmp_path):
    connector = connected(odoo)
    notes(connector, tmp_path / "copies")
    assert Counter(odoo.calls)["mail.message", "search_read"] == 2 * LEADS / PAGE
    assert connector.calls <= 3 * LEADS / PAGE + AROUND


def test_a_later_read_takes_a_page_for_what_changed(odoo, connected, tmp_path):
    notes(connected(odoo), tmp_path / "copies")
    odoo.change("crm.lead", 1, city="Graz")
    odoo.calls.clear()
    connector = connected(odoo)
    notes(connector, tmp_path / "copies")
    calls = Counter(odoo.calls)
    assert (calls["crm.lead", "search_read"], calls["mail.message", "search_read"]) == (1, 0)
    assert connector.calls <= AROUND


def test_scores_are_written_by_as_few_calls_as_there_are_loads_and_a_fifth(odoo, connected, monkeypatch):
    monkeypatch.setattr(odoo_sink, "LOAD", PAGE)
    monkeypatch.setattr(odoo_sink.OdooSink, "batch_size", 5 * PAGE)
    sink = connected(odoo).sink({"score": "x_leadscore_score"})
    rows = pa.table({"lead_id": [str(number) for number in range(1, LEADS + 1)], "score": [*range(LEADS)]})
    for start in range(0, LEADS, sink.batch_size):
        assert sink.write(rows.slice(start, sink.batch_size)) == {}
    assert len(odoo.calls) == 1.2 * LEADS / PAGE
