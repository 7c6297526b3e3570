"""Follow-up: from the crossing of the bar to the first activity of sales."""

import pandas as pd

from funnel.follow_up import follow_up

NOON = pd.Timestamp("2025-03-01 12:00")
AS_OF = NOON + pd.Timedelta(days=2)


def ready(*rows: tuple[int, str, pd.Timestamp], closed_at: str | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["position", "owner", "ready_at"])
    return frame.assign(closed_at=pd.Series(closed_at, index=frame.index, dtype="datetime64[us]"))


def acts(*rows: tuple[int, str]) -> pd.DataFrame:
    frame = pd.DataFrame([(position, NOON + pd.Timedelta(after)) for position, after in rows])
    named = frame.set_axis(["position", "occurred_at"], axis="columns") if rows else no_activities()
    return named.sort_values(["position", "occurred_at"])


def no_activities() -> pd.DataFrame:
    return pd.DataFrame({"position": pd.Series(dtype="int64"), "occurred_at": pd.Series(dtype="datetime64[us]")})


def test_shares_within_90_seconds_and_an_hour_are_told_by_owner():
    leads = ready((0, "Ann", NOON), (1, "Ann", NOON), (2, "Bob", NOON), (3, "Bob", NOON))
    sales = acts((0, "90s"), (1, "91s"), (2, "1h"), (2, "3h"))
    everyone, ann, bob = follow_up(leads, sales, AS_OF, smallest=1)
    assert [each.owner for each in (everyone, ann, bob)] == ["all owners", "Ann", "Bob"]
    assert [each.within["90 seconds"].count for each in (everyone, ann, bob)] == [1, 1, 0]
    assert [each.within["1 hour"].count for each in (everyone, ann, bob)] == [3, 2, 1]
    assert [each.contacted.rate for each in (everyone, ann, bob)] == [0.75, 1, 0.5]
    assert bob.median_hours == 1


def test_a_lead_that_is_ready_since_a_minute_is_not_late():
    (told, _) = follow_up(ready((0, "Ann", AS_OF - pd.Timedelta("1min"))), no_activities(), AS_OF, smallest=1)
    assert (told.within["90 seconds"].of, told.within["1 hour"].of) == (0, 0)
    assert told.contacted.count == 0


def test_who_was_contacted_before_counts_without_a_time():
    leads = ready((0, "Ann", NOON), (1, "Ann", NOON))
    (told, _) = follow_up(leads, acts((0, "-1h"), (0, "1min"), (1, "2h")), AS_OF, smallest=1)
    assert (told.before, told.contacted.count, told.median_hours) == (1, 2, 2)
    assert told.within["1 hour"].of == 1


def test_who_was_contacted_only_after_the_lead_closed_did_not_follow_up():
    leads = ready((0, "Ann", NOON), (1, "Ann", NOON), (2, "Ann", NOON), closed_at="2025-03-02")
    sales = acts((0, "40h"), (1, "30h"), (2, "1h"), (2, "40h"))  # 30 h after is the day of closing
    (told, _) = follow_up(leads, sales, AS_OF, smallest=1)
    assert (told.contacted.count, told.contacted.of, told.median_hours) == (2, 3, 15.5)


def test_nothing_later_than_the_moment_is_a_follow_up():
    leads = ready((0, "Ann", NOON), (1, "Ann", AS_OF + pd.Timedelta("1s")))
    (told, _) = follow_up(leads, acts((0, "49h")), AS_OF, smallest=1)
    assert (told.ready, told.contacted.count, told.median_hours) == (1, 0, None)


def test_leads_are_told_apart_whatever_their_order():
    leads = ready((7, "Ann", NOON + pd.Timedelta("1h")), (3, "Bob", NOON))
    _, ann, bob = follow_up(leads, acts((7, "1h30min"), (3, "10s")), AS_OF, smallest=1)
    assert (ann.median_hours, bob.within["90 seconds"].count) == (0.5, 1)


def test_leads_without_an_owner_are_not_dropped():
    everyone, nobody = follow_up(ready((0, None, NOON)), no_activities(), AS_OF, smallest=1)
    assert (everyone.ready, nobody.owner, nobody.ready) == (1, "not given", 1)


def test_without_ready_leads_there_is_nothing_to_tell():
    assert follow_up(ready(), no_activities(), AS_OF, smallest=1) == ()
