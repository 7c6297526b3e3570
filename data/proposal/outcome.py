"""Suggest which column of leads says how they ended, which values mean won and lost, and their order in time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from data.columns import has_id_word, is_protected_name
from data.parsing import texts
from data.proposal.columns import MOST_VALUES, Suggestion, has_few_values
from data.proposal.hints import outcome_strength
from data.proposal.inspection import ROW_ORDER, ProfiledTable
from data.proposal.losses import find_losses
from data.proposal.outcome_words import EndingValues, read_values, yes_and_no
from data.staging import ROWS
from data.vocabulary import Kind

STRONG = 2
SHOWN = 10
AS_NAMED = "as the options say"
RARER = "named like an outcome; the rarer value is taken for won: swap if not"
IN_WORDS = "its values say won and lost"
IN_RUNS = 0.1
"""How much more often than by chance neighbouring rows must be alike, for the order of the rows to mean something."""


@dataclass(frozen=True)
class OutcomeProposal:
    """An outcome column with the values that mean won and lost, all others being open, and why.

    ``lost_where`` has further columns with the values that lost leads have, () for any. ``question`` is what people
    have to answer before they rely on it.
    """

    column: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    others: tuple[str, ...]
    reason: str
    lost_where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    question: str = ""

    @property
    def columns(self) -> list[str]:
        return [self.column, *self.lost_where]

    def ended(self, cells: pd.DataFrame) -> pd.Series:
        """Return which rows say that the lead was won or lost."""
        of_column = texts(cells[self.column]).isin([*self.won, *self.lost])
        return of_column | _hold(cells, self.lost_where) if self.lost_where else of_column


@dataclass(frozen=True)
class _Candidate:
    """A column that may say how leads ended; of several, that of the highest ``rank`` does."""

    column: str
    reading: EndingValues
    rank: tuple[int, int]
    reason: str


def suggest_outcome(table: ProfiledTable, taken: Collection[str], *, dated: bool) -> OutcomeProposal | None:
    """Return how leads ended by the column that says most of it; nothing where none does.

    Words for won and lost in one column come before a word for won alone, and that before yes and no: only words tell
    open leads from lost ones. ``dated`` leads say when they were created, so that some are known to be young.
    """
    free = [name for name, column in table.profiles.items() if has_few_values(column) and name not in taken]
    candidates = [each for name in free if not is_protected_name(name) and (each := _candidate(table, name))]
    best = max(candidates, key=lambda each: each.rank, default=None)
    return _proposal(table, best, taken, dated=dated) if best else None


def outcome_of(
    table: ProfiledTable, column: str, won: Sequence[str], lost: Sequence[str], taken: Collection[str], *, dated: bool
) -> OutcomeProposal:
    """Return the outcome of a column that people named, with the values that they named, if any; others as they read.

    Where nothing says won the proposal has none, and asks.
    """
    values = table.values(column)
    known = _as_named(column, values, won)
    if not known.won:
        question = f"which values mean won{_of(values)}"
        return OutcomeProposal(column, (), tuple(lost), tuple(values), AS_NAMED, question=question)
    if lost:
        others = tuple(value for value in values if value not in (*known.won, *lost))
        return OutcomeProposal(column, known.won, tuple(lost), others, AS_NAMED)
    return _proposal(table, _Candidate(column, known, (0, 0), AS_NAMED), taken, dated=dated)


def _as_named(column: str, values: Sequence[str], won: Sequence[str]) -> EndingValues:
    """Return what the values of a column mean, whatever it is called: what is named as won is neither lost nor open."""
    reading, flags = read_values(values), yes_and_no(values)
    if not won and not reading.won:
        binary = _binary(column, values, 0)
        won = flags[0] if flags else binary.reading.won if binary else ()
    won = tuple(won) or reading.won
    lost, still_open = (tuple(value for value in each if value not in won) for each in (reading.lost, reading.open))
    unknown = tuple(value for value in values if value not in (*won, *lost, *still_open))
    return EndingValues(won, lost, still_open, unknown, reading.sure)


def _of(values: Sequence[str]) -> str:
    return f" of {', '.join(values[:SHOWN])}" if values else ""


def _candidate(table: ProfiledTable, name: str) -> _Candidate | None:
    """Return what a column says of an outcome by its values, and by its name where these do not suffice."""
    values, strength = table.values(name), outcome_strength(name)
    reading = read_values(values)
    if reading.won and (strength or reading.sure):
        rank = 4 if reading.sure else 3 if reading.lost else 2
        return _Candidate(name, reading, (rank, strength), IN_WORDS if reading.lost else "its values say won")
    flags = yes_and_no(values)
    if strength and flags and flags[0]:
        named = "named like an outcome" if strength > 1 else "its name may mean an outcome"
        reading = EndingValues(tuple(flags[0]), (), (), tuple(flags[1]), sure=False)
        return _Candidate(name, reading, (1, strength), f"{named}, with yes and no")
    return _binary(name, values, strength) if strength >= STRONG else None


def _binary(name: str, values: Sequence[str], strength: int) -> _Candidate | None:
    """Of two values that say nothing by themselves, the rarer one is taken for won."""
    if len(values) != 2:
        return None
    reading = EndingValues((values[1],), (), (), (values[0],), sure=False)
    return _Candidate(name, reading, (0, strength), RARER)


def _proposal(table: ProfiledTable, candidate: _Candidate, taken: Collection[str], *, dated: bool) -> OutcomeProposal:
    reading = candidate.reading
    others = (*reading.open, *reading.unknown)
    if reading.lost:
        return OutcomeProposal(candidate.column, reading.won, reading.lost, others, candidate.reason)
    losses = find_losses(table, candidate.column, reading, taken, dated=dated)
    others = tuple(value for value in others if value not in losses.lost)
    reason = "; ".join(filter(None, (candidate.reason, losses.reason)))
    return OutcomeProposal(candidate.column, reading.won, losses.lost, others, reason, losses.where, losses.question)


def _hold(cells: pd.DataFrame, where: Mapping[str, tuple[str, ...]]) -> pd.Series:
    """Return which rows have one of the values in each column; () stands for any value."""
    conditions = [
        texts(cells[column]).isin(values) if values else texts(cells[column]).notna()
        for column, values in where.items()
    ]
    return pd.concat(conditions, axis="columns").all(axis="columns")


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
