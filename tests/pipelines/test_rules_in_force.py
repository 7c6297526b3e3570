"""A team's rules where a model is served: who is let go, who is called, and why."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from data.workspace import Workspace

RULES = """thresholds: {mql: 20, sql: 40}
grades: {fit: {A: 10, B: 5, C: 1}}
competitors: [Rival Firm 0, Rival Firm 1]
fit: {rules: [{name: From a fair, when: {attribute: Channel, is: Fair}, points: 10}]}
engagement: {rules: [{name: Visits, when: {attribute: Visits, at_least: 4}, points: 30}]}
triggers: [{name: Here all day, when: {attribute: Visits, at_least: 6}}]
disqualifiers: [{name: Competitor, when: {attribute: competitor, is: yes}}]
"""


@dataclass(frozen=True)
class InForce:
    """A workspace whose model was trained with these rules, and the scores that it gave."""

    workspace: Workspace
    scores: pd.DataFrame


@pytest.fixture(scope="module")
def in_force(export, leadscore, tmp_path_factory) -> InForce:
    """600 leads, every fifth of a rival firm; those of the last weeks are open."""
    folder: Path = tmp_path_factory.mktemp("rules")
    leads = pd.read_csv(export, dtype={"Id": str})
    leads["Company"] = [f"Rival Firm {n % 3} Inc" if n % 5 == 0 else f"Firm {n}" for n in range(len(leads))]
    leads.to_csv(folder / "leads.csv", index=False)
    (folder / "rules.yaml").write_text(RULES)
    (folder / "leadscore.yaml").write_text("""tables: {leads: leads.csv}
columns: {leads: {lead_id: Id, created_at: Created, closed_at: Closed}}
outcome: {column: Status, won: [won], lost: [lost]}
horizon: 30
as_of: 2025-10-01
rules: rules.yaml
""")
    workspace, out = Workspace.at(folder / "workspace"), folder / "scores.csv"
    assert leadscore("train", "--config", folder / "leadscore.yaml", "--workspace", workspace.root).code == 0
    assert leadscore("score", "--out", out, "--workspace", workspace.root).code == 0
    return InForce(workspace, pd.read_csv(out, dtype={"lead_id": str}).set_index("lead_id"))


def is_rival(lead_ids: pd.Index) -> pd.Series:
    numbers = lead_ids.astype(int)
    return pd.Series((numbers % 5 == 0) & (numbers % 3 < 2), index=lead_ids)


def test_the_leads_of_a_competitor_are_let_go(in_force):
    rivals = is_rival(in_force.scores.index)
    assert (in_force.scores["disposition"][rivals] == "discard").all()
    assert (in_force.scores["disposition"][~rivals] != "discard").any()


def test_no_name_of_a_lead_s_firm_reaches_mlflow(in_force):
    files = [file for file in in_force.workspace.artifacts.rglob("*") if file.is_file()]
    assert any(b"Rival Firm 0" in file.read_bytes() for file in files)  # what the rules look for
    assert not any(b"Firm 7" in file.read_bytes() for file in files)
