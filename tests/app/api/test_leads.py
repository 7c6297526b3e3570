"""The leads of the last run: a page at a time, one in detail, and what is said of them."""

import sqlalchemy as sa

from data.store import open_store
from data.store.tables import FEEDBACK


def test_pages_follow_each_other_through_all_open_leads(api, scored):
    after, listed = "", []
    while after is not None:
        page = api.get("/api/v1/leads", params={"limit": 500, "after": after}).json()
        listed += page["leads"]
        after = page["next"]
    keys = [(lead["score"], lead["probability"], lead["lead_id"]) for lead in listed]
    assert keys == sorted(keys, reverse=True)
    assert len({lead["lead_id"] for lead in listed}) == len(listed) > 500


def test_filters_are_those_of_the_list(api):
    leads = api.get("/api/v1/leads", params={"band": "hot", "limit": 10}).json()["leads"]
    assert {lead["band"] for lead in leads} == {"hot"}
    assert all(lead["reason"] for lead in leads)


def test_an_unknown_filter_and_a_wrong_place_are_named(api):
    answers = [api.get("/api/v1/leads", params=params) for params in ({"bnd": "hot"}, {"limit": 0}, {"after": "x"})]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert answers[0].json()["errors"] == [{"pointer": "bnd", "detail": "unknown field 'bnd'"}]


def test_a_lead_is_shown_with_reasons_that_add_up_and_its_history(api):
    lead_id = api.get("/api/v1/leads", params={"limit": 1}).json()["leads"][0]["lead_id"]
    lead = api.get(f"/api/v1/leads/{lead_id}").json()
    parts = (*lead["lines"], *lead["reasons_up"], *lead["reasons_down"])
    assert sum(part["points"] for part in parts) == lead["score"] == lead["history"][0]["score"]
    assert lead["recommendation"]


def test_a_lead_that_is_not_there_is_a_problem(api):
    answer = api.get("/api/v1/leads/nobody%20here")
    assert (answer.status_code, answer.json()["got"]) == (404, "nobody here")


def test_feedback_is_kept_under_the_name_of_who_says_it(own_api, workspace):
    lead_id = own_api.get("/api/v1/leads", params={"limit": 1}).json()["leads"][0]["lead_id"]
    body = {"lead_id": lead_id, "verdict": "no fit", "note": "a student", "by": "Ann"}
    assert own_api.post("/api/v1/feedback", json=body).status_code == 204
    lead = own_api.get(f"/api/v1/leads/{lead_id}").json()
    assert (lead["recommendation"], lead["rule"]) == ("leave", "verdict: not a fit")
    assert [(each["verdict"], each["by"]) for each in lead["verdicts"]] == [("no fit", "Ann")]
    with open_store(workspace.store) as store, store.transaction() as connection:
        assert connection.execute(sa.select(FEEDBACK.c.note)).scalar_one() == "a student"


def test_feedback_on_nobody_and_a_verdict_that_is_none_are_refused(own_api):
    nobody = own_api.post("/api/v1/feedback", json={"lead_id": "nobody", "verdict": "good"})
    none = own_api.post("/api/v1/feedback", json={"lead_id": "L1", "verdict": "great"})
    assert (nobody.status_code, none.status_code) == (404, 422)


def test_the_champion_is_shown_with_its_metrics(api):
    champion = api.get("/api/v1/models/champion").json()
    assert (champion["version"], champion["rung"]) == ("1", "full")
    assert 0.5 < champion["metrics"]["model"]["auc"] < 1


def test_health_and_metrics_say_what_scores(api):
    assert api.get("/health").json()["status"] == "ok"
    text = api.get("/metrics").text
    assert "leadscore_champion_version 1.0" in text
    assert 'leadscore_api_requests_total{method="GET",route="/health",status="200"}' in text


def test_without_a_model_health_says_so_and_nothing_is_scored(tmp_path, api_for):
    from data.workspace import Workspace

    with api_for(Workspace.at(tmp_path)) as client:
        assert (client.get("/health").status_code, client.get("/health").json()["status"]) == (503, "no model")
        answer = client.post("/api/v1/score", json={"leads": [{"lead_id": "1"}]})
        assert (answer.status_code, answer.json()["detail"]) == (503, "There is no model yet")
