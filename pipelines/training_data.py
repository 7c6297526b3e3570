"""What is learned from: the leads of a project as matured snapshots, gathered in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Literal

import numpy as np
import pandas as pd

from data.chunk import Chunk
from data.config import Settings
from data.dataset import Content, Dataset, open_dataset, require_outcomes
from data.errors import InputError
from data.quality_report import Report
from data.schema import Schema
from data.workspace import Workspace
from features import (
    NO_CLOSING,
    NO_CREATION,
    Batch,
    before_records,
    build,
    days_in_stage_at,
    final_snapshots,
    happened_by,
    open_at,
    stage_at,
    timed_snapshots,
)
from models.evaluation import Leak, find_leaks
from models.rules import Rules, load_rules, mentions_of, speaks_of
from models.training import in_days, split_table
from models.training_table import TrainingTable

UNKNOWN = 0.01
"""Chance of a win that rules are set to where no lead has closed: as if half a lead of 50 had been won."""
HALF = "is about that of half a lead more won, and half a lead more lost"
"""As by the prior of Jeffreys (1946), "An invariant form for the prior probability in estimation problems"."""

FEW_UNDATED = 0.05
"""Share of the losses that may have no date: with more, the older leads would be those that were won, or are open."""
MOST_COLUMNS = 3000
"""Columns that are learned from: time and memory grow with them, and of thousands some predict by chance."""
MOST_LEFT_OUT = 0.5
"""Share of one outcome that may be left out while the other is learned from."""

Instead = Literal["", "closed", "open"]
Snapshots = tuple[pd.DataFrame, pd.DataFrame]
"""Features of some snapshots, and what is known of their leads: the rows of a training table."""


@dataclass(frozen=True)
class TrainingData:
    """What was read: the training table, the features of the leads that are open now, and how the reading went.

    ``open_stages`` are the ``stage`` of the open leads, and the ``days`` that they have been there.

    ``censored`` is the table of the snapshots whose window is not over: ``won`` is missing while the lead is open.
    ``waiting_since`` is when the open leads came that are in no row of the table, missing for those that are.
    ``settings`` are those of the project with what was decided on reading, such as the formats of dates: they are
    stored with the model, so that later files are read alike. ``content`` is what the tables hold at all.
    ``leaks`` are the columns that know the outcome, or may.
    ``unlearned`` counts the leads that ended and are in no row, by outcome (won, lost) and reason.
    ``ended`` counts all of them by outcome.
    ``instead`` names the leads that the table holds where no outcome is final: those that closed so far, or, where none
    has, those that are open, imputed as lost.
    """

    table: TrainingTable
    censored: TrainingTable
    open_leads: pd.DataFrame
    open_stages: pd.DataFrame
    waiting_since: pd.Series
    left_out: Mapping[str, int]
    data_end: pd.Timestamp
    report: Report
    settings: Settings
    fingerprint: str
    content: Content
    leaks: tuple[Leak, ...] = ()
    unlearned: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    ended: Mapping[str, int] = field(default_factory=lambda: {"won": 0, "lost": 0})
    instead: Instead = ""

    @property
    def one_sided(self) -> str:
        """Say which outcome would be left out while the other is learned from; nothing where none is."""
        for outcome, other in (("won", "lost"), ("lost", "won")):
            reasons = self.unlearned.get(outcome, {})
            if self._left_out(outcome) > MOST_LEFT_OUT and self._left_out(other) <= MOST_LEFT_OUT:
                why = ", ".join(f"{count:,} × {reason}" for reason, count in reasons.items())
                return f"{sum(reasons.values()):,} {outcome} leads would be left out, and the {other} ones not: {why}"
        return ""

    def _left_out(self, outcome: str) -> float:
        """Return which share of the leads of an outcome is in no row; 0 where there are none."""
        left_out = sum(self.unlearned.get(outcome, {}).values())
        return left_out / max(self.ended[outcome], 1)

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
    settings: Settings, workspace: Workspace, schema: Schema | None = None, rules: Sequence[Rules] = ()
) -> TrainingData:
    """Read all that is learned from, or would be by a model of the schema given.

    All that ``rules`` name is read in the place of what those of the schema do; the first ones name the competitors.
    Raises InputError where nothing says how leads end.
    """
    mentions = reduce(or_, map(mentions_of, rules)) if rules else None
    with open_dataset(
        settings, workspace=workspace.root, schema=schema, keep_rejected=schema is None, mentions=mentions
    ) as opened:
        require_outcomes(opened)
        dataset = opened.with_competitors(rules[0].competitors) if rules else opened
        read = gather(dataset) if schema else without_leaks(dataset)
    require_both_outcomes(read)
    return read


def require_few_columns(dataset: Dataset) -> None:
    """Raise InputError where learning from all columns would take hours, and name those that say least."""
    columns = len(dataset.schema.attributes)
    if columns > MOST_COLUMNS:
        filled = dataset.filled()
        emptiest = ", ".join(f"'{name}'" for name in sorted(filled, key=lambda name: filled[name])[:5])
        raise InputError(
            "there are too many columns to learn from",
            expected=f"at most {MOST_COLUMNS:,} columns that become features",
            got=f"{columns:,}",
            remedy=f"leave out what nobody decides by, with --drop or drop: in leadscore.yaml; "
            f"the fewest leads have a value of {emptiest}",
        )


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
    data_end, schema, ranks = dataset.end, dataset.schema, dataset.order_ranks()
    settings = _with_ages(dataset)
    chunks = [_of_chunk(chunk, schema, data_end, settings, ranks) for chunk in dataset.chunks()]
    matured, censored, open_leads, open_stages, since, unlearned = (list(each) for each in zip(*chunks, strict=True))
    table, not_over = (_in_order(snapshots, schema, settings) for snapshots in (matured, censored))
    left_out = _by_outcome(unlearned)
    undated = sum(reasons.get(why, 0) for reasons in left_out.values() for why in (NO_CREATION, NO_CLOSING))
    counts = {"censored": len(not_over) if schema.timed else 0, "undated": undated}
    # Before the first win that was recorded, nothing says that leads were not won.
    if schema.timed:
        unrecorded = before_records(table.rows, settings.horizon)
        counts["unrecorded"], table = int(unrecorded.sum()), table.subset(~unrecorded)
    closed = dataset.outcome_counts
    table, instead = _learnable(table, not_over, has_closed=closed.won + closed.lost > 0)
    return TrainingData(
        table=table,
        censored=not_over,
        open_leads=pd.concat(open_leads, ignore_index=True),
        open_stages=pd.concat(open_stages, ignore_index=True),
        waiting_since=pd.concat(since, ignore_index=True),
        left_out=counts,
        data_end=data_end,
        report=dataset.report,
        settings=settings,
        fingerprint=dataset.fingerprint(),
        unlearned=left_out,
        ended={"won": closed.won, "lost": closed.lost},
        content=dataset.content(),
        instead=instead,
    )


def _with_ages(dataset: Dataset) -> Settings:
    """Return the settings, with the creation alone to learn from where many losses have no date.

    Such a loss says nothing of a lead that is older: older leads would be those that were won, or are open still.
    """
    if not dataset.schema.timed or dataset.undated_losses <= FEW_UNDATED:
        return dataset.settings
    return dataset.settings.model_copy(update={"snapshot_ages": (0,)})


def _by_outcome(chunks: Sequence[pd.DataFrame]) -> dict[str, dict[str, int]]:
    """Count the leads of chunks by outcome, then by reason."""
    counts = pd.concat(chunks).groupby(["outcome", "reason"]).size()
    return {outcome: counts[outcome].to_dict() for outcome in counts.index.unique("outcome")}


def require_both_outcomes(read: TrainingData) -> None:
    """Raise `InputError` where one outcome would be left out and the other learned from."""
    if read.one_sided:
        raise InputError(
            "one outcome would be left out while the other is learned from",
            expected="won and lost leads with a date of creation, and won ones with a later date of closing",
            got=read.one_sided,
            where=read.settings.places,
            remedy="map the column with the date of the win (columns.leads.closed_at, or closed_at of the outcomes); "
            "without any closing date the outcomes are final, and nothing is left out",
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


def _in_order(chunks: list[Snapshots], schema: Schema, settings: Settings) -> TrainingTable:
    """Put the snapshots of chunks together by lead, whatever order the source has its rows in."""
    features, rows = (pd.concat(each, ignore_index=True) for each in zip(*chunks, strict=True))
    by_lead = rows["lead_id"].argsort(kind="stable")
    features, rows = (each.iloc[by_lead].reset_index(drop=True) for each in (features, rows))
    return TrainingTable(schema, features, rows, schema.timed, settings.horizon, ages=settings.snapshot_ages)


def _of_chunk(
    chunk: Chunk, schema: Schema, data_end: pd.Timestamp, settings: Settings, ranks: pd.Series | None
) -> tuple[Snapshots, Snapshots, pd.DataFrame, pd.DataFrame, pd.Series, pd.DataFrame]:
    """Return a chunk's matured and censored snapshots, its open leads, their stages, dates, and the leads in no row."""
    leads, horizon, ages = chunk.leads, settings.horizon, settings.snapshot_ages
    labelled = timed_snapshots(leads, data_end, horizon, ages) if schema.timed else final_snapshots(leads, data_end)
    now = pd.DataFrame({"row": np.flatnonzero(open_at(leads, data_end)), "as_of": data_end})
    snapshots = pd.concat([labelled.matured, labelled.censored, now], ignore_index=True)
    features = build(Batch(schema, *chunk, snapshots=snapshots))
    first, last = len(labelled.matured), len(labelled.matured) + len(labelled.censored)
    matured = (features[:first], _rows(leads, labelled.matured, data_end, ranks))
    censored = (features[first:last], _rows(leads, labelled.censored, data_end, ranks))
    stages = pd.DataFrame({"stage": stage_at(chunk, data_end), "days": days_in_stage_at(chunk, data_end)})
    in_no_row = leads["created_at"].iloc[now["row"]].mask(np.full(len(now), schema.timed))
    return matured, censored, features[last:], stages.iloc[now["row"]], in_no_row, labelled.unlearned


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
