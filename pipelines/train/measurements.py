"""From what was learned to the scorer that is stored, and to the result that is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from data.config import BandThresholds
from models.blend import spline_encoder
from models.evaluation import deciles_in_history, drivers, signal_of, thresholds_in_history
from models.fitting import (
    assemble,
    fit_amounts,
    fit_timing,
    measure_amounts,
    measure_timing,
    thresholds_of_rules,
)
from models.metrics import Metrics
from models.rules import review_rules, shares_of_rules
from models.scoring import Scorer
from models.training import Learned, outcomes_of
from models.training_table import TrainingTable
from models.versions import Stored
from pipelines.train.contest import Contest
from pipelines.train.result import TrainResult
from pipelines.training_data import TrainingData
from pipelines.versioning import as_json

SUMMARY_ROWS = 2000
"""Rows that the SHAP summary plot, and the share of each rule, are taken from."""


def make_scorer(read: TrainingData, learned: Learned, version: str, thresholds: BandThresholds) -> Scorer:
    """Assemble the scorer of a version, with when wins come and what they bring where the data say so."""
    table, encoder = replace(read.table, features=learned.features), spline_encoder(learned.model)
    timing = None
    if _has_times(read):
        timing = fit_timing(table, learned.fitted, read.data_end, seed=read.settings.seed, encoder=encoder)
    scorer = assemble(learned, read.table, read.open_leads, version, thresholds, read.open_stages)
    return replace(scorer, timing=timing, amounts=fit_amounts(table, encoder))


def make_result(
    run_id: str,
    scorer: Scorer,
    read: TrainingData,
    learned: Learned,
    *,
    metrics: Mapping[str, Metrics],
    contest: Contest,
    why: str,
) -> TrainResult:
    """Return the result of a training, with all that is measured on the newest block and on history."""
    table = replace(read.table, features=learned.features)
    return TrainResult(
        run_id=run_id,
        model_version=scorer.version,
        promoted=contest.promoted,
        why=why,
        chosen=learned.chosen,
        rung=learned.rung,
        rules_kind=learned.rules_kind,
        choices=learned.choices,
        window=_window(read, learned),
        metrics=metrics,
        base_rates=_base_rates(read.table, learned),
        counts=_counts(read, learned),
        compared=contest.verdict and as_json(contest.verdict),
        last_events=_last_events(read),
        missing=contest.obstacle.get("missing", []),
        signal=_signal(read, learned),
        leakage=[leak.as_json() for leak in read.leaks],
        when=_timing_measured(read, learned),
        amounts=measure_amounts(table, learned.splits),
        rules_review=_reviewed(scorer, learned, read.table),
        closing=drivers(scorer, table.labelled.features, table.labelled.rows),
        bars=thresholds_in_history(learned.served, read.table, learned.splits.test),
        standing=deciles_in_history(scorer, learned, read.table, read.open_leads),
        excluded=dict(read.table.schema.excluded),
        quality=[asdict(flag) for flag in read.report.flags],
    )


def _last_events(read: TrainingData) -> dict[str, str]:
    """Return the day of the last event of each type that is learned from, by the end of the data."""
    learned = {kind.name for kind in read.table.schema.event_types}
    newest = {name: min(moment, read.data_end) for name, moment in read.content.event_types.items() if name in learned}
    return {name: f"{moment:%Y-%m-%d}" for name, moment in sorted(newest.items())}


def _signal(read: TrainingData, learned: Learned) -> dict[str, Any] | None:
    won, groups = outcomes_of(read.table, learned.splits.test)
    signal = signal_of(learned.served, learned.tested["base rate"], won, groups, read.settings.seed)
    return signal and signal.as_json()


def _has_times(read: TrainingData) -> bool:
    """Return whether the data say when wins came, and any came."""
    return read.table.timed and bool(read.table.labelled.won.any())


def _timing_measured(read: TrainingData, learned: Learned) -> Mapping[int, Mapping[str, float]]:
    """Return how often wins came within each time, on the newest block."""
    if not _has_times(read):
        return {}
    table = replace(read.table, features=learned.features)
    return measure_timing(table, learned.splits, learned.fitted, learned.served, read.data_end, seed=read.settings.seed)


def _reviewed(scorer: Scorer, learned: Learned, table: TrainingTable) -> list[dict[str, Any]]:
    """Compare each rule with history, and with what the model says of the same."""
    narrator, contributions = scorer.narrator, scorer.contributions(sample_of(scorer, learned))
    effect = np.abs(narrator.merged(contributions)).mean(axis=0)
    share_of = dict(zip(narrator.concepts, (effect / max(effect.sum(), 1e-9)).tolist(), strict=True))
    shares = shares_of_rules(scorer.rules, narrator.features, share_of)
    return [rule.as_json() for rule in review_rules(scorer.rules, table.labelled, shares)]


def sample_of(scorer: Scorer, learned: Learned) -> pd.DataFrame:
    """Return the features of some rows, the same each time, for plots and shares."""
    return scorer.with_rules(learned.features.sample(min(SUMMARY_ROWS, len(learned.features)), random_state=0))


def thresholds_for(champion: Stored | None, read: TrainingData, learned: Learned) -> BandThresholds:
    """Return the thresholds of the settings, else of rules that are served, else the champion's: they stay fixed."""
    settings, table = read.settings, read.table
    if settings.thresholds != BandThresholds():
        return settings.thresholds
    if agreed := thresholds_of_rules(learned):
        return agreed
    horizon = table.horizon if table.timed else None
    if champion is None or champion.scorer.horizon != horizon:
        return settings.thresholds
    return BandThresholds(hot=champion.scorer.scale.hot, warm=champion.scorer.scale.warm)


