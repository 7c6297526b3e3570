"""Guess which column of a table is meant by one of our names, and say why; nothing where none is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

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
from data.proposal.looking import Look
from data.staging import ROWS
from data.vocabulary import LEADS, READ_TABLES, Kind

REPEATS = 0.01
"""The share of rows that may lack an id of their own: they go to quarantine."""
LINKED = 0.5
LINKED_IN_PART = 0.02
"""The share of values that must be ids of leads; little where not all rows of a database were looked at."""


@dataclass(frozen=True)
class Line:
    """A value that is proposed, and why."""

    value: str
    reason: str


def could_be_ids(look: Look) -> list[str]:
    """Return the columns that are named like an id and in which nearly every row has its own value, best first."""
    named = [name for name, column in look.profiles.items() if _id_strength(name) and _holds_ids(column)]
    unique = [name for name in named if look.repeats(name) <= REPEATS * look.rows]
    return sorted(unique, key=_id_strength, reverse=True)


def _holds_ids(column: Profile) -> bool:
    is_plain = column.kind is Kind.CATEGORY or (column.kind is Kind.NUMBER and column.whole)
    return is_plain and column.words < 2 and column.contact_share < 0.5 and not is_personal_name(column.name)


def _id_strength(name: str) -> int:
    """Keys of leads first, then keys, then what only numbers leads."""
    strength = 20 * has_key_word(name) + 10 * (has_id_word(name) or len(words_of(name)) == 1)
    lead = speaks_of_a_lead(name)
    return strength + lead if has_id_word(name) or lead else 0


def lead_id(look: Look, column: str | None) -> Line:
    """Propose the id of the leads table: a column, or the number of the row."""
    if column is None:
        return Line(ROWS, "no column is unique and named like an id: the rows are numbered from 1")
    repeats, rows = look.repeats(column), f"{look.rows:,} rows"
    if not look.complete:
        rows = f"the first {rows}"
    if not repeats:
        return Line(column, f"unique in {rows if not look.complete else f'all {rows}'}, and named like an id")
    return Line(column, f"named like an id; {repeats:,} of {rows} repeat one or have none, and go to quarantine")


def link_to(look: Look, leads: Look, key: str) -> str | None:
    """Return the column that holds ids of leads."""
    candidates = [name for name, column in look.profiles.items() if _holds_ids(column) and _may_link(name, column, key)]
    enough = LINKED if leads.complete and look.complete else LINKED_IN_PART
    linked = [name for name in candidates if look.share_in(name, leads, key) >= enough]
    return max(linked, key=lambda name: _link_strength(name, key), default=None)


def _may_link(name: str, column: Profile, key: str) -> bool:
    """Whole numbers are the keys of every table of a database: they need a name that says whose they are.

    A unique ``id`` is the table's own.
    """
    own = plain(name) == "id" and column.distinct == column.filled
    told = bool(speaks_of_a_lead(name)) or (plain(name) == plain(key) and not own)
    return told if column.kind is Kind.NUMBER else told or has_id_word(name)


def _link_strength(name: str, key: str) -> tuple[bool, int, bool]:
    return plain(name) == plain(key) != "id", speaks_of_a_lead(name), plain(name) != "id"


def account_of(look: Look, taken: Collection[str]) -> Line | None:
    """Propose the column that names the account."""
    named = (name for name in look.profiles if hints().keys.accounts & set(words_of(name)) and has_key_word(name))
    free = (name for name in named if name not in taken and look.profiles[name].filled)
    return next((Line(name, "named like the id of an account") for name in free), None)


def moment(
    look: Look, ours: str, good: Collection[str], bad: Collection[str], taken: Collection[str], *, alone: bool = False
) -> Line | None:
    """Propose a column of times by the words of its name; where ``alone``, also the only one there is."""
    free = [name for name in look.of_kind(Kind.TIME) if name not in taken and not is_protected_name(name)]
    free = [name for name in free if not starts_with(name, bad)]
    named = {name: starts_with(name, good) + 9 * (plain(name) == plain(ours)) for name in free}
    best = max(named, key=lambda name: named[name], default=None)
    if best and named[best]:
        return Line(best, "holds times, and is named so")
    return Line(free[0], "the only column of times that is left") if alone and len(free) == 1 else None


def further(look: Look, table: str, known: Collection[str], free: Iterable[str]) -> dict[str, Line]:
    """Propose columns that bear a name of the vocabulary, or one near to it, and hold what it means."""
    free = list(free)
    fixed = (Kind.ID, Kind.TIME)
    wanted = [ours for ours, column in READ_TABLES[table].items() if ours not in known and column.kind not in fixed]
    found = claims(free, wanted, {})
    for ours in (name for name in wanted if name not in found):
        columns = {plain(name): name for name in reversed(free) if name not in found.values()}
        there = (columns[name] for name in column_words().column_names.likely[table].get(ours, ()) if name in columns)
        theirs = next((name for name in there if fits(look, table, ours, name)), None)
        if theirs:
            found[ours] = theirs
    return {
        ours: Line(theirs, _by_name(look.profiles[theirs], ours, table))
        for ours, theirs in found.items()
        if fits(look, table, ours, theirs)
    }


def fits(look: Look, table: str, ours: str, theirs: str) -> bool:
    """Tell whether a column holds what one of our names means."""
    column = look.profiles[theirs]
    if table == "leads":
        return fits_vocabulary(ours, column)
    if ours == "month":
        return bool(read_months(texts(look.cells[theirs]).dropna()).notna().mean() >= MOSTLY)
    kind = READ_TABLES[table][ours].kind
    return column.kind in (Kind.CATEGORY, Kind.SET, Kind.FLAG) if kind is Kind.CATEGORY else column.kind is kind


def _by_name(column: Profile, ours: str, table: str) -> str:
    if table == "leads" and ours in ROLES:
        return f"by its name: {ROLES[ours]}"
    if table == "leads" and LEADS[ours].kind is Kind.PERSONAL:
        return "by its name; personal: no feature itself, only what is derived from it by declaration"
    if ours == "month":
        return "by its name; months, or dates in them"
    if column.kind in (Kind.CATEGORY, Kind.SET):
        return f"by its name; {column.distinct:,} values"
    return f"by its name; {'yes or no' if column.kind is Kind.FLAG else 'numbers'}"
