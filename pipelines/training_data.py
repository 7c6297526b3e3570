"""What is learned from: the leads of a project as matured snapshots, gathered in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from data.chunk import Chunk
from data.config import Settings
from data.dataset import Dataset, open_dataset, require_outcomes
from data.quality_report import Report
from data.schema import Schema
from data.workspace import Workspace
from features import Batch, before_records, build, final_snapshots, happened_by, open_at, timed_snapshots
from models.evaluation import Leak, find_leaks
from models.rules import Rules, load_rules, speaks_of
from models.training import in_days, split_table
from models.training_table import TrainingTable
from pipelines.as_of import end_of_data

UNKNOWN = 0.01
"""Chance of a win that rules are set to where no lead has closed: as if half a lead of 50 had been won."""
HALF = "is about that of half a lead more won, and half a lead more lost"
"""As by the prior of Jeffreys (1946), "An invariant form for the prior probability in estimation problems"."""

Instead = Literal["", "closed", "open"]
Looked = tuple[pd.DataFrame, pd.DataFrame]
"""The design of some moments, and what is known of the leads that are looked at."""


@dataclass(frozen=True)
class TrainingData:
    """What was read: the training table, the design of the leads that are open now, and how the reading went.

    ``censored`` is the table of the snapshots whose window is not over: ``won`` is missing while the lead is open.
    ``waiting_since`` is when the open leads came that are in no row of the table, missing for those that are.
    ``settings`` are those given with what was decided on reading, such as the formats of dates: they are kept with the
    model, so that later files are read alike. ``leaks`` are the columns that know the outcome, or may.
    ``instead`` names the leads that stand in the table where no outcome is final: those that closed so far, or, where
    none has, those that are open, taken for lost.
    """

    table: TrainingTable
    censored: TrainingTable
    open_leads: pd.DataFrame
    waiting_since: pd.Series
    left_out: Mapping[str, int]
    data_end: pd.Timestamp
    report: Report
    settings: Settings
    fingerprint: str
    leaks: tuple[Leak, ...] = ()
    instead: Instead = ""

    @property
    def lacks(self) -> str:
        """Say what is missing to learn anything from outcomes; nothing where there are both kinds."""
        if self.instead == "open":
            return "no lead has closed"
        if not self.table.minority_count():
            kind = f"snapshots within {self.table.horizon} days" if self.table.timed else "leads"
            won = int(self.table.won.sum())
            return f"all leads ended in the same way ({won:,} won and {len(self.table) - won:,} lost {kind})"
        return ""

    @property
    def level(self) -> str:
        """Say what the level of the probabilities rests on where outcomes do not tell it; nothing where they do."""
        if self.instead == "open":
            return (
                f"{self.lacks}, so that the level of the probabilities is not known: it is set to about {UNKNOWN:.0%}"
            )
        if self.lacks:
            return f"{self.lacks}: check which values mean won and lost; the level of the probabilities {HALF}"
        if self.instead == "closed":
            return "no window is over: the level of the probabilities is that of the leads that closed so far"
        return ""


def read_training_data(
    settings: Settings, workspace: Workspace, schema: Schema | None = None, competitors: Sequence[str] | None = None
) -> TrainingData:
    """Read all that is learned from, or would be by a model of the schema given.

    ``competitors`` are looked for in the place of those that the schema names.
    Raises InputError where nothing says how leads end.
    """
    with open_dataset(settings, workspace=workspace.root, schema=schema, keep_rejected=schema is None) as opened:
        require_outcomes(opened)
        dataset = opened if competitors is None else opened.with_competitors(competitors)
        return gathered(dataset) if schema else without_leaks(dataset)


def without_leaks(dataset: Dataset) -> TrainingData:
    """Gather what is learned from, and leave out the columns that surely know the outcome."""
    read, settings = gathered(dataset), dataset.settings
    splits, signs = split_table(read.table, settings.seed), dataset.hindsight(read.data_end)
    leaks = find_leaks(read.table, splits, dataset.columns, signs, keep=settings.keep, seed=settings.seed)
    sure = {name: f"it knows the outcome: {leak.evidence}" for name, leak in leaks.items() if leak.excluded}
    if sure:
        read = gathered(dataset.without(sure))
    return replace(read, leaks=tuple(leaks.values()))


def gathered(dataset: Dataset) -> TrainingData:
    """Go through the leads once: matured snapshots to learn from, open leads to rank among."""
    data_end, schema, ranks = end_of_data(dataset, to_learn=True), dataset.schema, dataset.order_ranks()
    parts = [_of_chunk(chunk, schema, data_end, dataset.settings, ranks) for chunk in dataset.chunks()]
    matured, censored, open_leads, since, undated = (list(part) for part in zip(*parts, strict=True))
    table, not_over = (_in_order(part, dataset) for part in (matured, censored))
    counts = {"censored": len(not_over) if schema.timed else 0, "undated": sum(undated)}
    if schema.timed:
        unrecorded = before_records(table.rows, dataset.settings.horizon)
        counts["unrecorded"], table = int(unrecorded.sum()), table.subset(~unrecorded)
    counted = dataset.outcome_counts
    table, instead = _standing(table, not_over, has_closed=counted.won + counted.lost > 0)
    return TrainingData(
        table=table,
        censored=not_over,
        open_leads=pd.concat(open_leads, ignore_index=True),
        waiting_since=pd.concat(since, ignore_index=True),
        left_out=counts,
        data_end=data_end,
        report=dataset.report,
        settings=dataset.settings,
        fingerprint=dataset.fingerprint(),
        instead=instead,
    )


def _standing(table: TrainingTable, censored: TrainingTable, *, has_closed: bool) -> tuple[TrainingTable, Instead]:
    """Return what is learned from; where outcomes tell nothing, what rules go by, and which leads stand there instead.

    Where no window is over these are the leads that closed so far, and where none has closed the open ones, taken for
    lost for this alone: what is supposed is never measured, nor told. Then each lead counts once, however often it was
    looked at, and the open ones so little that the level of the probabilities is `UNKNOWN`.
    """
    if table.minority_count():
        return table, ""
    if has_closed and len(table):
        return _each_once(table, 1.0), ""
    known = censored.rows["won"].notna().to_numpy()
    if has_closed and known.any():
        closed = censored.subset(known)
        return _each_once(replace(closed, rows=closed.rows.astype({"won": int}), imputed=True), 1.0), "closed"
    some = table if len(table) else censored
    lost = replace(some, rows=some.rows.assign(won=0), imputed=True)
    return _each_once(lost, (0.5 / UNKNOWN - 1) / max(some.rows["lead_id"].nunique(), 1)), "open"


def _each_once(table: TrainingTable, part: float) -> TrainingTable:
    """Let each lead weigh so much, shared by its rows."""
    return table.with_sample_weight(part / table.rows.groupby("lead_id")["lead_id"].transform("size").to_numpy(float))


def _in_order(parts: list[Looked], dataset: Dataset) -> TrainingTable:
    """Put designs and rows of chunks together by lead, whatever order the source has its rows in."""
    design, rows = (pd.concat(part, ignore_index=True) for part in zip(*parts, strict=True))
    by_lead = rows["lead_id"].argsort(kind="stable")
    design, rows = (part.iloc[by_lead].reset_index(drop=True) for part in (design, rows))
    settings = dataset.settings
    return TrainingTable(
        dataset.schema, design, rows, dataset.schema.timed, settings.horizon, ages=settings.snapshot_ages
    )


def _of_chunk(
    chunk: Chunk, schema: Schema, data_end: pd.Timestamp, settings: Settings, ranks: pd.Series | None
) -> tuple[Looked, Looked, pd.DataFrame, pd.Series, int]:
    """Return a chunk's matured and censored snapshots, its open leads with their dates, and how many are undated."""
    leads, horizon, ages = chunk.leads, settings.horizon, settings.snapshot_ages
    taken = timed_snapshots(leads, data_end, horizon, ages) if schema.timed else final_snapshots(leads, data_end)
    now = pd.DataFrame({"row": np.flatnonzero(open_at(leads, data_end)), "as_of": data_end})
    moments = pd.concat([taken.matured, taken.censored, now], ignore_index=True)
    design = build(Batch(schema, *chunk, snapshots=moments))
    first, last = len(taken.matured), len(taken.matured) + len(taken.censored)
    matured = (design[:first], _rows(leads, taken.matured, data_end, ranks))
    censored = (design[first:last], _rows(leads, taken.censored, data_end, ranks))
    in_no_row = leads["created_at"].iloc[now["row"]].mask(np.full(len(now), schema.timed))
    return matured, censored, design[last:], in_no_row, taken.undated


