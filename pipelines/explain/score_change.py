"""Why a lead's score changed: what is kept of it, or what the data say of that time, against now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from data.chunk import Chunk
from data.errors import InputError
from data.store import Store
from features import Batch, build, exists_at, scoring_time
from models import scale as scales
from models.blend import log_odds
from models.explanation import Change, Looked, changes_between, values_changed
from models.scoring import Scorer, unpacked_contributions, values_in
from models.versions import Registry
from pipelines.as_of import format_moment


@dataclass(frozen=True)
class Changes:
    """What a lead's score was at a moment, and what made it another.

    ``score_then`` + the points of ``concepts`` + ``other_points`` + ``model_points`` + ``reference_points`` make up
    ``score``. The last two are what another model, and another population to rank among, made of the lead as it stood
    then; 0 where both scores are of one version. ``kept`` is false where no score was kept and one was made.
    """

    as_of: str
    score_then: int
    score: int
    probability_then: float
    probability: float
    model_version_then: str
    model_version: str
    kept: bool
    concepts: Sequence[Change]
    other_points: int
    model_points: int
    reference_points: int

    @property
    def points(self) -> int:
        return self.score - self.score_then

    @property
    def parts(self) -> list[tuple[int, str]]:
        """Return all parts with their points, in words."""
        said = [(change.points, change.sentence) for change in self.concepts]
        said.append((self.other_points, "everything else"))
        versions = f"version {self.model_version} of the model in the place of version {self.model_version_then}"
        said.append((self.model_points, versions))
        said.append((self.reference_points, "other leads to rank among"))
        return [part for part in said if part[0]]


def why_changed(
    lead: Chunk, now: Looked, since: pd.Timestamp, as_of: pd.Timestamp, scorer: Scorer, store: Store, registry: Registry
) -> Changes:
    """Say why a lead's score is another than it was at ``since``: the one that was kept last until then.

    Where none was kept, the features are made as of then, and scored with the present model.
    Raises InputError for a moment before the lead was there, or after ``as_of``.
    """
    lead_id = str(lead.leads["lead_id"].iloc[0])
    if since > as_of:
        raise InputError(
            f"nothing has changed since {format_moment(since)}, which is later than the score",
            expected=f"a moment before {format_moment(as_of)}",
            got=format_moment(since),
        )
    kept = next((row for row in store.scores_of(lead_id) if row["as_of"] <= since), None)
    moment = pd.Timestamp(kept["as_of"] if kept else since).as_unit("us")
    _require_there(lead, moment, scorer, kept)
    then = look(lead, moment, scorer, _written(kept, scorer, store))
    if kept is None:
        return _compared(then, now, moment, scorer)
    if kept["model_version"] == scorer.version:
        merged = unpacked_contributions(kept["contributions"])
        told = float(log_odds(np.array(kept["probability"])))
        return _compared(replace(then, log_odds=told, merged=merged), now, moment, scorer, kept)
    return _compared(then, now, moment, scorer, kept, registry.scale_of(kept["model_version"]))


def look(lead: Chunk, moment: pd.Timestamp, scorer: Scorer, known: dict[str, Any] | None = None) -> Looked:
    """Return a lead as it stood at a moment (just before it closed, where that was earlier)."""
    features = build(Batch.at(lead, scorer.schema, scoring_time(lead.leads, moment)))
    design = scorer.beside_points(values_changed(features, known or {}))
    told = scorer.contributions(design)
    return Looked(design, told, float(told.raw_log_odds[0]))


def _written(kept: dict[str, Any] | None, scorer: Scorer, store: Store) -> dict[str, Any]:
    """Return the values that a kept score told of: what a cell was then may be known by nothing else."""
    if kept is None:
        return {}
    written = values_in(kept["reasons"], store.codebook(kept["model_version"]).features)
    names = {feature.name for feature in scorer.features}
    return {name: value for name, value in written.items() if name in names}


def _require_there(lead: Chunk, moment: pd.Timestamp, scorer: Scorer, kept: dict[str, Any] | None) -> None:
    """Raise InputError where the lead was not there yet, or where nothing tells how it stood."""
    if not exists_at(lead.leads, moment).iloc[0]:
        created = lead.leads["created_at"].iloc[0]
        raise InputError(
            f"the lead '{lead.leads['lead_id'].iloc[0]}' was not there yet",
            expected=f"a moment after {format_moment(created)}, when it was created",
            got=format_moment(moment),
        )
    if kept is None and not scorer.schema.timed:
        raise InputError(
            f"nothing says how the lead '{lead.leads['lead_id'].iloc[0]}' stood at {format_moment(moment)}",
            expected="a score that was kept until then, since these data have no dates",
            remedy="give a later date; `leadscore score` keeps a score whenever it changes",
        )


def _compared(
    then: Looked,
    now: Looked,
    moment: pd.Timestamp,
    scorer: Scorer,
    kept: dict[str, Any] | None = None,
    scale_then: scales.Scale | None = None,
) -> Changes:
    """Take the difference apart; ``scale_then`` is that of the version that made the kept score, if another."""
    here, score = (_score(scorer.scale, each.log_odds) for each in (then, now))
    there = here if scale_then is None else _score(scale_then, then.log_odds)
    score_then = there if kept is None else int(kept["score"])
    concepts = changes_between(then, now, scorer.narrator)
    return Changes(
        as_of=f"{moment.isoformat()}Z",
        score_then=score_then,
        score=score,
        probability_then=float(kept["probability"]) if kept else _probability(then),
        probability=_probability(now),
        model_version_then=kept["model_version"] if kept else scorer.version,
        model_version=scorer.version,
        kept=kept is not None,
        concepts=concepts,
        other_points=score - here - sum(change.points for change in concepts),
        model_points=there - score_then,
        reference_points=here - there,
    )


def _score(scale: scales.Scale, log_odds: float) -> int:
    return int(np.rint(scales.position(scale, log_odds)))


def _probability(looked: Looked) -> float:
    return float(1 / (1 + np.exp(-looked.log_odds)))
