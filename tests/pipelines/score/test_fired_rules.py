"""Every rule that fires is kept with the score, whoever scores, and told by explain."""

import pytest

from data.store import open_store
from models.rules import fired_by_name
from models.versions import Registry


def test_every_rule_that_fired_is_kept_with_the_score_and_told(trained, scored, leadscore):
    hottest = scored.frame.sort_values("probability")["lead_id"].iloc[-1]
    ran = leadscore("explain", hottest, "--workspace", trained.workspace.root, "--json")
    with open_store(trained.workspace.store) as store:
        kept = store.scores_of(hottest)[0]["rules"]
    rules = Registry(trained.workspace).champion().scorer.rules
    assert fired_by_name(rules, kept) == pytest.approx(ran.json["rules"])
    assert len(ran.json["rules"]) > 5 and ran.json["persona"] == ""


def test_explain_shows_them_to_people(trained, scored, leadscore):
    hottest = scored.frame.sort_values("probability")["lead_id"].iloc[-1]
    ran = leadscore("explain", hottest, "--workspace", trained.workspace.root)
    assert "Rules: " in ran.out
