"""Files are written whole or not at all, and a spreadsheet runs nothing that is in them."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import InputError, LeadscoreError
from data.sinks.files import export_to
from data.sources import open_file

quickly = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path: Path, *frames: pd.DataFrame, ids: tuple[str, ...] = ()) -> Path:
    with export_to(path, ids=ids) as write:
        for frame in frames:
            write(frame)
    return path


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def csv_of(tmp_path: Path, *, ids: tuple[str, ...] = (), **columns: object) -> pd.DataFrame:
    path = written(tmp_path / "out.csv", pd.DataFrame(columns), ids=ids)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\tx", "\rx", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]
)
def test_text_that_would_run_as_a_formula_gets_an_apostrophe(tmp_path, text) -> None:
    assert csv_of(tmp_path, reason=[text])["reason"].tolist() == ["'" + text]


@pytest.mark.parametrize("text", ["plain", "-5", "+49", "-1,234.50", "", "a=b", "5 > 3"])
def test_other_text_and_numbers_written_as_text_stay_as_they_are(tmp_path, text) -> None:
    assert csv_of(tmp_path, reason=[text, "x"])["reason"].tolist() == [text, "x"]


def test_ids_and_numbers_are_never_changed(tmp_path) -> None:
    found = csv_of(tmp_path, lead_id=["=007", "-7"], value=[-1.5, np.nan], ids=("lead_id",))
    assert found.to_dict("list") == {"lead_id": ["=007", "-7"], "value": ["-1.5", ""]}


def test_the_name_of_a_column_is_no_formula_either(tmp_path) -> None:
    assert list(csv_of(tmp_path, **{"=x": ["1"]})) == ["'=x"]


def test_lists_are_joined_and_times_say_that_they_are_utc(tmp_path) -> None:
    found = csv_of(
        tmp_path,
        reasons=[["asked for a demo", "6 visits"], [], None],
        as_of=pd.to_datetime(["2025-03-01", "2025-03-02", None]),
        at=pd.to_datetime(["2025-03-01T00:00:00.5", None, None]).tz_localize("Europe/Berlin"),
    )
    assert found["reasons"].tolist() == ["asked for a demo | 6 visits", "", ""]
    assert found["as_of"].tolist() == ["2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z", ""]
    assert found["at"].tolist()[0] == "2025-02-28T23:00:00.500000Z"


@quickly
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_come_back_exactly(tmp_path, values) -> None:
    assert [float(text) for text in csv_of(tmp_path, value=values)["value"]] == values


@quickly
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")), min_size=1))
def test_ids_come_back_verbatim(tmp_path, connection, values) -> None:
    path = written(tmp_path / "out.csv", pd.DataFrame({"lead_id": values, "n": 1.0}), ids=("lead_id",))
    open_file(path).stage(connection, "back")
    found = connection.sql("SELECT c0 FROM back ORDER BY position").fetchall()
    connection.execute("DROP TABLE back")
    assert [cell for (cell,) in found] == values


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_frames_are_written_one_after_the_other(tmp_path, ending) -> None:
    frames = [pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [3]})]
    path = written(tmp_path / f"out{ending}", *frames)
    back = pd.read_csv(path) if ending == ".csv" else pd.read_parquet(path)
    assert back["a"].tolist() == [1, 2, 3]


def test_parquet_keeps_lists_though_the_first_frame_has_none(tmp_path) -> None:
    frames = [
        pd.DataFrame({"r": [], "t": []}),
        pd.DataFrame({"r": [[]], "t": [None]}),
        pd.DataFrame({"r": [["a"]], "t": "x"}),
    ]
    back = pd.read_parquet(written(tmp_path / "out.parquet", *frames))
    assert [list(cell) for cell in back["r"]] == [[], ["a"]]
    assert back["t"].tolist()[1] == "x"


def test_an_empty_frame_still_makes_a_file_with_a_header(tmp_path) -> None:
    path = written(tmp_path / "out.csv", pd.DataFrame({"lead_id": [], "score": []}))
    assert path.read_text() == "lead_id,score\n"


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, ending) -> None:
    path = tmp_path / f"out{ending}"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), export_to(path) as write:
        write(pd.DataFrame({"a": [1]}))
        raise ZeroDivisionError
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_path_that_cannot_be_written_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="is not written"):
        written(tmp_path / "out.xlsx")
    with pytest.raises(InputError, match="cannot be written"):
        written(tmp_path / "nowhere" / "out.csv", pd.DataFrame({"a": [1]}))


@pytest.fixture
def little_room():
    """Let no file of this process grow beyond 100 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet"])
def test_without_room_the_file_stays_as_it_was(tmp_path, name, little_room):
    (tmp_path / name).write_text("the scores of yesterday")
    frame = pd.DataFrame({"lead_id": [f"{number * 7919:09d}" for number in range(50_000)]})
    with pytest.raises(LeadscoreError, match="no room for this file"), export_to(tmp_path / name) as write:
        write(frame)
    assert (tmp_path / name).read_text() == "the scores of yesterday"
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_are_put_in_order_of_a_column_across_frames(tmp_path, ending):
    path = tmp_path / f"scores.{ending}"
    with export_to(path, ids=("lead_id",), highest_first="value") as write:
        write(pd.DataFrame({"lead_id": ["007", "b", "c"], "value": [1.5, None, 9.0], "why": [["x"], [], ["y", "z"]]}))
        write(pd.DataFrame({"lead_id": ["d", "e"], "value": [1.5, 30.0], "why": [[], []]}))
    rows = pd.read_csv(path, dtype=str) if ending == "csv" else pd.read_parquet(path)
    assert rows["lead_id"].tolist() == ["e", "c", "007", "d", "b"]
    assert list(rows.columns) == ["lead_id", "value", "why"]
    assert list(rows["why"])[1] == "y | z" if ending == "csv" else list(rows["why"][1]) == ["y", "z"]


def test_in_an_order_a_column_may_be_empty_in_the_first_frame_alone(tmp_path):
    path = tmp_path / "scores.parquet"
    with export_to(path, highest_first="value") as write:
        write(pd.DataFrame({"value": [1.0], "stage": [None]}))
        write(pd.DataFrame({"value": [2.0], "stage": ["qso"]}))
    assert pd.read_parquet(path)["stage"].tolist()[0] == "qso"


def test_in_an_order_a_file_without_rows_has_its_columns(tmp_path):
    path = tmp_path / "scores.parquet"
    with export_to(path, highest_first="value") as write:
        write(pd.DataFrame({"value": pd.Series([], dtype=float)}))
    assert pd.read_parquet(path).columns.tolist() == ["value"]
