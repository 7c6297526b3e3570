"""The tables of the funnel are read with their oddities told: nothing is dropped in silence, nothing later is known."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pandas as pd
import pytest

from data.config import FunnelSettings, Outcome, Settings, StageMapping, settings_of_folder
from features import sql_known_at
from funnel.accounts import without_lead
from funnel.tables import FunnelTables, open_funnel

NOW = pd.Timestamp("2025-06-01")
LEADS = """
lead_id account_id created_at source asset owner company
a A1 2025-01-01 ppc ebook Ann Nordgate
b A1 2025-02-01 PPC _ Bob _
c _ 2025-03-01 mail ebook Ann _
"""
STAGES = """
lead_id stage entered_at
a Lead 2025-01-01
a MQL 2025-01-05T01:00:00+02:00
a Won 2025-03-01
b Nurturing 2025-02-03
"""
EVENTS = """
lead_id account_id occurred_at type asset
a _ 2025-01-02 download ebook
a _ 2025-03-02 download whitepaper
_ A1 2025-05-20 pricing_visit _
b _ 2025-05-21 sales_call _
"""
Open = Callable[..., AbstractContextManager[FunnelTables]]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Open tables that are given as lines of cells parted by blanks; ``_`` is an empty cell."""

    @contextmanager
    def open_them(given: dict[str, object] | None = None, **tables: str) -> Iterator[FunnelTables]:
        for name, text in tables.items():
            rows = [[cell.replace("_", "") if cell == "_" else cell for cell in line.split()] for line in _lines(text)]
            with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
        settings = settings_of_folder(tmp_path).model_copy(update=given or {})
        (tmp_path / "var").mkdir(exist_ok=True)
        with open_funnel(settings, workspace=tmp_path / "var", known_at=sql_known_at, now=NOW) as found:
            yield found

    return open_them


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


def test_leads_are_there_with_their_cuts_and_their_end(opened):
    with opened(leads=LEADS, stages=STAGES) as tables:
        leads = tables.leads()
    assert leads["lead_id"].tolist() == ["a", "b", "c"]
    assert leads["won"].fillna(False).tolist() == [True, False, False]
    assert leads["source"].tolist() == ["ppc", "PPC", "mail"]
    assert (tables.by, tables.missing) == (["source", "asset"], ["campaign", "persona", "industry"])


def test_accounts_without_a_lead_are_known_by_what_they_do(opened):
    visits = [f"_ acme 2025-05-{day} site_visit _" for day in range(10, 16)]
    prices = [f"_ acme 2025-05-{day} pricing_visit _" for day in (16, 17)]
    more = "\n".join([*visits, *prices, "_ other 2025-03-01 site_visit _"])
    with opened(leads=LEADS, stages=STAGES, events=EVENTS + more) as tables:
        (account,) = without_lead(tables.accounts_without_lead(30, 5))
        assert tables.accounts(30, 5)["account_id"].tolist() == ["A1"]
    assert (account.account_id, account.activities, account.leads) == ("acme", 8, 0)
    assert (account.viewed, account.stage) == (("6 × site_visit", "2 × pricing_visit"), "no lead yet")


def test_costs_of_a_year_and_of_a_quarter_are_spread_over_their_months(opened):
    costs = "source month spend\nppc 2025 1200\nppc 2025-Q1 300\nppc 2025-02 50\n"
    with opened(leads=LEADS, stages=STAGES, costs=costs) as tables:
        by_month = tables.costs.rows.groupby("month")["spend"].sum()
        assert by_month.tolist() == [200, 250, 200]  # until March, the end of the data
        assert tables.costs.later == 9
    said = "costs: rows of several months, which are spread evenly over them: 1 of a year, 1 of a quarter"
    assert said in tables.report.notes


def test_nothing_later_than_the_moment_is_told(opened):
    given = {"as_of": pd.Timestamp("2025-02-15").to_pydatetime()}
    with opened(given, leads=LEADS, stages=STAGES, events=EVENTS) as tables:
        assert tables.leads()["lead_id"].tolist() == ["a", "b"]
        assert tables.leads()["won"].isna().all()
        assert tables.stage_names() == {"Lead": 1, "MQL": 1, "Nurturing": 1}
        assert tables.touched()["asset"].tolist() == ["ebook"]
        assert tables.activities(["sales_call"]).empty


