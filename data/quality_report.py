"""What was read, what was left out and why, and what looked wrong: the report of a data set."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

ROWS_SHOWN = 5
"""Offending rows that a flag names."""


def place(line: int | None, position: int) -> str:
    """Name the place of a row: its line in a text file, else its number from 1.

    >>> place(12, 10), place(None, 10)
    ('line 12', 'row 11')
    """
    return f"line {line}" if line else f"row {position + 1}"


@dataclass
class TableCounts:
    """The rows of one table: ``read`` is always ``used`` + ``quarantined``; ``reasons`` counts the quarantined ones.

    ``rows`` are the places of the first of them, by reason.
    """

    read: int
    used: int
    reasons: dict[str, int] = field(default_factory=dict)
    rows: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        return sum(self.reasons.values())


@dataclass(frozen=True)
class Flag:
    """Cells or rows that were kept although something is wrong with them, with one example.

    ``rows`` are the first of them: ids of leads, ``id = id`` for two leads that are one, or the place of a row.
    ``level`` is ``info`` where cells were read in a way that one should know of, else ``warning``.
    """

    table: str
    column: str
    problem: str
    count: int
    example: str = ""
    rows: tuple[str, ...] = ()
    level: Literal["info", "warning"] = "warning"


@dataclass
class Report:
    """Counts per table, flags, and notes on how the files were read."""

    tables: dict[str, TableCounts] = field(default_factory=dict)
    flags: list[Flag] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain types, ready for JSON.

        >>> Report({"leads": TableCounts(3, 2, {"no lead_id": 1})}).to_dict()["tables"]["leads"]["quarantined"]
        1
        """
        counts = {name: asdict(table) | {"quarantined": table.quarantined} for name, table in self.tables.items()}
        return {"tables": counts, "flags": [asdict(flag) for flag in self.flags], "notes": list(self.notes)}
