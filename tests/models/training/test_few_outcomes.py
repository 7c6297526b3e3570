"""With few outcomes a model departs from its start as far as they bear, and never loses much to it."""

import numpy as np
import pytest
from scipy import special

from models.blend import affine, member_names, probabilities
from models.metrics import log_losses
from models.training.few_outcomes import BELIEF, departure, few_outcomes_recipe, fit_few_outcomes


def in_region(design):
    """The region tells won from lost, and the points of the rules, which know the visits alone, do not."""
    return -1 + 3 * (design["region"] == "South")


@pytest.fixture(scope="module")
def leads(table_of):
    table = table_of(in_region, count=120)
    table.features["rule_points"] = 10 * table.features["visits"]
    return table


def test_where_the_outcomes_bear_it_the_way_is_gone_to_its_end(leads):
    start, truth = np.zeros(120), in_region(leads.features).to_numpy()
    assert departure(start, truth, leads, belief=0) > 0.8


def test_where_the_end_is_worse_one_stays_at_the_start(leads):
    truth = in_region(leads.features).to_numpy()
    assert departure(truth, -truth, leads, belief=0) < 0.1


def test_without_a_difference_the_belief_decides(leads):
    same = np.zeros(120)
    assert departure(same, same, leads, belief=0) == pytest.approx(0.5)
    assert departure(same, same, leads, belief=BELIEF) > 0.9


def test_snapshots_of_one_lead_count_as_one(leads):
    """Ten leads looked at twelve times each say less than 120 leads."""
    truth = in_region(leads.features).to_numpy()
    same_leads = leads.rows.assign(group=[f"lead {number // 12}" for number in range(120)])
    few = leads.__class__(leads.schema, leads.features, same_leads, leads.timed, leads.horizon)
    assert departure(truth, -truth, few, 0) > departure(truth, -truth, leads, 0)


def test_beside_rules_of_people_the_weights_add_up_to_one(leads):
    model = fit_few_outcomes(few_outcomes_recipe(with_rules=True), leads, seed=0)
    intercept, weights = affine(model)
    assert member_names(model) == ("logistic", "rules")
    assert intercept == 0 and weights.sum() == pytest.approx(1) and weights.min() >= 0


def test_without_rules_it_starts_from_the_base_rate(leads):
    model = fit_few_outcomes(few_outcomes_recipe(with_rules=False), leads, seed=0)
    intercept, (weight,) = affine(model)
    base = special.logit((leads.won.sum() + 0.5) / 121)
    assert intercept == pytest.approx((1 - weight) * base)


@pytest.mark.parametrize("with_rules", [True, False])
@pytest.mark.parametrize("wins", [2, 3, 40])
def test_it_learns_from_next_to_nothing(leads, with_rules, wins):
    """Beyond the outcomes that it has seen it is at least as good as the base rate, where the region tells them."""
    won = leads.rows["won"].to_numpy() * (leads.rows["won"].cumsum() <= wins)
    few = leads.__class__(leads.schema, leads.features, leads.rows.assign(won=won), leads.timed, leads.horizon)
    told = probabilities(fit_few_outcomes(few_outcomes_recipe(with_rules=with_rules), few, seed=0), leads.features)
    assert log_losses(told, won).mean() < log_losses(np.full(120, won.mean()), won).mean()


@pytest.mark.parametrize("accounts", [1, 2, 3])
def test_few_accounts_leave_what_is_known_of_others(leads, accounts):
    rows = leads.rows.assign(group=[f"account {number % accounts}" for number in range(120)])
    table = leads.__class__(leads.schema, leads.features, rows, leads.timed, leads.horizon)
    _, weights = affine(fit_few_outcomes(few_outcomes_recipe(with_rules=False), table, seed=0))
    assert 0 <= weights.sum() <= 1
