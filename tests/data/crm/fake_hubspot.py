"""A HubSpot of the tests that keeps its records: search by id, batches, and refusals by record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from tests.data.crm.serving import serving

TOKEN = "pat-eu1-of-the-tests"
OBJECTS = "/crm/objects/2026-03/{kind}"
NOW = "2026-11-30T12:00:00.000Z"


@dataclass
class FakeHubSpot:
    """Properties and history of records by id, and what goes wrong.

    answers  statuses with headers that the next calls get
    refused  the ids whose update is refused, with the reason
    scopes   what the key lacks
    """

    records: dict[str, dict[str, str]] = field(default_factory=dict)
    history: dict[str, dict[str, list[dict[str, str]]]] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    url: str = ""


def app_of(hubspot: FakeHubSpot) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def guarded(request: Request, proceed: Any) -> Any:
        hubspot.calls.append(request.url.path)
        if hubspot.answers:
            status, headers = hubspot.answers.pop(0)
            return JSONResponse(problem("RATE_LIMITS", "later"), status, headers)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return JSONResponse(problem("INVALID_AUTHENTICATION", "the token is expired"), 401)
        if hubspot.scopes:
            lacking = [{"message": "scopes", "context": {"requiredGranularScopes": hubspot.scopes}}]
            return JSONResponse(problem("MISSING_SCOPES", "not allowed", errors=lacking), 403)
        return await proceed(request)

    @app.post(OBJECTS + "/search")
    async def search(kind: str, request: Request) -> Any:
        body = await request.json()
        filters = [each for group in body["filterGroups"] for each in group["filters"]]
        matching = [each for each in hubspot.records if matches(hubspot, each, filters)]
        ids = sorted(matching, key=int) if body["sorts"] == ["hs_object_id"] else matching[::-1]
        start, limit = int(body["after"]), body["limit"]
        if limit > 200 or start + limit > 10_000:
            return JSONResponse(problem("VALIDATION_ERROR", "a query ends at 10,000 results"), 400)
        page = ids[start : start + limit]
        return {"total": len(ids), "results": [shown(hubspot, each, body["properties"]) for each in page]}

    @app.post(OBJECTS + "/batch/read")
    async def batch_read(kind: str, request: Request) -> Any:
        body = await request.json()
        if len(body["inputs"]) > (50 if body["propertiesWithHistory"] else 100):
            return JSONResponse(problem("VALIDATION_ERROR", "too many"), 400)
        ids = [each["id"] for each in body["inputs"] if each["id"] in hubspot.records]
        histories = {
            each: {p: hubspot.history.get(each, {}).get(p, []) for p in body["propertiesWithHistory"]} for each in ids
        }
        results = [
            shown(hubspot, each, body["properties"]) | {"propertiesWithHistory": histories[each]} for each in ids
        ]
        return batch(results, [])

    @app.post(OBJECTS + "/batch/update")
    async def batch_update(kind: str, request: Request) -> Any:
        inputs = (await request.json())["inputs"]
        values = [value for each in inputs for value in each["properties"].values()]
        if len(inputs) > 100 or not all(isinstance(value, str) for value in values) or "nonsense" in values:
            return JSONResponse(problem("VALIDATION_ERROR", "not a value of this property"), 400)
        errors, results = [], []
        for each in inputs:
            if each["id"] not in hubspot.records:
                errors.append(problem("OBJECT_NOT_FOUND", "no such record", context={"ids": [each["id"]]}))
            elif each["id"] in hubspot.refused:
                errors.append(problem("VALIDATION_ERROR", hubspot.refused[each["id"]], context={"ids": [each["id"]]}))
            else:
                hubspot.records[each["id"]] |= each["properties"]
                results.append(shown(hubspot, each["id"], each["properties"]))
        return batch(results, errors)

    return app


def matches(hubspot: FakeHubSpot, record: str, filters: list[dict[str, str]]) -> bool:
    values = {"hs_object_id": record, **hubspot.records[record]}
    compare = {"GT": lambda a, b: a > b, "GTE": lambda a, b: a >= b}
    return all(compare[each["operator"]](int(values[each["propertyName"]]), int(each["value"])) for each in filters)


def shown(hubspot: FakeHubSpot, record: str, properties: Any) -> dict[str, Any]:
    values = {"hs_object_id": record, **hubspot.records[record]}
    wanted = {name: values.get(name) for name in properties}
    return {"id": record, "properties": wanted, "createdAt": NOW, "updatedAt": NOW, "archived": False}


def batch(results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> JSONResponse:
    content = {"status": "COMPLETE", "results": results, "startedAt": NOW, "completedAt": NOW}
    return JSONResponse(
        content | ({"numErrors": len(errors), "errors": errors} if errors else {}), 207 if errors else 200
    )


def problem(category: str, message: str, **more: Any) -> dict[str, Any]:
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": {},
        "links": {},
        "errors": [],
        **more,
    }


@contextmanager
def running(hubspot: FakeHubSpot) -> Iterator[FakeHubSpot]:
    """Serve a HubSpot on a free port of this machine until the block ends."""
    with serving(app_of(hubspot)) as hubspot.url:
        yield hubspot
