"""By-segment figures: of enough leads, of no person, and by names that the user knows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.config import Settings
from data.errors import InputError
from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from models.evaluation.segments import OTHERS, measure_segments, segment_features
from models.training_table import TrainingTable

SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("source", "Source", Kind.CATEGORY, Family.SOURCE),
        Attribute("employees", "Employees", Kind.NUMBER, Family.FIRMOGRAPHIC),
        Attribute("Gender", "Gender", Kind.CATEGORY, Family.DECLARED),
        Attribute("Desk", "Desk", Kind.CATEGORY, Family.DECLARED),
    ),
    excluded={"Tags": "dropped by the settings"},
)
FAIR, MAIL = 60, 100


def settings(*segments: str, **columns: str) -> Settings:
    return Settings(tables={"leads": Path("leads.csv")}, segments=list(segments), columns={"leads": columns})


def names(*segments: str, **columns: str) -> list[str]:
    return [feature.name for feature in segment_features(settings(*segments, **columns), SCHEMA)]


def test_a_column_is_named_as_the_user_knows_it():
    assert names("source", "Lead Source", "employees") == ["source", "source", "employees"]
    assert names("Herkunft", source="Herkunft") == ["source"]


def test_a_misspelt_column_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"'sorce' cannot be a segment(.|\n)*did you mean 'source'"):
        names("sorce")


def test_a_column_that_was_left_out_is_refused_with_the_reason():
    with pytest.raises(InputError, match="'Tags' cannot be a segment: dropped by the settings"):
        names("Tags")


def test_a_protected_column_is_refused_even_where_it_was_kept():
    with pytest.raises(InputError, match="'Gender' cannot be a segment: it tells of persons") as error:
        names("Gender")
    assert "Gender" not in error.value.parts["expected"]


def measured(name: str, cells: list, won: list[int], probability: list[float], leads: list[str] | None = None):
    ids = pd.Series(leads or [f"lead {number}" for number in range(len(cells))])
    rows = pd.DataFrame({"lead_id": ids, "group": ids, "as_of": pd.NaT, "won": won, "order": range(len(cells))})
    dtype = "float64" if name == "employees" else "str"
    table = TrainingTable(SCHEMA, pd.DataFrame({name: pd.Series(cells, dtype=dtype)}), rows, timed=False, horizon=90)
    tested = np.ones(len(cells), dtype=bool)
    features = segment_features(settings(name), SCHEMA)
    (segment,) = measure_segments(features, table, tested, np.array(probability), seed=0)
    return segment


@pytest.fixture
def by_source():
    """At the fair 30 of 60 leads are won and ranked without a fault; by mail 5 of 100, all scored alike."""
    won = [1] * 30 + [0] * 30 + [1] * 5 + [0] * 95
    return measured("source", ["Fair"] * FAIR + ["Mail"] * MAIL, won, [0.75] * 30 + [0.25] * 30 + [0.1] * 100)


def test_each_level_has_its_leads_wins_rate_and_mean_probability(by_source):
    told = [(level.name, level.leads, level.won, level.observed, level.predicted) for level in by_source.levels]
    assert told == [("Mail", 100, 5, 0.05, pytest.approx(0.1)), ("Fair", 60, 30, 0.5, 0.5)]


def test_an_auc_needs_twenty_wins_and_as_many_losses(by_source):
    mail, fair = by_source.levels
    assert (mail.auc, mail.auc_ci) == (None, None)
    assert (fair.auc, fair.auc_ci) == (1.0, (1.0, 1.0))


def test_wins_are_counted_by_lead_and_not_by_snapshot():
    leads = [f"lead {number % 25}" for number in range(100)]
    won = [int(number % 25 < 10) for number in range(100)]
    (level,) = measured("source", ["Fair"] * 100, won, [0.4] * 100, leads).levels
    assert (level.leads, level.won, level.auc) == (25, 10, None)


def test_levels_of_few_leads_stand_together():
    cells = ["Mail"] * 60 + ["Fair"] * 19 + ["Ms Jane Doe"] * 2 + [None] * 20
    segment = measured("source", cells, [0, 1] * 50 + [0], [0.5] * 101)
    assert [(level.name, level.leads) for level in segment.levels] == [("Mail", 60), ("not given", 20), (OTHERS, 21)]


def test_a_level_that_looks_like_a_person_is_not_named():
    segment = measured("Desk", ["North"] * 50 + ["Erika Mustermann"] * 50, [0, 1] * 50, [0.5] * 100)
    assert [level.name for level in segment.levels] == ["North", OTHERS]


def test_levels_that_law_protects_are_hidden_whatever_the_column_is_called():
    segment = measured("Desk", ["male", "female"] * 50, [0, 1] * 50, [0.5] * 100)
    assert (segment.levels, segment.hidden) == ((), "its levels tell of persons")


def test_numbers_stand_in_ranges_that_rise():
    sizes = [*range(1, 101), None]
    segment = measured("employees", sizes, [0, 1] * 50 + [0], [0.5] * 101)
    told = [level.name for level in segment.levels]
    assert told == ["under 26", "26 to under 51", "51 to under 76", "76 or more", OTHERS]
