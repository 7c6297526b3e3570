"""When leads are learned from, and what counts as won."""

import numpy as np
import pandas as pd
import pytest

from features.snapshots import before_records, final_snapshots, snapshots_between, timed_snapshots

END = pd.Timestamp("2025-12-31")
JANUARY = pd.Timestamp("2025-01-01")


def lead(
    created: str | None = "2025-01-01",
    closed: str | None = None,
    won: bool | None = None,
    lost: list[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    spells = lost and [[np.datetime64(time, "us") for time in spell] for spell in lost]
    times = pd.DataFrame({"created_at": [created], "closed_at": [closed]}).astype("datetime64[us]")
    return times.assign(won=pd.array([won], dtype="boolean"), lost_spells=[spells])


def ages(snapshots) -> list[int]:
    return ((snapshots.matured["as_of"] - JANUARY) / pd.Timedelta(days=1)).astype(int).tolist()


def test_an_open_lead_has_a_snapshot_at_every_edge():
    assert ages(timed_snapshots(lead(), END, 90)) == [0, 1, 7, 14, 30, 60, 90, 180]


def test_a_lead_has_a_snapshot_every_month_where_that_is_asked():
    months = timed_snapshots(lead(closed="2025-05-05", won=True), END, 30, [0, 30, 60, 90, 120, 150])
    assert ages(months) == [0, 30, 60, 90, 120]
    assert months.matured["won"].tolist() == [0, 0, 0, 0, 1]


def test_a_lead_has_no_snapshot_once_it_closed():
    assert ages(timed_snapshots(lead(closed="2025-01-08", won=False), END, 90)) == [0, 1]


def test_a_lead_has_no_snapshot_between_its_loss_and_its_reopening():
    reopened = lead(lost=[("2025-01-08", "2025-03-02")], closed="2025-05-01", won=True)
    snapshots = timed_snapshots(reopened, END, 90)
    assert ages(snapshots) == [0, 1, 60, 90]
    assert snapshots.matured["won"].tolist() == [0, 0, 1, 1]


def test_a_lead_that_was_opened_again_twice_has_snapshots_whenever_it_was_open():
    spells = [("2025-01-05", "2025-01-12"), ("2025-01-20", "2025-02-15")]
    assert ages(timed_snapshots(lead(lost=spells), END, 90)) == [0, 1, 14, 60, 90, 180]


def test_a_win_counts_only_within_the_horizon():
    snapshots = timed_snapshots(lead(closed="2025-03-15", won=True), END, 30)
    assert snapshots.matured["won"].tolist() == [0, 0, 0, 0, 0, 1]


def test_a_window_that_is_not_over_is_censored_and_not_lost():
    snapshots = timed_snapshots(lead(created="2025-09-25"), END, 90)
    assert (len(snapshots.matured), len(snapshots.censored)) == (3, 4)
    assert snapshots.censored["won"].isna().all()


def test_a_lost_lead_whose_window_is_not_over_is_censored_too():
    snapshots = timed_snapshots(lead(created="2025-12-01", closed="2025-12-20", won=False), END, 90)
    assert (len(snapshots.matured), snapshots.censored["won"].tolist()) == (0, [0, 0, 0, 0])


def test_a_lead_without_a_creation_date_has_no_snapshot():
    assert len(timed_snapshots(lead(created=None), END, 90).matured) == 0


def unlearned(leads, **options) -> list[list[str]]:
    return timed_snapshots(leads, END, 90, **options).unlearned.to_numpy().tolist()


def test_a_win_that_nobody_knows_when_is_left_out_and_counted():
    assert len(timed_snapshots(lead(won=True), END, 90).matured) == 0
    assert unlearned(lead(won=True)) == [["won", "no date of closing"]]


def test_a_loss_that_nobody_knows_when_teaches_at_its_creation_alone():
    snapshots = timed_snapshots(lead(won=False), END, 90)
    assert (ages(snapshots), snapshots.matured["won"].tolist()) == ([0], [0])
    assert unlearned(lead(won=False)) == []


def test_a_loss_that_nobody_knows_when_teaches_nothing_before_its_window_is_over():
    snapshots = timed_snapshots(lead(created="2025-12-01", won=False), END, 90)
    assert (len(snapshots.matured), snapshots.censored["won"].isna().tolist()) == (0, [True])


@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        (lead(created=None, closed="2025-02-01", won=True), [["won", "no date of creation"]]),
        (lead(closed="2024-12-31", won=False), [["lost", "closed by the moment of their creation"]]),
        (lead(closed="2025-01-01", won=True), [["won", "closed by the moment of their creation"]]),
        (lead(closed="2025-01-01 23:59:59", won=True), []),
        (lead(closed="2026-01-01", won=True), []),
        (lead(created="2026-01-01", won=False), []),
        (lead(created=None), []),
    ],
)
def test_leads_that_ended_and_are_not_learned_from_are_counted_with_the_reason(leads, expected):
    assert unlearned(leads) == expected


