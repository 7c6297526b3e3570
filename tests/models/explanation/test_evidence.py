"""What history says of a value: leads counted once, however often they were looked at."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Schema
from features import SNAPSHOT_AGES
from models import training_table
from models.explanation.evidence import FEWEST_LEADS, Evidence, gather
from models.training_table import TrainingTable

DAYS = pd.to_timedelta(SNAPSHOT_AGES, unit="D")


def table_of(design: pd.DataFrame, won, leads, as_of=None) -> TrainingTable:
    """Rows of leads; in flat mode unless they have moments."""
    rows = pd.DataFrame({"lead_id": leads, "as_of": as_of, "won": won})
    return TrainingTable(Schema(timed=as_of is not None), design, rows, timed=as_of is not None, horizon=90)


@pytest.fixture
def evidence(features, monkeypatch) -> Evidence:
    monkeypatch.setattr(training_table, "RARE_LEVEL", 1)
    design = pd.DataFrame(
        {
            "industry": pd.Series(["Software", "Software", "Retail", None], dtype="str"),
            "budget": [10.0, 20, np.nan, 20],
            "visits_7d": [1.0, 0, 0, 0],
            "visits_30d": [1.0, 0, 0, 0],
        }
    )
    return gather(features, table_of(design, [1, 0, 0, 1], list("abcd")))


def like(evidence, feature, value) -> tuple[int, int]:
    dtype = "str" if feature.categorical else "float64"
    leads, won = evidence.like(feature, pd.Series([value], dtype=dtype))
    return int(leads[0]), int(won[0])


def test_leads_with_such_a_value_are_counted(evidence, features):
    assert like(evidence, features[0], "Software") == (2, 1)


def test_missing_values_have_evidence_of_their_own(evidence, features):
    assert like(evidence, features[0], None) == (1, 1)
    assert like(evidence, features[1], np.nan) == (1, 0)


def test_an_unknown_level_has_none(evidence, features):
    assert like(evidence, features[0], "Farming") == (0, 0)


def test_a_number_belongs_to_the_bin_that_it_lies_in(evidence, features):
    assert like(evidence, features[1], 15.0) == (1, 1)


def test_a_number_is_nowhere_where_none_was_known(features):
    nothing = pd.DataFrame({"budget": [np.nan] * 3})
    counted = gather(features[1:2], table_of(nothing, [1, 0, 0], list("abc")))
    assert (like(counted, features[1], 5.0), like(counted, features[1], np.nan)) == ((0, 0), (3, 1))


def test_the_overall_rate_is_of_leads(evidence):
    assert (evidence.all_leads, evidence.all_won, evidence.overall) == (4, 2, 0.5)


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_the_bins_of_each_feature_add_up_to_all_leads(features, design, data):
    counts = data.draw(st.lists(st.integers(1, len(SNAPSHOT_AGES)), min_size=1, max_size=60))
    leads = np.repeat(np.arange(len(counts)), counts)
    as_of = pd.Timestamp("2025-01-01") + DAYS[np.concatenate([np.arange(count) for count in counts])]
    won = data.draw(st.lists(st.integers(0, 1), min_size=len(leads), max_size=len(leads)))
    counted = gather(features, table_of(design[: len(leads)], won, leads.astype(str), as_of))
    for feature in features:
        assert sum(counted.leads[feature.name]) == counted.all_leads <= len(counts)
        assert sum(counted.won[feature.name]) == counted.all_won


def test_bins_of_what_changes_over_a_life_lie_around_the_rate_of_all(features):
    """Where nothing tells the outcome, each bin has the rate of all, though leads walk through many bins."""
    leads = np.repeat(np.arange(2000), len(DAYS))
    won = (np.random.default_rng(0).uniform(size=2000) < 0.3).astype(int)[leads]
    as_of = pd.Timestamp("2025-01-01") + DAYS[np.tile(np.arange(len(DAYS)), 2000)]
    design = pd.DataFrame({"visits_7d": np.tile(np.arange(float(len(DAYS))), 2000)})
    counted = gather(features[2:3], table_of(design, won, leads.astype(str), as_of))
    rates = np.divide(counted.won["visits_7d"][:8], counted.leads["visits_7d"][:8])
    assert counted.all_leads == 2000
    assert np.abs(rates - counted.overall).max() < 0.1


@pytest.mark.parametrize("number", [1, 2])
def test_a_number_that_most_leads_have_is_a_bin_of_its_own(features, number):
    """A zero with words of its own (visits), and one that is the commonest value (budget)."""
    feature = features[number]
    values = [0.0] * 95 + [*range(1, 10)]
    counted = gather((feature,), table_of(pd.DataFrame({feature.name: values}), [0] * 95 + [1] * 9, range(104)))
    assert like(counted, feature, 0.0) == (95, 0)
    assert {like(counted, feature, value) for value in (0.5, 1.0, 9.0)} == {(9, 9)}


def test_a_rare_zero_with_words_of_its_own_is_a_bin_too(features):
    values = [0.0] * 2 + [*range(1, 100)]
    counted = gather(features[2:3], table_of(pd.DataFrame({"visits_7d": values}), [1] * 2 + [0] * 99, range(101)))
    assert like(counted, features[2], 0.0) == (2, 2)


def test_what_is_left_is_cut_into_bins_of_leads_enough(features):
    values = [0.0] * 60 + [*range(1, 101)]
    counted = gather(features[2:3], table_of(pd.DataFrame({"visits_7d": values}), [0] * 160, range(160)))
    assert counted.leads["visits_7d"][0] == 60
    assert min(count for count in counted.leads["visits_7d"] if count) >= FEWEST_LEADS


@pytest.mark.parametrize(
    ("leads", "won", "direction"),
    [(100, 20, 1), (100, 5, -1), (19, 19, 0), (5000, 529, 0), (40, 5, 0)],
    ids=["more often", "less often", "too few leads", "the same in whole percent", "chance"],
)
def test_history_speaks_where_enough_leads_are_apart_from_all(leads, won, direction):
    assert Evidence({}, {}, {}, all_leads=10_000, all_won=1061).speaks(leads, won) == direction


def test_levels_that_few_leads_had_have_evidence_together(features):
    industries = pd.Series(["Software"] * 20 + ["Mining"] * 3 + ["Fishing"] * 4, dtype="str")
    counted = gather(features[:1], table_of(pd.DataFrame({"industry": industries}), [0] * 20 + [1] * 7, range(27)))
    assert {like(counted, features[0], level) for level in ("Mining", "Fishing")} == {(7, 7)}


def test_a_rare_level_is_not_even_stored(features, design, won):
    rare = design.assign(industry=design["industry"].where(design.index > 3, "Erika Mustermann"))
    stored = gather(features, table_of(rare, won, design.index))
    assert "Software" in stored.bins["industry"]
    assert "Erika" not in stored.to_json()


def test_a_lead_with_many_snapshots_makes_no_level(features, design, won):
    of_one = design.assign(industry=design["industry"].where(design.index > 50, "Erika Mustermann"))
    leads = np.where(design.index > 50, design.index, design.index % 4)
    assert "Erika" not in gather(features, table_of(of_one, won, leads)).to_json()


def test_evidence_without_a_count_of_rare_levels_is_read_as_it_was_stored(evidence, features):
    stored = replace(evidence, leads={"industry": [1, 2, 1]}, won={"industry": [0, 1, 1]})
    assert like(stored, features[0], None) == (1, 1)
    assert like(stored, features[0], "Farming") == (0, 0)


def test_it_comes_back_from_json(evidence):
    assert Evidence.from_json(evidence.to_json()) == evidence
