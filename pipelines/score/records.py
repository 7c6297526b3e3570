"""Leads that come as records, such as a request to the API, scored as a batch run would score them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from data.chunk import Chunk, LeadRecords, Record
from data.config import Settings
from data.parsing import Currency
from data.vocabulary import LEADS
from features import exists_at
from models.explanation import Reasons
from models.scoring import ScoredChunk, Scorer, score_chunk
from models.versions import Stored
from pipelines.recommendations import recommendation_of
from pipelines.score.batch import read_as_trained

NUMBERS = ("probability", "expected_amount", "expected_value", "days_if_won")
TEXTS = ("band", "disposition", "fit", "engagement", "grade", "persona", "triggered_by", "disqualified_by")


@dataclass(frozen=True)
class RecordScorer:
    """A version that scores records, loaded once; made by `of`."""

    scorer: Scorer
    settings: Settings

    @classmethod
    def of(cls, stored: Stored, settings: Settings) -> RecordScorer:
        """Return what scores records by a version as a run with these settings would."""
        used = read_as_trained(settings, stored)
        return cls(replace(stored.scorer, relative_to=used.relative_to), used)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The names that the record of a lead may have: those of the vocabulary, and the attributes of the version."""
        return frozenset({*LEADS, *(attribute.name for attribute in self.scorer.schema.columns_to_read)})

    def score(
        self, leads: Sequence[LeadRecords], as_of: Sequence[pd.Timestamp], now: pd.Timestamp | None = None
    ) -> list[dict[str, Any] | None]:
        """Score each lead at its moment (naive UTC); None for one that was created later.

        A score is, to the last bit, that of a run in which the tables hold the same, whatever leads it is asked with.
        ``now`` is what dates of creation are not later than, by default the present.
        """
        chunk = self._chunk(leads, now)
        moments = pd.Series(list(as_of), index=chunk.leads.index, dtype="datetime64[us]")
        there = np.flatnonzero(exists_at(chunk.leads, moments))
        answers: list[dict[str, Any] | None] = [None] * len(leads)
        if len(there):
            scored = score_chunk(chunk, self.scorer, moments)
            for position, answer in zip(there, self._answers(scored), strict=True):
                answers[position] = answer
        return answers

    def _chunk(self, leads: Sequence[LeadRecords], now: pd.Timestamp | None) -> Chunk:
        settings = self.settings
        types = {source.strip().lower(): name for name, sources in settings.event_types.items() for source in sources}
        canonical = [
            LeadRecords(
                _renamed(each.lead, "stage", settings.stages.renamed),
                [_renamed(event, "type", types) for event in each.events],
                [_renamed(entry, "stage", settings.stages.renamed) for entry in each.stages],
            )
            for each in leads
        ]
        currencies = {
            table: {column: Currency(code, settings.rates) for column, code in columns.items()}
            for table, columns in settings.currencies.items()
        }
        return Chunk.of_leads(
            self.scorer.schema,
            canonical,
            now=now,
            formats=settings.formats,
            days=settings.days,
            currencies=currencies,
            closing=(*settings.stages.won, *settings.stages.lost),
        )

    def _answers(self, scored: ScoredChunk) -> list[dict[str, Any]]:
        rows = zip(
            scored.leads.to_dict("records"),
            scored.numbers.to_dict("records"),
            _listed(scored.up, self.scorer),
            _listed(scored.down, self.scorer),
            scored.breakdown.context.rows(),
            strict=True,
        )
        return [self._answer(lead, numbers, up, down, beginning) for lead, numbers, up, down, beginning in rows]

    def _answer(
        self, lead: Mapping[Any, Any], numbers: Mapping[Any, Any], up: list[dict], down: list[dict], beginning: Any
    ) -> dict[str, Any]:
        stage = None if pd.isna(lead["stage"]) else str(lead["stage"])
        listed = sum(reason["points"] for reason in (*up, *down))
        lines = self.scorer.narrator.lines(beginning, stage, int(numbers["score"]), listed)
        advice = recommendation_of(numbers, self.settings)
        return {
            "lead_id": None if pd.isna(lead["lead_id"]) else str(lead["lead_id"]),
            "as_of": None if pd.isna(lead["as_of"]) else f"{lead['as_of'].isoformat()}Z",
            "score": int(numbers["score"]),
            **{name: _number(numbers.get(name)) for name in NUMBERS},
            **{name: str(numbers.get(name) or "") for name in TEXTS},
            "horizon": self.scorer.horizon,
            "recommendation": advice["recommendation"],
            "rule": advice["rule"],
            "sentence": advice["sentence"],
            "lines": [
                {"sentence": line.sentence, "points": line.points} for line in (lines.start, *lines.context, lines.rest)
            ],
            "reasons_up": up,
            "reasons_down": down,
            "model_version": self.scorer.version,
        }


def _renamed(record: Record, name: str, canonical: Mapping[str, str]) -> Record:
    """Put a word of the vocabulary in the place of one of the source, which are mapped in lower case."""
    word = record.get(name)
    known = canonical.get(word.strip().lower()) if isinstance(word, str) and canonical else None
    return {**record, name: known} if known else record


def _listed(reasons: Reasons, scorer: Scorer) -> list[list[dict[str, Any]]]:
    """Return the reasons of each row in one direction, the strongest first."""
    narrator = scorer.narrator
    concepts = [(concept, str(narrator.families[concept])) for concept in narrator.concepts]
    rows = zip(reasons.concept, narrator.sentences(reasons), reasons.points, strict=True)
    return [
        [
            {
                "sentence": str(sentence),
                "points": int(points),
                "concept": concepts[code][0],
                "family": concepts[code][1],
            }
            for code, sentence, points in zip(*row, strict=True)
            if code >= 0
        ]
        for row in rows
    ]


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
