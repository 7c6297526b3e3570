"""What names and values of other systems hint at, where nobody has said it: tables, times, outcomes, stages, events.

The words of `data.columns` are sure; those of ``hints.yaml`` are guesses, for a proposal that people correct.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from functools import cache
from pathlib import Path

from data.columns import Phrases, Ranked, WordLists, Words, read_lists, words_of

BARRED = {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss"}
COMPOUNDS = ("status", "phase", "stufe")
"""Ends of words such as Leadstatus and Vertriebsphase."""


class Keys(WordLists):
    """Words for leads and accounts in the names of keys, and how such a name ends or is written as one word."""

    leads: Ranked
    accounts: Words
    endings: Words
    single: Words


class Times(WordLists):
    """Beginnings of words in the names of columns of times, by what happened then."""

    creation: Words
    not_creation: Words
    winning: Words
    closing: Words
    occurrence: Words
    entry: Words
    not_the_moment: Words


class OutcomeNames(WordLists):
    """Words in the name of an outcome column, by how much they say."""

    sure: Words
    likely: Words
    possible: Words


class EndingPhrases(WordLists):
    """Values that mean one ending: sure ones in any column, likely ones where the name of the column is telling."""

    sure: Phrases
    likely: Phrases


class Outcomes(WordLists):
    """Names and values of columns that say how leads ended, and words in the names of those that say why or whether."""

    names: OutcomeNames
    fillers: Words
    yes: Words
    no: Words
    beside: Words
    negations: Words
    won: EndingPhrases
    lost: EndingPhrases
    open: Phrases
    qualified: Phrases
    disqualified: Phrases
    reasons: Words
    losses: Words
    loss_reasons: Words
    closed: Words
    archived: Words
    active: Words


class Events(WordLists):
    """For each type of event, lists of words of each of which one must be there; negations rule out all types."""

    types: dict[str, tuple[Words, ...]]
    negations: Words


class Hints(WordLists):
    """All lists of ``hints.yaml``."""

    tables: dict[str, Words]
    keys: Keys
    times: Times
    outcomes: Outcomes
    stages: dict[str, Phrases]
    events: Events


@cache
def hints() -> Hints:
    """Return the lists of ``hints.yaml``."""
    return read_lists(Path(__file__).with_name("hints.yaml"), Hints)


def role_of_name(name: str) -> str:
    """Return which table of the vocabulary a name suggests, or nothing.

    >>> [role_of_name(name) for name in ("crm_leads", "lead_events", "olist_closed_deals_dataset", "products")]
    ['leads', 'events', 'outcomes', '']
    >>> role_of_name("lead_history"), role_of_name("field_history")
    ('stages', 'attribute_history')
    """
    words = set(words_of(name))
    counts = {role: len(words & known) for role, known in hints().tables.items()}
    best = max(counts, key=lambda role: counts[role])
    return best if counts[best] else ""


def starts_with(name: str, stems: Collection[str]) -> int:
    """Count the words of a name that begin with one of some stems; short ones must be the whole word.

    Where words are not parted, as in Chinese and Japanese, a stem may stand anywhere.

    >>> starts_with("first_contact_date", ["first", "creat"]), starts_with("wonderful", ["won", "clos"])
    (1, 0)
    >>> starts_with("Date de création", ["creation"]), starts_with("创建时间", ["创建"])
    (1, 1)
    """
    long = tuple(stem for stem in stems if len(stem) > 3)
    unparted = [stem for stem in stems if not stem.isascii()]
    return sum(
        word in stems or word.startswith(long) or any(stem in word for stem in unparted) for word in bare_words(name)
    )


def bare_words(text: str) -> tuple[str, ...]:
    """Return the words of a text without accents.

    >>> bare_words("Date de clôture"), bare_words("Źródło leada"), bare_words("ステージ")
    (('date', 'de', 'cloture'), ('zrodlo', 'leada'), ('ステージ',))
    """
    return words_of(unaccented(text))


def unaccented(text: str) -> str:
    """Return a text with the bare Latin letters under their accents.

    >>> unaccented("Gagné, Größe, Łódź, ガ")
    'Gagne, Grosse, Lodz, ガ'
    """
    return "".join(_bare_letter(letter) for letter in unicodedata.normalize("NFKC", text))


def _bare_letter(letter: str) -> str:
    if letter in BARRED:
        return BARRED[letter]
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() else letter


def plain(value: str) -> str:
    """Return a name or a value as words: ``Closed-Won`` is ``closed won``."""
    return " ".join(words_of(value))


def stage_of(value: str) -> str:
    """Return the stage of the vocabulary that a stage of the CRM means, or nothing; a number before it is ignored.

    >>> [stage_of(value) for value in ("MQL", "Closed Won", "5 - Disqualified", "Demo held")]
    ['mql', 'won', 'lost', '']
    """
    text = plain(value).lstrip("0123456789 ")
    return next((stage for stage, values in hints().stages.items() if text in values), "")


def event_type_of(value: str) -> str:
    """Return which type of event of the vocabulary a name is near to, or nothing.

    >>> [event_type_of(value) for value in ("Pricing Page Visit", "Opened e-mail", "Unsubscribed", "Call")]
    ['pricing_visit', 'email_open', '', '']
    """
    words, events = set(words_of(value)), hints().events
    if words & events.negations:
        return ""
    suiting = (name for name, lists in events.types.items() if all(words & each for each in lists))
    return next(suiting, "")


def outcome_strength(name: str) -> int:
    """Return how much the name of a column says of an outcome, from 0 to 3; ``y`` and ``status`` must be all of it.

    >>> [outcome_strength(name) for name in ("Converted", "is_customer", "y", "Lead Status", "Last Activity", "y_axis")]
    [3, 1, 2, 1, 0, 0]
    >>> [outcome_strength(name) for name in ("Vertriebsphase", "Statut", "Etap szansy", "商談ステータス")]
    [1, 1, 1, 1]
    """
    strengths = [_strength(word) for word in set(bare_words(name)) - hints().outcomes.fillers]
    return max(strengths, default=0) if all(strengths) else 0


def _strength(word: str) -> int:
    """Return how much a word says of an outcome; in Chinese and Japanese it may be a part of a longer one."""
    names = hints().outcomes.names
    tiers = (names.sure, names.likely, names.possible)
    parts = ({known for known in tier if known == word or (not known.isascii() and known in word)} for tier in tiers)
    strengths = (strength for strength, known_parts in zip((3, 2, 1), parts, strict=True) if known_parts)
    return next(strengths, 1 if word.endswith(COMPOUNDS) else 0)


def speaks_of_a_lead(name: str) -> int:
    """Return how sure a word for a lead is in a name: higher is surer, 0 where there is none."""
    ranked = hints().keys.leads
    known = [each for each in ranked for word in words_of(name) if _is_in(each, word)]
    ranks = [ranked.index(each) for each in known]
    return len(ranked) - min(ranks) if ranks else 0


def _is_in(known: str, word: str) -> bool:
    """Return whether a word is a known one; Chinese and Japanese part no words, so that it may be a part there."""
    return word == known or (not known.isascii() and known in word)


def has_key_word(name: str) -> bool:
    """Return whether a name says that a column is a key: its last word, or the end of its only word."""
    words, keys = words_of(name), hints().keys
    return bool(words) and (words[-1] in keys.endings or (len(words) == 1 and words[0] in keys.single))
