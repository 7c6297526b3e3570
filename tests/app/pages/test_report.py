"""The funnel's report on the pages: kept for a run, compared, filtered by source, and strict as all pages are."""

import re
from importlib import import_module

import pytest

from app.pages import report
from app.pages.report import compare_periods, compare_source
from data.errors import InputError
from pipelines.report import gather


def share(count: int, of: int) -> dict:
    return {"count": count, "of": of, "rate": count / of}


def month(name: str, leads: int, complete: bool = True) -> dict:
    return {
        "name": name,
        "entries": {"lead": leads, "customer": 1},
        "went_on_soon": [share(1, leads)],
        "complete": complete,
    }


FUNNEL = {
    "stages": [{"name": "lead"}, {"name": "customer"}],
    "periods": [month("2025-10", 10), month("2025-11", 20), month("2025-12", 5, complete=False)],
    "all": {
        "reached": {"lead": 35, "customer": 3},
        "steps": [{"start": "lead", "to": "customer", "went_on": share(3, 35)}],
    },
    "cuts": {"source": [{"name": "web", "reached": {"lead": 7, "customer": 2}, "steps": [{"went_on": share(2, 7)}]}]},
}


def test_the_newest_two_periods_that_are_over_stand_beside_each_other():
    found = compare_periods(FUNNEL, "", "nonsense")
    assert found is not None
    assert found.names == ("2025-11", "2025-10")
    assert found.entries == [("lead", 20, 10), ("customer", 1, 1)]
    assert found.steps == [(("lead", "customer"), share(1, 20), share(1, 10))]


def test_any_period_may_be_chosen():
    found = compare_periods(FUNNEL, "2025-12", "2025-10")
    assert found is not None
    assert found.entries[0] == ("lead", 5, 10)


def test_one_period_has_nothing_beside_it():
    assert compare_periods(FUNNEL | {"periods": FUNNEL["periods"][:1]}, "", "") is None


def test_a_source_stands_beside_all_leads():
    found = compare_source(FUNNEL, "web")
    assert found is not None
    assert found.entries == [("lead", 7, 35), ("customer", 2, 3)]
    assert compare_source(FUNNEL, "fax") is None
    assert compare_source(FUNNEL | {"cuts": {}}, "web") is None


@pytest.fixture(scope="module")
def told(shared) -> str:
    return shared.get("/funnel/report").text


def test_the_report_has_the_figures_of_the_one_that_is_written(told, scored):
    funnel = gather(scored).funnel
    assert funnel is not None
    for stage, count in funnel.all.reached.items():
        assert re.search(rf"<span>{stage}</span>.*?<b>{count:,}</b>", told)


def test_the_report_has_no_script_and_no_style_of_its_own(told):
    assert "<style" not in told
    assert " style=" not in told
    assert "<script>" not in told


def test_sections_open_and_close_under_their_headings(told):
    titles = re.findall(r"<summary><h2>(.*?)</h2></summary>", told)
    assert "Where leads get lost" in titles
    assert "By source" in titles


def test_the_report_is_counted_once_for_a_run(client, monkeypatch):
    counted = []
    monkeypatch.setattr("app.pages.report.gather", lambda workspace: counted.append(workspace) or gather(workspace))
    for query in ("", "?source=ppc", "?now=2025-11&before=2025-10"):
        assert client.get(f"/funnel/report{query}").status_code == 200
    assert len(counted) == 1


def test_no_lead_is_named_in_a_report_that_is_kept(told, scored):
    """It may be forgotten before the next run."""
    funnel = gather(scored).funnel
    assert funnel is not None
    assert any(oddity.first for oddity in funnel.oddities)
    assert not re.search(r"\bL\d{7}\b", told)


def test_the_funnel_comes_without_counting_and_fetches_the_report_of_its_source(shared, monkeypatch):
    monkeypatch.setattr("app.pages.report.gather", lambda _: pytest.fail("the report was counted"))
    text = shared.get("/funnel?source=ppc").text
    assert 'hx-get="/funnel/report?source=ppc" hx-trigger="load"' in text
    assert '<a class="button" href="/funnel/report?source=ppc">' in text


def test_a_source_is_compared_in_the_report(shared):
    assert "<bdi>ppc</bdi> beside all leads" in shared.get("/funnel/report?source=ppc").text


def test_who_comes_while_another_counts_asks_again(client, monkeypatch):
    monkeypatch.setattr("app.threads.LONGEST_WAIT", 0.01)
    with report.COUNTING:
        text = client.get("/funnel/report?source=ppc", headers={"hx-request": "true"}).text
    assert 'hx-get="/funnel/report?source=ppc" hx-trigger="load delay:2s"' in text


def test_hostile_text_in_the_report_is_only_text(client, monkeypatch):
    def hostile(workspace):
        reported = gather(workspace)
        account = reported.funnel.accounts[0]
        object.__setattr__(account, "company", "<script>alert(1)</script><h2>x</h2>\u202e" + "W" * 10_000)
        return reported

    monkeypatch.setattr("app.pages.report.gather", hostile)
    text = client.get("/funnel/report").text
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "&lt;h2&gt;x" in text
    assert "W" * 300 not in text


def test_tables_that_are_gone_are_said_to_be(client, monkeypatch):
    def gone(*_):
        raise InputError("the table is not there", where="leads.csv")

    monkeypatch.setattr(import_module("pipelines.report.report"), "funnel_of", gone)
    text = client.get("/funnel/report").text
    assert "No funnel is told" in text
    assert "leads.csv" in text
