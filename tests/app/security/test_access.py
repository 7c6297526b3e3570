"""Nobody signs in on this computer alone; elsewhere a token or a proxy tells who somebody is."""

import os
import stat
import sys

import pytest

from app.security.access import access_for, is_local_name, signing_key
from data.config import Pages
from data.errors import InputError, LeadscoreError
from data.store import Person
from data.workspace import Workspace

PROXIED = Pages.model_validate({"users": {"boss": {"role": "admin"}}, "proxy": {"address": "10.0.0.5"}})


@pytest.fixture
def users(monkeypatch) -> Pages:
    monkeypatch.setenv("ANNS", "a token that is long")
    return Pages.model_validate({"users": {"Ann": {"role": "sales", "token": "${ANNS}"}}})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_this_computer_nobody_has_to_sign_in(host):
    assert access_for(host, Pages()).is_open


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "sales.example"])
def test_elsewhere_somebody_must_be_named(host):
    with pytest.raises(InputError, match="anybody who reaches this computer"):
        access_for(host, Pages())


def test_who_is_named_signs_in_on_this_computer_too(users):
    assert not access_for("127.0.0.1", users).is_open


def test_a_token_tells_whose_it_is(users):
    access = access_for("0.0.0.0", users)
    assert access.by_token("a token that is long") == "Ann"
    assert access.by_token("another token, also long") is None
    assert access.by_token("") is None
    assert access.person("Ann") == Person("Ann", "sales")


def test_who_is_no_longer_named_is_nobody(users):
    assert access_for("0.0.0.0", users).person("Bob") is None
    assert access_for("0.0.0.0", users).person(None) is None


def test_a_short_token_is_refused(users, monkeypatch):
    monkeypatch.setenv("ANNS", "short")
    with pytest.raises(InputError, match="too short"):
        access_for("0.0.0.0", users)


def test_two_users_with_one_token_are_refused(monkeypatch):
    """Else the one would sign in as the other."""
    monkeypatch.setenv("ONE", "a token that is long")
    users = {name: {"role": role, "token": "${ONE}"} for name, role in (("Ann", "viewer"), ("Bob", "admin"))}
    with pytest.raises(InputError, match="two users have one token"):
        access_for("0.0.0.0", Pages.model_validate({"users": users}))


def test_a_token_in_the_settings_is_refused():
    with pytest.raises(ValueError, match="does not belong into this file"):
        Pages.model_validate({"users": {"Ann": {"token": "a token that is long"}}})


def test_the_header_counts_from_the_address_of_the_proxy_only():
    access = access_for("0.0.0.0", PROXIED)
    assert access.by_proxy("10.0.0.5", {"x-forwarded-user": "boss"}) == Person("boss", "admin")
    assert access.by_proxy("10.0.0.5", {"x-forwarded-user": "new one"}) == Person("new one", "viewer")
    assert access.by_proxy("10.0.0.6", {"x-forwarded-user": "boss"}) is None
    assert access.by_proxy("10.0.0.5", {}) is None


def test_who_is_named_without_a_token_comes_by_the_proxy_only():
    assert access_for("0.0.0.0", PROXIED).person("boss") is None


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:evil", ""])
def test_other_names_are_not_this_computers(host):
    assert not is_local_name(host)


def test_the_key_of_sessions_stays_and_is_its_owners(tmp_path):
    workspace = Workspace.at(tmp_path)
    assert signing_key(workspace) == signing_key(workspace)
    assert stat.S_IMODE((tmp_path / "pages.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("key", ["", "\n", "abc", "0" * 63, "0" * 65, "g" * 64])
def test_a_key_that_is_not_whole_signs_nothing(tmp_path, key):
    (tmp_path / "pages.key").write_text(key)
    with pytest.raises(LeadscoreError, match="not whole"):
        signing_key(Workspace.at(tmp_path))
    assert (tmp_path / "pages.key").read_text() == key


def test_a_server_that_is_killed_while_it_makes_the_key_leaves_none(tmp_path):
    """Between any two steps of writing it: the key is whole, or the next start makes one."""
    ends: list[int] = []
    while 0 not in ends:
        workspace = Workspace.at(tmp_path / str(len(ends)))
        child = os.fork()
        if not child:
            end_after(3 * len(ends) + 1)
            signing_key(workspace)
            os._exit(0)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        assert ends[-1] in (0, 9)
        assert len(signing_key(workspace)) == 64
        assert [file.name for file in workspace.root.iterdir()] == ["pages.key"]
    assert len(ends) > 3


def end_after(steps: int) -> None:
    """End this process once so many lines of the writer have been run."""
    count = 0

    def trace(frame, event, _argument):
        nonlocal count
        count += event == "line" and frame.f_code.co_filename.endswith(("drafts.py", "access.py"))
        if count == steps:
            os._exit(9)
        return trace

    sys.settrace(trace)
