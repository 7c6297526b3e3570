"""Write a stream of frames as one CSV or Parquet file, whole or not at all.

CSV is UTF-8: lists joined by `` | ``, times as ISO-8601 with Z, numbers with full precision, text in quotes.
Text that a spreadsheet would run as a formula gets a leading apostrophe; ids and numbers never do.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Protocol

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from data.drafts import draft_of, in_plain_words
from data.errors import InputError

ENDINGS = (".csv", ".parquet")
FORMULA = "^([=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"  # the last four are the full-width forms
NUMBER = r"^[+-]?\d+(?:[.,]\d+)*%?$"
ROWS_AT_ONCE = 50_000
Write = Callable[[pd.DataFrame], None]
Finish = Callable[[pa.Table], pa.Table]


class _Writer(Protocol):
    def write(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


@contextmanager
def export_to(
    path: Path, *, ids: Collection[str] = (), highest_first: str | None = None, finish: Finish | None = None
) -> Iterator[Write]:
    """Give a function that appends a frame to a file; the file is there once the block ends without an error.

    ``ids`` are the text columns that are written as they are. All frames have the columns of the first; without any
    frame no file is made. Rows keep their order, or are put in that of the column ``highest_first``, ties and rows
    without a value as they came. ``finish`` changes rows once all are there. Raises `InputError` where the path cannot
    be written to.

    >>> with export_to(Path("/nowhere/scores.xlsx")) as write:
    ...     pass
    Traceback (most recent call last):
    data.errors.InputError: this file format is not written
      expected: a path that ends in .csv or .parquet
      got:      /nowhere/scores.xlsx
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(
            "this file format is not written",
            expected=f"a path that ends in {' or '.join(ENDINGS)}",
            got=str(path),
        )
    with ExitStack() as resources:
        export = _Export(path, ids, resources)
        if highest_first or finish:
            with _staged(highest_first, finish, export.write) as append:
                yield append
        else:
            yield export.append
        export.publish()


@contextmanager
def _staged(column: str | None, finish: Finish | None, write: Callable[[pa.Table], None]) -> Iterator[Write]:
    """Give a function that appends a frame; at the end all rows are written, in order and finished, out of memory."""

    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"temp_directory": folder}) as connection:
        frames: list[Path] = []

        def append(frame: pd.DataFrame) -> None:
            frames.append(Path(folder) / f"{len(frames):06}.parquet")
            table = pa.Table.from_pandas(_in_utc(frame), preserve_index=False)
            # What is empty here may hold text in the next frame, and all frames have one type for it.
            kinds = [(column.name, _text_if_empty(column.type)) for column in table.schema]
            pq.write_table(table.cast(pa.schema(kinds)), frames[-1])

        yield append
        if frames:
            rows = connection.read_parquet([str(frame) for frame in frames], file_row_number=True, filename=True)
            order = "filename, file_row_number"
            sorted_rows = rows.order(f'"{column}" DESC NULLS LAST, {order}' if column else order)
            reader = sorted_rows.project("* EXCLUDE (filename, file_row_number)").to_arrow_reader(ROWS_AT_ONCE)
            for table in chain([reader.schema.empty_table()], (pa.Table.from_batches([batch]) for batch in reader)):
                write(finish(table) if finish else table)


class _Export:
    """A file in the making, beside the place where it will be."""

    def __init__(self, path: Path, ids: Collection[str], resources: ExitStack) -> None:
        self.path = path
        self.ids = ids
        self.resources = resources
        self.writer: _Writer | None = None
        self.without_rows: pa.Table | None = None

    def append(self, frame: pd.DataFrame) -> None:
        """Write the rows of a frame."""
        self.write(pa.Table.from_pandas(_in_utc(frame), preserve_index=False))

    def write(self, table: pa.Table) -> None:
        """Write rows; none at all wait, since a table with rows tells the types of columns better."""
        if self.writer is None and not table.num_rows:
            self.without_rows = table
        else:
            self._write(table)

    def _write(self, table: pa.Table) -> None:
        with in_plain_words(self.path):
            self.writer = self.writer or self._open(table.schema)
            self.writer.write(table)

    def _open(self, schema: pa.Schema) -> _Writer:
        draft = self.resources.enter_context(draft_of(self.path))
        is_csv = self.path.suffix.lower() == ".csv"
        writer = _CsvWriter(draft, schema, self.ids) if is_csv else _ParquetWriter(draft, schema)
        self.resources.callback(_close_quietly, writer)  # where the block ends with an error
        return writer

    def publish(self) -> None:
        """Put the finished file in its place."""
        if self.writer is None and self.without_rows is not None:
            self._write(self.without_rows)
        if self.writer is not None:
            with in_plain_words(self.path):
                self.writer.close()
                self.resources.close()


def _close_quietly(writer: _Writer) -> None:
    with suppress(OSError):  # what cannot be written is thrown away
        writer.close()


def _in_utc(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its times in naive UTC, as everywhere in the product."""
    zoned = frame.select_dtypes("datetimetz").columns
    return frame.assign(**{name: frame[name].dt.tz_convert(None) for name in zoned})


class _ParquetWriter:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema = pa.schema([(column.name, _stored_type(column.type)) for column in schema])
        self.writer = pq.ParquetWriter(path, self.schema)

    def write(self, table: pa.Table) -> None:
        self.writer.write_table(table.cast(self.schema))

    def close(self) -> None:
        self.writer.close()


def _stored_type(kind: pa.DataType) -> pa.DataType:
    """A column that is empty in the first frame may hold text, or lists of text, in the next; naive times are UTC."""
    return pa.timestamp("us", "UTC") if pa.types.is_timestamp(kind) else _text_if_empty(kind)


def _text_if_empty(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_null(kind):
        return pa.string()
    return pa.list_(pa.string()) if pa.types.is_list(kind) and pa.types.is_null(kind.value_type) else kind


class _CsvWriter:
    def __init__(self, path: Path, schema: pa.Schema, ids: Collection[str]) -> None:
        self.names = schema.names
        self.ids = ids
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(_safe(pa.array(self.names, pa.string())).to_pylist())
        self.file = path.open("ab")

    def write(self, table: pa.Table) -> None:
        columns = [_as_written(table[name], name in self.ids) for name in self.names]
        written = pa.table(columns, names=self.names)
        arrow_csv.write_csv(written, self.file, arrow_csv.WriteOptions(include_header=False))

    def close(self) -> None:
        self.file.close()


def _as_written(column: pa.ChunkedArray, is_id: bool) -> pa.ChunkedArray:
    """Return a column as CSV shows it."""
    kind = column.type
    if pa.types.is_null(kind) or pa.types.is_dictionary(kind):
        column = column.cast(pa.string())
    elif pa.types.is_list(kind):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), " | ")
    elif pa.types.is_timestamp(kind):
        return _iso(column)
    return column if is_id or not _is_text(column.type) else _safe(column)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _iso(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return times in UTC with Z, with fractions of seconds only where a column has any."""
    exact = times.cast(pa.timestamp("us"))
    seconds = pc.floor_temporal(exact, unit="second")
    if pc.all(pc.equal(seconds, exact)).as_py() is not False:
        exact = seconds.cast(pa.timestamp("s"))
    return pc.strftime(exact, format="%Y-%m-%dT%H:%M:%SZ")


def _safe(texts: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Put an apostrophe before text that a spreadsheet would run as a formula; ``-5`` is a number."""
    escaped = pc.replace_substring_regex(texts, FORMULA, r"'\1")
    return pc.if_else(pc.match_substring_regex(texts, NUMBER), texts, escaped)
