"""Scores of accounts: the best open lead, with the activity of all its people."""

import pandas as pd
import pytest

from pipelines.accounts import Accounts


@pytest.fixture(scope="module")
def exported(trained, leadscore, tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The accounts and the leads of one run."""
    folder = tmp_path_factory.mktemp("accounts")
    accounts, leads = folder / "accounts.csv", folder / "leads.csv"
    ran = leadscore("score", "--out", leads, "--accounts", accounts, "--workspace", trained.workspace.root, "--json")
    assert ran.json["scored"] == 3000
    return pd.read_csv(accounts), pd.read_csv(leads).set_index("lead_id")


def test_the_best_open_lead_stands_for_its_account():
    accounts = Accounts()
    leads = pd.DataFrame(
        {
            "position": [0, 1, 2, 3],
            "lead_id": ["a", "b", "c", "d"],
            "account_id": ["x", "x", "x", None],
            "outcome": ["open", "open", "won", "open"],
        }
    )
    accounts.add(leads, pd.Series([0.1, 0.2, 0.9, 0.5]))
    (best,) = accounts.best()[["account_id", "best_lead", "people", "open_leads"]].to_numpy().tolist()
    assert best == ["x", "b", 3, 2]


def test_each_account_with_an_open_lead_is_scored_once(exported):
    accounts, leads = exported
    assert accounts["account_id"].is_unique
    assert (leads.loc[accounts["best_lead"], "outcome"] == "open").all()


def test_an_account_of_one_person_scores_as_that_person(exported):
    accounts, leads = exported
    alone = accounts[accounts["people"] == 1]
    own = leads.loc[alone["best_lead"]]
    assert len(alone) > 20
    assert alone["probability"].to_numpy() == pytest.approx(own["probability"].to_numpy())


def test_the_activity_of_colleagues_counts_and_never_makes_an_account_worse_than_its_best_lead(exported):
    accounts, leads = exported
    more = accounts["probability"].to_numpy() - leads.loc[accounts["best_lead"], "probability"].to_numpy()
    assert more.min() > -1e-12
    assert (more[accounts["people"] > 1] > 0.001).any()


def test_data_without_accounts_has_none_to_score(export, leadscore, tmp_path):
    flat = ("--leads", export, "--id", "Id", "--outcome", "Status", "--order", "rows")
    leadscore("train", *flat, "--workspace", tmp_path)
    ran = leadscore("score", "--accounts", tmp_path / "accounts.csv", "--workspace", tmp_path)
    assert ran.code == 2 and "there is no account to score" in ran.err
