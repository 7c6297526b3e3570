"""The files with scores that lie in a workspace: what `score --out` and `--accounts` wrote there."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.drafts import draft_of
from data.sources import allow_long_cells
from data.workspace import Workspace

LEADS, ACCOUNTS = {"lead_id", "probability", "model_version"}, {"account_id", "best_lead"}
"""Columns by which an export is known: other tables in the workspace are sources, and not touched."""


def exports_in(workspace: Workspace) -> list[Path]:
    """Return the exports of a workspace, whatever they are called; models and quarantine hold none."""
    apart = (workspace.artifacts, workspace.quarantine)
    files = [path for ending in ("csv", "parquet") for path in workspace.root.rglob(f"*.{ending}")]
    mine = (path for path in files if path.is_file() and not any(folder in path.parents for folder in apart))
    return sorted(path for path in mine if _lead_column(path))


def rows_of(path: Path, lead_id: str) -> int:
    """Return how many rows of an export name a lead."""
    column = _lead_column(path)
    return sum(row.get(column) == lead_id for row in _rows(path, column))


def forget_in(path: Path, lead_id: str) -> int:
    """Take a lead out of an export: its row, or its name beside an account; return how many rows that were."""
    count = rows_of(path, lead_id)
    if count:
        column = _lead_column(path)
        with draft_of(path) as draft:
            forget = _forget_in_csv if path.suffix == ".csv" else _forget_in_parquet
            forget(path, draft, column, lead_id)
    return count


def _lead_column(path: Path) -> str:
    """Return the column with the lead; empty for what is no export."""
    columns = set(_columns(path))
    return "lead_id" if columns >= LEADS else "best_lead" if columns >= ACCOUNTS else ""


def _columns(path: Path) -> list[str]:
    try:
        if path.suffix == ".parquet":
            return list(pq.read_schema(path).names)
        with path.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file), [])
    except (pa.ArrowException, UnicodeDecodeError, csv.Error, OSError):
        return []  # not written by us


def _rows(path: Path, column: str) -> Iterator[dict[str, str]]:
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=[column]):
                yield from batch.to_pylist()
    else:
        allow_long_cells()
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _forget_in_csv(path: Path, draft: Path, column: str, lead_id: str) -> None:
    with path.open(encoding="utf-8", newline="") as file, draft.open("w", encoding="utf-8", newline="") as remaining:
        rows = csv.DictReader(file)
        write = csv.DictWriter(remaining, rows.fieldnames or [], lineterminator="\n")
        write.writeheader()
        for row in rows:
            if row[column] != lead_id:
                write.writerow(row)
            elif column == "best_lead":
                write.writerow(row | {column: ""})


def _forget_in_parquet(path: Path, draft: Path, column: str, lead_id: str) -> None:
    with pq.ParquetFile(path) as file, pq.ParquetWriter(draft, file.schema_arrow) as writer:
        for batch in file.iter_batches():
            table = pa.Table.from_batches([batch])
            is_lead = pc.fill_null(pc.equal(table[column], lead_id), False)  # type: ignore[attr-defined]
            if column == "best_lead":
                blank = pc.if_else(is_lead, None, table[column])  # type: ignore[attr-defined]
                writer.write_table(table.set_column(table.schema.get_field_index(column), column, blank))
            else:
                writer.write_table(table.filter(pc.invert(is_lead)))  # type: ignore[attr-defined]
