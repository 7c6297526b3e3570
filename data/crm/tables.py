"""Tables of the vocabulary as a CRM has them: brought up to date once, then read from the local copies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from data.config import CrmTable
from data.crm.base import Connector, CrmQuery
from data.crm.copies import open_copies
from data.sources import ARROW, ROWS, TableSource, batch_of


class CrmTables:
    """The tables of a CRM whose records were copied; made by `reading_crm`."""

    def __init__(self, connector: Connector, path: Path, notes: Sequence[str]) -> None:
        self._connector = connector
        self._path = path
        self._notes = notes

    def open(self, source: CrmTable) -> TableSource:
        """Return one of them. Raises InputError where the CRM has no such table."""
        derived = self._connector.derived(source.crm)
        notes = (*(self._notes if source.crm == "leads" else ()), *derived.notes)
        return DerivedTable(self._connector, self._path, source.crm, derived, notes)


class DerivedTable(TableSource):
    """A table that follows from the copies of a CRM's records."""

    def __init__(self, connector: Connector, path: Path, name: str, derived: CrmQuery, notes: Sequence[str]) -> None:
        self._connector = connector
        self._path = path
        self._name = name
        self._derived = derived
        self._notes = notes
        self._remarks: list[str] = []

    @property
    def place(self) -> str:
        return f"{self._name} of {self._connector.title}"

    @property
    def columns(self) -> Mapping[str, str]:
        return self._derived.types

    @property
    def notes(self) -> Sequence[str]:
        return [*self._notes, *self._remarks]

    @property
    def zoned(self) -> Collection[str]:
        """Interfaces of CRMs give times in UTC."""
        return [name for name, kind in self._derived.types.items() if kind == "TIMESTAMP"]

    def types(self, names: Sequence[str]) -> dict[str, str]:
        return {name: self._derived.types[name] for name in names}

    def with_text(self, names: Collection[str]) -> Self:
        return self  # ids are text already

    def batches(
        self,
        types: Mapping[str, str],
        *,
        since: Any = None,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        columns = ", ".join(f'CAST("{name}" AS {kind})' for name, kind in types.items())
        with open_copies(self._path, self._connector) as copies:
            copies.show()
            if self._derived.remark:
                remarks = copies.duck.execute(self._derived.remark).fetchall()
                self._remarks = [text for (text,) in remarks if text]
            rows = copies.duck.sql(f"SELECT {columns} FROM ({self._derived.sql})").to_arrow_reader(ROWS)
            position = 0
            for batch in rows:
                cells = zip(batch.columns, types.values(), strict=True)
                yield batch_of(types, [cell.cast(ARROW[kind]) for cell, kind in cells], position, batch.num_rows)
                position += batch.num_rows


@contextmanager
def reading_crm(connector: Connector, path: Path) -> Iterator[CrmTables]:
    """Bring the copies up to date and give the tables. Raises LeadscoreError where the CRM cannot be read."""
    with open_copies(path, connector) as copies:
        notes = [each.note for each in copies.refresh()]
    yield CrmTables(connector, path, [*notes, f"{connector.calls:,} calls to {connector.title}"])
