"""What is learned from: the leads of a project as matured snapshots, gathered in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.dataset import Dataset, open_dataset, require_both_classes
from data.quality import Report
from data.schema import Chunk, Schema
from data.settings import Settings
from data.workspace import Workspace
from features import Batch, build
from features.snapshots import before_records, final_snapshots, timed_snapshots
from models.leakage import Leak, find_leaks
from models.learning import lay_blocks
from models.rules import Rules, load_rules, speaks_of
from models.training_table import TrainingTable
from pipelines.moments import end_of_data


@dataclass(frozen=True)
class TrainingData:
    """What was read: the training table, the design of the leads that are open now, and how the reading went.

    ``waiting_since`` is when the open leads came that are in no row of the table, missing for those that are.
    ``settings`` are those given with what was decided on reading, such as the formats of dates: they are kept with the
    model, so that later files are read alike. ``leaks`` are the columns that know the outcome, or may.
    """

    table: TrainingTable
    open_leads: pd.DataFrame
    waiting_since: pd.Series
    left_out: Mapping[str, int]
    data_end: pd.Timestamp
    report: Report
    settings: Settings
    fingerprint: str
    leaks: tuple[Leak, ...] = ()


def read_training_data(
    settings: Settings, workspace: Workspace, schema: Schema | None = None, competitors: Sequence[str] | None = None
) -> TrainingData:
    """Read all that is learned from, or would be by a model of the schema given.

    ``competitors`` are looked for in the place of those that the schema names.
    Raises InputError where there are not both won and lost leads.
    """
    with open_dataset(settings, workspace=workspace.root, schema=schema, keep_rejected=schema is None) as dataset:
        require_both_classes(dataset)
        if competitors is not None:
            dataset.look_for(competitors)
        return gathered(dataset) if schema else without_leaks(dataset)


def without_leaks(dataset: Dataset) -> TrainingData:
    """Gather what is learned from, and leave out the attributes that surely know the outcome."""
    read, settings = gathered(dataset), dataset.settings
    blocks, signs = lay_blocks(read.table, settings.seed), dataset.hindsight(read.data_end)
    leaks = find_leaks(read.table, blocks, dataset.columns, signs, keep=settings.keep, seed=settings.seed)
    sure = {name: f"it knows the outcome: {leak.evidence}" for name, leak in leaks.items() if leak.excluded}
    if sure:
        dataset.leave_out(sure)
        read = gathered(dataset)
    return replace(read, leaks=tuple(leaks.values()))


def gathered(dataset: Dataset) -> TrainingData:
    """Go through the leads once: matured snapshots to learn from, open leads to rank among."""
    data_end, schema, ranks = end_of_data(dataset, to_learn=True), dataset.schema, dataset.order_ranks()
    parts = [_of_chunk(chunk, schema, data_end, dataset.settings.horizon, ranks) for chunk in dataset.chunks()]
    designs, rows, open_leads, since, left_out = (list(part) for part in zip(*parts, strict=True))
    design, all_rows, now_open = (pd.concat(part, ignore_index=True) for part in (designs, rows, open_leads))
    waiting_since = pd.concat(since, ignore_index=True)
    counts = _added_up(left_out)
    by_lead = all_rows["lead_id"].argsort(kind="stable")  # whatever order the source has its rows in
    if schema.timed:
        unrecorded = before_records(all_rows, dataset.settings.horizon)
        counts["unrecorded"], by_lead = int(unrecorded.sum()), by_lead[~unrecorded[by_lead]]
    design, all_rows = (part.iloc[by_lead].reset_index(drop=True) for part in (design, all_rows))
    table = TrainingTable(schema, design, all_rows, schema.timed, dataset.settings.horizon)
    return TrainingData(
        table, now_open, waiting_since, counts, data_end, dataset.report, dataset.settings, dataset.fingerprint()
    )


def _of_chunk(
    chunk: Chunk, schema: Schema, data_end: pd.Timestamp, horizon: int, ranks: pd.Series | None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.Series, dict[str, int]]:
    """Return design and rows of the snapshots of a chunk, design and dates of its open leads, and what was left out."""
    leads = chunk.leads
    taken = timed_snapshots(leads, data_end, horizon) if schema.timed else final_snapshots(leads, data_end)
    now = pd.DataFrame({"row": np.flatnonzero(_open_at(leads, data_end)), "as_of": data_end})
    moments = pd.concat([taken.moments, now], ignore_index=True)
    design = build(Batch(schema, *chunk, moments=moments))
    learned_from = leads.iloc[taken.moments["row"]].reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "lead_id": learned_from["lead_id"],
            "group": learned_from["account_id"].fillna("lead " + learned_from["lead_id"]),
            "as_of": taken.moments["as_of"],
            "won": taken.moments["won"],
            "won_at": taken.moments["won_at"],
            "ever_won_at": taken.moments["ever_won_at"],
            "amount": learned_from["amount"].where(taken.moments["ever_won_at"].notna()),
            "order": learned_from["created_at"] if ranks is None else learned_from["position"].map(ranks),
        }
    )
    in_no_row = leads["created_at"].iloc[now["row"]].mask(np.full(len(now), schema.timed))
    return (
        design[: len(rows)],
        rows,
        design[len(rows) :],
        in_no_row,
        {"censored": taken.censored, "undated": taken.undated},
    )


def _added_up(counts: list[dict[str, int]]) -> dict[str, int]:
    return {name: sum(each[name] for each in counts) for name in counts[0]}


def _open_at(leads: pd.DataFrame, moment: pd.Timestamp) -> pd.Series:
    created = leads["created_at"].isna() | (leads["created_at"] <= moment)
    lost = (leads["lost_at"] <= moment) & (leads["reopened_at"] > moment)
    return created & ~lost & (leads["won"].isna() | (leads["closed_at"] > moment))


def usable_rules(settings: Settings, schema: Schema) -> Rules | None:
    """Return the team's rules, or the shipped ones where they say enough of these columns."""
    if settings.rules:
        return load_rules(settings.rules, schema=schema)
    shipped = load_rules()
    return shipped if speaks_of(shipped, schema) else None
