"""Which leads were lost, where the column that says which were won does not: by a status, a flag, a reason, an archive.

What says nothing of lost leads leaves them open, and asks: an open lead is not a lost one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from data.parsing import texts
from data.proposal.columns import has_few_values
from data.proposal.hints import bare_words, hints, outcome_strength
from data.proposal.inspection import ProfiledTable
from data.proposal.outcome_words import EndingValues, read_values, yes_and_no

ALSO_WON = 0.1
"""The share of leads that may be won among those that a column says were lost."""
NEARLY_ALL = 0.95
SHOWN = 5
"""Values that a question repeats."""


@dataclass(frozen=True)
class Losses:
    """What means lost beside the outcome's won: values of its own column, or of others (``where``; () for any value).

    ``reason`` says why, ``question`` what people have to answer before they rely on it.
    """

    lost: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""
    question: str = ""


@dataclass(frozen=True)
class _Search:
    """The leads by whether they were won, and the other columns that may say which were lost."""

    table: ProfiledTable
    names: list[str]
    won: pd.Series

    def cells(self, name: str) -> pd.Series:
        return texts(self.table.cells[name])

    def flags(self, name: str) -> tuple[list[str], list[str]] | None:
        """Return the values of a column that mean yes and those that mean no; nothing where it is no flag."""
        return yes_and_no(self.table.values(name)) if has_few_values(self.table.profiles[name]) else None

    def are_not_won(self, lost: pd.Series) -> bool:
        """Return whether some leads are among the lost ones, and hardly any won ones."""
        return bool(lost.any()) and (lost & self.won).sum() <= ALSO_WON * lost.sum()


def find_losses(
    table: ProfiledTable, column: str, reading: EndingValues, taken: Collection[str], *, dated: bool
) -> Losses:
    """Return which leads were lost, where ``column`` says which were won; ``dated`` ones may be young and open."""
    names = [name for name, profile in table.profiles.items() if profile.filled and name not in (*taken, column)]
    search = _Search(table, names, texts(table.cells[column]).isin(reading.won))
    ways = (_by_status, _by_flag, _by_reason, _by_archive)
    ended = next((losses for way in ways for losses in way(search)), None)
    return ended or _left_open(search, column, reading, dated=dated)


def _statuses(search: _Search) -> Iterator[tuple[str, EndingValues]]:
    for name in search.names:
        if outcome_strength(name) and has_few_values(search.table.profiles[name]):
            yield name, read_values(search.table.values(name))


def _by_status(search: _Search) -> Iterator[Losses]:
    for name, reading in _statuses(search):
        if reading.lost and search.are_not_won(search.cells(name).isin(reading.lost)):
            yield Losses(where={name: reading.lost}, reason=f"the values of {name} say which were lost")


def _by_flag(search: _Search) -> Iterator[Losses]:
    """A flag says that a lead was lost, or that it was closed: then it is lost unless it was won."""
    outcomes = hints().outcomes
    for name in search.names:
        words = set(bare_words(name)) - outcomes.fillers
        flags = search.flags(name) if words and words <= outcomes.losses | outcomes.closed else None
        if not flags or not flags[0]:
            continue
        said = search.cells(name).isin(flags[0])
        if words & outcomes.losses and search.are_not_won(said):
            yield Losses(where={name: tuple(flags[0])}, reason=f"{name} says which were lost")
        elif not words & outcomes.losses and said[search.won].mean() >= NEARLY_ALL and (said & ~search.won).any():
            yield Losses(where={name: tuple(flags[0])}, reason=f"{name} says which ended: lost unless they were won")


def _by_reason(search: _Search) -> Iterator[Losses]:
    """Lost leads have a reason, and are archived where a column says which leads are: an archived one need not be."""
    for name in search.names:
        filled = search.cells(name).notna()
        if not _is_loss_reason(name) or filled.all() or not search.are_not_won(filled):
            continue
        archives = (each for each in _archives(search) if (each[2] & filled).sum() >= filled.sum() / 2)
        archive, values, _ = next(archives, ("", (), None))
        archived = {archive: values} if archive else {}
        why = f"archived, with a {name}" if archive else f"with a {name}"
        yield Losses(where={**archived, name: ()}, reason=f"lost are those {why}")


def _is_loss_reason(name: str) -> bool:
    words, outcomes = bare_words(name), hints().outcomes
    both = all(any(_means(word, known) for word in words) for known in (outcomes.reasons, outcomes.losses))
    return both or any(_means(word, outcomes.loss_reasons) for word in words)


def _means(word: str, known: Collection[str]) -> bool:
    """Return whether a word is one of some; Chinese and Japanese ones may be a part of it."""
    return word in known or any(not each.isascii() and each in word for each in known)


def _by_archive(search: _Search) -> Iterator[Losses]:
    for name, values, archived in _archives(search):
        if search.are_not_won(archived):
            yield Losses(
                where={name: values},
                reason="archived leads are taken for lost",
                question=f"were all leads with {name}: {_listed(values)} lost? Some may be archived for another reason",
            )


def _archives(search: _Search) -> Iterator[tuple[str, tuple[str, ...], pd.Series]]:
    """Yield the flags that say which leads are archived, with the values that say so and the leads that have them."""
    outcomes = hints().outcomes
    for name in search.names:
        words = set(bare_words(name)) - outcomes.fillers
        flags = search.flags(name) if words and words <= outcomes.archived | outcomes.active else None
        values = flags[0 if words & outcomes.archived else 1] if flags else []
        if values:
            yield name, tuple(values), search.cells(name).isin(values)


def _left_open(search: _Search, column: str, reading: EndingValues, *, dated: bool) -> Losses:
    """Say what nothing says: which leads were lost. Only where all is said at once, the one other value means it."""
    speaking = {name: each.open for name, each in [(column, reading), *_statuses(search)] if each.open}
    rest = _listed(reading.unknown)
    if speaking:
        said = "; ".join(f"{name}: {_listed(values)}" for name, values in speaking.items())
        return Losses(question=f"which leads were lost? Nothing says it, and some are still open ({said})")
    if not reading.unknown:
        return Losses(question="which leads were lost? Nothing says it")
    if dated or len(reading.unknown) > 1:
        why = "a young one may be open" if dated else "there are several values"
        return Losses(question=f"were all leads with {rest} lost? Nothing says it, and {why}")
    return Losses(
        lost=reading.unknown,
        reason=f"{rest} is taken for lost",
        question=f"were all leads with {rest} lost? If some are still open, name the column that says so",
    )


def _listed(values: Collection[str]) -> str:
    values = list(values)
    return ", ".join(values[:SHOWN]) + (f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else "")
