"""A data set as the rest of the product sees it: checked, typed, described by a schema, and streamed in chunks."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from data.chunk import Chunk
from data.columns import EMPTY
from data.config import Settings
from data.dataset.assembly import assemble
from data.dataset.content import Content
from data.errors import InputError
from data.quality import leakage_signs
from data.quality_report import Report
from data.schema import Mentions, Schema
from data.staging import Staging, open_staging, reading_errors, tracked_columns
from data.store import posted_events
from data.vocabulary import PERSONAL
from data.workspace import Workspace

CHUNK = 50_000
LEADS_QUERY = """
    SELECT l.position, l.lead_id, l.account_id, l.created_at, c.closed_at, c.won, c.amount, r.lost_spells, l.stage,
        l.impossible_size, {cells}
    FROM leads l LEFT JOIN closings c USING (position) LEFT JOIN reopenings r USING (position)
    WHERE l.position BETWEEN $1 AND $2 ORDER BY l.position"""
EVENTS_QUERY = """
    SELECT position, occurred_at, type, asset, campaign, value FROM events
    WHERE position BETWEEN $1 AND $2 ORDER BY position, occurred_at, seq"""
EVENTS_OF_ACCOUNTS_QUERY = """
    SELECT position, occurred_at, type, asset, campaign, value FROM (
        SELECT DISTINCT b.position, e.occurred_at, e.seq, e.type, e.asset, e.campaign, e.value
        FROM best b JOIN leads l USING (account_id) JOIN events e ON e.position = l.position
        WHERE b.position BETWEEN $1 AND $2) ORDER BY position, occurred_at, seq"""
"""An event of the whole account is there for each of its leads, by one ``seq``; those of colleagues have others."""
STAGES_QUERY = """
    SELECT position, stage, entered_at FROM entries
    WHERE position BETWEEN $1 AND $2 AND NOT closes ORDER BY position, entered_at, seq"""
WITHOUT_LEAD_QUERY = """
    SELECT dense_rank() OVER (ORDER BY account_id) - 1 AS position, account_id, occurred_at, type, asset, campaign,
        value
    FROM account_events WHERE account_id IN (SELECT account_id FROM account_events
        WHERE occurred_at > $1 GROUP BY account_id ORDER BY count(*) DESC, account_id LIMIT $2)
    ORDER BY position, occurred_at, seq"""
CHANGES_QUERY = """
    SELECT position, attribute, changed_at, text, number FROM changes
    WHERE position BETWEEN $1 AND $2 ORDER BY position, changed_at, seq"""


@dataclass(frozen=True)
class OutcomeCounts:
    """How many leads were won, lost, and are open."""

    won: int
    lost: int
    open: int


class Dataset:
    """Checked leads with their events and stages; made by `open_dataset`, and usable while that is open.

    schema      what the columns mean: inferred, or that of the model
    settings    those given, with the formats that were decided: keep them with a model to read later files alike
    report      rows read, used and quarantined, flags and notes
    end         the moment that the settings state, else the end of the data (`data.staging.pace`), naive UTC
    columns     attribute → column of the leads table that it is read from
    """

    def __init__(self, staging: Staging, schema: Schema) -> None:
        self._connection = staging.connection
        self.schema = schema
        self.settings: Settings = staging.settings_used
        self.report: Report = staging.report
        self.end: pd.Timestamp = staging.end
        self.columns: dict[str, str] = staging.columns
        self._leads = staging.leads
        self._cells = {attribute.name: f"a{number}" for number, attribute in enumerate(schema.columns_to_read)}

    @property
    def lead_count(self) -> int:
        return self.report.tables["leads"].used

    @property
    def outcome_counts(self) -> OutcomeCounts:
        """How many leads ended, and how: by the moment of the settings, where they state one."""
        query = """SELECT count(*) FILTER (won), count(*) FILTER (NOT won) FROM closings
            WHERE $1 IS NULL OR closed_at IS NULL OR closed_at <= $1"""
        won, lost = self._connection.execute(query, [self.settings.as_of]).fetchall()[0]
        return OutcomeCounts(won, lost, self.lead_count - won - lost)

    @property
    def undated_losses(self) -> float:
        """The share of the lost leads of which nobody knows when they closed; 0 where none was lost."""
        query = "SELECT count(*) FILTER (closed_at IS NULL) / greatest(count(*), 1) FROM closings WHERE NOT won"
        return self._connection.execute(query).fetchall()[0][0]

    def chunks(self, size: int = CHUNK) -> Iterator[Chunk]:
        """Yield all leads in input order, ``size`` at a time, with all that is known of them."""
        positions = self._connection.sql("SELECT position FROM lead_ids ORDER BY position").to_arrow_table()
        column = positions["position"].to_numpy()
        for start in range(0, len(column), size):
            block = column[start : start + size]
            yield self._chunk(int(block[0]), int(block[-1]))

    def account_chunks(self, best: pd.DataFrame, size: int = CHUNK) -> Iterator[tuple[Chunk, Chunk]]:
        """Yield one lead per account, ``size`` at a time: as it is, and with the events of all people of the account.

        ``best`` has the ``position`` and the ``account_id`` of those leads. An event that only an account is known of,
        and that counts for all its leads, counts once.
        """
        column = best["position"].sort_values().to_numpy()
        self._connection.register("best", best[["position", "account_id"]])
        for start in range(0, len(column), size):
            block = column[start : start + size]
            first, last = int(block[0]), int(block[-1])
            chunk = self._chunk(first, last)
            leads = chunk.leads[chunk.leads["position"].isin(block)].reset_index(drop=True)
            alone = chunk._replace(leads=leads)
            yield alone, alone._replace(events=self._frame(EVENTS_OF_ACCOUNTS_QUERY, first, last))
        self._connection.unregister("best")

    def lead(self, lead_id: str) -> Chunk | None:
        """Return one lead with all that is known of it; None where there is no such lead."""
        rows = self._connection.execute("SELECT position FROM lead_ids WHERE lead_id = $1", [lead_id]).fetchall()
        return self._chunk(rows[0][0], rows[0][0]) if rows else None

    def having(self, lead_ids: pd.Series) -> pd.Series:
        """Return which of these leads there are, as booleans by the index of the ids."""
        asked = pd.DataFrame({"number": range(len(lead_ids)), "lead_id": lead_ids.to_numpy()})
        self._connection.register("asked", asked)
        query = "SELECT number FROM asked WHERE lead_id IN (SELECT lead_id FROM lead_ids)"
        there = self._connection.sql(query).to_arrow_table()["number"].to_numpy()
        self._connection.unregister("asked")
        return pd.Series(asked["number"].isin(there).to_numpy(), index=lead_ids.index)

    def _chunk(self, first: int, last: int) -> Chunk:
        """Return the leads of a range of positions; the tables are sorted by it, so only that part is read."""
        names = {self._cells[attribute.name]: attribute.name for attribute in self.schema.columns_to_read}
        cells = ", ".join([*(f"l.{name}" for name in PERSONAL), *names])
        leads = self._frame(LEADS_QUERY.format(cells=cells), first, last)
        leads["won"] = leads["won"].astype("boolean")
        return Chunk(
            leads.drop(columns=[name for name in PERSONAL if name in names.values()]).rename(columns=names),
            self._frame(EVENTS_QUERY, first, last),
            self._frame(STAGES_QUERY, first, last),
            self._frame(CHANGES_QUERY, first, last),
        )

    def _frame(self, query: str, first: int, last: int) -> pd.DataFrame:
        return self._connection.sql(query, params=[first, last]).to_arrow_table().to_pandas()

    def with_schema(self, schema: Schema) -> Dataset:
        """Return the same leads read by a schema that has some of the attributes left out."""
        dataset = copy.copy(self)
        dataset.schema = schema
        return dataset

    def without(self, reasons: Mapping[str, str]) -> Dataset:
        """Return the same leads without some attributes and personal columns, each mapped to the reason."""
        excluded = {self.columns[name]: reason for name, reason in reasons.items()}
        return self.with_schema(self.schema.without(excluded, set(reasons)))

    def with_competitors(self, competitors: Iterable[str]) -> Dataset:
        """Return the same leads with a feature that says which are from these firms, by name or mail domain."""
        return self.with_schema(replace(self.schema, competitors=tuple(competitors)))

    def without_mentions(self) -> Dataset:
        """Return the same leads without what only rules read."""
        return self.with_schema(replace(self.schema, named=Mentions()))

    def empty_attributes(self) -> list[str]:
        """Return the attributes that are learned from and that no lead has a value of."""
        learned = [attribute.name for attribute in self.schema.attributes]
        cells = ", ".join(f"count({self._cells[name]})" for name in learned)
        filled = self._connection.sql(f"SELECT {cells} FROM leads").fetchall()[0] if cells else ()
        return [name for name, count in zip(learned, filled, strict=True) if not count]

    def counts(self, attribute: str) -> pd.Series:
        """Return how many leads have each value of an attribute, the commonest first; missing is none of them."""
        cell = self._cells[attribute]
        query = f"""SELECT {cell} AS value, count(*) AS leads FROM leads WHERE {cell} IS NOT NULL
            GROUP BY 1 ORDER BY 2 DESC, 1"""
        return self._connection.sql(query).to_arrow_table().to_pandas().set_index("value")["leads"]

    def accounts_without_lead(self, since: pd.Timestamp, most: int) -> Chunk:
        """Return accounts that are active since a moment and have no lead: each as if it were one, by its events alone.

        The most active ones come first where there are more than so many; they are in order of their ids.
        """
        query = self._connection.sql(WITHOUT_LEAD_QUERY, params=[since, most])
        events = query.to_arrow_table().to_pandas()
        nobody = self._chunk(-1, -1)
        ids = events["account_id"].drop_duplicates().reset_index(drop=True)
        leads = nobody.leads.drop(columns="position").reindex(ids.index)
        leads = leads.assign(position=ids.index, account_id=ids, lead_id=ids, impossible_size=0.0)
        return nobody._replace(leads=leads.reset_index(drop=True), events=events.drop(columns="account_id"))

    def content(self) -> Content:
        """Return what the tables hold at all."""
        empty = {column for column, reason in self.schema.excluded.items() if reason == EMPTY}
        empty |= {self.columns[name] for name in self.empty_attributes()}
        filled = {*self._leads.file.columns, *self._leads.file.unread} - empty
        known = {name for name, column in {**self._leads.columns, **self.columns}.items() if column in filled}
        newest = "SELECT type, max(occurred_at) FROM events WHERE type IS NOT NULL GROUP BY type"
        types = {name: pd.Timestamp(moment) for name, moment in self._connection.sql(newest).fetchall()}
        stages = frozenset(name for (name,) in self._connection.sql("SELECT DISTINCT stage FROM entries").fetchall())
        return Content(frozenset(self.settings.tables), frozenset(filled | known), types, stages)

    def event_days(self) -> pd.DataFrame:
        """Return the days on which there are events of each type that is learned from: ``type`` and ``day``."""
        query = """SELECT DISTINCT type, date_trunc('day', occurred_at)::TIMESTAMP AS day FROM events
            WHERE list_contains($1, type) ORDER BY type, day"""
        learned = [kind.name for kind in self.schema.event_types]
        return self._connection.sql(query, params=[learned]).to_arrow_table().to_pandas()

    def unlearned_events(self) -> pd.DataFrame:
        """Return the types of events that nothing is learned from, the commonest first.

        Columns: ``type``, ``events`` and ``leads``, how many there are and of how many leads.
        """
        query = """SELECT type, count(DISTINCT seq) AS events, count(DISTINCT position) AS leads FROM events
            WHERE type IS NOT NULL AND NOT list_contains($1, type) GROUP BY type ORDER BY events DESC, type"""
        learned = [kind.name for kind in self.schema.event_types]
        return self._connection.sql(query, params=[learned]).to_arrow_table().to_pandas()

    def filled(self) -> dict[str, int]:
        """Return how many leads have a value, by the column of the source of each attribute."""
        cells = {column.name: column.cell for column in tracked_columns(self.schema, self.columns)}
        names = [attribute.name for attribute in self.schema.attributes if attribute.name in cells]
        counts = ", ".join(["count(*)", *(f"count({cells[name]})" for name in names)])
        _, *filled = self._connection.execute(f"SELECT {counts} FROM leads").fetchall()[0]
        return {self.columns[name]: count for name, count in zip(names, filled, strict=True)}

    def leakage_signs(self, end: pd.Timestamp) -> dict[str, tuple[str, ...]]:
        """Return the signs of leakage of each column, in sentences, as known at ``end``."""
        return leakage_signs(self._connection, self.schema, self.columns, end)

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits of the leads with all that is known of them, whatever the order of the rows.

        The same content from a file and from a database has the same fingerprint.
        """
        parts = (self._digest(table) for table in ("leads", "events", "entries", "closings", "history"))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def outcomes_fingerprint(self) -> str:
        """Return 16 hexadecimal digits of the leads that closed, and how: others as soon as one more closes."""
        return hashlib.sha256(self._digest("closings").encode()).hexdigest()[:16]

    def _digest(self, table: str) -> str:
        """Add up the digests of all rows, with the lead's id in the place of its position."""
        described = self._connection.execute(f"DESCRIBE {table}").fetchall()
        names = sorted(name for name, *_ in described if name not in ("position", "seq", "lead_id"))
        cells = ", ".join(f"coalesce(t.{name}::VARCHAR, chr(0))" for name in names)
        query = f"""SELECT bit_xor(md5_number_lower(concat_ws(chr(1), i.lead_id, {cells}))), count(*)
            FROM {table} t JOIN lead_ids i USING (position)"""
        return " ".join(str(part) for part in self._connection.execute(query).fetchall()[0])

    def order_ranks(self) -> pd.Series | None:
        """Return the rank of each lead by the order column of the settings, the index being its position.

        For ``rows`` it is the place in the file; ``None`` where no order is set. A lead without a value comes first.
        """
        if not self.settings.order:
            return None
        by = "position" if self.settings.order == "rows" else "ranking NULLS FIRST"
        query = f"SELECT position, rank() OVER (ORDER BY {by}) AS rank FROM leads ORDER BY position"
        return self._connection.sql(query).to_arrow_table().to_pandas().set_index("position")["rank"]


