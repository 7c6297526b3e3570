"""The list, one lead, its panel, and the export."""

import csv
import re
import sqlite3
from datetime import datetime
from html import unescape
from io import StringIO
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from app.pages.leads import CALLS
from app.site import Site
from data.store import SCORES, Person, open_store, override
from data.store.tables import OPENED, RUNS
from data.vocabulary import RECOMMENDATIONS

HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\"'><svg onload=alert(1)>",
    "formula": '=HYPERLINK("http://evil.example";"x")',
    "direction": "\u202egnitteg\u202c \u2066x",
    "long": "W" * 10_000,
    "template": "{{ 7 * 7 }}{% raw %}",
}


def rename(store, renamed: str, **cells: str) -> None:
    with store.transaction() as connection:
        connection.execute(sa.update(SCORES).where(SCORES.c.lead_id == renamed).values(cells))


def exported(client, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(client.get(f"/leads.csv{query}").text)))


def test_the_list_begins_with_the_hottest_lead(client, hottest):
    text = client.get("/").text
    assert text.index(f'href="/leads/{hottest}"') == text.index('href="/leads/L')
    assert client.get("/leads").text == text


def test_the_list_says_when_its_scores_are_old(client, store):
    with store.transaction() as connection:
        finished = sa.func.datetime(RUNS.c.finished_at, "-12 days")
        connection.execute(sa.update(RUNS).values(finished_at=finished))
    assert "That was 12 days ago" in client.get("/leads").text


def test_the_list_is_silent_about_the_age_of_new_scores(shared):
    assert "That was" not in shared.get("/leads").text


def test_a_page_of_the_list_leads_to_the_next(client, store):
    first = client.get("/leads").text
    assert first.count('<tr role="row">') == 51
    onward = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(onward).text
    ids = [row["lead_id"] for row in store.hottest(51)]
    assert ids[50] in second
    assert not any(f">{lead}<" in second for lead in ids[:50])


def test_filters_stay_when_a_lead_is_opened_and_lead_to_the_next_of_the_list(client, store):
    hot = [row["lead_id"] for row in store.hottest(1_000) if row["band"] == "hot"]
    assert f'href="/leads/{hot[0]}?band=hot"' in client.get("/leads?band=hot").text
    assert f'href="/leads/{hot[1]}?band=hot">Next lead' in client.get(f"/leads/{hot[0]}?band=hot").text
    assert "Next lead" not in client.get(f"/leads/{hot[-1]}?band=hot").text


def test_a_filter_that_nothing_passes_says_so_and_leads_back(shared):
    text = shared.get("/leads?q=nobody").text
    assert "No open lead is like that" in text
    assert 'href="/leads">Show all open leads' in text


def test_an_export_is_what_is_shown(client, store):
    rows = exported(client, "?band=hot")
    hot = [lead["lead_id"] for lead in store.hottest(1000) if lead["band"] == "hot"]
    assert [row["lead_id"] for row in rows] == hot
    assert {row["band"] for row in rows} == {"hot"}
    assert rows[0]["reason"]


def test_an_export_of_nothing_has_its_header(shared):
    assert shared.get("/leads.csv?q=nobody").text.startswith("lead_id,company,score")


def test_a_formula_is_text_in_an_export(client, store, hottest):
    rename(store, hottest, company=HOSTILE["formula"])
    assert exported(client)[0]["company"] == f"'{HOSTILE['formula']}"


def test_of_a_version_that_this_code_cannot_read_the_page_says_what_to_do(client, workspace, hottest):
    with sqlite3.connect(workspace.root / "mlflow.db") as models:
        models.execute("UPDATE model_version_tags SET value = 'other' WHERE key = 'feature_fingerprint'")
    page = client.get(f"/leads/{hottest}").text
    assert "The reasons cannot be told: version 1 was trained with other features than this code has" in page
    assert "What to do: run `leadscore train` again" in page


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_text_from_the_crm_is_only_text(client, store, hottest, text):
    rename(store, hottest, company=text, owner=text, source=text, stage=text)
    for path in (
        "/leads",
        f"/leads/{hottest}",
        f"/leads/{hottest}/panel",
        "/funnel",
        "/grid",
        f"/leads?source={quote(text)}",
    ):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg onload" not in page
        assert "\u202e" not in page.replace(f'value="{text}"', "")
        assert len(page) < 220_000


@pytest.mark.parametrize("lead_id", ["a/b", "a b&c=?#", "ü", "..", "<b>", "panel"])
def test_a_lead_of_any_id_is_opened_from_the_list(client, store, hottest, lead_id):
    rename(store, hottest, lead_id=lead_id)
    address = client.get("/leads").text.split('class="lead"><a href="')[1].split('"')[0]
    assert client.get(address).status_code == 200


