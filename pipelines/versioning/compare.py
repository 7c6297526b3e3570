"""compare: rules, champion and challenger on the same leads, with intervals and the paired difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from data.config import Settings
from data.errors import InputError, ModelError
from data.locks import one_run_at_a_time
from data.workspace import Workspace
from features import fingerprint
from models.evaluation import (
    Candidate,
    Verdict,
    compare_versions,
    holdout_for,
    probabilities_of,
    probabilities_of_rules,
)
from models.metrics import Metrics, evaluate_all
from models.training import outcomes_of, require_leads, split_table
from models.training_table import TrainingTable
from models.versions import Registry, Stored, verdict_words
from pipelines.console import step
from pipelines.training_data import TrainingData, read_training_data


@dataclass(frozen=True)
class Comparison:
    """What was compared on which leads; `as_json` is what ``compare --json`` prints.

    ``challenger`` and ``verdict`` are None where no version waits.
    """

    champion: str
    challenger: str | None
    holdout: str
    rules_kind: str
    metrics: Mapping[str, Metrics]
    verdict: Verdict | None

    @property
    def why(self) -> str:
        """Return how the challenger did, in words; nothing where none waits."""
        return verdict_words(self.verdict.figures) if self.verdict else ""

    def as_json(self) -> dict[str, Any]:
        result = as_json(self.verdict) if self.verdict else {"ground": self.holdout, "metrics": _numbers(self.metrics)}
        return {"champion": self.champion, "challenger": self.challenger, **result}


@dataclass(frozen=True)
class Card:
    """The model card of a version."""

    version: str
    card: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as it is printed and stored with a version."""
    return {
        "promoted": verdict.promoted,
        "why": verdict_words(verdict.figures),
        "ground": verdict.holdout.description,
        "metrics": _numbers(verdict.metrics),
        "difference": verdict.difference.as_dict(),
    }


def candidate_of(stored: Stored) -> Candidate:
    """Return a stored version as a contestant."""
    ended = pd.Timestamp(stored.training["window"]["data_end"]).tz_localize(None)
    return Candidate(
        model=stored.scorer.model,
        rules=stored.scorer.rules,
        is_scorecard=stored.training["rules_kind"] == "scorecard",
        recipe=stored.recipe,
        horizon=stored.scorer.horizon,
        data_end=ended,
    )


def missing_for(champion: Stored, read: TrainingData) -> list[str]:
    """Return what a version was made for that the data do not have now, each in words."""
    return read.content.lacks(champion.scorer.schema, [*champion.settings.tables])


def require_content(champion: Stored, read: TrainingData) -> None:
    """Raise ModelError where data lack what the champion was made for: without it, it loses against anything."""
    if missing := missing_for(champion, read):
        raise ModelError(
            f"version {champion.scorer.version}, the champion, was made for what these data do not have",
            expected="data with all that it learned from",
            got=f"data without {', '.join(missing)}",
            where=read.settings.places,
            remedy="train on such data again, or, if this is gone for good, promote a version with --force --why TEXT",
        )


def table_for(stored: Stored, table: TrainingTable, settings: Settings, workspace: Workspace) -> TrainingTable:
    """Return a training table with the features that a version knows, which may be others than the table's.

    Raises InputError where the data do not have them.
    """
    if fingerprint(stored.scorer.schema) == fingerprint(table.schema):
        return table
    asked = settings.model_copy(update={"drop": stored.settings.drop, "keep": stored.settings.keep})
    own = read_training_data(asked, workspace, stored.scorer.schema).table
    if not own.rows["lead_id"].equals(table.rows["lead_id"]):
        raise InputError("it reads other leads from these data")
    return replace(own, rows=table.rows, timed=table.timed, horizon=table.horizon)


def compare(workspace: Workspace, version: str | None = None) -> Comparison:
    """Compare the champion with a version, by default the challenger that waits, on the data as they are now.

    Raises ModelError where there is no champion, the version is the champion, or the data lack what it was made for.
    """
    with one_run_at_a_time(workspace.training_lock, "compare"):
        return compared(workspace, version or Registry(workspace).challenger_version)


def card(workspace: Workspace, version: str | None = None) -> Card:
    """Return the card of a version: by default of the challenger that waits, else of the champion.

    Raises ModelError where there is no such version.
    """
    registry = Registry(workspace)
    number = version or registry.challenger_version or registry.require_champion()
    return Card(number, registry.card(number))


def compared(workspace: Workspace, version: str | None) -> Comparison:
    """Compare the champion with a version, or with the rules alone, within a run of its own.

    Raises ModelError where there is no champion, or the version is the champion.
    """
    registry = Registry(workspace)
    with step("loading the versions"):
        champion = registry.champion()
        challenger = registry.version(version) if version else None
    if version == champion.scorer.version:
        raise ModelError(f"version {version} is the champion already", where=str(workspace.root))
    return _compared(workspace, champion, challenger)


def _compared(workspace: Workspace, champion: Stored, challenger: Stored | None) -> Comparison:
    newest = challenger or champion
    seed = newest.settings.seed
    with step("reading leads and counting their events"):
        read = read_training_data(newest.settings, workspace, newest.scorer.schema)
    require_content(champion, read)
    table = read.table
    require_leads(table)
    splits = split_table(table, seed)
    versions = {"champion": champion, **({"challenger": challenger} if challenger else {})}
    candidates = {name: candidate_of(stored) for name, stored in versions.items()}
    with step("comparing"):
        holdout = holdout_for(table, splits, list(candidates.values()))
        probabilities = {"rules": probabilities_of_rules(candidate_of(newest), table, splits, holdout, seed=seed)}
        for name, candidate in candidates.items():
            own = table_for(versions[name], table, newest.settings, workspace)
            probabilities[name] = probabilities_of(candidate, own, splits, holdout, seed=seed)
        verdict = compare_versions(probabilities, table, holdout, seed=seed) if challenger else None
        metrics = verdict.metrics if verdict else evaluate_all(probabilities, *outcomes_of(table, holdout.rows), seed)
    return Comparison(
        champion=champion.scorer.version,
        challenger=challenger.scorer.version if challenger else None,
        holdout=holdout.description,
        rules_kind=newest.training["rules_kind"],
        metrics=metrics,
        verdict=verdict,
    )


def _numbers(metrics: Mapping[str, Metrics]) -> dict[str, Any]:
    return {name: measured.as_dict() for name, measured in metrics.items()}
