"""The lines beside the reasons: with them the points add up to the score."""

import pytest

from models.explanation.lines import AGES, Beginning, age_edge, lines_of


@pytest.mark.parametrize(
    ("beginning", "listed", "points"),
    [
        (Beginning(44, 30, -2, 7), 9, [44, 30, -2, -1]),
        (Beginning(44, 30, 0, None), 6, [44, 30, 0, 0]),
        (Beginning(44), 20, [44, 16]),
    ],
)
def test_the_rest_is_what_is_missing_to_the_score(beginning, listed, points):
    lines = lines_of(beginning, "sql", score=80, listed=listed, typical_days=20.0)
    assert [line.points for line in (lines.start, *lines.context, lines.rest)] == points
    assert sum(points) + listed == 80


@pytest.mark.parametrize(
    ("age", "typical_days", "sentence"),
    [
        (0, 2.5, "at SQL for less than a day, where 1 to 6 days is typical"),
        (180, None, "at SQL for 180 days or more"),
        (None, 2.5, "how it came to SQL"),
    ],
)
def test_time_is_said_beside_what_is_typical_where_both_are_known(age, typical_days, sentence):
    lines = lines_of(Beginning(50, 0, 0, age), "sql", score=50, listed=0, typical_days=typical_days)
    assert lines.time is not None and lines.time.sentence == sentence


def test_exported_lines_stand_in_the_direction_of_their_points_and_none_is_zero():
    lines = lines_of(Beginning(50, -20, 3, 1), "mql", score=33, listed=0, typical_days=None)
    assert lines.texts(1) == ["at MQL for 1 to 6 days (+3)", "where every lead starts (50)"]
    assert lines.texts(-1) == ["typical at MQL (−20)"]


def test_every_edge_has_words():
    assert [AGES[age_edge(days)] for days in (0.5, 1, 29, 30, 400)] == [
        *("less than a day", "1 to 6 days", "14 to 29 days", "30 to 59 days", "180 days or more"),
    ]
