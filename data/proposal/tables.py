"""Decide which tables hold leads, events, stages, outcomes and costs: by names, columns and the ids they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from data.columns import column_words, has_id_word
from data.errors import InputError
from data.proposal.columns import LINKED_IN_PART, Line, account_of, could_be_ids, further, lead_id, link_to, moment
from data.proposal.hints import (
    hints,
    outcome_strength,
    plain,
    role_of_name,
    speaks_of_a_lead,
    stage_of,
    starts_with,
)
from data.proposal.looking import Look
from data.vocabulary import LATER_TABLES, READ_TABLES, REPORT_TABLES

MOST_TYPES = 200
OF_COSTS_AND_VIEWS = {"source", "campaign", "asset"}
FEW = 0.95
"""The share of event ids that must be their own: the others are repeated events."""


@dataclass(frozen=True)
class Placed:
    """A table that has a role: what its columns mean, and why it was taken for that."""

    look: Look
    columns: dict[str, Line]
    reason: str


@dataclass(frozen=True)
class Cast:
    """The tables by role (leads first), and why others have none."""

    tables: dict[str, Placed]
    others: dict[str, str]

    @property
    def leads(self) -> Placed:
        return self.tables["leads"]


def cast(looks: Sequence[Look]) -> Cast:
    """Give each table its role. Raises InputError where it cannot be told which holds the leads."""
    leads, key = _leads(looks)
    columns = {"lead_id": lead_id(leads.look, key)}
    tables, others = {"leads": replace(leads, columns=columns)}, {}
    rest = [look for look in looks if look is not leads.look]
    for look in sorted(rest, key=lambda look: (not role_of_name(look.name), -look.rows)):
        found = _place(look, leads.look, key)
        if isinstance(found, str):
            others[look.name] = found
        elif found[0] in tables:
            others[look.name] = f"would do as {found[0]}, but {tables[found[0]].look.name} was taken"
        else:
            tables[found[0]] = found[1]
    return Cast({role: tables[role] for role in READ_TABLES if role in tables}, others)


def _leads(looks: Sequence[Look]) -> tuple[Placed, str | None]:
    """Return the table of leads with the column of their id: by its name, else as that whose ids others repeat."""
    if len(looks) == 1:
        ids = could_be_ids(looks[0])
        return Placed(looks[0], {}, "the only table"), ids[0] if ids else None
    candidates = [(look, key) for look in looks for key in could_be_ids(look) or [None]]
    links = {(look.name, key): _links(look, key, looks) for look, key in candidates}
    look, key = max(candidates, key=lambda each: (*_lead_name(each[0]), links[each[0].name, each[1]]))
    if _lead_name(look) > (0, True):
        return Placed(look, {}, "named like leads"), key
    if links[look.name, key]:
        return Placed(look, {}, "other tables repeat its ids"), key
    raise InputError(
        "it cannot be told which table holds the leads",
        expected="a table with lead, prospect or contact in its name, or one whose ids the others repeat",
        got=", ".join(look.name for look in looks),
        remedy="give the file of the leads alone, or write the leadscore.yaml by hand",
    )


def _lead_name(look: Look) -> tuple[int, bool]:
    """Return how sure a name speaks of leads, and whether it at least speaks of nothing else."""
    role = role_of_name(look.name)
    return speaks_of_a_lead(look.name) if role == "leads" else 0, not role


def _links(look: Look, key: str | None, looks: Sequence[Look]) -> int:
    return sum(link_to(other, look, key) is not None for other in looks if other is not look) if key else 0


def _place(look: Look, leads: Look, key: str | None) -> tuple[str, Placed] | str:
    """Return the role of a table and what its columns mean, or why it has none."""
    name = plain(look.name.split(".")[0])
    if any(name.endswith(plain(later)) for later in LATER_TABLES):
        return "nothing reads such a table yet"
    link = link_to(look, leads, key) if key else None
    if not link and (found := _of_the_report(look)):
        return found
    if not key:
        return "the leads have no id that it could share"
    account = _account_link(look, leads)
    if not link and not account:
        return "shares no ids with the leads"
    named = role_of_name(look.name)
    roles = sorted(FORMS, key=lambda role: role != named)
    columns = {role: FORMS[role](look, link, account) for role in roles}
    role = next((role for role in roles if columns[role]), None)
    if role is None:
        return "has neither events with time and type, nor stages with their time, nor outcomes with theirs"
    shared = f"shares '{link}' with the leads" if link else "shares accounts with the leads"
    by_name = "named like it, and " if role == named else ""
    return role, Placed(look, columns[role], f"{by_name}{shared}")


def _of_the_report(look: Look) -> tuple[str, Placed] | None:
    """Tell whether a table holds costs or views: by month, and by what they are of."""
    for role, known in REPORT_TABLES.items():
        columns = further(look, role, (), look.profiles)
        needed = [ours for ours, column in known.items() if column.required]
        if all(ours in columns for ours in needed) and columns.keys() & OF_COSTS_AND_VIEWS:
            return role, Placed(
                look, columns, f"has {', '.join(columns[ours].value for ours in needed)}, for the report"
            )
    return None


def _account_link(look: Look, leads: Look) -> Line | None:
    own, theirs = account_of(look, ()), account_of(leads, ())
    linked = own and theirs and look.share_in(own.value, leads, theirs.value) >= LINKED_IN_PART
    return own if linked else None


def _ids(link: str | None, account: Line | None) -> dict[str, Line]:
    found = {"lead_id": Line(link, "holds ids of leads")} if link else {}
    return found | ({"account_id": account} if account else {})


def _events(look: Look, link: str | None, account: Line | None) -> dict[str, Line]:
    columns = _ids(link, account)
    when = moment(
        look, "occurred_at", hints().times.occurrence, hints().times.not_the_moment, _taken(columns), alone=True
    )
    if not when:
        return {}
    columns["occurred_at"] = when
    columns |= further(look, "events", columns, _free(look, columns))
    keys = ("event id", *column_words().column_names.likely["events"]["event_id"])
    key = next((name for name in _free(look, columns) if plain(name) in keys), None)
    if key and has_id_word(key) and look.repeats(key) <= (1 - FEW) * look.rows:
        columns["event_id"] = Line(key, "tells events apart: one that comes again counts once")
    return columns if "type" in columns and look.profiles[columns["type"].value].distinct <= MOST_TYPES else {}


def _stages(look: Look, link: str | None, account: Line | None) -> dict[str, Line]:
    columns = _ids(link, None)
    times = hints().times
    when = moment(look, "entered_at", times.entry, times.not_the_moment, _taken(columns), alone=True)
    if not when or not link:
        return {}
    columns["entered_at"] = when
    named = further(look, "stages", columns, _free(look, columns)).get("stage")
    by_value = (Line(name, "its values are stages") for name in _free(look, columns) if _holds_stages(look, name))
    stage = named if named and look.profiles[named.value].levels else next(by_value, None)
    return {**columns, "stage": stage} if stage else {}


def _holds_stages(look: Look, name: str) -> bool:
    return sum(bool(stage_of(value)) for value in look.profiles[name].levels) >= 2


def _outcomes(look: Look, link: str | None, account: Line | None) -> dict[str, Line]:
    """Find a date of closing, and a column that says won; without one each row must be a won deal."""
    columns = _ids(link, None)
    free = _free(look, columns)
    named = further(look, "outcomes", columns, free)
    flagged = "won" in named
    when = moment(
        look, "closed_at", hints().times.closing, hints().times.not_the_moment, _taken(columns), alone=flagged
    )
    if not when or not link:
        return {}
    if not flagged and (any(_says_how_it_ended(look, name) for name in free) or not _lists_wins(look, when.value)):
        return {}
    named = {ours: line for ours, line in named.items() if line.value != when.value}
    return {**columns, "closed_at": when, **named}


def _history(look: Look, link: str | None, account: Line | None) -> dict[str, Line]:
    """A history of attributes names the field in one column and its value, of any kind, in another."""
    names = {plain(name): name for name in _free(look, _ids(link, None))}
    likely = column_words().column_names.likely["attribute_history"]
    columns = {column: next((names[each] for each in known if each in names), None) for column, known in likely.items()}
    if not link:
        return {}
    named = {column: Line(name, "named like it") for column, name in columns.items() if name}
    return _ids(link, None) | named if len(named) == len(columns) else {}


def _says_how_it_ended(look: Look, name: str) -> bool:
    """A column in words, such as Closed Won and Closed Lost, is no flag: that is a history of stages."""
    return bool(outcome_strength(name)) and {"won", "lost"} <= set(map(stage_of, look.profiles[name].levels))


def _lists_wins(look: Look, when: str) -> bool:
    """Tickets and tasks are closed too: the name of the table or of the column must speak of deals or of winning."""
    return role_of_name(look.name) == "outcomes" or bool(starts_with(when, hints().times.winning))


def _taken(columns: dict[str, Line]) -> list[str]:
    return [line.value for line in columns.values()]


def _free(look: Look, columns: dict[str, Line]) -> list[str]:
    taken = _taken(columns)
    return [name for name in look.profiles if name not in taken]


FORMS: dict[str, Callable[[Look, str | None, Line | None], dict[str, Line]]] = {
    "attribute_history": _history,
    "outcomes": _outcomes,
    "stages": _stages,
    "events": _events,
}
"""How a table of each role is recognised: what its columns mean, or nothing where one that is needed is missing."""
