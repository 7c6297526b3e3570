"""Decide which columns of the leads table become attributes, and why the others do not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass

from data.columns.profiles import NEARLY_ALL, Profile
from data.columns.word_lists import column_words
from data.columns.words import (
    family_of,
    has_id_word,
    is_free_text_name,
    is_personal_name,
    is_protected_name,
    label_of,
)
from data.schema import RENAMED, Attribute, EventType, Schema
from data.vocabulary import LEADS, PERSONAL, Kind

SHOWN = "sales sees it beside the score"
"""Said of what the score store keeps though nothing is learned from it; it does not where the column is dropped."""
EMPTY, CONSTANT = "empty", "the same value in every row"
PROTECTED = "law protects it: used only if it is named under keep"
ROLES = {
    "lead_id": "identifies the lead",
    "account_id": "identifies the account",
    "created_at": "when the lead was created: its age is a feature of its own",
    "closed_at": "when the lead was closed",
    "stage": "the stage of the lead now, which says how it ended",
    "owner": f"the person who works on the lead; {SHOWN}",
}
RESERVED = frozenset(
    (
        *("position", "lead_id", "account_id", "created_at", "closed_at", "won", "amount", "stage", "impossible_size"),
        *PERSONAL,
    )
)
"""Columns of a chunk that no attribute may be called."""
ENOUGH = 20
"""Rows from which on the cells themselves can show that a column identifies."""
UNIQUE_TEXT = 0.95
NAMES = 0.2
"""Share of a column's values that look like names of persons, from which on it holds persons."""
LONG_NUMBER = 9
"""Digits from which on numbers that hardly repeat are taken for telephone numbers and the like."""
LONG_TEXT = 80


@dataclass(frozen=True)
class Choice:
    """What the user said about columns of the source: those with other roles and why, those to drop and those to keep.

    What is kept is an attribute whatever its cells look like or law says of it, unless it is or names somebody.
    """

    roles: Mapping[str, str]
    drop: Collection[str] = ()
    keep: Collection[str] = ()


def infer_schema(
    profiles: Sequence[Profile],
    claimed: Mapping[str, str],
    choice: Choice,
    *,
    timed: bool,
    event_types: Sequence[EventType] = (),
    stages: Sequence[str] = (),
) -> Schema:
    """Return the schema of a data set, decided by the profiles of its columns.

    ``claimed`` maps columns of the vocabulary to columns of the source.
    """
    vocabulary_names = {column: name for name, column in claimed.items()}
    excluded, attributes = {}, []
    for column in profiles:
        name = vocabulary_names.get(column.name)
        reason = _reason(column, name, choice)
        if reason:
            excluded[column.name] = reason
        else:
            taken = {attribute.name for attribute in attributes}
            attributes.append(_attribute(column, name, taken | RESERVED | claimed.keys()))
    return Schema(
        timed=timed,
        attributes=tuple(attributes),
        event_types=tuple(event_types),
        stages=tuple(stages),
        personal=tuple(name for name in PERSONAL if name in claimed and claimed[name] not in choice.drop),
        excluded=excluded,
    )


def fits_vocabulary(name: str, column: Profile) -> bool:
    """Return whether a column that bears a vocabulary name holds what the vocabulary means by it."""
    if name in ROLES or column.filled == 0:
        return True
    kind = LEADS[name].kind
    if name == "job_title" and column.levels and column.levels <= column_words().cells.salutations:
        return False
    if kind in (Kind.CATEGORY, Kind.PERSONAL, Kind.SET):
        return column.kind in (Kind.CATEGORY, Kind.SET)
    return column.kind is kind or (kind is Kind.NUMBER and column.kind is Kind.BAND)


def _reason(column: Profile, name: str | None, choice: Choice) -> str:
    """Return why a column is no attribute; nothing where it is one."""
    role = choice.roles.get(column.name) or ROLES.get(name or "", "")
    if column.name in choice.drop and (name in PERSONAL or not role):
        return "dropped by the settings"
    if role:
        return role
    never = _of_persons(column, name)
    if column.name in choice.keep:
        return never and f"{never}; keep does not change that"
    if column.constant and name not in PERSONAL:
        return EMPTY if column.filled == 0 else CONSTANT
    return never or _protected(column) or ("" if name else _identifying(column))


