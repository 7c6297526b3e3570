"""Columns that know the outcome are found, and those that merely help are left alone."""

from dataclasses import replace

import numpy as np
import pytest

from data.schema import Attribute
from data.vocabulary import Family, Kind
from models.evaluation.leakage import find_leaks, unmeasured
from models.training import split_table


@pytest.fixture(scope="module")
def leads(table_of):
    """4,000 leads whose visits help to tell won from lost."""
    return table_of(lambda design: -3 + 0.6 * design["visits"])


def with_column(table, name, cells, kind=Kind.CATEGORY):
    attribute = Attribute(name, name, kind, Family.DECLARED)
    schema = replace(table.schema, attributes=(*table.schema.attributes, attribute))
    return replace(table, schema=schema, features=table.features.assign(**{name: cells}))


def found(table, *, columns=(), hindsight=(), **options):
    return find_leaks(table, split_table(table, 0), dict(columns), dict(hindsight), **options)


def telling(table, share):
    """A column that says the outcome for a share of the leads, and nothing of the others."""
    says = np.random.default_rng(2).uniform(size=len(table)) < share
    return np.where(says, np.where(table.won == 1, "yes", "no"), "open")


def test_attributes_that_help_are_no_leaks(leads):
    assert found(leads) == {}


def test_a_column_that_is_all_but_certain_is_left_out(leads):
    leak = found(with_column(leads, "Ended", telling(leads, 0.8)))["Ended"]
    assert leak.excluded
    assert leak.evidence.startswith("alone it tells won from lost leads with an AUC of 0.98 on newer leads")
    assert leak.auc_with > 0.95 > leak.auc_without > 0.6


def test_an_honest_column_that_predicts_very_well_is_a_suspect_and_stays(leads):
    # A bank knows the income beforehand: the poor never borrow, and many of the rich do not either.
    rich = (leads.won == 1) | (np.random.default_rng(3).uniform(size=len(leads)) < 0.16)
    income = np.where(rich, 150.0, 50.0) + np.arange(len(leads)) % 40
    leak = found(with_column(leads, "Income", income, Kind.NUMBER))["Income"]
    assert not leak.excluded
    assert leak.evidence == "alone it tells won from lost leads with an AUC of 0.93 on newer leads"


def test_without_the_only_column_nothing_tells_won_from_lost(leads):
    table = with_column(leads, "Ended", telling(leads, 0.8))
    attributes = tuple(each for each in table.schema.attributes if each.name == "Ended")
    leak = found(replace(table, schema=replace(table.schema, attributes=attributes)))["Ended"]
    assert leak.auc_without == 0.5


def test_values_that_hardly_any_lost_lead_has_are_a_second_sign(leads):
    # Seven of ten won leads have a contract, and no lost one: nobody knows that beforehand.
    contract = np.where((leads.won == 1) & (np.arange(len(leads)) % 10 < 7), "signed", "none")
    leak = found(with_column(leads, "Paper", contract))["Paper"]
    assert leak.excluded
    assert leak.evidence.endswith("69% of the won leads have values that hardly any lost lead has")


def test_a_number_is_judged_like_a_category(leads):
    numbers = np.where(leads.won == 1, 500.0, 20.0) + np.arange(len(leads)) % 7
    assert found(with_column(leads, "Billed", numbers, Kind.NUMBER))["Billed"].excluded


def test_a_column_that_predicts_too_well_is_a_suspect_and_stays(leads):
    leak = found(with_column(leads, "Mood", telling(leads, 0.45)))["Mood"]
    assert not leak.excluded
    assert leak.auc_with > leak.auc_without


def test_a_name_alone_makes_a_suspect(leads):
    leak = found(leads, columns={"visits": "Lead Quality"})["visits"]
    assert (leak.column, leak.excluded) == ("Lead Quality", False)
    assert leak.evidence == "its name speaks of what is written down after the contact"


def test_two_signs_are_sure(leads):
    leak = found(leads, columns={"visits": "Reason lost"}, hindsight={"visits": ("filled in late",)})["visits"]
    assert leak.excluded
    assert leak.evidence == "filled in late; its name speaks of what is written down after the contact"


