"""Text files (CSV): every cell is text, verbatim, and damaged records are staged too, with what is wrong with them."""

from __future__ import annotations

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import InputError
from data.sources.base import ROW_FIELDS, StagedFile, own_name
from data.sources.delimited import allow_long_cells, read_header, read_rows
from data.sources.encodings import detect, is_gzip, named, open_text
from data.sources.files import EXPORT_AGAIN, FileSource, as_input_errors

SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
NO_BLANK = r"\P{Zs}"
"""What a cell has that is not empty: a character that is no kind of space."""

MOST_COLUMNS = 20_000
"""A table of many more is a mistake, such as one turned on its side; the database would take hours to lay it out."""


class TextFile(FileSource):
    """A file of records with their cells separated; each column has a name of its own.

    Columns that have neither name nor content are left out: many exports end each line with a separator.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        super().__init__(path)
        allow_long_cells()
        self._encoding = named(encoding, path) if encoding else detect(path)
        with open_text(path, self._encoding) as text:
            self._header = read_header(text)
        if not any(self._header.names):
            raise InputError(
                "this file has no header",
                expected="names of columns in the first line",
                got="blank lines only",
                where=str(path),
                remedy=EXPORT_AGAIN,
            )
        if len(self._header.names) > MOST_COLUMNS:
            raise InputError(
                "this file has too many columns",
                expected=f"at most {MOST_COLUMNS:,}",
                got=f"{len(self._header.names):,}",
                where=str(path),
                remedy="export only what is known of a lead before it closes",
            )
        self._cells, self._renamed = self._name_columns()

    def _name_columns(self) -> tuple[dict[str, str], list[str]]:
        """Map the names of the columns to their cells; return what is to be said of those called otherwise."""
        nameless = [number for number, name in enumerate(self._header.names) if not name]
        empty = self._without_content(nameless)
        cells: dict[str, str] = {}
        notes: list[str] = []
        for number, name in enumerate(self._header.names):
            if number in empty:
                notes.append(f"column {number + 1} has no name and no content: ignored")
                continue
            own = own_name(name or f"column {number + 1}", cells)
            if own != name:
                notes.append(f"column {number + 1} ({name or 'without a name'}) is called '{own}'")
            cells[own] = f"c{number}"
        return cells, notes

    def _without_content(self, columns: Sequence[int]) -> set[int]:
        """Return which columns have nothing but blanks in them; reads on until each of the others showed a cell."""
        empty = set(columns)
        rows = self._read() if empty else iter(())
        while empty and (block := next(rows, None)) is not None:
            empty = {number for number in empty if not _has_content(block[f"c{number}"])}
        return empty

    def _read(self) -> Iterator[pa.Table]:
        with open_text(self._path, self._encoding) as text:
            yield from read_rows(text, self._header, self._path)

    @property
    def columns(self) -> Mapping[str, str]:
        return dict.fromkeys(self._cells, "text")

    @property
    def notes(self) -> list[str]:
        delimiter = self._header.delimiter
        separated = [f"separated by {SEPARATOR_NAMES[delimiter]}"] if delimiter != "," else []
        encoding = [self._encoding.note] if self._encoding.note else []
        titles = self._header.titles
        above = [f"{titles} {'line' if titles == 1 else 'lines'} of a title above the header: not read"] * bool(titles)
        return ["gzip"] * is_gzip(self._path) + encoding + separated + above + self._renamed

    def batches(
        self,
        types: Mapping[str, str],
        *,
        since: Any = None,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield all rows, damaged ones with their place and text."""
        wanted = [*ROW_FIELDS, *(self._cells[name] for name in types)]
        names = [*ROW_FIELDS, *(f"c{number}" for number in range(len(types)))]
        for block in self._read():
            yield from block.select(wanted).rename_columns(names).to_batches()

    def stage(
        self,
        duck: duckdb.DuckDBPyConnection,
        into: str,
        names: Collection[str] | None = None,
        *,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> StagedFile:
        """Stage all columns, for a record is read as a whole anyway."""
        with as_input_errors(self._path):
            return super().stage(duck, into, limit=limit)


def _has_content(cells: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, NO_BLANK)).as_py())
