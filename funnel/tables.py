"""The tables that the funnel's figures are made of: checked like all others, without what only a model needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from data.columns import claims, is_named, name_of_others
from data.config import Settings, StageMapping
from data.parsing import Currency, commonest_currency, decide_month_order, marks_of, read_months, texts, worths
from data.quality_report import Report
from data.staging import (
    Reading,
    Staging,
    Table,
    close_leads,
    count_rows,
    drop_staged,
    end_of_data,
    identify_leads,
    impossible_dates,
    lead_readings,
    note_days,
    note_zoneless,
    open_note,
    open_staging,
    planned_rows,
    read_table,
    read_timelines,
    reading_errors,
    require_unchanged,
    set_aside,
    stage_tables,
    type_table,
)
from data.vocabulary import EVENT_TYPES, LEADS, READ_TABLES, REPORT_TABLES, Kind
from funnel.spreading import periods_named, spread, spread_words

KnownAt = Callable[[pd.Timestamp], Mapping[str, str]]
"""The condition in SQL for the rows of each table of the staging that are known as of a moment."""
VERBATIM = ("account_id", "company", "owner")
BELOW_ZERO = {
    "spend": "a spend below zero: take a refund off the spend of its month",
    "views": "views below zero",
}
OWN = ("position", "lead_id", "created_at", "closed_at", "won", "amount")
"""Columns of all leads, whatever they are cut by."""
LEADS_QUERY = "SELECT position, lead_id, created_at{cells} FROM known_leads"
"""In order of position, as the table is: with their ends joined, DuckDB would have to sort them."""
ENDS = "SELECT position, closed_at, won, amount FROM known_closings"
LOST_THEN = """
    UPDATE closings SET won = FALSE, closed_at = o.lost_at, amount = NULL
    FROM (SELECT position, max(lost_at) AS lost_at FROM overtaken WHERE {overtaken} GROUP BY position) o
    WHERE closings.position = o.position AND NOT {closings}"""
THERE = "SELECT count(*) FROM known_leads"
COUNTED = """
    SELECT {column}, count(DISTINCT position) FROM known_events JOIN known_leads USING (position)
    WHERE {column} IS NOT NULL GROUP BY ALL"""
TOUCHED = """
    SELECT n.name AS asset, count(DISTINCT position) AS leads, count(DISTINCT e.asset) AS assets,
        count(DISTINCT position) FILTER (c.won) AS won
    FROM known_events e LEFT JOIN known_closings c USING (position) JOIN known_leads l USING (position)
        LEFT JOIN (SELECT unnest($1::VARCHAR[]) AS name) n ON n.name = e.asset
    WHERE e.asset IS NOT NULL AND (c.closed_at IS NULL OR e.occurred_at < c.closed_at)
    GROUP BY n.name ORDER BY leads DESC, n.name"""
"""Leads by the asset that they touched before they closed, and how many of them were won; of those that may not be
named, together. Who closed nobody knows when has touched all that is on record."""
ACTIVITIES = """
    SELECT position, occurred_at FROM known_events
    WHERE list_contains($1, lower(type)) ORDER BY position, occurred_at"""
ACCOUNTS = """
    WITH recent AS (
        SELECT DISTINCT l.account_id, e.seq, e.occurred_at, e.type, e.asset
        FROM known_events e JOIN leads l USING (position)
        WHERE l.account_id IS NOT NULL AND e.occurred_at > $1),
    most AS (SELECT account_id, count(*) AS activities, max(occurred_at) AS last_activity FROM recent
        GROUP BY account_id ORDER BY activities DESC, account_id LIMIT $2),
    viewed AS (
        SELECT account_id, concat_ws(': ', t.name, a.name) AS what, count(*) AS times
        FROM recent r JOIN most USING (account_id) LEFT JOIN (SELECT unnest($3::VARCHAR[]) AS name) t ON t.name = r.type
            LEFT JOIN (SELECT unnest($4::VARCHAR[]) AS name) a ON a.name = r.asset
        WHERE t.name IS NOT NULL OR a.name IS NOT NULL GROUP BY ALL)
    SELECT m.*, first(l.company ORDER BY l.position) FILTER (l.company IS NOT NULL) AS company,
        list(l.position ORDER BY l.created_at, l.position) AS positions,
        coalesce((SELECT list(what ORDER BY times DESC, what)[:4] FROM viewed v WHERE v.account_id = m.account_id), [])
            AS viewed
    FROM most m JOIN known_leads l USING (account_id)
    GROUP BY ALL ORDER BY m.activities DESC, m.account_id"""


ACCOUNTS_WITHOUT_LEAD = """
    SELECT account_id, count(*) AS activities, max(occurred_at) AS last_activity,
        histogram(CASE WHEN list_contains($3, type) THEN type ELSE 'other' END) AS types
    FROM known_account_events e WHERE e.occurred_at > $1
    GROUP BY account_id ORDER BY activities DESC, account_id LIMIT $2"""


@dataclass(frozen=True)
class Sums:
    """A table of costs or of views: its usable rows, their currency, and how many are of months that had not begun."""

    rows: pd.DataFrame
    currency: str = ""
    later: int = 0

    def until(self, moment: pd.Timestamp) -> Sums:
        """Return the rows of months that had begun by a moment; the others are counted."""
        begun = self.rows["month"] <= moment
        return replace(self, rows=self.rows[begun].reset_index(drop=True), later=int((~begun).sum()))


class FunnelTables:
    """What is known of all leads at one moment; made by `open_funnel`, and usable while that is open.

    ``by`` are the columns that rates may be cut by, ``missing`` those of the settings that the leads do not have;
    ``as_of`` is the moment (naive UTC): nothing later is known.
    """

    def __init__(
        self, staging: Staging, known_at: KnownAt, cuts: _CutColumns, costs: Sums | None, asset_stats: Sums | None
    ) -> None:
        self._connection = staging.connection
        self.report: Report = staging.report
        self.by: list[str] = list(cuts.by)
        self._title = cuts.title if staging.leads.has("job_title") else None
        self.missing: list[str] = cuts.missing
        self.tables: list[str] = list(staging.tables)
        self.as_of: pd.Timestamp = staging.end
        for table, condition in known_at(self.as_of).items():
            self._connection.execute(f"CREATE VIEW known_{table} AS SELECT * FROM {table} WHERE {condition}")
        self.costs: Sums | None = costs and costs.until(self.as_of)
        self.asset_stats: Sums | None = asset_stats and asset_stats.until(self.as_of)

    def leads(self) -> pd.DataFrame:
        """Return the leads that were there at the moment, in the order of the input.

        Columns: ``position``, ``lead_id``, ``created_at``, ``closed_at``, ``won``, ``amount``, ``owner`` and those of
        ``by`` as categories; ``job_title`` where a persona is wanted and there is only that. A lead that closed later
        is open.
        """
        cuts = {name: f"b{number}" for number, name in enumerate(self.by) if name not in OWN}
        columns = {"owner": "owner"} | cuts
        cells = "".join(f", {cell}" for cell in (*columns.values(), *(["job_title"] if self._title else [])))
        table = self._connection.sql(LEADS_QUERY.format(cells=cells)).to_arrow_table()
        for name, cell in columns.items():
            coded = table.column(cell).dictionary_encode()
            table = table.drop_columns(cell).append_column(name, coded)
        ends = self._connection.sql(ENDS).to_arrow_table().to_pandas()
        leads = table.to_pandas().merge(ends.astype({"won": "boolean"}), on="position", how="left")
        return leads.astype({"closed_at": "datetime64[us]", "amount": "float64"})

    def stage_names(self) -> dict[str, int]:
        """Return what the history calls its stages with the number of entries, the most frequent first."""
        query = "SELECT stage, count(*) FROM known_entries GROUP BY stage ORDER BY count(*) DESC, stage"
        return dict(self._connection.execute(query).fetchall())

    def entries(self, places: Mapping[str, int]) -> pd.DataFrame:
        """Return the entries into stages until the moment, by lead and time: ``position``, ``place``, ``entered_at``.

        ``places`` numbers the names of stages. The table is in this order already, and DuckDB keeps it.
        """
        query = """SELECT position, $places[list_position($names, stage)]::TINYINT AS place, entered_at
            FROM known_entries"""
        parameters = {"names": list(places), "places": list(places.values())}
        return self._connection.sql(query, params=parameters).to_arrow_table().to_pandas()

    def activities(self, types: Sequence[str]) -> pd.DataFrame:
        """Return when events of some types occurred, by ``position`` of their lead."""
        wanted = [name.strip().lower() for name in types]
        return self._connection.sql(ACTIVITIES, params=[wanted]).to_arrow_table().to_pandas()

    def touched(self) -> pd.DataFrame:
        """Return how many leads touched each asset before they closed, and how many of them were won.

        ``pooled`` is how many assets that may not be named stand together in a row.
        """
        touched = self._connection.sql(TOUCHED, params=[self._named("asset")]).to_arrow_table().to_pandas()
        others = touched["asset"].isna()
        touched["asset"] = touched["asset"].astype("str").mask(others, touched["assets"].map(name_of_others))
        return touched.assign(pooled=touched.pop("assets").where(others, 0))

    def _named(self, column: str) -> list[str]:
        """Return the types or assets of events that may be named."""
        ((leads,),) = self._connection.execute(THERE).fetchall()
        counts = self._connection.execute(COUNTED.format(column=column)).fetchall()
        return [name for name, count in counts if is_named(name, count, leads)]

    def accounts(self, days: int, count: int) -> pd.DataFrame:
        """Return the accounts that did most in the last days: ``company``, ``activities``, what they ``viewed`` most.

        ``positions`` are those of their leads, the oldest first.
        """
        since = self.as_of - pd.Timedelta(days=days)
        parameters = [since, count, self._named("type"), self._named("asset")]
        return self._connection.sql(ACCOUNTS, params=parameters).to_arrow_table().to_pandas()

    def accounts_without_lead(self, days: int, count: int) -> pd.DataFrame:
        """Return the accounts without a lead that did most in the last days: what they did by ``types`` of events."""
        parameters = [self.as_of - pd.Timedelta(days=days), count, [*EVENT_TYPES, *self._named("type")]]
        return self._connection.sql(ACCOUNTS_WITHOUT_LEAD, params=parameters).to_arrow_table().to_pandas()


@dataclass(frozen=True)
class _CutColumns:
    """The columns that rates are cut by: name → column of the leads, the names that the leads do not have.

    ``title`` is the column that a persona is read from where there is none of its own.
    """

    by: dict[str, str]
    missing: list[str]
    title: str | None


@contextmanager
def open_funnel(
    settings: Settings, *, workspace: Path, known_at: KnownAt, now: pd.Timestamp | None = None
) -> Iterator[FunnelTables]:
    """Read what the funnel needs into a temporary database, which spills into the workspace.

    ``known_at`` decides what is known as of a moment, ``now`` (naive UTC, default: the present) is what dates are not
    later than. Raises `InputError` where the input as a whole cannot be used.
    """
    with open_staging(_needed(settings), workspace=workspace, now=now) as staging:
        with reading_errors(settings):
            tables = _read(staging, known_at)
        yield tables


def _needed(settings: Settings) -> Settings:
    """Return settings without the tables that are not needed, and with the stages called as the CRM calls them."""
    tables = {name: source for name, source in settings.tables.items() if name != "attribute_history"}
    stages = StageMapping(won=settings.stages.won, lost=settings.stages.lost)
    return settings.model_copy(update={"tables": tables, "stages": stages})


def _read(staging: Staging, known_at: KnownAt) -> FunnelTables:
    """Fill the database: as for a training, past everything that is only learned from."""
    stage_tables(staging, [*READ_TABLES])
    identify_leads(staging)
    costs, asset_stats = (_sums(staging, name) for name in REPORT_TABLES)
    if costs and costs.currency:
        staging.settings = staging.settings.model_copy(update={"currency": costs.currency})
    read_timelines(staging)
    count_rows(staging, None)
    cuts = _read_cuts(staging)

    _forget_later_entries(staging, known_at)
    outcome = staging.settings.outcome
    close_leads(staging, strict=outcome is not None and outcome.column in staging.leads.file.columns)
    _recall_losses(staging, known_at)
    staging.end = end_of_data(staging)
    staging.report.flags += planned_rows(staging)

    note_zoneless(staging)
    note_days(staging)
    drop_staged(staging)
    require_unchanged(staging)
    return FunnelTables(staging, known_at, cuts, costs, asset_stats)


def _stated_moment(staging: Staging) -> pd.Timestamp | None:
    """Return the moment that the settings state, rounded up to a second."""
    stated = staging.settings.as_of
    return pd.Timestamp(stated).as_unit("us").ceil("s") if stated else None


def _forget_later_entries(staging: Staging, known_at: KnownAt) -> None:
    """Let a lead that was lost at a stated moment be lost then, whatever became of it later."""
    if moment := _stated_moment(staging):
        staging.connection.execute(f"DELETE FROM entries WHERE NOT {known_at(moment)['entries']}")


def _recall_losses(staging: Staging, known_at: KnownAt) -> None:
    """Let a lead whose outcome came after a stated moment be lost then, where an earlier outcome said so."""
    if moment := _stated_moment(staging):
        staging.connection.execute(LOST_THEN.format(**known_at(moment)))


def _read_cuts(staging: Staging) -> _CutColumns:
    """Make the table of leads, with a column ``b0``, ``b1``, … for each that rates are cut by."""
    leads, settings = staging.leads, staging.settings
    columns = {name: _column_of(leads, name) for name in [*settings.funnel.by, *settings.segments]}
    title = "job_title" if "persona" in columns and not columns["persona"] else None
    by = {name: column for name, column in columns.items() if column}
    readings = lead_readings(staging)
    readings += [Reading(name, leads.columns.get(name), Kind.ID) for name in VERBATIM[1:]]
    readings.append(Reading("job_title", leads.columns.get(title or ""), Kind.ID))
    readings += [
        Reading(name, column, Kind.CATEGORY, column=f"b{number}") for number, (name, column) in enumerate(by.items())
    ]
    type_table(staging, "leads", readings, "leads")
    staging.report.flags += impossible_dates(staging.connection, leads, staging.now)
    return _CutColumns(by, [name for name, column in columns.items() if not column], title)


def _column_of(leads: Table, name: str) -> str | None:
    """Return the column of the leads that a name means, by the word of the vocabulary or its own."""
    if name in leads.columns:
        return leads.columns[name]
    if name in leads.file.columns:
        return name
    return claims(list(leads.file.columns), [name], {}).get(name) if name in LEADS else None


def _sums(staging: Staging, name: str) -> Sums | None:
    """Read costs or views by month, those of longer periods spread over them; what cannot be used goes to quarantine.

    What is below zero cannot: a refund is to be taken off the month that it is for. Nothing spent is a cost of 0.
    """
    if name not in staging.tables:
        return None
    table, value = staging.tables[name], "spend" if name == "costs" else "views"
    read_table(staging, name, [Reading(f"{value}_as_written", table.columns[value], Kind.CATEGORY)])
    rows = staging.connection.sql(f"SELECT * FROM typed_{name} ORDER BY position").to_arrow_table().to_pandas()
    longer = periods_named(rows["month"])
    months = _months(staging, table, rows["month"].drop(longer.index))
    rows["months"] = longer["months"].reindex(rows.index, fill_value=1)
    rows["month"] = months.reindex(rows.index).fillna(longer["month"].reindex(rows.index))
    currency, others = staging.settings.own_currency or "", pd.Series(False, index=rows.index)
    if name == "costs":
        amounts = rows["spend_as_written"].where(rows["spend"].notna())
        currency = currency or _commonest(rows["currency"], amounts)
        worth = worths(amounts, Currency(currency, staging.settings.rates), rows["currency"])
        rows["spend"], others = rows["spend"] * worth.fillna(1), worth.isna()
    wrong = {
        f"no readable {value}": rows[value].isna(),
        "no readable month": rows["month"].isna(),
        **({"no asset": rows["asset"].isna()} if name == "asset_stats" else {}),
        BELOW_ZERO[value]: rows[value] < 0,
        f"in another currency than {currency}": others,
    }
    usable = pd.Series(True, index=rows.index)
    for reason, is_so in wrong.items():
        _set_aside(staging, name, reason, rows.loc[is_so & usable, "position"])
        usable &= ~is_so
    staging.report.notes += spread_words(name, rows.loc[usable, "months"])
    return Sums(spread(rows[usable].reset_index(drop=True), value), currency)


def _commonest(named: pd.Series, amounts: pd.Series) -> str:
    """Return the currency of most costs; nothing where none names one."""
    marks = texts(named).str.upper().fillna(marks_of(amounts))
    return commonest_currency(marks, pd.Series(1, index=marks.index)) if marks.notna().any() else ""


def _months(staging: Staging, table: Table, cells: pd.Series) -> pd.Series:
    """Read months in the order of the settings, else in that which all of them speak for: a note says what."""
    order, is_open = staging.formats[table.name].get("month"), False
    if not order:
        order, is_open = decide_month_order(cells)
    if is_open:
        reading = Reading("month", table.columns["month"], Kind.TIME)
        staging.report.notes.append(open_note(table, reading, order))
    return read_months(cells, order)


def _set_aside(staging: Staging, name: str, reason: str, positions: pd.Series) -> None:
    """Put rows of a table into quarantine."""
    if len(positions):
        staging.connection.register("aside", positions.to_frame())
        set_aside(staging.connection, name, reason, "SELECT position FROM aside")
        staging.connection.unregister("aside")
