"""Conditions on fields of a score, as settings write them: ``band in [hot, warm] and score >= 50 or stage = qso``.

It is a grammar of its own, and nothing of it is run: a field, what it is compared by, and values. ``and`` binds closer
than ``or``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

OPERATORS = ("not in", "in", ">=", "<=", "!=", "=", ">", "<")
COMPARISON = re.compile(r"(?P<field>\w+)\s*(?P<operator>\bnot\s+in\b|\bin\b|>=|<=|!=|=|>|<)\s*(?P<values>.+)", re.I)
LIST = re.compile(r"\[(.+)\]")


class FieldTest(NamedTuple):
    """A field of a score, one of `OPERATORS`, and the values that it is compared with: one, but for ``in``."""

    field: str
    operator: str
    values: tuple[str, ...]


Alternatives = tuple[tuple[FieldTest, ...], ...]
"""One of them must hold, and all that is in it."""


def parse_condition(text: str, numbers: Collection[str], texts: Collection[str]) -> Alternatives:
    """Return what a condition asks for; ``numbers`` and ``texts`` are the fields that it may name.

    Raises ValueError where it cannot be understood.

    >>> [tuple(each) for each in parse_condition("band in [hot, warm] and score >= 50", ["score"], ["band"])[0]]
    [('band', 'in', ('hot', 'warm')), ('score', '>=', ('50',))]
    """
    return tuple(
        tuple(_comparison(part.strip(), numbers, texts) for part in re.split(r"\s+and\s+", alternative, flags=re.I))
        for alternative in re.split(r"\s+or\s+", text.strip(), flags=re.I)
    )


def _comparison(text: str, numbers: Collection[str], texts: Collection[str]) -> FieldTest:
    match = COMPARISON.fullmatch(text)
    if not match:
        raise ValueError(f"'{text}' is no condition, such as band in [hot, warm], or score >= 50")
    field, operator = match["field"], " ".join(match["operator"].lower().split())
    values = _values(match["values"].strip(), operator, text)
    if field not in (*numbers, *texts):
        raise ValueError(f"'{field}' is not one of the fields to ask for: {', '.join(sorted((*numbers, *texts)))}")
    if field in numbers:
        _require_numbers(values, field)
    elif operator not in ("in", "not in", "=", "!="):
        raise ValueError(f"'{field}' is a text: it is compared by in, not in, = or !=")
    return FieldTest(field, operator, values)


def _values(text: str, operator: str, whole: str) -> tuple[str, ...]:
    listed = LIST.fullmatch(text)
    if (operator in ("in", "not in")) != bool(listed):
        raise ValueError(f"'{whole}' needs a list in brackets after in, and one value after all else")
    values = listed[1].split(",") if listed else [text]
    return tuple(value.strip().strip("\"'") for value in values)


def _require_numbers(values: tuple[str, ...], field: str) -> None:
    for value in values:
        try:
            float(value)
        except ValueError:
            raise ValueError(f"'{field}' is compared with a number, not with '{value}'") from None
