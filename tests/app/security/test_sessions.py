"""Sessions end: by signing out, after a while, and with another token or role."""

import json
import stat
from types import SimpleNamespace

import pytest

from app.security.access import access_for
from app.security.sessions import IDLE, LONGEST, PACE, Sessions
from data.config import Pages
from data.errors import LeadscoreError
from data.store import Person


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=1_000_000.0)


@pytest.fixture
def sessions(tmp_path, clock) -> Sessions:
    return Sessions(tmp_path / "pages.ended", lambda: clock.now)


@pytest.fixture
def access_of(monkeypatch):
    def make(token: str = "a token that is long", role: str = "sales"):
        monkeypatch.setenv("ANNS", token)
        return access_for("0.0.0.0", Pages.model_validate({"users": {"Ann": {"role": role, "token": "${ANNS}"}}}))

    return make


@pytest.fixture
def session(sessions, access_of) -> dict:
    begun = {"csrf": "of before"}
    sessions.begin(begun, "Ann", access_of())
    return begun


def test_a_session_is_somebodys_until_it_ends(sessions, session, access_of):
    assert sessions.person(session, access_of()) == Person("Ann", "sales")
    assert "csrf" not in session
    assert sessions.person({}, access_of()) is None


def test_who_signed_out_is_out_wherever_the_cookie_still_is(sessions, session, access_of, tmp_path):
    copied = dict(session)
    sessions.end(session)
    assert session == {}
    assert sessions.person(copied, access_of()) is None
    again = Sessions(sessions.file, sessions.clock)
    assert again.person(copied, access_of()) is None, "a server that starts anew knows it"
    assert stat.S_IMODE(sessions.file.stat().st_mode) == 0o600


def test_another_server_of_the_workspace_knows_it_at_once(sessions, session, access_of):
    other = Sessions(sessions.file, sessions.clock)
    assert other.person(session, access_of())
    sessions.end(dict(session))
    assert other.person(session, access_of()) is None


@pytest.mark.parametrize("change", [{"token": "another token, as long"}, {"role": "admin"}, {"role": "viewer"}])
def test_another_token_or_role_ends_it(sessions, session, access_of, change):
    assert sessions.person(session, access_of(**change)) is None


def test_it_ends_when_nobody_uses_it(sessions, session, access_of, clock):
    clock.now += IDLE
    assert sessions.person(session, access_of()) is None


def test_it_ends_however_much_it_is_used(sessions, session, access_of, clock):
    for _ in range(LONGEST // 1800 - 1):
        clock.now += 1800
        assert sessions.person(session, access_of())
    clock.now += 1800
    assert sessions.person(session, access_of()) is None


def test_a_cookie_is_not_written_anew_for_each_page(sessions, session, access_of, clock):
    before = dict(session)
    clock.now += PACE - 1
    sessions.person(session, access_of())
    assert session == before
    clock.now += 1
    sessions.person(session, access_of())
    assert session["seen"] == clock.now


@pytest.mark.parametrize("cookie", [{"user": "Ann"}, {"user": "Ann", "id": "x", "begun": "1", "seen": 1}, {"user": 5}])
def test_a_cookie_of_an_earlier_version_is_nobodys(sessions, access_of, cookie):
    assert sessions.person(cookie, access_of()) is None


def test_what_ended_is_remembered_no_longer_than_the_cookie_lasts(sessions, access_of, clock):
    for _ in range(3):
        session: dict = {}
        sessions.begin(session, "Ann", access_of())
        sessions.end(session)
        clock.now += LONGEST
    assert len(json.loads(sessions.file.read_text())) == 1


def test_a_list_that_cannot_be_read_lets_nobody_in(sessions, session, access_of):
    sessions.file.write_text("[")
    with pytest.raises(LeadscoreError, match="cannot be read"):
        sessions.person(session, access_of())
