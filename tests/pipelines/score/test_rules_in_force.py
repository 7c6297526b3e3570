"""A team's rules, which know little, where a model is served: who is let go, who is called, and why."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.store import open_store
from data.workspace import Workspace
from models.training import chosen_of
from models.versions import Registry
from pipelines.report.funnel import funnel_of

RULES = """thresholds: {mql: 20, sql: 40}
grades: {fit: {A: 10, B: 5, C: 1}}
competitors: [Rival Firm 0, Rival Firm 1]
fit: {rules: [{name: From a fair, when: {attribute: Channel, is: Fair}, points: 10}]}
engagement: {rules: [{name: Visits, when: {attribute: Visits, given: yes}, points: 30}]}
triggers: [{name: Here all day, when: {attribute: Visits, at_least: 6}}]
disqualifiers: [{name: Competitor, when: {attribute: competitor, is: yes}}]
"""


@dataclass(frozen=True)
class InForce:
    """A workspace whose model was trained with these rules, and the scores that it gave open and closed leads."""

    workspace: Workspace
    scores: pd.DataFrame


@pytest.fixture(scope="module")
def in_force(export, leadscore, tmp_path_factory) -> InForce:
    """600 leads, every second of a rival firm; those of the last weeks are open."""
    folder: Path = tmp_path_factory.mktemp("rules")
    leads = pd.read_csv(export, dtype={"Id": str})
    leads["Company"] = [f"Rival Firm {n % 3} Inc" if n % 2 == 0 else f"Firm {n}" for n in range(len(leads))]
    leads["Status"] = np.where(
        leads["Visits"] + np.random.default_rng(0).normal(scale=1.7, size=len(leads)) > 3, "won", "lost"
    )
    leads.to_csv(folder / "leads.csv", index=False)
    (folder / "rules.yaml").write_text(RULES)
    (folder / "leadscore.yaml").write_text("""tables: {leads: leads.csv}
columns: {leads: {lead_id: Id, created_at: Created, closed_at: Closed}}
outcome: {column: Status, won: [won], lost: [lost]}
horizon: 30
as_of: 2025-09-15
rules: rules.yaml
""")
    workspace = Workspace.at(folder / "workspace")
    assert leadscore("train", "--config", folder / "leadscore.yaml", "--workspace", workspace.root).code == 0
    files = {folder / "open.csv": (), folder / "closed.csv": ("--closed",)}
    for out, asked in files.items():
        assert leadscore("score", *asked, "--out", out, "--workspace", workspace.root).code == 0
    scores = pd.concat(pd.read_csv(out, dtype={"lead_id": str}).set_index("lead_id") for out in files)
    return InForce(workspace, scores)


def is_rival(lead_ids: pd.Index) -> pd.Series:
    numbers = lead_ids.astype(int)
    return pd.Series((numbers % 2 == 0) & (numbers % 3 < 2), index=lead_ids)


def test_the_leads_of_a_competitor_are_let_go(in_force):
    rivals = is_rival(in_force.scores.index)
    assert (in_force.scores["disposition"][rivals] == "discard").all()
    assert (in_force.scores["disposition"][~rivals] != "discard").any()


def test_no_name_of_a_lead_s_firm_reaches_mlflow(in_force):
    files = [file for file in in_force.workspace.artifacts.rglob("*") if file.is_file()]
    assert any(b"Rival Firm 0" in file.read_bytes() for file in files)  # what the rules look for
    assert not any(b"Firm 7" in file.read_bytes() for file in files)


def test_the_mark_that_decides_is_exported_kept_and_explained(in_force, leadscore):
    scores = in_force.scores
    assert set(scores["disqualified_by"].dropna()) == {"Competitor"}
    assert (scores["disqualified_by"].notna() == is_rival(scores.index)).all()
    called = scores[scores["triggered_by"].notna()]
    assert (called["disposition"] == "ready").all() and (called["fit"] != "D").all()
    with open_store(in_force.workspace.store) as store:
        kept = [store.scores_of(lead)[0] for lead in (called.index[0], is_rival(scores.index).idxmax())]
    assert [kept[0]["triggered_by"], kept[1]["disqualified_by"]] == ["Here all day", "Competitor"]
    told = [
        leadscore("explain", each["lead_id"], "--workspace", in_force.workspace.root, "--json").json for each in kept
    ]
    assert [told[0]["triggered_by"], told[1]["disqualified_by"]] == ["Here all day", "Competitor"]
    shown = leadscore("explain", kept[1]["lead_id"], "--workspace", in_force.workspace.root).out
    assert "Disqualified by the rules: Competitor" in shown


def test_no_competitor_is_an_mql_by_score(in_force):
    workspace = in_force.workspace
    settings = Registry(workspace).champion().settings
    settings = settings.model_copy(update={"funnel": settings.funnel.model_copy(update={"bars": {"any": 0.0}})})
    with open_store(workspace.store) as store:
        found, _ = funnel_of(settings, workspace, store, Registry(workspace))
    scores = in_force.scores
    fits, rivals = (scores["outcome"] == "open") & (scores["fit"] != "D"), is_rival(scores.index)
    assert (fits & rivals).any()
    assert found.qualified.standing["any"][0] == (fits & ~rivals).sum()


def previewed(in_force, leadscore, old: str, *more: str):
    against = in_force.workspace.root.parent / "old.yaml"
    against.write_text(old)
    return leadscore("rules", "preview", "--against", against, "--workspace", in_force.workspace.root, *more)


def test_preview_tells_what_is_served_where_a_model_is_the_champion(in_force, leadscore):
    chosen = chosen_of(Registry(in_force.workspace).champion().scorer.model)
    assert chosen != "rules"
    without = previewed(
        in_force, leadscore, RULES.replace("competitors: [Rival Firm 0, Rival Firm 1]", ""), "--json"
    ).json
    still_open = in_force.scores[in_force.scores["outcome"] == "open"]
    assert (without["served"]["model_version"], without["served"]["chosen"]) == ("1", chosen)
    rivals_that_fit = is_rival(still_open.index) & (still_open["fit"] != "D")  # a D is let go by any rules
    assert without["served"]["changed"] == rivals_that_fit.sum() > 0
    points = previewed(in_force, leadscore, RULES.replace("sql: 40", "sql: 20"), "--json").json
    assert points["served"]["changed"] == 0  # thresholds are those of the rules alone


def test_preview_says_so_in_words(in_force, leadscore):
    ran = previewed(in_force, leadscore, RULES)
    assert re.search("^0 of [0-9]+ open leads change their disposition by the rules$", ran.out, re.MULTILINE)
    assert "as served: by the score of version 1" in " ".join(ran.out.split())
