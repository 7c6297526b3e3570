"""Which crossings are worth an alert."""

from __future__ import annotations

import pandas as pd
import pytest

from data.store import Alert
from pipelines.watch.crossings import crossings, of_accounts

ALL = {"trigger", "hot", "warm", "cooled", "account"}
SAME = {"lead_id": "L1", "run_id": 7, "owner": "Ann", "outcome": "open", "triggered_by": "", "triggered_by_before": ""}


def kinds(band, before, wanted=ALL, **changed) -> list[str]:
    version = {
        **SAME,
        "band": band,
        "band_before": before,
        "model_version": "1",
        "model_version_before": "1",
        **changed,
    }
    return [alert.kind for alert in crossings(pd.DataFrame([version]), wanted)]


@pytest.mark.parametrize(
    ("before", "band", "kind"),
    [
        ("cold", "hot", ["hot"]),
        ("warm", "hot", ["hot"]),
        ("cold", "warm", ["warm"]),
        ("hot", "warm", ["cooled"]),
        ("hot", "cold", ["cooled"]),
        ("warm", "cold", []),
        ("hot", "hot", []),
    ],
)
def test_a_bar_that_is_crossed_is_one_alert(before, band, kind):
    assert kinds(band, before) == kind


def test_a_new_lead_that_is_hot_is_an_alert():
    assert kinds("hot", None, model_version_before=None) == ["hot"]


def test_a_trigger_says_more_than_the_bar_and_alerts_once():
    assert kinds("hot", "cold", triggered_by="Asked for a quote") == ["trigger"]
    assert kinds("hot", "hot", triggered_by="Asked for a quote", triggered_by_before="Asked for a quote") == []


def test_bars_that_another_model_moves_alert_nobody_and_triggers_do():
    assert kinds("hot", "cold", model_version="2") == []
    assert kinds("hot", "cold", model_version="2", triggered_by="Asked for a quote") == ["trigger"]


def test_leads_that_have_closed_and_kinds_that_nobody_asked_for_alert_nobody():
    assert kinds("hot", "cold", outcome="won") == []
    assert kinds("hot", "cold", wanted={"trigger"}) == []


def test_an_account_without_a_lead_alerts_by_its_trigger():
    accounts = [{"account_id": "acme.com", "triggered_by": "Price list", "last_activity": "2026-01-01T00:00:00Z"}]
    assert list(of_accounts(accounts, ALL)) == [Alert("account", "acme.com", "Price list")]
    assert list(of_accounts(accounts, {"hot"})) == []
