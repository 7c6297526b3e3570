"""The simulated leads as tables in the words of the vocabulary."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from data.simulator.chain import Chain, truth, walk
from data.simulator.dirt import backfill, spoil_events, spoil_leads
from data.simulator.history import draw_events, draw_outcomes, stage_history
from data.simulator.people import draw_leads
from data.vocabulary import EVENTS, LEADS, OUTCOMES, STAGES, Kind

_DEALS = {name: column for name, column in OUTCOMES.items() if name != "currency"}  # all are in the same
SIMULATED = {"leads": LEADS, "events": EVENTS, "stages": STAGES, "outcomes": _DEALS}
CUSTOM = ("crm_edition", "newsletter_frequency", "form_variant")
"""Attributes of leads beyond the vocabulary: the first two tell something, the last is noise."""
_TEXT, _TIME = pa.string(), pa.timestamp("us", tz="UTC")
_TYPES = {Kind.TIME: _TIME, Kind.NUMBER: pa.float64(), Kind.FLAG: pa.bool_()}


def schemas() -> dict[str, pa.Schema]:
    """The columns of the tables of the vocabulary and of the truth, with their types.

    >>> schemas()["truth"].names
    ['lead_id', 'as_of', 'probability']
    """
    of_tables = {
        table: pa.schema([(name, _TYPES.get(column.kind, _TEXT)) for name, column in columns.items()])
        for table, columns in SIMULATED.items()
    }
    leads = pa.schema([*of_tables["leads"], *((name, _TEXT) for name in CUSTOM)])
    truth = pa.schema([("lead_id", _TEXT), ("as_of", _TIME), ("probability", pa.float64())])
    return of_tables | {"leads": leads, "truth": truth}


def simulate_cohort(
    rng: np.random.Generator, chain: Chain, *, count: int, first: int, fast: bool = False
) -> dict[str, pa.Table]:
    """Simulate leads numbered from ``first``, and return their tables and their truth by name."""
    leads = draw_leads(rng, count, first)
    visits = walk(rng, chain, leads)
    stages = stage_history(visits)
    leads["stage"] = stages.groupby("lead")["stage"].last()
    frames = {
        "leads": spoil_leads(rng, leads),
        "events": spoil_events(rng, _events(leads, draw_events(rng, leads, visits, fast=fast), first)),
        "stages": _dated(leads, backfill(rng, stages), "entered_at"),
        "outcomes": _dated(leads, draw_outcomes(rng, leads, visits), "closed_at"),
        "truth": _dated(leads, truth(chain, leads, visits), "as_of"),
    }
    return {name: _arrow(frames[name], schema) for name, schema in schemas().items()}


def _dated(leads: pd.DataFrame, rows: pd.DataFrame, time: str) -> pd.DataFrame:
    """Say whose the rows are, and at what time the age of the lead was reached."""
    lead = rows["lead"].to_numpy()
    return rows.assign(
        lead_id=leads["lead_id"].to_numpy()[lead],
        account_id=leads["account_id"].to_numpy()[lead],
        **{time: leads["created_at"].to_numpy()[lead] + rows["age"]},
    )


def _events(leads: pd.DataFrame, events: pd.DataFrame, first: int) -> pd.DataFrame:
    """The table of events in order of time; those of an unrecognised visitor name only the account."""
    rows = _dated(leads, events, "occurred_at").sort_values("occurred_at", ignore_index=True)
    known = rows["recognised"] | rows["account_id"].isna()
    numbers = [f"E{first:07d}-{number}" for number in range(len(rows))]
    return rows.assign(lead_id=rows["lead_id"].where(known), event_id=numbers)


def _arrow(rows: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Moments are whole numbers up to here, and become timestamps as they are written."""
    columns = [pa.array(rows[field.name], from_pandas=True) for field in schema]
    return pa.table([column.cast(field.type) for column, field in zip(columns, schema, strict=True)], schema=schema)