def test_times_of_all_zones_are_utc(opened):
    with opened(leads=LEADS, stages=STAGES) as tables:
        entries = tables.entries({"Lead": 0, "MQL": 1, "Won": 2, "Nurturing": -2})
    assert entries["place"].tolist() == [0, 1, 2, -2]
    assert entries["entered_at"].tolist()[1] == pd.Timestamp("2025-01-04T23:00:00")


def test_stages_are_called_as_the_crm_calls_them(opened):
    mapping = StageMapping(mql=["MQL", "Nurturing"])
    with opened({"stages": mapping}, leads=LEADS, stages=STAGES) as tables:
        assert set(tables.stage_names()) == {"Lead", "MQL", "Won", "Nurturing"}


def test_what_a_lead_touched_after_it_closed_closes_nothing(opened):
    with opened(leads=LEADS, stages=STAGES, events=EVENTS) as tables:
        assert tables.touched().to_dict("records") == [{"asset": "ebook", "leads": 1, "won": 1, "pooled": 0}]


def test_content_of_few_leads_stands_together_without_a_name(opened):
    leads = "lead_id account_id created_at\n" + "\n".join(f"l{n} A{n} 2025-01-01" for n in range(200))
    rows = [*(f"l{n} 2025-05-20 download ebook" for n in range(5)), "l7 2025-05-20 download Offer-Ann.pdf"]
    rows += [
        "l7 2025-05-20 download Offer-Lee.pdf",
        "l8 2025-05-20 call-to-Ann _",
        "l9 2025-05-20 download ann@acme.example",
    ]
    with opened(leads=leads, events="\n".join(["lead_id occurred_at type asset", *rows])) as tables:
        touched, accounts = tables.touched(), tables.accounts(days=30, count=9)
    named, others = touched[["asset", "leads", "pooled"]].to_dict("records")
    assert named == {"asset": "ebook", "leads": 5, "pooled": 0}
    assert others == {"asset": "other (3 values)", "leads": 2, "pooled": 3}
    viewed = dict(zip(accounts["account_id"], accounts["viewed"].map(list), strict=True))
    assert (viewed["A0"], viewed["A7"], viewed["A8"]) == (["download: ebook"], ["download"], [])


def test_activities_of_an_account_count_once_for_all_its_leads(opened):
    with opened(leads=LEADS, stages=STAGES, events=EVENTS) as tables:
        (account,) = tables.accounts(days=30, count=5).to_dict("records")
    assert (account["account_id"], account["company"], len(account["positions"])) == ("A1", "Nordgate", 2)
    assert account["activities"] == 2
    assert list(account["viewed"]) == ["pricing_visit", "sales_call"]


def test_the_title_stands_in_where_a_persona_is_wanted(opened):
    text = "lead_id job_title\na CTO\nb _\n"
    with opened(leads=text) as tables:
        assert tables.leads()["job_title"].tolist()[0] == "CTO"
        assert "persona" in tables.missing
    with opened({"funnel": FunnelSettings(by=["job_title"])}, leads=text) as tables:
        assert tables.by == ["job_title"]


def test_segments_are_cuts_too_by_the_names_of_the_file(opened):
    with opened({"segments": ["company"]}, leads=LEADS) as tables:
        assert tables.leads()["company"].astype("str").tolist()[0] == "Nordgate"


COSTS = """
source campaign month spend currency
ppc brand 2025-01 1000 EUR
ppc brand 2025-02 500 _
radio _ 03/2025 70 EUR
ppc brand 2025-03 90 USD
ppc brand soon 80 EUR
ppc brand 2025-04 lots EUR
"""


