"""The seam that all scoring goes through: from a chunk of leads to their scores, with the reasons.

It is pure. Batch runs, one lead that is explained, accounts and tests call the same function, so a lead has the same
score, to the last bit, whatever leads it is scored with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.chunk import Chunk
from features import (
    Batch,
    age_at,
    build,
    days_in_stage_at,
    existing_at,
    last_events,
    outcome_at,
    scoring_time,
    stage_at,
)
from models.explanation import Breakdown, Narrator, Reasons, with_values
from models.members import Contributions, Encoded
from models.rules import fired_codes
from models.scoring.recommendation import recommend
from models.scoring.scorer import Scorer

SHOWN = ["company", "owner", "source"]
"""What sales know a lead by; empty where the data do not have it, or where it is left out."""


@dataclass(frozen=True)
class ScoredChunk:
    """Leads and their scores, a row for each lead in the order of the chunk.

    leads     who they are and what they were: lead_id, position, account_id, as_of, stage, days_in_stage, outcome,
              age_days, company, owner, source, last_activity, last_touch
    features  what was scored
    numbers   the scores, as `Scorer.score` has them; of open leads with ``recommendation`` and ``decided_by``
    contributions  what each column adds to the log-odds
    breakdown  where the scores begin, and the reasons in each direction
    fired     the rules that fired, as `models.rules.fired_codes` has them
    """

    leads: pd.DataFrame
    features: pd.DataFrame
    numbers: pd.DataFrame
    contributions: Contributions
    breakdown: Breakdown
    fired: Sequence[str]

    @property
    def up(self) -> Reasons:
        """Return the reasons for each lead."""
        return self.breakdown.up

    @property
    def down(self) -> Reasons:
        """Return the reasons against each lead."""
        return self.breakdown.down

    def where(self, rows: npt.NDArray[np.bool_]) -> ScoredChunk:
        """Return the rows of a mask."""
        contributions = replace(self.contributions, values=self.contributions.values[rows])
        leads, features, numbers = (
            frame[rows].reset_index(drop=True) for frame in (self.leads, self.features, self.numbers)
        )
        fired = [codes for codes, wanted in zip(self.fired, rows, strict=True) if wanted]
        return ScoredChunk(leads, features, numbers, contributions, self.breakdown.where(rows), fired)


def score_chunk(
    chunk: Chunk,
    scorer: Scorer,
    as_of: pd.Timestamp | pd.Series,
    *,
    overrides: Mapping[str, Any] | None = None,
) -> ScoredChunk:
    """Score the leads of a chunk that there were at ``as_of``: at least one.

    ``as_of`` is one moment for all leads, or a series with a moment for each by the index of ``chunk.leads``: naive
    UTC. A lead that had closed by then is scored as it stood just before; one that was lost then, and opened again
    later, is lost. ``overrides`` are values of features that are known better than by the data of today.
    """
    existing = existing_at(chunk, as_of)
    batch = Batch.at(existing, scorer.schema, scoring_time(existing.leads, as_of))
    features = scorer.with_rules(with_values(build(batch), overrides or {}))
    encoded = Encoded(features)
    contributions = scorer.contributions(encoded)
    leads, numbers = _leads(existing, batch, as_of), scorer.score(encoded, contributions)
    is_open = leads["outcome"] == "open"
    return ScoredChunk(
        leads=leads,
        features=features,
        numbers=numbers.join(recommend(numbers, scorer.usual_value).where(is_open, "")),
        contributions=contributions,
        breakdown=scorer.breakdown(features, contributions, leads["stage"], leads["days_in_stage"]),
        fired=fired_codes(scorer.rules, features),
    )


def worded(scored: ScoredChunk, narrator: Narrator) -> pd.DataFrame:
    """Return the scores with ``reasons_up`` and ``reasons_down``, lists of the texts that people read.

    Their points, with the start, add up to the score.
    """
    place = scored.numbers.columns.get_loc("model_version")
    known = pd.DataFrame({"stage": scored.leads["stage"], "score": scored.numbers["score"]})
    both = narrator.summed(scored.up, scored.down, scored.breakdown.context.rows(), known)
    names = ("reasons_up", "reasons_down")
    texts = {name: pd.Series(way, dtype=object) for name, way in zip(names, both, strict=True)}
    before, after = scored.numbers.iloc[:, :place], scored.numbers.iloc[:, place:]
    return pd.concat([before, pd.DataFrame(texts), after], axis="columns")


def _leads(existing: Chunk, batch: Batch, as_of: pd.Timestamp | pd.Series) -> pd.DataFrame:
    """Return who the leads are, and what they were at the moment at which they are scored."""
    leads, scored_at = existing.leads.reset_index(drop=True), batch.snapshots["as_of"]
    known = pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "position": leads["position"],
            "account_id": leads["account_id"],
            "as_of": scored_at,
            "stage": stage_at(existing, as_of).reset_index(drop=True),
            "days_in_stage": days_in_stage_at(existing, as_of).reset_index(drop=True),
            "outcome": outcome_at(existing.leads, as_of),
            "age_days": age_at(leads, scored_at),
        }
    )
    shown = leads.reindex(columns=SHOWN).astype("str")
    return pd.concat([known, shown, last_events(existing, scored_at)], axis="columns")
