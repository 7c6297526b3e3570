"""Qualified volume: a lower bar lets more leads over it, and that is no growth."""

import pandas as pd

from funnel.volume import Threshold, side_by_side, volumes

SINCE, AS_OF = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-03-01")


def scored(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["lead_id", "as_of", "probability"])
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]))


def ten_over_the_old_bar_each_month_and_four_more_under_it() -> pd.DataFrame:
    good = [(f"good {month} {n}", f"2025-0{month}-15", 0.35) for month in (1, 2) for n in range(10)]
    return scored(*good, *((f"near {n}", "2025-02-20", 0.25) for n in range(4)))


def volume(scores: pd.DataFrame, today: float = 0.2, before: float = 0.3, **given):
    moments = {"since": SINCE, "as_of": AS_OF} | given
    (found,) = volumes(scores, [Threshold("scored_mql", today, before)], "month", **moments)
    return found


def test_lowering_the_bar_is_no_growth():
    found = volume(ten_over_the_old_bar_each_month_and_four_more_under_it())
    assert (found.today, found.before) == ((10, 14), (10, 10))
    assert found.growth_before == 0
    assert found.by_bar == 4


def test_raising_the_bar_is_no_decline():
    found = volume(ten_over_the_old_bar_each_month_and_four_more_under_it(), today=0.4, before=0.3)
    assert (found.today, found.growth_before, found.by_bar) == ((0, 0), 0, -10)


def test_a_lead_crosses_once():
    scores = scored(("a", "2025-01-10", 0.5), ("a", "2025-01-20", 0.1), ("a", "2025-02-10", 0.5))
    assert volume(scores).today == (1, 0)


def test_leads_that_were_over_the_bar_when_scoring_began_are_in_no_period():
    found = volume(scored(("a", "2025-01-01", 0.9), ("b", "2025-01-02", 0.9)))
    assert (found.at_start, found.today) == (1, (1, 0))


def test_runs_at_midnight_count_for_the_period_that_ends_there():
    monthly = scored(("a", "2025-02-01", 0.9), ("b", "2025-03-01", 0.9))
    assert volume(monthly).today == (1, 1)
    assert volume(monthly, as_of=pd.Timestamp("2025-02-01")).today == (1,)


def test_of_a_period_before_scoring_began_the_volume_is_not_known():
    only_one_run = volume(scored(("a", "2025-03-01", 0.9)), since=AS_OF)
    assert (only_one_run.periods, only_one_run.today, only_one_run.whole) == (("2025-02",), (None,), (False,))
    late = volume(scored(("a", "2025-01-30", 0.9), ("b", "2025-02-10", 0.9)), since=pd.Timestamp("2025-01-30"))
    assert (late.today, late.whole, late.growth, late.by_bar) == ((None, 1), (False, True), None, 0)


def test_only_whole_periods_are_compared():
    scores = ten_over_the_old_bar_each_month_and_four_more_under_it()
    assert volume(scores, as_of=pd.Timestamp("2025-02-22")).growth is None
    assert volume(scores, since=pd.Timestamp("2025-01-03")).growth is None
    assert volume(scores).growth == 0.4


def test_nothing_later_than_the_moment_counts():
    assert volume(scored(("a", "2025-03-02", 0.9))).today == (0, 0)


def test_stage_and_score_stand_side_by_side():
    found = side_by_side(pd.Index(["a", "b"]), pd.Index(["b"]))
    assert found == {"both": 1, "only_by_stage": 1, "only_by_score": 0}
