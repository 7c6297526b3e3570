"""The simulated funnel: its truth is true, its facts are those of a B2B funnel, and its dirt is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from data.config import FileTable, load_settings
from data.errors import InputError
from data.simulator.chain import TRUTH_AGES, Drift
from data.simulator.history import ASSETS_BY_INTENT, EVENT_RATES, TASTES
from data.simulator.simulate import SimulatedFunnel, simulate
from data.simulator.spend import COST_PER_LEAD, VIEWS_PER_LEAD
from data.simulator.tables import CUSTOM, SIMULATED
from data.simulator.world import ASSETS, PERSONAS, SOURCES, TURNING_SOURCE
from data.vocabulary import EVENT_TYPES, HORIZON, LOST_STAGES, REPORT_TABLES, WON_STAGES

DAY = pd.Timedelta(days=1)
DRIFT_START, DATA_END = pd.Timestamp("2025-07-01", tz="UTC"), pd.Timestamp("2026-01-01", tz="UTC")


@dataclass(frozen=True)
class Tables:
    """The tables of a simulated funnel as frames, and what the facts below are counted from."""

    funnel: SimulatedFunnel

    @cached_property
    def leads(self) -> pd.DataFrame:
        """One row per lead, by its id."""
        rows = pd.read_parquet(self.funnel.tables["leads"]).drop_duplicates("lead_id").set_index("lead_id")
        return rows.assign(
            **{stage: rows.index.isin(self.entered(stage)) for stage in ("mql", "sql", "qso", "customer")}
        )

    @cached_property
    def events(self) -> pd.DataFrame:
        return pd.read_parquet(self.funnel.tables["events"])

    @cached_property
    def stages(self) -> pd.DataFrame:
        return pd.read_parquet(self.funnel.tables["stages"])

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        return pd.read_parquet(self.funnel.tables["outcomes"]).set_index("lead_id")

    @cached_property
    def truth(self) -> pd.DataFrame:
        """The truth with the lead, its outcome, and the days from creation."""
        rows = pd.read_parquet(self.funnel.truth).join(self.leads, on="lead_id").join(self.outcomes, on="lead_id")
        return rows.assign(day=(rows["as_of"] - rows["created_at"]) / DAY)

    @cached_property
    def matured(self) -> pd.DataFrame:
        """The truth where the horizon is over, and whether it came so."""
        rows = self.truth[self.truth["as_of"] <= DATA_END - HORIZON * DAY]
        soon = rows["closed_at"] <= rows["as_of"] + HORIZON * DAY
        return rows.assign(label=soon & rows["won"].eq(True))

    def entered(self, stage: str) -> pd.Series:
        return self.stages.loc[self.stages["stage"] == stage, "lead_id"]

    def win_rate(self, column: str, value: str) -> float:
        """The share of customers among the leads with such an event."""
        ids = self.events.loc[self.events[column] == value, "lead_id"]
        return float(self.leads.loc[self.leads.index.isin(ids), "customer"].mean())


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return Tables(simulate(20_000, tmp_path_factory.mktemp("funnel")))


@pytest.fixture(scope="module")
def drifted(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return Tables(simulate(20_000, tmp_path_factory.mktemp("drifted"), drift=Drift()))


# What is written


def test_the_settings_load_and_name_every_table(tables: Tables) -> None:
    loaded = load_settings(tables.funnel.config)
    assert loaded.tables == {name: FileTable(path) for name, path in tables.funnel.tables.items()}
    assert (loaded.truth, loaded.horizon, loaded.seed) == (tables.funnel.truth, 90, 0)
    assert set(loaded.stages.won) <= set(WON_STAGES) and set(loaded.stages.lost) <= set(LOST_STAGES)
    assert not loaded.outcome_is_final


@pytest.mark.parametrize("name", SIMULATED)
def test_a_table_has_the_columns_of_the_vocabulary(tables: Tables, name: str) -> None:
    written = pq.read_schema(tables.funnel.tables[name]).names
    assert written == [*SIMULATED[name], *(CUSTOM if name == "leads" else ())]


@pytest.mark.parametrize("name", REPORT_TABLES)
def test_tables_of_the_report_have_columns_of_the_vocabulary(tables: Tables, name: str) -> None:
    written = pq.read_schema(tables.funnel.tables[name]).names
    needed = [column for column, kind in REPORT_TABLES[name].items() if kind.required]
    assert set(needed) <= set(written) <= set(REPORT_TABLES[name])


def test_channels_cost_what_their_leads_cost(tables: Tables) -> None:
    """Give or take the months: a paid click costs many times what a search does."""
    spend = pd.read_parquet(tables.funnel.tables["costs"]).groupby("source")["spend"].sum()
    leads = tables.leads.dropna(subset="campaign").groupby("source").size()
    assert (spend / leads).to_dict() == pytest.approx(COST_PER_LEAD, rel=0.1)


def test_views_are_many_more_than_the_leads_that_came_of_them(tables: Tables) -> None:
    views = pd.read_parquet(tables.funnel.tables["asset_stats"]).groupby("asset")["views"].sum()
    assert (views / tables.leads.groupby("asset").size()).to_dict() == pytest.approx(VIEWS_PER_LEAD, rel=0.1)


def test_times_are_in_utc_to_the_microsecond(tables: Tables) -> None:
    schema = pq.read_schema(tables.funnel.truth)
    assert schema.field("as_of").type == pa.timestamp("us", tz="UTC")


def test_the_counts_are_those_of_the_tables(tables: Tables) -> None:
    funnel = tables.funnel
    assert (funnel.leads, funnel.events) == (len(tables.leads), len(tables.events))
    assert (funnel.won, funnel.lost) == (tables.outcomes["won"].sum(), (~tables.outcomes["won"]).sum())
    assert funnel.open == len(tables.leads) - len(tables.outcomes)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("once", "again"):
        simulate(300, tmp_path / folder, seed=7)
    for file in (tmp_path / "once").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_another_seed_writes_other_leads(tmp_path: Path) -> None:
    one, other = simulate(300, tmp_path / "one", seed=1), simulate(300, tmp_path / "other", seed=2)
    assert one.tables["leads"].read_bytes() != other.tables["leads"].read_bytes()


def test_cohorts_have_leads_accounts_and_events_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The room hands out a function of the name of this module.
    monkeypatch.setattr(import_module("data.simulator.simulate"), "COHORT", 40)
    tables = Tables(simulate(100, tmp_path))
    assert sorted(tables.leads.index) == [f"L{number:07d}" for number in range(1, 101)]
    assert len(tables.events.drop_duplicates()) == tables.events["event_id"].nunique()


@settings(max_examples=15, deadline=None)
@given(leads=st.integers(1, 60), seed=st.integers(0, 2**32), drift=st.booleans())
def test_a_funnel_of_any_size_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, leads: int, seed: int, drift: bool
) -> None:
    funnel = simulate(leads, tmp_path_factory.mktemp("any"), seed=seed, drift=Drift() if drift else None)
    tables = Tables(funnel)
    assert len(tables.leads) == leads == funnel.won + funnel.lost + funnel.open
    assert tables.truth["probability"].between(0, 1).all()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match="nothing can be written here"):
        simulate(10, tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="nothing can be written here"):
        simulate(10, tmp_path / "file" / "out")


@pytest.mark.parametrize(("leads", "seed"), [(0, 0), (-5, 0), (10, -1)])
def test_nothing_is_written_for_a_senseless_request(tmp_path: Path, leads: int, seed: int) -> None:
    with pytest.raises(InputError):
        simulate(leads, tmp_path / "out", seed=seed)
    assert not (tmp_path / "out").exists()


# The truth


@pytest.mark.parametrize("day", TRUTH_AGES)
@pytest.mark.parametrize("market", ["tables", "drifted"])
def test_the_truth_comes_true(request: pytest.FixtureRequest, market: str, day: int) -> None:
    matured = request.getfixturevalue(market).matured
    rows = matured[matured["day"] == day]
    tenths = rows.groupby(pd.qcut(rows["probability"], 10, labels=False, duplicates="drop"))
    surprise = tenths["label"].sum() - tenths["probability"].sum()
    allowed = tenths["probability"].agg(lambda p: 4 * np.sqrt((p * (1 - p)).sum()) + 2)
    assert (surprise.abs() < allowed).all()


def test_the_truth_comes_true_after_the_market_has_changed(drifted: Tables) -> None:
    late = drifted.matured[drifted.matured["as_of"] >= DRIFT_START].drop_duplicates("lead_id")
    spread = np.sqrt((late["probability"] * (1 - late["probability"])).sum())
    assert abs(late["label"].sum() - late["probability"].sum()) < 4 * spread


def test_the_truth_tells_winners_from_others_but_not_perfectly(tables: Tables) -> None:
    assert 0.82 < roc_auc_score(tables.matured["label"], tables.matured["probability"]) < 0.87
    by_day = tables.matured.groupby("day")[["label", "probability"]]
    assert by_day.apply(lambda rows: roc_auc_score(rows["label"], rows["probability"])).between(0.76, 0.90).all()


def test_the_truth_is_given_only_while_a_lead_is_open(tables: Tables) -> None:
    assert (tables.truth["as_of"] <= DATA_END).all()
    assert not (tables.truth["closed_at"] <= tables.truth["as_of"]).any()
    assert not tables.truth.duplicated(["lead_id", "as_of"]).any()


def test_every_open_lead_has_a_truth_at_the_end(tables: Tables) -> None:
    at_end = tables.truth.loc[tables.truth["as_of"] == DATA_END, "lead_id"]
    assert set(at_end) == set(tables.leads.index) - set(tables.outcomes.index)


def test_every_lead_has_a_truth_at_its_creation(tables: Tables) -> None:
    assert set(tables.truth.loc[tables.truth["day"] == 0, "lead_id"]) == set(tables.leads.index)


# Time


def test_nothing_is_later_than_the_end_of_the_data(tables: Tables) -> None:
    ends = (tables.events["occurred_at"], tables.stages["entered_at"], tables.outcomes["closed_at"])
    assert all(times.max() <= DATA_END for times in ends)


def test_no_event_of_a_lead_is_before_its_creation_or_after_its_closing(tables: Tables) -> None:
    events = tables.events.join(tables.leads["created_at"], on="lead_id").join(tables.outcomes, on="lead_id")
    assert not (events["occurred_at"] < events["created_at"]).any()
    assert not (events["occurred_at"] > events["closed_at"]).any()


def test_stages_follow_each_other_in_order_of_time_but_for_leads_that_are_opened_again(tables: Tables) -> None:
    order = tables.stages["stage"].map({"lead": 0, "mql": 1, "sql": 2, "qso": 3, "customer": 4, "lost": 5})
    same = tables.stages["lead_id"].eq(tables.stages["lead_id"].shift())
    reopened = tables.stages["stage"].eq("mql") & tables.stages["stage"].shift().eq("lost")
    assert (order.diff()[same & ~reopened] > 0).all() and (tables.stages["entered_at"].diff()[same] > 0 * DAY).all()
    assert 0.01 < (same & reopened).sum() / tables.funnel.lost < 0.04


def test_some_stages_were_all_entered_with_the_last(tables: Tables) -> None:
    entered = tables.stages[tables.stages["stage"].isin(["mql", "sql", "qso"])].groupby("lead_id")["entered_at"]
    apart = entered.agg(lambda times: times.diff().max())
    assert 0.003 < (apart <= pd.Timedelta(minutes=1)).sum() / (entered.size() > 1).sum() < 0.02


def test_some_events_come_later_than_those_that_followed_them(tables: Tables) -> None:
    occurred = tables.events["occurred_at"]
    before = occurred.cummax() - occurred
    assert 0.01 < (before > 5 * DAY).mean() < 0.03
    assert before.max() < 31 * DAY


def test_some_accounts_were_merged_and_their_events_name_one_that_has_no_leads(tables: Tables) -> None:
    named = tables.events.loc[tables.events["lead_id"].isna(), "account_id"]
    gone = ~named.isin(tables.leads["account_id"])
    assert 0 < gone.mean() < 0.03


def test_a_lead_starts_as_a_lead_when_it_is_created(tables: Tables) -> None:
    first = tables.stages.drop_duplicates("lead_id").set_index("lead_id")
    assert (first["stage"] == "lead").all()
    assert (first["entered_at"] == tables.leads["created_at"]).all()


@pytest.mark.parametrize(("stage", "won"), [("customer", True), ("lost", False)])
def test_a_closing_stage_is_entered_when_the_outcome_falls(tables: Tables, stage: str, won: bool) -> None:
    last = tables.stages.drop_duplicates("lead_id", keep="last")
    entered = last[last["stage"] == stage].set_index("lead_id")["entered_at"]
    closed = tables.outcomes.loc[tables.outcomes["won"] == won, "closed_at"]
    assert entered.sort_index().equals(closed.sort_index().rename("entered_at"))


def test_the_stage_of_a_lead_is_the_last_of_its_history(tables: Tables) -> None:
    last = tables.stages.drop_duplicates("lead_id", keep="last").set_index("lead_id")["stage"]
    assert (tables.leads["stage"] == last).all()


# The facts of the funnel


def test_how_leads_end(tables: Tables) -> None:
    won, lost = tables.funnel.won / 20_000, tables.funnel.lost / 20_000
    assert 0.12 < won < 0.18
    assert 0.55 < lost < 0.66


def test_one_lead_in_fifteen_is_won_within_the_horizon(tables: Tables) -> None:
    assert 0.04 < tables.matured["label"].mean() < 0.08


def test_four_in_five_reach_mql_by_case_study_and_by_demo_request(tables: Tables) -> None:
    rate = tables.leads.groupby("asset")["mql"].mean()
    assert 0.75 < rate["case_study"] < 0.88
    assert 0.75 < rate["demo_request"] < 0.88


def test_a_tenth_reach_sql_after_a_case_study_and_most_after_a_demo_request(tables: Tables) -> None:
    rate = tables.leads[tables.leads["mql"]].groupby("asset")["sql"].mean()
    assert 0.07 < rate["case_study"] < 0.15
    assert 0.55 < rate["demo_request"] < 0.65


def test_price_list_downloaders_close_more_than_others(tables: Tables) -> None:
    price_list = tables.win_rate("asset", "price_list")
    assert price_list > 1.5 * max(tables.win_rate("asset", asset) for asset in ("case_study", "ebook"))
    assert price_list > 1.7 * tables.leads["customer"].mean()


def test_intent_events_precede_wins_more_than_research_events(tables: Tables) -> None:
    research = max(tables.win_rate("type", kind) for kind in ("webinar", "blog_visit"))
    assert tables.win_rate("type", "quote_request") > 1.7 * research
    assert tables.win_rate("asset", "price_list") > 1.3 * research


def test_who_visits_the_careers_page_practically_never_buys(tables: Tables) -> None:
    assert tables.win_rate("type", "careers_visit") < 0.03


def test_a_lead_that_went_quiet_has_cooled(tables: Tables) -> None:
    asked = tables.truth[(tables.truth["asset"] == "demo_request") & (tables.truth["day"] == 60)]
    events = tables.events.merge(asked[["lead_id", "as_of"]], on="lead_id")
    lately = events[(events["occurred_at"] <= events["as_of"]) & (events["occurred_at"] > events["as_of"] - 30 * DAY)]
    active = asked["lead_id"].isin(lately["lead_id"])
    assert asked.loc[~active, "probability"].mean() < 0.6 * asked.loc[active, "probability"].mean()


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("industry", "Software", "Education"),
        ("source", "partner", "social"),
        ("crm_edition", "enterprise", "none"),
        ("authority", "decides", "none"),
        ("need", "urgent", "none"),
        ("timeline_days", 30, 365),
    ],
)
def test_attributes_tell_good_leads_from_bad(tables: Tables, column: str, good: object, bad: object) -> None:
    rate = tables.leads.groupby(column)["customer"].mean()
    assert rate[good] > 1.25 * rate[bad]


def test_the_variant_of_the_form_is_noise(tables: Tables) -> None:
    rate = tables.leads.groupby("form_variant")["customer"].mean()
    assert rate.max() - rate.min() < 0.025


def test_content_leads_close_about_a_month_before_those_of_ads(tables: Tables) -> None:
    won = tables.leads.join(tables.outcomes[tables.outcomes["won"]], how="inner")
    days = ((won["closed_at"] - won["created_at"]) / DAY).groupby(won["source"]).median()
    assert 20 < days["ppc"] - days["content"] < 45


def test_large_companies_take_longer(tables: Tables) -> None:
    won = tables.leads.join(tables.outcomes[tables.outcomes["won"]], how="inner")
    days = ((won["closed_at"] - won["created_at"]) / DAY).groupby(won["employees"] > 1000).median()
    assert days[True] > days[False] + 14


def test_more_is_won_before_the_end_of_a_quarter_than_in_its_first_month(tables: Tables) -> None:
    won = tables.outcomes.loc[tables.outcomes["won"], "closed_at"]
    wins = won[won >= "2025"].dt.month.value_counts()
    assert wins[[3, 6, 9, 12]].sum() > 1.2 * wins[[1, 4, 7, 10]].sum()


def test_larger_companies_pay_more(tables: Tables) -> None:
    won = tables.leads.join(tables.outcomes[tables.outcomes["won"]], how="inner")
    size = pd.cut(won["employees"], [0, 50, 1000, 100_000])
    assert won.groupby(size, observed=True)["amount"].median().is_monotonic_increasing
    assert tables.outcomes.loc[~tables.outcomes["won"], "amount"].isna().all()


def test_several_leads_share_an_account(tables: Tables) -> None:
    assert 1.8 < tables.leads["account_id"].value_counts().mean() < 2.6


def test_downloads_and_webinars_name_their_asset_and_other_events_none(tables: Tables) -> None:
    named = tables.events["asset"].notna()
    assert (named == tables.events["type"].isin(ASSETS_BY_INTENT)).all()


def test_some_visits_name_only_the_account(tables: Tables) -> None:
    unknown = tables.events[tables.events["lead_id"].isna()]
    assert 0.03 < len(unknown) / len(tables.events) < 0.06
    assert unknown["account_id"].notna().all()


# The drift, and the fast way


def test_a_drift_has_a_day_and_a_size(tmp_path: Path) -> None:
    mild = Tables(simulate(3000, tmp_path / "mild", drift=Drift.of(datetime(2025, 3, 1), 0.5))).truth
    none = Tables(simulate(3000, tmp_path / "none", drift=Drift.of(datetime(2025, 3, 1), 0.0))).truth
    plain = Tables(simulate(3000, tmp_path / "plain")).truth
    assert none["probability"].equals(plain["probability"])
    start = [rows[(rows["day"] == 0) & (rows["created_at"] >= "2025-03-01")] for rows in (mild, plain)]
    usual = [rows.loc[rows["source"] == "organic", "probability"].mean() for rows in start]
    assert 1.2 < usual[0] / usual[1] < 1.45  # wins are likelier by the square root of two


def test_a_drift_outside_of_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot change on that day") as error:
        simulate(10, tmp_path / "out", drift=Drift.of(datetime(2026, 1, 1)))
    assert "2024-01-01" in str(error.value) and not (tmp_path / "out").exists()


def test_the_drift_raises_the_base_rate(tables: Tables, drifted: Tables) -> None:
    late = [t.matured.loc[t.matured["as_of"] >= DRIFT_START, "label"].mean() for t in (tables, drifted)]
    assert late[1] > 1.25 * late[0]


def test_the_drift_turns_the_best_source_into_one_below_the_average(drifted: Tables) -> None:
    start = drifted.truth[drifted.truth["day"] == 0]
    drift = start["created_at"] >= DRIFT_START
    before, after = (start[rows].groupby("source")["probability"].mean() for rows in (~drift, drift))
    assert before.idxmax() == TURNING_SOURCE
    assert after[TURNING_SOURCE] < after.drop(TURNING_SOURCE).mean()


def test_the_drift_changes_nothing_long_before_it(tables: Tables, drifted: Tables) -> None:
    early = [
        t.truth.loc[t.truth["as_of"] < DRIFT_START - HORIZON * DAY, "probability"].mean() for t in (tables, drifted)
    ]
    assert early[1] == pytest.approx(early[0], rel=0.05)


def test_a_fast_funnel_has_a_third_of_the_visits_and_the_same_truth(tmp_path: Path) -> None:
    slow, fast = simulate(2000, tmp_path / "slow"), simulate(2000, tmp_path / "fast", fast=True)
    assert slow.truth.read_bytes() == fast.truth.read_bytes()
    visits = [(Tables(funnel).events["type"] == "site_visit").sum() for funnel in (slow, fast)]
    assert visits[1] / visits[0] == pytest.approx(1 / 3, abs=0.03)


# The dirt


def test_cells_are_missing_in_every_attribute_but_the_origin(tables: Tables) -> None:
    dirty = ["email", "job_title", "industry", "employees", "annual_revenue", "country", "city", "technologies"]
    assert tables.leads[dirty].isna().mean().between(0.04, 0.27).all()
    assert tables.leads[["created_at", "source", "asset"]].notna().all(axis=None)


def test_a_third_of_the_leads_declare_each_field(tables: Tables) -> None:
    declared = tables.leads[["budget", "authority", "need", "timeline_days"]]
    assert declared.notna().mean().between(0.30, 0.40).all()


@pytest.mark.parametrize(
    ("column", "junk"),
    [("email", "test@test.com"), ("company", "asdf"), ("employees", 9_999_999), ("annual_revenue", -5)],
)
def test_some_cells_are_junk(tables: Tables, column: str, junk: object) -> None:
    assert 0 < (tables.leads[column] == junk).mean() < 0.01


def test_addresses_are_of_nobody(tables: Tables) -> None:
    email = tables.leads["email"].dropna()
    assert (email.str.endswith(".example")).mean() > 0.75
    private = email[email.str.endswith(("gmail.com", "gmx.net", "outlook.com", "yahoo.com"))]
    assert private.str.contains(r"\.l\d{7}@").all() and len(private) > 1000


def test_countries_and_industries_are_spelt_in_several_ways(tables: Tables) -> None:
    assert {"Germany", "GERMANY", "germany"} <= set(tables.leads["country"].dropna())
    assert {"Retail", "RETAIL", "retail"} <= set(tables.leads["industry"].dropna())


def test_a_few_leads_and_events_come_twice(tables: Tables) -> None:
    lead_ids = pd.read_parquet(tables.funnel.tables["leads"], columns=["lead_id"])["lead_id"]
    assert 0.0003 < lead_ids.duplicated().mean() < 0.002
    assert tables.events["event_id"].duplicated().mean() == pytest.approx(0.003, abs=0.0005)


def test_a_few_events_are_of_strangers(tables: Tables) -> None:
    named = tables.events["lead_id"].dropna()
    assert (~named.isin(tables.leads.index)).mean() == pytest.approx(0.002, abs=0.0005)


def test_every_type_of_event_has_a_rate_and_every_asset_a_type() -> None:
    assert set(EVENT_RATES) == set(EVENT_TYPES)
    assert {asset.event for asset in ASSETS.values()} <= set(EVENT_TYPES)
    assert set(TASTES) <= set(PERSONAS)


def test_shares_add_up_and_every_source_weighs_every_asset() -> None:
    assert sum(persona.share for persona in PERSONAS.values()) == pytest.approx(1)
    assert all(len(source.assets) == len(ASSETS) for source in SOURCES.values())
