"""Alerts: each version of a score beside the one before it, from the first watch on, once."""

from __future__ import annotations

import pandas as pd
import pytest

from data.store import Alert, AlertBook, open_store
from tests.data.store.test_store import run


@pytest.fixture
def store(database):
    with open_store(database, writing=True) as opened:
        yield opened


@pytest.fixture
def book(store) -> AlertBook:
    run(store, a=0.5, b=0.2)
    book = AlertBook(store)
    book.begin()
    return book


def test_what_was_there_before_the_first_watch_is_no_crossing(book):
    assert book.catch_up(lambda versions: [Alert("hot", "a", "1")]) == 0


def test_each_version_comes_beside_the_one_before_and_once(book, store):
    run(store, a=0.9, b=0.2)
    run(store, a=0.9, b=0.7, c=0.8)
    frames = []

    def decide(versions: pd.DataFrame) -> list[Alert]:
        frames.append(versions)
        return [Alert("hot", version.lead_id, str(version.run_id)) for version in versions.itertuples()]

    assert book.catch_up(decide) == 3
    assert frames[0]["lead_id"].tolist() == ["a", "b", "c"]
    assert frames[0]["band_before"].notna().tolist() == [True, True, False]
    assert book.catch_up(decide) == 0
    assert len(frames) == 1, "nothing is to be decided where no run came"
    assert book.counts() == {"waiting": 3, "sent": 0, "dead": 0}
