"""What names and values of other systems hint at, where nobody has said it: tables, times, outcomes, stages, events.

The words of `data.columns` are sure; those of ``hints.yaml`` are guesses, for a proposal that people correct.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from data.columns import Phrases, Ranked, WordLists, Words, read_lists, words_of


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


class Outcomes(WordLists):
    """Names and values of outcome columns."""

    names: OutcomeNames
    fillers: Words
    won: Phrases
    lost: Phrases
    open: Phrases
    sure: Phrases


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

    >>> starts_with("first_contact_date", ["first", "creat"]), starts_with("wonderful", ["won", "clos"])
    (1, 0)
    """
    long = tuple(stem for stem in stems if len(stem) > 3)
    return sum(word in stems or word.startswith(long) for word in words_of(name))


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
    """
    outcomes = hints().outcomes
    words = set(words_of(name)) - outcomes.fillers
    tiers = (outcomes.names.possible, outcomes.names.likely, outcomes.names.sure)
    known = {word: strength for strength, tier in enumerate(tiers, 1) for word in tier}
    return max((known[word] for word in words), default=0) if words <= known.keys() else 0


def speaks_of_a_lead(name: str) -> int:
    """Return how sure a word for a lead is in a name: higher is surer, 0 where there is none."""
    ranked = hints().keys.leads
    ranks = [ranked.index(word) for word in words_of(name) if word in ranked]
    return len(ranked) - min(ranks) if ranks else 0


def has_key_word(name: str) -> bool:
    """Return whether a name says that a column is a key: its last word, or the end of its only word."""
    words, keys = words_of(name), hints().keys
    return bool(words) and (words[-1] in keys.endings or (len(words) == 1 and words[0] in keys.single))
