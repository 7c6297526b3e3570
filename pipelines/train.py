"""train: read the outcomes → learn → compare with the rules → store the winner in MLflow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.dataset import open_dataset, require_both_classes
from data.errors import InputError
from data.quality import Report
from data.schema import Chunk, Schema
from data.settings import Settings
from data.workspace import Workspace
from features import Batch, build, fingerprint
from features.snapshots import final_snapshots, timed_snapshots
from models import plots
from models.evaluation import Metrics
from models.learned import SHALLOW_TREES, tree_count
from models.learning import Learned, TrainingTable, learn, measure
from models.registry import Registry, git_commit
from models.rules import Rules, load_rules, speaks_of
from models.scorer import Scorer, assemble
from pipelines.console import note, step
from pipelines.describe import describe
from pipelines.moments import end_of_data

SUMMARY_ROWS = 2000
"""Rows that the SHAP summary plot is drawn from."""
DRIFTED = 1.5
"""A base rate that differs by this factor between old and new leads is said to have moved."""


@dataclass(frozen=True)
class TrainResult:
    """What a training gives back; `as_json` is the contract of ``train --json``."""

    run_id: str
    model_version: str
    promoted: bool
    why: str
    chosen: str
    rung: str
    rules_kind: str
    window: Mapping[str, Any]
    metrics: Mapping[str, Metrics]
    base_rates: Mapping[str, float]
    counts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "metrics": {name: metrics.as_dict() for name, metrics in self.metrics.items()}}


@dataclass(frozen=True)
class TrainingData:
    """What was read: the training table, the design of the leads that are open now, and how the reading went.

    ``settings`` are those given with what was decided on reading, such as the formats of dates: they are kept with the
    model, so that later files are read alike.
    """

    table: TrainingTable
    open_leads: pd.DataFrame
    left_out: Mapping[str, int]
    data_end: pd.Timestamp
    report: Report
    settings: Settings
    fingerprint: str


def train(settings: Settings, workspace: Workspace) -> TrainResult:
    """Train a model on the settings' data, store it, and make it the champion.

    Raises InputError where the data cannot be read or do not hold both won and lost leads.
    """
    if settings.truth and not settings.truth.exists():
        raise InputError("there is no such file", expected="the simulator's truth", got=str(settings.truth))
    with step("reading leads and counting their events"):
        read = read_training_data(settings, workspace)
    rules = _usable_rules(settings, read.table.schema)
    with step(f"learning from {len(read.table.rows):,} snapshots of {read.table.rows['lead_id'].nunique():,} leads"):
        learned = learn(read.table, rules, seed=settings.seed)
        learned.tested.update(_truth(settings, read.table, learned))
        metrics = {
            name: measure(probability, read.table, learned.blocks, settings.seed)
            for name, probability in learned.tested.items()
        }
    with step("storing the model and its plots in MLflow"):
        result = _store(settings, workspace, read, learned, metrics)
    for text in [*describe(read.report), *_notes(result)]:
        note(text)
    return result


def _usable_rules(settings: Settings, schema: Schema) -> Rules | None:
    """Return the team's rules, or the shipped ones where they say enough of these columns."""
    if settings.rules:
        return load_rules(settings.rules, schema=schema)
    shipped = load_rules()
    return shipped if speaks_of(shipped, schema) else None


def read_training_data(settings: Settings, workspace: Workspace) -> TrainingData:
    """Go through the leads once: matured snapshots to learn from, open leads to rank among."""
    with open_dataset(settings, workspace=workspace.root) as dataset:
        require_both_classes(dataset)
        data_end, schema, ranks = end_of_data(dataset), dataset.schema, dataset.order_ranks()
        parts = [_of_chunk(chunk, schema, data_end, settings.horizon, ranks) for chunk in dataset.chunks()]
        fingerprint_of_data = dataset.fingerprint()
    designs, rows, open_leads, left_out = (list(part) for part in zip(*parts, strict=True))
    design, all_rows, now_open = (pd.concat(part, ignore_index=True) for part in (designs, rows, open_leads))
    by_lead = all_rows["lead_id"].argsort(kind="stable")  # whatever order the source has its rows in
    design, all_rows = (part.iloc[by_lead].reset_index(drop=True) for part in (design, all_rows))
    table = TrainingTable(schema, design, all_rows, schema.timed, settings.horizon)
    counts = _added_up(left_out)
    return TrainingData(table, now_open, counts, data_end, dataset.report, dataset.settings, fingerprint_of_data)


