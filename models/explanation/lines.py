"""The lines beside the reasons of a lead: with them the points add up to its score, on every page and in every export.

Start (all leads) → typical at its stage → how long it has been there → the reasons → the rest → the score.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from data.vocabulary import AGE_EDGES
from features import stage_name
from models.explanation.language import IN_STAGE, IN_STAGE_BESIDE, REST, START, TYPICAL, WAY_TO_STAGE, put


class Beginning(NamedTuple):
    """What a lead's reasons begin from: the score where all leads start, the points to what is typical at its stage,
    those of its time there, and the ageing edge that its days there passed last.

    Without points of a stage it is compared with all leads.
    """

    start: int
    stage: int | None = None
    time: int = 0
    age: int | None = None


@dataclass(frozen=True)
class ScoreLine:
    """Points of a score that are no reason, in words."""

    sentence: str
    points: int


@dataclass(frozen=True)
class ScoreLines:
    """What makes a score up with the reasons that are listed: all points add up to it.

    ``stage`` and ``time`` are None where a lead is compared with all leads.
    """

    start: ScoreLine
    stage: ScoreLine | None
    time: ScoreLine | None
    rest: ScoreLine

    @property
    def context(self) -> list[ScoreLine]:
        """Return the lines of stage and time: what the reasons are relative to."""
        return [line for line in (self.stage, self.time) if line]

    def texts(self, sign: int) -> list[str]:
        """Return the lines of one direction as they are exported; where all leads start stands with those that raise.

        >>> stage, time = ScoreLine("typical at SQL", 30), ScoreLine("at SQL", -2)
        >>> lines = ScoreLines(ScoreLine("start", 44), stage, time, ScoreLine("the rest", 0))
        >>> lines.texts(1), lines.texts(-1)
        (['typical at SQL (+30)', 'start (44)'], ['at SQL (−2)'])
        """
        lines = [line for line in (*self.context, self.rest) if sign * line.points > 0]
        texts = [f"{line.sentence} ({signed(line.points)})" for line in lines]
        return [*texts, f"{self.start.sentence} ({self.start.points})"] if sign > 0 else texts


def signed(points: int) -> str:
    """Return points with their sign.

    >>> signed(3), signed(-3)
    ('+3', '−3')
    """
    return f"{points:+d}".replace("-", "−")


def lines_of(beginning: Beginning, stage: str, score: int, listed: int, typical_days: float | None) -> ScoreLines:
    """Return the lines of a lead whose reasons have so many points in all.

    ``typical_days`` are those that half of the leads at its stage had been there for; None where nobody knows.

    >>> lines = lines_of(Beginning(44, 30, -2, 7), "sql", score=80, listed=9, typical_days=20.0)
    >>> [(line.sentence, line.points) for line in (*lines.context, lines.rest)]
    [('typical at SQL', 30), ('at SQL for 7 to 13 days, where 14 to 29 days is typical', -2), ('everything else', -1)]
    """
    rest = score - beginning.start - (beginning.stage or 0) - beginning.time - listed
    start, other = ScoreLine(put(START), beginning.start), ScoreLine(put(REST), rest)
    if beginning.stage is None:
        return ScoreLines(start, None, None, other)
    typical = ScoreLine(_stage_in_words(stage), beginning.stage)
    return ScoreLines(
        start, typical, ScoreLine(_time_in_words(stage, beginning.age, typical_days), beginning.time), other
    )


@cache
def _stage_in_words(stage: str) -> str:
    return put(TYPICAL, stage=stage_name(stage))


@cache
def _time_in_words(stage: str, age: int | None, typical_days: float | None) -> str:
    if age is None:
        return put(WAY_TO_STAGE, stage=stage_name(stage))
    time = put(AGES[age])
    if typical_days is None:
        return put(IN_STAGE, stage=stage_name(stage), time=time)
    return put(IN_STAGE_BESIDE, stage=stage_name(stage), time=time, typical=put(AGES[age_edge(typical_days)]))


def age_edge(days: float) -> int:
    """Return the ageing edge that a number of days passed last.

    >>> age_edge(0.0), age_edge(7), age_edge(1000)
    (0, 7, 180)
    """
    return (0, *AGE_EDGES)[bisect_right(AGE_EDGES, days)]


def _ages() -> dict[int, str]:
    spans = {start: f"{start} to {end - 1} days" for start, end in pairwise(AGE_EDGES)}
    return {0: "less than a day", **spans, AGE_EDGES[-1]: f"{AGE_EDGES[-1]} days or more"}


AGES = _ages()
"""The ageing edge that was passed last → how people say it."""
