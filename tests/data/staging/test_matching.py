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


def test_the_settings_say_what_a_column_is_whatever_most_of_its_cells_are(tmp_path) -> None:
    text = "lead_id Revenue y\n" + "".join(f"{n} {'soon' if n % 5 else n} {n % 2}\n" for n in range(40))
    with flat(tmp_path, text) as dataset:
        assert dataset.schema.attributes[0].kind is Kind.CATEGORY
    with flat(tmp_path, text, kinds={"Revenue": "number"}) as dataset:
        schema, flags = dataset.schema, dataset.report.flags
    assert schema.attributes[0].kind is Kind.NUMBER
    assert [(flag.problem, flag.count) for flag in flags if flag.column == "Revenue"] == [("not a number", 32)]
    with flat(tmp_path, text, schema=schema, kinds={"Revenue": "number"}) as later:
        assert whole(later).leads["Revenue"].notna().sum() == 8


def test_a_kind_for_a_column_that_is_not_there_is_said(tmp_path) -> None:
    with (
        pytest.raises(InputError, match="there is no column 'Revenu'"),
        flat(tmp_path, "lead_id Revenue y\n1 2 0\n2 3 1\n", kinds={"Revenu": "number"}),
    ):
        pass


def test_spellings_that_differ_by_case_and_blanks_alone_are_one_level_also_later(tmp_path) -> None:
    rows = ["Retail"] * 12 + ["retail"] * 10 + ["RETAIL"] + ["Trade"] * 11
    text = "lead_id Trade_Type y\n" + "".join(f"{n} {cell} {n % 2}\n" for n, cell in enumerate(rows))
    with flat(tmp_path, text) as dataset:
        schema = dataset.schema
        assert set(whole(dataset).leads["Trade_Type"]) == {"Retail", "Trade"}
        (flag,) = [flag for flag in dataset.report.flags if flag.column == "Trade_Type"]
    assert (flag.count, flag.level) == (11, "info")
    with flat(tmp_path, "lead_id Trade_Type\n1 rEtail\n2 trade\n", schema=schema) as later:
        assert whole(later).leads["Trade_Type"].tolist() == ["Retail", "trade"]  # only one spelling of it was known
    lead = {"lead_id": "1", "Trade_Type": " RETAIL "}
    chunk = Chunk.from_records(schema, lead)
    assert chunk.leads["Trade_Type"].tolist() == ["Retail"]
