"""The registry: which version scores, which one waits, and why; loads versions with everything that scoring needs.

A version is a model of third-party types, stored with skops and loaded against an explicit allow-list, with its schema,
rules, scale and evidence beside it. No lead, no identifier and no personal data is logged. Where versions are stored is
up to a `VersionStore`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from data.config import Settings
from data.errors import ModelError
from data.json import parse_object
from data.schema import Schema
from data.workspace import Workspace
from features import fingerprint
from models.members import Recipe
from models.scale import Scale
from models.scoring import Scorer
from models.versions import decisions, thresholds
from models.versions.artifacts import VersionFiles
from models.versions.assemble import scorer_from
from models.versions.decisions import Action, Decision
from models.versions.server_store import store_of
from models.versions.store import Version, VersionStore, stamp
from models.versions.thresholds import ThresholdRecord
from models.versions.training_run import CARD, DIGESTS, FILES, SEAL, TrainingRun

if TYPE_CHECKING:  # what it counts with takes seconds to import
    from models.monitoring import Baseline

CHAMPION, CHALLENGER = "champion", "challenger"
CHAMPIONS = "champions"
"""The note with all versions that have been the champion, the present one last."""
SETTINGS = "settings "
"""What the tags begin with that hold later settings of a version; the moment follows."""


@dataclass(frozen=True)
class Stored:
    """A version taken from the registry: its scorer, its settings, and the results of its training.

    The scorer has the thresholds, and ``settings`` are those, that are in force now. ``training`` is what
    `train --json` printed.
    ``baseline`` is what later leads are compared with; None where the version was trained before there was one.
    ``outcomes`` is the fingerprint of the leads that had closed, and how.
    """

    scorer: Scorer
    recipe: Recipe
    settings: Settings
    training: Mapping[str, Any]
    baseline: Baseline | None = None
    outcomes: str = ""


class Registry:
    """The versions of one workspace: in itself or on the server of its last training, unless a store is given."""

    def __init__(self, workspace: Workspace, store: VersionStore | None = None) -> None:
        self.workspace = workspace
        self.store = store or store_of(workspace)

    @contextmanager
    def run(self, name: str = "") -> Iterator[TrainingRun]:
        """Open a run that makes a version; a run that fails is marked so."""
        run_id = self.store.begin(name)
        try:
            run = TrainingRun(run_id, self.store, self.workspace)
            yield run
            run.seal()
        except BaseException:
            with suppress(ModelError):  # a server that went away; what went wrong first is said
                self.store.end(run_id, failed=True)
            raise
        self.store.end(run_id)

    # Decisions

    def promote(self, version: str, *reasons: str, figures: Mapping[str, Any] | None = None) -> None:
        """Make a version the one that scores, and remember the one before it."""
        champions = self.champions()
        if champions[-1:] != [version]:
            self._remember([*champions, version])
        self._decide(version, Action.PROMOTED, *reasons, figures=figures)
        if self.challenger_version == version:
            self.store.set_alias(CHALLENGER, None)

    def keep_back(self, version: str, *reasons: str, figures: Mapping[str, Any] | None = None) -> None:
        """Let a version wait as the challenger."""
        self.store.set_alias(CHALLENGER, version)
        self._decide(version, Action.KEPT_BACK, *reasons, figures=figures)

    def roll_back(self) -> tuple[str, str]:
        """Make the champion before the present one score again; return the version that goes and the one that comes.

        Raises ModelError where there is none, or where it cannot be used any more: then the present one stays.
        """
        champions = self.champions()
        if len(champions) < 2:
            raise ModelError(
                "there is no champion to go back to",
                expected="a version that was the champion before",
                got=f"version {champions[0]} alone" if champions else "no model yet",
                where=str(self.workspace.root),
            )
        *earlier, back, gone = champions
        self.version(back)  # can be used
        self._remember([*earlier, back])
        self._decide(gone, Action.ROLLED_BACK, figures={"to": back})
        self._decide(back, Action.RESTORED, figures={"instead_of": gone})
        return gone, back

    def _remember(self, champions: list[str]) -> None:
        self.store.set_alias(CHAMPION, champions[-1])
        self.store.set_note(CHAMPIONS, json.dumps(champions))

    def _decide(self, version: str, kind: Action, *reasons: str, figures: Mapping[str, Any] | None = None) -> None:
        """Record a decision; earlier ones of the version stay."""
        decision = Decision(kind, version, datetime.now(UTC), tuple(filter(None, reasons)), figures or {})
        self.store.tag(version, *decisions.as_tag(decision))

    def decisions(self) -> list[Decision]:
        """Return what was decided of all versions, the newest first."""
        everything = [decision for version in self.store.list() for decision in decisions.decisions_of(version)]
        return sorted(everything, key=lambda decision: (decision.at, int(decision.version)), reverse=True)

    # Thresholds and settings

    def set_thresholds(self, number: str, hot: float, warm: float, *, by: str, why: str) -> None:
        """Let the bands of a version begin at other probabilities, from its next scoring run on."""
        self._version(number)
        record = ThresholdRecord(datetime.now(UTC), hot, warm, by, why)
        self.store.tag(number, *thresholds.as_tag(record))

    def thresholds_at(self, number: str, at: datetime | None = None) -> ThresholdRecord:
        """Return the thresholds of a version that were in force at a moment, by default now."""
        version = self._version(number)
        return thresholds.in_force(thresholds.records_of(version, self._trained_scale(version)), at)

    def settle(self, version: Version, settings: Settings) -> bool:
        """Use other settings with a version from now on; return whether leads are read from another place."""
        root = self.workspace.root
        inside, before = settings.within(root), self._settings(version)
        later = inside.beside(root.resolve())
        if later != before:
            self.store.tag(version.number, SETTINGS + stamp(datetime.now(UTC)), inside.model_dump_json())
        return later.tables != before.tables

    def _settings(self, version: Version) -> Settings:
        """Return the settings of a version that were given last: its own files hold those of its training.

        Paths inside the workspace are stored relative to it, so that a copy reads its own files.
        """
        later = max((name for name in version.tags if name.startswith(SETTINGS)), default=None)
        if later:
            settings = Settings.model_validate_json(version.tags[later])
        else:
            settings = self._files(version).read("settings.json", Settings.model_validate_json)
        return settings.beside(self.workspace.root.resolve())

    # Which version

    def champions(self) -> list[str]:
        """Return the versions that have been the champion, the present one last.

        The alias has the last word: a promotion that was interrupted may have left it ahead of the note, or behind.
        """
        present = self.champion_version
        if present is None:
            return []
        remembered = json.loads(self.store.note(CHAMPIONS) or "[]")
        if present not in remembered:
            return [*remembered, present]
        later = remembered[::-1].index(present)
        return remembered[: len(remembered) - later]

    @property
    def champion_version(self) -> str | None:
        return self.store.alias(CHAMPION)

    @property
    def challenger_version(self) -> str | None:
        return self.store.alias(CHALLENGER)

    def require_champion(self) -> str:
        """Return the version that scores. Raises ModelError where there is none."""
        champion = self.champion_version
        if champion is None:
            raise self.workspace.no_model()
        return champion

    def trained(self) -> list[Version]:
        """Return the versions whose training ran to its end, the newest first."""
        return [version for version in reversed(self.store.list()) if decisions.is_decided(version)]

    def newest(self) -> Version | None:
        """Return the version that was trained last, and to its end."""
        return next(iter(self.trained()), None)

    # What a version holds

    def champion(self) -> Stored:
        """Load the version that scores; refuse one whose features are not this code's."""
        return self._stored(self.require_champion())

    def version(self, number: str) -> Stored:
        """Load a version by its number. Raises ModelError where it is not there."""
        return self._stored(number)

    def _stored(self, number: str) -> Stored:
        from models.monitoring import Baseline

        version = self._version(number)
        files = self._files(version)
        model_files = VersionFiles(self.store.model(version), number, self._digests(version, "model"))
        schema = files.read("schema.json", Schema.from_json)
        _require_same_features(schema, version)
        scorer = scorer_from(files, model_files, schema)
        return Stored(
            replace(scorer, scale=self._scale(version, scorer.scale)),
            recipe=files.read("recipe.json", Recipe.from_json),
            settings=self._settings(version),
            training=self.training_of(version),
            baseline=files.read_if_there("reference.json", Baseline.from_json),
            outcomes=version.tags.get("outcomes_fingerprint", ""),
        )

    def training_of(self, version: Version) -> dict[str, Any]:
        """Return what `train --json` printed of a version."""
        return self._files(version).read("training.json", parse_object)

    def scale_of(self, number: str) -> Scale:
        """Return the scale of a version, whatever features it has. Raises ModelError where it is not there."""
        version = self._version(number)
        return self._scale(version, self._trained_scale(version))

    def plots(self, number: str) -> dict[str, str]:
        """Return the plots of a version, as SVG by their titles. Raises ModelError where it is not there."""
        files = self._files(self._version(number))
        drawn = sorted(files.folder.glob("plots/*.svg"))
        return {file.stem: files.read(f"plots/{file.name}", _inline) for file in drawn}

    def card(self, number: str) -> str:
        """Return the model card of a version. Raises ModelError where there is none."""
        return self.store.files(self._version(number), CARD).read_text(encoding="utf-8")

    def _scale(self, version: Version, trained: Scale) -> Scale:
        """Return the scale of a version with the thresholds that are in force now."""
        return thresholds.with_thresholds(trained, thresholds.in_force(thresholds.records_of(version, trained)))

    def _trained_scale(self, version: Version) -> Scale:
        return self._files(version).read("scale.json", Scale.from_json)

    def _files(self, version: Version) -> VersionFiles:
        return VersionFiles(self.store.files(version, FILES), version.number, self._digests(version, "files"))

    def _digests(self, version: Version, folder: str) -> Mapping[str, str] | None:
        """Return the digests of the files in one of a version's folders; None where it is older than digests."""
        seal = version.tags.get(SEAL)
        if seal is None:
            return None
        listed = VersionFiles(self.store.files(version, FILES), version.number, {DIGESTS: seal})
        return listed.read(DIGESTS, parse_object)[folder]

    def verify(self, number: str) -> None:
        """Load a version, and read all its files. Raises ModelError for the first that is not as it was stored."""
        version = self._version(number)
        for folder, path in (("model", self.store.model(version)), ("files", self.store.files(version, FILES))):
            digests = self._digests(version, folder)
            files = VersionFiles(path, number, digests)
            for name in digests or ():
                files.require(name)
        self.version(number)

    def _version(self, number: str) -> Version:
        version = self.store.get(number)
        if version is None:
            raise self._no_version(number)
        return version

    def _no_version(self, number: str) -> ModelError:
        there = [version.number for version in self.store.list()]
        return ModelError(
            f"version {number} is not in the registry",
            expected=f"one of the versions {', '.join(there)}" if there else "a version that was trained",
            got=number,
            where=str(self.workspace.root),
            remedy="name a version that is there" if there else "run `leadscore train` with this workspace first",
        )


def _inline(svg: str) -> str:
    """Return an SVG without its XML prologue, to stand in a page."""
    return svg[svg.index("<svg") :]


def _require_same_features(schema: Schema, version: Version) -> None:
    trained, here = version.tags["feature_fingerprint"], fingerprint(schema)
    if trained != here:
        raise ModelError(
            f"version {version.number} was trained with other features than this code has",
            expected=f"feature fingerprint {here}",
            got=trained,
            remedy="run `leadscore train` again, or check out the commit that trained it: "
            + version.tags["git_commit"],
        )