def _of_persons(column: Profile, name: str | None) -> str:
    """Return why the cells of a column are no feature even where the settings keep it: they are or name somebody."""
    if name in PERSONAL:
        derived = "personal data: only what is derived from it by declaration is used"
        return f"{derived}; {SHOWN}" if name == "company" else derived
    if column.kind is Kind.FLAG:
        return ""
    if column.contact_share > 0.5 or (is_personal_name(column.name) and _may_be_contact(column)):
        return "personal data"
    if column.name_share >= NAMES:
        return "personal data: names of persons"
    return "free text" if is_free_text_name(column.name) and column.kind in (Kind.CATEGORY, Kind.SET) else ""


def _protected(column: Profile) -> str:
    return PROTECTED if is_protected_name(column.name) or _are_sexes(column.levels) else ""


def _are_sexes(levels: Set[str]) -> bool:
    """Return whether all levels, in lower case, are sexes or forms of address; m and f must stand together."""
    cells = column_words().cells
    sexes = levels <= cells.sexes and (levels & cells.telling_sexes or {"m", "f"} <= levels)
    return bool(levels) and bool(sexes or levels <= cells.salutations)


def tells_of_persons(name: str, levels: Collection[str] = ()) -> bool:
    """Return whether a column is personal or protected by law, going by its name and its levels.

    >>> tells_of_persons("Gender"), tells_of_persons("x", ["male", "female"]), tells_of_persons("Industry", ["Retail"])
    (True, True, False)
    """
    named = is_protected_name(name) or is_personal_name(name) or is_free_text_name(name)
    return named or _are_sexes({level.lower() for level in levels})


def _may_be_contact(column: Profile) -> bool:
    """Telephone numbers are numbers too, but counts and amounts under such a name are no contact data."""
    return column.kind is not Kind.NUMBER or (column.whole and column.length >= 7)


def _identifying(column: Profile) -> str:
    if column.kind is Kind.TIME:
        return "a date: nothing relative to now"
    if column.grows_with:
        return f"an identifier: it grows steadily with {column.grows_with}"
    if column.kind is Kind.NUMBER:
        return "an identifier: nearly every value is its own" if _numbers_identify(column) else ""
    return _unique_text(column)


def _numbers_identify(column: Profile) -> bool:
    if not column.bare:
        return False
    if column.whole and column.length >= LONG_NUMBER and column.filled >= ENOUGH:
        return column.distinct_share >= UNIQUE_TEXT
    unique = column.whole and column.filled > 1 and column.distinct == column.filled
    of_one_length = column.filled >= 10 * ENOUGH and column.one_length and column.length > 1
    return unique and (has_id_word(column.name) or of_one_length)


def _unique_text(column: Profile) -> str:
    share = column.distinct_share if column.filled >= ENOUGH else 0.0
    if column.length > LONG_TEXT or (share > 0.5 and column.words >= 3):
        return "free text"
    named = has_id_word(column.name) and column.filled > 1 and column.distinct == column.filled
    if named or share >= UNIQUE_TEXT:
        return "an identifier: nearly every value is its own"
    return "links" if column.link_share > NEARLY_ALL and column.distinct_share > 0.5 else ""


def _attribute(column: Profile, name: str | None, taken: Collection[str]) -> Attribute:
    known = LEADS.get(name) if name else None
    kind = known.kind if known and known.kind in (Kind.SET,) else column.kind
    family = (known.family if known else None) or family_of(column.name)
    return Attribute(name or _free_name(column.name, taken), label_of(name or column.name), kind, family, column.tokens)


def _free_name(name: str, taken: Collection[str]) -> str:
    """A custom attribute bears its own name, unless that already means something else."""
    return name + RENAMED if name in taken else name
