"""What comes and goes: the bodies of requests, checked, and those of answers, as the description has them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from data.store import DISPOSITIONS, LONGEST_TEXT, VERDICTS
from data.vocabulary import EVENT_TYPES

MOST_LEADS, MOST_EVENTS, MOST_CHARACTERS, MOST_OF_ID = 1_000, 10_000, 10_000, 500
LARGEST = 10**15
"""Numbers beyond it are none of a lead, and lose their last digits on the way."""
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _only_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("a time is a text, as ISO 8601 has it")
    return value


def _as_naive_utc(moment: datetime) -> datetime:
    """Return a time in naive UTC; one without an offset is UTC."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not EARLIEST <= known <= LATEST:
        raise ValueError("a time is between 1900 and 2200")
    return known.astimezone(UTC).replace(tzinfo=None)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text cannot hold the character NUL")
    return text


def _as_cell(value: Any) -> Any:
    """Let a value of a column pass. Raises ValueError for anything that no table holds."""
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    is_number = isinstance(value, int | float) and not (abs(value) > LARGEST or value != value)
    if not (value is None or is_number or isinstance(value, str | list)):
        raise ValueError("a cell is a text, a number, true, false, null, or a list of texts")
    for text in texts:
        _as_cell_text(text)
    return value


def _as_cell_text(text: Any) -> None:
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        raise ValueError(f"a text has at most {MOST_CHARACTERS:,} characters")
    _without_nul(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half of a character") from None


def _as_id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not 0 < len(str(value).strip()) <= MOST_OF_ID:
        raise ValueError(f"an id is a text of 1 to {MOST_OF_ID} characters, or a whole number")
    _as_cell(value)
    return str(value)


TEXT_SCHEMA = {"type": "string", "maxLength": MOST_CHARACTERS}
CELL_SCHEMA = {
    "anyOf": [
        TEXT_SCHEMA,
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": "boolean"},
        {"type": "null"},
        {"type": "array", "items": TEXT_SCHEMA},
    ]
}
ID_SCHEMA = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": MOST_OF_ID},
        {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST},
    ]
}
Moment = Annotated[datetime, BeforeValidator(_only_text), AfterValidator(_as_naive_utc)]
Text = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(_without_nul)]
Name = Annotated[str, Field(min_length=1, max_length=MOST_OF_ID, pattern=r"\S"), AfterValidator(_without_nul)]
Id = Annotated[Any, AfterValidator(_as_id), WithJsonSchema(ID_SCHEMA)]
"""An id, verbatim; a whole number is a text of its digits."""
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
Cell = Annotated[Any, AfterValidator(_as_cell), WithJsonSchema(CELL_SCHEMA)]
"""A value of a column: what is not known is null, and a set of words a list."""


class Body(BaseModel):
    """A part of a request; a field that it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class EventInput(Body):
    """Something that a lead did."""

    type: Name = Field(description=f"One of {', '.join(EVENT_TYPES)}, or any other that the data have.")
    occurred_at: Moment
    asset: Text | None = None
    campaign: Text | None = None
    value: Number | None = None
    event_id: Id | None = Field(default=None, description="Of two events of one id, one counts.")


class StageInput(Body):
    """A stage that a lead entered."""

    stage: Name
    entered_at: Moment


class LeadInput(BaseModel):
    """A lead with all that is known of it: its columns by the names of the vocabulary, custom ones by their own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Cell] = Field(init=False)  # type: ignore[assignment]
    lead_id: Id
    created_at: Moment | None = None
    events: list[EventInput] = Field(default=[], max_length=MOST_EVENTS)
    stages: list[StageInput] = Field(default=[], max_length=MOST_EVENTS)


class ScoreInput(Body):
    """Leads to score, each as it is at a moment; by default now."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "leads": [
                        {
                            "lead_id": "00Q1",
                            "created_at": "2025-11-03T09:00:00Z",
                            "industry": "Software",
                            "employees": 250,
                            "job_title": "Head of IT",
                            "source": "webinar",
                            "stage": "mql",
                            "events": [{"type": "pricing_visit", "occurred_at": "2025-12-30T10:15:00Z"}],
                            "stages": [{"stage": "mql", "entered_at": "2025-12-01T00:00:00Z"}],
                        }
                    ],
                    "as_of": "2026-01-01T00:00:00Z",
                }
            ]
        },
    )
    leads: list[LeadInput] = Field(min_length=1, max_length=MOST_LEADS)
    as_of: Moment | None = Field(default=None, description="The moment after which nothing counts; by default now.")


class PostedEvent(EventInput):
    """Something that a lead, or somebody of its account, did."""

    event_id: Id = Field(description="The id by which the event counts once, however often it comes.")
    lead_id: Id | None = None
    account_id: Id | None = Field(default=None, description="Of an event without a lead: it counts for all of them.")


class EventsInput(Body):
    """Events that count from the next scoring run on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "event_id": "web-81723",
                            "lead_id": "L0000007",
                            "type": "pricing_visit",
                            "occurred_at": "2025-12-30T10:15:00Z",
                        }
                    ]
                }
            ]
        },
    )
    events: list[PostedEvent] = Field(min_length=1, max_length=MOST_EVENTS)


