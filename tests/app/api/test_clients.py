"""Who may ask the API: tokens with scopes, an expiry and a pace."""

import pytest

from app.api.clients import Pace, api_access_for
from data.config import Settings
from data.errors import InputError

CLIENTS = {
    "crm": {"token": "${CRM_TOKEN}", "scopes": ["read", "score"], "per_minute": 3},
    "web": {"token": "${WEB_TOKEN}", "scopes": ["events"], "expires": "2020-01-01"},
}


@pytest.fixture
def settings(monkeypatch) -> Settings:
    monkeypatch.setenv("CRM_TOKEN", "the token of the crm")
    monkeypatch.setenv("WEB_TOKEN", "the token of the web")
    return Settings.model_validate({"tables": {}, "api": {"clients": CLIENTS}})


@pytest.fixture
def closed(scored, settings, api_for):
    with api_for(scored, settings, "0.0.0.0") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_without_a_token_nobody_is_answered_but_about_health(closed):
    answer = closed.get("/api/v1/leads")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["remedy"] == "send Authorization: Bearer TOKEN"
    assert closed.get("/metrics").status_code == 401
    assert closed.get("/health").status_code == 200


def test_a_token_opens_what_its_scopes_say(closed):
    assert closed.get("/api/v1/leads", headers=bearer("the token of the crm")).status_code == 200
    answer = closed.post("/api/v1/feedback", json={}, headers=bearer("the token of the crm"))
    assert (answer.status_code, answer.json()["expected"]) == (403, "the scope feedback")


def test_a_token_that_expired_is_said_to_have(closed):
    answer = closed.get("/metrics", headers=bearer("the token of the web"))
    assert answer.status_code == 401
    assert "expired on 2020-01-01" in answer.json()["detail"]


def test_wrong_tokens_let_their_address_wait(closed):
    answers = [closed.get("/metrics", headers=bearer(f"a guess, number {each}")) for each in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_who_asks_too_often_is_told_when_to_come_back(closed):
    answers = [closed.get("/api/v1/models/champion", headers=bearer("the token of the crm")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20


def test_a_pace_comes_back_with_time():
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    assert [pace.wait("crm", 60) for _ in range(61)] == [0.0] * 60 + [1.0]
    now[0] = 1.0
    assert pace.wait("crm", 60) == 0.0


@pytest.mark.parametrize(
    ("clients", "what"),
    [
        ({"a": {"token": "${SAME}", "scopes": ["read"]}, "b": {"token": "${SAME}", "scopes": ["read"]}}, "one token"),
        ({"a": {"token": "${SHORT}", "scopes": ["read"]}}, "too short"),
        ({}, "anybody who reaches this computer could ask the API"),
    ],
)
def test_clients_that_cannot_be_told_apart_or_kept_out_are_refused(clients, what, monkeypatch):
    monkeypatch.setenv("SAME", "a token that is long enough")
    monkeypatch.setenv("SHORT", "short")
    settings = Settings.model_validate({"tables": {}, "api": {"clients": clients}})
    with pytest.raises(InputError, match=what):
        api_access_for("0.0.0.0", settings)


def test_a_secret_in_the_settings_is_refused():
    with pytest.raises(ValueError, match="a secret does not belong into this file"):
        Settings.model_validate({"tables": {}, "api": {"clients": {"a": {"token": "literal", "scopes": ["read"]}}}})
