"""explain: one lead's score, taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from data.chunk import Chunk
from data.config import Settings
from data.dataset import open_dataset
from data.errors import InputError, ModelError
from data.schema import Schema
from data.store import Store, decisions_on, gone_since, open_store
from data.workspace import Workspace
from features import existing_at, named_features
from models.explanation import Narrator, NextQuestion, Reasons, ScoreLine
from models.rules import fired_by_name, missing_for_qso
from models.scoring import ScoredChunk, Scorer, SimilarDeal, WonDeals, score_chunk
from models.versions import Registry
from pipelines.as_of import format_moment
from pipelines.console import note, step
from pipelines.explain.score_change import Changes, why_changed
from pipelines.explain.similar import won_deals
from pipelines.last_run import settings_in, store_address
from pipelines.recommendations import recommendation_of


@dataclass(frozen=True)
class Explanation:
    """Everything that is said of one lead; `as_json` is the contract of ``explain --json``.

    ``base_score`` + points of ``stage_line`` and ``time_line`` + points of all reasons + those of ``rest`` = ``score``:
    the reasons are the five strongest each way, and ``other_reasons`` counts the smaller ones, whose points are
    ``other_points``. ``context`` says what the reasons are relative to: the leads at the same stage, and what is
    typical there; else all leads, and the two lines are None.
    ``stage`` and ``age_days`` are those of the lead as in the scores; None where they are not known.
    ``rules`` are the points that each rule gives, before any cap, whoever scores; ``persona`` is the one by which they
    do, or empty. ``triggered_by`` and ``disqualified_by`` name what decided the disposition, if such did.
    ``recommendation`` is what to do with an open lead, ``rule`` what decided on that, and ``sentence`` why: where the
    lead is one of the last scoring run, verdicts and the week of its owner count as well.
    ``when`` maps days to the chance of a win within them, and tells the days that a win typically takes;
    None in flat mode. ``expected_amount`` is what a win would bring, ``expected_value`` that times the probability;
    None where the amounts of won leads are not known.
    ``changes`` says why the score is another than it was, where that was asked; ``what_next`` which missing
    fields would tell most (None where the version does not know); ``similar_won`` which won deals are like this lead.
    """

    lead_id: str
    as_of: str
    probability: float
    score: int
    band: str
    disposition: str
    grade: str
    stage: str | None
    age_days: int | None
    base_score: int
    other_points: int
    other_reasons: int
    raw_log_odds: float
    base: float
    contributions: dict[str, float]
    context: dict[str, Any]
    stage_line: ScoreLine | None
    time_line: ScoreLine | None
    rest: ScoreLine
    reasons_up: list[dict[str, Any]]
    reasons_down: list[dict[str, Any]]
    model_version: str
    persona: str
    rules: dict[str, float]
    recommendation: str
    rule: str
    sentence: str
    when: dict[str, float] | None
    triggered_by: str = ""
    disqualified_by: str = ""
    qso: bool | None = None
    missing_for_qso: Sequence[str] = ()
    horizon: int | None = None
    expected_amount: float | None = None
    expected_value: float | None = None
    changes: Changes | None = None
    what_next: Sequence[NextQuestion] | None = None
    similar_won: Sequence[SimilarDeal] = ()

    def as_json(self) -> dict[str, Any]:
        changes = self.changes.as_json() if self.changes else None
        return asdict(self) | {"when": self.when or "unavailable", "changes": changes}


@dataclass(frozen=True)
class LeadRecord:
    """One lead with all that is known of it, and the moment of the last scoring run, else the end of the data."""

    chunk: Chunk
    as_of: pd.Timestamp

    @property
    def lead_id(self) -> str:
        return str(self.chunk.leads["lead_id"].iloc[0])


def explain(lead_id: str, workspace: Workspace, *, since: pd.Timestamp | None = None) -> Explanation:
    """Explain one lead's score, at the moment and in the data of the last scoring run, else as training left them.

    With ``since`` it is also said why the score is another than it was then.
    Raises InputError for a lead that is not there, or that was not there at ``since``.
    """
    with step("loading the champion"):
        registry = Registry(workspace)
        stored = registry.champion()
    with open_store(store_address(workspace)) as store:
        with step("looking for the lead"):
            settings = settings_in(store, workspace) or stored.settings
            scorer = replace(stored.scorer, relative_to=settings.relative_to)
            lead = find_lead(lead_id, workspace, settings, scorer.schema, store)
        scored = score_chunk(lead.chunk, scorer, lead.as_of)
        with store.transaction() as connection:
            decision = decisions_on(connection, [lead_id]).get(lead_id)
        changes = why_changed(lead.chunk, scored, since, lead.as_of, scorer, store, registry) if since else None
        similar = similar_won(scored, scorer, won_deals(store, scorer))
    explanation = explanation_of(scored, scorer, settings, decision)
    return replace(explanation, changes=changes, what_next=what_next(scored, scorer), similar_won=similar)


def find_lead(lead_id: str, workspace: Workspace, settings: Settings, schema: Schema, store: Store) -> LeadRecord:
    """Read one lead from its tables. Raises InputError where it is not there, or was not yet at that moment.

    The store knows since when one is gone that was there.
    """
    only = lead_id if settings.as_of else None  # else all leads tell which moment is the newest
    with open_dataset(settings, workspace=workspace.root, schema=schema, keep_rejected=False, only=only) as dataset:
        as_of, chunk = dataset.end, dataset.lead(lead_id)
    if chunk is None or existing_at(chunk, as_of).leads.empty:
        with store.transaction() as connection:
            since = gone_since(connection, lead_id)
        gone = f"the lead '{lead_id}' is no longer in the source since {since:%Y-%m-%d}" if since else ""
        raise InputError(
            gone or f"there is no lead '{lead_id}'",
            expected="the id of a lead, exactly as the data has it",
            where=f"{settings.place('leads')}, as of {format_moment(as_of)}",
        )
    return LeadRecord(chunk, as_of)


def explanation_of(
    scored: ScoredChunk, scorer: Scorer, settings: Settings, decision: Mapping[str, Any] | None = None
) -> Explanation:
    """Return what the score of one lead is made of, and what to do; ``decision`` is that of the store."""
    lead, numbers, contributions = scored.leads.iloc[0], scored.numbers.iloc[0], scored.contributions
    facts = {str(name): value for name, value in numbers.items()}
    advice = recommendation_of(facts, settings, decision if lead["outcome"] == "open" else None)
    narrator, stage = scorer.narrator, None if pd.isna(lead["stage"]) else str(lead["stage"])
    (beginning,), listed = scored.breakdown.context.rows(), int((scored.up.total + scored.down.total)[0])
    lines = narrator.lines(beginning, stage, int(numbers["score"]), listed)
    reasons_up, reasons_down = (_listed(reasons, narrator) for reasons in (scored.up, scored.down))
    return Explanation(
        lead_id=str(lead["lead_id"]),
        as_of=f"{lead['as_of'].isoformat()}Z",
        probability=float(numbers["probability"]),
        score=int(numbers["score"]),
        band=str(numbers["band"]),
        disposition=str(numbers["disposition"]),
        grade=str(numbers["grade"]),
        stage=stage,
        age_days=None if pd.isna(lead["age_days"]) else int(lead["age_days"]),
        base_score=lines.start.points,
        other_points=lines.rest.points,
        other_reasons=int(scored.breakdown.concepts[0]) - len(reasons_up) - len(reasons_down),
        raw_log_odds=float(contributions.raw_log_odds[0]),
        base=contributions.base,
        contributions=dict(zip(contributions.columns, contributions.values[0].tolist(), strict=True)),
        context=_context(scored, scorer, is_compared=lines.stage is not None),
        stage_line=lines.stage,
        time_line=lines.time,
        rest=lines.rest,
        reasons_up=reasons_up,
        reasons_down=reasons_down,
        model_version=scorer.version,
        persona=str(numbers.get("persona", "")),
        rules=fired_by_name(scorer.rules, scored.fired[0]),
        recommendation=advice["recommendation"],
        rule=advice["rule"],
        sentence=advice["sentence"],
        triggered_by=str(numbers.get("triggered_by", "")),
        disqualified_by=str(numbers.get("disqualified_by", "")),
        qso=bool(numbers["qso"]) if scorer.rules.qso else None,
        missing_for_qso=missing_for_qso(scorer.rules, scored.features),
        horizon=scorer.horizon,
        when=_when(numbers) if scorer.timing else None,
        expected_amount=float(numbers["expected_amount"]) if scorer.amounts else None,
        expected_value=float(numbers["expected_value"]) if scorer.amounts else None,
    )


def _context(scored: ScoredChunk, scorer: Scorer, *, is_compared: bool) -> dict[str, Any]:
    """Return what the reasons of the one lead of a chunk are relative to, with what is typical there."""
    stage, days = scored.leads["stage"].iloc[0], scored.leads["days_in_stage"].iloc[0]
    facts = {"stage": None if pd.isna(stage) else str(stage), "days_in_stage": None if pd.isna(days) else int(days)}
    if not (is_compared and scorer.typical):
        return {"relative_to": "all"} | facts
    group = scorer.typical.stages[str(stage)]
    return {"relative_to": "stage"} | facts | {"typical_days": group.days, "leads": group.leads}


def what_next(scored: ScoredChunk, scorer: Scorer) -> list[NextQuestion] | None:
    """Return what to ask a lead next; None, with a note, where the model's version does not know what leads answer."""
    try:
        features = (*scorer.catalogue, *named_features(scorer.schema))
        known = [feature.name for feature in features if feature.name in scored.features]
        return scorer.what_next(scored.features[known])
    except ModelError as problem:
        note(f"{problem.what}: {problem.parts['remedy']}")
        return None


