"""Who is at the pages and what they may do: nobody is asked on this computer alone, else a token or a proxy says it."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from socket import gethostname

from data.config import Pages, resolve
from data.drafts import OWNER_ONLY, drafts_of, in_plain_words, remove_drafts, write_whole
from data.errors import InputError, LeadscoreError
from data.store import Person
from data.workspace import KEY_BYTES, Workspace

ROLES = ("viewer", "sales", "admin")
"""Each may do what those before it may."""
LOCAL = Person("you", "admin")
"""Who is at the pages where nobody signs in."""
SHORTEST_TOKEN = 16
PORT = re.compile(r":\d{1,5}$")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Access:
    """Made by `access_for`; ``tokens`` maps each to the user who signs in with it."""

    pages: Pages
    tokens: dict[str, str]
    host: str = ""

    @property
    def is_open(self) -> bool:
        """Return whether nobody has to sign in."""
        return not self.tokens and self.pages.proxy is None

    def by_token(self, token: str) -> str | None:
        """Return whose token this is; every one is compared, in the same time."""
        users = [user for known, user in self.tokens.items() if hmac.compare_digest(known.encode(), token.encode())]
        return users[0] if users else None

    def by_proxy(self, client: str, headers: Mapping[str, str]) -> Person | None:
        """Return who the proxy says this is; anybody may send the header, so only its own address counts."""
        proxy = self.pages.proxy
        if proxy is None or client != proxy.address:
            return None
        name = headers.get(proxy.header.lower(), "").strip()
        return Person(name, self._role(name, proxy.role)) if name else None

    def person(self, name: str | None) -> Person | None:
        """Return who signed in under a name, with the role that they have now; None where they may no longer."""
        if self.is_open:
            return LOCAL
        return Person(name, self.pages.users[name].role) if name in self.tokens.values() else None  # type: ignore[index, arg-type]

    def knows_host(self, header: str) -> bool:
        """Return whether a Host header names these pages: else an answer would lead on to a name of somebody else.

        Where nobody signs in, only this computer's own names do; else its addresses, which no other site can have,
        and the names of the settings, too.
        """
        if is_local_name(header):
            return True
        name = header.rpartition(":")[0] if PORT.search(header) else header
        names = {self.host, gethostname(), *self.pages.hosts}
        return not self.is_open and (is_address(name.strip("[]")) or name.lower() in map(str.lower, names - {""}))

    def is_https(self, client: str, headers: Mapping[str, str]) -> bool:
        """Return whether the browser speaks TLS: the settings say so, or the proxy, from its own address only."""
        proxy = self.pages.proxy
        forwarded = proxy is not None and client == proxy.address and headers.get("x-forwarded-proto") == "https"
        return self.pages.https or forwarded

    def _role(self, name: str, otherwise: str) -> str:
        return self.pages.users[name].role if name in self.pages.users else otherwise


def may(person: Person, role: str) -> bool:
    """Return whether a person may do what a role may.

    >>> may(Person("Ann", "sales"), "viewer"), may(Person("Ann", "sales"), "admin")
    (True, False)
    """
    return ROLES.index(person.role) >= ROLES.index(role)


def access_for(host: str, pages: Pages) -> Access:
    """Return who may open pages that are served at a host.

    Raises InputError where others could open them and nobody has to sign in, or a token is too short.
    """
    named = [(resolve(user.token), name) for name, user in pages.users.items() if user.token]
    tokens = dict(named)
    if len(tokens) < len(named):
        raise InputError("two users have one token", expected="a token of their own for each", where="pages.users")
    if any(len(token) < SHORTEST_TOKEN for token in tokens):
        raise InputError("a token is too short", expected=f"at least {SHORTEST_TOKEN} signs", where="pages.users")
    access = Access(pages, tokens, host)
    if access.is_open and not is_loopback(host):
        raise InputError(
            "anybody who reaches this computer could open the pages",
            expected="pages.users with tokens, or pages.proxy, in leadscore.yaml",
            got=f"--host {host} and nobody who signs in",
            remedy="name users and give it with --config, or serve on 127.0.0.1",
        )
    return access


def is_address(name: str) -> bool:
    """Return whether a name is the address of a computer itself.

    >>> is_address("192.0.2.1"), is_address("2001:db8::1"), is_address("evil.example")
    (True, True, False)
    """
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Return whether only this computer reaches a host.

    >>> is_loopback("127.0.0.2"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_local_name(host: str) -> bool:
    """Return whether a Host header names this computer: else a page from elsewhere reaches us by a name of its own.

    >>> is_local_name("127.0.0.1:8000"), is_local_name("[::1]:80"), is_local_name("localhost.evil.example")
    (True, True, False)
    """
    name, colon, port = host.rpartition(":")
    return host in LOCAL_HOSTS or (bool(colon) and port.isdigit() and name in LOCAL_HOSTS)


def signing_key(workspace: Workspace) -> str:
    """Return the key that sessions are signed with; made once for the workspace, readable by its owner only.

    Raises LeadscoreError where the file does not hold a whole key: with an empty one, anybody could sign.
    """
    file = workspace.pages_key
    with in_plain_words(file), suppress(FileExistsError):  # another server may make it at the same moment
        if not file.exists():
            write_whole(file, secrets.token_hex(KEY_BYTES), mode=OWNER_ONLY, new=True)
    with in_plain_words(file):
        remove_drafts(drafts_of(file))  # of servers that were killed: each holds a key
        key = file.read_text(encoding="utf-8", errors="replace").strip()
    if not workspace.has_whole_key():
        raise LeadscoreError(
            "the key of the sessions is not whole",
            expected=f"{2 * KEY_BYTES} hexadecimal digits",
            got=f"{len(key)} characters" if key else "an empty file",
            where=str(file),
            remedy="remove the file: a new key is made, and everybody signs in again",
        )
    return key
