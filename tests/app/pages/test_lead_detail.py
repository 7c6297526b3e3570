"""A closer look at one lead: why its score changed, what is missing, similar won deals, and the rules beside it."""

import json
import re
from dataclasses import replace
from html import unescape
from types import SimpleNamespace

import pandas as pd
import pytest
import sqlalchemy as sa

from app.lead_reading import READING
from app.pages.lead_detail import since_when
from data.store import SCORES
from models.versions import Registry
from pipelines.console import signed
from pipelines.explain import explain

AS_OF = pd.Timestamp("2026-01-01")


def lead_since(created: str) -> SimpleNamespace:
    leads = pd.DataFrame({"created_at": [pd.Timestamp(created)]})
    return SimpleNamespace(as_of=AS_OF, chunk=SimpleNamespace(leads=leads))


def kept(*scores: tuple[str, int]) -> list[dict]:
    return [{"as_of": pd.Timestamp(moment), "score": score} for moment, score in scores]


@pytest.fixture
def moved(store) -> str:
    """An open lead that has another score than a week before."""
    now, then = SCORES.alias("now"), SCORES.alias("then")
    others = sa.and_(now.c.lead_id == then.c.lead_id, now.c.run_id == 2, then.c.run_id == 1)
    query = sa.select(now.c.lead_id).join(then, others).where(now.c.score != then.c.score, now.c.outcome == "open")
    with store.transaction() as connection:
        return connection.execute(query.order_by(now.c.lead_id)).scalars().first()


def test_a_change_is_told_since_a_week_ago():
    lead = lead_since("2025-06-01")
    assert since_when(lead, kept(("2025-12-30", 60), ("2025-12-20", 50), ("2025-11-01", 40))) == AS_OF - pd.Timedelta(
        "7D"
    )


def test_a_score_that_stood_all_week_is_told_since_it_was_another():
    lead = lead_since("2025-06-01")
    assert since_when(lead, kept(("2025-12-20", 60), ("2025-11-01", 40))) == pd.Timestamp("2025-11-01")


def test_a_new_lead_is_told_since_it_came():
    assert since_when(lead_since("2025-12-29"), kept(("2026-01-01", 60))) == pd.Timestamp("2025-12-29")


def test_the_points_of_a_change_add_up_to_it(client, store, moved):
    now, then = (store.scores_of(moved)[place]["score"] for place in (0, 1))
    text = client.get(f"/leads/{moved}/closer").text
    changed = text.split("Why it changed")[1].split("</section>")[0]
    assert f"<b>{then}</b>" in changed
    assert f'<b class="now">{now}</b>' in changed
    points = [int(each.replace("−", "-")) for each in re.findall(r'class="points">([+−]\d+)<', changed)]
    assert sum(points) == now - then


def test_what_is_missing_is_a_question_with_its_answers(client, store, workspace):
    for lead in store.hottest(30):
        if asked := explain(lead["lead_id"], workspace).what_next:
            break
    else:
        pytest.fail("no lead left a question open")
    text = unescape(client.get(f"/leads/{lead['lead_id']}/closer").text)
    for question in asked:
        assert f'<b class="ask">{question.field}?</b>' in text
        end = f"{signed(question.highest_points)}, score {question.highest_score}"
        assert f"“{question.highest}”</dt><dd>{end}</dd>" in text
    assert not re.search(r"\b(because|would raise|would become|causes?)\b", text.split("What to ask")[1])


def test_what_a_lead_lacks_to_be_a_qualified_opportunity_is_said(client, workspace, hottest):
    lead = explain(hottest, workspace)
    shown = " ".join(unescape(client.get(f"/leads/{hottest}/closer").text).split())
    expected = "A qualified sales opportunity (QSO) by the rules."
    if lead.missing_for_qso:
        expected = f"Missing for a qualified sales opportunity (QSO) by the rules: {'; '.join(lead.missing_for_qso)}."
    assert expected in shown


def test_similar_won_deals_are_those_that_explain_tells_and_lead_to_them(client, workspace, hottest):
    text = unescape(client.get(f"/leads/{hottest}").text)
    similar = explain(hottest, workspace).similar_won
    assert similar
    assert re.findall(r'<li><a href="/leads/(\w+)"', text) == [deal.lead_id for deal in similar]
    assert all(said in text for deal in similar for said in deal.in_common)


def test_a_deal_that_was_forgotten_since_is_not_told_of(client, store, workspace, hottest):
    first, *_ = explain(hottest, workspace).similar_won
    assert first.lead_id in client.get(f"/leads/{hottest}").text
    store.forget(first.lead_id)
    assert first.lead_id not in client.get(f"/leads/{hottest}").text


def test_names_of_deals_are_only_text(client, store, workspace, hottest):
    first, *_ = explain(hottest, workspace).similar_won
    with store.transaction() as connection:
        hostile = sa.update(SCORES).where(SCORES.c.lead_id == first.lead_id).values(company="<script>alert(1)</script>")
        connection.execute(hostile)
    assert "<script>alert" not in client.get(f"/leads/{hottest}").text


def test_the_page_of_a_lead_comes_without_reading_it_again_and_links_to_the_rest(shared, scored, monkeypatch):
    monkeypatch.setattr("app.pages.lead_detail.read_lead", lambda *_: pytest.fail("the lead was read"))
    lead_id = re.findall(r'href="/leads/(L\d+)"', shared.get("/leads").text)[0]
    text = shared.get(f"/leads/{lead_id}").text
    assert f'hx-get="/leads/{lead_id}/closer" hx-trigger="load"' in text
    assert f'<a class="button" href="/leads/{lead_id}/closer">' in text


