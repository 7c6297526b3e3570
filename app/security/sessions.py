"""Sessions that end: by signing out, after a while, and once the token or the role behind them is another.

A session lies in a signed cookie; what has ended is remembered in the workspace until the cookie would end by itself.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from app.security.access import Access
from data.drafts import OWNER_ONLY, in_plain_words, write_whole
from data.errors import LeadscoreError
from data.store import Person

IDLE, LONGEST = 4 * 3600, 12 * 3600
"""Seconds after which a session ends that nobody uses, and after which each does."""
PACE = 60
"""Seconds between two notes in the cookie that the session is used."""
Session = MutableMapping[str, Any]


class Sessions:
    """The sessions of one workspace; ``clock`` gives seconds since 1970."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self.file = file
        self.clock = clock
        self._read_at: int | None = None
        self._ended: dict[str, float] = {}

    def begin(self, session: Session, user: str, access: Access) -> None:
        """Begin a session; one from before is nobody's any more."""
        session.clear()
        now = int(self.clock())
        begun = {"user": user, "id": secrets.token_urlsafe(16), "begun": now, "seen": now}
        session.update(begun, mark=mark_of(user, access))

    def person(self, session: Session, access: Access) -> Person | None:
        """Return whose session this is, None where there is none or it has ended; note that it is used."""
        if access.is_open:
            return access.person(None)
        user, now = str(session.get("user", "")), int(self.clock())
        person = access.person(user) if user else None
        if person is None or not self._holds(session, now) or self._has_ended(session["id"]):
            return None
        if not hmac.compare_digest(mark_of(user, access), str(session.get("mark"))):
            return None
        if now - session["seen"] >= PACE:
            session["seen"] = now
        return person

    def end(self, session: Session) -> None:
        """End a session, wherever its cookie still is. Raises LeadscoreError where that cannot be remembered."""
        ended = session.get("id")
        session.clear()
        if ended:
            self._refresh()
            now = self.clock()
            kept_until = {number: until for number, until in self._ended.items() if until > now}
            self._ended = {**kept_until, str(ended): now + LONGEST}
            with in_plain_words(self.file):
                write_whole(self.file, json.dumps(self._ended), mode=OWNER_ONLY)

    def _holds(self, session: Session, now: int) -> bool:
        begun, seen = session.get("begun"), session.get("seen")
        if not isinstance(begun, int) or not isinstance(seen, int) or "id" not in session:
            return False  # of an earlier version
        return now - begun < LONGEST and now - seen < IDLE

    def _has_ended(self, number: str) -> bool:
        self._refresh()
        return number in self._ended

    def _refresh(self) -> None:
        """Read what another server ended."""
        try:
            changed = self.file.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed == self._read_at:
            return
        try:
            self._ended |= {str(number): float(until) for number, until in json.loads(self.file.read_text()).items()}
        except (ValueError, AttributeError, TypeError, OSError):
            raise LeadscoreError(
                "the list of ended sessions cannot be read",
                where=str(self.file),
                remedy="remove it with pages.key beside it: everybody signs in again",
            ) from None
        self._read_at = changed


def mark_of(user: str, access: Access) -> str:
    """Return what is another once the token of a user is, or the role."""
    token = next(token for token, name in access.tokens.items() if name == user)
    said = f"{user}\0{access.pages.users[user].role}"
    return hmac.digest(token.encode(), said.encode(), "sha256").hex()
