"""The main ways through the pages where the scores are in PostgreSQL."""

from datetime import timedelta

import pandas as pd
import pytest

from data.store import open_store, recent_changes
from models.versions import Registry
from pipelines.score import score

NOW = pd.Timestamp("2026-01-01")


@pytest.fixture
def on_postgres(workspace, postgres, monkeypatch):
    monkeypatch.setenv("PAGES_STORE", postgres)
    settings = Registry(workspace).champion().settings.model_copy(update={"store": "${PAGES_STORE}"})
    for moment in (NOW - timedelta(days=8), NOW):
        score(workspace, settings=settings, as_of=moment)
    return workspace


def test_sales_finds_a_lead_judges_it_sets_it_by_hand_and_takes_that_back(on_postgres, client, csrf):
    with open_store("${PAGES_STORE}") as store:
        (first, *_) = store.hottest(3)
        lead_id = first["lead_id"]
        pages = ("/leads", "/leads?band=hot&week=up", "/leads?disposition=ready", f"/leads?q={lead_id}")
        assert {client.get(path).status_code for path in (*pages, "/grid", "/funnel", "/model")} == {200}
        assert lead_id in client.get(pages[-1]).text
        text = client.get(f"/leads/{lead_id}").text
        word = csrf(text)
        assert "Speaks for it" in text
        client.post(f"/leads/{lead_id}/verdict", data={"verdict": "good", "csrf": word})
        client.post(f"/leads/{lead_id}/override", data={"disposition": "discard", "reason": "a student", "csrf": word})
        assert "discard, set by hand" in client.get("/leads").text
        assert f'\n"{lead_id}",' in client.get("/leads.csv?disposition=discard").text
        client.post(f"/leads/{lead_id}/undo", data={"csrf": word})
        assert "set by hand</span>" not in client.get("/leads").text
        client.app.state.site.write_opened()
        with store.transaction() as connection:
            kept = [row["action"] for row in recent_changes(connection, 9)]
    assert kept == ["undo override", "override", "verdict"]


@pytest.mark.parametrize("path", ["/leads?q=%00", "/leads?band=%00", "/leads/%00", "/leads.csv?owner=%00"])
def test_what_no_text_of_the_store_can_hold_is_refused(on_postgres, client, path):
    assert client.get(path).status_code == 400