@contextmanager
def open_dataset(
    settings: Settings,
    *,
    workspace: Path,
    schema: Schema | None = None,
    now: pd.Timestamp | None = None,
    keep_rejected: bool = True,
    only: str | None = None,
    mentions: Mentions | None = None,
) -> Iterator[Dataset]:
    """Read and check all tables of a project into a temporary database, which spills into the workspace.

    Events that came by the API stand in the score store, and are read beside those of the table.
    ``schema`` is that of a trained model: then its columns must be there, and the outcome may be missing.
    ``now`` (naive UTC, default: the present) is what dates are not later than.
    ``only`` names a lead besides which none is read (if all are not needed to read it): the settings then have to say
    the formats and the moment, as those that a `Dataset` of all leads gives back do.
    ``mentions`` are what rules name, which is read whatever its frequency; by default what those of the model name.
    Rows that cannot be used are written to ``<workspace>/quarantine/<table>.csv``, unless ``keep_rejected`` is false.
    Raises `InputError` where the input as a whole cannot be used.
    """
    if "attribute_history" in settings.tables:  # whether the history of an attribute is used depends on all leads
        only = None
    with open_staging(settings, workspace=workspace, now=now, trained=schema, only=only) as staging:
        with reading_errors(settings):
            staging.posted = posted_events(settings.store or Workspace(workspace).store)
            quarantine = workspace / "quarantine" if keep_rejected else None
            dataset = Dataset(staging, assemble(staging, quarantine, mentions))
        yield dataset


def require_outcomes(dataset: Dataset) -> None:
    """Raise `InputError` where nothing says how leads end; that none has ended yet, or all alike, is no error."""
    if not dataset.settings.has_outcomes:
        raise InputError(
            "nothing says how the leads ended",
            expected="the outcome: its column and values, or a table under tables.outcomes or tables.stages",
            got=f"settings with the tables {', '.join(dataset.settings.tables)} and no outcome",
            where=dataset.settings.places,
            remedy="write outcome: {column: NAME, won: [VALUE], lost: [VALUE]} into leadscore.yaml",
        )
