"""Guess which column of leads says how they ended, which values mean won and lost, and which order is that of time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from data.columns import Profile, has_id_word, is_protected_name
from data.parsing import NO, YES, texts
from data.proposal.columns import Line
from data.proposal.hints import hints, outcome_strength, plain
from data.proposal.looking import ROW_ORDER, Look
from data.staging import ROWS
from data.vocabulary import Kind

MOST_VALUES = 50
STRONG = 2
IN_RUNS = 0.1
"""How much more often than by chance neighbouring rows must be alike, for the order of the rows to mean something."""


@dataclass(frozen=True)
class FoundOutcome:
    """An outcome column with the values that mean won and lost, all others being open, and why."""

    column: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    open: int
    reason: str


def find_outcome(look: Look, taken: Collection[str]) -> FoundOutcome | None:
    """Return the column that says most of an outcome, by its name and its values; nothing where none does."""
    few = (name for name, column in look.profiles.items() if _has_few_values(column))
    free = [name for name in few if name not in taken and not is_protected_name(name)]
    found = [(strength, outcome) for name in free for strength, outcome in [_judged(look, name)] if outcome]
    return max(found, key=lambda each: each[0])[1] if found else None


def _has_few_values(column: Profile) -> bool:
    """One value will do where other cells are empty."""
    return 2 <= column.distinct <= MOST_VALUES or (column.distinct == 1 and column.filled < column.cells)


def _judged(look: Look, name: str) -> tuple[int, FoundOutcome | None]:
    """Return how much speaks for a column, and the outcome that it would be.

    Open leads can be told apart only where values are words, so these count for more than yes and no.
    """
    values, strength = look.values(name), outcome_strength(name)
    sure = {plain(value) for value in values} & hints().outcomes.sure
    won, lost = _by_words(values)
    if won and (strength or len(sure) > 1):
        return strength + 4 * (len(sure) > 1), _in_words(name, values, won, lost)
    flags = {value.lower() for value in values}
    if strength and flags <= YES | NO and flags & YES:
        return strength + 1, _as_flag(name, values, strength)
    if strength >= STRONG and len(values) == 2:
        return strength, FoundOutcome(
            name, (values[1],), (values[0],), 0, "named like an outcome; the rarer value is taken for won: swap if not"
        )
    return 0, None


def _by_words(values: list[str]) -> tuple[list[str], list[str]]:
    outcomes = hints().outcomes
    won = [value for value in values if plain(value) in outcomes.won]
    return won, [value for value in values if plain(value) in outcomes.lost]


def _in_words(name: str, values: list[str], won: list[str], lost: list[str]) -> FoundOutcome:
    others = [value for value in values if value not in (*won, *lost)]
    reason = "its values say won and lost"
    if not lost:
        lost = [value for value in others if plain(value) not in hints().outcomes.open] if len(others) > 1 else others
        reason = "its values say won; the others are taken for lost, which they must not be while a lead is open"
    still_open = [value for value in others if value not in lost]
    return FoundOutcome(name, tuple(won), tuple(lost), len(still_open), reason)


def _as_flag(name: str, values: list[str], strength: int) -> FoundOutcome:
    won = tuple(value for value in values if value.lower() in YES)
    lost = tuple(value for value in values if value.lower() in NO)
    named = "named like an outcome" if strength > 1 else "its name may mean an outcome"
    ending = "" if lost else "; nothing means lost yet: no lead that is not won would be learned from"
    return FoundOutcome(name, won, lost, 0, f"{named}, with yes and no{ending}")


def find_order(look: Look, outcome: FoundOutcome) -> tuple[Line | None, str]:
    """Return what orders leads in time where no date does, or why nothing is proposed."""
    growing = [name for name in look.of_kind(Kind.NUMBER) if look.profiles[name].grows_with == ROW_ORDER]
    if growing:
        name = max(growing, key=has_id_word)
        return Line(name, f"grows steadily{_direction(look, name)}: never a feature, it orders the evaluation"), ""
    alike = _alike_in_runs(look, outcome.column)
    if alike and _both_ends_have_both(look, outcome):
        why = (
            "rows that follow each other are alike: the order means something. Remove this if the oldest are not first"
        )
        return Line(ROWS, why), ""
    return None, "no date and no growing number: evaluation blocks are random, unless the rows are oldest first"


def _direction(look: Look, name: str) -> str:
    numbers = pd.to_numeric(look.cells[name], errors="coerce").dropna()
    falls = len(numbers) > 1 and numbers.iloc[0] > numbers.iloc[-1]
    return " against the order of the rows (the file is newest first)" if falls else " with the rows"


def _alike_in_runs(look: Look, outcome: str) -> bool:
    """Tell whether neighbouring rows share values more often than rows in random order would."""
    few = (name for name, column in look.profiles.items() if name != outcome and 2 <= column.distinct <= MOST_VALUES)
    return any(_excess(texts(look.cells[name]).fillna("")) > IN_RUNS for name in few)


def _excess(cells: pd.Series) -> float:
    by_chance = float((cells.value_counts(normalize=True) ** 2).sum())
    equal = float((cells.iloc[1:].to_numpy() == cells.iloc[:-1].to_numpy()).mean()) if len(cells) > 1 else 0.0
    return (equal - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0


def _both_ends_have_both(look: Look, outcome: FoundOutcome) -> bool:
    """A file that is sorted by its outcome is in no order of time."""
    cells = texts(look.cells[outcome.column])
    fifth = len(cells) // 5
    ends = (set(cells.iloc[:fifth].dropna()), set(cells.iloc[len(cells) - fifth :].dropna()))
    return all(end & set(outcome.won) and end & set(outcome.lost) for end in ends)
