"""The settings for Odoo are read as they are written, with the stages of the server that the environment names."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.config import Settings, parse_settings
from data.crm import preset_of
from data.errors import InputError
from tests.data.crm.fake_odoo import DATABASE, KEY, FakeOdoo, running


def settings() -> Settings:
    return parse_settings(preset_of("odoo").text, Path("leadscore.yaml"))


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch) -> None:
    for name in ("ODOO_URL", "ODOO_DB", "ODOO_USER", "ODOO_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_without_an_environment_the_stages_are_those_that_odoo_comes_with():
    stages = settings().stages
    assert (stages.lead, stages.sql, stages.qso) == (["New"], ["Qualified"], ["Proposition"])
    assert "ODOO_URL is not set" in preset_of("odoo").notes[0]


def test_secrets_stand_in_the_environment_alone():
    crm = settings().crm
    assert crm is not None
    assert crm.api_key == "${ODOO_API_KEY}"
    text = preset_of("odoo").text.replace("${ODOO_API_KEY}", "abc123")
    with pytest.raises(InputError, match="does not belong into this file"):
        parse_settings(text, Path("leadscore.yaml"))


def test_the_stages_of_a_server_are_proposed_in_their_order(monkeypatch):
    odoo = FakeOdoo()
    for sequence, name in enumerate(("Neu", "Erstgespräch", "Bedarf", "Demo", "Angebot", "Gewonnen")):
        odoo.add("crm.stage", name=name, sequence=sequence, is_won=name == "Gewonnen")
    with running(odoo):
        values = {"URL": odoo.url, "DB": DATABASE, "USER": odoo.user.login, "API_KEY": KEY}
        for name, value in values.items():
            monkeypatch.setenv(f"ODOO_{name}", value)
        stages = settings().stages
    assert (stages.lead, stages.mql, stages.sql) == (["Neu"], ["Erstgespräch"], ["Bedarf", "Demo"])
    assert (stages.qso, stages.won) == (["Angebot"], ["won"])


def test_every_field_that_leaks_is_listed_with_the_reason():
    preset = preset_of("odoo")
    assert all(f"{field}: {reason}" in preset.text for field, reason in preset.left_out.items())


def test_an_unknown_kind_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'odoo'"):
        preset_of("odo")
