"""The model's page, and thresholds that are looked at before they are kept."""

import re

import pytest

from data.errors import LeadscoreError
from data.store import recent_changes
from models.versions import Registry


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    return [
        [re.sub(r"(<[^>]+>|\s)+", " ", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows
    ]


def test_the_page_tells_model_and_rules_with_their_intervals(shared):
    text = shared.get("/model").text
    assert "Beside the rules" in text
    assert len(re.findall(r'<span class="interval">0\.\d+ to [01]\.\d+</span>', text)) >= 6
    assert "Version 1: promoted" in text
    assert "leadscore monitor" in text


def test_the_plots_are_pictures_of_their_own(shared):
    answer = shared.get("/model/plots/calibration.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert shared.get("/model/plots/../../secret.svg").status_code == 404
    assert shared.get("/model/plots/nothing.svg").status_code == 404


def test_a_preview_counts_and_changes_nothing(shared, scored):
    before = Registry(scored).champion().scorer.scale
    rows = cells(shared.get("/model/preview?hot=90&warm=0.01").text)
    then = {row[0]: row for row in rows if row[0].endswith("then")}
    assert then["Hot then"][2] == "0"
    assert int(then["Warm then"][2].replace(",", "")) > 100
    assert Registry(scored).champion().scorer.scale == before


def test_a_preview_tells_what_became_of_the_newest_leads_over_each_bar(shared, scored):
    training = Registry(scored).champion().training
    told = training["bars"][len(training["bars"]) // 2]
    row = next(
        row for row in cells(shared.get(f"/model/preview?hot=90&warm={100 * told['bar']!r}").text) if "Warm then" in row
    )
    assert row[4].endswith(f"{told['won']} of {told['leads']}")


def test_a_version_that_does_not_know_its_bars_says_so(client, monkeypatch):
    registry = client.app.state.site.registry
    registry.version("1").training.pop("bars")
    assert "the next training brings it" in client.get("/model").text


@pytest.mark.parametrize(("hot", "warm"), [("5", "10"), ("x", "1"), ("100", "10"), ("nan", "nan"), ("", "")])
def test_thresholds_that_cannot_be_are_refused(shared, hot, warm):
    answer = shared.get("/model/preview", params={"hot": hot, "warm": warm})
    assert answer.status_code == 400
    assert "These are no thresholds" in answer.text


def test_what_monitor_found_is_shown(client, workspace):
    workspace.findings.write_text(
        '{"verdict": "Train again.", "as_of": "2026-01-01T00:00:00Z", "model_version": "1", "why": ["The <b> moved"]}'
    )
    text = client.get("/model").text
    assert "Train again." in text
    assert "The &lt;b&gt; moved" in text


def test_a_preview_names_the_bars_as_they_were_typed(shared):
    told = " ".join(shared.get("/model/preview?hot=90&warm=19.8").text.split())
    assert "19.8 %</td>" in told


def test_a_reason_for_thresholds_that_nobody_can_see_is_none(client, csrf):
    word = csrf(client.get("/model").text)
    answer = client.post("/model/thresholds", data={"hot": "90", "warm": "1", "why": "\u200f", "csrf": word})
    assert (answer.status_code, "New thresholds need a reason" in answer.text) == (400, True)


def test_a_preview_without_a_script_is_a_page_that_leads_back(shared):
    text = shared.get("/model/preview?hot=90&warm=1").text
    assert 'href="/model#thresholds"' in text
    assert "/static/app.css" in text
    assert "<html" not in shared.get("/model/preview?hot=90&warm=1", headers={"hx-request": "true"}).text


def test_a_reason_for_thresholds_that_is_too_long_is_refused(client, csrf):
    told = {"hot": "90", "warm": "1", "why": "x" * 10_000, "csrf": csrf(client.get("/model").text)}
    answer = client.post("/model/thresholds", data=told)
    assert answer.status_code == 400
    assert "This reason is too long" in answer.text


def test_thresholds_that_cannot_be_kept_leave_no_row_in_the_audit(client, store, csrf, monkeypatch):
    def broken(*_, **__):
        raise LeadscoreError("the registry cannot be written")

    word = csrf(client.get("/model").text)
    monkeypatch.setattr(client.app.state.site.registry, "set_thresholds", broken)
    assert (
        client.post("/model/thresholds", data={"hot": "90", "warm": "1", "why": "x", "csrf": word}).status_code == 503
    )
    with store.transaction() as connection:
        assert recent_changes(connection, 9) == []
