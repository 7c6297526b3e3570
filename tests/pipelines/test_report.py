"""The report: one page, complete in itself, safe to open."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.store import open_store
from data.store.tables import SCORES
from data.workspace import Workspace


@pytest.fixture
def page(leadscore, workspace: Workspace):
    """Write the report, and return what the command said and the text of the page."""

    def write() -> tuple[dict, str]:
        told = leadscore("report", "--workspace", workspace.root, "--json").json
        return told, workspace.report.read_text(encoding="utf-8")

    return write


def test_the_hottest_open_leads_stand_in_the_page_in_order(page, scored):
    told, text = page()
    still_open = scored.frame[scored.frame["outcome"] == "open"].nlargest(10, "probability")
    assert [lead["probability"] for lead in told["hottest"]] == still_open["probability"].tolist()
    places = [text.index(lead["lead_id"]) for lead in told["hottest"]]
    assert places == sorted(places)


def test_open_leads_are_counted_by_band(page, scored):
    told, text = page()
    counts = scored.frame.query("outcome == 'open'")["band"].value_counts()
    assert told["scored"] == counts.sum()
    assert all(f"{count} {band}" in text for band, count in counts.items())


def test_the_model_stands_beside_rules_and_base_rate(page, trained):
    _, text = page()
    metrics = trained.ran.json["metrics"]
    assert list(metrics) == ["rules", "model", "base rate", "best possible"]
    assert all(f"{measured['log_loss']:.4f}" in text for measured in metrics.values())


def test_the_page_opens_offline(page):
    _, text = page()
    assert text.count("<svg") >= 3
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)|@import|url\((?!#)""", text) == []


def test_what_leads_are_called_is_no_markup(page, workspace):
    with open_store(workspace.store) as store, store.transaction() as connection:
        hottest = store.hottest(1)[0]["lead_id"]
        renamed = sa.update(SCORES).where(SCORES.c.lead_id == hottest).values(lead_id="<script>alert(1)</script>")
        connection.execute(renamed)
    _, text = page()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text


def test_people_are_shown_where_the_page_is(leadscore, workspace, tmp_path):
    ran = leadscore("report", "--workspace", workspace.root, "--out", tmp_path / "deep" / "page.html")
    assert ran.code == 0
    assert (tmp_path / "deep" / "page.html").stat().st_size
    assert "page.html" in ran.out.replace("\n", "")


def test_without_scores_there_is_nothing_to_report(leadscore, workspace):
    Path(workspace.store.removeprefix("sqlite:///")).unlink()
    ran = leadscore("report", "--workspace", workspace.root)
    assert (ran.code, ran.out) == (2, "")
    assert "run `leadscore score` with this workspace first" in ran.err
