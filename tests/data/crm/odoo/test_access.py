"""What a user may do in Odoo is said before anything is read, with what to grant."""

from __future__ import annotations

import pytest

from tests.data.crm.fake_odoo import FakeOdoo, FakeUser

COLUMNS = {"score": "x_leadscore_score"}


@pytest.fixture(params=[17, 18, 19])
def odoo(request) -> FakeOdoo:
    odoo = FakeOdoo(version=request.param)
    for number, user in enumerate((2, 2, 7), 1):
        odoo.add("crm.lead", id=number, user_id=user)
    return odoo


def test_an_administrator_may_do_all(odoo, connected):
    odoo.fields["crm.lead"]["x_leadscore_score"] = {"type": "integer"}
    rights = connected(odoo).access(COLUMNS)
    assert set(rights.may.values()) == {True}
    assert rights.counts == {"leads": 3, "leads of others": 1}
    assert (rights.version, rights.missing) == (str(odoo.version), [])
    assert "probability" in rights.left_out


def test_a_salesman_lacks_exact_history_and_cannot_make_fields(odoo, connected):
    odoo.user = FakeUser(is_admin=False)
    rights = connected(odoo).access(COLUMNS)
    assert [words for words, allowed in rights.may.items() if not allowed] == [
        "read tracked values (exact stage history)",
        "add fields (push --setup)",
    ]
    assert rights.missing == [
        "leads have no field x_leadscore_score for scores: let an administrator run `leadscore push --setup` once"
    ]
    assert "rebuilt" in rights.notes[0]


def test_who_sees_own_leads_alone_is_told_so(odoo, connected):
    odoo.user = FakeUser(is_admin=False, sees_all=False)
    rights = connected(odoo).access({})
    assert rights.counts == {"leads": 2, "leads of others": 0}
    assert "All Documents" in rights.missing[0]
