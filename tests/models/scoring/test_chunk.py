"""Scoring a chunk: the same to the last bit however leads are put together, and as of a moment."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.chunk import Chunk
from models.scoring import ScoredChunk, score_chunk, worded
from models.scoring.codec import encode

LEADS = ([1, 5, 2, 9, 0, 3, 7, 4], ["Software", "Farming", None, "Software", "Farming", "Mining", "Farming", None])


def some_of(chunk: Chunk, start: int, count: int) -> Chunk:
    return chunk._replace(leads=chunk.leads[start : start + count])


@pytest.mark.parametrize("size", [1, 3, 7])
def test_the_size_of_chunks_changes_nothing(scorer, chunk_of, now, size):
    chunk = chunk_of(*LEADS)
    whole = encode(score_chunk(chunk, scorer, now), scorer.narrator)
    chunks = [some_of(chunk, start, size) for start in range(0, len(chunk.leads), size)]
    parts = [encode(score_chunk(each, scorer, now), scorer.narrator) for each in chunks]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole, check_exact=True)


def test_contributions_add_up_to_the_score(scorer, chunk_of, now):
    scored = score_chunk(chunk_of(*LEADS), scorer, now)
    log_odds = np.log(scored.numbers["probability"] / (1 - scored.numbers["probability"]))
    assert scored.contributions.raw_log_odds == pytest.approx(log_odds)


def test_scoring_leaves_the_chunk_as_it_is(scorer, chunk_of, now):
    chunk = chunk_of(*LEADS)
    before = chunk.leads.copy()
    score_chunk(chunk, scorer, now)
    pd.testing.assert_frame_equal(chunk.leads, before)


def test_reasons_name_the_family_and_the_points(scorer, chunk_of, now):
    scores = worded(score_chunk(chunk_of([9], ["Software"]), scorer, now), scorer.narrator)
    assert any(reason.startswith("Visits: 9") and "(behavioural, +" in reason for reason in scores["reasons_up"][0])


def test_overrides_count_more_than_the_data(scorer, chunk_of, now):
    scored = score_chunk(chunk_of([1], ["Farming"]), scorer, now, overrides={"visits": 9, "industry": "Software"})
    same = score_chunk(chunk_of([9], ["Software"]), scorer, now)
    pd.testing.assert_frame_equal(scored.numbers, same.numbers)


# As of a moment


def of_days(*days: int | None) -> list[pd.Timestamp]:
    return [pd.Timestamp("2025-01-01") + pd.Timedelta(day, "D") if day is not None else pd.NaT for day in days]


@pytest.fixture
def chunk(chunk_of) -> Chunk:
    """Leads created on days 0 to 3; the first was won on day 5, the second lost on day 2 and opened again on day 8."""
    spells = [None, [[of_days(2)[0].to_datetime64(), of_days(8)[0].to_datetime64()]], None, None]
    won, closed_at = [True, None, None, None], of_days(5, None, None, None)
    columns = {"created_at": of_days(0, 1, 2, 3), "closed_at": closed_at, "won": won, "lost_spells": spells}
    return chunk_of([1, 2, 3, 4], ["Software"] * 4, **columns)


def outcomes(scored: ScoredChunk) -> dict[str, str]:
    return dict(zip(scored.leads["lead_id"], scored.leads["outcome"], strict=True))


def test_leads_that_were_created_later_are_left_out(chunk, scorer):
    assert outcomes(score_chunk(chunk, scorer, of_days(1)[0])) == {"lead 0": "open", "lead 1": "open"}


def test_a_lead_that_was_lost_then_and_opened_again_later_is_lost_then(chunk, scorer):
    scored = score_chunk(chunk, scorer, of_days(6)[0])
    assert outcomes(scored)["lead 1"] == "lost"
    assert scored.leads["as_of"][1] == of_days(2)[0] - pd.Timedelta(1, "s")
    assert outcomes(score_chunk(chunk, scorer, of_days(9)[0]))["lead 1"] == "open"


def test_a_lead_that_closed_is_scored_as_it_was_just_before(chunk, scorer):
    scored = score_chunk(chunk, scorer, of_days(6)[0])
    assert outcomes(scored)["lead 0"] == "won"
    assert scored.leads["as_of"][0] == of_days(5)[0] - pd.Timedelta(1, "s")
    assert scored.leads["age_days"].tolist() == [4, 0, 4, 3]


def test_each_lead_may_have_a_moment_of_its_own(chunk, scorer):
    moments = pd.Series(of_days(6, 3, 0, 9), index=chunk.leads.index)
    together = score_chunk(chunk, scorer, moments)
    assert outcomes(together) == {"lead 0": "won", "lead 1": "lost", "lead 3": "open"}
    alone = [score_chunk(some_of(chunk, row, 1), scorer, moments[row]) for row in (0, 1, 3)]
    for name in ("leads", "numbers"):
        one_by_one = pd.concat([getattr(each, name) for each in alone], ignore_index=True)
        pd.testing.assert_frame_equal(getattr(together, name), one_by_one, check_exact=True)


def test_another_version_says_so(scorer, chunk_of, now):
    scored = score_chunk(chunk_of([1], ["Farming"]), replace(scorer, version="8"), now)
    assert scored.numbers["model_version"].tolist() == ["8"]
