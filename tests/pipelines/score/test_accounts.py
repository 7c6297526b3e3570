"""Scores of accounts: the best open lead, with the activity of all its people."""

from dataclasses import replace

import pandas as pd
import pytest

from data.config import settings_of_folder
from data.dataset import open_dataset
from data.schema import EventType, Schema
from features import Batch, build
from pipelines.score.accounts import Accounts, scored_accounts


@pytest.fixture(scope="module")
def exported(trained, leadscore, tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The accounts and the leads of one run."""
    folder = tmp_path_factory.mktemp("accounts")
    accounts, leads = folder / "accounts.csv", folder / "leads.csv"
    ran = leadscore("score", "--out", leads, "--accounts", accounts, "--workspace", trained.workspace.root, "--json")
    assert ran.json["scored"] == 3000
    return pd.read_csv(accounts), pd.read_csv(leads).set_index("lead_id")


PEOPLE = """lead_id,account_id,created_at,industry
ann,acme,2025-01-01,Retail
bob,acme,2025-01-01,Rival
cem,acme,2025-01-01,Retail
dan,acme,2025-01-01,Retail
eve,_,2025-01-01,Retail
fay,rival,2025-01-01,Rival
"""
VISITS = """lead_id,account_id,occurred_at,type,event_id
ann,_,2025-02-01T10:00Z,visit,1
ann,_,2025-02-02T10:00Z,visit,2
bob,_,2025-02-01T10:00Z,visit,3
bob,_,2025-02-03T10:00Z,visit,4
bob,_,2025-02-04T10:00Z,visit,5
cem,_,2025-02-01T10:00Z,visit,6
_,acme,2025-02-01T10:00Z,visit,7
_,acme,2025-02-05T10:00Z,visit,8
ann,_,2025-04-01T10:00Z,visit,9
"""
STAGES = "lead_id,stage,entered_at\ncem,customer,2025-02-10\n"


class CountsVisits:
    """Gives a hundredth for each visit, and lets those of the industry Rival go."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def score(self, batch: Batch) -> pd.DataFrame:
        features = build(batch)
        let_go = features["industry"].eq("Rival").map({True: "Rival", False: ""})
        return pd.DataFrame({"probability": features["visit_ever"] / 100, "disqualified_by": let_go})


@pytest.fixture
def of_visits(tmp_path) -> pd.DataFrame:
    """The accounts of a few literal leads, scored by their visits until 1 March."""
    for name, text in (("leads", PEOPLE), ("events", VISITS), ("stages", STAGES)):
        (tmp_path / f"{name}.csv").write_text(text.replace("_,", ",").replace(",_", ","))
    as_of, people = pd.Timestamp("2025-03-01"), Accounts()
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", now=as_of) as dataset:
        scorer = CountsVisits(replace(dataset.schema, event_types=(EventType("visit"),)))
        (chunk,) = dataset.chunks()
        own = scorer.score(Batch.at(chunk, scorer.schema, as_of))
        assert own["probability"].mul(100).round().tolist() == [4, 5, 3, 2, 0, 0]  # two visits of nobody in particular
        outcome = (
            chunk.leads["won"]
            .map({True: "won", False: "lost"})
            .astype(object)
            .where(chunk.leads["won"].notna(), "open")
        )
        people.add(chunk.leads.assign(outcome=outcome), own)
        return pd.concat(scored_accounts(dataset, scorer, as_of, people)).set_index("account_id")


def test_an_account_is_its_best_open_lead_with_the_visits_of_all_its_people_each_counted_once(of_visits):
    acme = of_visits.loc["acme"]
    assert (acme["best_lead"], acme["people"], acme["open_leads"]) == ("ann", 4, 3)
    assert round(acme["probability"] * 100) == 2 + 3 + 1 + 2


def test_a_disqualified_lead_stands_for_its_account_only_where_there_is_no_other(of_visits):
    assert of_visits.loc["acme", "disqualified_by"] == ""
    assert of_visits.loc["rival", ["best_lead", "disqualified_by"]].tolist() == ["fay", "Rival"]


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
