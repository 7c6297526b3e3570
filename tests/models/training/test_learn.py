"""Which model is served, and why."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.config import load_settings
from data.errors import InputError
from data.simulator import Drift, simulate
from data.workspace import Workspace
from models.blend import affine, probabilities
from models.members.table import default_recipe
from models.metrics import auc
from models.rules import Rules
from models.training.learn import Learned, fit_blend, learn, refit
from models.training.search import Effort
from models.training.selection import Cause, select
from models.training.splits import split_table
from models.training_table import TrainingTable
from pipelines.training_data import read_training_data

VISITS_COUNT = """
thresholds: {mql: 40, sql: 60}
fit: {cap: 50, rules: []}
engagement:
  cap: 100
  rules:
    - {name: Visits a lot, when: {attribute: visits, at_least: 5}, points: 60}
    - {name: Visits, when: {attribute: visits, at_least: 2}, points: 20}
"""


def known_to_the_rules(design: pd.DataFrame) -> pd.Series:
    return -2.0 + 1.5 * (design["visits"] >= 5) + 0.5 * (design["visits"] >= 2)


def unknown_to_the_rules(design: pd.DataFrame) -> pd.Series:
    return known_to_the_rules(design) + 2.0 * (design["region"] == "South")


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules.from_yaml(VISITS_COUNT)


def learned_from(table, rules, **options):
    return learn(table, rules, seed=0, effort=Effort(0), **options)


@pytest.fixture(scope="module")
def knowing(table_of) -> TrainingTable:
    """Leads whose region matters, which the rules do not know."""
    return table_of(unknown_to_the_rules)


@pytest.fixture(scope="module")
def learned(knowing, rules) -> Learned:
    return learned_from(knowing, rules)


def with_newest_flipped(table: TrainingTable) -> TrainingTable:
    won = np.where(table.rows["order"] >= 3200, 1 - table.rows["won"], table.rows["won"])
    return replace(table, rows=table.rows.assign(won=won))


def test_a_model_that_knows_more_than_the_rules_is_served(learned):
    assert learned.chosen in ("logistic", "boosting", "blend")
    assert (learned.rung, learned.rules_kind) == ("logistic" if learned.chosen == "logistic" else "full", "rules")
    assert learned.why.startswith("the model beats the rules")


def test_the_level_follows_the_newest_leads_where_it_has_moved(knowing, rules):
    newest = knowing.rows["order"] >= 0.8 * len(knowing)
    more = np.random.default_rng(4).uniform(size=len(knowing)) < 0.3
    moved = replace(knowing, rows=knowing.rows.assign(won=np.where(newest & more, 1, knowing.rows["won"])))
    learned = learned_from(moved, rules)
    at_the_end = probabilities(learned.model, learned.features)[newest].mean()
    assert learned.level.shift > 0
    assert at_the_end == pytest.approx(learned.level.rate, abs=1e-6)
    assert at_the_end == pytest.approx(moved.won[newest].mean(), abs=0.017)  # a standard error of 800 leads
    assert learned.choices[-1].startswith("the level has moved: ")
    # What is measured has not looked at them.
    assert learned.tested["model"].mean() < moved.won[newest].mean() - 0.05


def test_the_level_stays_where_nothing_moved(learned):
    assert learned.level.shift == 0.0
    assert not any("level" in choice for choice in learned.choices)


def test_rules_that_say_all_there_is_to_know_are_served(table_of, rules):
    learned = learned_from(table_of(known_to_the_rules), rules)
    assert (learned.chosen, learned.rung) == ("rules", "rules")


def test_hardly_any_outcomes_are_left_to_the_rules_and_it_is_said(table_of, rules):
    table = table_of(unknown_to_the_rules, count=60)
    two_won = np.isin(np.arange(60), [5, 20, 50]).astype(int)
    learned = learned_from(replace(table, rows=table.rows.assign(won=two_won)), rules)
    assert (learned.chosen, learned.rung) == ("rules", "rules")
    assert learned.why == "the rules decide: 3 leads were won, 2 of them old enough to learn from, and 3 are needed"


def test_few_outcomes_bear_a_logistic_regression_beside_the_rules(table_of, rules):
    learned = learned_from(table_of(unknown_to_the_rules, count=200), rules)
    assert (learned.chosen, learned.rung) == ("blend", "logistic")
    assert re.search(r"regression: \d\d leads were won; with about \d\d\d everything is learned: AUC", learned.why)


def test_few_outcomes_and_no_rules_bear_a_logistic_regression_alone(table_of):
    learned = learned_from(table_of(unknown_to_the_rules, count=200), None)
    assert (learned.chosen, learned.rung) == ("logistic", "logistic")


@pytest.mark.parametrize(("level", "beats"), [(0.05, True), (None, False)])
def test_beside_rules_that_tell_no_lead_from_another_the_right_level_is_enough(knowing, learned, level, beats):
    """A model that knows how many are won now, and not which, is served unless the rules know that as well."""
    won = knowing.won[learned.splits.test]
    tested = {"rules": np.full(len(won), level or won.mean()), "model": won.mean() + 0.001 * (0.5 - won)}
    selection = select(learned.model, tested, knowing, learned.splits, of_people=False, seed=0)
    assert selection.cause == (Cause.RULES_RANK_NOTHING if beats else Cause.SCORECARD_BETTER)
    assert selection.model_is_served == beats


@pytest.mark.parametrize(("of_people", "cause"), [(True, Cause.NOT_CLEARLY_BETTER), (False, Cause.SCORECARD_NO_BETTER)])
def test_what_ranks_better_by_chance_alone_is_served_only_where_people_agreed_on_it(knowing, learned, of_people, cause):
    won = knowing.won[learned.splits.test]
    noise = 0.01 * np.random.default_rng(0).normal(size=len(won))
    luck = noise if auc(noise, won) > 0.5 else -noise
    tested = {"rules": won.mean() + luck, "model": won.mean() - luck}
    selection = select(learned.model, tested, knowing, learned.splits, of_people=of_people, seed=0)
    assert selection.cause == cause
    assert selection.model_is_served == (not of_people)


def test_without_rules_a_scorecard_is_the_baseline(knowing):
    assert learned_from(knowing, None).rules_kind == "scorecard"


def test_nothing_that_is_chosen_or_measured_sees_the_newest_block(knowing, rules, learned):
    after = learned_from(with_newest_flipped(knowing), rules)
    assert after.search == learned.search
    assert all((after.tested[name] == learned.tested[name]).all() for name in learned.tested)


def test_the_scorecard_never_sees_the_newest_block(knowing):
    one, other = (learned_from(table, None).rules for table in (knowing, with_newest_flipped(knowing)))
    assert one == other


def test_the_shipped_model_is_refitted_on_all_rows_with_frozen_weights(knowing, rules, learned):
    on_blocks = fit_blend(learned.search.recipe, replace(knowing, features=learned.features), learned.splits, seed=0)
    assert affine(on_blocks)[1].tolist() == affine(learned.model)[1].tolist()
    assert (probabilities(on_blocks, learned.features) != probabilities(learned.model, learned.features)).any()


def test_the_base_rate_of_the_older_leads_stands_beside_the_model(knowing, learned):
    assert set(learned.tested["base rate"]) == {knowing.won[:3200].mean()}


def test_of_one_outcome_nothing_is_learned_and_the_rules_decide(table_of, rules):
    learned = learned_from(table_of(lambda design: design["visits"] * 0 - 50), rules)
    chances = probabilities(learned.model, learned.features)
    assert (learned.chosen, learned.why) == (
        "rules",
        "the rules decide: 0 leads were won, 0 of them old enough to learn from, and 3 are needed",
    )
    assert 0.2 / 4000 < chances.mean() < 1 / 4000 and np.ptp(chances) > 0


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("count", [1, 2])
def test_of_a_lead_or_two_the_rules_decide_and_nothing_is_measured(table_of, rules, count, given):
    learned = learned_from(table_of(lambda design: 9 - 18 * (design.index > 0), count=count), rules if given else None)
    assert (learned.rung, learned.splits.layout, len(learned.served)) == ("rules", "undivided", 0)
    assert learned.why.endswith("and 3 are needed that are old enough; it takes more leads, for three blocks")
    assert np.isfinite(probabilities(learned.model, learned.features)).all()


def test_many_wins_over_too_short_a_time_are_left_to_the_rules(knowing, rules):
    """What was learned could not be shown on later leads."""
    at_once = replace(knowing, timed=True, rows=knowing.rows.assign(as_of=pd.Timestamp("2025-01-01")))
    learned = learned_from(at_once, rules)
    assert (learned.rung, learned.splits.layout) == ("rules", "undivided")
    assert "it takes leads over more than 270 days" in learned.why


def test_no_lead_at_all_is_an_error(knowing, rules):
    with pytest.raises(InputError, match="there is no lead to learn from"):
        learned_from(knowing.subset(np.zeros(len(knowing), dtype=bool)), rules)


@pytest.mark.parametrize("block", ["fit", "tune", "test"])
def test_a_block_with_one_outcome_still_gives_a_model(knowing, rules, block):
    in_block = getattr(split_table(knowing, 0), block)
    won = np.where(in_block, 0, knowing.won)
    learned = learned_from(replace(knowing, rows=knowing.rows.assign(won=won)), rules)
    assert np.isfinite(probabilities(learned.model, learned.features)).all()


def test_a_shifted_base_rate_is_followed_by_the_intercept(table_of, rules):
    """The same leads, of which from three fifths on each is won three times as often as before."""
    table = table_of(lambda design: -3.0 + 0.3 * design["visits"])
    random, later = np.random.default_rng(1), table.rows["order"] >= 2400
    won = np.where(later & (random.uniform(size=4000) < 0.3), 1, table.won)
    learned = learned_from(replace(table, rows=table.rows.assign(won=won)), rules)
    newest = learned.splits.test
    lags = won[newest].mean() - won[learned.splits.fit].mean()
    assert 0 < won[newest].mean() - learned.tested["model"].mean() < 0.85 * lags


@pytest.fixture(scope="module")
def drifted(tmp_path_factory) -> TrainingTable:
    """Simulated leads, of which from July 2025 on twice as many are won per day: between the fit and the tune block."""
    folder = tmp_path_factory.mktemp("drifted")
    funnel = simulate(6000, folder / "crm", drift=Drift())
    settings = load_settings(funnel.config).model_copy(update={"horizon": 30})
    table = read_training_data(settings, Workspace.at(folder / "workspace")).table
    return table.subset((table.rows["as_of"] >= pd.Timestamp("2025-03-01")).to_numpy())


def test_a_drift_of_the_market_is_followed(drifted):
    """In part by the calibration, on leads it has not seen; the refit on all rows takes up the rest."""
    splits, deaf, recipe = split_table(drifted, 0), replace(default_recipe(), trust=1e6), default_recipe()
    assert drifted.rows["as_of"][splits.tune].min() > pd.Timestamp("2025-07-01")
    newest, observed = drifted.features[splits.test], drifted.won[splits.test].mean()
    told = [probabilities(fit_blend(each, drifted, splits, seed=0), newest).mean() for each in (deaf, recipe)]
    assert told[0] < told[1] < observed
    shipped = refit(fit_blend(recipe, drifted, splits, seed=0), recipe, drifted, seed=0)
    assert probabilities(shipped, newest).mean() == pytest.approx(observed, rel=0.15)
