"""What every connector to a CRM has in common.

A connector names the lists of records that are copied (`Feed`), fetches what changed in them page by page, and says by
SQL how the tables of the vocabulary follow from the copies. It hands out the sink that scores are written to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from data.sinks import ScoreSink

Record = dict[str, Any]
ID = "id"
"""The column of every feed that identifies a record: a whole number, or text."""


@dataclass(frozen=True)
class Feed:
    """A list of records of the CRM that is copied.

    name     what the CRM calls it; ``view`` is the name by which SQL knows the copy
    types    the columns, and their plain types as DuckDB calls them; `ID` is among them
    lead     the column with the lead's id, by which the copies are searched for what is kept of a lead; None: no lead's
    passive  the columns whose change alone is no change of the record, such as the time of its last change
    """

    name: str
    view: str
    types: Mapping[str, str]
    lead: str | None = None
    passive: Collection[str] = ()


@dataclass(frozen=True)
class Dictionary:
    """Records that others refer to by id, such as stages or countries: read by need, and anew each day.

    ``used_by`` are the columns with the ids, as (view, column). ``whole`` reads the whole list in any case.
    """

    feed: Feed
    used_by: Sequence[tuple[str, str]] = ()
    whole: bool = False


@dataclass(frozen=True)
class CrmQuery:
    """A table of the vocabulary as it follows from the copies: its columns with their types, and its rows by SQL.

    ``notes`` are what a user should know of it; ``remark`` is a query for one sentence more, or nothing.
    """

    types: Mapping[str, str]
    sql: str
    notes: Sequence[str] = ()
    remark: str = ""


@dataclass(frozen=True)
class CrmRights:
    """What `check-connection` says: who is signed in where, what they may do, and what is missing.

    ``missing`` are sentences with what to grant.
    """

    crm: str
    version: str
    user: str
    may: Mapping[str, bool] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    newest: str = ""
    left_out: Sequence[str] = ()
    missing: Sequence[str] = ()
    notes: Sequence[str] = ()
    calls: int = 0

    @property
    def is_complete(self) -> bool:
        """Return whether all can be read and written."""
        return not self.missing


@dataclass(frozen=True)
class Preset:
    """The text of a ``leadscore.yaml`` for a CRM, the fields that are never learned from, and what is to be known."""

    text: str
    left_out: Mapping[str, str]
    notes: Sequence[str] = ()


class CrmSink(ScoreSink, Protocol):
    """Fields of the leads in a CRM that scores are written to."""

    def preview(self, rows: pa.Table) -> list[dict[str, str]]:
        """Return records as the interface would get them, by the CRM's own names; nothing is written."""
        ...


class Connector(Protocol):
    """A CRM that somebody is, or will be, signed in to; nothing is asked of it until it must be."""

    title: str
    """What people call it."""

    @property
    def identity(self) -> str:
        """What tells this CRM, and the user who reads it, from others; without secrets."""
        ...

    @property
    def calls(self) -> int:
        """How many calls were made."""
        ...

    def feeds(self) -> list[Feed]:
        """Return the lists of records to copy."""
        ...

    def dictionaries(self) -> list[Dictionary]:
        """Return the lists of what records refer to."""
        ...

    def now(self) -> datetime:
        """Return the present by the clock of the CRM (naive UTC)."""
        ...

    def page(self, feed: Feed, *, since: datetime | None, after: Any) -> tuple[list[Record], bool]:
        """Return the next records that changed at a moment or later, by id after one, and whether more are to come."""
        ...

    def count(self, feed: Feed) -> int | None:
        """Return how many records of a feed the user sees; None where it would cost too much to ask each time."""
        ...

    def ids(self, feed: Feed) -> list[Any]:
        """Return the ids of all records of a feed that the user sees."""
        ...

    def records(self, feed: Feed, ids: Collection[Any] | None) -> list[Record]:
        """Return the records with these ids, all for None; those that are gone, or not to be seen, are left out."""
        ...

    def derived(self, table: str) -> CrmQuery:
        """Return how a table of the vocabulary follows from the copies. Raises InputError for one that does not."""
        ...

    def sink(self, columns: Mapping[str, str]) -> CrmSink:
        """Return the place for scores: fields of a score → fields of the lead."""
        ...

    def access(self, columns: Mapping[str, str]) -> CrmRights:
        """Say who is signed in, and what they may read and write; ``columns`` are the fields for scores."""
        ...
