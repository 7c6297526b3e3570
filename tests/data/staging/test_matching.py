"""Later files are matched with what a model was trained on: the same columns, read alike, or a clear error."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from data.chunk import Chunk
from data.config import Outcome, Settings
from data.dataset import Dataset, open_dataset
from data.errors import InputError
from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind

TRAINED = Schema(
    timed=False,
    attributes=(
        Attribute("Size", "Size", Kind.NUMBER, Family.FIRMOGRAPHIC),
        Attribute("source", "Source", Kind.CATEGORY, Family.SOURCE),
    ),
)


@contextmanager
def flat(tmp_path: Path, text: str, schema: Schema | None = None, **options: object) -> Iterator[Dataset]:
    """Open one file of leads, given as lines of cells that are parted by blanks, with the outcome in column ``y``."""
    path = tmp_path / "flat.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(line.split() for line in text.splitlines())
    chosen = Settings(**{"tables": {"leads": path}, "outcome": Outcome(column="y")} | options)
    with open_dataset(chosen, workspace=tmp_path / "var", schema=schema, now=pd.Timestamp("2025-06-01")) as dataset:
        yield dataset


def whole(dataset: Dataset) -> Chunk:
    (chunk,) = dataset.chunks()
    return chunk


def test_a_trained_schema_reads_the_same_columns_without_an_outcome(tmp_path) -> None:
    with flat(tmp_path, "lead_id Lead_Source Size new\n1 1 1,234 x\n", schema=TRAINED) as dataset:
        leads = whole(dataset).leads
        assert any("new" in note for note in dataset.report.notes)
    assert leads[["Size", "source"]].values.tolist() == [[1234, "1"]]
    assert leads["won"].isna().all()


def test_a_missing_column_is_named_with_the_nearest(tmp_path) -> None:
    with pytest.raises(InputError) as error, flat(tmp_path, "lead_id Sice source\n1 2 x\n", schema=TRAINED):
        pass
    assert "expected: Size, source" in str(error.value)
    assert "got:      lead_id, Sice, source" in str(error.value)
    assert "did you mean 'Sice'?" in str(error.value)


def test_a_column_of_another_kind_is_refused(tmp_path) -> None:
    text = "lead_id Size source\n" + "".join(f"{number} big x\n" for number in range(30))
    with pytest.raises(InputError) as error, flat(tmp_path, text, schema=TRAINED):
        pass
    assert "expected: Size: number" in str(error.value)
    assert "got:      Size: category, such as 'big'" in str(error.value)


def test_one_lead_is_read_as_among_others_given_schema_and_settings(tmp_path) -> None:
    text = "lead_id created_at size y\n1 01/26/2025 1.234 1\n2 01/02/2025 12,5 0\n"
    columns = {"leads": {"created_at": "created_at"}}
    with flat(tmp_path, text, columns=columns) as dataset:
        among, schema, used = whole(dataset).leads, dataset.schema, dataset.settings
    with flat(
        tmp_path, "lead_id created_at size\n2 01/02/2025 12,5\n", schema, **used.model_dump(exclude={"tables"})
    ) as one:
        alone = whole(one).leads
    same = ["lead_id", "created_at", "size"]
    pd.testing.assert_frame_equal(alone[same], among[same].tail(1).reset_index(drop=True))
