"""Watching, with a real webhook on loopback: what changes is scored, written to the CRM and alerted once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from threading import Event, Thread

import pandas as pd
import pytest
import yaml

from data.config import load_settings
from data.errors import LeadscoreError
from pipelines.push import set_up
from pipelines.watch import watch


@dataclass
class Webhook:
    """A server that takes alerts, or refuses them."""

    address: str = ""
    taken: list[dict] = field(default_factory=list)
    refuses: bool = False


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not hook.refuses:
                hook.taken.append(body)
            self.send_response(503 if hook.refuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    hook.address = f"json://127.0.0.1:{server.server_port}/"
    yield hook
    server.shutdown()
    server.server_close()


@pytest.fixture
def watched(workspace, config, tmp_path, webhook, monkeypatch):
    """The simulated funnel with a CRM and a channel; a function does rounds, each watch anew as after a restart."""
    monkeypatch.setenv("ALERT_URL", webhook.address)
    monkeypatch.setenv("CRM_URL", f"sqlite:///{tmp_path / 'crm.db'}")
    (tmp_path / "crm.db").touch()
    settings = yaml.safe_load(config.read_text())
    settings["tables"] = {name: str(config.parent / file) for name, file in settings["tables"].items()}
    settings["tables"]["events"] = str(tmp_path / "events.parquet")
    settings |= {
        "write_back": {"database": "${CRM_URL}", "columns": {"score": "score", "band": "band"}},
        "alerts": {"to": {"default": "${ALERT_URL}"}, "on": ["trigger"], "link": "https://crm.example/{lead_id}"},
    }
    settings.pop("truth", None)
    file = tmp_path / "watched.yaml"
    file.write_text(yaml.safe_dump(settings))
    pd.read_parquet(config.parent / "events.parquet").to_parquet(tmp_path / "events.parquet")
    return load_settings(file)


def rounds(workspace, settings, count: int) -> list:
    return list(islice(watch(workspace, settings, every=0, stop=Event()), count))


def let_a_lead_ask_for_a_quote(tmp_path, workspace) -> str:
    """Let an open lead that fits, and that no trigger holds for, ask for a quote at the end of the data."""
    with closing(sqlite3.connect(workspace.root / "store.db")) as store:
        lead, as_of = store.execute(
            "SELECT lead_id, as_of FROM leadscore_scores WHERE outcome = 'open' AND fit = 'A' AND band <> 'hot' "
            "AND coalesce(triggered_by, '') = '' AND coalesce(disqualified_by, '') = '' ORDER BY lead_id LIMIT 1"
        ).fetchone()
    events = pd.read_parquet(tmp_path / "events.parquet")
    asked = events.tail(1).assign(lead_id=lead, type="quote_request", event_id="new")
    asked["occurred_at"] = pd.Timestamp(as_of, tz="UTC") - pd.Timedelta(hours=2)
    pd.concat([events, asked]).to_parquet(tmp_path / "events.parquet")
    return lead


def test_what_changes_is_scored_written_and_alerted_once_also_after_a_refusal_and_a_restart(
    watched, workspace, webhook, tmp_path
):
    set_up(workspace, watched)
    first, idle = rounds(workspace, watched, 2)
    assert (first.error, first.changed, idle.changed, idle.scored) == (None, True, False, 0)
    assert webhook.taken == [], "what stood before the first watch alerts nobody"
    lead = let_a_lead_ask_for_a_quote(tmp_path, workspace)
    webhook.refuses = True
    (refused,) = rounds(workspace, watched, 1)
    assert (refused.error, refused.changed) == (None, True)
    assert refused.alerts == {"waiting": 1, "sent": 0, "dead": 0}
    webhook.refuses = False
    with closing(sqlite3.connect(workspace.root / "store.db")) as store, store:
        store.execute("UPDATE leadscore_alerts SET due_at = '2000-01-01 00:00:00.000000'")
    sent, again = rounds(workspace, watched, 2)
    assert sent.alerts == again.alerts == {"waiting": 0, "sent": 1, "dead": 0}
    (alert,) = webhook.taken
    assert alert["title"].endswith(f"({lead}): Asked for a quote this week")
    assert alert["message"].endswith(f"https://crm.example/{lead}")
    with closing(sqlite3.connect(tmp_path / "crm.db")) as crm:
        assert crm.execute("SELECT band FROM lead_scores WHERE lead_id = ?", [lead]).fetchone() is not None
    assert json.loads(workspace.heartbeat.read_text())["number"] == 2


def test_an_error_ends_the_round_and_not_the_watch(watched, workspace, tmp_path):
    events = (tmp_path / "events.parquet").read_bytes()
    (tmp_path / "events.parquet").write_bytes(events[:100])
    watching = watch(workspace, watched, every=0, stop=Event())
    broken = next(watching)
    assert "this file cannot be read" in broken.error
    with pytest.raises(LeadscoreError, match="another run is using this workspace"):
        next(watch(workspace, watched, every=0, stop=Event()))
    watching.close()


def test_once_prints_one_object_and_fails_where_the_round_does(leadscore, workspace, tmp_path):
    ran = leadscore("watch", "--once", "--json", "--workspace", workspace.root)
    assert ran.json["error"] is None
    assert leadscore("watch", "--every", "soon", "--workspace", workspace.root).code == 2
    refused = leadscore("watch", "--test-alert", "--workspace", workspace.root)
    assert (refused.code, "alerts: {to: {default: '${ALERT_URL}'}}" in refused.err) == (2, True)