def _of_chunk(
    chunk: Chunk, schema: Schema, data_end: pd.Timestamp, horizon: int, ranks: pd.Series | None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Return the design and rows of the snapshots of a chunk, the design of its open leads, and what was left out."""
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
            "order": learned_from["created_at"] if ranks is None else learned_from["position"].map(ranks),
        }
    )
    return design[: len(rows)], rows, design[len(rows) :], {"censored": taken.censored, "undated": taken.undated}


def _added_up(counts: list[dict[str, int]]) -> dict[str, int]:
    return {name: sum(each[name] for each in counts) for name in counts[0]}


def _open_at(leads: pd.DataFrame, moment: pd.Timestamp) -> pd.Series:
    created = leads["created_at"].isna() | (leads["created_at"] <= moment)
    return created & (leads["won"].isna() | (leads["closed_at"] > moment))


def _truth(settings: Settings, table: TrainingTable, learned: Learned) -> dict[str, np.ndarray]:
    """Return the simulator's true probabilities of the test rows, where they are known; nothing else reads them."""
    if not settings.truth:
        return {}
    tested = table.rows[learned.blocks.test]
    truth = pd.read_parquet(settings.truth).astype({"as_of": "datetime64[us, UTC]"})
    truth["as_of"] = truth["as_of"].dt.tz_localize(None)
    known = tested.merge(truth, on=["lead_id", "as_of"], how="left")["probability"].to_numpy()
    if np.isnan(known).any():
        raise InputError(
            "the truth does not cover the test block",
            expected=f"a probability for each of {len(known):,} snapshots",
            got=f"{int(np.isnan(known).sum()):,} without one",
            where=str(settings.truth),
        )
    return {"best possible": known}


def _store(
    settings: Settings, workspace: Workspace, read: TrainingData, learned: Learned, metrics: Mapping[str, Metrics]
) -> TrainResult:
    """Log the run with all that was found, and promote the version."""
    registry, table = Registry(workspace), read.table
    tags = _tags(read, learned)
    with registry.run() as run_id:
        version = registry.store(learned.model, tags)
        scorer = assemble(learned, table, read.open_leads, version, settings.thresholds)
        result = TrainResult(
            run_id=run_id,
            model_version=version,
            promoted=True,
            why=learned.why,
            chosen=learned.chosen,
            rung=learned.rung,
            rules_kind=learned.rules_kind,
            window=_window(read, learned),
            metrics=metrics,
            base_rates=_base_rates(table, learned),
            counts={
                "snapshots": len(table.rows),
                "leads": int(table.rows["lead_id"].nunique()),
                **read.left_out,
            },
        )
        registry.log_scorer(scorer, read.settings.with_absolute_paths(), result.as_json())
        registry.log_run(_params(settings, learned), _flat_metrics(metrics), tags)
        _log_pictures(registry, scorer, learned, table)
    registry.promote(version)
    return result


def _tags(read: TrainingData, learned: Learned) -> dict[str, str]:
    return {
        "feature_fingerprint": fingerprint(read.table.schema),
        "data_fingerprint": read.fingerprint,
        "git_commit": git_commit(),
        "horizon": str(read.table.horizon) if read.table.timed else "none",
        "rung": learned.rung,
        "chosen": learned.chosen,
        "rules": learned.rules_kind,
        "why": learned.why,
    }


def _window(read: TrainingData, learned: Learned) -> dict[str, Any]:
    """Say from when to when each block reaches, and how many snapshots it holds."""
    blocks = {name: getattr(learned.blocks, name) for name in ("fit", "tune", "test")}
    window: dict[str, Any] = {name: {"snapshots": int(rows.sum())} for name, rows in blocks.items()}
    if read.table.timed:
        for name, rows in blocks.items():
            moments = read.table.rows["as_of"][rows]
            window[name] |= {"from": _iso(moments.min()), "to": _iso(moments.max())}
    horizon = read.table.horizon if read.table.timed else None
    return {**window, "layout": learned.blocks.layout, "horizon": horizon, "data_end": _iso(read.data_end)}


def _iso(moment: pd.Timestamp) -> str | None:
    return None if pd.isna(moment) else f"{moment.isoformat(timespec='seconds')}Z"


def _base_rates(table: TrainingTable, learned: Learned) -> dict[str, float]:
    blocks = {"older": learned.blocks.fit | learned.blocks.tune, "newest": learned.blocks.test}
    return {name: float(table.won[rows].mean()) for name, rows in blocks.items()}


def _params(settings: Settings, learned: Learned) -> dict[str, Any]:
    given = {"seed": settings.seed, "drop": ", ".join(settings.drop), "keep": ", ".join(settings.keep)}
    if learned.chosen == "boosting":
        given |= {"trees": tree_count(learned.model.estimators[0][1]), **SHALLOW_TREES}
    return {**given, "layout": learned.blocks.layout}


def _flat_metrics(metrics: Mapping[str, Metrics]) -> dict[str, float]:
    """Name each number as MLflow likes it: ``model_auc``, ``model_auc_low``, ``model_auc_high``, …"""
    flat: dict[str, float] = {}
    for scorer, measured in metrics.items():
        for name, value in measured.as_dict().items():
            numbers = {"_low": value[0], "_high": value[1]} if name.endswith("_ci") else {"": value}
            stem = f"{scorer}_{name.removesuffix('_ci')}".replace(" ", "_")
            flat |= {stem + ending: number for ending, number in numbers.items() if np.isfinite(number)}
    return flat


def _log_pictures(registry: Registry, scorer: Scorer, learned: Learned, table: TrainingTable) -> None:
    won = table.won[learned.blocks.test]
    sample = scorer.completed(learned.design.sample(min(SUMMARY_ROWS, len(learned.design)), random_state=0))
    drawn = {name: probability for name, probability in learned.tested.items() if name != "base rate"}
    figures = {
        "calibration": plots.calibration_plot(drawn, won),
        "gains": plots.gains_plot(drawn, won),
        "contributions": plots.contributions_plot(scorer.contributions(sample), sample),
    }
    with tempfile.TemporaryDirectory() as folder:
        plots.save(figures, Path(folder))
        registry.log_plots(Path(folder))


def _notes(result: TrainResult) -> Iterator[str]:
    """Say what a reader of the metrics must know."""
    older, newest = result.base_rates["older"], result.base_rates["newest"]
    yield "Attributes are read as they stand now: whatever was filled in after the outcome must be dropped (--drop)."
    if result.window["layout"] == "random":
        yield "The file says nothing of its order (--created, --order): blocks are random, which flatters every model."
    if result.rules_kind == "scorecard":
        yield "The shipped rules know too little of these columns: the baseline is a scorecard from the fit block."
    if min(older, newest) * DRIFTED < max(older, newest):
        moved = f"The base rate moved from {older:.1%} in the older blocks to {newest:.1%} in the newest"
        yield f"{moved}: probabilities lag behind such a drift, the ranking less."
    if result.counts["censored"]:
        yield f"{result.counts['censored']:,} snapshots whose window is not over are censored: neither won nor lost."
    if result.counts["undated"]:
        yield f"{result.counts['undated']:,} leads without a date of creation or of closing are not learned from."
    yield "The metrics describe the recipe on the newest block; the stored model is refitted on all matured leads."
