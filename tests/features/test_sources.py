"""What a feature is, is asked of its source, and a kind of source that nobody knew works like the others."""

import ast
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.vocabulary import Family
from features import sources
from features.batch import Batch
from features.build import build, compute
from features.catalogue import Feature, catalogue
from features.sources import (
    ActiveDays,
    Derived,
    EventCount,
    EventSum,
    FeatureSource,
    Given,
    HasToken,
    Recency,
    Traits,
    Trend,
    stage_channel,
)
from models.explanation import say
from models.monitoring.baseline import Baseline, FeatureBins
from models.monitoring.drift import feature_shifts
from models.scoring.similar_deals import _has_some

ROOT = Path(__file__).parents[2]
declarations = import_module("features.catalogue")  # the package calls its function like it
KINDS = {name for name, kind in vars(sources).items() if isinstance(kind, type) and issubclass(kind, FeatureSource)}
NEW_YEAR = pd.Timestamp("2025-01-01")


@pytest.mark.parametrize(
    ("source", "grows"),
    [
        (EventCount("visit", None), True),
        (EventCount("visit", 30), False),
        (EventSum("usage", None), True),
        (ActiveDays(7), False),
        (Recency("visit"), True),
        (Recency(None), True),
        (Recency(stage_channel("mql")), False),
        (Trend(), False),
        (Given("industry"), False),
    ],
)
def test_what_reaches_back_over_the_whole_record_grows_with_it(source, grows):
    assert source.traits.grows_with_record is grows


def test_an_attribute_is_passed_on_as_it_is_by_one_kind_only():
    read = Given("industry"), HasToken("technologies", "SAP"), Derived("job_title", "rank")
    assert [source.traits.attribute for source in read] == ["industry", "", ""]
    assert [source.traits.column for source in read] == ["industry", "technologies", "job_title"]


@pytest.mark.parametrize("package", ["models", "funnel", "pipelines", "app"])
def test_nobody_but_the_features_asks_which_kind_a_source_is(package):
    asked = {path: _kinds_named_in_a_test(path.read_text("utf-8")) for path in (ROOT / package).rglob("*.py")}
    assert {path.as_posix(): kinds for path, kinds in asked.items() if kinds} == {}


def _kinds_named_in_a_test(text: str) -> set[str]:
    """Return the kinds of sources that a module compares something with: by isinstance, by match or by equality."""
    nodes = [*ast.walk(ast.parse(text))]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "type")]
    tests = [*calls, *(node for node in nodes if isinstance(node, (ast.Compare, ast.MatchClass)))]
    return {name.id for test in tests for name in ast.walk(test) if isinstance(name, ast.Name)} & KINDS


@dataclass(frozen=True)
class NightShare(FeatureSource):
    """Share of a lead's events that came at night: a kind that only this test knows."""

    until: int

    @property
    def traits(self) -> Traits:
        return Traits(counts_activity=True, grows_with_record=True)


@compute.register
def _(source: NightShare, view) -> np.ndarray:
    events = view.batch.events
    at_night = (events["occurred_at"].dt.hour < source.until).groupby(events["position"]).mean()
    return view.batch.leads["position"].iloc[view.rows].map(at_night).to_numpy(float)


NIGHTS = Feature("nights", "nights", Family.BEHAVIOURAL, NightShare(6), "{value} of it at night", "No activity")


@pytest.fixture
def with_nights(monkeypatch, schema) -> Feature:
    monkeypatch.setattr(declarations, "ACTIVITY", (*declarations.ACTIVITY, NIGHTS))
    return next(feature for feature in catalogue(schema) if feature == NIGHTS)


def test_a_new_kind_of_source_is_built(with_nights, schema, chunk_of):
    hours = [{"position": 0, "occurred_at": NEW_YEAR - pd.Timedelta(hours=hours), "type": "usage"} for hours in (2, 20)]
    rows = build(Batch.at(chunk_of([{}, {}], hours), schema, NEW_YEAR))
    np.testing.assert_array_equal(rows[with_nights.name], [0.5, np.nan])


def test_a_new_kind_of_source_is_put_into_words(with_nights):
    assert (say(with_nights, 0.5), say(with_nights, np.nan)) == ("0.5 of it at night", "No activity")
    assert [_has_some(with_nights, value) for value in (0.5, 0.0, None)] == [True, False, False]


@pytest.mark.parametrize(("ages", "status"), [([0], "shifted"), ([0, 1], "growing")])
def test_a_new_kind_of_source_is_checked_for_drift(with_nights, ages, status):
    then = FeatureBins([0.2], None, 0, [[900, 100, 0]] * len(ages), [50, 50, 0], [1.0] * 3)
    baseline = Baseline(ages, [1000.0] * len(ages), {"nights": then}, then, [], 100, [])
    now, groups = pd.DataFrame({"nights": [0.9] * 500}), np.arange(500).astype(str)
    (shift,) = feature_shifts([with_nights], baseline, now, groups, ())
    assert shift.status == status
