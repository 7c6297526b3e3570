"""Small tables as text, opened as a data set."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from data.chunk import Chunk
from data.config import Outcome, Settings, settings_of_folder
from data.dataset import Dataset, open_dataset
from data.schema import Schema

NOW = pd.Timestamp("2025-06-01")
LEADS = """
lead_id account_id created_at industry
007     a          2025-01-01 Retail
8       a          2025-01-02 Retail
9       b          2025-01-03 Health
"""
STAGES = """
lead_id stage    entered_at
007     MQL      2025-02-01
007     Customer 2025-03-01
8       lead     2025-02-01
8       Lost     2025-02-05
8       sql      2025-02-09
9       demo     2025-02-01
9       lost     2025-02-03
9       Lost     2025-02-09
"""


def table(path: Path, text: str) -> Path:
    """Write a table given as lines of cells that are parted by blanks; ``_`` is an empty cell."""
    rows = [
        [cell.replace("_", "") if cell == "_" else cell for cell in line.split()] for line in text.strip().splitlines()
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@contextmanager
def folder(tmp_path: Path, schema: Schema | None = None, **tables: str) -> Iterator[Dataset]:
    """Open a folder of tables."""
    for name, text in tables.items():
        table(tmp_path / f"{name}.csv", text)
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", schema=schema, now=NOW) as dataset:
        yield dataset


@contextmanager
def flat(tmp_path: Path, text: str, schema: Schema | None = None, **options: object) -> Iterator[Dataset]:
    """Open one file of leads with the outcome in column ``y``."""
    tables = {"leads": table(tmp_path / "flat.csv", text)}
    chosen = Settings(**{"tables": tables, "outcome": Outcome(column="y")} | options)
    with open_dataset(chosen, workspace=tmp_path / "var", schema=schema, now=NOW) as dataset:
        yield dataset


def whole(dataset: Dataset) -> Chunk:
    (chunk,) = dataset.chunks()
    return chunk


def flags_of(dataset: Dataset) -> dict[tuple[str, str, str], int]:
    return {(flag.table, flag.column, flag.problem): flag.count for flag in dataset.report.flags}
