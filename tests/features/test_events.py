"""The sorted event pass against a plain pandas definition of the same numbers."""

import numpy as np
import pandas as pd
import pytest

from features import events
from features.batch import Batch
from features.build import build
from features.catalogue import WINDOWS

TIMES = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-03-01")
MANY = 10_000


@pytest.fixture
def random_batch(schema, chunk_of) -> Batch:
    random = np.random.default_rng(0)
    leads = 40
    events = [
        {
            "position": int(random.integers(leads)),
            "occurred_at": pd.Timestamp("2024-06-01") + pd.Timedelta(hours=int(random.integers(300 * 24))),
            "type": str(random.choice(["download", "usage"])),
            "asset": random.choice(["price list", "other"]),
            "value": float(random.integers(5)),
        }
        for _ in range(2_000)
    ]
    snapshots = pd.DataFrame({"row": np.repeat(np.arange(leads), 2), "as_of": np.tile(TIMES, leads)})
    return Batch(schema, *chunk_of([{}] * leads, events), snapshots=snapshots)


def joined(batch: Batch) -> pd.DataFrame:
    """Join every snapshot with every earlier event of its lead, the plain way."""
    snapshots = batch.snapshots.assign(snapshot=range(len(batch.snapshots)), position=batch.snapshots["row"])
    pairs = snapshots.merge(batch.events, on="position")
    pairs = pairs[pairs["occurred_at"] <= pairs["as_of"]]
    return pairs.assign(age=(pairs["as_of"] - pairs["occurred_at"]) / pd.Timedelta(days=1))


@pytest.mark.parametrize("days", [*WINDOWS, None])
@pytest.mark.parametrize("kind", ["download", "usage"])
def test_counts_equal_a_plain_join(random_batch, days, kind):
    pairs = joined(random_batch)
    within = pairs[(pairs["type"] == kind) & (pairs["age"] < (days or MANY))]
    expected = within.groupby("snapshot").size().reindex(range(len(random_batch.snapshots)), fill_value=0)
    assert build(random_batch)[f"{kind}_{days}d" if days else f"{kind}_ever"].tolist() == expected.tolist()


def test_sums_equal_a_plain_join(random_batch):
    pairs = joined(random_batch)
    within = pairs[(pairs["type"] == "usage") & (pairs["age"] < 30)]
    expected = within.groupby("snapshot")["value"].sum().reindex(range(len(random_batch.snapshots)), fill_value=0)
    assert build(random_batch)["usage_30d_sum"].tolist() == expected.tolist()


def test_active_days_equal_a_plain_join(random_batch):
    pairs = joined(random_batch)
    days = pairs[pairs["age"] < 90].groupby("snapshot")["occurred_at"].agg(lambda times: times.dt.floor("D").nunique())
    expected = days.reindex(range(len(random_batch.snapshots)), fill_value=0)
    assert build(random_batch)["active_days_90d"].tolist() == expected.tolist()


def test_many_snapshots_are_walked_from_in_parallel_with_the_same_counts(random_batch, monkeypatch):
    alone = build(random_batch)
    monkeypatch.setattr(events, "FEWEST_FOR_THREADS", 0)
    pd.testing.assert_frame_equal(build(random_batch), alone, check_exact=True)