def test_a_lead_says_its_score_its_chance_and_why(client, store, hottest):
    lead = store.hottest(1)[0]
    text = client.get(f"/leads/{hottest}").text
    assert f'aria-label="Score {lead["score"]} of 100"' in text
    assert "A chance of about" in text
    assert "within 90 days" in text
    assert "Speaks for it" in text
    assert "buy more often" in text


def test_the_reasons_are_those_that_are_written_back(client, workspace, hottest):

    from pipelines.explain import explain

    text = unescape(client.get(f"/leads/{hottest}").text)
    for reason in explain(hottest, workspace).reasons_up:
        assert re.split(" – |, together with", reason["sentence"])[0] in text


def test_a_score_without_a_past_has_no_line(client, store, hottest):
    with store.transaction() as connection:
        connection.execute(sa.delete(SCORES).where(SCORES.c.run_id == 1))
        connection.execute(sa.update(SCORES).values(as_of=datetime(2026, 1, 1)))
    text = client.get(f"/leads/{hottest}").text
    assert "First score: <b>" in text
    assert 'class="trend' not in text


def test_a_score_shows_how_it_came_about(client, store):
    with store.transaction() as connection:
        moved = connection.execute(
            sa.select(SCORES.c.lead_id).where(SCORES.c.run_id == 2).order_by(SCORES.c.score.desc())
        )
        lead_id = moved.scalars().first()
    before, now = (store.scores_of(lead_id)[place]["score"] for place in (1, 0))
    if before != now:
        assert f"Score {before} → <b>{now}</b>" in client.get(f"/leads/{lead_id}").text


def test_a_lead_that_is_not_there_is_said_to_be(shared):
    answer = shared.get("/leads/nobody")
    assert answer.status_code == 404
    assert "There is no score of this lead" in answer.text


def test_a_lead_that_was_opened_is_counted_once_a_day(client, store, hottest):
    site = client.app.state.site
    for _ in range(2):
        client.get(f"/leads/{hottest}")
        site.write_opened()
    with store.transaction() as connection:
        assert len(connection.execute(OPENED.select()).all()) == 1


def test_what_a_person_set_shows_in_the_list(client, store, hottest):
    override(store, hottest, "discard", "a student", Person("Ann", "sales"))
    assert "discard, set by hand" in client.get("/leads").text
    assert hottest not in client.get("/leads?disposition=ready").text
    assert [row["disposition"] for row in exported(client) if row["lead_id"] == hottest] == ["discard"]


def test_each_line_says_for_how_long_its_score_is_the_same(client, store, hottest):
    with store.transaction(writing=True) as connection:
        connection.execute(sa.update(SCORES).values(as_of=datetime(2025, 12, 29)).where(SCORES.c.lead_id == hottest))
    text = client.get("/leads").text
    row = next(row for row in text.split('<tr role="row">') if f'href="/leads/{hottest}"' in row)
    assert re.search(r'class="n age">3 days<', row)


@pytest.mark.parametrize("after", ["9" * 30 + ":0.5:x", "nan:nan:x", "50:inf:x", "-1:0.5:x", "nonsense"])
def test_a_cursor_that_no_list_has_is_none(shared, after):
    answer = shared.get("/leads", params={"after": after})
    assert answer.status_code == 200
    assert "First page" not in answer.text


def test_the_address_of_the_leads_may_end_in_a_slash(shared):
    assert "Export these as CSV" in shared.get("/leads/").text


def test_a_view_tells_a_count_only_where_its_list_has_so_many(shared):
    assert re.search(r'Hot <span class="count">\d+<', shared.get("/leads").text)
    assert re.search(r"Hot</a>", shared.get("/leads?stage=mql").text)
    assert 'href="/leads?stage=mql&amp;q=L">MQL</a>' in shared.get("/leads?q=L").text


@pytest.mark.parametrize("query", ["week=x", "owner=you"])
def test_a_filter_that_no_view_stands_for_is_seen(shared, query):
    text = shared.get(f"/leads?{query}").text
    assert f"Remove the filter {query.replace('=', ' ')}" in text
    assert "No open lead is like that" in text


