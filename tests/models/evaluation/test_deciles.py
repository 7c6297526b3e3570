"""What became of leads by tenth of the score and by grade: as they stood, from what was known before them."""

import numpy as np
import pandas as pd
import pytest

from data.chunk import Chunk
from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from features import Batch, build
from models import scale as scales
from models.evaluation.deciles import counted, deciles_in_history, scorer_before
from models.fitting import assemble
from models.training import Effort, learn
from models.training_table import TrainingTable

SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("visits", "Visits", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
    ),
)


def batch_of(visits, industry) -> Batch:
    leads = pd.DataFrame({"position": range(len(visits)), "visits": visits, "industry": industry, "created_at": pd.NaT})
    leads = leads.astype({"visits": float, "industry": "str"})
    events = pd.DataFrame({"position": [], "occurred_at": [], "type": [], "asset": [], "value": []})
    stages = pd.DataFrame({"position": [], "stage": [], "entered_at": []})
    return Batch.at(Chunk(leads, events, stages), SCHEMA, pd.Timestamp("2025-01-01"))


@pytest.fixture(scope="module")
def trained():
    """A model of 4,000 leads in their order, which are won by visits and by industry."""
    random = np.random.default_rng(0)
    visits, industry = random.poisson(3, 4000), random.choice(["Software", "Farming"], 4000)
    log_odds = -3 + 0.4 * visits + 1.5 * (industry == "Software")
    won = (random.uniform(size=4000) < 1 / (1 + np.exp(-log_odds))).astype(int)
    design = build(batch_of(visits, industry))
    names = pd.Series(range(4000)).astype("str")
    rows = pd.DataFrame({"lead_id": names, "group": names, "as_of": pd.NaT, "won": won, "order": range(4000)})
    table = TrainingTable(SCHEMA, design, rows, timed=False, horizon=90)
    learned = learn(table, None, seed=0, effort=Effort(0))
    return assemble(learned, table, design.head(0), version="7"), learned, table, design.head(0)


def test_a_scorer_as_it_was_says_what_was_measured_on_the_newest_block(trained):
    scorer, learned, *_ = trained
    newest = learned.features[learned.splits.test]
    was = scorer_before(*trained)
    told = was.score(was.with_rules(newest.reset_index(drop=True)))
    assert told["probability"].to_numpy() == pytest.approx(learned.served, abs=1e-9)
    assert (scorer.score(scorer.with_rules(newest))["probability"] != told["probability"].to_numpy()).any()


def test_tenths_are_those_of_the_newest_block_alone_counted_plainly(trained):
    _, learned, table, _ = trained
    tenth = np.minimum(scales.scores(scorer_before(*trained).scale, learned.served) // 10, 9)
    won = table.won[learned.splits.test]
    plainly = [
        (place, int((tenth == place).sum()), won[tenth == place].mean()) for place in range(10) if place in tenth
    ]
    found = deciles_in_history(*trained)["tenths"]
    assert [(each["place"], each["leads"], pytest.approx(each["won"])) for each in found] == plainly
    assert found[-1]["won"] > 2 * found[0]["won"]


def test_who_fits_and_visits_was_won_more_often_than_who_does_neither(trained):
    found = deciles_in_history(*trained)["grades"]
    assert sum(each["leads"] for each in found) == trained[1].splits.test.sum()
    won = {each["place"]: each["won"] for each in found}
    assert won["A1"] > 4 * won["C4"]


def test_a_lead_that_was_looked_at_often_counts_no_more_than_one_looked_at_once():
    leads, won = np.array(["a", "a", "b"]), np.array([1, 1, 0])
    found = counted(np.array(["A1", "A1", "A1"]), leads, won, np.array([0.5, 0.5, 1.0]))
    assert found == [{"place": "A1", "leads": 2, "won": 0.5}]
