"""What the values of a column say of how leads ended: won, lost or open, in the words of ten languages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from data.parsing import NO, YES
from data.proposal.hints import bare_words, hints

WON, LOST, OPEN = "won", "lost", "open"


class Meaning(NamedTuple):
    """What a value means: won, lost, open, or nothing that is known; ``sure`` whatever the column is called."""

    ending: str
    sure: bool


UNKNOWN = Meaning("", False)


@dataclass(frozen=True)
class EndingValues:
    """The values of a column by what they mean, the most frequent first; ``sure`` where they need no telling name."""

    won: tuple[str, ...]
    lost: tuple[str, ...]
    open: tuple[str, ...]
    unknown: tuple[str, ...]
    sure: bool


def read_values(values: Sequence[str]) -> EndingValues:
    """Sort values by what they mean. Qualified leads are won where others were disqualified and none is called won.

    >>> read_values(["Qualified", "Disqualified", "Open"]).won, read_values(["New", "Qualified", "Won"]).won
    (('Qualified',), ('Won',))
    """
    meanings = {value: meaning_of(value) for value in values}
    won, lost, still_open = (
        [value for value in values if meanings[value].ending == ending] for ending in (WON, LOST, OPEN)
    )
    sure = {meaning.ending for meaning in meanings.values() if meaning.sure}
    if not won and any(_is_one_of(value, hints().outcomes.disqualified) for value in values):
        won = [value for value in values if _is_one_of(value, hints().outcomes.qualified)]
        still_open = [value for value in still_open if value not in won]
    unknown = [value for value in values if value not in (*won, *lost, *still_open)]
    return EndingValues(tuple(won), tuple(lost), tuple(still_open), tuple(unknown), {WON, LOST} <= sure)


def meaning_of(value: str) -> Meaning:
    """Return what one value means by itself.

    >>> [meaning_of(value).ending for value in ("Closed - Won", "Closed – Not Converted", "Perdue : prix", "输单", "7")]
    ['won', 'lost', 'lost', 'lost', '']
    """
    words = tuple(word for word in bare_words(value) if not word.isdigit())
    bare = tuple(word for word in words if word not in hints().outcomes.beside) or words
    steps = (_whole(words), _whole(bare), _negated(bare), _begun_or_ended(bare), _within(words), _begun_open(bare))
    return next((meaning for meaning in steps if meaning), UNKNOWN)


def _whole(words: Sequence[str]) -> Meaning | None:
    return _phrases().get(" ".join(words))


def _negated(words: Sequence[str]) -> Meaning | None:
    """What is not won is lost: not sold, nicht gewonnen, non vinto."""
    if words and words[0] in hints().outcomes.negations and (meant := _whole(words[1:])) and meant.ending == WON:
        return Meaning(LOST, sure=meant.sure)
    return None


def _begun_or_ended(words: Sequence[str]) -> Meaning | None:
    """A sure phrase may be explained: lost to a competitor, contract won."""
    begun = (words[:count] for count in range(len(words), 0, -1))
    ended = (words[-count:] for count in range(len(words), 0, -1))
    known = (_whole(part) for part in (*begun, *ended))
    return next((meaning for meaning in known if meaning and meaning.sure), None)


def _within(words: Sequence[str]) -> Meaning | None:
    """Chinese and Japanese part no words: the longest phrase counts, for not won may hold won."""
    text = " ".join(words)
    inside = (meaning for phrase, meaning in _unparted() if phrase in text)
    return next(inside, None)


def _begun_open(words: Sequence[str]) -> Meaning | None:
    begun = (_whole(words[:count]) for count in range(len(words), 0, -1))
    return next((meaning for meaning in begun if meaning and meaning.ending == OPEN), None)


@cache
def _phrases() -> dict[str, Meaning]:
    """Return all phrases without accents with what they mean; of one in several lists the first counts."""
    outcomes = hints().outcomes
    lists = (
        (outcomes.lost.sure, Meaning(LOST, sure=True)),
        (outcomes.won.sure, Meaning(WON, sure=True)),
        (outcomes.lost.likely, Meaning(LOST, sure=False)),
        (outcomes.won.likely, Meaning(WON, sure=False)),
        (outcomes.open, Meaning(OPEN, sure=False)),
    )
    return {phrase: meaning for phrases, meaning in reversed(lists) for phrase in _bare(phrases)}


@cache
def _unparted() -> tuple[tuple[str, Meaning], ...]:
    """Return the phrases that may stand within a word: the longest first, then lost before won before open."""
    sure = [(phrase, meaning) for phrase, meaning in _phrases().items() if meaning.sure or meaning.ending == OPEN]
    unparted = [each for each in sure if not each[0].isascii() and len(each[0]) > 1]
    return tuple(sorted(unparted, key=lambda each: (-len(each[0]), [LOST, WON, OPEN].index(each[1].ending))))


@cache
def _bare(phrases: frozenset[str]) -> frozenset[str]:
    return frozenset(" ".join(bare_words(phrase)) for phrase in phrases)


def _is_one_of(value: str, phrases: frozenset[str]) -> bool:
    return " ".join(bare_words(value)) in _bare(phrases)


def yes_and_no(values: Iterable[str]) -> tuple[list[str], list[str]] | None:
    """Return the values that mean yes and those that mean no; nothing where there are others.

    >>> yes_and_no(["Ja", "Nein"]), yes_and_no(["0"]), yes_and_no(["yes", "maybe"])
    ((['Ja'], ['Nein']), ([], ['0']), None)
    """
    values, outcomes = list(values), hints().outcomes
    yes = [value for value in values if _is_flag(value, YES | outcomes.yes)]
    no = [value for value in values if _is_flag(value, NO | outcomes.no)]
    return (yes, no) if len(yes) + len(no) == len(values) else None


def _is_flag(value: str, words: Collection[str]) -> bool:
    return value.strip().lower() in words or "".join(bare_words(value)) in words