def similar_won(scored: ScoredChunk, scorer: Scorer, deals: WonDeals) -> list[SimilarDeal]:
    """Return the won deals that are most like the one lead of a chunk."""
    # As finely as the store has those of the deals: the distances are then of the same kind.
    contributions = scorer.narrator.merged(scored.contributions)[0].astype(np.float16)
    return deals.like(str(scored.leads["lead_id"].iloc[0]), contributions, (scored.up, scored.down))


def _when(numbers: pd.Series) -> dict[str, float]:
    """Return the chance of a win by days, and within how many days half of the wins of such leads come."""
    times = {
        name: name.removeprefix("probability_").removesuffix("d") for name in numbers.index if "probability_" in name
    }
    return {days: float(numbers[name]) for name, days in times.items()} | {"days_if_won": float(numbers["days_if_won"])}


def _listed(reasons: Reasons, narrator: Narrator) -> list[dict[str, Any]]:
    rows = zip(reasons.concept[0], narrator.sentences(reasons)[0], reasons.points[0], strict=True)
    return [
        {
            "concept": narrator.concepts[concept],
            "family": str(narrator.families[narrator.concepts[concept]]),
            "sentence": sentence,
            "points": int(points),
        }
        for concept, sentence, points in rows
        if concept >= 0
    ]
