"""What leads gave that is wrong, with the leads who did: read once over all of them, as their features read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import duckdb
import pandas as pd

from data.columns import is_name_of_person, is_phone_name
from data.parsing import (
    CONTRADICTIONS,
    FREE,
    INVALID,
    MADE_UP,
    SIZE_BOUNDS,
    THROW_AWAY,
    contradiction_of,
    is_made_up,
    kind_of_mail,
    texts,
)
from data.quality.duplicates import find_duplicates
from data.quality.phones import is_no_phone
from data.quality.sizes import forget_impossible
from data.quality_report import ROWS_SHOWN, Flag
from data.staging import Table

Place = tuple[str, str]
"""Where a column is: its name in the table ``leads``, and in the file."""
PERSONAL = ("email", "company", "job_title")
NAMES = ("company", "job_title")
BATCH = 100_000
MAIL_PROBLEMS = {
    INVALID: "no e-mail address",
    MADE_UP: "an e-mail address that was made up",
    THROW_AWAY: "an e-mail address to throw away",
    FREE: "a free-mail address",
}
LOOKS_MADE_UP = "looks made up"


@dataclass
class _LeadTally:
    """How many leads have a problem, and the first of them."""

    count: int = 0
    rows: list[str] = field(default_factory=list)

    def add(self, leads: pd.Series) -> None:
        self.count += len(leads)
        self.rows += leads.head(ROWS_SHOWN - len(self.rows)).tolist()

    def flag(self, column: str, problem: str) -> Flag:
        return Flag("leads", column, problem, self.count, f"lead {self.rows[0]}", tuple(self.rows))


def find_wrong_data(
    connection: duckdb.DuckDBPyConnection,
    leads: Table,
    places: Mapping[str, Place],
    dropped: Collection[str],
    worded: Mapping[str, Place] | None = None,
) -> list[Flag]:
    """Return what leads gave that is wrong. Impossible sizes become missing in the table ``leads``, all else stays.

    ``places`` says where the columns of the vocabulary are; those of the file that are ``dropped`` are not checked.
    ``worded`` are those of the sizes that are read as words.
    """
    sizes = {name: places[name] for name in SIZE_BOUNDS if name in places}
    checked = {name: places[name] for name in (*PERSONAL, *sizes) if name in places}
    source_cells = {name: leads.text_sql(name) for name in leads.file.columns if name not in dropped}
    others = {name: cell for name, cell in source_cells.items() if name not in leads.columns.values()}
    names = {name: cell for name, cell in others.items() if is_name_of_person(name)}
    phones = {name: cell for name, cell in source_cells.items() if is_phone_name(name)}
    flags = forget_impossible(connection, sizes, worded or {})
    flags += find_wrong_cells(connection, checked) if checked else []
    flags += find_wrong_personal(connection, leads.staged, names, is_made_up, LOOKS_MADE_UP)
    flags += find_wrong_personal(connection, leads.staged, phones, is_no_phone, "no telephone number")
    if names or "email" in places:
        where = places["email"][1] if "email" in places else next(iter(names))
        flags += find_duplicates(connection, where, list(names.values()), leads.staged)
    return flags


def find_wrong_cells(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Place]) -> list[Flag]:
    """Return what is wrong in the table ``leads``; nothing is changed.

    ``columns`` says where the columns of the vocabulary are.
    """
    tallies: dict[tuple[str, str], _LeadTally] = defaultdict(_LeadTally)
    cells = ", ".join(f"{column} AS {name}" for name, (column, _) in columns.items())
    for batch in connection.sql(f"SELECT lead_id, {cells} FROM leads ORDER BY position").to_arrow_reader(BATCH):
        leads = batch.to_pandas()
        for name, problem, are_wrong in _problems(leads):
            tallies[name, problem].add(leads["lead_id"][are_wrong])
    return [tally.flag(columns[name][1], problem) for (name, problem), tally in tallies.items() if tally.count]


def find_wrong_personal(
    connection: duckdb.DuckDBPyConnection,
    staged: str,
    columns: Mapping[str, str],
    are_wrong: Callable[[pd.Series], pd.Series],
    problem: str,
) -> list[Flag]:
    """Return what is wrong in columns that are not read else; ``columns`` maps those of the file to SQL for them."""
    flags = []
    for column, cell in columns.items():
        tally = _LeadTally()
        query = f"SELECT lead_id, {cell} AS cell FROM {staged} JOIN lead_ids USING (position) ORDER BY position"
        for batch in connection.sql(query).to_arrow_reader(BATCH):
            leads = batch.to_pandas()
            tally.add(leads["lead_id"][are_wrong(texts(leads["cell"]))])
        flags += [tally.flag(column, problem)] if tally.count else []
    return flags


def _problems(leads: pd.DataFrame) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield column, problem and which leads have it; a contradiction stands in the first of its columns."""
    if "email" in leads:
        kinds = kind_of_mail(leads["email"])
        yield from (("email", problem, kinds == kind) for kind, problem in MAIL_PROBLEMS.items())
    yield from ((name, LOOKS_MADE_UP, is_made_up(leads[name])) for name in NAMES if name in leads)
    contradictions = contradiction_of(leads)
    yield from ((columns[0], what, contradictions == what) for what, (_, columns) in CONTRADICTIONS.items())