def test_a_script_gets_the_part_without_its_frame(shared, scored):
    lead_id = re.findall(r'href="/leads/(L\d+)"', shared.get("/leads").text)[0]
    text = shared.get(f"/leads/{lead_id}/closer", headers={"hx-request": "true"}).text
    assert text.strip().startswith('<div id="closer">')
    assert "<html" not in text


def test_a_script_is_told_in_the_part_that_others_read(shared, monkeypatch):
    lead_id = re.findall(r'href="/leads/(L\d+)"', shared.get("/leads").text)[0]
    monkeypatch.setattr("app.threads.LONGEST_WAIT", 0.01)
    with READING:
        answer = shared.get(f"/leads/{lead_id}/closer", headers={"hx-request": "true"})
    assert answer.status_code == 503
    assert "try again in a minute" in answer.text
    assert "<html" not in answer.text


def test_a_lead_without_a_score_has_no_closer_look(shared):
    assert shared.get("/leads/nobody/closer").status_code == 404


def test_the_rules_that_fired_stand_beside_the_model(client, store, workspace, hottest):
    fired = explain(hottest, workspace).rules
    text = unescape(client.get(f"/leads/{hottest}").text)
    beside = text.split("The rules beside it")[1].split("</section>")[0]
    assert fired
    assert set(re.findall(r"<li><span>([^<]+)</span>", beside)) == set(fired)


def test_where_rules_are_served_no_model_is_said_to_have_scored(client, hottest, monkeypatch):
    assert "The score beside is the model's." in unescape(client.get(f"/leads/{hottest}").text)
    monkeypatch.setattr("app.pages.leads.member_names", lambda _: ("rules",))
    for address in (f"/leads/{hottest}", f"/leads/{hottest}/panel"):
        text = unescape(client.get(address).text)
        assert "The rules that it scores by" in text
        assert "the model's" not in text and "The rules beside it" not in text


def test_the_panel_has_the_strongest_rules_beside_the_model(client, workspace, hottest):
    fired = explain(hottest, workspace).rules
    text = unescape(client.get(f"/leads/{hottest}/panel").text)
    shown = re.findall(r"<li><span>([^<]+)</span>", text.split("The rules beside it")[1])
    assert len(shown) == min(3, len(fired))
    assert set(shown) <= set(fired)


def test_a_score_that_was_kept_before_rules_were_still_shows(client, store, hottest):
    with store.transaction() as connection:
        connection.execute(sa.update(SCORES).values(rules=None, persona=None))
    assert "No rule speaks of this lead" in client.get(f"/leads/{hottest}").text


def test_a_persona_is_told_and_is_a_filter_of_the_list(client, store, hottest):
    with store.transaction() as connection:
        buyer = sa.update(SCORES).where(SCORES.c.lead_id == hottest).values(persona="IT & security")
        connection.execute(buyer)
    assert "IT &amp; security</bdi>" in client.get(f"/leads/{hottest}").text
    text = client.get("/leads").text
    assert "/leads?persona=IT+%26+security" in text
    found = client.get("/leads?persona=IT+%26+security").text
    assert found.count('<td role="cell" class="lead">') == 1
    assert "Remove the filter persona IT &amp; security" in found


@pytest.mark.parametrize(
    ("mark", "said"),
    [("disqualified_by", "Disqualified by the rules"), ("triggered_by", "To be called at once by the rules")],
)
def test_the_page_of_a_lead_says_which_mark_decided(client, store, hottest, mark, said):
    with store.transaction() as connection:
        connection.execute(sa.update(SCORES).values(triggered_by="", disqualified_by=""))
        connection.execute(sa.update(SCORES).where(SCORES.c.lead_id == hottest).values(**{mark: "R & D"}))
    assert f"{said}: <b><bdi>R &amp; D</bdi></b>" in client.get(f"/leads/{hottest}").text


def test_without_personas_there_is_no_menu_of_them(shared):
    assert ">Persona</summary>" not in shared.get("/leads").text


def test_rules_are_kept_as_the_page_reads_them(store, hottest):
    assert all(len(pair) == 2 for pair in json.loads(store.scores_of(hottest)[0]["rules"]))


def test_sales_sees_how_to_reach_a_lead_where_the_settings_allow_it_and_viewers_do_not(
    workspace, signed, store, monkeypatch
):
    """They are read from the source, and in no page beside; of a lead that was forgotten there is none."""
    file = Registry(workspace).champion().settings.tables["leads"].path
    emails = pd.read_parquet(file).drop_duplicates("lead_id").set_index("lead_id")["email"].dropna()
    lead = next(row["lead_id"] for row in store.hottest(50) if "@" in emails.get(row["lead_id"], ""))
    hottest, email = lead, emails[lead].strip()
    assert email not in signed("sales").get(f"/leads/{hottest}/closer").text
    app = signed("sales").app
    access = app.state.access_now()
    allowed = replace(access, pages=access.pages.model_copy(update={"contact": ["email", "fax"]}))
    monkeypatch.setattr(app.state, "access_now", lambda: allowed)
    shown = unescape(signed("sales").get(f"/leads/{hottest}/closer").text)
    assert email in shown and "Fax" not in shown
    assert email not in unescape(signed("viewer").get(f"/leads/{hottest}/closer").text)
    assert email not in signed("sales").get(f"/leads/{hottest}").text
    store.forget(hottest)
    assert signed("sales").get(f"/leads/{hottest}/closer").status_code == 404