def test_costs_that_cannot_be_used_are_set_aside_with_the_reason(opened):
    with opened(leads=LEADS, costs=COSTS) as tables:
        assert tables.costs.rows["spend"].tolist() == [1000, 500, 70]
        assert tables.costs.currency == "EUR"
        counts = tables.report.tables["costs"]
    assert counts.reasons == {
        "in another currency than EUR": 1,
        "no readable month": 1,
        "no readable spend": 1,
    }
    assert counts.read == counts.used + counts.quarantined == 6


def test_the_currency_of_the_settings_decides(opened):
    with opened({"funnel": FunnelSettings(currency="USD")}, leads=LEADS, costs=COSTS) as tables:
        assert tables.costs.rows["spend"].tolist() == [500, 90]
        assert tables.report.tables["costs"].reasons["in another currency than USD"] == 2


def test_the_sign_of_an_amount_tells_its_currency(opened):
    costs = "source month spend\nppc 2025-01 $1,000\nppc 2025-02 $500\nppc 2025-03 €70\n"
    with opened(leads=LEADS, costs=costs) as tables:
        assert (tables.costs.currency, tables.costs.rows["spend"].sum()) == ("USD", 1500)


def test_views_need_an_asset_a_month_and_a_number(opened):
    stats = "asset month views\nebook 2025-01 4,000\n_ 2025-01 5\nebook _ 5\nebook 2025-02 many\n"
    with opened(leads=LEADS, asset_stats=stats) as tables:
        assert tables.asset_stats.rows["views"].tolist() == [4000]
        assert sum(tables.report.tables["asset_stats"].reasons.values()) == 3


def test_costs_and_views_need_not_be_there(opened):
    with opened(leads=LEADS) as tables:
        assert (tables.costs, tables.asset_stats, tables.tables) == (None, None, ["leads"])


def test_tables_of_costs_are_found_in_a_folder(tmp_path):
    for name in ("leads.csv", "costs.csv", "asset_stats.csv"):
        (tmp_path / name).touch()
    assert set(settings_of_folder(tmp_path).tables) == {"leads", "costs", "asset_stats"}


def test_nothing_is_left_in_the_workspace(opened, tmp_path):
    with opened(leads=LEADS, stages=STAGES):
        pass
    assert list((tmp_path / "var").iterdir()) == []


def test_an_outcome_column_alone_tells_who_was_won(opened):
    settings = Settings(tables={"leads": Path("x")}, outcome={"column": "y"})
    with opened({"outcome": settings.outcome}, leads="lead_id y\na 1\nb 0\n") as tables:
        assert tables.leads()["won"].tolist() == [True, False]


def test_the_owner_may_be_a_cut(opened):
    with opened({"funnel": FunnelSettings(by=["owner"])}, leads=LEADS) as tables:
        assert tables.leads()["owner"].tolist() == ["Ann", "Bob", "Ann"]


def test_what_all_leads_have_may_be_a_cut_too(opened):
    leads = "lead_id created_at amount\na 2025-01-01 5\nb 2025-01-02 _\n"
    with opened({"funnel": FunnelSettings(by=["created_at", "amount", "source"])}, leads=leads) as tables:
        assert tables.leads()["created_at"].dt.day.tolist() == [1, 2]
        assert (tables.by, tables.missing) == (["created_at", "amount"], ["source"])


def test_deals_in_another_currency_are_not_added_and_told(opened):
    outcomes = "lead_id closed_at won amount\na 2025-03-01 1 €1,000\nb 2025-03-01 1 $500\nc 2025-03-01 1 700\n"
    with opened({"funnel": FunnelSettings(currency="EUR")}, leads=LEADS, outcomes=outcomes) as tables:
        assert tables.leads()["amount"].fillna(0).tolist() == [1000, 0, 700]
        (flag,) = tables.report.flags
    assert (flag.problem, flag.count, flag.rows) == ("in another currency than EUR: read as missing", 1, ("b",))


def test_times_without_a_zone_are_told(opened):
    with opened(leads=LEADS, stages=STAGES) as tables:
        assert "times without a zone are read as UTC: stages.entered_at, leads.created_at" in tables.report.notes


