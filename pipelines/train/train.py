"""train: read the outcomes → learn → compare with the rules → store the winner in MLflow."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from data.columns import PROTECTED
from data.config import BandThresholds, Settings
from data.dataset import Dataset, open_dataset, require_outcomes
from data.errors import InputError, ModelError
from data.locks import one_run_at_a_time
from data.workspace import Workspace
from features import fingerprint
from models.blend import BOOSTING, LOGISTIC, RULES, affine, line_encoder, member_names
from models.evaluation import (
    Verdict,
    bars_in_history,
    ground_for,
    judge,
    measure_segments,
    plots,
    probabilities_of,
    segment_features,
    standing_in_history,
    what_closes,
)
from models.metrics import Metrics, evaluate_all
from models.monitoring import make_reference
from models.rules import Rules, load_rules, review, shares_of_rules
from models.scoring import (
    Scorer,
    Timing,
    assemble,
    bars_of_rules,
    fit_amounts,
    fit_timing,
    measure_amounts,
    measure_timing,
)
from models.training import Learned, learn, outcomes_of
from models.training_table import TrainingTable
from models.versions import Registry, Stored, TrainingRun, Version, git_commit, joined
from pipelines.compare import as_json, contestant_of, figures_of, table_for
from pipelines.console import note, step
from pipelines.describe import describe
from pipelines.train.model_card import model_card
from pipelines.train.result import TrainResult
from pipelines.training_data import TrainingData, usable_rules, without_leaks

SUMMARY_ROWS = 2000
"""Rows that the SHAP summary plot, and the share of each rule, are taken from."""
NOT_LEARNED_FROM = {"tables", "rules", "truth", "store", "write_back", "retention_days", "pages"}
"""Settings that teach nothing: files of one content may have other names; what is in them is looked at by itself."""
LONGEST_TAG = 5000
"""Characters that MLflow keeps of a tag."""
DRIFTED = 1.5
"""A base rate that differs by this factor between old and new leads is said to have moved …"""
CHANCE = 0.05
"""… unless chance alone would do that more often than in this share of cases."""


def train(settings: Settings, workspace: Workspace) -> TrainResult:
    """Train a model on the settings' data, store it, and make it the champion where it holds beside the present one.

    Where no lead has closed since the last training, nothing is done, and its result is given back.
    Raises InputError where the data cannot be read or do not say how leads end.
    """
    if settings.truth and not settings.truth.exists():
        raise InputError("there is no such file", expected="the simulator's truth", got=str(settings.truth))
    with one_run_at_a_time(workspace.lock, "train"):
        registry = Registry(workspace)
        with open_dataset(settings, workspace=workspace.root) as opened:
            require_outcomes(opened)
            dataset = opened.with_competitors(load_rules(settings.rules).competitors)
            segment_features(settings, dataset.schema)  # a wrong name is refused before the work
            asked = _asked(dataset, usable_rules(settings, dataset.schema))
            newest = registry.newest()
            if newest and all(newest.tags.get(name) == told for name, told in asked.items()):
                return _nothing_new(registry, newest, dataset.settings)
            with step("reading leads and counting their events"):
                read = without_leaks(dataset)
            rules = usable_rules(settings, read.table.schema)
        with step(f"learning from {len(read.table):,} snapshots of {read.table.rows['lead_id'].nunique():,} leads"):
            learned = learn(
                read.table,
                rules,
                seed=settings.seed,
                trials=settings.trials,
                budget=settings.budget,
                censored=read.censored if read.table.timed else None,
            )
            learned.tested.update(_truth(settings, read.table, learned))
            metrics = evaluate_all(learned.tested, *outcomes_of(read.table, learned.blocks.test), settings.seed)
        with step("comparing with the champion"):
            contest = _contest(registry, learned, read, workspace)
        with step("storing the model and its plots in MLflow"):
            result = _store(registry, read, learned, metrics, contest, asked)
    for text in [*describe(read.report), *result.choices, *_told_left_out(result), *_notes(result)]:
        note(text)
    return result


def _asked(dataset: Dataset, rules: Rules | None) -> dict[str, str]:
    """Say, in tags, which leads had closed and what was asked for, of which code; attributes and events may change."""
    asked = dataset.settings.model_dump_json(exclude=NOT_LEARNED_FROM)
    request = [asked, sorted(dataset.settings.tables), rules and rules.to_yaml()]
    request += [git_commit(), fingerprint(dataset.schema)]
    digest = hashlib.sha256(json.dumps(request).encode()).hexdigest()[:16]
    return {"outcomes_fingerprint": dataset.outcomes_fingerprint(), "request_fingerprint": digest}


def _nothing_new(registry: Registry, newest: Version, settings: Settings) -> TrainResult:
    """Give the result of the newest version back, which has the settings that were given last from now on."""
    version = newest.number
    why = f"no lead has closed since version {version} was trained, and the same was asked for: nothing was done"
    if registry.settle(newest, settings):
        why += f", but that it reads {settings.places} from now on"
    return replace(TrainResult.from_json(registry.training_of(newest)), promoted=False, trained=False, why=why)


@dataclass(frozen=True)
class Contest:
    """How a version did beside the champion: without a verdict, ``why`` says why they were not compared."""

    champion: Stored | None
    verdict: Verdict | None
    why: str = ""

    @property
    def promoted(self) -> bool:
        return self.verdict is None or self.verdict.promoted

    @property
    def figures(self) -> dict[str, Any]:
        """Return the numbers that the decision rests on; none where there was no champion to compare with."""
        return figures_of(self.verdict) if self.verdict else {}

    @property
    def decision(self) -> str:
        """Return what follows for the version, in words."""
        if self.verdict is None or self.champion is None:
            return self.why
        decided = "promoted" if self.promoted else f"version {self.champion.scorer.version} stays the champion"
        return f"{decided}, for {self.verdict.why}; measured on {self.verdict.ground.told}"


def _contest(registry: Registry, learned: Learned, read: TrainingData, workspace: Workspace) -> Contest:
    """Compare with the champion, if there is one that this code can score with, and that can read these data.

    One that learned from columns that know the outcome is not compared: nothing honest would ever win against it.
    """
    if registry.champion_version is None:
        return Contest(None, None)
    champion = None
    try:
        champion = registry.champion()
        if known := _leaks_of(champion, read):
            return Contest(champion, None, f"promoted, for the champion learned from {known}, which knows the outcome")
        own = table_for(champion, read.table, read.settings, workspace)
    except (ModelError, InputError) as problem:
        return Contest(champion, None, f"promoted, for the champion cannot score these data: {problem.what}")
    return Contest(champion, _verdict(champion, own, learned, read))


def _leaks_of(champion: Stored, read: TrainingData) -> str:
    """Name the columns that are left out now, for they know the outcome, and are features of the champion."""
    schema = champion.scorer.schema
    learned_from = {*(attribute.name for attribute in schema.attributes), *schema.personal}
    return ", ".join(leak.column for leak in read.leaks if leak.excluded and leak.attribute in learned_from)


def _verdict(champion: Stored, own: TrainingTable, learned: Learned, read: TrainingData) -> Verdict:
    """Judge what was learned beside the champion; ``own`` is the training table with the champion's features."""
    seed, blocks, contestant = read.settings.seed, learned.blocks, contestant_of(champion)
    ground = ground_for(read.table, blocks, [contestant])
    inside = ground.rows[blocks.test]
    told = {
        "rules": learned.tested["rules"][inside],
        "champion": probabilities_of(contestant, own, blocks, ground, seed=seed),
        "challenger": learned.served[inside],
    }
    return judge(told, read.table, ground, seed=seed)


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
    registry: Registry,
    read: TrainingData,
    learned: Learned,
    metrics: Mapping[str, Metrics],
    contest: Contest,
    asked: Mapping[str, str],
) -> TrainResult:
    """Log the run with all that was found, and promote the version or keep it back."""
    reasons = (learned.why, read.level, contest.decision)
    why = joined(reasons)
    tags = {**_tags(read, learned), **asked, "why": why}
    with registry.run() as run:
        version = run.add_version(learned.model, tags)
        found = _found(read, learned, version, _thresholds(contest.champion, read, learned))
        result = TrainResult(
            run_id=run.run_id,
            model_version=version,
            promoted=contest.promoted,
            why=why,
            metrics=metrics,
            compared=contest.verdict and as_json(contest.verdict),
            **found.told,
        )
        _log(run, read, learned, found.scorer, result, tags)
    if contest.promoted:
        registry.promote(version, *reasons, figures=contest.figures)
    else:
        registry.keep_back(version, *reasons, figures=contest.figures)
    return result


