"""Some leads with everything that is known of them: what a data set yields, and what features are made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from data.parsing import EARLIEST, SIZE_BOUNDS, Currency, read_cells
from data.schema import RENAMED, Schema, level_of
from data.vocabulary import END_OF_DAY, EVENTS, LOST_STAGES, NUMERIC, PERSONAL, STAGES, WON_STAGES, Column, Kind

Record = Mapping[str, Any]
"""A row of a table: the cells by their names, as text or as what they are; what is missing or None is not known."""
NO_IDS = frozenset({"", "null", "nan", "none", "n/a", "#n/a"})
WHOLE = re.compile(r"-?\d{1,15}")


def no_changes() -> pd.DataFrame:
    """Return an empty table of changes of attributes.

    Columns: ``position``, ``attribute`` (our name), ``changed_at``, and the value from then on: ``text`` of categories
    and sets, ``number`` of numbers and flags, both missing where the cell was emptied; sorted by position and time.
    """
    kinds = {
        "position": "int64",
        "attribute": "str",
        "changed_at": "datetime64[us]",
        "text": "str",
        "number": "float64",
    }
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


class LeadRecords(NamedTuple):
    """One lead as records: its own, and those of its events and of the stages that it entered."""

    lead: Record
    events: Sequence[Record] = ()
    stages: Sequence[Record] = ()


class Chunk(NamedTuple):
    """Some leads with everything that is known of them; times are naive UTC, ``datetime64[us]``.

    leads   one row per lead in input order: ``position`` (int64, the row's place in the input), ``lead_id``,
            ``account_id``, ``created_at``, ``closed_at``, ``won`` (boolean, missing while open), ``amount``,
            ``lost_spells`` (of a lead that was lost and opened again, else None: pairs of those times), ``stage``,
            ``impossible_size`` (1 where a size could not be and was made missing, else 0),
            the personal columns, and every attribute of the schema: NUMBER as float64, FLAG as float64 (0, 1, missing),
            CATEGORY and SET as text (missing: None), TIME as datetime64[us].
            Columns that the data does not have are there and missing.
    events  ``position``, ``occurred_at``, ``type``, ``asset``, ``campaign``, ``value``; sorted by position and time.
    stages  ``position``, ``stage``, ``entered_at``; sorted by position and time; closing stages are not in it.
    changes of attributes, as `no_changes` describes them
    """

    leads: pd.DataFrame
    events: pd.DataFrame
    stages: pd.DataFrame
    changes: pd.DataFrame = no_changes()

    @classmethod
    def from_records(
        cls,
        schema: Schema,
        lead: Record,
        events: Sequence[Record] = (),
        stages: Sequence[Record] = (),
        *,
        now: pd.Timestamp | None = None,
        formats: Mapping[str, Mapping[str, str]] | None = None,
        days: Mapping[str, Collection[str]] | None = None,
        currencies: Mapping[str, Mapping[str, Currency]] | None = None,
        closing: Collection[str] = (*WON_STAGES, *LOST_STAGES),
    ) -> Chunk:
        """Return one open lead from its records: the same as a `Dataset` gives it that reads them from tables.

        Records are keyed by the names of the vocabulary, custom attributes by their own; events and stages have the
        types and stages that the schema has. Times without a zone are UTC. Cells that cannot be read are missing, and
        events and entries into stages without a time, or a type or stage, are left out.

        ``now`` (naive UTC, default: the present) is what the date of creation is not later than. ``formats`` says how
        numbers and times are written, by table and name, and ``days`` which moments have no time of day, as the
        settings of a model do; ``currencies`` says in which currency amounts are. Stages that are ``closing`` are no
        stages of an open lead.

        >>> chunk = Chunk.from_records(Schema(True), {"lead_id": 7, "created_at": "2025-03-01T09:00+01:00"})
        >>> chunk.leads[["lead_id", "created_at"]].astype("str").values.tolist()
        [['7', '2025-03-01 08:00:00']]
        """
        reading = {"now": now, "formats": formats, "days": days, "currencies": currencies, "closing": closing}
        return cls.of_leads(schema, [LeadRecords(lead, events, stages)], **reading)

    @classmethod
    def of_leads(
        cls,
        schema: Schema,
        leads: Sequence[LeadRecords],
        *,
        now: pd.Timestamp | None = None,
        formats: Mapping[str, Mapping[str, str]] | None = None,
        days: Mapping[str, Collection[str]] | None = None,
        currencies: Mapping[str, Mapping[str, Currency]] | None = None,
        closing: Collection[str] = (*WON_STAGES, *LOST_STAGES),
    ) -> Chunk:
        """Return some open leads from their records: each is what `from_records` makes of it alone."""
        written, of_table = formats or {}, currencies or {}
        latest = now or pd.Timestamp.now("UTC").tz_localize(None)
        records = [each.lead for each in leads]
        read = _leads(schema, records, latest, written.get("leads", {}), of_table.get("leads", {}))
        events = [each.events for each in leads]
        occurred = _events(events, written.get("events", {}), of_table.get("events", {}))
        entered = _stages([each.stages for each in leads], written.get("stages", {}), closing)
        if "occurred_at" in (days or {}).get("events", ()):
            occurred["occurred_at"] = _end_of_days(occurred["occurred_at"], latest)
        if "entered_at" in (days or {}).get("stages", ()):
            ends = entered.assign(entered_at=_end_of_days(entered["entered_at"], latest))
            entered["entered_at"] = _came_with(read["created_at"], ends)
        return cls(read, occurred, entered)


def _end_of_days(moments: pd.Series, latest: pd.Timestamp) -> pd.Series:
    """Move days without a time of day as `data.staging.clocks` does."""
    ends = moments + pd.Timedelta(END_OF_DAY)
    ends = ends.where(moments > latest, ends.clip(upper=latest.floor("s")))
    return ends.where(moments == moments.dt.normalize(), moments)


def _came_with(created: pd.Series, entries: pd.DataFrame) -> pd.Series:
    """Let the first stage of a lead begin with it where it is of the same day; ``created`` is by position."""
    came, entered = entries["position"].map(created), entries["entered_at"]
    is_first = ~entries["position"].duplicated() & (entered.dt.normalize() == came.dt.normalize())
    return entered.mask(is_first, came)


def _leads(
    schema: Schema,
    leads: Sequence[Record],
    latest: pd.Timestamp,
    written: Mapping[str, str],
    currencies: Mapping[str, Currency],
) -> pd.DataFrame:
    def cells(name: str, kind: Kind) -> pd.Series:
        values = [lead.get(name, lead.get(name.removesuffix(RENAMED))) for lead in leads]
        return _cells(values, kind, written.get(name), currencies.get(name))

    def nothing(kind: str) -> pd.Series:
        return pd.Series([None] * len(leads), dtype=kind)  # type: ignore[call-overload]

    created = cells("created_at", Kind.TIME)
    attributes = {attribute.name: cells(attribute.name, attribute.kind) for attribute in schema.columns_to_read}
    for attribute in (each for each in schema.attributes if each.spellings):
        spelt = partial(_spelt, attribute.spellings)
        attributes[attribute.name] = attributes[attribute.name].map(spelt, na_action="ignore").astype("str")
    sizes = {
        name: cells.map(partial(_is_impossible, name)) for name, cells in attributes.items() if name in SIZE_BOUNDS
    }
    impossible = {name: is_so.astype(bool) for name, is_so in sizes.items() if is_so.any()}
    attributes |= {name: attributes[name].mask(is_so) for name, is_so in impossible.items()}
    columns = {
        "position": pd.Series(range(len(leads)), dtype="int64"),
        "lead_id": _cells([lead.get("lead_id") for lead in leads], Kind.ID),
        "account_id": _cells([lead.get("account_id") for lead in leads], Kind.ID),
        "created_at": created.where((created <= latest) & (created >= EARLIEST)),
        "closed_at": nothing("datetime64[us]"),
        "won": nothing("boolean"),
        "amount": nothing("float64"),
        "lost_spells": nothing("object"),
        "stage": cells("stage", Kind.CATEGORY),
        "impossible_size": pd.Series([float(any(row)) for row in zip(*impossible.values(), strict=True)])
        if impossible
        else pd.Series(0.0, index=range(len(leads))),
        **{name: cells(name, Kind.PERSONAL) for name in PERSONAL if name not in attributes},
        **attributes,
    }
    return pd.DataFrame(columns)


def _spelt(spellings: Mapping[str, str], text: str) -> str:
    """Return a level as it was spelt where its spellings were found to differ."""
    return spellings.get(level_of(text), text)


def _is_impossible(name: str, value: Any) -> bool:
    """Return whether a size is outside of its bounds; of those that are read as words, whether it is such a number."""
    if pd.isna(value):
        return False
    if isinstance(value, str):
        return bool(WHOLE.fullmatch(value)) and _is_impossible(name, float(value))
    bounds = SIZE_BOUNDS[name]
    is_too_large = bounds.largest is not None and value > bounds.largest
    return value < bounds.least or is_too_large or (bounds.whole and value != int(value))


def _events(
    events: Sequence[Sequence[Record]], written: Mapping[str, str], currencies: Mapping[str, Currency]
) -> pd.DataFrame:
    """Return the events of each lead in order of time; of those of a lead with one id the first stays."""
    rows = _rows(events, EVENTS, written, currencies)
    usable = rows["occurred_at"].notna() & rows["type"].notna()
    known = rows.assign(event_id=rows["event_id"].where(usable))
    usable &= rows["event_id"].isna() | ~known.duplicated(["position", "event_id"])
    names = ["position", "occurred_at", "type", "asset", "campaign", "value"]
    return rows[usable].sort_values(["position", "occurred_at"], kind="stable", ignore_index=True)[names]


def _stages(stages: Sequence[Sequence[Record]], written: Mapping[str, str], closing: Collection[str]) -> pd.DataFrame:
    """Return the entries of each lead into open stages in order of time."""
    rows = _rows(stages, STAGES, written, {})
    closes = rows["stage"].str.lower().isin([stage.strip().lower() for stage in closing])
    usable = rows["stage"].notna() & rows["entered_at"].notna() & ~closes
    names = ["position", "stage", "entered_at"]
    return rows[usable].sort_values(["position", "entered_at"], kind="stable", ignore_index=True)[names]


def _rows(
    of_leads: Sequence[Sequence[Record]],
    columns: Mapping[str, Column],
    written: Mapping[str, str],
    currencies: Mapping[str, Currency],
) -> pd.DataFrame:
    """Return the records of all leads, one after the other."""
    records = [record for of_lead in of_leads for record in of_lead]
    positions = [position for position, of_lead in enumerate(of_leads) for _ in of_lead]
    cells = {
        name: _cells([record.get(name) for record in records], column.kind, written.get(name), currencies.get(name))
        for name, column in columns.items()
    }
    return pd.DataFrame({"position": pd.Series(positions, dtype="int64"), **cells})


def _cells(
    values: Sequence[Any], kind: Kind, written: str | None = None, currency: Currency | None = None
) -> pd.Series:
    """Read the cells of a column: numbers and times as they are, all else as text."""
    if kind is Kind.ID:
        return pd.Series([_id(value) for value in values], dtype="str")
    plain = {Kind.TIME: datetime, **dict.fromkeys(NUMERIC, int | float)}.get(kind)
    as_they_are = [plain is not None and isinstance(value, plain) for value in values]
    cells = _texts_read([None if there else value for there, value in zip(as_they_are, values, strict=True)],
                        kind, written, currency)  # fmt: skip
    if not any(as_they_are):
        return cells
    known = [value if there else None for there, value in zip(as_they_are, values, strict=True)]
    column = pd.to_datetime(pd.Series(known), utc=True) if kind is Kind.TIME else pd.Series(known, dtype="float64")
    return read_cells(column, kind).values.where(pd.Series(as_they_are), cells)


def _texts_read(values: Sequence[Any], kind: Kind, written: str | None, currency: Currency | None) -> pd.Series:
    cells = pd.Series([_text(value) for value in values], dtype="str")
    if kind is Kind.FLAG:
        # What was only ever 0 or 1 when the schema was made may be a larger number now, and is one then.
        numbers = read_cells(cells, Kind.NUMBER, written).values
        return numbers.fillna(read_cells(cells, kind).values)
    return read_cells(cells, kind, written, currency).values


def _id(value: Any) -> str | None:
    """Return an id verbatim, or None where nothing usable is there."""
    text = _text(value)
    return None if text is None or text.strip().lower() in NO_IDS else text


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return ";".join(str(item) for item in value)
    return str(value)
