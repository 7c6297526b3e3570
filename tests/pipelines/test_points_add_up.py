"""The points of a lead add up to its score wherever they are read: terminal, page, CSV and CRM."""

import re

import numpy as np
import pandas as pd
import pytest

from data.dataset import open_dataset
from data.store import Store, open_store
from models.scoring import ScoredChunk, Scorer, encode, score_chunk, worded
from models.versions import Registry
from pipelines.cli.renderers.lead import sum_of
from pipelines.explain.explain import explanation_of
from pipelines.wording import Wording

COUNT = 2000
IN_TEXT = re.compile(r"\((?:[a-z]+, )?([+−]?\d+)\)$")
"""Points at the end of an exported reason."""


@pytest.fixture(scope="module")
def registry(trained) -> Registry:
    return Registry(trained.workspace)


@pytest.fixture(scope="module")
def scorer(registry) -> Scorer:
    return registry.champion().scorer


@pytest.fixture(scope="module")
def leads(trained, registry, scorer) -> ScoredChunk:
    """2,000 leads of the funnel, open and closed."""
    settings = registry.champion().settings
    with open_dataset(settings, workspace=trained.workspace.root, schema=scorer.schema) as dataset:
        chunk = next(iter(dataset.chunks(COUNT)))
        scored = score_chunk(chunk, scorer, dataset.end)
    assert len(scored.leads) == COUNT
    return scored


@pytest.fixture(scope="module")
def wording(trained, scored, registry) -> Wording:
    with open_store(trained.workspace.store) as store:
        assert isinstance(store, Store)
        return Wording(store, registry)


def added_up(texts: pd.DataFrame) -> list[int]:
    """The sum of the points of each lead's texts, up and down."""
    ways = zip(texts["reasons_up"], texts["reasons_down"], strict=True)
    return [sum(points_of(text) for text in [*up, *down]) for up, down in ways]


def points_of(text: str) -> int:
    match = IN_TEXT.search(text)
    assert match, text
    return int(match[1].replace("−", "-"))


def test_in_the_csv(leads, scorer):
    assert added_up(worded(leads, scorer.narrator)) == leads.numbers["score"].tolist()


def test_in_the_crm_and_on_the_page(leads, scorer, wording):
    stored = encode(leads, scorer.narrator)
    assert added_up(wording.reasons(stored)) == stored["score"].tolist()
    for row in stored.to_dict("records"):
        lines, (up, down) = wording.lines(row), wording.parts(row)
        assert lines is not None
        shown = [lines.start, *lines.context, *up, *down, lines.rest]
        assert sum(each.points for each in shown) == row["score"]


def test_in_the_terminal(leads, scorer, registry):
    settings = registry.champion().settings
    rows = np.eye(COUNT, dtype=bool)
    for number in range(0, COUNT, 10):
        lead = explanation_of(leads.where(rows[number]), scorer, settings)
        *parts, (score, *_) = sum_of(lead)
        assert sum(int(points.replace("−", "-")) for points, *_ in parts) == int(score) == lead.score


def test_no_reason_is_below_a_point_and_none_speaks_of_caps_or_of_the_stage(leads, scorer):
    narrator = scorer.narrator
    at_a_stage = leads.breakdown.context.is_compared
    assert at_a_stage.sum() > COUNT / 4
    for reasons in (leads.up, leads.down):
        listed = reasons.concept >= 0
        assert (reasons.sign * reasons.points[listed] >= 1).all()
        concepts = {narrator.concepts[code] for code in reasons.concept[at_a_stage][listed[at_a_stage]]}
        assert not {concept for concept in concepts if concept.startswith(("stage ", "caps"))}
