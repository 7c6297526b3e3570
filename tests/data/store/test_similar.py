"""The won deals that a lead is like are kept with each of its scores, and forget a deal that is forgotten."""

from datetime import datetime

import pandas as pd
import pytest

from data.store.similar import deals_like
from data.store.store import Codebook, Store, open_store

MONDAY = datetime(2026, 1, 5)


@pytest.fixture
def store(database):
    with open_store(database, writing=True) as opened:
        yield opened


def score(store: Store, **scores: tuple[str, int]) -> None:
    """Publish a run: each lead with its outcome, and a number that is another where the score is."""
    texts = dict.fromkeys(("band", "disposition", "fit", "engagement", "reasons"), "-")
    leads = [
        {"lead_id": lead, "outcome": outcome, "digest": number, "contributions": bytes([number])}
        for lead, (outcome, number) in scores.items()
    ]
    run = store.begin(as_of=MONDAY, model_version="1", codebook=Codebook((), ()))
    store.add(run, pd.DataFrame(leads).assign(**texts, as_of=MONDAY, probability=0.1, score=1))
    store.publish(run)


def compare(store: Store) -> list[int]:
    """Keep two deals with each score that has none; return the contributions of these scores."""
    seen: list[int] = []

    def nearest(contributions: list[bytes]) -> list[list[tuple[str, float]]]:
        seen.extend(each[0] for each in contributions)
        return [[("won", 0.5), ("10%_x", 1.0)] for _ in contributions]

    assert store.keep_similar(nearest, "1", size=2) == len(seen)
    return seen


def deals_of(store: Store, lead_id: str) -> list[str]:
    with store.transaction() as connection:
        return [deal for deal, _ in deals_like(connection, lead_id)]


def test_each_score_of_an_open_lead_is_compared_once(store):
    score(store, a=("open", 1), b=("open", 2), c=("open", 3), won=("won", 4))
    assert compare(store) == [1, 2, 3]
    assert deals_of(store, "a") == ["won", "10%_x"]
    assert deals_of(store, "won") == []
    assert compare(store) == []
    score(store, a=("open", 1), b=("open", 7), c=("lost", 8), won=("won", 4))
    assert compare(store) == [7]


def test_a_deal_that_is_forgotten_is_in_no_list(store):
    score(store, a=("open", 1), b=("open", 2))
    compare(store)
    store.forget("10%_x")
    assert deals_of(store, "a") == deals_of(store, "b") == ["won"]
    store.forget("a")
    assert deals_of(store, "a") == []
