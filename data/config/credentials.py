"""Addresses that hold secrets: written as ``${NAME}``, read from the environment at the last moment, never shown."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from data.errors import InputError

VARIABLE = re.compile(r"\$\{(\w+)\}")
CREDENTIALS = re.compile(r"(?:(?<=://)|^(?![\w+.-]+://))(?P<user>[^:/@]*):(?P<password>.*)@")
"""They stand before the host; where the dialect was forgotten, at the beginning."""
IN_QUERY = re.compile(
    r"(?P<key>[?&;=](?:password|passwd|pwd|secret|token|key|sslpassword)=)(?P<value>[^&;]*)", re.IGNORECASE
)
HIDDEN = "***"
LONGEST = 4000
"""Characters of an address; of a longer text the rest is not shown."""
SECRET = re.compile(
    r"alerts|clients|pass|secret|token|key|auth|credential|user|proxy|pages|database|store|tracking|back|url|dsn|address",
    re.I,
)
"""Names of settings whose values, or what stands in them, may hold a secret by mistake."""


def resolve(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Put the values of environment variables in the place of their names. Raises InputError where one is not set.

    >>> resolve("${CRM}/sales", {"CRM": "postgresql://crm"})
    'postgresql://crm/sales'
    """
    known = os.environ if environment is None else environment
    missing = [name for name in VARIABLE.findall(text) if not known.get(name)]
    if missing:
        raise InputError(
            f"the environment variable {missing[0]} is not set",
            expected=f"a value to put into '{masked(text)}'",
            remedy=f"set it where the command runs: export {missing[0]}=…",
        )
    return VARIABLE.sub(lambda match: known[match[1]], CREDENTIALS.sub(lambda match: _quoted(match[0], known), text))


def _quoted(credentials: str, known: Mapping[str, str]) -> str:
    """Read what stands before the host, where characters such as @ and / in a password must not end it."""
    return VARIABLE.sub(lambda match: quote(known[match[1]], safe=""), credentials)


def holds_password(text: str) -> bool:
    """Return whether an address holds a password as it is written.

    >>> holds_password("postgresql://me:secret@crm/sales"), holds_password("postgresql://me:${PASSWORD}@crm/sales")
    (True, False)
    """
    text = unquote(text[:LONGEST])
    login = CREDENTIALS.search(text)
    secrets = [*([login["password"]] if login else []), *(each["value"] for each in IN_QUERY.finditer(text))]
    return any(VARIABLE.sub("", secret) for secret in secrets)


def may_hold_secret(place: Iterable[object]) -> bool:
    """Return whether the value at a place of the settings, such as ("pages", "users", "Ann"), may hold a secret.

    >>> may_hold_secret(("write_back", "database")), may_hold_secret(("thresholds", "hot"))
    (True, False)
    """
    return any(SECRET.search(str(name)) for name in place)


def masked(text: str) -> str:
    """Return an address as it may be shown.

    >>> masked("postgresql://me:secret@crm/sales?sslpassword=x")
    'postgresql://me:***@crm/sales?sslpassword=***'
    """
    return IN_QUERY.sub(rf"\g<key>{HIDDEN}", CREDENTIALS.sub(rf"\g<user>:{HIDDEN}@", text[:LONGEST]))
