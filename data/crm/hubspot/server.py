"""Calls of HubSpot's date-based interface: pages by id, records with their history, and updates of a hundred.

A query of HubSpot's search ends at 10,000 results, and times have ties. So each page asks for the ids after the last
one, and no query ever goes beyond its first page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from data.config import CrmAccess, resolve
from data.crm.http import Caller, content_of
from data.errors import InputError, LeadscoreError
from data.sinks import GONE

VERSION = "2026-03"
"""The date in the paths; those without one (v1 to v4) end in 2027."""
PAGE = 200
"""Results of one page of a search."""
BATCH = 100
"""Records of one batch."""
HISTORY_BATCH = 50
"""Records of one batch that is read with its history."""
LONGEST = 400
"""Characters that are shown of what the server says."""
CHANGED = {"contacts": "lastmodifieddate"}
"""The property with the time of the last change, where it is not `hs_lastmodifieddate`."""
SOME_REFUSED = 207


class HubSpotError(LeadscoreError):
    """HubSpot refused a call; ``category`` is its own name of the error."""

    def __init__(self, answer: httpx.Response, where: str) -> None:
        content = content_of(answer)
        self.status = answer.status_code
        self.category = str(content.get("category", f"HTTP {answer.status_code}"))
        message = " ".join(str(content.get("message", "no reason was given")).split())[:LONGEST]
        scopes = ", ".join(_scopes(content))
        remedy = f"give the service key the scopes {scopes}" if scopes else ""
        super().__init__("HubSpot refused this", got=f"{self.category}: {message}", where=where, remedy=remedy)


class HubSpotServer:
    """HubSpot, as a service key or the token of a private app may use it."""

    def __init__(self, access: CrmAccess) -> None:
        self.caller = Caller(access.url)
        if not access.api_key:
            raise InputError("the settings name no key of HubSpot", expected="${HUBSPOT_TOKEN}", where="crm.api_key")
        self._key = resolve(access.api_key)

    def post(self, path: str, body: Mapping[str, Any], *, repeatable: bool = True) -> httpx.Response:
        """Return an answer that is no error. Raises InputError for a key that is not taken, else HubSpotError."""
        headers = {"Authorization": f"Bearer {self._key}"}
        answer = self.caller.post(path, body, headers, repeatable=repeatable)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise InputError(
                "HubSpot does not take this key",
                got=str(content_of(answer).get("message", "no reason was given"))[:LONGEST],
                where="crm.api_key",
                remedy="make a service key in HubSpot (Settings, Integrations), and put it into the environment",
            )
        if answer.is_error:
            raise HubSpotError(answer, path)
        return answer

    def changed_ids(self, kind: str, *, since: datetime | None, after: str | None) -> tuple[list[str], bool]:
        """Return the next ids of records that changed at a moment (naive UTC) or later, and whether more are to come.

        ``after`` is the last id of the page before. Archived records are not among them.
        """
        filters = []
        if since is not None:
            filters.append({"propertyName": changed_property(kind), "operator": "GTE", "value": milliseconds(since)})
        if after is not None:
            filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": after})
        body = {
            "filterGroups": [{"filters": filters}] if filters else [],
            "sorts": ["hs_object_id"],
            "properties": ["hs_object_id"],
            "limit": PAGE,
            "after": "0",
        }
        content = content_of(self.post(f"/crm/objects/{VERSION}/{kind}/search", body))
        ids = [str(record["id"]) for record in content["results"]]
        return ids, content["total"] > len(ids)

    def records(
        self, kind: str, ids: Sequence[str], properties: Sequence[str], history: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return records with the properties asked for; ids that are gone are left out."""
        size = HISTORY_BATCH if history else BATCH
        records = []
        for chunk in _chunks(ids, size):
            body = {
                "inputs": [{"id": each} for each in chunk],
                "properties": [*properties],
                "propertiesWithHistory": [*history],
            }
            records += content_of(self.post(f"/crm/objects/{VERSION}/{kind}/batch/read", body))["results"]
        return records

    def update(self, kind: str, values: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """Update records by id, and never create one; return the ids of those refused with the reason.

        A record that is no longer there is `GONE`. Values that HubSpot refuses as a whole batch are sent by halves.
        """
        refused: dict[str, str] = {}
        for chunk in _chunks([*values], BATCH):
            refused |= self._update(kind, {each: values[each] for each in chunk})
        return refused

    def _update(self, kind: str, values: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        inputs = [{"id": each, "properties": dict(properties)} for each, properties in values.items()]
        try:
            answer = self.post(f"/crm/objects/{VERSION}/{kind}/batch/update", {"inputs": inputs})
        except HubSpotError as problem:
            if problem.status != httpx.codes.BAD_REQUEST:
                raise
            if len(values) == 1:
                return dict.fromkeys(values, problem.parts["got"])
            ids = [*values]
            halves = (ids[: len(ids) // 2], ids[len(ids) // 2 :])
            return {k: v for half in halves for k, v in self._update(kind, {i: values[i] for i in half}).items()}
        content = content_of(answer)
        errors = content.get("errors", []) if answer.status_code == SOME_REFUSED else []
        refused = {each: reason for error in errors for each, reason in _refusals(error) if each in values}
        taken = {str(record["id"]) for record in content["results"]}
        unnamed = {each: "refused without a reason" for each in values if each not in taken}
        return unnamed | refused


def changed_property(kind: str) -> str:
    """Return the property with the time of a record's last change.

    >>> changed_property("contacts"), changed_property("deals")
    ('lastmodifieddate', 'hs_lastmodifieddate')
    """
    return CHANGED.get(kind, "hs_lastmodifieddate")


def milliseconds(moment: datetime) -> str:
    """Return a moment (naive UTC) as HubSpot's filters have it.

    >>> milliseconds(datetime(1970, 1, 1, 0, 1))
    '60000'
    """
    return str(int(moment.replace(tzinfo=UTC).timestamp() * 1_000))


def _refusals(error: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the ids that an error of a batch names, each with the reason."""
    context = error.get("context", {})
    reason = " ".join(str(error.get("message", "refused without a reason")).split())[:LONGEST]
    is_gone = error.get("category") == "OBJECT_NOT_FOUND"
    for each in [*context.get("ids", []), *context.get("id", [])]:
        yield str(each), GONE if is_gone else reason


def _scopes(content: Mapping[str, Any]) -> list[str]:
    """Return the scopes that HubSpot says are missing."""
    errors = content.get("errors") or []
    return [scope for error in errors for scope in error.get("context", {}).get("requiredGranularScopes", [])]


def _chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
