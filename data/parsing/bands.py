"""Ranges of numbers: 51-200, 5000+, less than 10, 11 bis 50, read as the number from which on they hold.

A band is read as its lower bound, so that bands of a column stand in their order; one without, as `less than 10`, as 0.
What is written beside the numbers must be words for from, to, more and less in ten languages, or for what is counted.
"""

# ruff: noqa: RUF001
# (dashes and tildes that look like others are the point)
from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from data.parsing.magnitudes import WORDS
from data.parsing.money import CODES, SIGNS

LONGEST = 60
MONEY = "|".join(sorted(map(re.escape, (*SIGNS, *CODES)), key=len, reverse=True)).lower()
NUMBER = re.compile(
    rf"(?:(?:{MONEY})\s*)?\d(?:[\d.,']|\s(?=\d{{3}}(?!\d)))*(?<![.,])(?:\s*(?:{WORDS})(?![^\W\d_]))?\.?(?:\s*(?:{MONEY})(?![^\W\d_]))?"
)
LESS = frozenset(
    "< ≤ <= less under below up fewer max bis unter weniger höchstens moins jusqu jusqu'à jusqu'a maximum"
    " menos hasta até ate inferior do poniżej ponizej mniej meno fino tot minder onder 以下 未満 以内"
    " 小于 少于 不到".split()
)
MORE = frozenset(
    "+ > ≥ >= more over above least from min ab über ueber mehr mindestens plus más mas mais desde"
    " superior od powyżej powyzej ponad więcej wiecej più piu oltre almeno meer boven vanaf minimaal 以上 超"
    " 超过 超過 大于 higher greater up".split()
)
BETWEEN = frozenset(
    "between - – — ~ 〜 ～ to and or than at the of bis zu von und oder als zwischen à a de et ou entre del al y o"
    " e i da ad di del tra fra do od lub między niż tot en dan van tussen 至 到 から & is que qu' / jusqu'"
    " inclusive".split()
)
UNITS = frozenset(
    "employees employee people persons users seats staff fte ftes mitarbeiter mitarbeitende mitarbeitern"
    " personen beschäftigte salariés salaries personnes employés collaborateurs empleados personas"
    " trabajadores funcionários funcionarios colaboradores empregados pracowników pracownikow osób osob"
    " dipendenti persone addetti medewerkers werknemers personeel 人 名 社員 员工 days tage jours días dias dni"
    " giorni dagen years jahre months monate weeks wochen per year".split()
)
WORD = re.compile(r"[<>≤≥]=?|[+&~〜～–—\-/]|[^\W\d_]+(?:'[^\W\d_]*)?")


class Ends(NamedTuple):
    """The text of the number from which on a band holds, and of that up to which; none where it has no such end."""

    lower: str | None
    upper: str | None


def bounds_of(cell: str) -> Ends | None:
    """Return the bounds of a band; None where a text is none. A number alone is a band of itself.

    >>> bounds_of("51-200"), bounds_of("5.000+"), bounds_of("bis zu 10 Mitarbeiter")
    (Ends(lower='51', upper='200'), Ends(lower='5.000', upper=None), Ends(lower=None, upper='10'))
    >>> bounds_of("$50-100k"), bounds_of("New York 10-12")
    (Ends(lower='$50k', upper='100k'), None)
    """
    if len(cell) > LONGEST:
        return None
    text = re.sub(r"[‐‑‒−]", "-", unicodedata.normalize("NFKC", cell).lower().strip()).replace("’", "'")
    text = re.sub("(社員|员工|[人名])", r" \1 ", text)
    numbers = [match[0].strip() for match in NUMBER.finditer(text)]
    words = set(WORD.findall(NUMBER.sub(" ", text)))
    if not 0 < len(numbers) < 3 or words - LESS - MORE - BETWEEN - UNITS:
        return None
    if len(numbers) == 2:
        return Ends(_with_magnitude(*numbers), numbers[1]) if words & BETWEEN or "bis" in words else None
    if {"up", "to"} <= words or (words & LESS - {"up"} and not words & {"+", ">", "≥", ">=", "plus"}):
        return Ends(None, numbers[0])
    return Ends(numbers[0], None if words & MORE else numbers[0])


def _with_magnitude(lower: str, upper: str) -> str:
    """Return a lower bound with the magnitude of the upper one, where it has none: 50-100k begins at 50k."""
    of_upper = re.search(rf"({WORDS})\.?(?=\s*(?:{MONEY})?$)", upper)
    has_own = re.search(rf"\d\s*(?:{WORDS})\.?\s*(?:{MONEY})?$", lower)
    return lower if of_upper is None or has_own or not _may_share(lower, upper) else f"{lower}{of_upper[1]}"


def _may_share(lower: str, upper: str) -> bool:
    """Return whether the digits of the lower bound are the smaller ones: in 500-1M it is no 500 million."""
    first, second = (re.sub(r"[.,]\d{1,2}(?!\d)|\D", "", text) for text in (lower, upper))
    return int(first or 0) < int(second or 0) or first == second
