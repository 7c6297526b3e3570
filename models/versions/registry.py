"""The model registry: MLflow in the workspace, embedded, with everything that a version needs to be used again.

A version is a model of third-party types, stored with skops and loaded against an explicit allow-list, with its schema,
rules, scale and evidence beside it. No lead, no identifier and no personal data is logged.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# MLflow reads these when it is imported: nothing is sent anywhere, and nothing is printed between our lines.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import mlflow
import pandas as pd
import skops.io
from mlflow import artifacts
from mlflow import sklearn as mlflow_sklearn
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier
from sklearn.pipeline import Pipeline

from data.config import Settings
from data.errors import ModelError
from data.json import strict_json
from data.schema import Schema
from data.workspace import Workspace
from features import fingerprint
from models.blend import line_encoder
from models.explanation import Centres, Evidence, questions_from_json, questions_to_json
from models.monitoring import Reference
from models.rules import Rules
from models.scale import Scale
from models.scoring import Amounts, Scorer, Timing
from models.training import Recipe
from models.versions.artifacts import VersionFiles

NAME = "leadscore"
CHAMPION, CHALLENGER = "champion", "challenger"
CHAMPIONS = "champions"
"""The tag with all versions that have been the champion, the present one last."""
TRUSTED_TYPES = (
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "numpy.dtype",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",  # how a spline of scipy reads numbers
    "scipy.interpolate._bsplines.BSpline",
    "scipy.special._special_ufuncs.logit",
    "sklearn.utils._bunch.Bunch",
)
"""What a stored model may hold beside what skops trusts already; never taken from the artefact itself."""
DECISION = "decision "
"""What the tags begin with that say what was decided of a version; the moment follows."""
CARD = "model_card.md"
SOON, AMOUNT = "soon.skops", "amount.skops"
"""Small models beside the model: of how soon wins come, and of what they bring."""
REQUIREMENTS = ("scikit-learn", "lightgbm", "pandas", "skops", "scipy")


@dataclass(frozen=True)
class Stored:
    """A version taken from the registry: its scorer, the settings it was trained with, and what training found.

    ``training`` is what `train --json` printed.
    ``reference`` is what later leads are held against; None where the version was trained before there was one.
    ``outcomes`` is the fingerprint of the leads that had closed, and how.
    """

    scorer: Scorer
    recipe: Recipe
    settings: Settings
    training: Mapping[str, Any]
    reference: Reference | None = None
    outcomes: str = ""


class Registry:
    """The versions of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        logging.getLogger("alembic").setLevel(logging.ERROR)
        self.workspace = workspace
        self.client = MlflowClient(workspace.tracking_uri, workspace.tracking_uri)
        mlflow.set_tracking_uri(workspace.tracking_uri)
        mlflow.set_registry_uri(workspace.tracking_uri)

    @contextmanager
    def run(self) -> Iterator[str]:
        """Open a run and give its id; a run that fails is marked so."""
        # `mlflow run` hands its own run down, which lives in another store.
        os.environ.pop("MLFLOW_RUN_ID", None)
        with mlflow.start_run(experiment_id=self._experiment()) as run:
            yield run.info.run_id

    def store(self, model: StackingClassifier, tags: Mapping[str, str]) -> str:
        """Store a model in the open run, register it and return its version."""
        logged = mlflow_sklearn.log_model(
            model,
            name="model",
            serialization_format="skops",
            skops_trusted_types=list(TRUSTED_TYPES),
            pyfunc_predict_fn="predict_proba",
            pip_requirements=list(REQUIREMENTS),
        )
        self._ensure_name()
        version = self.client.create_model_version(NAME, logged.model_uri, logged.run_id, tags=dict(tags))
        return str(version.version)

    def promote(self, version: str, why: str) -> None:
        """Make a version the one that scores, and remember the one before it."""
        champions = self.champions()
        if champions[-1:] != [version]:
            self._remember([*champions, version])
        self._decided(version, f"promoted: {why}")
        if self._alias(CHALLENGER) == version:
            self.client.delete_registered_model_alias(NAME, CHALLENGER)

    def keep_back(self, version: str, why: str) -> None:
        """Let a version wait as the challenger."""
        self.client.set_registered_model_alias(NAME, CHALLENGER, version)
        self._decided(version, f"kept back: {why}")

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
        self._decided(gone, f"rolled back to version {back}")
        self._decided(back, f"champion again, in the place of version {gone}")
        return gone, back

    def champions(self) -> list[str]:
        """Return the versions that have been the champion, the present one last.

        The alias has the last word: a promotion that was interrupted may have left it ahead of the tag, or behind.
        """
        present = self.champion_version
        if present is None:
            return []
        remembered = json.loads(self.client.get_registered_model(NAME).tags.get(CHAMPIONS, "[]"))
        if present not in remembered:
            return [*remembered, present]
        later = remembered[::-1].index(present)
        return remembered[: len(remembered) - later]

    def _remember(self, champions: list[str]) -> None:
        self.client.set_registered_model_alias(NAME, CHAMPION, champions[-1])
        self.client.set_registered_model_tag(NAME, CHAMPIONS, json.dumps(champions))

    def _decided(self, version: str, what: str) -> None:
        """Tag a version with what was decided of it; its earlier decisions stay."""
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.client.set_model_version_tag(NAME, version, DECISION + moment, what)

    def decisions(self) -> list[tuple[str, str, str]]:
        """Return what was decided of all versions, the newest first: when, of which, and what."""
        versions = self.client.search_model_versions(f"name='{NAME}'")
        told = [
            (tag.removeprefix(DECISION), str(found.version), what)
            for found in versions
            for tag, what in found.tags.items()
            if tag.startswith(DECISION)
        ]
        return sorted(told, reverse=True)

    def set_bars(self, number: str, hot: float, warm: float, why: str) -> None:
        """Let the bands of a version begin at other probabilities, from its next scoring run on."""
        version, stored = self._version(number), self.version(number)
        scale = replace(stored.scorer.scale, hot=hot, warm=warm)
        self.client.log_text(str(version.run_id), scale.to_json(), "leadscore/scale.json")
        self._decided(number, f"hot from {hot:.3g}, warm from {warm:.3g}: {why}")

    def _alias(self, alias: str) -> str | None:
        try:
            return str(self.client.get_model_version_by_alias(NAME, alias).version)
        except MlflowException:
            return None

    @property
    def champion_version(self) -> str | None:
        return self._alias(CHAMPION)

    def require_champion(self) -> str:
        """Return the version that scores. Raises ModelError where there is none."""
        return str(self._champion_version().version)

    @property
    def challenger_version(self) -> str | None:
        return self._alias(CHALLENGER)

    def newest(self) -> ModelVersion | None:
        """Return the version that was trained last, and to its end: a decision is the last thing that it gets."""
        versions = self.client.search_model_versions(f"name='{NAME}'")
        decided = [found for found in versions if any(tag.startswith(DECISION) for tag in found.tags)]
        return max(decided, key=lambda found: int(found.version), default=None)

    def training_of(self, version: ModelVersion) -> dict[str, Any]:
        """Return what `train --json` printed of a version."""
        return self._files(version).read("training.json", json.loads)

    def settle(self, version: ModelVersion, settings: Settings) -> bool:
        """Keep other settings with a version, for the same model; return whether leads are read from another place."""
        stored = self._files(version).read("settings.json", Settings.model_validate_json)
        if settings != stored:
            self.client.log_text(str(version.run_id), settings.model_dump_json(indent=1), "leadscore/settings.json")
        return settings.tables != stored.tables

    def scale_of(self, number: str) -> Scale:
        """Return the scale of a version, whatever features it has. Raises ModelError where it is not there."""
        return self._files(self._version(number)).read("scale.json", Scale.from_json)

    def plots(self, number: str) -> dict[str, str]:
        """Return the plots of a version, as SVG by their titles. Raises ModelError where it is not there."""
        files = self._files(self._version(number))
        drawn = sorted(files.folder.glob("plots/*.svg"))
        return {file.stem: files.read(f"plots/{file.name}", _inline) for file in drawn}

    def card(self, number: str) -> str:
        """Return the model card of a version. Raises ModelError where there is none."""
        return self._there(self._version(number), CARD).read_text(encoding="utf-8")

    def champion(self) -> Stored:
        """Load the version that scores; refuse one whose features are not this code's."""
        return self._stored(self._champion_version())

    def version(self, number: str) -> Stored:
        """Load a version by its number. Raises ModelError where it is not there."""
        return self._stored(self._version(number))

    def _version(self, number: str) -> ModelVersion:
        try:
            return self.client.get_model_version(NAME, number)
        except MlflowException:
            raise self._no_version(number) from None

    def _no_version(self, number: str) -> ModelError:
        there = sorted(int(found.version) for found in self.client.search_model_versions(f"name='{NAME}'"))
        return ModelError(
            f"version {number} is not in the registry",
            expected=f"one of the versions {', '.join(map(str, there))}" if there else "a version that was trained",
            got=number,
            where=str(self.workspace.root),
            remedy="name a version that is there" if there else "run `leadscore train` with this workspace first",
        )

    def _stored(self, version: ModelVersion) -> Stored:
        files = self._files(version)
        schema = files.read("schema.json", Schema.from_json)
        _require_same_features(schema, version.tags, version.version)
        model = self._load(version)
        centres, horizon = files.read("scorer.json", _centres_and_horizon)
        scorer = Scorer(
            model=model,
            schema=schema,
            rules=files.read("rules.yaml", Rules.from_yaml),
            scale=files.read("scale.json", Scale.from_json),
            evidence=files.read("evidence.json", Evidence.from_json),
            version=str(version.version),
            centres=centres,
            horizon=horizon,
            timing=_timing(files, line_encoder(model)),
            amounts=_amounts(files, line_encoder(model)),
            questions=files.read_if_there("questions.json", questions_from_json),
        )
        return Stored(
            scorer,
            recipe=files.read("recipe.json", Recipe.from_json),
            settings=files.read("settings.json", Settings.model_validate_json),
            training=files.read("training.json", json.loads),
            reference=files.read_if_there("reference.json", Reference.from_json),
            outcomes=version.tags.get("outcomes_fingerprint", ""),
        )

    def _files(self, version: ModelVersion) -> VersionFiles:
        return VersionFiles(self._there(version, "leadscore"), str(version.version))

    def _there(self, version: ModelVersion, path: str) -> Path:
        """Return where a file or folder of a version lies: nothing is copied, and what is not asked for is not read."""
        with self._told_if_gone(f"{path} among the artifacts of run {version.run_id}"):
            return Path(self.client.download_artifacts(str(version.run_id), path))

    @contextmanager
    def _told_if_gone(self, what: str) -> Iterator[None]:
        try:
            yield
        except (MlflowException, OSError):
            raise ModelError(
                "the files of the model are not where they were stored",
                expected=what,
                where=str(self.workspace.artifacts),
                remedy="move the workspace back to where it was, or train again in this one",
            ) from None

    def log_scorer(self, scorer: Scorer, recipe: Recipe, settings: Settings, training: Mapping[str, Any]) -> None:
        """Log what a version needs beside its model."""
        texts = {
            "recipe.json": recipe.to_json(),
            "schema.json": scorer.schema.to_json(),
            "rules.yaml": scorer.rules.to_yaml(),
            "scale.json": scorer.scale.to_json(),
            "evidence.json": scorer.evidence.to_json(),
            "scorer.json": json.dumps({"centres": asdict(scorer.centres), "horizon": scorer.horizon}),
            "timing.json": scorer.timing.to_json() if scorer.timing else "null",
            "amounts.json": scorer.amounts.to_json() if scorer.amounts else "null",
            "questions.json": questions_to_json(scorer.questions),
            "settings.json": settings.model_dump_json(indent=1),
            "training.json": strict_json(training),
        }
        for name, text in texts.items():
            mlflow.log_text(text, f"leadscore/{name}")
        beside = {SOON: scorer.timing and scorer.timing.soon, AMOUNT: scorer.amounts and scorer.amounts.model}
        encoder = line_encoder(scorer.model)
        with tempfile.TemporaryDirectory() as folder:
            for name, model in beside.items():
                if model:
                    skops.io.dump(_without(model, encoder), Path(folder) / name)
                    mlflow.log_artifact(str(Path(folder) / name), "leadscore")

    def log_reference(self, reference: Reference) -> None:
        """Log what later leads are held against."""
        mlflow.log_text(reference.to_json(), "leadscore/reference.json")

    def log_run(self, params: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Log what the run was given and what it found."""
        mlflow.log_params(dict(params))
        mlflow.log_metrics(dict(metrics))
        mlflow.set_tags(dict(tags))

    def log_card(self, card: str) -> None:
        """Log the model card."""
        mlflow.log_text(card, CARD)

    def log_tables(self, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Log what closes, as tables that MLflow shows."""
        for name, rows in tables.items():
            if rows:
                mlflow.log_text(pd.DataFrame(list(rows)).to_csv(index=False), f"what closes/{name}.csv")

    def log_plots(self, folder: Path) -> None:
        """Log the plots of a folder."""
        mlflow.log_artifacts(str(folder), "leadscore/plots")

    def _experiment(self) -> str:
        found = self.client.get_experiment_by_name(NAME)
        if found:
            return str(found.experiment_id)
        return str(self.client.create_experiment(NAME, self.workspace.artifacts.resolve().as_uri()))

    def _ensure_name(self) -> None:
        with suppress(MlflowException):
            self.client.create_registered_model(NAME)

    def _champion_version(self) -> ModelVersion:
        try:
            return self.client.get_model_version_by_alias(NAME, CHAMPION)
        except MlflowException as problem:
            if problem.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise ModelError("the registry cannot be read", got=str(problem)[:300]) from None
            raise self.workspace.no_model() from None

    def _load(self, version: ModelVersion) -> StackingClassifier:
        """Load a stored model; what is not on our own list is refused, whatever the artefact says of itself."""
        number = str(version.version)
        with self._told_if_gone(f"the model of version {number}"):
            folder = Path(artifacts.download_artifacts(self.client.get_model_version_download_uri(NAME, number)))
        return VersionFiles(folder, number).load("model.skops", TRUSTED_TYPES)


def _centres_and_horizon(text: str) -> tuple[Centres, int | None]:
    beside = json.loads(text)
    return Centres(**beside["centres"]), beside["horizon"]


def _timing(files: VersionFiles, encoder: ColumnTransformer | None) -> Timing | None:
    """Return how wins are spread over time, of a version that knows it."""
    return files.read_if_there("timing.json", lambda text: Timing.from_json(text, _beside(files, SOON, encoder)))


def _amounts(files: VersionFiles, encoder: ColumnTransformer | None) -> Amounts | None:
    """Return what wins bring, of a version that knows it."""
    return files.read_if_there("amounts.json", lambda text: Amounts.from_json(text, _beside(files, AMOUNT, encoder)))


def _beside(files: VersionFiles, name: str, encoder: ColumnTransformer | None) -> Pipeline | None:
    """Return a small model; None where there is none, since too few leads were won to learn it."""
    if not (files.folder / name).exists():
        return None
    steps = files.load(name, TRUSTED_TYPES).steps
    return Pipeline(steps if len(steps) > 1 else [("encode", encoder), *steps])


def _without(model: Pipeline, encoder: ColumnTransformer | None) -> Pipeline:
    """Return what is stored of a small model: its last step alone where its encoder is that of the model beside it."""
    return Pipeline(model.steps[1:]) if model.named_steps["encode"] is encoder else model


def _inline(svg: str) -> str:
    """Return an SVG without its XML prologue, to stand in a page."""
    return svg[svg.index("<svg") :]


def git_commit() -> str:
    """Return the commit of the code that runs, or "unknown" outside a checkout of it.

    Installed in an environment inside of somebody's own repository, it lies in that one's checkout.
    """
    folder = Path(__file__).parent
    asking = ["git", "rev-parse", "--show-prefix", "HEAD"]
    try:
        asked = subprocess.run(asking, cwd=folder, capture_output=True, text=True, check=False)
    except OSError:  # git is not installed
        return "unknown"
    where, _, commit = asked.stdout.strip().partition("\n")
    return commit if where == f"{folder.name}/" and commit else "unknown"


def _require_same_features(schema: Schema, tags: Mapping[str, str], version: str) -> None:
    if tags["feature_fingerprint"] != fingerprint(schema):
        raise ModelError(
            f"version {version} was trained with other features than this code has",
            expected=f"feature fingerprint {fingerprint(schema)}",
            got=tags["feature_fingerprint"],
            remedy="run `leadscore train` again, or check out the commit that trained it: " + tags["git_commit"],
        )
