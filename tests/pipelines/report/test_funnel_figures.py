"""The figures that everybody can check by head, from files to the report's JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.config import settings_of_folder
from features import sql_known_at
from funnel import open_funnel
from pipelines.output import describe, filled
from pipelines.report.funnel import count

Told = Callable[..., dict[str, Any]]
NOW = pd.Timestamp("2025-12-31")


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Write tables, given as rows without the header, and return the JSON of their funnel; ``read``, how."""
    headers = {
        "leads": ["lead_id", "created_at", "source", "asset"],
        "stages": ["lead_id", "stage", "entered_at"],
        "outcomes": ["lead_id", "closed_at", "won", "amount"],
        "costs": ["source", "month", "spend", "campaign"],
        "asset_stats": ["asset", "month", "views"],
        "events": ["lead_id", "occurred_at", "type", "asset"],
    }

    def run(**tables: Sequence[tuple]) -> dict[str, Any]:
        for name, rows in tables.items():
            columns = headers[name][: len(rows[0])]
            pd.DataFrame(list(rows), columns=columns).to_csv(tmp_path / f"{name}.csv", index=False)
        (tmp_path / "var").mkdir()
        settings = settings_of_folder(tmp_path)
        with open_funnel(settings, workspace=tmp_path / "var", known_at=sql_known_at, now=NOW) as found:
            return count(found, settings).as_json() | {"read": list(describe(found.report))}

    return run


def came(asset: str, source: str, count: int) -> list[tuple]:
    return [(f"{asset}-{number}", "2025-01-10", source, asset) for number in range(count)]


def entered(asset: str, stage: str, day: str, count: int) -> list[tuple]:
    return [(f"{asset}-{number}", stage, day) for number in range(count)]


def closed(asset: str, won: int, of: int, day: str = "2025-03-01", amount: float = 0) -> list[tuple]:
    return [(f"{asset}-{n}", day, int(n < won), amount if n < won else None) for n in range(of)]


def by_name(levels: list[dict]) -> dict[str, dict]:
    return {level["name"]: level for level in levels}


def test_a_hundred_case_studies_are_worth_a_sixth_of_a_hundred_demo_requests(told):
    stages = [*entered("study", "mql", "2025-01-20", 80), *entered("demo", "mql", "2025-01-20", 80)]
    stages += [*entered("study", "sql", "2025-02-01", 8), *entered("demo", "sql", "2025-02-01", 48)]
    leads = [*came("study", "content", 100), *came("demo", "search", 100)]
    costs = [("content", "2025-01", 800), ("search", "2025-01", 4800)]
    found = told(leads=leads, stages=stages, costs=costs)
    study, demo = (by_name(found["cuts"]["asset"])[name] for name in ("study", "demo"))
    assert (study["reached"]["mql"], study["reached"]["sql"], study["steps"][1]["went_on"]["rate"]) == (80, 8, 0.1)
    assert (demo["reached"]["mql"], demo["reached"]["sql"], demo["steps"][1]["went_on"]["rate"]) == (80, 48, 0.6)
    assert (study["break_even"], demo["break_even"]) == (pytest.approx(1 / 6), 1)
    assert {each["name"]: each["cost_per"]["sql"] for each in found["costs"][0]["channels"]} == {
        "content": 100,
        "search": 100,
    }


def test_a_thousand_for_twenty_leads_is_fifty_and_fifty_thousand_for_twenty_customers_is_2500(told):
    leads = [*came("a", "mail", 20), *came("b", "ppc", 1000)]
    found = told(
        leads=leads, outcomes=closed("b", 20, 20), costs=[("mail", "2025-01", 1000), ("ppc", "2025-01", 50_000)]
    )
    channels = by_name(found["costs"][0]["channels"])
    assert channels["mail"]["cpl"] == 50
    assert (channels["ppc"]["to_customer"]["rate"], channels["ppc"]["cac"]) == (0.02, 2500)


