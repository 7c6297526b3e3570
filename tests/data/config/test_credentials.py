"""Addresses with secrets: read from the environment, refused where written out, never shown."""

import pytest

from data.config.credentials import holds_password, masked, resolve
from data.errors import InputError


def test_several_names_in_one_address_are_read(monkeypatch):
    monkeypatch.setenv("CRM_USER", "me")
    monkeypatch.setenv("CRM_PASSWORD", "p@ss")
    assert resolve("postgresql://${CRM_USER}:${CRM_PASSWORD}@crm/sales") == "postgresql://me:p%40ss@crm/sales"


@pytest.mark.parametrize("environment", [{}, {"CRM_URL": ""}])
def test_a_name_that_is_not_set_is_named(environment):
    with pytest.raises(InputError, match="the environment variable CRM_URL is not set"):
        resolve("${CRM_URL}", environment)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://me:secret@crm/sales", True),
        ("postgresql://me:a@b:c@crm/sales", True),
        ("postgresql://crm/sales?user=me&password=secret", True),
        ("postgresql://me:${PASSWORD}@crm/sales", False),
        ("postgresql://crm/sales?password=${PASSWORD}", False),
        ("postgresql://me@crm/sales", False),
        ("me:secret@crm/sales", True),
        ("sqlite:///a:b@c.db", False),
        ("${CRM_URL}", False),
        ("sqlite:///crm.db", False),
    ],
)
def test_a_written_password_is_seen(address, expected):
    assert holds_password(address) == expected


def test_nothing_secret_is_shown():
    shown = masked("postgresql://me:a@b:secret@crm/sales?sslmode=require&password=secret")
    assert "secret" not in shown
    assert shown == "postgresql://me:***@crm/sales?sslmode=require&password=***"
    assert masked("me:secret@crm/sales") == "me:***@crm/sales"
