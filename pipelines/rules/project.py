"""Where the rules of a project are, and the leads that they are checked on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data.config import Settings, load_settings
from data.errors import ModelError
from data.schema import Schema
from data.workspace import Workspace
from models.rules import Rules, RulesFile, read_rules
from models.versions import Registry, Stored
from pipelines.console import step
from pipelines.training_data import TrainingData, read_training_data


@dataclass(frozen=True)
class Project:
    """A project as its rules need it.

    ``settings`` say where its leads are, None where nothing does; ``champion`` is None where no model was trained, or
    its settings were named: then the columns are decided anew.
    """

    workspace: Workspace
    settings: Settings | None
    champion: Stored | None = None

    @classmethod
    def locate(cls, root: Path, config: Path | None) -> Project:
        """Find the settings: in the file given, else those that the champion of a workspace was trained with."""
        workspace = Workspace(root)
        if config:
            return cls(workspace, load_settings(config))
        if not workspace.has_models:
            return cls(workspace, None)
        with step("loading the champion"):
            champion = Registry(workspace).champion()
        return cls(workspace, champion.settings, champion)

    @property
    def schema(self) -> Schema | None:
        return self.champion and self.champion.scorer.schema

    def history(self, *rules: Rules) -> TrainingData:
        """Read the leads of the project, as rules see them; the first ones name the competitors.

        Raises ModelError where nothing says where they are.
        """
        if self.settings is None:
            raise ModelError(
                "there is no model yet that knows the leads",
                expected="a leadscore.yaml, or a workspace with a model",
                got=f"no --config, and {self.workspace.root} without a model",
                remedy="give --config, or run `leadscore train` with this workspace first",
            )
        with step("reading leads and counting their events"), self._place_to_read() as place:
            return read_training_data(self.settings, place, self.schema, rules)

    @contextmanager
    def _place_to_read(self) -> Iterator[Workspace]:
        """Lend a passing workspace where there is none yet: who only reads makes none."""
        if self.workspace.root.exists():
            yield Workspace.at(self.workspace.root)
            return
        with tempfile.TemporaryDirectory() as folder:
            yield Workspace(Path(folder))

    def rules(self, path: Path | None = None) -> RulesFile:
        """Read the rules: the file given, else that of the settings, else the shipped one."""
        return read_rules(path or (self.settings and self.settings.rules))
