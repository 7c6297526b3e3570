"""Scores of accounts: the best open lead, with the activity of all its people."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.config import settings_of_folder
from data.dataset import open_dataset
from data.schema import EventType, Schema
from features import catalogue
from models.fitting import assemble
from models.rules import Rules
from models.scoring import Scorer, score_chunk
from models.training import Effort, learn
from models.training_table import TrainingTable
from pipelines.score.accounts import Accounts, scored_accounts


@pytest.fixture(scope="module")
def exported(trained, leadscore, tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The accounts and the leads of one run."""
    folder = tmp_path_factory.mktemp("accounts")
    accounts, leads = folder / "accounts.csv", folder / "leads.csv"
    ran = leadscore("score", "--out", leads, "--accounts", accounts, "--workspace", trained.workspace.root, "--json")
    assert ran.json["scored"] + ran.json["left_out"] == 3000
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


RULES = Rules.from_yaml("""
thresholds: {mql: 40, sql: 60}
engagement: {rules: [{name: Visits, when: {event: visit}, each: 10, max: 90}]}
disqualifiers: [{name: Rival, when: {attribute: industry, is: Rival}}]
""")


def counting_visits(schema: Schema) -> Scorer:
    """A scorer of rules that gives points for each visit, and disqualifies the industry Rival."""
    visits = pd.Series([number % 10 for number in range(40)], dtype=float)
    columns = {feature.name: [None] * 40 if feature.categorical else np.nan for feature in catalogue(schema)}
    features = pd.DataFrame(columns).assign(visit_ever=visits)
    names = pd.Series([str(number) for number in range(40)])
    rows = pd.DataFrame({"lead_id": names, "group": names, "as_of": pd.NaT, "won": (visits == 9).astype(int)})
    table = TrainingTable(schema, features, rows.assign(order=range(40)), timed=False, horizon=90)
    return assemble(learn(table, RULES, seed=0, effort=Effort(0)), table, features.head(0), version="1")


@pytest.fixture
def of_visits(tmp_path) -> pd.DataFrame:
    """The accounts of a few literal leads, scored by their ``visits`` until 1 March."""
    for name, text in (("leads", PEOPLE), ("events", VISITS), ("stages", STAGES)):
        (tmp_path / f"{name}.csv").write_text(text.replace("_,", ",").replace(",_", ","))
    as_of, people = pd.Timestamp("2025-03-01"), Accounts()
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", now=as_of) as dataset:
        scorer = counting_visits(replace(dataset.schema, event_types=(EventType("visit"),)))
        (chunk,) = dataset.chunks()
        own = score_chunk(chunk, scorer, as_of)
        assert own.features["visit_ever"].tolist() == [4, 5, 3, 2, 0, 0]  # two visits of nobody in particular
        people.add(own)
        accounts = pd.concat(scored_accounts(dataset, scorer, as_of, people)).set_index("account_id")
    ten = own.features.iloc[[0] * 10][[feature.name for feature in scorer.catalogue]]
    by_visits = scorer.score(scorer.with_rules(ten.assign(visit_ever=np.arange(10.0))))
    return accounts.assign(visits=by_visits["probability"].searchsorted(accounts["probability"]))


def test_an_account_is_its_best_open_lead_with_the_visits_of_all_its_people_each_counted_once(of_visits):
    acme = of_visits.loc["acme"]
    assert (acme["best_lead"], acme["people"], acme["open_leads"]) == ("ann", 4, 3)
    assert acme["visits"] == 2 + 3 + 1 + 2


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
