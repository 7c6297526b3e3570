"""monitor: compare the leads and outcomes since the training with it, and say whether to train again, and why."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.chunk import Chunk
from data.config import Settings, Source
from data.dataset import Dataset, open_dataset
from data.drafts import in_plain_words, write_whole
from data.errors import InputError, ModelError
from data.json import strict_json
from data.locks import one_run_at_a_time
from data.workspace import Workspace
from features import SNAPSHOT_AGES, Batch, snapshots_between
from models.blend import RULES, probabilities
from models.monitoring import (
    WINDOW,
    Baseline,
    DriftReport,
    RecentSnapshots,
    TrainingRecord,
    ages_of,
    compare_with_training,
)
from models.scoring import Scorer
from models.versions import Registry, Stored
from pipelines.console import note, step
from pipelines.feeds import stopped_since_training
from pipelines.output import write_page
from pipelines.score import LeadFiles

DAY = pd.Timedelta(days=1)
Part = tuple[pd.DataFrame, pd.DataFrame]
"""Rows of snapshots, and their features."""


@dataclass(frozen=True)
class MonitorResult:
    """What the comparison shows; `as_json` is what ``monitor --json`` prints, and what the page shows."""

    report: DriftReport
    model_version: str
    trained_to: str | None
    out: str
    seconds: float

    @property
    def asks_for_action(self) -> bool:
        return self.report.asks_for_action

    def as_json(self) -> dict[str, Any]:
        about = {"model_version": self.model_version, "as_of": f"{self.report.as_of.isoformat()}Z"}
        ran = {"trained_to": self.trained_to, "out": self.out, "seconds": self.seconds}
        return {**about, **self.report.as_json(), **ran}


def monitor(
    workspace: Workspace,
    *,
    leads: LeadFiles | None = None,
    tables: Mapping[str, Source] | None = None,
    as_of: pd.Timestamp | None = None,
    out: Path | None = None,
) -> MonitorResult:
    """Compare leads with their training at ``as_of``, by default the end of the data, and write the page.

    The leads are read from where the model was trained, from the files given, or from tables of the same columns.
    Raises ModelError without a model, InputError for unusable input or an unwritable path.
    """
    began = time.perf_counter()
    with one_run_at_a_time(workspace.lock, "monitor"):
        with step("loading the champion"):
            stored = Registry(workspace).champion()
            training = training_record(stored, _baseline_of(stored, workspace))
        settings = leads.in_place_of(stored.settings) if leads else stored.settings
        if tables is not None:
            settings = settings.model_copy(update={"tables": dict(tables)})
        settings = settings.model_copy(update={"as_of": as_of or settings.as_of})
        _require_tables(settings, stored.settings)
        with (
            step("reading leads and counting their events"),
            open_dataset(settings, workspace=workspace.root, schema=stored.scorer.schema, keep_rejected=False) as data,
        ):
            moment = data.end
            recent = _recent(data, stored, training, moment)
            feeds = stopped_since_training(data, stored, moment)
            unlearned = settings.tables != stored.settings.tables and data.outcomes_fingerprint() != stored.outcomes
        with step("looking for drift"):
            report = compare_with_training(recent, training, moment, unlearned=unlearned, stopped=feeds)
    for text in report.notes:
        note(text)
    page = out or workspace.monitor
    result = MonitorResult(
        report=report,
        model_version=stored.scorer.version,
        trained_to=stored.training["window"]["data_end"],
        out=str(page),
        seconds=round(time.perf_counter() - began, 2),
    )
    write_page(page, "monitor.html", drift=result.as_json(), horizon=stored.scorer.horizon)
    with in_plain_words(workspace.findings):
        write_whole(workspace.findings, strict_json(result.as_json()))
    return result


def training_record(stored: Stored, baseline: Baseline) -> TrainingRecord:
    """Return what leads are compared with of a version."""
    training, served = stored.training, "rules" if stored.training["chosen"] == RULES else "model"
    return TrainingRecord(
        baseline=baseline,
        horizon=stored.scorer.horizon,
        features=stored.scorer.catalogue,
        unused=stored.recipe.without,
        metrics=training["metrics"][served],
        data_end=pd.Timestamp(training["window"]["data_end"]).tz_localize(None),
        seed=stored.settings.seed,
    )


def _baseline_of(stored: Stored, workspace: Workspace) -> Baseline:
    if stored.baseline is None:
        raise ModelError(
            f"version {stored.scorer.version} holds nothing that later leads can be held against",
            expected="a version that was trained since there is `leadscore monitor`",
            where=str(workspace.root),
            remedy="run `leadscore train` again once more leads have closed",
        )
    return stored.baseline


def _require_tables(settings: Settings, trained: Settings) -> None:
    """Leads without their events look like leads that do nothing: that is no drift."""
    missing = [name for name in ("events", "stages") if name in trained.tables and name not in settings.tables]
    if missing:
        raise InputError(
            f"there is no table of {' and '.join(missing)}",
            expected=f"the tables of the training: {', '.join(trained.tables)}",
            got=", ".join(settings.tables),
            remedy="name a folder with all of them with --leads, or give --events",
        )


def _recent(data: Dataset, stored: Stored, training: TrainingRecord, as_of: pd.Timestamp) -> RecentSnapshots:
    """Return snapshots since the training, and of leads that may be won in the window; in flat mode one of each."""
    horizon = training.horizon
    if horizon is None:
        parts = [_one_each(chunk, stored.scorer, as_of) for chunk in data.chunks()]
    else:
        since = min(training.data_end - DAY, as_of - (WINDOW + horizon) * DAY)
        at_creation = stored.settings.snapshot_ages == (0,)  # so where losses have no date: older leads are no measure
        ages = (0,) if at_creation else SNAPSHOT_AGES
        parts = [_since(chunk, stored.scorer, since, as_of, ages) for chunk in data.chunks()]
    rows, features = (pd.concat(part, ignore_index=True) for part in zip(*parts, strict=True))
    return RecentSnapshots(rows, features)


def _since(chunk: Chunk, scorer: Scorer, since: pd.Timestamp, as_of: pd.Timestamp, ages: Sequence[int]) -> Part:
    snapshots = snapshots_between(chunk.leads, since, as_of, ages)
    return _scored(chunk, snapshots, scorer)


def _one_each(chunk: Chunk, scorer: Scorer, as_of: pd.Timestamp) -> Part:
    snapshots = pd.DataFrame({"row": np.arange(len(chunk.leads)), "as_of": as_of, "won_at": pd.NaT})
    return _scored(chunk, snapshots, scorer)


def _scored(chunk: Chunk, snapshots: pd.DataFrame, scorer: Scorer) -> Part:
    """Return snapshots with their probability: as of moments when leads were open, so nothing is cut off."""
    features = scorer.features(Batch(scorer.schema, *chunk, snapshots=snapshots))
    leads = chunk.leads.iloc[snapshots["row"]].reset_index(drop=True)
    rows = snapshots.drop(columns="row").assign(
        group=leads["account_id"].fillna("lead " + leads["lead_id"]),
        closed_at=leads["closed_at"],
        won=leads["won"],
        age=ages_of(features),
        probability=probabilities(scorer.model, features),
    )
    return rows, features