def test_costs_of_months_after_the_moment_are_not_known(opened):
    with opened({"as_of": pd.Timestamp("2025-02-10")}, leads=LEADS, costs=COSTS) as tables:
        assert tables.costs.rows["spend"].tolist() == [1000, 500]
        assert tables.costs.later == 1


def test_months_are_read_as_the_formats_say(opened):
    costs = "source month spend\nppc 03/01/2026 5\nppc 04/02/2026 7\n"
    given = {"formats": {"costs": {"month": "month first"}}, "as_of": pd.Timestamp("2026-12-01")}
    with opened(given, leads=LEADS, costs=costs) as tables:
        assert tables.costs.rows["month"].dt.month.tolist() == [3, 4]
        assert not any("costs.month" in note for note in tables.report.notes)
    given["formats"] = {"costs": {"month": "day first"}}
    with opened(given, leads=LEADS, costs=costs) as tables:
        assert tables.costs.rows["month"].dt.month.tolist() == [1, 2]


def test_how_months_are_read_that_could_be_others_is_told(opened):
    costs = "source date spend\nppc 02/01/2025 5\nppc 03/01/2025 7\n"
    stats = "asset month views\nebook 02/03/2025 9\n"
    given = {"columns": {"costs": {"month": "date"}}}
    with opened(given, leads=LEADS, costs=costs, asset_stats=stats) as tables:
        assert tables.costs.rows["month"].dt.month.tolist() == [2, 3]
        assert tables.asset_stats.rows["month"].tolist() == [pd.Timestamp("2025-03-01")]
        told = [note.split(":")[0] for note in tables.report.notes if "values like 01-02-2018" in note]
        assert told == ["costs.date", "asset_stats.month"]
        assert any("month first; if that is wrong, say so under formats.costs.month" in n for n in tables.report.notes)


def test_spend_and_views_below_zero_are_set_aside_and_nothing_spent_is_a_cost(opened):
    costs = "source month spend\nppc 2025-01 -50\nppc 2025-02 (50)\nmail 2025-01 0\n"
    stats = "asset month views\nebook 2025-01 -4\nebook 2025-02 0\n"
    with opened(leads=LEADS, costs=costs, asset_stats=stats) as tables:
        assert tables.costs.rows["spend"].tolist() == [0]
        assert tables.asset_stats.rows["views"].tolist() == [0]
        of_costs, of_views = (tables.report.tables[name] for name in ("costs", "asset_stats"))
    assert of_costs.reasons == {"a spend below zero: take a refund off the spend of its month": 2}
    assert list(of_costs.rows.values()) == [("line 2", "line 3")]
    assert of_views.reasons == {"views below zero": 1}


def test_costs_in_another_dollar_are_set_aside_by_their_sign(opened):
    costs = "source month spend\nppc 2025-01 $1\nppc 2025-02 R$2\nppc 2025-03 A$3\nppc 2025-04 4kr\nppc 2025-05 5zł\n"
    with opened({"funnel": FunnelSettings(currency="USD")}, leads=LEADS, costs=costs) as tables:
        assert tables.costs.rows["spend"].tolist() == [1]
        assert tables.report.tables["costs"].reasons == {"in another currency than USD": 4}
    with opened({"funnel": FunnelSettings(currency="BRL")}, leads=LEADS, costs=costs) as tables:
        assert tables.costs.rows["spend"].tolist() == [2]


def test_what_is_no_amount_says_nothing_of_the_currency(opened):
    costs = "source month spend\nppc 2025-01 TBD\nppc 2025-02 TBD\nppc 2025-03 €70\n"
    with opened(leads=LEADS, costs=costs) as tables:
        assert (tables.costs.currency, tables.costs.rows["spend"].tolist()) == ("EUR", [70])


def test_the_currency_beside_a_deal_says_whether_it_is_added(opened):
    outcomes = """
lead_id closed_at won amount currency
a 2025-03-01 1 1000 EUR
b 2025-03-01 1 500 usd
c 2025-03-01 1 700 _
"""
    with opened({"funnel": FunnelSettings(currency="EUR")}, leads=LEADS, outcomes=outcomes) as tables:
        assert tables.leads()["amount"].fillna(0).tolist() == [1000, 0, 700]
        (flag,) = tables.report.flags
    assert (flag.problem, flag.count, flag.rows) == ("in another currency than EUR: read as missing", 1, ("b",))


