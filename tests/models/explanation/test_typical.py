"""Reasons relative to the leads at the same stage: what all of them have is no reason for one of them."""

import numpy as np
import pandas as pd
import pytest

from models.explanation.evidence import Evidence
from models.explanation.reasons import Breakdown, Narrator
from models.explanation.typical import FEWEST_AT_STAGE, Group, TypicalLeads, gather_typical
from models.members import Contributions
from models.scale import Scale

COLUMNS = ("industry", "budget", "visits_7d", "visits_30d")
RULER = Scale(tuple(np.linspace(-5, 5, 101)), hot=0.3, warm=0.1)
"""A point is a tenth of a log-odd: a lead without any stands at 50."""
AT_SQL = Group(40, days=20.0, means={"industry": 0.5, "visits_30d": 1.0}, absent={"Budget": 0.9, "Industry": 0.1})
TYPICAL = TypicalLeads({"sql": AT_SQL}, Group(100, absent={"Budget": 0.5}))


@pytest.fixture
def narrator(features) -> Narrator:
    return Narrator(features, Evidence({}, {}, {}, 100, 6), RULER, typical=TYPICAL)


def broken_down(narrator: Narrator, stage: str | None, *values: float, days: float | None = 8) -> Breakdown:
    lead = pd.DataFrame({"industry": ["Software"], "budget": [np.nan], "visits_7d": [2.0], "visits_30d": [3.0]})
    contributions = Contributions(COLUMNS, np.array([values]), base=0.0)
    return narrator.breakdown(contributions, lead.astype({"industry": "str"}), pd.Series([stage]), pd.Series([days]))


def listed(narrator: Narrator, breakdown: Breakdown) -> dict[str, int]:
    ways = (breakdown.up, breakdown.down)
    return {
        narrator.concepts[concept]: int(points)
        for way in ways
        for concept, points in zip(way.concept[0], way.points[0], strict=True)
        if concept >= 0
    }


def test_a_reason_is_what_a_lead_has_beside_the_others_at_its_stage(narrator):
    breakdown = broken_down(narrator, "sql", 0.9, 0, 0, 0.7)
    assert listed(narrator, breakdown) == {"Industry": 4, "pricing page visits": -3}
    assert (breakdown.context.start[0], breakdown.context.stage[0]) == (50, 15)


def test_start_stage_time_and_reasons_make_up_the_score(narrator):
    breakdown = broken_down(narrator, "sql", 0.9, 0, 0, 0.7)
    lines = narrator.lines(breakdown.context.rows()[0], "sql", score=66, listed=1)
    sentences = [(line.sentence, line.points) for line in (lines.start, *lines.context, lines.rest)]
    assert sentences == [
        ("where every lead starts", 50),
        ("typical at SQL", 15),
        ("at SQL for 7 to 13 days, where 14 to 29 days is typical", 0),
        ("everything else", 0),
    ]


@pytest.mark.parametrize("stage", ["mql", None])
def test_at_a_stage_of_few_leads_all_leads_are_what_reasons_are_relative_to(narrator, stage):
    breakdown = broken_down(narrator, stage, 0.9, 0, 0, 0.7)
    assert listed(narrator, breakdown) == {"Industry": 9, "pricing page visits": 7}
    assert not breakdown.context.is_compared[0]
    assert breakdown.context.rows()[0].stage is None


def test_an_absence_that_most_leads_at_the_stage_share_is_no_reason(narrator):
    assert listed(narrator, broken_down(narrator, "sql", 0.5, -0.8, 0, 1.0)) == {}
    assert listed(narrator, broken_down(narrator, None, 0, -0.8, 0, 0)) == {"Budget": -8}


def test_a_stage_of_too_few_leads_has_no_means():
    few, enough = ["qso"] * (FEWEST_AT_STAGE - 1), ["sql"] * FEWEST_AT_STAGE
    values = pd.DataFrame({"visits": [1.0] * len(few) + [0.0, 2.0] * (len(enough) // 2)})
    stages, days = pd.Series([*few, *enough]), pd.Series(range(39), dtype="Int64")
    typical = gather_typical(values, pd.DataFrame({"Visits": values["visits"] == 0}), stages, days)
    assert {name: (group.leads, group.means, group.absent) for name, group in typical.stages.items()} == {
        "sql": (20, {"visits": 1.0}, {"Visits": 0.5})
    }
    assert typical.everywhere == Group(39, absent={"Visits": pytest.approx(10 / 39)})


def test_what_is_typical_is_read_as_it_was_stored():
    assert TypicalLeads.from_json(TYPICAL.to_json()) == TYPICAL
