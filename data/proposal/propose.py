"""Propose the settings of a project from its tables: what each column means, and why it is thought so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from data.errors import InputError
from data.parsing import decide_format, texts
from data.proposal.columns import Suggestion, account_of, time_column, vocabulary_columns
from data.proposal.hints import event_type_of, hints, plain, stage_of, starts_with
from data.proposal.inspection import NO_ROWS, NOT_INSPECTED, Inspection, ProfiledTable
from data.proposal.outcome import OutcomeProposal, suggest_order, suggest_outcome
from data.proposal.overrides import Overrides, overruled_outcome
from data.proposal.tables import NO_LINK, Roles, TableProposal, assign_roles
from data.vocabulary import EVENT_TYPES, HORIZON, Kind

NONE = Overrides()
USUAL_HORIZON = Suggestion(str(HORIZON), "days after a moment in which a win counts")
FEW = 10
"""Tables that are left out and named."""
REMOTE = (NOT_INSPECTED, NO_ROWS, NO_LINK)
"""Why tables are left out that have nothing to do with the leads."""
WON_SHARE = 0.95
"""The share of won leads that must have a date, where lost ones have none."""
CLOSED_SHARE = 0.5
"""The share of ended leads that must have a date in the column of closing dates."""


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a ``leadscore.yaml``; ``no_order`` says why there is no order where one is needed."""

    address: str | None
    tables: dict[str, TableProposal]
    left_out: dict[str, str]
    outcome: OutcomeProposal | None = None
    order: Suggestion | None = None
    horizon: Suggestion = USUAL_HORIZON
    no_order: str = ""
    stages: dict[str, list[str]] = field(default_factory=dict)
    unknown_stages: int = 0
    event_types: dict[str, list[str]] = field(default_factory=dict)
    own_event_types: int = 0
    open_formats: frozenset[tuple[str, str]] = frozenset()

    @property
    def leads(self) -> TableProposal:
        return self.tables["leads"]

    @property
    def left_out_in_words(self) -> list[str]:
        """Say why tables are left out: each by its name where they are few, else those that were looked into."""
        named = {name: why for name, why in self.left_out.items() if len(self.left_out) <= FEW or why not in REMOTE}
        named = dict(list(named.items())[:FEW])
        rest = len(self.left_out) - len(named)
        further = [f"{rest:,} further tables: they have nothing to do with the leads, or no rows"] if rest else []
        return [*(f"{name}: {why}" for name, why in named.items()), *further]

    @property
    def outcome_source(self) -> str:
        """The table that says how leads ended: outcomes, stages, leads with an outcome column, or none."""
        if "outcomes" in self.tables:
            return "outcomes"
        if "stages" in self.tables and self.stages.get("won"):
            return "stages"
        return "leads" if self.outcome and self.outcome.won else ""

    @property
    def is_timed(self) -> bool:
        return self.outcome_source in ("outcomes", "stages") or "closed_at" in self.leads.columns


def propose(inspection: Inspection, overrides: Overrides = NONE) -> Proposal:
    """Propose settings for inspected tables; what people say of the leads overrules what the tables suggest.

    Raises InputError where no table can be taken for that of the leads, or lacks a column or a value that is named.
    """
    roles = assign_roles(inspection.tables, overrides.columns.values(), overrides.id)
    overrides.check(roles.leads.table)
    roles = _without_other_outcomes(roles) if overrides.names_an_outcome else roles
    stages = _stages(roles.tables["stages"]) if "stages" in roles.tables else {}
    roles = _without_useless_stages(roles, stages)
    timed = "outcomes" in roles.tables or "stages" in roles.tables
    key = roles.leads.columns["lead_id"].value
    taken = [key, *overrides.columns.values()]
    created = overrides.suggestion("created") or _creation(roles.leads.table, taken)
    outcome = None if timed else _outcome(roles.leads.table, overrides, taken, dated=created is not None)
    leads = _leads(roles.leads, outcome, created, overrides.suggestion("closed"))
    tables = {**roles.tables, "leads": leads}
    proposal = Proposal(
        inspection.address,
        tables,
        {**roles.left_out, **inspection.left_out},
        outcome=outcome,
        stages={stage: values for stage, values in stages.items() if stage} if "stages" in tables else {},
        unknown_stages=len(stages.get("", [])),
        open_formats=frozenset(_open_formats(tables)),
    )
    proposal = _with_order(proposal)
    return _with_event_types(proposal) if "events" in tables else proposal


def _without_useless_stages(roles: Roles, stages: dict[str, list[str]]) -> Roles:
    """A history in which no stage means won says nothing of outcomes, and would hide what does."""
    if "stages" not in roles.tables or "outcomes" in roles.tables or stages.get("won"):
        return roles
    tables = {name: proposed for name, proposed in roles.tables.items() if name != "stages"}
    name = roles.tables["stages"].table.name
    return Roles(
        tables, roles.left_out | {name: "looks like a history of stages, but none of them is known to mean won"}
    )


def _creation(table: ProfiledTable, taken: Collection[str]) -> Suggestion | None:
    times = hints().times
    return time_column(table, "created_at", times.creation, times.not_creation, taken, alone=True)