@dataclass(frozen=True)
class Found:
    """A version's scorer, and what a training says of it and of the data: the parts of a `TrainResult`."""

    scorer: Scorer
    told: Mapping[str, Any]


def _found(read: TrainingData, learned: Learned, version: str, thresholds: BandThresholds) -> Found:
    """Assemble the scorer, and measure what it will be looked at for."""
    table, newest = read.table, learned.blocks.test
    known = replace(table, design=learned.design)
    timing, when = _timing(read, learned)
    scorer = assemble(learned, table, read.open_leads, version, thresholds)
    scorer = replace(scorer, timing=timing, amounts=fit_amounts(known, line_encoder(learned.model)))
    told = {
        "chosen": learned.chosen,
        "rung": learned.rung,
        "rules_kind": learned.rules_kind,
        "choices": learned.found.choices if learned.found else [],
        "window": _window(read, learned),
        "base_rates": _base_rates(table, learned),
        "counts": _counts(read, learned),
        "leakage": [leak.as_json() for leak in read.leaks],
        "excluded": dict(table.schema.excluded),
        "when": when,
        "amounts": measure_amounts(known, learned.blocks),
        "rules_review": _reviewed(scorer, learned, table),
        "closing": what_closes(scorer, known.ended.design, known.ended.rows),
        "bars": bars_in_history(learned.served, table, newest),
        "standing": standing_in_history(scorer, learned, table, read.open_leads),
    }
    return Found(scorer, told)


