"""What goes wrong, as RFC 9457 has it: ``application/problem+json`` with what happened and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as AddressError

from app.site import NoSuchLead, NothingYet
from app.threads import Busy
from data.errors import InputError, LeadscoreError, nearest

KIND = "application/problem+json"
STATUS = {NoSuchLead: 404, NothingYet: 503, Busy: 503, InputError: 422}
"""Of all other errors it is said that the store or the model cannot be reached."""
LONGEST = 200
"""Characters of what came that an answer repeats."""
SCHEMA = {
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 has it.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "That of the header X-Request-ID, which the log has, too."},
        "expected": {"type": "string"},
        "got": {"type": "string"},
        "remedy": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Each field that is wrong, by its JSON pointer.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
REFERENCE = {"$ref": "#/components/schemas/Problem"}


class Problem(HTTPException):
    """A request that cannot be answered: its status, what happened, headers, and further members of the answer."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, **members: str | Sequence[Any]
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.members = members


def answer_of(problem: Problem, request_id: str) -> Response:
    """Return a problem as its answer."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status_code).phrase,
        "status": problem.status_code,
        "detail": problem.detail,
        "request_id": request_id,
        **{name: member for name, member in problem.members.items() if member},
    }
    # Escaped, for what came may hold half of a character, which no encoding has.
    return Response(json.dumps(content), problem.status_code, headers=problem.headers, media_type=KIND)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problems that a route answers with, for its description."""
    content = {KIND: {"schema": REFERENCE}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in sorted(statuses)}


def add_problems(app: FastAPI) -> None:
    """Let an application answer each kind of error with a problem."""
    wordings = {
        Problem: lambda problem: problem,
        LeadscoreError: _of_error,
        RequestValidationError: _of_fields,
        AddressError: _of_address,
    }
    for kind, wording in wordings.items():
        app.add_exception_handler(kind, _handler(wording))


def _handler(wording: Any) -> Any:
    async def handle(request: Request, error: Any) -> Response:
        return answer_of(wording(error), request.state.request_id)

    return handle


def _of_error(error: LeadscoreError) -> Problem:
    """Word an error that people are meant to read; what speaks of files of the server is left out."""
    status = next((number for kind, number in STATUS.items() if isinstance(error, kind)), 503)
    hidden = ("where", "remedy") if isinstance(error, NothingYet) else ("where",)
    parts = {name: text for name, text in error.parts.items() if name not in hidden}
    return Problem(status, error.what, {"Retry-After": "60"} if status == 503 else {}, **parts)


def _of_fields(error: RequestValidationError) -> Problem:
    """Name each field that is wrong."""
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return Problem(400, "the body is no JSON")
    errors = [{"pointer": _pointer(each["loc"]), "detail": _detail(each)} for each in error.errors()]
    return Problem(422, f"{errors[0]['detail']} at {errors[0]['pointer'] or 'the body'}", errors=errors)


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return f"unknown field '{str(error['loc'][-1])[:LONGEST]}'"
    return str(error["msg"]).removeprefix("Value error, ")[:LONGEST]


def _pointer(place: Sequence[Any]) -> str:
    """Return a JSON pointer; of a parameter of the address its name.

    >>> _pointer(("body", "leads", 0, "a/b")), _pointer(("query", "limit"))
    ('/leads/0/a~1b', 'limit')
    """
    where, *names = place
    escaped = [str(name)[:LONGEST].replace("~", "~0").replace("/", "~1") for name in names]
    return "".join(f"/{name}" for name in escaped) if where == "body" else "/".join(escaped)


def _of_address(error: AddressError) -> Problem:
    remedy = "/api/v1/openapi.json lists what there is" if error.status_code in (404, 405) else ""
    return Problem(error.status_code, str(error.detail), error.headers or {}, remedy=remedy)


def unknown_field(name: str, known: Sequence[str], pointer: str) -> dict[str, str]:
    """Return the error of a field that nothing knows, with the nearest name that something does.

    >>> unknown_field("industri", ["industry"], "/leads/0/industri")["detail"]
    "unknown field 'industri': did you mean 'industry'?"
    """
    hint = nearest(name[:LONGEST], known)
    return {"pointer": pointer, "detail": f"unknown field '{name[:LONGEST]}'" + (f": {hint}" if hint else "")}