def test_counts_go_by_what_people_set(client, store, csrf):
    """The funnel counts whom to call in the words of the recommendation: it is the same as the week's list."""
    ready = len(exported(client, "?disposition=ready"))
    to_call = sum(len(exported(client, f"?recommendation={quote(each)}")) for each in CALLS)
    set_by_ann = next(row["lead_id"] for row in store.hottest(1000) if row["disposition"] == "ready")
    word = csrf(client.get(f"/leads/{set_by_ann}").text)
    assert f"<dt>To call</dt><dd>{to_call}</dd>" in client.get("/funnel").text
    client.post(f"/leads/{set_by_ann}/override", data={"disposition": "discard", "reason": "left", "csrf": word})
    assert len(exported(client, "?disposition=ready")) == ready - 1
    assert f"<dt>To call</dt><dd>{to_call - 1}</dd>" in client.get("/funnel").text
    client.post(f"/leads/{set_by_ann}/undo", data={"csrf": word})
    assert f"<dt>To call</dt><dd>{to_call}</dd>" in client.get("/funnel").text


def test_in_order_of_recommendation_calls_come_first_and_chances_fall_within_each(shared):
    rows = exported(shared, "?order=recommendation")
    keys = [(RECOMMENDATIONS.index(row["recommendation"]), -float(row["probability"])) for row in rows]
    assert keys == sorted(keys)
    assert len({urgency for urgency, _ in keys}) > 1
    page, listed = shared.get("/leads?order=recommendation").text, []
    while True:
        listed += re.findall(r'<td role="cell" class="lead"><a href="/leads/(\w+)', page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        if not onward:
            break
        page = shared.get(unescape(onward[1])).text
    assert listed == [row["lead_id"] for row in rows]


def test_where_the_model_shows_no_signal_pages_say_so_first_and_mute_bands_and_reasons(shared, monkeypatch):
    lead_id = re.findall(r'href="/leads/(L\d+)"', shared.get("/leads").text)[0]
    addresses = ("/leads", f"/leads/{lead_id}", "/week", "/grid", "/funnel", "/model")
    said = "There is no evidence that this model tells won leads from lost ones"
    assert not any(said in shared.get(address).text for address in addresses)
    monkeypatch.setattr(Site, "without_signal", lambda *_: "AUC 0.51 (0.46 to 0.56)")
    assert all(said in shared.get(address).text for address in addresses)
    for address in ("/leads", f"/leads/{lead_id}", "/week"):
        text = shared.get(address).text
        assert "no evidence" in text and 'class="band hot"' not in text
    assert 'class="reason"' not in shared.get("/leads").text


def test_the_list_can_go_by_expected_value(client, store):
    by_value = [row["lead_id"] for row in exported(client, "?order=value")]
    leads = {row["lead_id"]: row["expected_value"] for row in store.hottest(10_000)}
    assert by_value == sorted(leads, key=lambda lead: (leads[lead], lead), reverse=True)
    first = client.get("/leads?order=value").text
    onward = unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    assert re.findall(r'href="/leads/(L\d+)', client.get(onward).text)[0] == by_value[50]


def test_who_is_to_be_called_is_a_view(shared, store):
    calls = exported(shared, "?recommendation=call%20now")
    assert calls and {row["recommendation"] for row in calls} == {"call now"}
    others = exported(shared, "?recommendation=nurture")
    assert others and not {row["lead_id"] for row in calls} & {row["lead_id"] for row in others}


def test_columns_that_say_the_same_in_every_row_are_left_out(shared):
    assert ">Stage</th>" in shared.get("/leads").text
    assert ">Stage</th>" not in shared.get("/leads?stage=mql").text


def test_old_data_are_said_to_be_old(shared):
    assert re.search("The data end .* ago", shared.get("/leads").text)


def test_the_panel_says_what_a_person_set_and_why(client, store, hottest):
    override(store, hottest, "discard", "a <student>", Person("Ann", "sales"))
    panel = client.get(f"/leads/{hottest}/panel").text
    assert "discard, set by hand" in panel
    assert "<bdi>a &lt;student&gt;</bdi>" in panel


@pytest.mark.parametrize("part", ["", "/panel"])
def test_a_lead_that_is_closed_is_no_chance_any_more(client, store, hottest, part):
    rename(store, hottest, outcome="lost")
    text = client.get(f"/leads/{hottest}{part}").text
    assert "Before it closed, a chance of" in text
    assert '<span class="disposition lost">lost</span>' in text
    assert '<span class="band' not in text


def test_the_page_of_a_lead_that_is_gone_says_since_when(client, workspace, hottest):
    assert "No longer in the source" not in client.get(f"/leads/{hottest}").text
    with open_store(workspace.store, writing=True) as store:
        newest = store.runs()[0]
        run = store.begin(as_of=newest["as_of"], model_version="1", codebook=store.codebook("1"))
        store.publish(run, gone=[hottest])
    text = re.sub(r"<[^>]+>", "", client.get(f"/leads/{hottest}").text)
    assert f"No longer in the source since {newest['as_of'].day} " in text
