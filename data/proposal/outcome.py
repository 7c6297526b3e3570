"""Suggest which column of leads says how they ended, which values mean won and lost, and their order in time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from data.columns import Profile, has_id_word, is_protected_name
from data.parsing import NO, YES, texts
from data.proposal.columns import Suggestion
from data.proposal.hints import hints, outcome_strength, plain
from data.proposal.inspection import ROW_ORDER, ProfiledTable
from data.staging import ROWS
from data.vocabulary import Kind

MOST_VALUES = 50
STRONG = 2
IN_RUNS = 0.1
"""How much more often than by chance neighbouring rows must be alike, for the order of the rows to mean something."""


@dataclass(frozen=True)
class OutcomeProposal:
    """An outcome column with the values that mean won and lost, all others being open, and why."""

    column: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    open: int
    reason: str


def suggest_outcome(table: ProfiledTable, taken: Collection[str]) -> OutcomeProposal | None:
    """Return the column that says most of an outcome, by its name and its values; nothing where none does."""
    few = (name for name, column in table.profiles.items() if _has_few_values(column))
    free = [name for name in few if name not in taken and not is_protected_name(name)]
    rated = [(strength, outcome) for name in free for strength, outcome in [_rated(table, name)] if outcome]
    return max(rated, key=lambda each: each[0])[1] if rated else None


def _has_few_values(column: Profile) -> bool:
    """One value will do where other cells are empty."""
    return 2 <= column.distinct <= MOST_VALUES or (column.distinct == 1 and column.filled < column.cells)


def _rated(table: ProfiledTable, name: str) -> tuple[int, OutcomeProposal | None]:
    """Return how much speaks for a column, and the outcome that it would be.

    Open leads can be recognised only where values are words, so these count for more than yes and no.
    """
    values, strength = table.values(name), outcome_strength(name)
    sure = {plain(value) for value in values} & hints().outcomes.sure
    won, lost = _by_words(values)
    if won and (strength or len(sure) > 1):
        return strength + 4 * (len(sure) > 1), _in_words(name, values, won, lost)
    flags = {value.lower() for value in values}
    if strength and flags <= YES | NO and flags & YES:
        return strength + 1, _as_flag(name, values, strength)
    if strength >= STRONG and len(values) == 2:
        return strength, OutcomeProposal(
            name, (values[1],), (values[0],), 0, "named like an outcome; the rarer value is taken for won: swap if not"
        )
    return 0, None


def _by_words(values: list[str]) -> tuple[list[str], list[str]]:
    outcomes = hints().outcomes
    won = [value for value in values if plain(value) in outcomes.won]
    return won, [value for value in values if plain(value) in outcomes.lost]


def _in_words(name: str, values: list[str], won: list[str], lost: list[str]) -> OutcomeProposal:
    others = [value for value in values if value not in (*won, *lost)]
    reason = "its values say won and lost"
    if not lost:
        lost = [value for value in others if plain(value) not in hints().outcomes.open] if len(others) > 1 else others
        reason = "its values say won; the others are taken for lost, which they must not be while a lead is open"
    still_open = [value for value in others if value not in lost]
    return OutcomeProposal(name, tuple(won), tuple(lost), len(still_open), reason)


def _as_flag(name: str, values: list[str], strength: int) -> OutcomeProposal:
    won = tuple(value for value in values if value.lower() in YES)
    lost = tuple(value for value in values if value.lower() in NO)
    named = "named like an outcome" if strength > 1 else "its name may mean an outcome"
    ending = "" if lost else "; nothing means lost yet: no lead that is not won would be learned from"
    return OutcomeProposal(name, won, lost, 0, f"{named}, with yes and no{ending}")


def suggest_order(table: ProfiledTable, outcome: OutcomeProposal) -> tuple[Suggestion | None, str]:
    """Return what orders leads in time where no date does, or why nothing is proposed."""
    growing = [name for name in table.of_kind(Kind.NUMBER) if table.profiles[name].grows_with == ROW_ORDER]
    if growing:
        name = max(growing, key=has_id_word)
        return Suggestion(
            name, f"grows steadily{_direction(table, name)}: never a feature, it orders the evaluation"
        ), ""
    alike = _alike_in_runs(table, outcome.column)
    if alike and _both_ends_have_both(table, outcome):
        why = (
            "rows that follow each other are alike: the order means something. Remove this if the oldest are not first"
        )
        return Suggestion(ROWS, why), ""
    return None, "no date and no growing number: evaluation blocks are random, unless the rows are oldest first"


def _direction(table: ProfiledTable, name: str) -> str:
    numbers = pd.to_numeric(table.cells[name], errors="coerce").dropna()
    falls = len(numbers) > 1 and numbers.iloc[0] > numbers.iloc[-1]
    return " against the order of the rows (the file is newest first)" if falls else " with the rows"


def _alike_in_runs(table: ProfiledTable, outcome: str) -> bool:
    """Return whether neighbouring rows share values more often than rows in random order would."""
    few = (name for name, column in table.profiles.items() if name != outcome and 2 <= column.distinct <= MOST_VALUES)
    return any(_excess(texts(table.cells[name]).fillna("")) > IN_RUNS for name in few)


def _excess(cells: pd.Series) -> float:
    by_chance = float((cells.value_counts(normalize=True) ** 2).sum())
    equal = float((cells.iloc[1:].to_numpy() == cells.iloc[:-1].to_numpy()).mean()) if len(cells) > 1 else 0.0
    return (equal - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0


def _both_ends_have_both(table: ProfiledTable, outcome: OutcomeProposal) -> bool:
    """A file that is sorted by its outcome is in no order of time."""
    cells = texts(table.cells[outcome.column])
    fifth = len(cells) // 5
    ends = (set(cells.iloc[:fifth].dropna()), set(cells.iloc[len(cells) - fifth :].dropna()))
    return all(end & set(outcome.won) and end & set(outcome.lost) for end in ends)
