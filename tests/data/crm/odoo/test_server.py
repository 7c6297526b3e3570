"""Calls of Odoo by both ways, and what it refuses in words, never with the server's traceback."""

from __future__ import annotations

import pytest

from data.config import CrmAccess
from data.crm.odoo.server import OdooError, OdooServer
from data.errors import InputError
from tests.data.crm.conftest import access_to
from tests.data.crm.fake_odoo import KEY, SECRET, FakeOdoo, FakeUser


@pytest.fixture(params=[17, 18, 19])
def odoo(request) -> FakeOdoo:
    return FakeOdoo(version=request.param)


def test_the_version_decides_the_way(odoo, connected):
    server = connected(odoo).server
    odoo.add("crm.lead", city="Graz")
    rows = server.call("crm.lead", "search_read", domain=[["city", "=", "Graz"]], fields=["city", "email_from"])
    assert rows == [{"id": 1, "city": "Graz", "email_from": False}]
    assert (server.version, server.uid) == (odoo.version, 2)


def test_a_wrong_key_and_a_wrong_user_are_said_without_the_key(odoo, connected, monkeypatch):
    connected(odoo)
    monkeypatch.setenv("ODOO_API_KEY", "wrong-key")
    with pytest.raises(InputError, match="does not let this user in") as problem:
        OdooServer(access_to(odoo)).call("crm.lead", "search", domain=[])
    assert "wrong-key" not in str(problem.value)


def test_a_refusal_has_odoos_name_and_words_and_no_traceback(odoo, connected, caplog):
    odoo.user = FakeUser(is_admin=False)
    with pytest.raises(OdooError) as problem:
        connected(odoo).server.call("mail.tracking.value", "search", domain=[])
    assert problem.value.is_about_rights
    assert "You are not allowed to access" in str(problem.value)
    assert SECRET not in str(problem.value) + caplog.text
    assert KEY not in str(problem.value) + caplog.text


def test_a_write_of_a_lead_that_is_gone_is_known_as_such(odoo, connected):
    with pytest.raises(OdooError) as problem:
        connected(odoo).server.call("crm.lead", "write", ids=[7], vals={})
    assert problem.value.is_missing


def test_a_wrong_database_is_said(connected):
    odoo = FakeOdoo(version=17)
    connected(odoo)
    access = access_to(odoo).model_copy(update={"database": "other"})
    with pytest.raises(InputError, match="no such database"):
        OdooServer(access).call("crm.lead", "search", domain=[])


def test_a_version_that_is_too_old_is_refused(connected):
    with pytest.raises(InputError, match="too old"):
        connected(FakeOdoo(version=16)).server.call("crm.lead", "search", domain=[])


def test_what_the_settings_lack_is_named():
    with pytest.raises(InputError, match="api key"):
        OdooServer(CrmAccess(kind="odoo", url="https://acme.odoo.com", database="acme", user="ann"))._key  # noqa: B018
