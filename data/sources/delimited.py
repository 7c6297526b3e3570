"""Read delimited text (CSV) record by record, verbatim, and separate damaged rows from good ones.

Blocks of lines without any quote go through Arrow's reader. Other blocks go through Python's, which knows at each
record how many lines it took: so a quote that is never closed costs its own line and not the rest of the file.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from data.errors import InputError

DELIMITERS = (",", ";", "\t", "|")
BLOCK = 8 << 20
HEADER_LINES = 100
TITLE_LINES, FEWEST_NAMES, NUMBER_FIRST = 20, 3, re.compile(r"[^\w]*\d")
SEPARATOR_LINE = re.compile(r'"?sep=([^\r\n"])"?[;,\t]*\s*$', re.IGNORECASE)
"""The first line by which Excel is told what separates the cells."""
FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)
"""How exports keep a spreadsheet from taking 0001 for a number."""
UNCLOSED = "a quote that is not closed, or that stands inside a cell"


@dataclass(frozen=True)
class Header:
    """The names in the first record, what separates them, and how many lines come before the rows.

    ``titles`` is how many lines of a title stand above the names.
    """

    names: list[str]
    delimiter: str
    lines: int
    titles: int = 0


def allow_long_cells() -> None:
    """Lift the limit of Python's reader, 131,072 characters a cell."""
    csv.field_size_limit(1 << 30)


def read_header(text: TextIO) -> Header:
    """Read the first record and the delimiter from it; the following lines decide where it could be either of two.

    Leaves ``text`` anywhere: open the file again to read the rows.
    """
    lines = text.readlines(1 << 16)
    start = _first_filled(lines, 0)
    named = SEPARATOR_LINE.match(lines[start]) if start < len(lines) else None
    if named:
        start = _first_filled(lines, start + 1)
    start, titles = _behind_titles(lines, start)
    end = _end_of_record(lines, start)
    delimiter = named[1] if named else _delimiter(lines, start, end)
    names = next(csv.reader(lines[start:end], delimiter=delimiter), [])
    return Header([FORMULA.sub(r"\1", name.strip()) for name in names], delimiter, end, titles)


def _delimiter(lines: list[str], start: int, end: int) -> str:
    return max(DELIMITERS, key=lambda each: _fitness(lines, start, end, each))


def _behind_titles(lines: list[str], start: int) -> tuple[int, int]:
    """Return the line of the header, and how many filled lines with a single cell stand before it as a title.

    A line that comes later is the header only where it has several cells like names, and the next line as many cells.
    """
    titles = 0
    for number in range(start, min(start + TITLE_LINES, len(lines))):
        delimiter = _delimiter(lines, number, number + 1)
        names, *following = [*csv.reader(lines[number : number + 2], delimiter=delimiter)] or [[]]
        filled = [name for name in names if name.strip()]
        if titles and following and len(following[0]) == len(names) and _are_names(filled):
            return number, titles
        if len(filled) > 1:
            break
        titles += len(filled)
    return start, 0


def _are_names(cells: Sequence[str]) -> bool:
    """Return whether cells may be names of columns: several, all different, none with a digit before all letters."""
    return len(cells) >= FEWEST_NAMES and len({*cells}) == len(cells) and not any(map(NUMBER_FIRST.match, cells))


def _first_filled(lines: Sequence[str], start: int) -> int:
    return next((number for number, line in enumerate(lines[start:], start) if line.strip()), len(lines))


def _end_of_record(lines: Sequence[str], start: int) -> int:
    quotes = 0
    for number, line in enumerate(lines[start : start + HEADER_LINES], start):
        quotes += line.count('"')
        if quotes % 2 == 0:
            return number + 1
    return min(start + 1, len(lines))


def _fitness(lines: list[str], start: int, end: int, delimiter: str) -> tuple[int, int]:
    """Rate a delimiter by the names that it makes, then by the next lines that have as many cells."""
    names = next(csv.reader(lines[start:end], delimiter=delimiter), [])
    following = (len(row) for row in csv.reader(lines[end : end + 20], delimiter=delimiter))
    return len(names), sum(cells == len(names) for cells in following)


def read_rows(text: TextIO, header: Header, path: Path) -> Iterator[pa.Table]:
    """Yield the rows that follow the header, in blocks: ``position``, ``line``, ``problem``, ``text`` and the cells.

    ``position`` counts records from 0 and ``line`` lines from 1. A damaged record has a problem and its text,
    and no cells; a good row has exactly as many cells as the header. Empty lines are no rows.
    A record may span lines within quotes, up to the size of a block.
    """
    position, line = 0, 1 + sum(1 for _ in islice(text, header.lines))
    carried: list[str] = []
    while lines := carried + text.readlines(BLOCK):
        _refuse_zeros(lines, line, path)
        block = _Block(lines, header)
        taken = block.split(at_end=len(lines) == len(carried))
        table = block.to_arrow(position, line)
        yield table
        position, line, carried = position + table.num_rows, line + taken, lines[taken:]


def _refuse_zeros(lines: list[str], first: int, path: Path) -> None:
    damaged = next((number for number, line in enumerate(lines, first) if "\0" in line), None)
    if damaged is not None:
        raise InputError(
            "this file holds NUL characters, so it is damaged or no text",
            where=f"{path}, line {damaged}",
            remedy="export it again as CSV (UTF-8)",
        )


