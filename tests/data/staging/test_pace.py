"""The end of the data: where things happen at their pace, whatever is planned, due or expected beyond it."""

import sqlite3

import numpy as np
import pandas as pd
import pytest

from data.config import Settings, settings_of_folder
from data.dataset import open_dataset
from data.staging.pace import last_day_at_pace

NOW = pd.Timestamp("2025-06-01 12:00")
LAST = pd.Timestamp("2025-03-31")
DAYS = pd.date_range("2025-01-01", LAST, freq="D")
HOUR = pd.Timedelta(hours=9)


def leads() -> pd.DataFrame:
    """Two leads a day until the end of March."""
    created = np.repeat(DAYS, 2) + HOUR
    return pd.DataFrame({"lead_id": [f"l{number}" for number in range(len(created))], "created_at": created})


def outcomes(further=()) -> pd.DataFrame:
    """One closing a day, every fourth a win, and further ones."""
    closed = [*(DAYS[30:] + 2 * HOUR), *further]
    ids = [f"l{number}" for number in range(len(closed))]
    return pd.DataFrame(
        {"lead_id": ids, "closed_at": closed, "won": [int(number % 4 == 0) for number in range(len(ids))]}
    )


def events(*further: str | pd.Timestamp) -> pd.DataFrame:
    """Three calls a day, and further ones."""
    moments = [*(np.repeat(DAYS, 3) + HOUR), *map(pd.Timestamp, further)]
    return pd.DataFrame({"lead_id": "l1", "occurred_at": moments, "type": "call"})


@pytest.fixture
def end_of(tmp_path):
    """Return the end of the data of tables in files, and what is later, by the column that says so."""

    def run(now: pd.Timestamp = NOW, **tables: pd.DataFrame) -> tuple[pd.Timestamp, dict[str, int]]:
        for name, table in tables.items():
            table.to_csv(tmp_path / f"{name}.csv", index=False)
        with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", now=now) as dataset:
            later = [flag for flag in dataset.report.flags if "after the end of the data" in flag.problem]
        assert all(flag.level == "warning" for flag in later)
        return dataset.end, {f"{flag.table}.{flag.column}": flag.count for flag in later}

    return run


def test_meetings_that_are_planned_do_not_move_the_end(end_of):
    planned = pd.date_range("2025-04-02 10:00", periods=20, freq="2D")
    end, later = end_of(leads=leads(), outcomes=outcomes(), events=events(*planned))
    assert (end, later) == (LAST + 2 * HOUR, {"events.occurred_at": 20})


def test_neither_do_those_that_are_yet_to_come(end_of):
    planned = pd.date_range("2025-04-02 10:00", periods=60, freq="2D")
    end, later = end_of(leads=leads(), outcomes=outcomes(), events=events(*planned))
    assert (end, later) == (LAST + 2 * HOUR, {"events.occurred_at": 60})


def test_one_expected_closing_does_not_move_the_end(end_of):
    end, later = end_of(leads=leads(), outcomes=outcomes([pd.Timestamp("2025-05-15")]))
    assert (end, later) == (LAST + 2 * HOUR, {"outcomes.closed_at": 1})


def test_leads_that_are_followed_after_the_last_one_came_end_with_their_last_closing(end_of):
    """As in an export of the leads of some months: closings that come in numbers were decided."""
    closed = pd.date_range("2025-04-03 10:00", periods=8, freq="6D")
    assert end_of(leads=leads(), outcomes=outcomes(closed)) == (closed[-1], {})


@pytest.mark.parametrize("days", [0, 1])
def test_a_real_event_of_today_counts_though_it_comes_alone(end_of, days):
    """Whatever is planned for the time after now."""
    now = LAST + pd.Timedelta(days=20 + days, hours=15)
    today = (now - pd.Timedelta(days=days)).normalize() + HOUR
    planned = pd.date_range(now + HOUR, periods=5, freq="3D")
    end, later = end_of(now, leads=leads(), outcomes=outcomes(), events=events(today, *planned))
    assert (end, later) == (today, {"events.occurred_at": 5})


def test_a_firm_in_which_little_happens_has_no_pace(end_of):
    few = pd.DataFrame({"lead_id": ["a", "b", "c"], "created_at": ["2025-01-01", "2025-01-20", "2025-02-10"]})
    visits = pd.DataFrame({"lead_id": ["a"], "occurred_at": ["2025-03-05T10:00"], "type": ["visit"]})
    assert end_of(leads=few, events=visits) == (pd.Timestamp("2025-03-05 10:00"), {})


@pytest.mark.parametrize(("hours", "is_now"), [(50, True), (80, False)])
def test_a_live_source_in_which_something_happened_lately_ends_now(tmp_path, hours, is_now):
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        leads().to_sql("people", connection, index=False)
    settings = Settings.model_validate(
        {"database": f"sqlite:///{tmp_path / 'crm.db'}", "tables": {"leads": {"table": "people"}}}
    )
    newest = leads()["created_at"].max()
    now = newest + pd.Timedelta(hours=hours)
    with open_dataset(settings, workspace=tmp_path / "var", now=now) as dataset:
        assert dataset.end == (now if is_now else newest)


def test_a_stated_moment_is_the_end(tmp_path):
    leads().to_csv(tmp_path / "leads.csv", index=False)
    stated = settings_of_folder(tmp_path).model_copy(update={"as_of": pd.Timestamp("2025-02-01").to_pydatetime()})
    with open_dataset(stated, workspace=tmp_path / "var", now=NOW) as dataset:
        assert dataset.end == pd.Timestamp("2025-02-01")
        assert [flag for flag in dataset.report.flags if "end of the data" in flag.problem] == []


def calendar(seed: int, weeks: int, rate: float, planned: float, tail: int) -> tuple[dict[str, np.ndarray], int]:
    """Leads and calls of so many weeks, fewer at weekends, and what is planned for some days after them."""
    random, days = np.random.default_rng(seed), 7 * weeks + seed % 7
    usual = np.where(np.arange(days + tail) % 7 >= 5, 0.1, 1.0) * rate
    made, calls = random.poisson(usual[:days]), random.poisson(usual[:days])
    meetings = random.poisson(usual[days:] * planned * np.exp(-np.arange(tail) / 30))
    created = np.append(made, np.zeros(tail))
    return {"leads": created.astype(float), "events": np.append(calls, meetings).astype(float)}, days - 1


@pytest.mark.parametrize("seed", range(10))
def test_the_day_is_found_whatever_the_day_of_the_week(seed):
    by_kind, last = calendar(seed, weeks=40, rate=20, planned=0.15, tail=40)
    assert abs(last_day_at_pace(by_kind) - last) <= 1


@pytest.mark.parametrize("seed", range(10))
def test_where_nothing_is_planned_nothing_is_cut_off(seed):
    by_kind, last = calendar(seed, weeks=20, rate=3, planned=0, tail=0)
    assert last_day_at_pace(by_kind) == last


def test_a_market_that_shrinks_is_no_plan():
    """Leads go on coming, if only a few."""
    created = np.append(np.full(100, 20.0), np.full(60, 1.0))
    assert last_day_at_pace({"leads": created, "events": created}) == 159
