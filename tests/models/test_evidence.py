"""What history says of a value: leads counted once, however often they were looked at."""

import numpy as np
import pandas as pd
import pytest

from models import training_table
from models.evidence import Evidence, gather


@pytest.fixture
def evidence(features, monkeypatch) -> Evidence:
    monkeypatch.setattr(training_table, "RARE_LEVEL", 1)
    rows = pd.DataFrame(
        {
            "industry": pd.Series(["Software", "Software", "Software", "Retail", None], dtype="str"),
            "budget": [10.0, 10, 20, np.nan, 20],
            "visits_7d": [0.0, 1, 0, 0, 0],
            "visits_30d": [0.0, 1, 0, 0, 0],
        }
    )
    return gather(features, rows, np.array([0, 1, 0, 0, 1]), np.array(["a", "a", "b", "c", "d"]))


def like(evidence, feature, value, dtype) -> tuple[int, int]:
    leads, won = evidence.like(feature, pd.Series([value], dtype=dtype))
    return int(leads[0]), int(won[0])


def test_a_lead_counts_once_and_as_won_if_it_was_ever_won_there(evidence, features):
    assert like(evidence, features[0], "Software", "str") == (2, 1)


def test_missing_values_have_evidence_of_their_own(evidence, features):
    assert like(evidence, features[0], None, "str") == (1, 1)
    assert like(evidence, features[1], np.nan, float) == (1, 0)


def test_an_unknown_level_has_none(evidence, features):
    assert like(evidence, features[0], "Farming", "str") == (0, 0)


def test_a_number_belongs_to_the_bin_that_it_lies_in(evidence, features):
    assert like(evidence, features[1], 15.0, float) == (1, 1)


def test_the_overall_rate_is_of_leads_and_not_of_rows(evidence):
    assert (evidence.all_leads, evidence.all_won, evidence.overall) == (4, 2, 0.5)


def test_a_rare_level_is_not_even_stored(features, design, won):
    rare = design.assign(industry=design["industry"].where(design.index > 5, "Erika Mustermann"))
    stored = gather(features, rare, won, design.index.to_numpy())
    assert "Software" in stored.bins["industry"]
    assert "Erika" not in stored.to_json()


def test_a_lead_with_many_snapshots_makes_no_level(features, design, won):
    of_one = design.assign(industry=design["industry"].where(design.index > 50, "Erika Mustermann"))
    leads = np.where(design.index > 50, design.index, design.index % 9)
    assert "Erika" not in gather(features, of_one, won, leads).to_json()


def test_it_comes_back_from_json(evidence):
    assert Evidence.from_json(evidence.to_json()) == evidence
