"""Files that unpack to far more than a table would are refused before memory or the disk is full of them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile

from data.errors import InputError
from data.memory import memory_for_tables

ALWAYS, TIMES = 1 << 30, 300
"""So many bytes any file may unpack to, and more only up to so many times its size: gzip reaches 1,030 times."""
LONGEST_LINE = 1 << 26
"""A record of a table is not longer; one without end would fill the memory."""
BLOCK = 1 << 20
REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})(\d{1,7})["']""", re.IGNORECASE)
ROW, CELL = re.compile(rb"<(?:\w+:)?row\b"), re.compile(rb"<(?:\w+:)?c\b")
LONGEST_REFERENCE = 64
CELL_BYTES = 32
"""What a cell of a sheet takes at least, filled or not."""


class LimitedReader(io.RawIOBase):
    """The bytes of a text file, which may be packed, for as long as they may be those of a table.

    Raises InputError where a line has no end, or where there is far more than the packed file may hold.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self._packed = path.stat().st_size
        self._read, self._line = 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self._read += len(block)
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._line = self._line + len(block) if end < 0 else len(block) - end
        refuse_bomb(self._path, self._packed, self._read)
        if self._line > LONGEST_LINE:
            raise InputError(
                "this file has a line without end",
                expected=f"lines of at most {LONGEST_LINE >> 20} MB",
                where=str(self._path),
                remedy="export the table again, with one row a line",
            )
        return len(block)

    def close(self) -> None:
        self._file.close()
        super().close()


def refuse_bomb(path: Path, packed: int, unpacked: int) -> None:
    """Raise InputError where a file unpacks to more than a table would."""
    if unpacked > max(ALWAYS, TIMES * packed):
        raise InputError(
            "this file unpacks to far more than a table would",
            expected=f"at most {TIMES} times its size",
            got=f"{packed:,} bytes that unpack to {unpacked:,} or more",
            where=str(path),
            remedy="make sure that the file is what it should be; if so, unpack it and name the unpacked file",
        )


def refuse_boundless_sheets(path: Path) -> None:
    """Raise InputError where a workbook would not fit into memory: all cells up to the farthest one are held there."""
    with ZipFile(path) as archive:
        members = archive.infolist()
        refuse_bomb(path, path.stat().st_size, sum(member.file_size for member in members))
        for member in members:
            if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
                with archive.open(member) as sheet:
                    _refuse_far_cells(path, *_extent(_blocks(sheet)))


def _blocks(file) -> Iterator[bytes]:
    rest = b""
    while block := file.read(BLOCK):
        yield rest + block
        rest = block[-LONGEST_REFERENCE:]


def _extent(blocks: Iterator[bytes]) -> tuple[int, int]:
    """Return the last row and the last column of the cells of a sheet; a cell without a reference is the next one.

    >>> _extent(iter([b'<row r="2"><c r="B2"/><c r="aa1"/>', b'<row r="40"><c/>']))
    (40, 27)
    """
    rows = columns = 0
    for block in blocks:
        references = REFERENCE.findall(block)
        rows = max([rows, *(int(row) for _, row in references)])
        cells = (len(CELL.findall(row)) for row in ROW.split(block))
        columns = max([columns, *map(_number_of, {column for column, _ in references}), *cells])
    return rows, columns


def _number_of(column: bytes) -> int:
    """Return the number of a column from its letters: 27 of AA."""
    return reduce(lambda number, letter: 26 * number + letter - ord("A") + 1, column.upper(), 0)


def _refuse_far_cells(path: Path, rows: int, columns: int) -> None:
    if rows * columns * CELL_BYTES > memory_for_tables():
        raise InputError(
            "the cells of this workbook do not fit into memory",
            got=f"a sheet up to row {rows:,} and column {columns:,}: {rows * columns:,} cells",
            where=str(path),
            remedy="remove what stands far away from the table, or export the sheet as CSV (UTF-8)",
        )
