"""The points scorecard: additive, repeatable, and as telling as a table of points can be."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind
from models.rules.evaluation import evaluate, fired
from models.rules.format import Rules
from models.rules.qualification import qualify
from models.rules.scorecard import fit_scorecard

SCHEMA = Schema(
    timed=True,
    attributes=(
        Attribute("channel", "Channel", Kind.CATEGORY, Family.SOURCE),
        Attribute("size", "Size", Kind.NUMBER, Family.FIRMOGRAPHIC),
        Attribute("minutes", "Minutes on site", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("opted_out", "Opted out", Kind.FLAG, Family.DEMOGRAPHIC),
    ),
    event_types=(EventType("webinar"),),
)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "channel": pd.Series(random.choice(["Fair", "Mail", "NO", None], 4000), dtype="str"),
            "size": np.where(random.uniform(size=4000) < 0.3, np.nan, random.lognormal(4, 1, 4000)),
            "minutes": random.exponential(10, 4000),
            "opted_out": random.integers(0, 2, 4000).astype(float),
            "webinar_30d": random.poisson(0.3, 4000).astype(float),
        },
        index=range(10, 4010),
    )


@pytest.fixture(scope="module")
def won(frame) -> np.ndarray:
    """Leads from fairs that stay long are won, those that opted out or keep their size to themselves are not."""
    log_odds = -3 + 2 * (frame["channel"] == "Fair") + 0.1 * frame["minutes"] - frame["size"].isna()
    log_odds += frame["webinar_30d"] - 1.5 * frame["opted_out"]
    return (np.random.default_rng(1).uniform(size=4000) < 1 / (1 + np.exp(-log_odds))).astype(int).to_numpy()


@pytest.fixture(scope="module")
def card(frame, won) -> Rules:
    return fit_scorecard(frame, won, SCHEMA)


def test_a_scorecard_ranks_nearly_as_well_as_the_truth(card, frame, won):
    assert roc_auc_score(won, evaluate(card, frame)["points"]) > 0.8


def test_its_rules_read_as_sentences(card):
    names = {rule.name: rule.points for _, rule in card.with_places()}
    assert names["Channel: Fair"] > 0 > names["Opted out: yes"]
    assert names["No webinar attended in the last 30 days"] < 0 > names["Size not given"]


def test_behaviour_counts_as_engagement_and_everything_else_as_fit(card):
    assert {rule.when[0].subject for rule in card.engagement.rules} == {"minutes", "webinar"}
    assert {rule.when[0].subject for rule in card.fit.rules} == {"channel", "size", "opted_out"}


def test_the_points_of_its_rules_add_up_to_the_total(card, frame):
    total = card.start + fired(card, frame).sum(axis=1)
    assert evaluate(card, frame)["points"].to_numpy() == pytest.approx(total.clip(0, 100))


def test_points_are_whole_and_the_mean_lead_is_in_the_middle(card, frame):
    points = evaluate(card, frame)["points"]
    assert all(rule.points == int(rule.points) for _, rule in card.with_places())
    assert points.mean() == pytest.approx(50, abs=1)
    assert min(points.min(), 100 - points.max()) <= 5


def test_thresholds_let_the_best_tenth_and_three_tenths_through(card, frame):
    points = evaluate(card, frame)["points"]
    assert (points >= card.thresholds.mql).mean() == pytest.approx(0.3, abs=0.05)
    assert (points >= card.thresholds.sql).mean() == pytest.approx(0.1, abs=0.05)


def test_its_grades_begin_at_the_quarters(card, frame):
    grades = qualify(card, frame)[["fit_grade", "engagement_grade"]]
    assert 0.05 < (grades["fit_grade"] == "D").mean() <= 0.25
    assert set(grades["fit_grade"]) == set("ABCD") and set(grades["engagement_grade"]) == set("1234")


def test_there_are_no_more_rules_than_wanted(frame, won):
    assert len(list(fit_scorecard(frame, won, SCHEMA, rules=4).with_places())) == 4


def test_the_same_leads_give_the_same_scorecard(card, frame, won):
    assert fit_scorecard(frame.copy(), won.copy(), SCHEMA) == card
    assert Rules.from_yaml(card.to_yaml()) == card


def test_more_leads_than_are_read_are_drawn_by_the_seed(frame, won, monkeypatch):
    monkeypatch.setattr("models.rules.scorecard.MOST_LEADS", 1000)
    assert fit_scorecard(frame, won, SCHEMA, seed=1) == fit_scorecard(frame, won, SCHEMA, seed=1)


def test_columns_that_say_nothing_make_no_rules(frame):
    tossed = np.random.default_rng(2).integers(0, 2, 4000)
    nothing = fit_scorecard(frame[["opted_out"]], tossed, SCHEMA)
    assert nothing.start == 50 and list(nothing.with_places()) == []


@pytest.mark.parametrize("wins", [0, 4, 96, 100])
def test_without_a_handful_of_wins_and_losses_there_are_no_rules(frame, wins):
    nothing = fit_scorecard(frame[:100], np.arange(100) < wins, SCHEMA)
    assert nothing.start == 50 and list(nothing.with_places()) == []


@pytest.mark.parametrize("slope", [-1, 1])
def test_the_start_is_in_range_where_nearly_all_leads_have_what_speaks_one_way(slope):
    names, random = [f"flag {n}" for n in range(6)], np.random.default_rng(3)
    frame = pd.DataFrame((random.uniform(size=(4000, 6)) < 0.9).astype(float), columns=names)
    schema = Schema(timed=True, attributes=tuple(Attribute(n, n, Kind.FLAG, Family.FIRMOGRAPHIC) for n in names))
    won = random.uniform(size=4000) < 1 / (1 + np.exp(-slope * (frame.sum(axis=1) - 5.4)))
    card = fit_scorecard(frame, won.to_numpy(), schema)
    assert len(list(card.with_places())) == 6 and 0 <= card.start <= 100
    assert evaluate(card, frame)["points"].corr(frame.sum(axis=1)) * slope > 0.9
    assert Rules.from_yaml(card.to_yaml()) == card


CELLS = {
    "channel": st.sampled_from(["Fair", "fair ", "NO", "", None]),
    "size": st.one_of(st.none(), st.floats()),
    "minutes": st.sampled_from([0.0, 0.0, 1.0, np.inf, np.nan]),
    "opted_out": st.sampled_from([0.0, 1.0, None]),
}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.fixed_dictionaries(CELLS), min_size=60, max_size=80))
def test_any_cells_make_a_scorecard_that_reads_back(rows):
    frame = pd.DataFrame(rows).astype({"channel": "str", "size": float, "opted_out": float})
    card = fit_scorecard(frame, np.arange(len(rows)) % 2, SCHEMA)
    assert Rules.from_yaml(card.to_yaml()) == card
    assert evaluate(card, frame)["points"].between(0, 100).all()


def test_a_level_of_few_leads_earns_no_points_however_many_snapshots_they_have(frame, won):
    of_few = frame.assign(channel=frame["channel"].where(np.arange(4000) > 400, "Erika Mustermann"))
    always_won = np.where(np.arange(4000) > 400, won, 1)
    leads = np.where(np.arange(4000) > 400, np.arange(4000), np.arange(4000) % 9)
    assert "Erika" in fit_scorecard(of_few, always_won, SCHEMA).to_yaml()
    assert "Erika" not in fit_scorecard(of_few, always_won, SCHEMA, leads=leads).to_yaml()
