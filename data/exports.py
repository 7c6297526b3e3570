"""Write tables that go out: CSV or Parquet by the path's ending, whole or not at all, and harmless in a spreadsheet."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import InputError

FORMULA = r"^[\s]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\t\r]"
"""How text begins that a spreadsheet would run; the last four signs are the full-width ones."""
JOINT = " | "

Write = Callable[[pd.DataFrame], None]


@contextmanager
def export_to(path: Path, *, ids: Collection[str] = ()) -> Iterator[Write]:
    """Open a file for tables that are written one after the other; it appears when all of them are.

    Columns named in ``ids`` are written verbatim. Raises `InputError` for another ending or an unwritable folder.
    """
    writers = {".csv": _csv_writer, ".parquet": _parquet_writer}
    if path.suffix not in writers:
        raise InputError(
            "this kind of file cannot be written", expected="a path ending in .csv or .parquet", got=str(path)
        )
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writers[path.suffix](unfinished, ids) as write:
            yield write
        unfinished.replace(path)
    except OSError as problem:
        raise InputError("this file cannot be written", got=f"{path} ({problem.strerror})") from None
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _parquet_writer(path: Path, ids: Collection[str]) -> Iterator[Write]:
    writer: pq.ParquetWriter | None = None

    def write(frame: pd.DataFrame) -> None:
        nonlocal writer
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table.cast(writer.schema))

    path.touch()
    try:
        yield write
    finally:
        if writer:
            writer.close()


@contextmanager
def _csv_writer(path: Path, ids: Collection[str]) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as file:

        def write(frame: pd.DataFrame) -> None:
            safe = frame.apply(lambda cells: cells if cells.name in ids else _harmless(cells))
            safe.to_csv(file, index=False, header=file.tell() == 0, date_format="%Y-%m-%dT%H:%M:%S.%fZ")

        yield write


def _harmless(cells: pd.Series) -> pd.Series:
    """Join lists, and put an apostrophe before text that a spreadsheet would run."""
    if cells.dtype == object:
        cells = cells.map(lambda cell: JOINT.join(cell) if isinstance(cell, list) else cell).astype("str")
    if cells.dtype != "str":
        return cells
    return cells.where(~cells.str.contains(FORMULA, na=False), "'" + cells)
