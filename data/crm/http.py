"""Calls over HTTP that are tried again where that helps, wait as long as the server asks, and are counted."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import tenacity

from data.config import resolve
from data.errors import InputError, LeadscoreError

LOG = logging.getLogger(__name__)
ATTEMPTS = 5
LONGEST_WAIT = 120.0
"""Seconds that are waited at most before the next attempt, whatever the server asks for."""
BUSY = (429, 502, 503, 504)
"""Answers that say nothing was done, or that a proxy waited in vain: the same call may be made again."""
TIMEOUT = httpx.Timeout(300, connect=10)
"""Seconds; a server may need minutes for a batch."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BusyError(Exception):
    """The server asks to come back later, or was not there."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        self.wait = wait
        super().__init__(why)


class Caller:
    """A connection to one server; ``calls`` counts all requests, those that were made again too."""

    def __init__(self, address: str) -> None:
        self.url = checked_url(resolve(address))
        self.host = urlsplit(self.url).netloc.rpartition("@")[2]
        self.calls = 0
        self.clock: datetime | None = None
        self._client = httpx.Client(base_url=self.url, timeout=TIMEOUT)
        weakref.finalize(self, self._client.close)

    def post(self, path: str, body: Any, headers: Mapping[str, str] = {}, *, repeatable: bool = True) -> httpx.Response:
        """Send JSON and return the answer, whatever its status. Raises LeadscoreError where the server stays away.

        A call that is not ``repeatable`` is made again only where the server says that it did nothing.
        """
        return self._send("POST", path, repeatable, json=body, headers=dict(headers))

    def get(self, path: str) -> httpx.Response:
        return self._send("GET", path, True)

    def _send(self, method: str, path: str, repeatable: bool, **request: Any) -> httpx.Response:
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(BusyError),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_waiting_time,
            before_sleep=self._say_so,
            reraise=True,
        )
        try:
            return attempts(self._attempt, method, path, repeatable, request)
        except BusyError as problem:
            raise self._unreachable(str(problem)) from None

    def _attempt(self, method: str, path: str, repeatable: bool, request: dict[str, Any]) -> httpx.Response:
        self.calls += 1
        try:
            answer = self._client.request(method, path, **request)
        except httpx.ConnectError as problem:
            raise BusyError(f"no connection: {problem}") from None
        except httpx.TransportError as problem:
            if repeatable:
                raise BusyError(f"the connection was lost: {type(problem).__name__}") from None
            raise self._unreachable(type(problem).__name__) from None
        self.clock = _date_of(answer) or self.clock
        if answer.status_code in BUSY and (repeatable or answer.status_code in (429, 503)):
            raise BusyError(f"HTTP {answer.status_code}", _retry_after(answer))
        return answer

    def _say_so(self, state: tenacity.RetryCallState) -> None:
        if state.next_action and state.next_action.sleep >= 1:
            LOG.warning("%s is busy: waiting for %.0f seconds", self.host, state.next_action.sleep)

    def _unreachable(self, got: str) -> LeadscoreError:
        return LeadscoreError(
            "the CRM cannot be reached, or stays busy",
            got=got,
            where=self.host,
            remedy="run the same command again once it is back: nothing was lost",
        )


def _waiting_time(state: tenacity.RetryCallState) -> float:
    """Wait as long as the server asks, else ever longer."""
    problem = state.outcome.exception() if state.outcome else None
    asked = problem.wait if isinstance(problem, BusyError) else None
    backoff = tenacity.wait_exponential_jitter(multiplier=0.5, max=20)(state)
    return min(backoff if asked is None else asked, LONGEST_WAIT)


def _retry_after(answer: httpx.Response) -> float | None:
    """Read the header Retry-After, which has seconds or a date."""
    text = answer.headers.get("Retry-After", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        moment = _moment(text)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment else None


def _date_of(answer: httpx.Response) -> datetime | None:
    moment = _moment(answer.headers.get("Date", ""))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def content_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the object that an answer holds; an empty one for a page of HTML."""
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def checked_url(url: str) -> str:
    """Return an address without a slash at its end. Raises InputError where a key would travel in the clear.

    >>> checked_url("https://acme.odoo.com/")
    'https://acme.odoo.com'
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            "this is no address of a CRM", expected="https://… as you open it in the browser", where="crm.url"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise InputError(
            "the key of the CRM would travel unencrypted",
            expected=f"https://{parts.hostname}",
            got=f"http://{parts.hostname}",
            where="crm.url",
        )
    return url.rstrip("/")
