"""Propose the settings of a project from a look at its tables: what each column means, and why it is thought so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from data.parsing import decide_format, texts
from data.proposal.columns import Line, account_of, further, moment
from data.proposal.hints import event_type_of, hints, plain, stage_of
from data.proposal.looking import Look, Sight
from data.proposal.outcome import FoundOutcome, find_order, find_outcome
from data.proposal.tables import Cast, Placed, cast
from data.vocabulary import EVENT_TYPES, HORIZON, Kind

USUAL_HORIZON = Line(str(HORIZON), "days after a moment in which a win counts")
CLOSED_SHARE = 0.5
"""The share of ended leads that must have a date in the column of closing dates."""


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a ``leadscore.yaml``; ``no_order`` says why there is no order where one is needed."""

    address: str | None
    tables: dict[str, Placed]
    others: dict[str, str]
    outcome: FoundOutcome | None = None
    order: Line | None = None
    horizon: Line = USUAL_HORIZON
    no_order: str = ""
    stages: dict[str, list[str]] = field(default_factory=dict)
    unknown_stages: int = 0
    event_types: dict[str, list[str]] = field(default_factory=dict)
    own_event_types: int = 0
    open_formats: frozenset[tuple[str, str]] = frozenset()

    @property
    def leads(self) -> Placed:
        return self.tables["leads"]

    @property
    def ended_by(self) -> str:
        """The table that says how leads ended: outcomes, stages, leads with an outcome column, or none."""
        if "outcomes" in self.tables:
            return "outcomes"
        if "stages" in self.tables and self.stages.get("won"):
            return "stages"
        return "leads" if self.outcome else ""

    @property
    def is_timed(self) -> bool:
        return self.ended_by in ("outcomes", "stages") or "closed_at" in self.leads.columns


def propose(sight: Sight) -> Proposal:
    """Propose settings for the tables that were seen. Raises InputError where no table of leads can be told."""
    roles = cast(sight.looks)
    stages = _stages(roles.tables["stages"]) if "stages" in roles.tables else {}
    roles = _without_useless_stages(roles, stages)
    timed = "outcomes" in roles.tables or "stages" in roles.tables
    key = roles.leads.columns["lead_id"].value
    outcome = None if timed else find_outcome(roles.leads.look, [key])
    leads = _leads(roles.leads, outcome)
    tables = {**roles.tables, "leads": leads}
    proposal = Proposal(
        sight.address,
        tables,
        {**roles.others, **sight.unseen},
        outcome=outcome,
        stages={ours: theirs for ours, theirs in stages.items() if ours} if "stages" in tables else {},
        unknown_stages=len(stages.get("", [])),
        open_formats=frozenset(_open_formats(tables)),
    )
    proposal = _with_order(proposal)
    return _with_event_types(proposal) if "events" in tables else proposal


def _without_useless_stages(roles: Cast, stages: dict[str, list[str]]) -> Cast:
    """A history in which no stage means won says nothing of outcomes, and would hide what does."""
    if "stages" not in roles.tables or "outcomes" in roles.tables or stages.get("won"):
        return roles
    tables = {name: placed for name, placed in roles.tables.items() if name != "stages"}
    name = roles.tables["stages"].look.name
    return Cast(tables, roles.others | {name: "looks like a history of stages, but none of them is known to mean won"})


def _leads(placed: Placed, outcome: FoundOutcome | None) -> Placed:
    """Propose the columns of leads beside their id: dates, the account, and what bears a name of the vocabulary."""
    look, columns, times = placed.look, dict(placed.columns), hints().times
    taken = [line.value for line in columns.values()] + ([outcome.column] if outcome else [])
    created = moment(look, "created_at", times.creation, times.not_creation, taken, alone=True)
    if created:
        columns["created_at"] = created
    if created and outcome:
        closed = moment(look, "closed_at", times.closing, times.not_the_moment, [*taken, created.value])
        if closed and _is_there_when_leads_end(look, closed.value, outcome):
            columns["closed_at"] = closed
    taken += [line.value for line in columns.values()]
    account = account_of(look, taken)
    if account:
        columns["account_id"] = account
    free = [name for name in look.profiles if name not in (*taken, account.value if account else "")]
    return replace(placed, columns=columns | further(look, "leads", columns, free))


def _is_there_when_leads_end(look: Look, closed: str, outcome: FoundOutcome) -> bool:
    """Tell whether leads that ended have a closing date: only then is there a moment at which they did."""
    ended = look.cells.loc[texts(look.cells[outcome.column]).isin([*outcome.won, *outcome.lost]), closed]
    return bool(len(ended)) and float(texts(ended).notna().mean()) >= CLOSED_SHARE


def _with_order(proposal: Proposal) -> Proposal:
    """Where outcomes are final, the evaluation needs an order, from dates or from something that grows with time."""
    if proposal.outcome is None or proposal.is_timed or "created_at" in proposal.leads.columns:
        return proposal
    order, why = find_order(proposal.leads.look, proposal.outcome)
    return replace(proposal, order=order, no_order=why)


def _stages(placed: Placed) -> dict[str, list[str]]:
    """Return their stages by ours; under no name those that are not recognised."""
    found: dict[str, list[str]] = {}
    for value in placed.look.values(placed.columns["stage"].value):
        found.setdefault(stage_of(value), []).append(value)
    return found


def _with_event_types(proposal: Proposal) -> Proposal:
    """Map types of events whose names are near to ours; all others stay types of their own."""
    placed = proposal.tables["events"]
    values = placed.look.values(placed.columns["type"].value)
    near: dict[str, list[str]] = {}
    for value in (value for value in values if value.lower() not in EVENT_TYPES):
        near.setdefault(_near_type(value), []).append(value)
    own = len(near.pop("", []))
    ordered = {ours: near[ours] for ours in EVENT_TYPES if ours in near}
    return replace(proposal, event_types=ordered, own_event_types=own)


def _near_type(value: str) -> str:
    words = plain(value).replace(" ", "_")
    return words if words in EVENT_TYPES else event_type_of(value)


def _open_formats(tables: dict[str, Placed]) -> Collection[tuple[str, str]]:
    """Return the columns, by table and our name, whose cells leave open whether the day or the month is first."""
    return [
        (name, ours)
        for name, placed in tables.items()
        for ours, line in placed.columns.items()
        if line.value in placed.look.of_kind(Kind.TIME) and decide_format(placed.look.cells[line.value], Kind.TIME)[1]
    ]
