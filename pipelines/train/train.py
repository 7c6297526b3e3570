"""train: read the outcomes → learn → compare with the rules → store the winner in MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from data.config import Settings
from data.dataset import open_dataset, require_outcomes
from data.errors import InputError
from data.locks import one_run_at_a_time
from data.workspace import Workspace
from models.evaluation import measure_segments, segment_features
from models.metrics import Metrics, evaluate_all
from models.monitoring import make_baseline
from models.rules import load_rules, mentions_of
from models.scoring import Scorer
from models.training import Effort, Learned, learn, outcomes_of
from models.versions import Registry, TrainingRun, Version, remember_tracking, store_for, why_of
from pipelines.console import note, step
from pipelines.output import describe
from pipelines.train.contest import Contest, hold_contest
from pipelines.train.measurements import make_result, make_scorer, thresholds_for
from pipelines.train.model_card import model_card
from pipelines.train.notes import left_out, missing, no_signal, notes
from pipelines.train.plots import log_plots
from pipelines.train.request import request_tags
from pipelines.train.result import TrainResult
from pipelines.train.tags import (
    business_params,
    data_of,
    logged_metrics,
    params_of,
    run_name,
    version_tags,
)
from pipelines.train.truth import true_probabilities
from pipelines.training_data import (
    TrainingData,
    require_both_outcomes,
    require_few_columns,
    usable_rules,
    without_leaks,
)


def train(settings: Settings, workspace: Workspace, *, as_of: pd.Timestamp | None = None) -> TrainResult:
    """Train a model on the settings' data, store it, and make it the champion where it holds beside the present one.

    ``as_of`` (naive UTC) is the end of the data that is learned from, for this training alone: what came later is as if
    it had not. Where no lead has closed since the last training, nothing is done, and its result is given back.
    Raises InputError where the data cannot be read or do not say how leads end.
    """
    if settings.truth and not settings.truth.exists():
        raise InputError("there is no such file", expected="the simulator's truth", got=str(settings.truth))
    with one_run_at_a_time(workspace.training_lock, "train"):
        registry = Registry(workspace, store_for(workspace, settings.tracking))
        asked = load_rules(settings.rules)
        stated = _as_of(settings, as_of or settings.as_of)
        with open_dataset(stated, workspace=workspace.root, mentions=mentions_of(asked)) as opened:
            require_outcomes(opened)
            require_few_columns(opened)
            known = opened.with_competitors(asked.competitors)
            dataset = known if usable_rules(settings, known.schema) else known.without_mentions()
            segment_features(settings, dataset.schema)  # a wrong name is refused before the work
            request = request_tags(dataset, usable_rules(settings, dataset.schema))
            newest = registry.newest()
            if newest and all(newest.tags.get(name) == value for name, value in request.items()):
                return _nothing_new(registry, newest, _as_of(dataset.settings, settings.as_of))
            with step("reading leads and counting their events"):
                read = without_leaks(dataset)
            require_both_outcomes(read)
            rules = usable_rules(settings, read.table.schema)
        with step(f"learning from {len(read.table):,} snapshots of {read.table.rows['lead_id'].nunique():,} leads"):
            learned = learn(
                read.table,
                rules,
                seed=settings.seed,
                effort=Effort.of(settings.effort, settings.trials),
                budget=settings.budget,
                censored=read.censored if read.table.timed else None,
            )
            learned.tested.update(true_probabilities(settings, read.table, learned))
            metrics = evaluate_all(learned.tested, *outcomes_of(read.table, learned.splits.test), settings.seed)
        with step("comparing with the champion"):
            contest = hold_contest(registry, learned, read, workspace)
        with step("storing the model and its plots in MLflow"):
            read = replace(read, settings=_as_of(read.settings, settings.as_of))
            result = _store(registry, read, learned, metrics, contest, request)
            remember_tracking(workspace, settings.tracking)
    for text in [
        *missing(result),
        *describe(read.report),
        *result.choices,
        *left_out(result),
        *notes(result),
    ]:
        note(text)
    return result


def _as_of(settings: Settings, moment: datetime | None) -> Settings:
    """Return the settings with a moment as the end of the data; None: it is found."""
    return settings.model_copy(update={"as_of": moment}) if moment != settings.as_of else settings


def _nothing_new(registry: Registry, newest: Version, settings: Settings) -> TrainResult:
    """Return the result of the newest version, which is used with the present settings from now on."""
    version = newest.number
    why = f"no lead has closed since version {version} was trained, and the same was asked for: nothing was done"
    if registry.settle(newest, settings):
        why += f", but that it reads {settings.places} from now on"
    return replace(TrainResult.from_json(registry.training_of(newest)), promoted=False, trained=False, why=why)


def _store(
    registry: Registry,
    read: TrainingData,
    learned: Learned,
    metrics: Mapping[str, Metrics],
    contest: Contest,
    request: Mapping[str, str],
) -> TrainResult:
    """Log the run with all that it found, and promote the version or keep it back."""
    reasons = (learned.why, read.level)
    why = why_of(reasons, contest.figures)
    tags = {**version_tags(read, learned), **request, "why": why}
    with registry.run(run_name(read)) as run:
        version = run.add_version(learned.model, tags)
        scorer = make_scorer(read, learned, version, thresholds_for(contest.champion, read, learned))
        result = make_result(run.run_id, scorer, read, learned, metrics=metrics, contest=contest, why=why)
        _log(run, read, learned, scorer, result, tags)
    if contest.promoted:
        registry.promote(version, *reasons, figures=contest.figures)
    else:
        registry.keep_back(version, *reasons, figures=contest.figures)
    return result


def _log(
    run: TrainingRun,
    read: TrainingData,
    learned: Learned,
    scorer: Scorer,
    result: TrainResult,
    tags: Mapping[str, str],
) -> None:
    """Log all that a version needs to score, and all that is known of it."""
    table = read.table
    run.log_scorer(scorer, learned.recipe, read.settings, result.as_stored())
    run.log_baseline(make_baseline(table, learned.fitted))
    params = business_params(read) | params_of(read.settings, learned)
    run.describe(params, logged_metrics(result, learned), tags)
    run.log_data(data_of(read))
    run.log_card(_card(result, read, learned))
    run.log_tables(result.closing)
    log_plots(run, scorer, learned, table)


def _card(result: TrainResult, read: TrainingData, learned: Learned) -> str:
    table, settings = read.table, read.settings
    features = segment_features(settings, table.schema)
    segments = measure_segments(features, table, learned.splits.test, learned.served, settings.seed)
    return model_card(
        result,
        read,
        learned,
        segments=segments,
        notes=list(notes(result)),
        warnings=list(no_signal(result)),
        made=datetime.now(UTC),
    )