def test_leads_worth_forty_that_cost_fifty_are_flagged(told):
    found = told(
        leads=came("a", "ppc", 100), outcomes=closed("a", 2, 100, amount=2000), costs=[("ppc", "2025-01", 5000)]
    )
    (channel,) = found["costs"][0]["channels"]
    assert (channel["value"], channel["cpl"], channel["affordable"]) == (40, 50, False)


def test_twenty_leads_of_4000_views_and_of_100_views(told):
    stats = [("ebook", "2025-01", 4000), ("demo", "2025-01", 100)]
    leads = [*came("ebook", "a", 20), *came("demo", "a", 20), *came("blog", "a", 1)]
    everything = told(leads=leads, asset_stats=stats)
    found = by_name(everything["assets"])
    assert "assets by which leads came, and of which no views are known: 1" in everything["notes"]
    assert (found["ebook"]["leads"]["rate"], found["demo"]["leads"]["rate"]) == (0.005, 0.2)


def test_content_leads_close_a_month_before_leads_of_ads(told):
    leads = [*came("a", "content", 3), *came("b", "ppc", 3)]
    outcomes = [*closed("a", 3, 3, "2025-03-01"), *closed("b", 3, 3, "2025-03-31")]
    levels = by_name(told(leads=leads, outcomes=outcomes)["cuts"]["source"])
    assert levels["ppc"]["days_to_customer"] - levels["content"]["days_to_customer"] == 30


def test_whatever_is_odd_is_told_and_nothing_is_dropped(told):
    stages = [
        ("a-0", "SQL", "2025-01-12"),
        ("a-0", "MQL", "2025-01-14"),
        ("a-1", "MQL", "2025-01-12"),
        ("a-1", "MQL", "2025-01-13"),
        ("a-2", "MQL", "2025-01-12"),
        ("a-2", "SQL", "2025-01-13T01:00:00+02:00"),
        ("a-2", "MQL", "2025-01-14"),
        ("a-3", "Nurturing", "2025-01-12"),
        ("nobody", "MQL", "2025-01-12"),
    ]
    costs = [("radio", "2025-01", "70 EUR"), ("ppc", "2025-01", "$90"), ("ppc", "2025-02", "10 EUR")]
    found = told(leads=came("a", "ppc", 4), stages=stages, costs=costs)
    assert {each["problem"].split(":")[0]: each["leads"] for each in found["oddities"]} == {
        "came to a stage after a later one": 1,
        "entered the same stage again": 1,
        "went back to a stage": 1,
        "entered a stage that nobody has mapped": 1,
    }
    assert "nobody has mapped these stages of the CRM: Nurturing" in found["notes"]
    (by_source,) = found["costs"]
    assert by_source["unmatched"] == {
        "spend_without_leads": {"radio": 70},
        "leads_without_costs": {"ppc": 4},
        "months_without_leads": {},
        "months_without_costs": {},
    }
    assert found["all"]["reached"] == {"lead": 4, "mql": 3, "sql": 2, "customer": 0}
    read = " ".join(found["read"])
    assert "in another currency than EUR" in read
    assert "times without a zone are read as UTC" in read
    assert "no known lead" in read


def test_who_skipped_the_mql_tells_no_time_of_follow_up(told):
    skipped = [(f"a-{number}", "sql", "2025-01-20") for number in range(10)]
    funnel = told(
        leads=came("a", "PPC", 11), stages=[*skipped, ("a-10", "mql", "2025-01-12"), ("a-10", "sql", "2025-01-20")]
    )
    (everyone, *_) = funnel["follow_up"]["MQL in the CRM"]
    assert (everyone["ready"], everyone["within"]["90 seconds"]["count"], everyone["median_hours"]) == (1, 0, 8 * 24)


def test_costs_that_name_nothing_that_leads_are_cut_by_are_said(told):
    funnel = told(leads=came("a", "PPC", 3), costs=[(None, "2025-01", 100)])
    assert any(note.startswith("costs: no row that can be used names a source or campaign") for note in funnel["notes"])


def test_whether_a_period_is_over_is_true_or_false(told):
    funnel = told(leads=came("a", "PPC", 3), stages=[("a-0", "mql", "2025-03-12")])
    assert [type(each["complete"]) for each in funnel["periods"]] == [bool] * 3  # NumPy's would be printed as a text
    assert [each["complete"] for each in funnel["periods"]] == [True, True, False]


