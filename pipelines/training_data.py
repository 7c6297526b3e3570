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
Snapshots = tuple[pd.DataFrame, pd.DataFrame]
"""Features of some snapshots, and what is known of their leads: the rows of a training table."""


@dataclass(frozen=True)
class TrainingData:
    """What was read: the training table, the features of the leads that are open now, and how the reading went.

    ``censored`` is the table of the snapshots whose window is not over: ``won`` is missing while the lead is open.
    ``waiting_since`` is when the open leads came that are in no row of the table, missing for those that are.
    ``settings`` are those of the project with what was decided on reading, such as the formats of dates: they are
    stored with the model, so that later files are read alike. ``leaks`` are the columns that know the outcome, or may.
    ``instead`` names the leads that the table holds where no outcome is final: those that closed so far, or, where none
    has, those that are open, imputed as lost.
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
        """Say what the level of the probabilities rests on where outcomes do not show it; nothing where they do."""
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
        return gather(dataset) if schema else without_leaks(dataset)


def without_leaks(dataset: Dataset) -> TrainingData:
    """Gather what is learned from, and leave out the columns that surely know the outcome."""
    read, settings = gather(dataset), dataset.settings
    splits, signs = split_table(read.table, settings.seed), dataset.leakage_signs(read.data_end)
    leaks = find_leaks(read.table, splits, dataset.columns, signs, keep=settings.keep, seed=settings.seed)
    sure = {name: f"it knows the outcome: {leak.evidence}" for name, leak in leaks.items() if leak.excluded}
    if sure:
        read = gather(dataset.without(sure))
    return replace(read, leaks=tuple(leaks.values()))


def gather(dataset: Dataset) -> TrainingData:
    """Go through the leads once: matured snapshots to learn from, open leads to rank among."""
    data_end, schema, ranks = end_of_data(dataset, to_learn=True), dataset.schema, dataset.order_ranks()
    chunks = [_of_chunk(chunk, schema, data_end, dataset.settings, ranks) for chunk in dataset.chunks()]
    matured, censored, open_leads, since, undated = (list(each) for each in zip(*chunks, strict=True))
    table, not_over = (_in_order(snapshots, dataset) for snapshots in (matured, censored))
    counts = {"censored": len(not_over) if schema.timed else 0, "undated": sum(undated)}
    # Before the first win that was recorded, nothing says that leads were not won.
    if schema.timed:
        unrecorded = before_records(table.rows, dataset.settings.horizon)
        counts["unrecorded"], table = int(unrecorded.sum()), table.subset(~unrecorded)
    closed = dataset.outcome_counts
    table, instead = _learnable(table, not_over, has_closed=closed.won + closed.lost > 0)
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


def _learnable(table: TrainingTable, censored: TrainingTable, *, has_closed: bool) -> tuple[TrainingTable, Instead]:
    """Return what is learned from; where outcomes show nothing, what rules go by, and which leads those are instead.

    Where no window is over these are the leads that closed so far, and where none has closed the open ones, imputed as
    lost for this alone: what is imputed is never measured, nor shown. Then each lead counts once, however many
    snapshots it has, and the open ones so little that the level of the probabilities is `UNKNOWN`.
    """
    if table.minority_count():
        return table, ""
    # All ended alike: there is a level to go by, and nothing to learn.
    if has_closed and len(table):
        return _each_once(table, 1.0), ""
    # No window is over: the leads that have closed so far show the level.
    known = censored.rows["won"].notna().to_numpy()
    if has_closed and known.any():
        closed = censored.subset(known)
        return _each_once(replace(closed, rows=closed.rows.astype({"won": int}), imputed=True), 1.0), "closed"
    # None has closed: the open ones hold the place of the level that nobody knows.
    some = table if len(table) else censored
    lost = replace(some, rows=some.rows.assign(won=0), imputed=True)
    return _each_once(lost, (0.5 / UNKNOWN - 1) / max(some.rows["lead_id"].nunique(), 1)), "open"


def _each_once(table: TrainingTable, weight: float) -> TrainingTable:
    """Let each lead weigh so much, shared by its rows."""
    snapshots = table.rows.groupby("lead_id")["lead_id"].transform("size")
    return table.with_sample_weight(weight / snapshots.to_numpy(float))


def _in_order(chunks: list[Snapshots], dataset: Dataset) -> TrainingTable:
    """Put the snapshots of chunks together by lead, whatever order the source has its rows in."""
    features, rows = (pd.concat(each, ignore_index=True) for each in zip(*chunks, strict=True))
    by_lead = rows["lead_id"].argsort(kind="stable")
    features, rows = (each.iloc[by_lead].reset_index(drop=True) for each in (features, rows))
    settings = dataset.settings
    return TrainingTable(
        dataset.schema, features, rows, dataset.schema.timed, settings.horizon, ages=settings.snapshot_ages
    )


def _of_chunk(
    chunk: Chunk, schema: Schema, data_end: pd.Timestamp, settings: Settings, ranks: pd.Series | None
) -> tuple[Snapshots, Snapshots, pd.DataFrame, pd.Series, int]:
    """Return a chunk's matured and censored snapshots, its open leads with their dates, and how many are undated."""
    leads, horizon, ages = chunk.leads, settings.horizon, settings.snapshot_ages
    labelled = timed_snapshots(leads, data_end, horizon, ages) if schema.timed else final_snapshots(leads, data_end)
    now = pd.DataFrame({"row": np.flatnonzero(open_at(leads, data_end)), "as_of": data_end})
    snapshots = pd.concat([labelled.matured, labelled.censored, now], ignore_index=True)
    features = build(Batch(schema, *chunk, snapshots=snapshots))
    first, last = len(labelled.matured), len(labelled.matured) + len(labelled.censored)
    matured = (features[:first], _rows(leads, labelled.matured, data_end, ranks))
    censored = (features[first:last], _rows(leads, labelled.censored, data_end, ranks))
    in_no_row = leads["created_at"].iloc[now["row"]].mask(np.full(len(now), schema.timed))
    return matured, censored, features[last:], in_no_row, labelled.undated


def _rows(
    leads: pd.DataFrame, snapshots: pd.DataFrame, data_end: pd.Timestamp, ranks: pd.Series | None
) -> pd.DataFrame:
    """Return what is known of the leads of snapshots, one row per snapshot."""
    of_lead = leads.iloc[snapshots["row"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "lead_id": of_lead["lead_id"],
            "group": of_lead["account_id"].fillna("lead " + of_lead["lead_id"]),
            "as_of": snapshots["as_of"],
            "won": snapshots["won"],
            "won_at": snapshots["won_at"],
            "ever_won_at": snapshots["ever_won_at"],
            "closed_at": of_lead["closed_at"].where(happened_by(of_lead["closed_at"], data_end)),
            "age": in_days(snapshots["as_of"] - of_lead["created_at"]).round(),
            "watched": (data_end - snapshots["as_of"]) / pd.Timedelta(days=1),
            "amount": of_lead["amount"].where(snapshots["ever_won_at"].notna()),
            "order": of_lead["created_at"] if ranks is None else of_lead["position"].map(ranks),
        }
    )


def usable_rules(settings: Settings, schema: Schema) -> Rules | None:
    """Return the team's rules, or the shipped ones where they say enough of these columns."""
    if settings.rules:
        return load_rules(settings.rules, schema=schema)
    shipped = load_rules()
    return shipped if speaks_of(shipped, schema) else None
