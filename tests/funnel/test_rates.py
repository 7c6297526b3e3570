"""Rates between stages: exact on tables that are counted by head, sure of themselves only where there is enough."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from funnel.rates import (
    everyone,
    grouped_median,
    kinds_by,
    kinds_of_period,
    levels,
    periods,
    share,
    soon,
    wilson,
    with_break_even,
    with_pool,
)
from funnel.stages import Journeys

PATH = ("lead", "mql", "sql", "qso")


def by(journeys: Journeys, column: str, **given) -> dict:
    chosen = {"smallest": 30, "opportunity": "qso"} | given
    return {level.name: level for level in levels(journeys, kinds_by(journeys.leads[column]), **chosen)}


def test_case_studies_and_demo_requests_differ_after_the_mql(two_assets):
    found = by(two_assets, "asset")
    case, demo = found["case study"], found["demo request"]
    assert [step.went_on.rate for step in case.steps[:2]] == [0.8, 0.1]
    assert [step.went_on.rate for step in demo.steps[:2]] == [0.8, 0.6]
    assert (case.reached["mql"], demo.reached["mql"]) == (80, 80)
    assert (case.reached["sql"], demo.reached["sql"]) == (8, 48)


def test_a_case_study_may_cost_a_sixth_of_a_demo_request(two_assets):
    found = {level.name: level for level in with_break_even(list(by(two_assets, "asset").values()), "sql")}
    assert found["case study"].break_even == pytest.approx(1 / 6)
    assert found["demo request"].break_even == 1


def test_few_leads_have_no_break_even(journeys):
    few = journeys([{"asset": "few", "path": ["lead", "mql", "sql"]}] * 3)
    assert with_break_even(list(by(few, "asset").values()), "sql")[0].break_even is None


def test_content_leads_close_a_month_before_ppc_leads(journeys):
    def won(source: str, *days: int) -> list[dict]:
        return [{"source": source, "won": True, "closed": each} for each in days]

    found = by(journeys([*won("content", 50, 60, 70), *won("ppc", 80, 90, 100), {"source": "ppc"}]), "source")
    assert found["ppc"].days_to_customer - found["content"].days_to_customer == 30
    assert found["ppc"].to_customer.rate == 0.75


def test_quality_is_that_of_leads_and_not_of_contacts(journeys):
    def of(source: str, sql: int) -> list[dict]:
        paths = [["contact", "lead", "sql"]] * sql + [["contact", "lead"]] * (4 - sql) + [["contact"]] * sql
        return [{"source": source, "path": path} for path in paths]

    won = {"source": "fair", "path": [("contact", 0), ("lead", 10), ("sql", 15)], "won": True, "closed": 30}
    found = journeys([*of("web", 1), *of("fair", 3), won])
    (everyone_,) = levels(found, everyone(found), smallest=1, opportunity="sql")
    assert (everyone_.leads, everyone_.reached) == (13, {"contact": 13, "lead": 9, "sql": 5, "customer": 1})
    assert (everyone_.to_opportunity.count, everyone_.to_opportunity.of) == (5, 9)
    assert (everyone_.to_customer.of, everyone_.days_to_customer) == (9, 20)
    fair, web = with_break_even(levels(found, kinds_by(found.leads["source"]), smallest=1, opportunity="sql"), "sql")
    assert (fair.break_even, web.break_even) == (1, pytest.approx((1 / 4) / (4 / 5)))


def test_rare_values_stand_together_and_numbers_still_add_up(journeys):
    sources = (
        ["ppc"] * 180 + ["fair"] * 3 + ["Erika Mustermann", "Ann Lee", "Ann Lee", "ann@acme.example"] + [None] * 13
    )
    found = journeys([{"source": source, "path": ["lead", "mql"]} for source in sources])
    told = levels(found, with_pool(kinds_by(found.leads["source"])), smallest=30, opportunity="qso")
    assert [(level.name, level.leads, level.pooled) for level in told] == [
        ("ppc", 180, 0),
        ("fair", 3, 0),
        ("other (3 values)", 4, 3),
        ("not given", 13, 0),
    ]
    assert with_break_even(told, "mql")[2].break_even is None


def test_of_few_leads_every_value_is_named(journeys):
    found = journeys([{"source": f"source {number}"} for number in range(99)])
    assert len(with_pool(kinds_by(found.leads["source"])).names) == 99


def test_who_came_to_a_stage_went_on_was_lost_or_is_there(journeys):
    found = journeys(
        [{"path": ["lead", "mql"], "won": False}, {"path": ["lead", "mql"]}, {"path": ["lead"], "won": False}, {}]
    )
    (told,) = levels(found, everyone(found), smallest=1, opportunity="qso")
    assert [(s.entered, s.went_on.count, s.lost, s.open) for s in told.steps] == [(4, 2, 1, 1), (2, 0, 1, 1)]


leads = st.lists(
    st.fixed_dictionaries(
        {
            "path": st.lists(st.sampled_from([*PATH, "nowhere", "lost"]), max_size=6),
            "won": st.sampled_from([True, False, None]),
            "source": st.sampled_from(["a", "A", "b", None]),
            "created": st.one_of(st.none(), st.integers(0, 300)),
        }
    ).map(lambda lead: lead if lead["created"] is not None else {**lead, "path": []}),
    min_size=1,
    max_size=12,
)


@given(written=leads)
def test_numbers_add_up_whatever_histories_hold(journeys, written):
    found = journeys(written)
    (told,) = levels(found, everyone(found), smallest=1, opportunity="qso")
    assert all(step.entered == step.went_on.count + step.lost + step.open for step in told.steps)
    assert told.leads == len(written)
    assert list(told.reached.values()) == sorted(told.reached.values(), reverse=True)
    assert min(step.open for step in told.steps) >= 0
    cut = by(found, "source")
    assert sum(level.leads for level in cut.values()) == len(written)
    for stage, count in told.reached.items():
        assert sum(level.reached[stage] for level in cut.values()) == count


def test_median_times_are_of_leads_that_were_in_both_stages(journeys):
    found = journeys(
        [
            {"path": [("lead", 0), ("mql", 2), ("sql", 12)]},
            {"path": [("lead", 0), ("mql", 4), ("sql", 8)]},
            {"path": [("lead", 0), ("sql", 100)]},
        ]
    )
    (told,) = levels(found, everyone(found), smallest=1, opportunity="qso")
    assert [step.median_days for step in told.steps] == [3, 7, None]


@given(st.integers(1, 500), st.floats(0, 1))
def test_intervals_are_wilsons(of, part):
    count = round(of * part)
    theirs = stats.binomtest(count, of).proportion_ci(method="wilson")
    assert wilson(count, of) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_a_rate_on_few_leads_is_told_and_marked():
    assert share(29, 29, smallest=30).enough is False
    assert share(30, 30, smallest=30).enough is True


def test_a_benchmark_is_above_or_below_only_where_that_is_clear(journeys):
    lost = {"path": ["lead", "mql"], "won": False, "closed": 20}
    demos = journeys([{"asset": "demo", "path": ["lead", "mql", "sql"]}] * 48 + [{"asset": "demo"} | lost] * 32)

    def beside(market: float) -> str:
        return by(demos, "asset", benchmarks={"sql": market})["demo"].steps[1].beside_benchmark

    assert (beside(0.8), beside(0.62), beside(0.3)) == ("below", "", "above")


def test_levels_are_one_whatever_their_case_and_the_missing_ones_last():
    kinds = kinds_by(pd.Series(["ppc", "PPC", "PPC", None, None, None, None, "mail"]))
    assert kinds.names == ("PPC", "mail", "not given")
    assert kinds.codes.tolist() == [0, 0, 0, 2, 2, 2, 2, 1]


def test_a_source_that_is_called_not_given_keeps_apart_from_missing_ones(journeys):
    kinds = kinds_by(pd.Series(["not given", "Not Given", None, "", "ppc"]))
    assert kinds.names == ("not given (so written)", "ppc", "not given")
    assert kinds.codes.tolist() == [0, 0, 2, 2, 1]


def test_quarters_and_weeks_are_calendar_periods():
    moments = np.array(["2025-03-31", "2025-04-01"], "datetime64[us]")
    assert kinds_of_period(moments, "quarter").names == ("2025Q1", "2025Q2")
    assert kinds_of_period(moments, "week").names == ("2025-03-31",)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=30))
def test_medians_by_group_are_those_of_numpy(pairs):
    codes = np.array([code for code, _ in pairs], dtype=np.int64)
    values = np.array([value for _, value in pairs], dtype=np.int64)
    for group, median in enumerate(grouped_median(codes, values, 4)):
        own = values[codes == group]
        assert np.isnan(median) if not len(own) else median == np.median(own)


def test_cohorts_are_the_leads_of_their_period(journeys):
    way = ["lead", "mql"]
    found = journeys([{"created": 0, "path": way}, {"created": 5}, {"created": 40, "path": way}])
    kinds = kinds_of_period(found.entered[:, 0], "month")
    told = levels(found, kinds, smallest=1, opportunity="qso")
    assert [(level.name, level.reached["lead"], level.reached["mql"]) for level in told] == [
        ("2025-01", 2, 1),
        ("2025-02", 1, 1),
    ]


def test_entries_count_in_the_period_in_which_they_were(journeys):
    found = journeys([{"path": [("lead", 20), ("mql", 45)], "created": 20}], as_of=pd.Timestamp("2025-03-01"))
    told = periods(found, "month", within=30, smallest=1)
    assert [(each.name, each.entries["lead"], each.entries["mql"]) for each in told] == [
        ("2025-01", 1, 0),
        ("2025-02", 0, 1),
    ]
    assert told[-1].complete


def test_leads_that_are_too_young_say_nothing_of_a_rate(journeys):
    old, young = {"created": 0, "path": [("lead", 0), ("mql", 10)]}, {"created": 300}
    late = {"created": 0, "path": [("lead", 0), ("mql", 31)]}
    found = journeys([old, young, late], as_of=pd.Timestamp("2025-11-10"))
    count, of = soon(found, 0, within=30).count(everyone(found))
    assert (count.tolist(), of.tolist()) == ([1], [2])


def test_who_went_on_nobody_knows_when_is_not_late(journeys):
    undated, dated, lost = {"won": True, "closed": None}, {"won": True, "closed": 9}, {"won": False}
    unknown, known = soon(journeys([undated, lost]), 0, 30), soon(journeys([undated, dated, lost]), 0, 30)
    assert (unknown.old.tolist(), unknown.went_on.tolist()) == ([], [])
    assert (known.old.tolist(), known.went_on.tolist()) == ([1, 2], [1])


def test_who_has_no_date_or_came_out_of_order_tells_no_time(journeys):
    found = journeys(
        [
            {"path": [("lead", 0), ("sql", 5), ("mql", 8)]},
            {"path": [("lead", 0), ("mql", 4), ("sql", 14)]},
            {"created": None, "path": [("customer", 30)], "won": True, "closed": 30},
        ]
    )
    (whole,) = levels(found, everyone(found), smallest=30, opportunity="qso")
    days = {(step.start, step.to): step.median_days for step in whole.steps}
    assert days == {("lead", "mql"): 4, ("mql", "sql"): 10, ("sql", "customer"): None}
    assert whole.days_to_customer is None


def test_a_period_that_begins_at_the_moment_is_not_over(journeys):
    found = journeys([{"created": 0}] * 3 + [{"created": 31}], as_of=pd.Timestamp("2025-02-01"))
    assert [(each.name, each.complete) for each in periods(found, "month", within=30, smallest=1)] == [
        ("2025-01", True),
        ("2025-02", False),
    ]


def test_open_leads_are_not_below_a_benchmark(journeys):
    young = [{"path": ["lead", "mql"]}] + [{"path": ["lead"]}] * 99
    lost = [{"path": ["lead", "mql"]}] + [{"path": ["lead"], "won": False, "closed": 5}] * 99
    for leads, told in ((young, ""), (lost, "below")):
        found = journeys(leads)
        (whole,) = levels(found, everyone(found), smallest=30, opportunity="qso", benchmarks={"mql": 0.5})
        assert whole.steps[0].beside_benchmark == told
