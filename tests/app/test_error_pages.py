"""What cannot be shown is a page with words, and no traceback."""

from fastapi.testclient import TestClient

from app.security import access_for
from app.server import make_app
from data.config import Pages
from data.workspace import Workspace
from pipelines import last_run


def pages_of(workspace: Workspace) -> TestClient:
    app = make_app(workspace, access_for("127.0.0.1", Pages()))
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def test_a_store_that_cannot_be_reached_is_said_to_be_without_its_password(workspace, monkeypatch):
    monkeypatch.setenv("AWAY", "postgresql://me:secret@127.0.0.1:1/none")
    last_run.remember_store(workspace, "${AWAY}")
    with pages_of(workspace) as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text
    assert "What to do" in answer.text
    assert "secret" not in answer.text


def test_a_failure_of_ours_is_a_page_and_no_traceback(workspace, monkeypatch):
    monkeypatch.setattr("app.pages.leads.lead_page", lambda *_, **__: 1 / 0)
    with pages_of(workspace) as client:
        answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "Traceback" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