class _Damage(NamedTuple):
    """Lines ``start`` to ``end`` of a block that are no row; ``open`` where a quote waits for further lines."""

    start: int
    end: int
    problem: str
    open: bool = False


class _Block:
    """Some lines of a file, split into records; line numbers within it count from 0."""

    def __init__(self, lines: list[str], header: Header) -> None:
        self.lines = lines
        self.delimiter = header.delimiter
        self.names = [f"c{number}" for number in range(len(header.names))]
        self.plain: pa.Table | None = None
        self.rows: list[list[str]] = []
        self.row_lines: list[int] = []
        self.damages: list[_Damage] = []
        self.suspect = 0

    def split(self, at_end: bool) -> int:
        """Split all lines into rows and damages; return how many lines were taken.

        A record that is open at the end of the block is left to the next one, unless it fills a block by itself.
        """
        self.plain = self._without_quotes()
        start = 0 if self.plain is None else len(self.lines)
        while start < len(self.lines):
            damage = self._good_run(start)
            if damage is None:
                break
            if damage.open and not at_end and damage.start > 0:
                return damage.start
            if damage.end > damage.start + 1:
                self.suspect = max(self.suspect, damage.end)
            self.damages.append(damage)
            start = damage.start + 1
        return len(self.lines)

    def _without_quotes(self) -> pa.Table | None:
        """Read a block in which every line is one row; ``None`` where it is not that simple."""
        text = "".join(self.lines)
        if '"' in text:
            return None
        content = text.encode()
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(content),
                arrow_csv.ReadOptions(column_names=self.names, block_size=len(content) + 1),
                arrow_csv.ParseOptions(delimiter=self.delimiter, quote_char=False),
                arrow_csv.ConvertOptions(column_types=dict.fromkeys(self.names, pa.string())),
            )
        except pa.ArrowInvalid:
            return None
        return table if table.num_rows == len(self.lines) else None

    def _good_run(self, start: int) -> _Damage | None:
        """Take the rows from ``start`` on, up to the first damage."""
        following = map(self.lines.__getitem__, range(start, len(self.lines)))
        reader = csv.reader(following, delimiter=self.delimiter, strict=True)
        begin = start
        try:
            for row in reader:
                end = start + reader.line_num
                if problem := self._problem(row, begin, end):
                    return _Damage(begin, end, problem)
                if row:
                    self.rows.append(row)
                    self.row_lines.append(begin)
                begin = end
        except csv.Error as error:
            return _Damage(begin, start + reader.line_num, UNCLOSED, open="unexpected end" in str(error))
        return None

    def _problem(self, row: list[str], begin: int, end: int) -> str:
        """Say what is wrong with a record, if anything.

        A line that was part of a damaged record and has an odd number of quotes is where that record ended.
        """
        if not row:
            return ""
        if end == begin + 1 <= self.suspect and self.lines[begin].count('"') % 2:
            return UNCLOSED
        if len(row) == len(self.names):
            return ""
        if end > begin + 1:
            return UNCLOSED
        return f"{'too few' if len(row) < len(self.names) else 'too many'} cells"

    def to_arrow(self, position: int, line: int) -> pa.Table:
        """Return rows and damages as one table; the block begins at ``position`` and ``line`` of the file."""
        if self.plain is not None:
            count = self.plain.num_rows
            return _table(np.arange(count) + position, np.arange(count) + line, self.plain.columns, self.names)
        columns = zip(*self.rows, strict=True) if self.rows else ([] for _ in self.names)
        begins = np.array(self.row_lines + [damage.start for damage in self.damages], dtype=np.int64)
        positions = np.argsort(np.argsort(begins, kind="stable"), kind="stable") + position
        split = len(self.rows)
        cells = [_without_formulas(pa.array(column, pa.string())) for column in columns]
        good = _table(positions[:split], begins[:split] + line, cells, self.names)
        return pa.concat_tables([good, self._damaged(positions[split:], begins[split:] + line)])

    def _damaged(self, positions: np.ndarray, lines: np.ndarray) -> pa.Table:
        empty = [pa.nulls(len(positions), pa.string()) for _ in self.names]
        table = _table(positions, lines, empty, self.names)
        problems = pa.array([damage.problem for damage in self.damages], pa.string())
        texts = pa.array([self.lines[damage.start].rstrip("\r\n") for damage in self.damages], pa.string())
        return table.set_column(2, "problem", problems).set_column(3, "text", texts)


def _without_formulas(cells: pa.Array) -> pa.Array:
    """Return cells with ``="0001"`` as 0001."""
    if not pc.any(pc.starts_with(cells, '="')).as_py():
        return cells
    return pc.replace_substring_regex(cells, '(?s)^="(.*)"$', r"\1")


def _table(positions: np.ndarray, lines: np.ndarray, cells: Sequence[pa.Array], names: list[str]) -> pa.Table:
    absent = pa.nulls(len(positions), pa.string())
    columns = [pa.array(positions, pa.int64()), pa.array(lines, pa.int64()), absent, absent, *cells]
    return pa.table(columns, names=["position", "line", "problem", "text", *names])