def _counts(read: TrainingData, learned: Learned) -> dict[str, Any]:
    leads = int(read.table.rows["lead_id"].nunique())
    return {"snapshots": len(read.table), "leads": leads, **read.left_out, "settled": learned.settled}


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
    run.log_scorer(scorer, learned.recipe, read.settings, result.as_json())
    run.log_reference(make_reference(table, learned.fitted))
    run.describe(_params(read.settings, learned), _logged_metrics(result, learned), tags)
    run.log_card(_card(result, read, learned))
    run.log_tables(result.closing)
    _log_pictures(run, scorer, learned, table)


def _card(result: TrainResult, read: TrainingData, learned: Learned) -> str:
    table, settings = read.table, read.settings
    features = segment_features(settings, table.schema)
    segments = measure_segments(features, table, learned.blocks.test, learned.served, settings.seed)
    notes = list(_notes(result))
    return model_card(result, read, learned, segments=segments, notes=notes, made=datetime.now(UTC))


def _reviewed(scorer: Scorer, learned: Learned, table: TrainingTable) -> list[dict[str, Any]]:
    """Hold each rule against history, and against what the model says of the same."""
    narrator, told = scorer.narrator, scorer.contributions(_sample(scorer, learned))
    speaks = np.abs(narrator.merged(told)).mean(axis=0)
    parts = dict(zip(narrator.concepts, (speaks / max(speaks.sum(), 1e-9)).tolist(), strict=True))
    shares = shares_of_rules(scorer.rules, narrator.features, parts)
    return [rule.as_json() for rule in review(scorer.rules, table.ended, shares)]


def _sample(scorer: Scorer, learned: Learned) -> pd.DataFrame:
    return scorer.completed(learned.design.sample(min(SUMMARY_ROWS, len(learned.design)), random_state=0))


