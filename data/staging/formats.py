"""Samples of staged columns, spread evenly over the file, and what is decided from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import duckdb
import pandas as pd

from data.columns import currency_column
from data.parsing import CODE_PATTERN, SIGN_PATTERN, WIDE, commonest_currency, decide_format, lacks_offset, read_cells
from data.staging.tables import Reading, Table, later, quarantined
from data.vocabulary import NUMERIC, Kind

SAMPLE_ROWS = 20_000
DISTINCT_VALUES = 100
BESIDE_DIGITS = r"[^0-9.,+\s-]"
"""Found in cells that are more than a bare number or a range: only these are looked through for currencies."""


def sample(connection: duckdb.DuckDBPyConnection, table: Table, names: Sequence[str]) -> pd.DataFrame:
    """Return up to 20,000 usable rows, evenly spread, of some columns of the source; the index is the position.

    Rows that came later than the settings' moment are left out: they show nothing of what was known then.
    """
    step = _step(table)
    cells = ", ".join(["position", *(table.file.columns[name] for name in names)])
    query = f"""SELECT {cells} FROM {table.staged} WHERE position % {step} = 0
        AND position NOT IN ({quarantined(table.name)}) AND {_is_known(table)} ORDER BY position"""
    frame = connection.sql(query).to_arrow_table().to_pandas().set_index("position")
    return frame.set_axis(list(names), axis="columns")


def _is_known(table: Table) -> str:
    return f"position NOT IN ({later(table.name)})"


def with_all_values(connection: duckdb.DuckDBPyConnection, table: Table, column: str, cells: pd.Series) -> pd.Series:
    """Add what the sample missed of a column that seems to hold one value only."""
    if cells.nunique(dropna=False) > 1:
        return cells
    cell = table.file.columns[column]
    usable = f"problem IS NULL AND {_is_known(table)}"
    query = f"SELECT DISTINCT {cell} FROM {table.staged} WHERE {usable} ORDER BY 1 LIMIT {DISTINCT_VALUES}"
    further = connection.sql(query).to_arrow_table().to_pandas()[cell]
    return pd.concat([cells, further[~further.isin(cells)]], ignore_index=True)


def decide_readings(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    readings: Sequence[Reading],
    known: Mapping[str, str],
    latest: pd.Timestamp | None = None,
) -> tuple[list[Reading], list[str]]:
    """Decide how the numbers and times of text columns are written, unless it is ``known``, by canonical name.

    Dates after the ``latest`` moment (naive UTC), where one is given, decide nothing.
    Returns the readings, and notes on what the cells leave open.
    """
    decided, notes = [], []
    readings = [replace(reading, written=known.get(reading.name)) for reading in readings]
    undecided = [each for each in readings if not each.written and _depends_on_the_column(table, each)]
    numbers = _samples_of_numbers(connection, table, undecided)
    for reading in readings:
        if reading not in undecided:
            decided.append(reading)
            continue
        is_time = reading.kind is Kind.TIME
        values = _dates(connection, table, reading) if is_time else numbers[str(reading.source)]
        written, is_open = decide_format(values, reading.kind)
        if is_time and latest is not None:
            written, is_open = decide_format(_not_after(values, latest, written), reading.kind)
        decided.append(replace(reading, written=written))
        if is_open:
            notes.append(open_note(table, reading, written))
    return decided, notes


def _not_after(dates: pd.Series, latest: pd.Timestamp, written: str | None) -> pd.Series:
    """Return the dates that are not later than a moment, as they are read at first, and what is no date."""
    return dates[~(read_cells(dates, Kind.TIME, written).values > latest)]


def _depends_on_the_column(table: Table, reading: Reading) -> bool:
    written_in_many_ways = reading.kind in (*NUMERIC, Kind.TIME)
    return reading.source is not None and written_in_many_ways and table.file.is_text(reading.source)


def _samples_of_numbers(
    connection: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading]
) -> pd.DataFrame:
    """Return a sample of the columns of numbers, by one query: one for each would take longer the more there are."""
    names = dict.fromkeys(str(reading.source) for reading in readings if reading.kind in NUMERIC)
    return sample(connection, table, list(names)) if names else pd.DataFrame()


def _dates(connection: duckdb.DuckDBPyConnection, table: Table, reading: Reading) -> pd.Series:
    """Return all dates of a column, without their times."""
    cell = table.file.columns[str(reading.source)]
    # A date that begins with a letter has a weekday before it, or the name of its month.
    date = f"left(trim({cell}), CASE WHEN trim({cell}) < ':' THEN 10 ELSE 24 END)"
    query = f"SELECT DISTINCT {date} AS cell FROM {table.staged} WHERE {cell} IS NOT NULL AND {_is_known(table)}"
    return connection.sql(query).to_arrow_table().to_pandas()["cell"]


def open_note(table: Table, reading: Reading, written: str | None) -> str:
    """Say how the cells of a column are read that could be read in another way."""
    example = "01-02-2018" if reading.kind is Kind.TIME else "1,234 or 1.234"
    return (
        f"{table.name}.{reading.source}: values like {example} are read with {written}; "
        f"if that is wrong, say so under formats.{table.name}.{reading.name}"
    )


def with_named_currency(table: Table, reading: Reading) -> Reading:
    """Return how amounts are read, with the column that names their currency where the table has one."""
    if reading.kind not in NUMERIC or reading.source is None:
        return reading
    named_in = table.columns.get("currency") or currency_column(reading.source, table.file.columns)
    return replace(reading, named_in=named_in) if named_in and table.file.is_text(named_in) else reading


def may_be_foreign(table: Table, reading: Reading) -> bool:
    """Return whether the cells of a column are numbers with which a currency may be written, or named beside them."""
    is_number = reading.kind in NUMERIC and reading.source is not None
    return is_number and (reading.named_in is not None or table.file.is_text(str(reading.source)))


def with_currencies(connection: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading]) -> list[Reading]:
    """Return those of some readings of amounts of which a cell names a currency, by two queries for all.

    Most of them show it in some rows, evenly spread; only of the others all rows are asked.
    """
    marked: list[Reading] = []
    for step in (_step(table), 1):
        rest = [reading for reading in readings if reading not in marked]
        if rest:
            marks = (f"bool_or({_mark_sql(table, reading)} IS NOT NULL)" for reading in rest)
            query = f"SELECT {', '.join(marks)} FROM {table.staged} WHERE position % {step} = 0 AND {_is_known(table)}"
            are_marked = connection.execute(query).fetchall()[0]
            marked += [reading for reading, is_marked in zip(rest, are_marked, strict=True) if is_marked]
    return [reading for reading in readings if reading in marked]


def _step(table: Table) -> int:
    """Return of how many rows each is one of a sample."""
    return max(1, -(-table.file.rows // SAMPLE_ROWS))


def decide_currency(
    connection: duckdb.DuckDBPyConnection, table: Table, reading: Reading, wanted: str | None
) -> str | None:
    """Return the currency of a column of which some cells name one: that which is wanted, else the commonest.

    Which that is some rows show, evenly spread; where none of them names one, all are asked.
    """
    if wanted:
        return wanted
    for step in (_step(table), 1):
        query = f"""SELECT {_mark_sql(table, reading)} AS mark, count(*) AS rows FROM {table.staged}
            WHERE {table.file.columns[str(reading.source)]} IS NOT NULL AND position % {step} = 0
            AND {_is_known(table)} GROUP BY mark HAVING mark IS NOT NULL ORDER BY mark"""
        marks = connection.sql(query).to_arrow_table().to_pandas()
        if not marks.empty:
            return commonest_currency(marks["mark"], marks["rows"])
    return None


def _mark_sql(table: Table, reading: Reading) -> str:
    """Return SQL for what names the currency of an amount: the column beside it, else what it is written with."""
    named = f"nullif(upper(trim({table.file.columns[reading.named_in]})), '')" if reading.named_in else "NULL"
    return f"coalesce({named}, {_written_sql(table, reading)})"


def _written_sql(table: Table, reading: Reading) -> str:
    """Return SQL for the code or the sign that an amount is written with; most cells are plain numbers, without any."""
    if not table.file.is_text(str(reading.source)):
        return "NULL"
    cell = table.file.columns[str(reading.source)]
    text = f"upper({cell})"
    for wide, common in WIDE.items():
        text = f"replace({text}, '{wide}', '{common}')"
    marks = (f"nullif(regexp_extract({text}, '{pattern}', 1), '')" for pattern in (CODE_PATTERN, SIGN_PATTERN))
    return f"CASE WHEN regexp_matches({cell}, '{BESIDE_DIGITS}') THEN coalesce({', '.join(marks)}) END"


def zoneless(connection: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading]) -> list[str]:
    """Return the time columns whose first cells do not say in which zone they are."""
    return [
        f"{table.name}.{reading.source}"
        for reading in readings
        if reading.kind is Kind.TIME and reading.source and _lacks_zone(connection, table, reading.source)
    ]


def _lacks_zone(connection: duckdb.DuckDBPyConnection, table: Table, column: str) -> bool:
    if not table.file.is_text(column):
        return column not in table.file.zoned
    cell = table.file.columns[column]
    query = f"SELECT {cell} AS cell FROM {table.staged} WHERE trim({cell}) <> '' ORDER BY position LIMIT 1000"
    return lacks_offset(connection.sql(query).to_arrow_table().to_pandas()["cell"])