def test_a_total_beside_its_campaigns_costs_once(told):
    costs = [("PPC", "2025-01", 1000, None), ("PPC", "2025-01", 600, "brand"), ("PPC", "2025-01", 400, "generic")]
    funnel = told(leads=came("a", "PPC", 20), costs=costs)
    assert funnel["costs"][0]["channels"][0]["cpl"] == 50
    assert any("not counted again (1,000.00 in all): 1" in note for note in funnel["notes"])


def test_months_with_leads_or_costs_alone_are_told_by_channel(told):
    leads = [*came("a", "PPC", 5), ("late", "2025-03-10", "PPC", "a")]
    funnel = told(leads=leads, costs=[("PPC", "2025-01", 50), ("PPC", "2025-02", 30)])
    (by_source,) = funnel["costs"]
    assert by_source["unmatched"]["months_without_leads"] == {"PPC": {"2025-02": 30}}
    assert by_source["unmatched"]["months_without_costs"] == {"PPC": {"2025-03": 1}}
    assert by_source["channels"][0]["cpl"] == 16
    page = filled("funnel.html", funnel=funnel, most=9)
    assert "makes those of the other months dearer: PPC 30.00 (2025-02)." in page
    assert "Leads of months without costs: PPC 1 (2025-03)." in page


def test_leads_of_months_without_views_are_told_and_in_no_rate(told):
    leads = [("a", "2025-01-10", "PPC", "ebook"), ("b", "2025-02-10", "PPC", "ebook")]
    funnel = told(leads=leads, asset_stats=[("ebook", "2025-01", 10)])
    assert (funnel["assets"][0]["leads"]["rate"], funnel["assets"][0]["left_out"]) == (0.1, 1)
    assert "leads of months without views of their asset, which are not in its rate: 1" in funnel["notes"]


def test_content_is_said_to_close_more_only_where_that_is_clear(told):
    events = [(f"a-{number}", "2025-01-11", "download", "clear") for number in range(50)]
    events += [(f"a-{number}", "2025-01-11", "download", "unclear") for number in range(18, 72)]
    funnel = told(leads=came("a", "PPC", 100), outcomes=closed("a", 40, 100), events=events)
    rates = {each["name"]: (each["touched"]["count"], each["others"]["count"]) for each in funnel["touched"]}
    assert rates == {"clear": (40, 0), "unclear": (22, 18)}
    page = filled("funnel.html", funnel=funnel)
    assert page.count("closes more") == 1


def test_a_follow_up_of_seconds_is_told_in_seconds(told):
    stages = [("a-0", "mql", "2025-01-12T10:00:00Z")]
    funnel = told(leads=came("a", "PPC", 1), stages=stages, events=[("a-0", "2025-01-12T10:01:15Z", "call", None)])
    assert '<td class="n">75 s</td>' in filled("funnel.html", funnel=funnel)


def test_the_only_channel_is_not_compared_with_others(told):
    (by_source,) = told(leads=came("a", "PPC", 40), costs=[("PPC", "2025-01", 50)])["costs"]
    assert by_source["channels"][0]["advice"] == "no other channel has enough leads to compare it with"


def test_sections_fold_on_the_pages_and_say_there_what_they_say_in_the_file(told):
    funnel = told(leads=came("a", "PPC <h2>", 40), costs=[("PPC <h2>", "2025-01", 50)])
    written, folding = (filled("funnel.html", funnel=funnel, is_folding=folds) for folds in (False, True))
    titles = re.findall(r"<details [^>]*><summary><h2>(.*?)</h2></summary>", folding)
    assert titles == re.findall(r"<h2>(.*?)</h2>", written)
    assert re.findall(r" open><summary><h2>(.*?)</h2>", folding) == titles[:3]
    assert folding.count("</details>") == len(titles)
    assert re.sub(r"</?(details|summary)[^>]*>|<span id=[^>]*></span>|\s", "", folding) == re.sub(r"\s", "", written)
