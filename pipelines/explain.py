"""explain: one lead's score, taken apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from data.dataset import open_dataset
from data.errors import InputError
from data.schema import Chunk, Schema
from data.settings import Settings
from data.store import open_store
from data.workspace import Workspace
from models.changes import Looked
from models.reasons import Narrator, Reasons
from models.registry import Registry
from models.scorer import Scorer
from pipelines.changes import Changes, look, why_changed
from pipelines.console import step
from pipelines.last_run import settings_of_last_run, store_address
from pipelines.moments import end_of_data, existing_at, moments_of


@dataclass(frozen=True)
class Explanation:
    """Everything that is said of one lead; `as_json` is the contract of ``explain --json``.

    ``base_score`` + points of all reasons + ``other_points`` = ``score``: the reasons are the five strongest each way.
    ``when`` maps days to the chance of a win within them, and tells the days that a win typically takes; None in flat
    mode. ``changes`` says why the score is another than it was, where that was asked.
    """

    lead_id: str
    as_of: str
    probability: float
    score: int
    band: str
    disposition: str
    grade: str
    base_score: int
    other_points: int
    raw_log_odds: float
    base: float
    contributions: dict[str, float]
    reasons_up: list[dict[str, Any]]
    reasons_down: list[dict[str, Any]]
    model_version: str
    when: dict[str, float] | None
    changes: Changes | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"when": self.when or "unavailable"}


@dataclass(frozen=True)
class FoundLead:
    """One lead with all that is known of it, and the moment of the last scoring run, else the end of the data."""

    chunk: Chunk
    as_of: pd.Timestamp


def explain(lead_id: str, workspace: Workspace, *, since: pd.Timestamp | None = None) -> Explanation:
    """Explain one lead's score, at the moment and in the data of the last scoring run, else as training left them.

    With ``since`` it is also said why the score is another than it was then.
    Raises InputError for a lead that is not there, or that was not there at ``since``.
    """
    with step("loading the champion"):
        registry = Registry(workspace)
        stored = registry.champion()
    scorer = stored.scorer
    with step("looking for the lead"):
        lead = find_lead(lead_id, workspace, settings_of_last_run(workspace) or stored.settings, scorer.schema)
    looked = look(lead.chunk, lead.as_of, scorer)
    explanation = explanation_of(lead, looked, scorer)
    with open_store(store_address(workspace)) as store:
        if since is None:
            return explanation
        changes = why_changed(lead.chunk, looked, since, lead.as_of, scorer, store, registry)
    return replace(explanation, changes=changes)


def find_lead(lead_id: str, workspace: Workspace, settings: Settings, schema: Schema) -> FoundLead:
    """Read one lead from its tables. Raises InputError where it is not there, or was not yet at that moment."""
    with open_dataset(settings, workspace=workspace.root, schema=schema, keep_rejected=False) as dataset:
        as_of, chunk = end_of_data(dataset), dataset.lead(lead_id)
    if chunk is None or existing_at(chunk, as_of).leads.empty:
        raise InputError(
            f"there is no lead '{lead_id}'",
            expected="the id of a lead, exactly as the data has it",
            where=f"{settings.place('leads')}, as of {as_of}",
        )
    return FoundLead(chunk, as_of)


def explanation_of(lead: FoundLead, looked: Looked, scorer: Scorer) -> Explanation:
    """Say what the score of a lead is made of."""
    told, judged = looked.told, scorer.judge_told(looked.design, looked.told)
    scored, base_score = judged.frame.iloc[0], scorer.base_score(told)
    listed = sum(int(reasons.points[reasons.concept >= 0].sum()) for reasons in (judged.up, judged.down))
    return Explanation(
        lead_id=str(lead.chunk.leads["lead_id"].iloc[0]),
        as_of=f"{moments_of(lead.chunk.leads, lead.as_of).iloc[0].isoformat()}Z",
        probability=float(scored["probability"]),
        score=int(scored["score"]),
        band=str(scored["band"]),
        disposition=str(scored["disposition"]),
        grade=str(scored["grade"]),
        base_score=base_score,
        other_points=int(scored["score"]) - base_score - listed,
        raw_log_odds=float(told.raw_log_odds[0]),
        base=told.base,
        contributions=dict(zip(told.columns, told.values[0].tolist(), strict=True)),
        reasons_up=_listed(judged.up, scorer.narrator),
        reasons_down=_listed(judged.down, scorer.narrator),
        model_version=scorer.version,
        when=_when(scored) if scorer.timing else None,
    )


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
