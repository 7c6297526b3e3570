"""Who is taken out of the settings file, or has another role there, is so at the next click."""

import pytest
from fastapi.testclient import TestClient

from app.serve import access_of
from app.server import make_app
from data.config import Pages
from data.workspace import Workspace

USERS = """\
tables: {leads: leads.csv}
pages:
  users:
    Ann: {role: ROLE, token: "${ANNS}"}
    Bob: {role: viewer, token: "${BOBS}"}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("ANNS", "a token that is long")
    monkeypatch.setenv("BOBS", "another token, as long")
    (tmp_path / "leads.csv").write_text("lead_id\n1\n")
    file = tmp_path / "leadscore.yaml"
    file.write_text(USERS.replace("ROLE", "admin"))
    return file


@pytest.fixture
def client(config, tmp_path):
    app = make_app(Workspace.at(tmp_path / "var"), access_of(Workspace.at(tmp_path / "var"), "0.0.0.0", config))
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        client.post("/sign-in", data={"token": "a token that is long", "csrf": _csrf(client)})
        assert client.get("/").status_code == 200
        yield client


def _csrf(client) -> str:
    return client.get("/sign-in").text.split('name="csrf" value="')[1].split('"')[0]


def test_another_role_in_the_file_ends_the_session_at_once(client, config):
    config.write_text(USERS.replace("ROLE", "viewer"))
    assert client.get("/").status_code == 303


def test_who_is_removed_from_the_file_is_out_at_once(client, config):
    config.write_text("\n".join(line for line in USERS.splitlines() if "Ann" not in line))
    assert client.get("/").status_code == 303
    assert client.get("/", headers={"Authorization": "Bearer a token that is long"}).status_code == 303


def test_a_file_that_cannot_be_read_changes_nothing_and_the_log_says_so(client, config, caplog):
    config.write_text("pages: [")
    assert client.get("/").status_code == 200
    assert "those from before hold" in caplog.text
    config.unlink()
    assert client.get("/").status_code == 200


def test_a_folder_of_tables_is_read_by_its_file(config, tmp_path):
    access = access_of(Workspace.at(tmp_path / "var"), "0.0.0.0", config.parent)
    assert access().person("Bob")


def test_without_a_file_nobody_else_is_let_in(tmp_path):
    access = access_of(Workspace.at(tmp_path / "var"), "127.0.0.1", None)
    assert access().pages == Pages()
