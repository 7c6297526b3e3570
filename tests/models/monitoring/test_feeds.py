"""A feed has stopped when it pauses for longer than it ever did; weekends and holidays are none of that."""

import pandas as pd

from models.monitoring.feeds import stopped_feeds

DAY = pd.Timestamp
WEEKDAYS = pd.date_range("2024-10-01", "2025-01-01", freq="B")
"""On each of them there are visits; on Mondays there are trials, too."""
VISITS = pd.DataFrame({"type": "site_visit", "day": WEEKDAYS})
TRIALS = pd.DataFrame({"type": "trial", "day": pd.date_range("2024-07-01", "2024-12-30", freq="W-MON")})


def names(days: pd.DataFrame, as_of: str, **ended: int) -> list[str]:
    then = {name: pd.Timedelta(days=number) for name, number in ended.items()}
    return [feed.words for feed in stopped_feeds(days, DAY(as_of), then)]


def test_after_a_month_without_events_it_is_asked_whether_the_feed_is_broken():
    (said,) = names(VISITS, "2025-02-01")
    assert said == "no events since 1 January 2025, where the longest pause before was 3 days: is the feed broken?"


def test_a_pause_of_a_week_is_none():
    assert names(pd.concat([VISITS, TRIALS]), "2025-01-08") == []


def test_one_type_may_stop_alone_and_a_rare_one_may_pause_for_longer():
    more = pd.DataFrame({"type": "site_visit", "day": pd.date_range("2025-01-02", "2025-01-12")})
    days = pd.concat([VISITS, TRIALS, more])
    assert names(days, "2025-01-12") == []
    gone = days[(days["type"] == "trial") | (days["day"] < DAY("2024-12-20"))]
    assert names(gone, "2025-01-04") == [
        "no events of the type site_visit since 19 December 2024, where the longest pause before was 3 days: "
        "is the feed broken?"
    ]


def test_what_had_stopped_when_the_model_was_trained_has_not_stopped_since():
    assert names(VISITS, "2025-02-01", site_visit=1) != []
    assert names(VISITS, "2025-02-01", site_visit=20) == []


def test_of_hardly_any_days_nothing_is_said():
    assert names(VISITS[:19], "2025-06-01") == []
