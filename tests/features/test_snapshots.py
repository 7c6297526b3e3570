"""When leads are learned from, and what counts as won."""

import pandas as pd
import pytest

from features.snapshots import final_snapshots, snapshots_between, timed_snapshots

END = pd.Timestamp("2025-12-31")
JANUARY = pd.Timestamp("2025-01-01")


def lead(
    created: str | None = "2025-01-01",
    closed: str | None = None,
    won: bool | None = None,
    lost: str | None = None,
    reopened: str | None = None,
) -> pd.DataFrame:
    times = {"created_at": [created], "closed_at": [closed], "lost_at": [lost], "reopened_at": [reopened]}
    return pd.DataFrame(times).astype("datetime64[us]").assign(won=pd.array([won], dtype="boolean"))


def ages(snapshots) -> list[int]:
    return ((snapshots.moments["as_of"] - JANUARY) / pd.Timedelta(days=1)).astype(int).tolist()


def test_an_open_lead_is_looked_at_at_every_edge():
    assert ages(timed_snapshots(lead(), END, 90)) == [0, 1, 7, 14, 30, 60, 90, 180]


def test_a_lead_is_not_looked_at_once_it_closed():
    assert ages(timed_snapshots(lead(closed="2025-01-08", won=False), END, 90)) == [0, 1]


def test_a_lead_is_not_looked_at_between_its_loss_and_its_reopening():
    reopened = lead(lost="2025-01-08", reopened="2025-03-02", closed="2025-05-01", won=True)
    snapshots = timed_snapshots(reopened, END, 90)
    assert ages(snapshots) == [0, 1, 60, 90]
    assert snapshots.moments["won"].tolist() == [0, 0, 1, 1]


def test_a_win_counts_only_within_the_horizon():
    snapshots = timed_snapshots(lead(closed="2025-03-15", won=True), END, 30)
    assert snapshots.moments["won"].tolist() == [0, 0, 0, 0, 0, 1]


def test_a_window_that_is_not_over_is_censored_and_not_lost():
    snapshots = timed_snapshots(lead(created="2025-09-25"), END, 90)
    assert (len(snapshots.moments), snapshots.censored) == (3, 4)


def test_a_lost_lead_whose_window_is_not_over_is_censored_too():
    snapshots = timed_snapshots(lead(created="2025-12-01", closed="2025-12-20", won=False), END, 90)
    assert (len(snapshots.moments), snapshots.censored) == (0, 4)


def test_a_lead_without_a_creation_date_is_not_looked_at():
    assert len(timed_snapshots(lead(created=None), END, 90).moments) == 0


@pytest.mark.parametrize("won", [True, False])
def test_a_lead_that_ended_nobody_knows_when_is_not_taken_for_an_open_one(won):
    assert len(timed_snapshots(lead(won=won), END, 90).moments) == 0


@pytest.mark.parametrize(("won", "labels"), [(True, [1]), (False, [0]), (None, [])])
def test_a_final_outcome_is_looked_at_once_unless_open(won, labels):
    assert final_snapshots(lead(won=won), END).moments["won"].tolist() == labels


def test_a_win_has_its_moment_only_within_the_horizon():
    won_at = timed_snapshots(lead(closed="2025-03-15", won=True), END, 30).moments["won_at"]
    assert won_at.isna().tolist() == [True] * 5 + [False]
    assert won_at.max() == pd.Timestamp("2025-03-15")


def test_snapshots_of_a_stretch_know_no_later_win():
    leads = lead(closed="2025-03-15", won=True)
    later, earlier = (snapshots_between(leads, JANUARY, pd.Timestamp(until)) for until in ("2025-03-31", "2025-03-14"))
    assert later["as_of"].tolist() == earlier["as_of"].tolist()
    assert later["won_at"].notna().all()
    assert earlier["won_at"].isna().all()


def test_a_lead_that_ended_nobody_knows_when_is_not_looked_at():
    assert snapshots_between(lead(won=False), JANUARY, END).empty
