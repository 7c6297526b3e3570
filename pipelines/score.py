"""score: load the champion → read leads in chunks → write each lead's score with its reasons."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.dataset import Dataset, open_dataset
from data.exports import export_to
from data.schema import Chunk
from data.settings import Settings, settings_of_folder
from data.workspace import Workspace
from features import Batch
from models.registry import Registry, Stored
from models.scorer import Scorer
from pipelines.console import note, step
from pipelines.describe import describe
from pipelines.moments import end_of_data, existing_at, moments_of

CHUNK = 50_000
"""Leads that are in memory at once."""


@dataclass(frozen=True)
class LeadFiles:
    """Leads to score that lie elsewhere than those of training: a file (or a folder of tables), its id, its events."""

    leads: Path
    lead_id: str = ""
    events: Path | None = None

    def in_place_of(self, trained: Settings) -> Settings:
        """Return the settings of training with these files instead of its tables; columns keep their roles."""
        if self.leads.is_dir():
            tables = settings_of_folder(self.leads).tables
        else:
            tables = {"leads": self.leads, **({"events": self.events} if self.events else {})}
        of_leads = trained.columns.get("leads", {}) | ({"lead_id": self.lead_id} if self.lead_id else {})
        columns = {**trained.columns, "leads": of_leads}
        return trained.model_copy(update={"tables": tables, "columns": columns, "truth": None, "as_of": None})


@dataclass(frozen=True)
class ScoreResult:
    """What a scoring run did: ``read = scored + later + quarantined``; later leads did not exist at ``as_of`` yet."""

    read: int
    scored: int
    open: int
    later: int
    quarantined: int
    model_version: str
    as_of: str
    seconds: float
    out: str
    missing_tables: list[str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def score(
    workspace: Workspace,
    *,
    settings: Settings | None = None,
    leads: LeadFiles | None = None,
    as_of: pd.Timestamp | None = None,
    out: Path | None = None,
) -> ScoreResult:
    """Score every lead at ``as_of``, by default the newest date in the data, and write the scores.

    A lead that closed before is scored as it stood just before it closed. Without settings, the columns have the roles
    of training; without ``leads`` either, the leads are read from where the model was trained.
    Raises ModelError without a model, InputError for unusable input.
    """
    began = time.perf_counter()
    with step("loading the champion"):
        stored = Registry(workspace).champion()
    settings = _read_as_trained(settings or (leads.in_place_of(stored.settings) if leads else stored.settings), stored)
    counts = {"scored": 0, "open": 0}
    with ExitStack() as stack:
        dataset = stack.enter_context(open_dataset(settings, workspace=workspace.root, schema=stored.scorer.schema))
        moment = as_of or end_of_data(dataset)
        places = {path.resolve() for path in (workspace.scores, out) if path}
        writers = [stack.enter_context(export_to(path, ids=("lead_id",))) for path in sorted(places)]
        stack.enter_context(step("scoring and explaining leads"))
        for frame in scored_chunks(dataset, stored.scorer, moment):
            counts["scored"] += len(frame)
            counts["open"] += int((frame["outcome"] == "open").sum())
            for write in writers:
                write(frame)
    last = dataset.settings.with_absolute_paths().model_copy(update={"as_of": moment.to_pydatetime()})
    workspace.last_scored.write_text(last.model_dump_json(indent=1), encoding="utf-8")
    missing = [table for table in stored.settings.tables if table not in settings.tables]
    for text in [*describe(dataset.report), *_missing_tables(missing)]:
        note(text)
    counted = dataset.report.tables["leads"]
    return ScoreResult(
        read=counted.read,
        later=counted.used - counts["scored"],
        quarantined=counted.quarantined,
        model_version=stored.scorer.version,
        as_of=f"{moment.isoformat()}Z",
        seconds=round(time.perf_counter() - began, 2),
        out=str(out or workspace.scores),
        missing_tables=missing,
        **counts,
    )


def _read_as_trained(settings: Settings, stored: Stored) -> Settings:
    """Let files be read as those of training were: the same formats, and the same values for won and lost."""
    trained = stored.settings
    same = settings.outcome and trained.outcome and settings.outcome.column == trained.outcome.column
    outcome = trained.outcome if same else settings.outcome
    return settings.model_copy(update={"formats": {**trained.formats, **settings.formats}, "outcome": outcome})


def _missing_tables(tables: list[str]) -> Iterator[str]:
    meaning = {
        "events": "what leads did counts as nothing (--events)",
        "stages": "no lead has reached a stage",
        "outcomes": "every lead counts as open",
    }
    for table in tables:
        yield f"The model was trained with a table of {table} and there is none now: {meaning.get(table, 'not used')}."


def scored_chunks(dataset: Dataset, scorer: Scorer, as_of: pd.Timestamp) -> Iterator[pd.DataFrame]:
    """Score chunk after chunk, in input order."""
    for chunk in dataset.chunks(CHUNK):
        existing = existing_at(chunk, as_of)
        batch = Batch.at(existing, scorer.schema, moments_of(existing.leads, as_of))
        leads = existing.leads.reset_index(drop=True)
        yield pd.DataFrame(
            {
                "lead_id": leads["lead_id"],
                "as_of": batch.moments["as_of"],
                **scorer.score(batch),
                "stage": _stage_at(existing, as_of),
                "outcome": _outcome_at(leads, as_of),
            }
        )


def _stage_at(chunk: Chunk, as_of: pd.Timestamp) -> pd.Series:
    """Return the stage that each lead was in: the last one entered, else the one that its row names."""
    entered = chunk.stages[chunk.stages["entered_at"] <= as_of].groupby("position")["stage"].last()
    known = chunk.leads["position"].map(entered).astype("str").reset_index(drop=True)
    return known.fillna(chunk.leads["stage"].reset_index(drop=True))


def _outcome_at(leads: pd.DataFrame, as_of: pd.Timestamp) -> np.ndarray:
    """Return won, lost or open: a lead that closed later was still open."""
    closed = leads["won"].notna() & ~(leads["closed_at"] > as_of)
    return np.where(~closed, "open", np.where(leads["won"].fillna(False), "won", "lost"))