def test_deals_that_are_numbers_have_the_currency_of_most_of_them(opened, tmp_path):
    deals = {"lead_id": ["a", "b", "c"], "closed_at": "2025-03-01", "won": True, "amount": [1.0, 2.0, 3.0]}
    pd.DataFrame(deals | {"currency": ["EUR", "USD", "USD"]}).to_parquet(tmp_path / "outcomes.parquet")
    with opened(leads=LEADS) as tables:
        assert tables.leads()["amount"].fillna(0).tolist() == [0, 2, 3]
        assert [flag.example for flag in tables.report.flags] == ["'1.0 EUR' in row 1"]


def test_deals_in_another_dollar_are_not_added(opened):
    outcomes = "lead_id closed_at won amount\na 2025-03-01 1 $1\nb 2025-03-01 1 R$2\nc 2025-03-01 1 R$2\n"
    with opened({"funnel": FunnelSettings(currency="USD")}, leads=LEADS, outcomes=outcomes) as tables:
        assert tables.leads()["amount"].fillna(0).tolist() == [1, 0, 0]
        assert [(flag.count, flag.example) for flag in tables.report.flags] == [(2, "'R$2' in line 3")]


def test_costs_and_deals_are_converted_by_the_rates(opened):
    costs = "source month spend currency\nppc 2025-01 100 USD\nppc 2025-02 10 EUR\nppc 2025-03 5 GBP\n"
    outcomes = "lead_id closed_at won amount\na 2025-03-01 1 $1,000\nb 2025-03-01 1 €500\nc 2025-03-01 1 700\n"
    with opened({"currency": "EUR", "rates": {"USD": 0.9}}, leads=LEADS, costs=costs, outcomes=outcomes) as tables:
        assert tables.costs.rows["spend"].tolist() == [90, 10]
        assert tables.leads()["amount"].tolist() == [900, 500, 700]


def test_who_was_won_nobody_knows_when_was_won_by_what_it_touched(opened):
    leads = "lead_id created_at status\na 2025-01-01 won\nb 2025-01-01 lost\nc 2025-01-01 won"
    events = "lead_id occurred_at type asset\na 2025-01-02 download ebook\nb 2025-01-02 download ebook"
    with opened({"outcome": Outcome(column="status")}, leads=leads, events=events) as tables:
        assert tables.touched().to_dict("records") == [{"asset": "ebook", "leads": 2, "won": 1, "pooled": 0}]


def test_who_was_lost_at_a_stated_moment_is_lost_however_it_went_on(opened):
    stages = "lead_id stage entered_at\na Lost 2025-02-10\na MQL 2025-04-01\nb Lost 2025-02-11\nb Won 2025-04-01"
    with opened({"as_of": pd.Timestamp("2025-03-05").to_pydatetime()}, leads=LEADS, stages=stages) as tables:
        assert tables.leads()["won"].eq(False).fillna(False).tolist() == [True, True, False]
    with opened(leads=LEADS, stages=stages) as tables:
        assert tables.leads()["won"].eq(False).fillna(False).tolist() == [False, False, False]


def test_an_outcome_of_later_does_not_undo_the_one_that_held_at_a_stated_moment(opened):
    outcomes = "lead_id closed_at won amount\na 2025-02-10 0 _\na 2025-05-01 1 90\nb 2025-05-02 1 80"
    given = {"as_of": pd.Timestamp("2025-03-05").to_pydatetime()}
    with opened(given, leads=LEADS, outcomes=outcomes) as tables:
        (lost,) = tables.leads().dropna(subset="won")[["lead_id", "won", "closed_at"]].to_dict("records")
    assert lost == {"lead_id": "a", "won": False, "closed_at": pd.Timestamp("2025-02-10 23:59:59")}
