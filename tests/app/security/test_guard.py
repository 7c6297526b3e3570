"""What stands before every page: headers, roles, and changes that our own pages ask for."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.security import access_for
from app.server import make_app
from data.config import Pages
from data.store import recent_changes
from data.store.tables import AUDIT
from data.workspace import Workspace

LOCAL = "http://127.0.0.1"
PAGES = ["/", "/leads", "/grid", "/funnel", "/model", "/nowhere", "/static/app.css"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_strict_about_what_a_browser_may_do(shared, path):
    headers = shared.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("max-age=3600" if path.startswith("/static") else "no-store")


@pytest.mark.parametrize("path", ["/", "/grid", "/funnel", "/model"])
def test_pages_hold_no_script_and_no_style_of_their_own(shared, path):
    text = shared.get(path).text
    assert "<style" not in text
    assert " style=" not in text
    assert text.count("<script") == text.count('<script src="/static/htmx.min.js"')
    assert " onclick" not in text


def test_only_the_panel_may_stand_in_a_frame_and_only_where_it_is_configured(signed, hottest):
    client = signed("viewer")
    policy = client.get(f"/leads/{hottest}/panel").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors https://crm.example")
    assert client.get(f"/leads/{hottest}").headers["content-security-policy"].endswith("frame-ancestors 'none'")


def test_where_nobody_signs_in_a_banner_says_so(shared, signed):
    assert "Sign-in is off." in shared.get("/").text
    assert "Sign-in is off." not in signed("viewer").get("/").text


def test_where_nobody_signs_in_other_names_of_this_computer_are_refused(shared):
    """A page from elsewhere may let its own name point to this computer."""
    assert shared.get("/leads", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("path", ["/", "/leads/x", "/leads.csv", "/grid", "/model", "/model/plots/gains.svg"])
def test_who_is_not_signed_in_is_asked_to(signed, path):
    answer = signed().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?back={path}"


@pytest.mark.parametrize("path", ["/leads/x/closer", "/leads/x/activity", "/funnel/report"])
def test_a_part_is_not_shown_to_who_is_not_signed_in(signed, path):
    assert signed().get(path).status_code == 303
    answer = signed().get(path, headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-refresh"], answer.text) == (401, "true", "")


def test_a_token_may_come_as_a_header(signed):
    assert signed().get("/grid", headers={"authorization": "Bearer the-token-of-viewer"}).status_code == 200
    assert signed().get("/grid", headers={"authorization": "Bearer the-token-of-nobody"}).status_code == 303


CHANGES = ["/leads/x/verdict", "/leads/x/override", "/leads/x/undo", "/model/thresholds", "/sign-out", "/sign-in"]


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_that_no_page_of_ours_asked_for_is_refused(client, path):
    client.get("/")
    assert client.post(path, data={"verdict": "good", "csrf": "guessed"}).status_code == 403
    assert client.post(path).status_code == 403


def test_every_change_is_in_the_list_of_changes(client):
    routes = [route for route in client.app.routes if "POST" in (getattr(route, "methods", None) or ())]
    known = {path.replace("/x/", "/{lead_id:path}/") for path in CHANGES}
    assert {route.path for route in routes} <= known


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("viewer", "verdict", 403),
        ("viewer", "override", 403),
        ("viewer", "undo", 403),
        ("sales", "verdict", 303),
        ("admin", "verdict", 303),
    ],
)
def test_a_role_may_do_what_is_its_own(signed, csrf, hottest, role, path, status):
    client = signed(role)
    data = {"csrf": csrf(client.get("/").text), "verdict": "good"}
    assert client.post(f"/leads/{hottest}/{path}", data=data).status_code == status


def test_only_an_admin_sets_thresholds(signed, csrf):
    client = signed("sales")
    data = {"csrf": csrf(client.get("/").text), "hot": "50", "warm": "10", "why": "fewer calls"}
    assert client.post("/model/thresholds", data=data).status_code == 403


def test_names_of_other_sites_are_refused_where_people_sign_in_too(signed):
    """A redirect would lead on to them."""
    client = signed("viewer")
    for host, status in (("evil.example", 421), ("10.1.2.3:8000", 200), ("127.0.0.1", 200), ("", 421)):
        assert client.get("/leads", headers={"host": host}).status_code == status
    assert "evil" not in client.get("/leads/", headers={"host": "evil.example"}).headers.get("location", "")


@pytest.mark.parametrize(
    ("pages", "headers", "is_secure"),
    [
        ({}, {}, False),
        ({"https": True}, {}, True),
        ({"proxy": {"address": "testclient"}}, {"x-forwarded-proto": "https"}, True),
        ({"proxy": {"address": "testclient"}}, {"x-forwarded-proto": "http"}, False),
        ({"proxy": {"address": "10.0.0.5"}}, {"x-forwarded-proto": "https"}, False),
    ],
)
def test_behind_tls_the_cookie_goes_over_tls_only(tmp_path, monkeypatch, pages, headers, is_secure):
    monkeypatch.setenv("ANNS", "a token that is long")
    settings = Pages.model_validate({"users": {"Ann": {"token": "${ANNS}"}}, **pages})
    with TestClient(make_app(Workspace.at(tmp_path), access_for("0.0.0.0", settings)), base_url=LOCAL) as client:
        answer = client.get("/sign-in", headers=headers)
    assert ("secure" in answer.headers["set-cookie"].lower()) is is_secure
    assert ("strict-transport-security" in answer.headers) is is_secure


def test_guesses_wait_longer_and_longer_and_are_audited(signed, store, csrf, caplog):
    client = signed()
    word = csrf(client.get("/sign-in").text)
    ends = [client.post("/sign-in", data={"token": f"guess number {n}", "csrf": word}).status_code for n in range(6)]
    assert ends == [403, 403, 403, 429, 429, 429]
    assert int(client.post("/sign-in", data={"token": "x", "csrf": word}).headers["retry-after"]) >= 1
    assert client.get("/grid", headers={"authorization": "Bearer guess"}).status_code == 429
    with store.transaction() as connection:
        rows = connection.execute(sa.select(AUDIT)).mappings().all()
        assert [(row["action"], row["by"]) for row in rows] == [("refused sign-in", "testclient")] * 3
        assert recent_changes(connection, 10) == []
    assert "guess number" not in caplog.text + str(rows)
    assert len([record for record in caplog.records if "wrong token from testclient" in record.message]) == 3


def test_a_link_from_a_mail_or_a_crm_finds_people_signed_in(signed):
    """Of a stricter cookie browsers send nothing along such a link, and the page for signing in would replace it."""
    assert "samesite=lax" in signed("viewer").get("/leads").headers["set-cookie"].lower()


def test_the_guard_knows_nothing_of_what_it_guards():
    code = "import sys, app.security; sys.exit('app.site' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