def _timing(read: TrainingData, learned: Learned) -> tuple[Timing | None, Mapping[int, Mapping[str, float]]]:
    """Learn when wins come, where the data say when any came, and measure that on the newest block."""
    if not read.table.timed or not read.table.ended.won.any():
        return None, {}
    table, end, seed = replace(read.table, design=learned.design), read.data_end, read.settings.seed
    timing = fit_timing(table, learned.fitted, end, seed=seed, encoder=line_encoder(learned.model))
    return timing, measure_timing(table, learned.blocks, learned.fitted, learned.served, end, seed=seed)


def _thresholds(champion: Stored | None, read: TrainingData, learned: Learned) -> BandThresholds:
    """Return the bars of the settings, else of rules that are served, else the champion's: a fixed bar stays fixed."""
    settings, table = read.settings, read.table
    if settings.thresholds != BandThresholds():
        return settings.thresholds
    if agreed := bars_of_rules(learned):
        return agreed
    horizon = table.horizon if table.timed else None
    if champion is None or champion.scorer.horizon != horizon:
        return settings.thresholds
    return BandThresholds(hot=champion.scorer.scale.hot, warm=champion.scorer.scale.warm)


def _tags(read: TrainingData, learned: Learned) -> dict[str, str]:
    return {
        "feature_fingerprint": fingerprint(read.table.schema),
        "data_fingerprint": read.fingerprint,
        "git_commit": git_commit(),
        "horizon": str(read.table.horizon) if read.table.timed else "none",
        "rung": learned.rung,
        "chosen": learned.chosen,
        "rules": learned.rules_kind,
        "choices": "; ".join(learned.found.choices)[:LONGEST_TAG] if learned.found else "",
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
    if table.supposed:
        return {"older": float("nan"), "newest": float("nan")}
    blocks = {"older": learned.blocks.fit | learned.blocks.tune, "newest": learned.blocks.test}
    return {name: float(table.won[rows].mean()) if rows.any() else float("nan") for name, rows in blocks.items()}


def _params(settings: Settings, learned: Learned) -> dict[str, Any]:
    given = {"seed": settings.seed, "drop": ", ".join(settings.drop), "keep": ", ".join(settings.keep)}
    recipe, made = learned.recipe, {"layout": learned.blocks.layout, "trials": settings.trials}
    if learned.chosen == RULES:
        return {**given, **made}
    for member, settings_of_it in ((LOGISTIC, recipe.logistic), (BOOSTING, recipe.boosting)):
        if member in recipe.members:
            made |= {f"{member}_{name}": value for name, value in settings_of_it.items()}
    without = ", ".join(recipe.without)
    return {**given, **made, "without": without, "half_life": recipe.half_life, "trust": recipe.trust}


def _logged_metrics(result: TrainResult, learned: Learned) -> dict[str, float]:
    """Return the metrics of all scorers, the members' weights, and the candidates' losses ahead of the origins."""
    _, weights = affine(learned.model)
    blended = dict(zip(member_names(learned.model), weights.tolist(), strict=True))
    ahead = learned.found.losses if learned.found else {}
    return {
        **_flat_metrics(result.metrics),
        **{f"weight_{name}": weight for name, weight in blended.items()},
        **{f"log_loss_ahead_{name.replace(' + ', '_and_')}": loss for name, loss in ahead.items()},
    }


def _flat_metrics(metrics: Mapping[str, Metrics]) -> dict[str, float]:
    """Name each number as MLflow likes it: ``model_auc``, ``model_auc_low``, ``model_auc_high``, …"""
    flat: dict[str, float] = {}
    for scorer, measured in metrics.items():
        for name, value in measured.as_dict().items():
            numbers = {"_low": value[0], "_high": value[1]} if name.endswith("_ci") else {"": value}
            stem = f"{scorer}_{name.removesuffix('_ci')}".replace(" ", "_")
            flat |= {stem + ending: number for ending, number in numbers.items() if np.isfinite(number)}
    return flat


def _log_pictures(run: TrainingRun, scorer: Scorer, learned: Learned, table: TrainingTable) -> None:
    won = table.won[learned.blocks.test]
    sample = _sample(scorer, learned)
    told = scorer.contributions(sample)
    drawn = {name: probability for name, probability in learned.tested.items() if name != "base rate"}
    measured = {"calibration": plots.calibration_plot, "gains": plots.gains_plot} if len(won) else {}
    figures = {name: draw(drawn, won) for name, draw in measured.items()} | {
        "contributions": plots.contributions_plot(told, sample),
        "concepts": plots.concepts_plot(scorer.narrator.merged(told), scorer.narrator.concepts),
        "dependence": plots.dependence_plot(told, scorer.narrator.shown(sample)),
    }
    with tempfile.TemporaryDirectory() as folder:
        plots.save(figures, Path(folder))
        run.log_plots(Path(folder))


def _told_left_out(result: TrainResult) -> Iterator[str]:
    """Say which columns know the outcome, or may, and which ones law protects."""
    if protected := [column for column, reason in result.excluded.items() if reason == PROTECTED]:
        yield f"Law protects {', '.join(protected)}: left out; --keep NAME uses one."
    for leak in result.leakage:
        name, evidence = leak["column"], leak["evidence"]
        if leak["excluded"]:
            yield f"{name} is left out, for it knows the outcome: {evidence}; --keep {quote(name)} keeps it in"
        else:
            yield f"{name} may know the outcome, and stays: {evidence}"


def _has_moved(result: TrainResult) -> bool:
    """Tell whether the base rate of the newest block is another by more than matters, and than chance explains."""
    if not result.window["test"]["snapshots"]:
        return False
    older, newest = result.base_rates["older"], result.base_rates["newest"]
    if min(older, newest) * DRIFTED >= max(older, newest):
        return False
    rows = {name: result.window[name]["snapshots"] for name in ("fit", "tune", "test")}
    counts = ((older, rows["fit"] + rows["tune"]), (newest, rows["test"]))
    table = [[round(rate * count), round((1 - rate) * count)] for rate, count in counts]
    return stats.fisher_exact(table).pvalue <= CHANCE  # type: ignore[union-attr]


def _told_treatments(counts: Mapping[str, Any]) -> Iterator[str]:
    """Say which snapshots are not learned from as they stand, and their share of all."""
    censored, unrecorded = counts["censored"], counts.get("unrecorded", 0)
    whole = counts["snapshots"] + censored + unrecorded
    if censored:
        said = f"{censored:,} snapshots whose window is not over are censored: neither won nor lost"
        yield f"{said} ({censored / whole:.1%} of all)."
    if counts.get("settled"):
        yield f"{counts['settled']:,} of them are of leads that closed meanwhile: what is served learns from these too."
    if unrecorded:
        said = f"{unrecorded:,} snapshots lie before the first win that was recorded: left out"
        yield f"{said} ({unrecorded / whole:.1%} of all)."


def _notes(result: TrainResult) -> Iterator[str]:
    """Say what a reader of the metrics must know."""
    now = "Attributes without a history are read as they stand now"
    yield f"{now}: what was filled in after the outcome and not found must be dropped."
    if result.window["layout"] == "random":
        yield "The file says nothing of its order (--created, --order): blocks are random, which flatters every model."
    if result.rules_kind == "scorecard":
        yield "The shipped rules know too little of these columns: the baseline is a scorecard from the fit block."
    if _has_moved(result):
        older, newest = result.base_rates["older"], result.base_rates["newest"]
        moved = f"The base rate moved from {older:.1%} in the older blocks to {newest:.1%} in the newest"
        yield f"{moved}: probabilities lag behind such a drift, the ranking less."
    yield from _told_treatments(result.counts)
    if result.counts["undated"]:
        yield f"{result.counts['undated']:,} leads without a date of creation or of closing are not learned from."
    if result.window["test"]["snapshots"]:
        yield "The metrics describe recipes on the newest block; what is served is refitted on all leads."
    else:
        yield "Nothing is measured: there are no leads that are newer than those that were learned from."
