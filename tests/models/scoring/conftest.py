"""A small trained model, and chunks of leads that come from no database."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from data.chunk import Chunk
from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from features import Batch, build
from models.fitting import assemble
from models.scoring import Scorer
from models.training import Effort, learn
from models.training_table import TrainingTable

NOW = pd.Timestamp("2025-01-01")
SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("visits", "Visits", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
    ),
)

ChunkOf = Callable[..., Chunk]


@pytest.fixture(scope="session")
def now() -> pd.Timestamp:
    return NOW


@pytest.fixture(scope="session")
def chunk_of() -> ChunkOf:
    """Make a chunk of leads with those visits and industries; what is not given is missing."""
    return make_chunk


def make_chunk(visits: Sequence[float], industry: Sequence[str | None], **columns: object) -> Chunk:
    missing = {"created_at": pd.NaT, "closed_at": pd.NaT, "won": None, "stage": None, "account_id": None}
    leads = pd.DataFrame({"position": range(len(visits)), "visits": visits, "industry": industry, **missing})
    names = [f"lead {number}" for number in leads["position"]]
    leads = leads.assign(**{"lead_id": names, "lost_spells": None, **columns})
    texts = dict.fromkeys(("industry", "stage", "account_id"), "str")
    times = dict.fromkeys(("created_at", "closed_at"), "datetime64[us]")
    leads = leads.astype({"visits": float, "won": "boolean", **texts, **times})
    events = pd.DataFrame({"position": [], "occurred_at": [], "type": [], "asset": [], "value": []})
    events = events.astype({"position": int, "occurred_at": "datetime64[us]"})
    stages = pd.DataFrame({"position": [], "stage": [], "entered_at": []})
    return Chunk(leads, events, stages.astype({"position": int, "entered_at": "datetime64[us]"}))


@pytest.fixture(scope="session")
def features_of() -> Callable[..., pd.DataFrame]:
    """Make the features of leads with those visits and industries."""
    return lambda visits, industry: build(Batch.at(make_chunk(visits, industry), SCHEMA, NOW))


@pytest.fixture(scope="session")
def flat_table(features_of) -> Callable[..., TrainingTable]:
    """Make a table of leads that ended so, the oldest first."""

    def make(visits, industry, won) -> TrainingTable:
        names = pd.Series(range(len(won))).astype("str")
        rows = pd.DataFrame({"lead_id": names, "group": names, "as_of": NOW, "won": won, "order": range(len(won))})
        return TrainingTable(SCHEMA, features_of(visits, industry), rows, timed=False, horizon=90)

    return make


@pytest.fixture(scope="session")
def scorer(flat_table) -> Scorer:
    """Software companies that visit often are won more often."""
    random = np.random.default_rng(0)
    visits, industry = random.poisson(3, 4000), random.choice(["Software", "Farming"], 4000)
    log_odds = -3 + 0.4 * visits + 1.5 * (industry == "Software")
    won = (random.uniform(size=4000) < 1 / (1 + np.exp(-log_odds))).astype(int)
    table = flat_table(visits, industry, won)
    return assemble(learn(table, None, seed=0, effort=Effort(0)), table, table.features.head(0), version="7")
