"""What no route should see is refused, and every answer has its id, in the log as well."""

import json
import logging

import pytest

from app.api.gate import MOST_BODY


def test_the_id_of_a_request_stands_in_the_answer_and_in_the_log(api, caplog):
    with caplog.at_level(logging.INFO, "leadscore.api"):
        answer = api.get("/api/v1/leads/nobody", headers={"X-Request-ID": "abc-1"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "abc-1"
    logged = json.loads(caplog.records[-1].getMessage())
    assert (logged["id"], logged["status"], logged["client"]) == ("abc-1", 404, "local")


def test_an_id_that_could_forge_a_line_is_not_taken(api):
    answer = api.get("/health", headers={"X-Request-ID": 'x"}, {'})
    assert len(answer.headers["x-request-id"]) == 32


def test_a_body_of_50_megabytes_is_refused_before_it_is_read(api):
    read = []

    def parts():
        read.append(1)
        yield b"x"

    headers = {"content-length": str(50 * 2**20), "content-type": "application/json"}
    answer = api.post("/api/v1/score", content=parts(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_a_body_that_does_not_say_its_length_is_refused_once_it_is_too_long(api):
    parts = (b" " * 2**20 for _ in range(MOST_BODY // 2**20 + 1))
    answer = api.post("/api/v1/score", content=parts, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_another_name_than_that_of_the_server_is_refused(api):
    """A page from elsewhere that lets its own name lead here could ask in its visitor's place."""
    assert api.get("/api/v1/leads", headers={"host": "evil.example"}).status_code == 421


def test_a_form_of_another_page_is_no_request(own_api):
    body = json.dumps({"lead_id": "L1", "verdict": "good"})
    answer = own_api.post("/api/v1/feedback", content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 422


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("DELETE", "/health", 405)])
def test_an_address_that_is_none_is_a_problem(api, method, path, status):
    answer = api.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_an_error_of_ours_is_a_problem_that_says_nothing_of_itself(own_api, monkeypatch, caplog):
    monkeypatch.setattr(own_api.app.state.warm, "champion", lambda: 1 / 0)
    answer = own_api.get("/api/v1/models/champion")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert answer.headers["x-request-id"] in caplog.text
