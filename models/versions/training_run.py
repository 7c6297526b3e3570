"""The run that makes a version: everything that it writes belongs to the version, which never changes afterwards."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.config import Settings
from data.json import strict_json
from data.workspace import Workspace
from models.members import Recipe
from models.scoring import Scorer
from models.versions.artifacts import digest_of, digests_of
from models.versions.assemble import texts_of, write_small_models
from models.versions.store import LearnedData, VersionStore

if TYPE_CHECKING:  # what only reads versions starts without them
    from sklearn.ensemble import StackingClassifier

    from models.monitoring import Baseline

FILES = "leadscore"
"""The folder of a version's own files among the artifacts of its run."""
CARD = "model_card.md"
DIGESTS = "digests.json"
"""The file with the digests of all other files of a version; its own is a tag."""
SEAL = "files_digest"


@dataclass(frozen=True)
class TrainingRun:
    """An open run; made by `Registry.run`."""

    run_id: str
    store: VersionStore
    workspace: Workspace
    versions: list[str] = field(default_factory=list)

    def add_version(self, model: StackingClassifier, tags: Mapping[str, str]) -> str:
        """Register a model and return the number of its version."""
        number = self.store.put(self.run_id, model, tags)
        self.versions.append(number)
        return number

    def seal(self) -> None:
        """Store the digests of all files of the versions: what is another later is refused when it is loaded."""
        for number in self.versions:
            version = self.store.get(number)
            assert version is not None, "it was put a moment ago"
            folders = {"model": self.store.model(version), "files": self.store.files(version, FILES)}
            text = json.dumps({name: digests_of(folder) for name, folder in folders.items()}, indent=1)
            self.store.write_text(self.run_id, f"{FILES}/{DIGESTS}", text)
            self.store.tag(number, SEAL, digest_of(text.encode()))

    def log_scorer(self, scorer: Scorer, recipe: Recipe, settings: Settings, training: Mapping[str, Any]) -> None:
        """Log what a version needs beside its model; ``training`` is what `train --json` prints."""
        texts = {
            "recipe.json": recipe.to_json(),
            **texts_of(scorer),
            "settings.json": settings.within(self.workspace.root).model_dump_json(indent=1),
            "training.json": strict_json(training),
        }
        for name, text in texts.items():
            self.store.write_text(self.run_id, f"{FILES}/{name}", text)
        with tempfile.TemporaryDirectory() as folder:
            write_small_models(scorer, Path(folder))
            self.store.write_folder(self.run_id, FILES, Path(folder))

    def log_baseline(self, baseline: Baseline) -> None:
        """Log what later leads are compared with."""
        self.store.write_text(self.run_id, f"{FILES}/reference.json", baseline.to_json())

    def describe(self, params: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Log the parameters of the run and its results."""
        self.store.describe(self.run_id, params, metrics, tags)

    def log_data(self, data: LearnedData) -> None:
        """Log what the run learned from."""
        self.store.learned_from(self.run_id, data)

    def log_card(self, card: str) -> None:
        """Log the model card."""
        self.store.write_text(self.run_id, CARD, card)

    def log_tables(self, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Log what goes with winning, as tables that MLflow shows."""
        for name, rows in tables.items():
            if rows:
                table = pd.DataFrame(list(rows)).to_csv(index=False)
                self.store.write_text(self.run_id, f"what closes/{name}.csv", table)

    def log_plots(self, folder: Path) -> None:
        """Log the plots of a folder."""
        self.store.write_folder(self.run_id, f"{FILES}/plots", folder)
