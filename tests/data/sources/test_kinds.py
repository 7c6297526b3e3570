"""A new kind of source is a module with a `TableSource` and a line in `KINDS`; all else is as for files."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from data.chunk import Chunk
from data.config import CustomTable, FileTable, Settings, load_settings, settings_of_folder
from data.dataset import open_dataset
from data.errors import InputError
from data.schema import Schema
from data.sources import KINDS, Replica, TableSource, open_file
from data.sources.base import batch_of
from tests.data.small import LEADS, NOW, STAGES, table


class JsonLines(TableSource):
    """A file with an object on each line, all with the same keys."""

    def __init__(self, source: CustomTable) -> None:
        self._path = Path(str(source.path))
        self._key = (source.model_extra or {}).get("key", [])
        self.fetched: list[Any] = []

    @cached_property
    def _objects(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]

    @property
    def place(self) -> str:
        return str(self._path)

    @property
    def columns(self) -> Mapping[str, str]:
        return dict.fromkeys(self._objects[0], "text")

    @property
    def key(self) -> list[str]:
        return self._key

    @property
    def changed_at(self) -> str | None:
        return "updated_at" if "updated_at" in self.columns else None

    def newest(self) -> str | None:
        return max(each["updated_at"] for each in self._objects)

    def batches(
        self,
        types: Mapping[str, str],
        *,
        since: Any = None,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        rows = [each for each in self._objects if since is None or each["updated_at"] >= since]
        cells = [pa.array([row[name] or None for row in rows], pa.string()) for name in types]
        yield batch_of(types, cells, 0, len(rows))


@pytest.fixture
def json_lines(monkeypatch) -> None:
    monkeypatch.setitem(KINDS, "json lines", lambda settings, copies: nullcontext(JsonLines))


def as_json_lines(path: Path) -> CustomTable:
    """Write the rows of a CSV file as JSON lines beside it."""
    rows = pd.read_csv(path, dtype="str", keep_default_na=False).to_dict("records")
    return written(path.with_suffix(".jsonl"), rows)


def written(path: Path, rows: list[dict[str, str]], **options: Any) -> CustomTable:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return CustomTable.model_validate({"kind": "json lines", "path": path, **options})


def read(settings: Settings, folder: Path) -> tuple[Schema, str, Chunk]:
    with open_dataset(settings, workspace=folder / "var", now=NOW) as dataset:
        (chunk,) = dataset.chunks()
        return dataset.schema, dataset.fingerprint(), chunk


def test_a_project_is_read_from_json_lines_as_from_csv(json_lines, tmp_path):
    for name, text in {"leads": LEADS, "stages": STAGES}.items():
        table(tmp_path / f"{name}.csv", text)
    files = settings_of_folder(tmp_path)
    sources = {name: as_json_lines(source.path) for name, source in files.tables.items() if source.kind == "file"}
    schema, fingerprint, chunk = read(files.model_copy(update={"tables": sources}), tmp_path)
    expected = read(files, tmp_path)
    assert (schema, fingerprint) == expected[:2]
    for part, other in zip(chunk, expected[2], strict=True):
        pd.testing.assert_frame_equal(part, other)


def test_settings_name_a_kind_with_a_path_that_starts_from_their_folder(json_lines, tmp_path):
    as_json_lines(table(tmp_path / "leads.csv", LEADS))
    config = tmp_path / "leadscore.yaml"
    config.write_text(
        "tables:\n  leads: {kind: json lines, path: leads.jsonl}\noutcome: {column: industry, won: [Retail]}"
    )
    settings = load_settings(config)
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
    assert settings.places == f"json lines {tmp_path / 'leads.jsonl'}"
    assert len(read(settings, tmp_path)[2].leads) == 3


def test_an_unknown_kind_is_answered_with_those_that_are_known(json_lines, tmp_path):
    settings = Settings.model_validate({"tables": {"leads": {"kind": "json line", "path": "x"}}})
    with pytest.raises(InputError, match="did you mean 'json lines'"):
        read(settings, tmp_path)


def test_any_source_with_a_key_and_a_time_of_changes_has_a_replica(tmp_path):
    """The default of all that a source need not say: only what changed is fetched the second time."""
    start = datetime(2026, 1, 1)
    rows = [{"id": str(n), "updated_at": str(start + timedelta(days=n)), "size": str(n)} for n in range(3)]
    replica, notes = Replica(tmp_path / "copies.duckdb"), []
    for size in ("1", "7"):
        rows[2]["size"] = size
        source = JsonLines(written(tmp_path / "leads.jsonl", rows, key=["id"]))
        with duckdb.connect() as duck:
            staged = replica.stage(duck, source, ["id", "size"], "staged")
            assert staged is not None
            cells = ", ".join(staged.columns[name] for name in ("id", "size"))
            assert duck.sql(f"SELECT {cells} FROM staged").fetchall() == [("0", "0"), ("1", "1"), ("2", size)]
            notes += staged.notes
    assert notes[0].startswith("fetched whole")
    assert notes[1].startswith("1 rows fetched that changed since")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_files_yield_their_rows_too(tmp_path, ending):
    path = tmp_path / f"leads.{ending}"
    frame = pd.DataFrame({"a": ["1", "2"], "b": ["x", None], "c": ["y", "z"]})
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    source = open_file(path)
    rows = pa.Table.from_batches(source.batches(source.types(["c", "a"]))).to_pylist()
    assert [(row["position"], row["c0"], row["c1"]) for row in rows] == [(0, "y", "1"), (1, "z", "2")]


def test_a_file_knows_when_it_was_rewritten(tmp_path):
    source = open_file(table(tmp_path / "leads.csv", LEADS))
    assert not source.was_rewritten()
    table(tmp_path / "leads.csv", LEADS + "10 a 2025-01-01 Retail\n")
    assert source.was_rewritten()


def test_no_columns_but_those_with_a_name_or_a_cell_are_there(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("a,,\n1,,\n2,,x\n")
    assert [*open_file(path).columns] == ["a", "column 3"]


def test_settings_know_the_kind_of_a_table():
    settings = Settings.model_validate(
        {"tables": {"leads": "a.csv", "events": {"table": "e"}}, "database": "sqlite:///x"}
    )
    assert [source.kind for source in settings.tables.values()] == ["file", "database"]
    assert settings.tables["leads"] == FileTable(Path("a.csv"))
