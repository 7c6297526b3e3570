"""Disclosure control: a report names no contact data, and no value of few leads: it may name a person."""

from __future__ import annotations

import re

ENOUGH, SHARE = 20, 100
"""A value is named that 20 leads have, or more than one in a hundred."""
E_MAIL = re.compile(r"[^@\s]@[^@\s]+\.[^@\s]{2,}")
"""One character before the @ is enough: a pattern that tries many from each place takes forever on a long text."""
PHONE = re.compile(r"(?:\+|\(|00?[1-9]|\d{2,5}[ /]\d)[\d\s()/.-]{5,}\d|\d{3}[-.]\d{3}[-.]\d{4}")
"""A telephone number as it is written: numbers of campaigns, ranges of sizes and dates are none."""
DATE = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")


def fewest(leads: int) -> int:
    """Return how many of so many leads must have a value for it to be named.

    >>> [fewest(leads) for leads in (99, 500, 1_000_000)]
    [1, 6, 20]
    """
    return min(ENOUGH, leads // SHARE + 1)


def is_named(value: str, count: int, leads: int, *, keep: bool = False) -> bool:
    """Return whether a value that ``count`` of so many leads have is named; all others stand together.

    One to ``keep`` is named however few leads have it, unless it is contact data.

    >>> is_named("Trade fair", 6, 500), is_named("Erika Mustermann", 5, 500), is_named("ann@acme.example", 90, 500)
    (True, False, False)
    """
    return (keep or count >= fewest(leads)) and not is_contact(value)


def is_contact(value: str) -> bool:
    """Return whether a value holds an e-mail address, or is written like a telephone number.

    >>> [is_contact(value) for value in ("of ann@acme.example", "+49 170 5550199", "(415) 555-2671", "0170/555019")]
    [True, True, True, True]
    >>> [is_contact(value) for value in ("23842910473", "1000-5000", "2024-01-31", "01.02.2024", "Q1 @ fair", "10 000")]
    [False, False, False, False, False, False]
    """
    bare = value.strip()
    return bool(E_MAIL.search(bare) or (PHONE.fullmatch(bare) and not DATE.fullmatch(bare)))


def name_of_others(values: int) -> str:
    """Return what values that are not named are called together.

    >>> name_of_others(12)
    'other (12 values)'
    """
    return f"other ({values:,} {'value' if values == 1 else 'values'})"