def _rows(leads: pd.DataFrame, moments: pd.DataFrame, data_end: pd.Timestamp, ranks: pd.Series | None) -> pd.DataFrame:
    """Return what is known of the leads that are looked at, one row per moment."""
    looked_at = leads.iloc[moments["row"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "lead_id": looked_at["lead_id"],
            "group": looked_at["account_id"].fillna("lead " + looked_at["lead_id"]),
            "as_of": moments["as_of"],
            "won": moments["won"],
            "won_at": moments["won_at"],
            "ever_won_at": moments["ever_won_at"],
            "closed_at": looked_at["closed_at"].where(happened_by(looked_at["closed_at"], data_end)),
            "age": in_days(moments["as_of"] - looked_at["created_at"]).round(),
            "watched": (data_end - moments["as_of"]) / pd.Timedelta(days=1),
            "amount": looked_at["amount"].where(moments["ever_won_at"].notna()),
            "order": looked_at["created_at"] if ranks is None else looked_at["position"].map(ranks),
        }
    )


def usable_rules(settings: Settings, schema: Schema) -> Rules | None:
    """Return the team's rules, or the shipped ones where they say enough of these columns."""
    if settings.rules:
        return load_rules(settings.rules, schema=schema)
    shipped = load_rules()
    return shipped if speaks_of(shipped, schema) else None