@pytest.mark.parametrize(("won", "labels"), [(True, [1]), (False, [0]), (None, [])])
def test_a_final_outcome_has_one_snapshot_unless_it_is_open(won, labels):
    assert final_snapshots(lead(won=won), END).matured["won"].tolist() == labels


def test_a_win_has_its_moment_only_within_the_horizon():
    won_at = timed_snapshots(lead(closed="2025-03-15", won=True), END, 30).matured["won_at"]
    assert won_at.isna().tolist() == [True] * 5 + [False]
    assert won_at.max() == pd.Timestamp("2025-03-15")


def test_snapshots_of_a_stretch_know_no_later_win():
    leads = lead(closed="2025-03-15", won=True)
    later, earlier = (snapshots_between(leads, JANUARY, pd.Timestamp(until)) for until in ("2025-03-31", "2025-03-14"))
    assert later["as_of"].tolist() == earlier["as_of"].tolist()
    assert later["won_at"].notna().all()
    assert earlier["won_at"].isna().all()


def test_since_a_moment_a_loss_that_nobody_knows_when_has_the_snapshot_of_its_creation():
    assert snapshots_between(lead(won=False), JANUARY, END).empty
    before = JANUARY - pd.Timedelta(days=1)
    assert snapshots_between(lead(won=False), before, END)["as_of"].tolist() == [JANUARY]
    assert snapshots_between(lead(won=True), before, END).empty


def rows_of(*groups: tuple[str, int, str | None]) -> pd.DataFrame:
    """Snapshots of leads: the moment, how many leads, and when they were won."""
    rows = pd.DataFrame([group[::2] for group in groups for _ in range(group[1])], columns=["as_of", "ever_won_at"])
    return rows.astype("datetime64[us]").assign(lead_id=[f"l{number}" for number in range(len(rows))])


def test_snapshots_before_wins_were_recorded_are_recognised():
    rows = rows_of(("2025-01-01", 50, None), ("2025-05-20", 10, "2025-06-10"), ("2025-07-01", 10, "2025-07-02"))
    assert before_records(rows, 90).tolist() == [True] * 60 + [False] * 10


@pytest.mark.parametrize("early", [("2025-03-20", 50, None), ("2025-01-01", 9, None)])
def test_a_window_that_reaches_the_first_win_or_few_leads_say_nothing_of_records(early):
    rows = rows_of(early, ("2025-06-10", 10, "2025-06-10"), ("2025-07-01", 10, "2025-07-02"))
    assert not before_records(rows, 90).any()


def test_where_nothing_was_won_nothing_is_said_of_records():
    assert not before_records(rows_of(("2025-01-01", 50, None)), 90).any()


def test_a_win_on_a_day_without_a_time_is_later_than_a_moment_of_that_day():
    """It counts from the day's beginning on, so that windows are counted in days."""
    on_the_day = timed_snapshots(lead(closed="2025-01-01 23:59:59", won=True), END, 90).matured
    assert (on_the_day["won"].tolist(), on_the_day["won_at"].tolist()) == ([1], [JANUARY + pd.Timedelta(seconds=1)])
    last_day, too_late = (lead(closed=f"2025-04-0{day} 23:59:59", won=True) for day in (1, 2))
    assert timed_snapshots(last_day, END, 90, [0]).matured["won"].tolist() == [1]
    assert timed_snapshots(too_late, END, 90, [0]).matured["won"].tolist() == [0]
