"""explain: one lead's score, taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from data.chunk import Chunk
from data.config import Settings
from data.dataset import open_dataset
from data.errors import InputError, ModelError
from data.schema import Schema
from data.store import open_store
from data.workspace import Workspace
from features import age_at, existing_at, scoring_time, stage_at
from models.explanation import Looked, Narrator, NextQuestion, Reasons
from models.rules import fired_by_name, fired_codes
from models.scoring import Scorer, SimilarDeal, WonDeals
from models.versions import Registry
from pipelines.as_of import end_of_data, format_moment
from pipelines.console import note, step
from pipelines.explain.score_change import Changes, look, why_changed
from pipelines.explain.similar import won_deals
from pipelines.last_run import settings_in, store_address


@dataclass(frozen=True)
class Explanation:
    """Everything that is said of one lead; `as_json` is the contract of ``explain --json``.

    ``base_score`` + points of all reasons + ``other_points`` = ``score``: the reasons are the five strongest each way,
    and ``other_reasons`` counts the smaller ones.
    ``stage`` and ``age_days`` are those of the lead as in the scores; None where they are not known.
    ``rules`` are the points that each rule gives, before any cap, whoever scores; ``persona`` is the one by which they
    do, or empty. ``triggered_by`` and ``disqualified_by`` name what decided the disposition, if such did.
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
    reasons_up: list[dict[str, Any]]
    reasons_down: list[dict[str, Any]]
    model_version: str
    persona: str
    rules: dict[str, float]
    when: dict[str, float] | None
    triggered_by: str = ""
    disqualified_by: str = ""
    expected_amount: float | None = None
    expected_value: float | None = None
    changes: Changes | None = None
    what_next: Sequence[NextQuestion] | None = None
    similar_won: Sequence[SimilarDeal] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"when": self.when or "unavailable"}


@dataclass(frozen=True)
class FoundLead:
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
    scorer = stored.scorer
    with open_store(store_address(workspace)) as store:
        with step("looking for the lead"):
            settings = settings_in(store, workspace) or stored.settings
            lead = find_lead(lead_id, workspace, settings, scorer.schema)
        looked = look(lead.chunk, lead.as_of, scorer)
        changed = since and why_changed(lead.chunk, looked, since, lead.as_of, scorer, store, registry)
        similar = similar_won(lead, looked, scorer, won_deals(store, scorer))
    told = {"changes": changed, "what_next": what_next(looked, scorer), "similar_won": similar}
    return replace(explanation_of(lead, looked, scorer), **told)


def find_lead(lead_id: str, workspace: Workspace, settings: Settings, schema: Schema) -> FoundLead:
    """Read one lead from its tables. Raises InputError where it is not there, or was not yet at that moment."""
    only = lead_id if settings.as_of else None  # else all leads tell which moment is the newest
    with open_dataset(settings, workspace=workspace.root, schema=schema, keep_rejected=False, only=only) as dataset:
        as_of, chunk = end_of_data(dataset), dataset.lead(lead_id)
    if chunk is None or existing_at(chunk, as_of).leads.empty:
        raise InputError(
            f"there is no lead '{lead_id}'",
            expected="the id of a lead, exactly as the data has it",
            where=f"{settings.place('leads')}, as of {format_moment(as_of)}",
        )
    return FoundLead(chunk, as_of)


def explanation_of(lead: FoundLead, looked: Looked, scorer: Scorer) -> Explanation:
    """Say what the score of a lead is made of."""
    told, judged = looked.told, scorer.judge_told(looked.design, looked.told)
    scored, base_score = judged.frame.iloc[0], scorer.base_score(told)
    listed = np.concatenate([reasons.points[reasons.concept >= 0] for reasons in (judged.up, judged.down)])
    all_reasons = int(np.count_nonzero(scorer.narrator.said_once(told, looked.design)))
    return Explanation(
        lead_id=lead.lead_id,
        as_of=f"{scoring_time(lead.chunk.leads, lead.as_of).iloc[0].isoformat()}Z",
        probability=float(scored["probability"]),
        score=int(scored["score"]),
        band=str(scored["band"]),
        disposition=str(scored["disposition"]),
        grade=str(scored["grade"]),
        stage=_stage(lead),
        age_days=_age(lead),
        base_score=base_score,
        other_points=int(scored["score"]) - base_score - int(listed.sum()),
        other_reasons=all_reasons - len(listed),
        raw_log_odds=float(told.raw_log_odds[0]),
        base=told.base,
        contributions=dict(zip(told.columns, told.values[0].tolist(), strict=True)),
        reasons_up=_listed(judged.up, scorer.narrator),
        reasons_down=_listed(judged.down, scorer.narrator),
        model_version=scorer.version,
        persona=str(scored.get("persona", "")),
        rules=fired_by_name(scorer.rules, fired_codes(scorer.rules, looked.design)[0]),
        triggered_by=str(scored.get("triggered_by", "")),
        disqualified_by=str(scored.get("disqualified_by", "")),
        when=_when(scored) if scorer.timing else None,
        expected_amount=float(scored["expected_amount"]) if scorer.amounts else None,
        expected_value=float(scored["expected_value"]) if scorer.amounts else None,
    )


def what_next(looked: Looked, scorer: Scorer) -> list[NextQuestion] | None:
    """Return what to ask a lead next; None, with a note, where the model's version does not know what leads answer."""
    try:
        return scorer.what_next(looked.design[[feature.name for feature in scorer.features]])
    except ModelError as problem:
        note(f"{problem.what}: {problem.parts['remedy']}")
        return None


def similar_won(lead: FoundLead, looked: Looked, scorer: Scorer, deals: WonDeals) -> list[SimilarDeal]:
    """Return the won deals that are most like a lead."""
    narrator = scorer.narrator
    return deals.like(lead.lead_id, looked.concepts(narrator), narrator.reasons(looked.told, looked.design))


def _age(lead: FoundLead) -> int | None:
    age = age_at(lead.chunk.leads, scoring_time(lead.chunk.leads, lead.as_of)).iloc[0]
    return None if pd.isna(age) else int(age)


def _stage(lead: FoundLead) -> str | None:
    stage = stage_at(existing_at(lead.chunk, lead.as_of), lead.as_of).iloc[0]
    return None if pd.isna(stage) else str(stage)


def _when(scored: pd.Series) -> dict[str, float]:
    """Return the chance of a win by days, and within how many days half of the wins of such leads come."""
    times = {
        name: name.removeprefix("probability_").removesuffix("d") for name in scored.index if "probability_" in name
    }
    return {days: float(scored[name]) for name, days in times.items()} | {"days_if_won": float(scored["days_if_won"])}


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
