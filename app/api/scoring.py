"""Scores on demand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd
from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response

from app.api.clients import allowed_to
from app.api.content import LeadInput, ScoreInput, ScoresOutput
from app.api.problems import Problem, documented, unknown_field
from app.api.together import Together
from app.api.warm import Warm
from data.chunk import LeadRecords
from data.json import strict_json
from pipelines.score import RecordScorer

router = APIRouter()
SKEW = timedelta(days=1)
"""By how much clocks may differ."""


class Asked(NamedTuple):
    """A lead to score, by what, and as of when."""

    lead: LeadRecords
    as_of: pd.Timestamp
    scorer: RecordScorer


def score_asked(asked: Sequence[Asked]) -> Sequence[dict[str, Any] | None]:
    """Score leads of several requests; those by one version go together."""
    answers: list[dict[str, Any] | None] = [None] * len(asked)
    for scorer in {id(each.scorer): each.scorer for each in asked}.values():
        places = [place for place, each in enumerate(asked) if each.scorer is scorer]
        scored = scorer.score([asked[place].lead for place in places], [asked[place].as_of for place in places])
        for place, answer in zip(places, scored, strict=True):
            answers[place] = answer
    return answers


@router.post(
    "/score",
    response_model=ScoresOutput,
    responses=documented(400, 401, 403, 408, 413, 422, 429, 503),
    dependencies=[Depends(allowed_to("score"))],
)
async def score(request: Request, body: ScoreInput) -> Response:
    """Score up to 1,000 leads: the same, to the last bit, as a scoring run over tables that hold the same."""
    state = request.app.state
    warm: Warm = state.warm
    _, scorer = await to_thread.run_sync(warm.champion)
    now = datetime.now(UTC).replace(tzinfo=None)
    if body.as_of and body.as_of > now + SKEW:
        raise Problem(422, "nobody knows yet what will be", errors=[{"pointer": "/as_of", "detail": "it is to come"}])
    as_of = pd.Timestamp(body.as_of or now).as_unit("us")
    _require_known_fields(body, scorer)
    together: Together[Asked, dict[str, Any] | None] = state.together
    answers = await together.ask([Asked(_records(lead), as_of, scorer) for lead in body.leads])
    later = [place for place, answer in enumerate(answers) if answer is None]
    if later:
        errors = [{"pointer": f"/leads/{place}/created_at", "detail": "it is later than as_of"} for place in later]
        raise Problem(422, "a lead was not there yet", expected=f"leads created by {as_of.isoformat()}Z", errors=errors)
    state.counts.scored(len(answers))
    return Response(strict_json({"scores": answers}), media_type="application/json")


def _require_known_fields(body: ScoreInput, scorer: RecordScorer) -> None:
    """Raise Problem where leads have fields that the version does not know: a misspelt one would count as not given."""
    known = sorted(scorer.fields)
    errors = [
        unknown_field(name, known, f"/leads/{place}/{name.replace('~', '~0').replace('/', '~1')}")
        for place, lead in enumerate(body.leads)
        for name in lead.model_extra or ()
        if name not in scorer.fields
    ]
    if errors:
        remedy = "leave it out, or train a version that knows it"
        raise Problem(422, errors[0]["detail"], expected=", ".join(known), remedy=remedy, errors=errors[:100])


def _records(lead: LeadInput) -> LeadRecords:
    record = {"lead_id": lead.lead_id, "created_at": lead.created_at, **(lead.model_extra or {})}
    return LeadRecords(record, [each.model_dump() for each in lead.events], [each.model_dump() for each in lead.stages])
