"""Decide which tables hold leads, events, stages, outcomes and costs: by names, columns and the ids they share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from data.columns import column_words, has_id_word
from data.errors import InputError
from data.proposal.columns import (
    LINKED_IN_PART,
    Suggestion,
    account_of,
    could_be_ids,
    lead_id,
    link_to,
    time_column,
    vocabulary_columns,
)
from data.proposal.hints import (
    hints,
    outcome_strength,
    plain,
    role_of_name,
    speaks_of_a_lead,
    stage_of,
    starts_with,
)
from data.proposal.inspection import ProfiledTable
from data.staging import ROWS
from data.vocabulary import LATER_TABLES, READ_TABLES, REPORT_TABLES

MOST_TYPES = 200
MOSTLY_ONE = 0.5
"""The share of the rows of won deals that may repeat a lead: of activities most do."""
NO_LINK = "shares no ids with the leads"
OF_COSTS_AND_VIEWS = {"source", "campaign", "asset"}
FEW = 0.95
"""The share of event ids that must be their own: the others are repeated events."""


class UnclearLeadsError(InputError):
    """None of several tables can be taken for that of the leads."""


@dataclass(frozen=True)
class TableProposal:
    """A table that has a role: what its columns mean, and why it was taken for that."""

    table: ProfiledTable
    columns: dict[str, Suggestion]
    reason: str


@dataclass(frozen=True)
class Roles:
    """The tables by role (leads first), and why others have none."""

    tables: dict[str, TableProposal]
    left_out: dict[str, str]

    @property
    def leads(self) -> TableProposal:
        return self.tables["leads"]


def assign_roles(tables: Sequence[ProfiledTable], named: Collection[str] = (), named_key: str = "") -> Roles:
    """Give each table its role; that of the leads has the columns that were ``named``, its key among them, if any were.

    Raises InputError where none can be taken for that of the leads.
    """
    with_named = [table for table in tables if table.table.file.columns.keys() >= set(named)]
    leads, own = _leads(with_named or tables, tables)
    key = named_key if named_key in (ROWS, *leads.table.table.file.columns) else own
    proposed = {"leads": replace(leads, columns={"lead_id": lead_id(leads.table, key)})}
    left_out: dict[str, str] = {}
    others = [table for table in tables if table is not leads.table]
    # Tables whose names say something come first, then the largest: each role is taken once.
    for table in sorted(others, key=lambda table: (not role_of_name(table.name), -table.rows)):
        match _role(table, leads.table, key):
            case str(reason):
                left_out[table.name] = reason
            case role, _ if role in proposed:
                left_out[table.name] = f"would do as {role}, but {proposed[role].table.name} was taken"
            case role, proposal:
                proposed[role] = proposal
    return Roles({role: proposed[role] for role in READ_TABLES if role in proposed}, left_out)


def _leads(tables: Sequence[ProfiledTable], all_tables: Sequence[ProfiledTable]) -> tuple[TableProposal, str | None]:
    """Return the table of leads with the column of their id: by its name, else as that whose ids others repeat."""
    if len(tables) == 1:
        ids = could_be_ids(tables[0])
        only = "the only table" if len(all_tables) == 1 else "the only one with the columns that were named"
        return TableProposal(tables[0], {}, only), ids[0] if ids else None
    candidates = [(table, key) for table in tables for key in could_be_ids(table) or [None]]
    links = {(table.name, key): _links(table, key, all_tables) for table, key in candidates}
    table, key = max(candidates, key=lambda each: (*_lead_name(each[0]), links[each[0].name, each[1]]))
    if _lead_name(table) > (0, True):
        return TableProposal(table, {}, "named like leads"), key
    if links[table.name, key]:
        return TableProposal(table, {}, "other tables repeat its ids"), key
    raise UnclearLeadsError(
        "it cannot be told which table holds the leads",
        expected="a table with lead, prospect or contact in its name, or one whose ids the others repeat",
        got=", ".join(table.name for table in tables),
        remedy="name a column that only the leads have with --id, or give the file of the leads alone",
    )


def _lead_name(table: ProfiledTable) -> tuple[int, bool]:
    """Return how sure a name speaks of leads, and whether it at least speaks of nothing else."""
    role = role_of_name(table.name)
    return speaks_of_a_lead(table.name) if role == "leads" else 0, not role


def _links(table: ProfiledTable, key: str | None, tables: Sequence[ProfiledTable]) -> int:
    return sum(link_to(other, table, key) is not None for other in tables if other is not table) if key else 0


def _role(table: ProfiledTable, leads: ProfiledTable, key: str | None) -> tuple[str, TableProposal] | str:
    """Return the role of a table and what its columns mean, or why it has none."""
    name = plain(table.name.split(".")[0])
    if any(name.endswith(plain(later)) for later in LATER_TABLES):
        return "nothing reads such a table yet"
    link = link_to(table, leads, key) if key else None
    if not link and (of_report := _of_the_report(table)):
        return of_report
    if not key:
        return "the leads have no id that it could share"
    account = _account_link(table, leads)
    if not link and not account:
        return NO_LINK
    named = role_of_name(table.name)
    roles = sorted(FORMS, key=lambda role: role != named)
    columns = {role: FORMS[role](table, link, account) for role in roles}
    role = next((role for role in roles if columns[role]), None)
    if role is None:
        return "has neither events with time and type, nor stages with their time, nor outcomes with theirs"
    shared = f"shares '{link}' with the leads" if link else "shares accounts with the leads"
    by_name = "named like it, and " if role == named else ""
    return role, TableProposal(table, columns[role], f"{by_name}{shared}")


def _of_the_report(table: ProfiledTable) -> tuple[str, TableProposal] | None:
    """Return the role of a table of costs or views, which are by month and by what they are of; None for others."""
    for role, known in REPORT_TABLES.items():
        columns = vocabulary_columns(table, role, (), table.profiles)
        needed = [name for name, column in known.items() if column.required]
        if all(name in columns for name in needed) and columns.keys() & OF_COSTS_AND_VIEWS:
            listed = ", ".join(columns[name].value for name in needed)
            return role, TableProposal(table, columns, f"has {listed}, for the report")
    return None


def _account_link(table: ProfiledTable, leads: ProfiledTable) -> Suggestion | None:
    own, of_leads = account_of(table, ()), account_of(leads, ())
    linked = own and of_leads and table.share_in(own.value, leads, of_leads.value) >= LINKED_IN_PART
    return own if linked else None


def _ids(link: str | None, account: Suggestion | None) -> dict[str, Suggestion]:
    ids = {"lead_id": Suggestion(link, "holds ids of leads")} if link else {}
    return ids | ({"account_id": account} if account else {})


def _events(table: ProfiledTable, link: str | None, account: Suggestion | None) -> dict[str, Suggestion]:
    columns = _ids(link, account)
    when = time_column(
        table, "occurred_at", hints().times.occurrence, hints().times.not_the_moment, _taken(columns), alone=True
    )
    if not when:
        return {}
    columns["occurred_at"] = when
    columns |= vocabulary_columns(table, "events", columns, _free(table, columns))
    keys = ("event id", *column_words().column_names.likely["events"]["event_id"])
    key = next((name for name in _free(table, columns) if plain(name) in keys), None)
    if key and has_id_word(key) and table.repeats(key) <= (1 - FEW) * table.rows:
        columns["event_id"] = Suggestion(key, "tells events apart: one that comes again counts once")
    return columns if "type" in columns and table.profiles[columns["type"].value].distinct <= MOST_TYPES else {}


def _stages(table: ProfiledTable, link: str | None, account: Suggestion | None) -> dict[str, Suggestion]:
    columns = _ids(link, None)
    times = hints().times
    when = time_column(table, "entered_at", times.entry, times.not_the_moment, _taken(columns), alone=True)
    if not when or not link:
        return {}
    columns["entered_at"] = when
    named = vocabulary_columns(table, "stages", columns, _free(table, columns)).get("stage")
    by_value = (
        Suggestion(name, "its values are stages") for name in _free(table, columns) if _holds_stages(table, name)
    )
    stage = named if named and table.profiles[named.value].levels else next(by_value, None)
    return {**columns, "stage": stage} if stage else {}


def _holds_stages(table: ProfiledTable, name: str) -> bool:
    return sum(bool(stage_of(value)) for value in table.profiles[name].levels) >= 2


def _outcomes(table: ProfiledTable, link: str | None, account: Suggestion | None) -> dict[str, Suggestion]:
    """Find a date of closing, and a column that says won; without one each row must be a won deal."""
    columns = _ids(link, None)
    free = _free(table, columns)
    named = vocabulary_columns(table, "outcomes", columns, free)
    flagged = "won" in named
    when = time_column(
        table, "closed_at", hints().times.closing, hints().times.not_the_moment, _taken(columns), alone=flagged
    )
    if not when or not link:
        return {}
    if not flagged and table.repeats(link) > MOSTLY_ONE * table.rows:
        return {}
    if not flagged and (any(_says_how_it_ended(table, name) for name in free) or not _lists_wins(table, when.value)):
        return {}
    named = {name: suggestion for name, suggestion in named.items() if suggestion.value != when.value}
    return {**columns, "closed_at": when, **named}


def _history(table: ProfiledTable, link: str | None, account: Suggestion | None) -> dict[str, Suggestion]:
    """A history of attributes names the field in one column and its value, of any kind, in another."""
    names = {plain(name): name for name in _free(table, _ids(link, None))}
    likely = column_words().column_names.likely["attribute_history"]
    columns = {column: next((names[each] for each in known if each in names), None) for column, known in likely.items()}
    if not link:
        return {}
    named = {column: Suggestion(name, "named like it") for column, name in columns.items() if name}
    return _ids(link, None) | named if len(named) == len(columns) else {}


def _says_how_it_ended(table: ProfiledTable, name: str) -> bool:
    """A column in words, such as Closed Won and Closed Lost, is no flag: that is a history of stages."""
    return bool(outcome_strength(name)) and {"won", "lost"} <= set(map(stage_of, table.profiles[name].levels))


def _lists_wins(table: ProfiledTable, when: str) -> bool:
    """Tickets and tasks are closed too: the name of the table or of the column must speak of deals or of winning."""
    return role_of_name(table.name) == "outcomes" or bool(starts_with(when, hints().times.winning))


def _taken(columns: dict[str, Suggestion]) -> list[str]:
    return [suggestion.value for suggestion in columns.values()]


def _free(table: ProfiledTable, columns: dict[str, Suggestion]) -> list[str]:
    taken = _taken(columns)
    return [name for name in table.profiles if name not in taken]


FORMS: dict[str, Callable[[ProfiledTable, str | None, Suggestion | None], dict[str, Suggestion]]] = {
    "attribute_history": _history,
    "outcomes": _outcomes,
    "stages": _stages,
    "events": _events,
}
"""How a table of each role is recognised: what its columns mean, or nothing where one that is needed is missing."""