def with_company(table, given):
    """Leads with a company where ``given`` says so, as the features that are derived from it tell."""
    schema = replace(table.schema, personal=("company", "owner"))
    derived = {"company_given": given.astype(float), "company_made_up": np.where(given, 0.0, np.nan)}
    return replace(table, schema=schema, features=table.features.assign(**derived))


def test_a_personal_column_is_judged_by_what_is_derived_from_it(leads):
    mostly_won = (leads.won == 1) & (np.arange(len(leads)) % 20 > 0)
    ((name, leak),) = found(with_company(leads, mostly_won), columns={"company": "Firm"}).items()
    assert (name, leak.column, leak.excluded) == ("company", "Firm", True)
    assert leak.evidence.startswith("alone it tells won from lost leads with an AUC of 0.98 on newer leads")
    assert leak.auc_with > 0.95 > 0.8 > leak.auc_without


def test_a_company_that_won_and_lost_leads_have_alike_is_no_leak(leads):
    assert found(with_company(leads, np.arange(len(leads)) % 3 == 0)) == {}


def test_a_suspect_personal_column_stays_and_is_measured(leads):
    place = np.arange(len(leads)) % 10
    mostly_the_won = np.where(leads.won == 1, place < 8, place < 1)
    leak = found(with_company(leads, mostly_the_won))["company"]
    assert not leak.excluded
    assert leak.auc_with > 0.85 > leak.auc_without


def test_personal_columns_that_nothing_is_derived_from_are_not_judged(leads):
    table = with_company(leads, np.arange(len(leads)) % 3 == 0)
    assert found(table, hindsight={"owner": ("filled in late",), "company": ("filled in late",)}).keys() == {"company"}


def test_without_the_lexicon_names_say_nothing(leads):
    assert found(leads, columns={"visits": "Lead Quality"}, by_name=False) == {}


@pytest.mark.parametrize("named", ["Ended", "How it ended"])
def test_what_the_settings_keep_stays_and_is_told(leads, named):
    table = with_column(leads, "Ended", telling(leads, 1.0))
    leak = found(table, columns={"Ended": "How it ended"}, keep=[named])["Ended"]
    assert (leak.excluded, leak.named_in_keep) == (False, True)
    assert leak.evidence.endswith("; kept, for the settings name it")


def test_a_suspect_that_the_settings_keep_is_said_to_be_kept(leads):
    suspect = {"columns": {"visits": "Lead Quality"}}
    kept = found(leads, keep=["Lead Quality"], **suspect)["visits"]
    assert kept.named_in_keep and not found(leads, **suspect)["visits"].named_in_keep
    assert kept.evidence == "its name speaks of what is written down after the contact; kept, for the settings name it"


def test_the_sure_ones_come_first_and_are_out_of_the_models_of_the_others(leads):
    table = with_column(with_column(leads, "Mood", telling(leads, 0.45)), "Ended", telling(leads, 1.0))
    leaks = found(table)
    assert [(name, leak.excluded) for name, leak in leaks.items()] == [("Ended", True), ("Mood", False)]
    assert leaks["Ended"].auc_without == leaks["Mood"].auc_with < 0.95


def test_the_newest_block_is_not_looked_at(leads):
    flipped = np.where(leads.rows["order"] >= 3200, 1 - leads.won, leads.won)
    other = replace(leads, rows=leads.rows.assign(won=flipped))
    cells = telling(leads, 0.45)
    assert found(with_column(leads, "Mood", cells)) == found(with_column(other, "Mood", cells))


def test_few_outcomes_are_judged_by_names_and_hindsight_alone(table_of):
    few = table_of(lambda design: -3 + 0.6 * design["visits"], count=60)
    won = few.won.sum()
    assert f"too few outcomes ({won} won and {60 - won} lost " in unmeasured(few, split_table(few, 0))
    leak = found(few, columns={"visits": "Outcome"})["visits"]
    assert (leak.auc_with, leak.auc_without) == (None, None)


def test_many_outcomes_are_measured(leads):
    assert unmeasured(leads, split_table(leads, 0)) == ""
