"""Why a lead's score changed: the stored score, or what the data say of that time, compared with now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.chunk import Chunk
from data.errors import InputError
from data.store import Store
from features import exists_at
from models import scale as scales
from models.blend import log_odds
from models.explanation import Change, Snapshot, changes_between
from models.scoring import ScoredChunk, Scorer, decode_contributions, decode_values, score_chunk
from models.versions import Registry
from pipelines.as_of import format_moment

StoredScore = Mapping[str, Any]
"""A row of the score store."""


@dataclass(frozen=True)
class Changes:
    """What a lead's score was at a moment, and what made it another.

    ``score_then`` + the points of ``concepts`` + ``other_points`` + ``model_points`` + ``reference_points`` make up
    ``score``. The last two are what another model, and another population to rank among, made of the lead as it was
    then; 0 where both scores are of one version. ``is_stored`` is false where no score was stored and one was made.
    """

    as_of: str
    score_then: int
    score: int
    probability_then: float
    probability: float
    model_version_then: str
    model_version: str
    is_stored: bool
    concepts: Sequence[Change]
    other_points: int
    model_points: int
    reference_points: int

    def as_json(self) -> dict[str, Any]:
        """Return what ``explain --json`` prints of it, in which ``is_stored`` is called ``kept``."""
        return {"kept" if name == "is_stored" else name: value for name, value in asdict(self).items()}

    @property
    def points(self) -> int:
        """Return by how much the score differs."""
        return self.score - self.score_then

    @property
    def parts(self) -> list[tuple[int, str]]:
        """Return all parts with their points, in words."""
        parts = [(change.points, change.sentence) for change in self.concepts]
        parts.append((self.other_points, "everything else"))
        versions = f"version {self.model_version} of the model in the place of version {self.model_version_then}"
        parts.append((self.model_points, versions))
        parts.append((self.reference_points, "other leads to rank among"))
        return [part for part in parts if part[0]]


def why_changed(
    lead: Chunk,
    scored: ScoredChunk,
    since: pd.Timestamp,
    as_of: pd.Timestamp,
    scorer: Scorer,
    store: Store,
    registry: Registry,
) -> Changes:
    """Say why a lead's score is another than it was at ``since``: the last one that was stored until then.

    ``scored`` is its present score. Where none was stored, the features are made as of then, and scored with the
    present model.
    Raises InputError for a moment before the lead was there, or after ``as_of``.
    """
    if since > as_of:
        raise InputError(
            f"nothing has changed since {format_moment(since)}, which is later than the score",
            expected=f"a moment before {format_moment(as_of)}",
            got=format_moment(since),
        )
    scores = store.scores_of(str(lead.leads["lead_id"].iloc[0]))
    stored = next((row for row in scores if row["as_of"] <= since), None)
    moment = pd.Timestamp(stored["as_of"] if stored else since).as_unit("us")
    _require_there(lead, moment, scorer, stored)
    scored_then = score_chunk(lead, scorer, moment, overrides=_stored_values(stored, scorer, store))
    then, now = _snapshot(scored_then), _snapshot(scored)
    if stored is None:
        return _compared(then, now, moment, scorer)
    if stored["model_version"] == scorer.version:
        # Of the same version, what was stored is what was shown; what the data say of then may be another by now.
        concepts = decode_contributions(stored["contributions"])
        log_odds_then = float(log_odds(np.array(stored["probability"])))
        then = Snapshot(then.features, then.contributions, log_odds_then, concepts)
        return _compared(then, now, moment, scorer, stored)
    return _compared(then, now, moment, scorer, stored, registry.scale_of(stored["model_version"]))


def _snapshot(scored: ScoredChunk) -> Snapshot:
    """Return the one lead of a chunk as it was scored."""
    return Snapshot(scored.features, scored.contributions, float(scored.contributions.raw_log_odds[0]))


def _stored_values(stored: StoredScore | None, scorer: Scorer, store: Store) -> dict[str, Any]:
    """Return the values in the reasons of a stored score: what a cell was then may be known by nothing else."""
    if stored is None:
        return {}
    values = decode_values(stored["reasons"], store.codebook(stored["model_version"]).features)
    names = {feature.name for feature in scorer.catalogue}
    return {name: value for name, value in values.items() if name in names}


def _require_there(lead: Chunk, moment: pd.Timestamp, scorer: Scorer, stored: StoredScore | None) -> None:
    """Raise InputError where the lead was not there yet, or where nothing shows how it was."""
    if not exists_at(lead.leads, moment).iloc[0]:
        created = lead.leads["created_at"].iloc[0]
        raise InputError(
            f"the lead '{lead.leads['lead_id'].iloc[0]}' was not there yet",
            expected=f"a moment after {format_moment(created)}, when it was created",
            got=format_moment(moment),
        )
    if stored is None and not scorer.schema.timed:
        raise InputError(
            f"nothing says how the lead '{lead.leads['lead_id'].iloc[0]}' stood at {format_moment(moment)}",
            expected="a score that was kept until then, since these data have no dates",
            remedy="give a later date; `leadscore score` keeps a score whenever it changes",
        )


def _compared(
    then: Snapshot,
    now: Snapshot,
    moment: pd.Timestamp,
    scorer: Scorer,
    stored: StoredScore | None = None,
    scale_then: scales.Scale | None = None,
) -> Changes:
    """Take the difference apart; ``scale_then`` is that of the version that made the stored score, if another."""
    here, score = (_score(scorer.scale, each.log_odds) for each in (then, now))
    there = here if scale_then is None else _score(scale_then, then.log_odds)
    score_then = there if stored is None else int(stored["score"])
    concepts = changes_between(then, now, scorer.narrator)
    return Changes(
        as_of=f"{moment.isoformat()}Z",
        score_then=score_then,
        score=score,
        probability_then=float(stored["probability"]) if stored else _probability(then),
        probability=_probability(now),
        model_version_then=stored["model_version"] if stored else scorer.version,
        model_version=scorer.version,
        is_stored=stored is not None,
        concepts=concepts,
        other_points=score - here - sum(change.points for change in concepts),
        model_points=there - score_then,
        reference_points=here - there,
    )


def _score(scale: scales.Scale, log_odds: float) -> int:
    return int(np.rint(scales.position(scale, log_odds)))


def _probability(snapshot: Snapshot) -> float:
    return float(1 / (1 + np.exp(-snapshot.log_odds)))
