"""What a lead did, read from where the leads are; who reads waits for others only a little."""

from app.lead_reading import READING
from data.store import open_store


def test_what_a_lead_did_is_read_from_its_source(shared, scored):
    with open_store(scored.store) as store:
        lead_id = store.hottest(1)[0]["lead_id"]
    text = shared.get(f"/leads/{lead_id}/activity").text
    assert "Stage <b>" in text
    assert '<li><time datetime="202' in text


def test_reading_what_a_lead_did_waits_for_others_only_a_little(shared, monkeypatch):
    monkeypatch.setattr("app.threads.LONGEST_WAIT", 0.01)
    with READING:
        answer = shared.get("/leads/x/activity")
    assert answer.status_code == 503
    assert "try again in a minute" in answer.text
