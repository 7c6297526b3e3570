"""Events that are posted count from the next run on, once each, and a request that comes again is done once."""

import pandas as pd
import pytest

from pipelines.score import score

NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
def lead(own_api, alone) -> dict:
    """An open lead of the middle of the list: its score may rise."""
    leads = own_api.get("/api/v1/leads", params={"limit": 500}).json()["leads"][300:]
    return next(lead for lead in leads if lead["lead_id"] in alone)


def demo_requests(lead_id: str) -> list[dict]:
    times = [f"2025-12-{day}T10:00:00Z" for day in range(20, 31)]
    named = {"lead_id": lead_id, "type": "demo_request"}
    return [{**named, "event_id": f"web-{number}", "occurred_at": time} for number, time in enumerate(times)]


def test_posted_events_raise_a_score_once_the_next_run_reads_them(own_api, workspace, lead):
    events = demo_requests(lead["lead_id"])
    answers = [own_api.post("/api/v1/events", json={"events": events}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.json() for answer in answers] == [{"received": 11, "new": 11}, {"received": 11, "new": 0}]
    score(workspace, as_of=pd.Timestamp(NOW).tz_localize(None))
    after = own_api.get(f"/api/v1/leads/{lead['lead_id']}").json()
    assert after["probability"] > lead["probability"]


def test_what_is_posted_counts_as_if_the_request_had_it(own_api, workspace, lead_of, lead):
    record, posted = lead_of(lead["lead_id"]), demo_requests(lead["lead_id"])
    own_api.post("/api/v1/events", json={"events": posted})
    score(workspace, as_of=pd.Timestamp(NOW).tz_localize(None))
    own = [{name: value for name, value in event.items() if name != "lead_id"} for event in posted]
    body = {"leads": [record | {"events": [*record["events"], *own]}], "as_of": NOW}
    (scored,) = own_api.post("/api/v1/score", json=body).json()["scores"]
    assert scored["probability"] == own_api.get(f"/api/v1/leads/{lead['lead_id']}").json()["probability"]


def test_an_event_of_nobody_is_refused(own_api):
    event = {"event_id": "1", "type": "x", "occurred_at": NOW}
    answer = own_api.post("/api/v1/events", json={"events": [event]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/events/0")


def test_a_verdict_that_comes_again_by_its_key_is_kept_once(own_api, lead):
    body, key = {"lead_id": lead["lead_id"], "verdict": "good"}, {"Idempotency-Key": "k-1"}
    answers = [own_api.post("/api/v1/feedback", json=body, headers=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert len(own_api.get(f"/api/v1/leads/{lead['lead_id']}").json()["verdicts"]) == 1
    other = own_api.post("/api/v1/feedback", json=body | {"verdict": "no fit"}, headers=key)
    assert (other.status_code, other.json()["detail"]) == (422, "another request came with this Idempotency-Key")


def test_a_request_that_failed_may_come_again_by_its_key(own_api, lead):
    key = {"Idempotency-Key": "k-2"}
    assert own_api.post("/api/v1/feedback", json={"lead_id": "?", "verdict": "good"}, headers=key).status_code == 404
    body = {"lead_id": lead["lead_id"], "verdict": "good"}
    assert own_api.post("/api/v1/feedback", json=body, headers=key).status_code == 204
