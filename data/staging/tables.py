"""A staged table, which of its columns means what, and how each of its columns is read."""

from __future__ import annotations

from dataclasses import dataclass

from data.parsing import Currency
from data.sources import StagedFile
from data.vocabulary import Kind

ROWS = "rows"
"""In place of the column of the lead id: the number of the row, from 1, for files without any id."""
BLANKS = r"' ' || chr(9) || chr(10) || chr(13)"
NO_ID = r"(?i)[ \t\n\r]*(null|nan|none|#?n/a)?[ \t\n\r]*"
"""Short texts that are no id; a pattern, for of a list DuckDB makes a join that all ids go through."""
ROW_TABLES = """
    CREATE TABLE quarantine (source VARCHAR, position BIGINT, reason VARCHAR);
    CREATE TABLE later_rows (source VARCHAR, position BIGINT);
"""
"""Of which rows of staged tables nothing is made, and which came after the moment of the settings."""
BATCH = 50_000
"""Rows of a staged table that are in memory at once."""


@dataclass(frozen=True)
class Table:
    """A staged table; ``columns`` maps the names of the vocabulary to the columns of the source.

    ``shared_account`` is the column of the account where nearly all leads have the same one, so that it is none.

    ``id_form`` is the number of characters in which Salesforce's ids of leads and accounts are read.
    """

    name: str
    file: StagedFile
    columns: dict[str, str]
    shared_account: str = ""
    id_form: int | None = None

    @property
    def staged(self) -> str:
        return self.file.table

    def has(self, name: str) -> bool:
        """Return whether the source has a column of the vocabulary."""
        return name in self.columns

    def text_sql(self, column: str) -> str:
        """Return SQL for the cells of a column of the source as text, verbatim; whole numbers have no decimals."""
        cell, kind = self.file.columns[column], self.file.types[column]
        if kind != "DOUBLE":
            return f"{cell}::VARCHAR"
        is_whole = f"{cell} = floor({cell}) AND abs({cell}) < 1e15"
        return f"CASE WHEN {is_whole} THEN {cell}::BIGINT::VARCHAR ELSE {cell}::VARCHAR END"

    def id_sql(self, column: str | None) -> str:
        """Return SQL for an id: verbatim text, or missing where nothing usable is there."""
        if column is None:
            return "NULL::VARCHAR"
        if column == ROWS and ROWS not in self.file.columns:
            return "(position + 1)::VARCHAR"
        text = self.text_sql(column)
        usable = f"CASE WHEN strlen({text}) > 4 OR NOT regexp_full_match({text}, '{NO_ID}') THEN {text} END"
        of_leads = (self.columns.get("lead_id"), self.columns.get("account_id"))
        return in_form(usable, self.id_form) if self.id_form and column in of_leads else usable


@dataclass(frozen=True)
class Reading:
    """How a column is read: its name, the column of the source, its kind, and how its cells are written.

    ``name`` is that of the vocabulary, or of the attribute; ``source`` is None where there is no such column.
    ``column`` is the name in the typed table where that is another. ``currency`` is that of amounts,
    and ``named_in`` the column of the source that names it for each row.
    """

    name: str
    source: str | None
    kind: Kind
    written: str | None = None
    column: str = ""
    currency: Currency | None = None
    named_in: str | None = None

    @property
    def typed(self) -> str:
        return self.column or self.name


SHORT, LONG = 15, 18
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
"""The signs of the checksum in a Salesforce id: each stands for which of five characters are capitals."""


def in_form(text: str, length: int) -> str:
    """Return SQL for a Salesforce id in the form of 15 or 18 characters; any other text stays as it is."""
    signs = " || ".join(_sign_sql(text, start) for start in (1, 6, 11))
    if length == LONG:
        return f"CASE WHEN strlen({text}) = {SHORT} THEN {text} || {signs} ELSE {text} END"
    is_long = f"strlen({text}) = {LONG} AND right({text}, 3) = ({signs})"
    return f"CASE WHEN {is_long} THEN left({text}, {SHORT}) ELSE {text} END"


def _sign_sql(text: str, start: int) -> str:
    """Return SQL for the sign of the checksum that stands for five characters."""
    places = (f"substr({text}, {start + place}, 1) BETWEEN 'A' AND 'Z'" for place in range(5))
    bits = (f"(CASE WHEN {is_capital} THEN {1 << place} ELSE 0 END)" for place, is_capital in enumerate(places))
    return f"substr('{SIGNS}', 1 + {' + '.join(bits)}, 1)"


def later(name: str) -> str:
    """Return a query for the positions of the rows of a table that came after the moment of the settings."""
    return f"SELECT position FROM later_rows WHERE source = '{name}'"


def quarantined(name: str) -> str:
    """Return a query for the positions of the rows of a table that are in quarantine."""
    return f"SELECT position FROM quarantine WHERE source = '{name}'"