class FeedbackInput(Body):
    """What somebody says of a lead."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"lead_id": "L0000007", "verdict": "good", "by": "Ann"}]}
    )
    lead_id: Id
    verdict: Literal["good", "early", "no fit", "unreachable"] = Field(
        description="; ".join(f"{code}: {label}" for code, label in VERDICTS.items())
    )
    note: Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_without_nul)] = ""
    until: date | None = Field(default=None, description="Of early: the day from which on the lead counts again.")
    by: Name | None = Field(default=None, description="Who says it; by default the client.")


class ReasonOutput(BaseModel):
    """A reason of a score with its points: lines and reasons add up to the score but for those that are not listed."""

    sentence: str
    points: int
    concept: str = ""
    family: str = ""


class ScoreOutput(BaseModel):
    """The score of a lead, and why it is so."""

    lead_id: str | None
    as_of: str | None
    probability: float
    score: int = Field(ge=0, le=100)
    band: str
    disposition: str
    fit: str
    engagement: str
    grade: str
    persona: str
    triggered_by: str
    disqualified_by: str
    horizon: int | None = Field(description="Days within which the probability is that of a win; null: ever.")
    expected_amount: float | None
    expected_value: float | None
    days_if_won: float | None
    recommendation: str
    rule: str
    sentence: str
    lines: list[ReasonOutput]
    reasons_up: list[ReasonOutput]
    reasons_down: list[ReasonOutput]
    model_version: str


class ScoresOutput(BaseModel):
    """The scores of leads, in the order in which they were asked for."""

    scores: list[ScoreOutput]


class LeadOutput(BaseModel):
    """A lead as the last scoring run left it."""

    lead_id: str
    company: str | None
    owner: str | None
    source: str | None
    stage: str | None
    as_of: str
    score: int
    change: int | None = Field(description="By how much the score rose within a week.")
    probability: float
    band: str
    fit: str
    engagement: str
    disposition: str
    expected_value: float | None
    recommendation: str
    reason: str
    last_activity: str | None
    last_touch: str | None
    model_version: str


class LeadsOutput(BaseModel):
    """A page of leads, and where the next one begins."""

    as_of: str
    leads: list[LeadOutput]
    next: str | None = Field(description="The value of `after` for the next page; null on the last.")


class StepOutput(BaseModel):
    """A score that a lead had."""

    as_of: str
    score: int
    probability: float
    model_version: str


class VerdictOutput(BaseModel):
    """What somebody said of a lead."""

    verdict: str
    note: str | None
    by: str
    given_at: str
    undone_at: str | None


class LeadDetailOutput(BaseModel):
    """A lead with its reasons, its history and what people said of it."""

    lead_id: str
    company: str | None
    owner: str | None
    source: str | None
    stage: str | None
    outcome: str
    gone_since: str | None
    as_of: str
    score: int
    probability: float
    band: str
    fit: str
    engagement: str
    disposition: str = Field(description=f"One of {', '.join(DISPOSITIONS)}: a person's, where one set it.")
    expected_value: float | None
    recommendation: str
    rule: str
    sentence: str
    lines: list[ReasonOutput]
    reasons_up: list[ReasonOutput]
    reasons_down: list[ReasonOutput]
    history: list[StepOutput]
    verdicts: list[VerdictOutput]
    model_version: str


class TakenOutput(BaseModel):
    """How many came, and how many of them were new."""

    received: int
    new: int


class ChampionOutput(BaseModel):
    """The version that scores."""

    version: str
    chosen: str | None
    rung: str | None
    horizon: int | None
    hot: float = Field(description="The probability from which on a lead is hot.")
    warm: float
    features: int
    metrics: dict[str, Any]


class HealthOutput(BaseModel):
    """Whether the API can answer: the store is reachable, and a version scores."""

    status: Literal["ok", "no model", "no store"]
    version: str | None
    last_run: str | None
