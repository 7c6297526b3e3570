"""Suggest which column of a table is meant by a name of the vocabulary, and say why; nothing where none is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pandas as pd

from data.columns import (
    MOSTLY,
    ROLES,
    Profile,
    claims,
    column_words,
    fits_vocabulary,
    has_id_word,
    is_personal_name,
    is_protected_name,
    words_of,
)
from data.parsing import read_months, texts
from data.proposal.hints import has_key_word, hints, plain, speaks_of_a_lead, starts_with
from data.proposal.inspection import ProfiledTable
from data.staging import ONE_FOR_ALL, ROWS
from data.vocabulary import LEADS, READ_TABLES, Kind

REPEATS = 0.01
"""The share of rows that may lack an id of their own: they go to quarantine."""
MERGED = 0.1
"""The same share under a name that says lead and id: merges and second exports leave several rows of a lead."""
MOST_VALUES = 50
"""Values of a column that may say how leads ended."""
LINKED = 0.5
LINKED_IN_PART = 0.02
"""The share of values that must be ids of leads; little where not all rows of a database were read."""


@dataclass(frozen=True)
class Suggestion:
    """A value that is proposed, and why."""

    value: str
    reason: str


def could_be_ids(table: ProfiledTable) -> list[str]:
    """Return the columns that are named like an id and in which nearly every row has its own value, best first."""
    named = [name for name, column in table.profiles.items() if _id_strength(name) and _holds_ids(column)]
    unique = [name for name in named if table.repeats(name) <= _repeats(name) * table.rows]
    return sorted(unique, key=_id_strength, reverse=True)


def _repeats(name: str) -> float:
    return MERGED if speaks_of_a_lead(name) and has_id_word(name) else REPEATS


def _holds_ids(column: Profile) -> bool:
    is_plain = column.kind is Kind.CATEGORY or (column.kind is Kind.NUMBER and column.whole)
    return is_plain and column.words < 2 and column.contact_share < 0.5 and not is_personal_name(column.name)


def _id_strength(name: str) -> int:
    """Keys of leads first, then keys, then what only numbers leads."""
    strength = 20 * has_key_word(name) + 10 * (has_id_word(name) or len(words_of(name)) == 1)
    lead = speaks_of_a_lead(name)
    return strength + lead if has_id_word(name) or lead else 0


def lead_id(table: ProfiledTable, column: str | None) -> Suggestion:
    """Suggest the id of the leads table: a column, or the number of the row."""
    if column == ROWS:
        return Suggestion(ROWS, "as --id says: the rows are numbered from 1")
    if column is None:
        return Suggestion(ROWS, "no column is unique and named like an id: the rows are numbered from 1")
    repeats, rows = table.repeats(column), f"{table.rows:,} rows"
    if not table.complete:
        rows = f"the first {rows}"
    if not repeats:
        return Suggestion(column, f"unique in {rows if not table.complete else f'all {rows}'}, and named like an id")
    return Suggestion(column, f"named like an id; {repeats:,} of {rows} repeat one or have none, and go to quarantine")


def link_to(table: ProfiledTable, leads: ProfiledTable, key: str) -> str | None:
    """Return the column that holds ids of leads."""
    candidates = [
        name for name, column in table.profiles.items() if _holds_ids(column) and _may_link(name, column, key)
    ]
    enough = LINKED if leads.complete and table.complete else LINKED_IN_PART
    linked = [name for name in candidates if table.share_in(name, leads, key) >= enough]
    return max(linked, key=lambda name: _link_strength(name, key), default=None)


def _may_link(name: str, column: Profile, key: str) -> bool:
    """Whole numbers are the keys of every table of a database: they need a name that says whose they are.

    A unique ``id`` is the table's own.
    """
    own = plain(name) == "id" and column.distinct == column.filled
    names_a_lead = bool(speaks_of_a_lead(name)) or (plain(name) == plain(key) and not own)
    return names_a_lead if column.kind is Kind.NUMBER else names_a_lead or has_id_word(name)


def _link_strength(name: str, key: str) -> tuple[bool, int, bool]:
    return plain(name) == plain(key) != "id", speaks_of_a_lead(name), plain(name) != "id"


def has_few_values(column: Profile) -> bool:
    """Return whether a column has few values; one will do where other cells are empty."""
    return 2 <= column.distinct <= MOST_VALUES or (column.distinct == 1 and column.filled < column.cells)


def account_of(table: ProfiledTable, taken: Collection[str]) -> Suggestion | None:
    """Suggest the column that names the account: not one that is the same for nearly all rows."""
    named = (name for name in table.profiles if hints().keys.accounts & set(words_of(name)) and has_key_word(name))
    free = (name for name in named if name not in taken and table.profiles[name].filled)
    free = (name for name in free if largest_share(table.cells[name]) < ONE_FOR_ALL)
    return next((Suggestion(name, "named like the id of an account") for name in free), None)


def largest_share(cells: pd.Series) -> float:
    """Return which share of the rows the commonest value has."""
    counts = texts(cells).value_counts()
    return float(counts.iloc[0] / len(cells)) if len(counts) else 0.0


def time_column(
    table: ProfiledTable,
    name: str,
    good: Collection[str],
    bad: Collection[str],
    taken: Collection[str],
    *,
    alone: bool = False,
) -> Suggestion | None:
    """Suggest a column of times for a name of the vocabulary by the words of its own; ``good`` and ``bad`` begin some.

    Where ``alone``, the only column of times that is left will do too.
    """
    free = [column for column in table.of_kind(Kind.TIME) if column not in taken and not is_protected_name(column)]
    free = [column for column in free if not starts_with(column, bad)]
    strength = {column: starts_with(column, good) + 9 * (plain(column) == plain(name)) for column in free}
    best = max(strength, key=lambda column: strength[column], default=None)
    if best and strength[best]:
        return Suggestion(best, "holds times, and is named so")
    return Suggestion(free[0], "the only column of times that is left") if alone and len(free) == 1 else None


def vocabulary_columns(
    table: ProfiledTable, role: str, known: Collection[str], free: Iterable[str]
) -> dict[str, Suggestion]:
    """Suggest columns that bear a name of the vocabulary, or one near to it, and hold what it means.

    ``role`` is the table of the vocabulary, ``known`` are its columns that have a suggestion already, ``free`` are the
    columns that may be taken.
    """
    free = list(free)
    fixed = (Kind.ID, Kind.TIME)
    wanted = [name for name, column in READ_TABLES[role].items() if name not in known and column.kind not in fixed]
    claimed = claims(free, wanted, {})
    likely = column_words().column_names.likely[role]
    for name in (name for name in wanted if name not in claimed):
        columns = {plain(column): column for column in reversed(free) if column not in claimed.values()}
        candidates = (columns[alias] for alias in likely.get(name, ()) if alias in columns)
        column = next((column for column in candidates if fits(table, role, name, column)), None)
        if column:
            claimed[name] = column
    return {
        name: Suggestion(column, _reason(table.profiles[column], name, role))
        for name, column in claimed.items()
        if fits(table, role, name, column)
    }


def fits(table: ProfiledTable, role: str, name: str, column: str) -> bool:
    """Return whether a column of a table holds what a name of the vocabulary means."""
    profile = table.profiles[column]
    if role == "leads":
        return fits_vocabulary(name, profile)
    if name == "month":
        return bool(read_months(texts(table.cells[column]).dropna()).notna().mean() >= MOSTLY)
    kind = READ_TABLES[role][name].kind
    return profile.kind in (Kind.CATEGORY, Kind.SET, Kind.FLAG) if kind is Kind.CATEGORY else profile.kind is kind


def _reason(column: Profile, name: str, role: str) -> str:
    if role == "leads" and name in ROLES:
        return f"by its name: {ROLES[name]}"
    if role == "leads" and LEADS[name].kind is Kind.PERSONAL:
        return "by its name; personal: no feature itself, only what is derived from it by declaration"
    if name == "month":
        return "by its name; months, or dates in them"
    if column.kind in (Kind.CATEGORY, Kind.SET):
        return f"by its name; {column.distinct:,} values"
    return f"by its name; {'yes or no' if column.kind is Kind.FLAG else 'numbers'}"