def _counts(read: TrainingData, learned: Learned) -> dict[str, Any]:
    leads = int(read.table.rows["lead_id"].nunique())
    return {
        "snapshots": len(read.table),
        "leads": leads,
        **read.left_out,
        "unlearned": read.unlearned,
        "settled": learned.resolved,
    }


def _window(read: TrainingData, learned: Learned) -> dict[str, Any]:
    """Say from when to when each block reaches, and how many snapshots it holds."""
    splits = {name: getattr(learned.splits, name) for name in ("fit", "tune", "test")}
    window: dict[str, Any] = {name: {"snapshots": int(rows.sum())} for name, rows in splits.items()}
    if read.table.timed:
        for name, rows in splits.items():
            moments = read.table.rows["as_of"][rows]
            window[name] |= {"from": _iso(moments.min()), "to": _iso(moments.max())}
    horizon = read.table.horizon if read.table.timed else None
    return {
        **window,
        "layout": learned.splits.layout,
        "horizon": horizon,
        "data_end": _iso(read.data_end),
        "grouped_by": _groups(read),
    }


def _groups(read: TrainingData) -> dict[str, Any]:
    """Say whose leads stay together in splits and intervals: those of an account, where there is one for any lead."""
    groups = read.table.rows["group"].drop_duplicates()
    accounts = int((~groups.str.startswith("lead ")).sum())
    column = read.settings.column("leads", "account_id") if accounts else None
    return {"unit": "account" if accounts else "lead", "column": column, "accounts": accounts, "groups": len(groups)}


def _iso(moment: pd.Timestamp) -> str | None:
    return None if pd.isna(moment) else f"{moment.isoformat(timespec='seconds')}Z"


def _base_rates(table: TrainingTable, learned: Learned) -> dict[str, float]:
    if table.imputed:
        return {"older": float("nan"), "newest": float("nan")}
    splits = {"older": learned.splits.fit | learned.splits.tune, "newest": learned.splits.test}
    return {name: float(table.won[rows].mean()) if rows.any() else float("nan") for name, rows in splits.items()}
