"""Similar won deals come from the score store, and are forgotten with it."""

from data.store import open_store
from models.versions import Registry
from pipelines.explain.similar import won_deals
from pipelines.personal import forget


def test_similar_deals_were_won_and_scored_by_the_same_version(leadscore, trained, scored, ended):
    lead = ended.query("outcome == 'won'")["lead_id"].iloc[0]
    told = leadscore("explain", lead, "--workspace", trained.workspace.root, "--json").json
    won = set(ended.query("outcome == 'won'")["lead_id"])
    assert len(told["similar_won"]) == 5
    assert {deal["lead_id"] for deal in told["similar_won"]} <= won - {told["lead_id"]}
    distances = [deal["distance"] for deal in told["similar_won"]]
    assert distances == sorted(distances)


def test_a_forgotten_lead_is_no_similar_deal(workspace, ended):
    lead = ended.query("outcome == 'won'")["lead_id"].iloc[0]
    scorer = Registry(workspace).champion().scorer
    with open_store(workspace.store) as store:
        before = [deal.lead_id for deal in won_deals(store, scorer).deals]
        forget(lead, workspace)
        after = [deal.lead_id for deal in won_deals(store, scorer).deals]
    assert lead in before
    assert after == [other for other in before if other != lead]