def _without_other_outcomes(roles: Roles) -> Roles:
    """What people say of the outcome overrules the tables that say it too."""
    others = {role: each for role, each in roles.tables.items() if role in ("outcomes", "stages")}
    why = "the outcome is the column that the options name"
    left_out = roles.left_out | {each.table.name: why for each in others.values()}
    return Roles({role: each for role, each in roles.tables.items() if role not in others}, left_out)


def _outcome(
    table: ProfiledTable, overrides: Overrides, taken: Sequence[str], *, dated: bool
) -> OutcomeProposal | None:
    free = [name for name in taken if name != overrides.outcome]
    if overrides.names_an_outcome:
        return overruled_outcome(table, overrides, free, dated=dated)
    return suggest_outcome(table, free, dated=dated)


def _leads(
    proposed: TableProposal,
    outcome: OutcomeProposal | None,
    created: Suggestion | None,
    named_closing: Suggestion | None,
) -> TableProposal:
    """Propose the columns of leads beside their id: dates, the account, and what bears a name of the vocabulary."""
    table, columns = proposed.table, dict(proposed.columns)
    taken = [suggestion.value for suggestion in columns.values()] + (outcome.columns if outcome else [])
    if created:
        columns["created_at"] = created
    if named_closing and not created:
        raise InputError("--closed needs --created", expected="the column with the date of creation beside it")
    if named_closing:
        columns["closed_at"] = named_closing
    elif created and outcome and (closed := _closing(table, [*taken, created.value], outcome)):
        columns["closed_at"] = closed
    taken += [suggestion.value for suggestion in columns.values()]
    account = account_of(table, taken)
    if account:
        columns["account_id"] = account
    free = [name for name in table.profiles if name not in (*taken, account.value if account else "")]
    return replace(proposed, columns=columns | vocabulary_columns(table, "leads", columns, free))


def _closing(table: ProfiledTable, taken: Collection[str], outcome: OutcomeProposal) -> Suggestion | None:
    """Suggest the date at which leads ended: most have it, or at least all that were won, for these are learned from.

    Of several, the one that most leads that ended have: a date of winning is missing where they were lost.
    """
    times, cells = hints().times, table.cells
    ended, won = outcome.ended(cells), texts(cells[outcome.column]).isin(outcome.won)
    dated = {name: texts(cells[name]).notna() for name in table.of_kind(Kind.TIME)}
    shares = {name: _share(filled, ended) for name, filled in dated.items()}
    enough = [
        name
        for name, filled in dated.items()
        if shares[name] >= CLOSED_SHARE or (_share(filled, won) >= WON_SHARE and _share(filled, ~ended) < CLOSED_SHARE)
    ]
    named = [name for name in enough if name not in taken and starts_with(name, times.closing)]
    best = max((shares[name] for name in named), default=0.0)
    others = [name for name in table.profiles if name not in enough or shares[name] < best - CLOSED_SHARE / 2]
    return time_column(table, "closed_at", times.closing, times.not_the_moment, [*taken, *others])


def _share(filled: pd.Series, of: pd.Series) -> float:
    return float(filled[of].mean()) if of.any() else 0.0


def _with_order(proposal: Proposal) -> Proposal:
    """Where outcomes are final, the evaluation needs an order, from dates or from something that grows with time."""
    needs_none = proposal.is_timed or "created_at" in proposal.leads.columns
    if proposal.outcome is None or not proposal.outcome.won or needs_none:
        return proposal
    order, why = suggest_order(proposal.leads.table, proposal.outcome)
    return replace(proposal, order=order, no_order=why)


def _stages(proposed: TableProposal) -> dict[str, list[str]]:
    """Return the stages of the CRM by those of the vocabulary; under no name those that are not recognised."""
    values: dict[str, list[str]] = {}
    for value in proposed.table.values(proposed.columns["stage"].value):
        values.setdefault(stage_of(value), []).append(value)
    return values


def _with_event_types(proposal: Proposal) -> Proposal:
    """Map types of events whose names are near to those of the vocabulary; all others stay types of their own."""
    proposed = proposal.tables["events"]
    values = proposed.table.values(proposed.columns["type"].value)
    near: dict[str, list[str]] = {}
    for value in (value for value in values if value.lower() not in EVENT_TYPES):
        near.setdefault(_near_type(value), []).append(value)
    own = len(near.pop("", []))
    ordered = {name: near[name] for name in EVENT_TYPES if name in near}
    return replace(proposal, event_types=ordered, own_event_types=own)


def _near_type(value: str) -> str:
    words = plain(value).replace(" ", "_")
    return words if words in EVENT_TYPES else event_type_of(value)


def _open_formats(tables: dict[str, TableProposal]) -> Collection[tuple[str, str]]:
    """Return columns, by table and name in the vocabulary, whose cells leave open which is first, day or month."""
    return [
        (role, name)
        for role, proposed in tables.items()
        for name, column in proposed.columns.items()
        if column.value in proposed.table.of_kind(Kind.TIME)
        and decide_format(proposed.table.cells[column.value], Kind.TIME)[1]
    ]
