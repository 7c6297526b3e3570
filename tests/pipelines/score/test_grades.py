"""Fit and engagement are told apart on simulated leads: who buys but never fits, and who fits but is not engaged."""

import pandas as pd
import pytest

from data.chunk import Chunk
from data.dataset import open_dataset
from models.scoring import Scorer, score_chunk
from models.versions import Registry

NOW = pd.Timestamp("2026-01-01")


@pytest.fixture(scope="module")
def scorer(trained) -> Scorer:
    return Registry(trained.workspace).champion().scorer


@pytest.fixture(scope="module")
def crossed(trained, scored, scorer) -> pd.DataFrame:
    """Scores of four made-up leads: an ideal firm and a hopeless one, each that did all and that did nothing."""
    stored = Registry(trained.workspace).champion()
    with open_dataset(stored.settings, workspace=trained.workspace.root, schema=scorer.schema) as dataset:
        chunk = next(dataset.chunks())
    leads = chunk.leads
    fitting, hopeless = (_one(leads, scored, f"fit == '{grade}' and engagement == '4'") for grade in "AD")
    eager, idle = (_one(leads, scored, f"engagement == '{grade}' and fit == 'D'") for grade in "14")
    people = _crossed(chunk, [fitting, hopeless], [eager, idle])
    return score_chunk(people, scorer, NOW).numbers.set_axis(
        ["fits, eager", "fits, idle", "hopeless, eager", "hopeless, idle"]
    )


def _one(leads: pd.DataFrame, scored, query: str) -> int:
    """The row of the open lead that is furthest from the middle of those that a query finds."""
    found = scored.frame[scored.frame["outcome"] == "open"].query(query)
    lead = found.sort_values("probability")["lead_id"].iloc[0 if "fit == 'D'" in query else -1]
    return int(leads.index[leads["lead_id"] == lead][0])


def _crossed(chunk: Chunk, who: list[int], did: list[int]) -> Chunk:
    """Give each of some leads the events, stages and age of each of some others."""
    pairs = [(one, other) for one in who for other in did]
    leads = chunk.leads.iloc[[one for one, _ in pairs]].reset_index(drop=True)
    leads["created_at"] = chunk.leads["created_at"].iloc[[other for _, other in pairs]].to_numpy()
    old = chunk.leads["position"].iloc[[other for _, other in pairs]].tolist()
    leads["position"] = range(len(pairs))
    events, stages = (
        pd.concat([part[part["position"] == position].assign(position=new) for new, position in enumerate(old)])
        for part in (chunk.events, chunk.stages)
    )
    return Chunk(leads, events.reset_index(drop=True), stages.reset_index(drop=True))


def test_one_who_buys_but_never_fits_and_one_who_fits_but_is_not_engaged_have_different_grades(crossed):
    assert crossed["grade"]["hopeless, eager"] == "D1"
    assert crossed["grade"]["fits, idle"] == "A4"


def test_what_a_lead_does_leaves_its_fit_alone(crossed):
    assert (crossed["fit"]["fits, eager"], crossed["fit"]["hopeless, idle"]) == ("A", "D")
    assert (crossed["engagement"]["fits, eager"], crossed["engagement"]["hopeless, idle"]) == ("1", "4")


def test_the_best_of_both_scores_highest(crossed):
    assert crossed["probability"].idxmax() == "fits, eager"
    assert crossed["probability"].idxmin() == "hopeless, idle"


def test_the_cut_points_are_stored_with_the_model_and_make_quarters(scorer, scored):
    assert len(scorer.scale.fit) == len(scorer.scale.engagement) == 3
    assert list(scorer.scale.fit) == sorted(scorer.scale.fit)
    still_open = scored.frame[scored.frame["outcome"] == "open"]
    for grades in ("fit", "engagement"):
        assert still_open[grades].value_counts(normalize=True).between(0.15, 0.35).all()
