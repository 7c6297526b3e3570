"""Scores come into the records that are there, each for itself, and nothing else is ever written or made."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from data.crm.odoo import sink as odoo_sink
from data.errors import InputError, LeadscoreError
from data.sinks import GONE
from tests.data.crm.fake_odoo import FakeOdoo, FakeUser

COLUMNS = {"score": "x_leadscore_score", "probability": "x_leadscore_probability", "as_of": "x_leadscore_as_of"}
AS_OF = datetime(2026, 1, 31, 9, 30, 59)


@pytest.fixture(params=[17, 19])
def odoo(request) -> FakeOdoo:
    """Thirty leads, of which the odd ones are archived, with fields for scores."""
    odoo = FakeOdoo(version=request.param)
    for name, kind in zip(COLUMNS.values(), ("integer", "float", "datetime"), strict=True):
        odoo.fields["crm.lead"][name] = {"type": kind}
    for number in range(1, 31):
        odoo.add("crm.lead", id=number, name=f"Deal {number}", probability=37.5, active=number % 2 == 0)
    return odoo


def scores(*numbers: int, probability: float = 0.25) -> pa.Table:
    rows = [{"lead_id": str(n), "score": n, "probability": probability, "as_of": AS_OF} for n in numbers]
    return pa.Table.from_pylist(rows)


def written(odoo: FakeOdoo) -> dict[int, Any]:
    return {lead["id"]: lead["x_leadscore_score"] for lead in odoo.leads() if "x_leadscore_score" in lead}


def test_archived_leads_are_written_too_and_nothing_but_our_fields(odoo, connected):
    before = {lead["id"]: dict(lead) for lead in odoo.leads()}
    assert connected(odoo).sink(COLUMNS).write(scores(1, 2, 3)) == {}
    for lead in odoo.leads():
        assert {name for name in lead if lead[name] != before[lead["id"]].get(name)} <= {
            *COLUMNS.values(),
            "write_date",
        }
    assert written(odoo) == {1: 1, 2: 2, 3: 3}
    assert odoo.tables["crm.lead"][2]["x_leadscore_as_of"] == AS_OF


def test_a_batch_is_one_call_after_one_that_looks_who_is_there(odoo, connected):
    connected(odoo).sink(COLUMNS).write(scores(*range(1, 31)))
    assert Counter(method for _, method in odoo.calls) == Counter(search=1, load=1)


def test_refused_records_stop_no_other_though_odoo_lists_ten_at_most(odoo, connected):
    bad = range(2, 27)
    odoo.refused = {number: f"lead {number} is locked" for number in bad}
    refused = connected(odoo).sink(COLUMNS).write(scores(*range(1, 31)))
    assert refused == {str(number): f"lead {number} is locked" for number in bad}
    assert written(odoo) == {number: number for number in (1, *range(27, 31))}


def test_a_refusal_that_names_no_record_is_found_by_halving(odoo, connected, monkeypatch):
    verb = odoo.do_load

    def nameless(model, ids, context, fields, data):
        if any(row[0] == "17" for row in data):
            return {"ids": False, "messages": [{"type": "error", "message": "a rule of our own"}]}
        return verb(model, ids, context, fields, data)

    odoo.do_load = nameless
    assert connected(odoo).sink(COLUMNS).write(scores(*range(1, 31))) == {"17": "a rule of our own"}
    assert len(written(odoo)) == 29


def test_a_deleted_lead_is_gone_and_never_made(odoo, connected):
    odoo.remove_lead(4) if "mail.message" in odoo.tables else odoo.tables["crm.lead"].pop(4)
    odoo.name_is_filled_in = True  # a module that would make a lead of it
    assert connected(odoo).sink(COLUMNS).write(scores(3, 4, 5)) == {"4": GONE}
    assert sorted(odoo.tables["crm.lead"]) == [n for n in range(1, 31) if n != 4]


def test_a_lead_that_is_deleted_between_the_look_and_the_write_is_refused_and_never_made(odoo, connected):
    odoo.before["crm.lead", "load"] = lambda: odoo.tables["crm.lead"].pop(4)
    refused = connected(odoo).sink(COLUMNS).write(scores(3, 4, 5))
    assert refused.keys() == {"4"}
    assert "name" in refused["4"]
    assert written(odoo) == {3: 3, 5: 5}


def test_leads_that_odoo_made_all_the_same_are_said_at_once(odoo, connected):
    odoo.name_is_filled_in = True
    odoo.before["crm.lead", "load"] = lambda: odoo.tables["crm.lead"].pop(4)
    with pytest.raises(LeadscoreError, match="made new leads"):
        connected(odoo).sink(COLUMNS).write(scores(3, 4, 5))


def test_a_number_that_is_none_is_refused_here(odoo, connected):
    table = pa.concat_tables([scores(1), scores(2, probability=float("nan"))])
    assert connected(odoo).sink(COLUMNS).write(table) == {"2": "a number that is none: nan"}
    assert written(odoo) == {1: 1}


@pytest.mark.parametrize("field", ["probability", "name", "x_score"])
def test_no_field_but_ours_can_be_named(odoo, connected, field):
    with pytest.raises(InputError, match="none of ours"):
        connected(odoo).sink({"probability": field})


def test_the_fields_of_a_lead_are_emptied(odoo, connected):
    sink = connected(odoo).sink(COLUMNS)
    sink.write(scores(1, 2))
    assert (sink.clear("1"), sink.clear("99")) == (1, 0)
    assert written(odoo) == {1: False, 2: 2}


def test_setup_makes_what_is_missing_and_shows_it_on_the_form_once(odoo, connected):
    columns = {**COLUMNS, "band": "x_leadscore_band", "reasons_up": "x_leadscore_reasons_up"}
    assert connected(odoo).sink(columns).set_up()
    made = {row["name"]: row["ttype"] for row in odoo.tables["ir.model.fields"].values()}
    assert made == {"x_leadscore_band": "char", "x_leadscore_reasons_up": "text"}
    view = odoo.tables["ir.ui.view"][2]
    assert (view["inherit_id"], view["arch"].count("<field")) == (1, 5)
    assert not connected(odoo).sink(columns).set_up()
    assert len(odoo.tables["ir.ui.view"]) == 2
    connected(odoo).sink(columns).check()


def test_who_may_not_make_fields_is_told_which_an_administrator_must_make(odoo, connected):
    odoo.user = FakeUser(is_admin=False)
    with pytest.raises(InputError, match=r"x_leadscore_band \(char\)"):
        connected(odoo).sink({**COLUMNS, "band": "x_leadscore_band"}).set_up()


def test_a_missing_field_or_one_of_another_type_is_found_before_anything_is_written(odoo, connected):
    with pytest.raises(InputError, match="push --setup"):
        connected(odoo).sink({"band": "x_leadscore_band"}).check()
    odoo.fields["crm.lead"]["x_leadscore_score"]["type"] = "many2one"
    with pytest.raises(InputError, match="cannot hold the score"):
        connected(odoo).sink(COLUMNS).check()


def test_it_is_empty_until_a_lead_has_a_score(odoo, connected):
    sink = connected(odoo).sink(COLUMNS)
    assert sink.is_empty()
    sink.write(scores(1))
    assert not sink.is_empty()


def test_large_batches_are_parted(odoo, connected, monkeypatch):
    monkeypatch.setattr(odoo_sink, "LOAD", 8)
    connected(odoo).sink(COLUMNS).write(scores(*range(1, 31)))
    assert Counter(odoo.calls)["crm.lead", "load"] == 4
    assert len(written(odoo)) == 30
