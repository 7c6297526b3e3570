"""explain: one lead's score, taken apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from data.dataset import open_dataset
from data.errors import InputError
from data.schema import Chunk
from data.workspace import Workspace
from features import Batch
from models.reasons import Narrator, Reasons
from models.registry import Registry
from models.rule_terms import fired_by_name, fired_codes
from models.scorer import Scorer
from pipelines.console import step
from pipelines.last_run import settings_of_last_run
from pipelines.moments import end_of_data, existing_at, moments_of


@dataclass(frozen=True)
class Explanation:
    """Everything that is said of one lead; `as_json` is the contract of ``explain --json``.

    ``base_score`` + points of all reasons + ``other_points`` = ``score``: the reasons are the five strongest each way.
    ``rules`` are the points that each rule gives, before any cap, whoever scores; ``persona`` is the one by which they
    do, or empty. ``when`` maps days to the chance of a win within them, and tells the days that a win typically takes;
    None in flat mode. ``expected_amount`` is what a win would bring, ``expected_value`` that times the probability;
    None where the amounts of won leads are not known.
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
    persona: str
    rules: dict[str, float]
    when: dict[str, float] | None
    expected_amount: float | None = None
    expected_value: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"when": self.when or "unavailable"}


def explain(lead_id: str, workspace: Workspace) -> Explanation:
    """Explain one lead's score, at the moment and in the data of the last scoring run, else as training left them.

    Raises InputError for a lead that is not there.
    """
    with step("loading the champion"):
        stored = Registry(workspace).champion()
    scorer = stored.scorer
    settings = settings_of_last_run(workspace) or stored.settings
    with (
        step("looking for the lead"),
        open_dataset(settings, workspace=workspace.root, schema=scorer.schema, keep_rejected=False) as dataset,
    ):
        as_of = end_of_data(dataset)
        chunk = next(
            (found for chunk in dataset.chunks() if (found := _only(existing_at(chunk, as_of), lead_id))), None
        )
    if chunk is None:
        raise InputError(
            f"there is no lead '{lead_id}'",
            expected="the id of a lead, exactly as the data has it",
            where=f"{settings.place('leads')}, as of {as_of}",
        )
    batch = Batch.at(chunk, scorer.schema, moments_of(chunk.leads, as_of))
    return _explanation(lead_id, batch, scorer)


def _only(chunk: Chunk, lead_id: str) -> Chunk | None:
    leads = chunk.leads[chunk.leads["lead_id"] == lead_id]
    return chunk._replace(leads=leads) if len(leads) else None


def _explanation(lead_id: str, batch: Batch, scorer: Scorer) -> Explanation:
    design = scorer.design(batch)
    told = scorer.contributions(design)
    up, down = scorer.narrator.reasons(told, design)
    scored, base_score = scorer.score(batch).iloc[0], scorer.base_score(told)
    listed = sum(int(reasons.points[reasons.concept >= 0].sum()) for reasons in (up, down))
    moment: pd.Timestamp = batch.moments["as_of"].iloc[0]
    return Explanation(
        lead_id=lead_id,
        as_of=f"{moment.isoformat()}Z",
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
        reasons_up=_listed(up, scorer.narrator),
        reasons_down=_listed(down, scorer.narrator),
        model_version=scorer.version,
        persona=str(scored.get("persona", "")),
        rules=fired_by_name(scorer.rules, fired_codes(scorer.rules, design)[0]),
        when=_when(scored) if scorer.timing else None,
        expected_amount=float(scored["expected_amount"]) if scorer.amounts else None,
        expected_value=float(scored["expected_value"]) if scorer.amounts else None,
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
