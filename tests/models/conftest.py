import numpy as np
import pandas as pd
import pytest

from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from features import EventCount, Feature, Given
from models.training_table import TrainingTable


@pytest.fixture(scope="session")
def features() -> tuple[Feature, ...]:
    """A small catalogue: one category, one number, two windows of one concept."""
    visits = "pricing page visits"
    return (
        Feature("industry", "Industry", Family.FIRMOGRAPHIC, Given("industry"), "Industry: {value}",
                "Industry not given", categorical=True),
        Feature("budget", "Budget", Family.DECLARED, Given("budget"), "Budget: {value}", "Budget not given"),
        Feature("visits_7d", visits, Family.BEHAVIOURAL, EventCount("visits", 7), "{value} visits in 7 days", "–",
                one="One visit in 7 days", zero="No visit in 7 days"),
        Feature("visits_30d", visits, Family.BEHAVIOURAL, EventCount("visits", 30), "{value} visits in 30 days", "–",
                one="One visit in 30 days", zero="No visit in 30 days"),
    )  # fmt: skip


@pytest.fixture(scope="session")
def design() -> pd.DataFrame:
    """3,000 rows of that catalogue, with the points of some rules."""
    random = np.random.default_rng(0)
    visits = random.poisson(1.0, 3000).astype(float)
    return pd.DataFrame(
        {
            "industry": pd.Series(random.choice(["Software", "Retail", "Farming", None], 3000), dtype="str"),
            "budget": np.where(random.uniform(size=3000) < 0.3, np.nan, random.lognormal(9, 1, 3000)),
            "visits_7d": visits,
            "visits_30d": visits + random.poisson(1.0, 3000),
            "rule_points": random.uniform(0, 100, 3000),
        }
    )


@pytest.fixture(scope="session")
def won(design) -> np.ndarray:
    """Software companies that visit are won more often."""
    log_odds = -2 + 1.0 * (design["industry"] == "Software") + 0.5 * design["visits_7d"] + 0.01 * design["rule_points"]
    return (np.random.default_rng(1).uniform(size=len(design)) < 1 / (1 + np.exp(-log_odds))).astype(int).to_numpy()


VISITS_AND_REGION = Schema(
    timed=False,
    attributes=(
        Attribute("visits", "Visits", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("region", "Region", Kind.CATEGORY, Family.DEMOGRAPHIC),
    ),
)


def in_order(schema: Schema, design: pd.DataFrame, won) -> TrainingTable:
    """Rows of a design as leads of their own, the oldest first."""
    names = pd.Series([f"lead {number}" for number in range(len(design))])
    rows = pd.DataFrame(
        {"lead_id": names, "group": names, "as_of": pd.NaT, "won": np.asarray(won, int), "order": range(len(design))}
    )
    return TrainingTable(schema, design, rows, timed=False, horizon=90)


@pytest.fixture(scope="session")
def table(design, won) -> TrainingTable:
    """The 3,000 rows, the oldest first."""
    return in_order(Schema(timed=False), design, won)


@pytest.fixture(scope="session")
def table_of():
    """Make leads in order of time whose log-odds are a function of their visits and region."""

    def make(log_odds, count: int = 4000) -> TrainingTable:
        random = np.random.default_rng(0)
        design = pd.DataFrame(
            {
                "visits": random.poisson(3, count).astype(float),
                "region": pd.Series(random.choice(["North", "South"], count), dtype="str"),
                "fields_given": 2.0,
            }
        )
        won = random.uniform(size=count) < 1 / (1 + np.exp(-log_odds(design)))
        return in_order(VISITS_AND_REGION, design, won)

    return make
