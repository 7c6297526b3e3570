import pandas as pd
import pytest

from data.chunk import Chunk, no_changes
from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind

LEADS = {
    "position": "int64",
    "lead_id": "str",
    "account_id": "str",
    "created_at": "datetime64[us]",
    "closed_at": "datetime64[us]",
    "won": "boolean",
    "stage": "str",
    "job_title": "str",
    "email": "str",
    "company": "str",
    "impossible_size": "float64",
    "industry": "str",
    "employees": "float64",
    "technologies": "str",
}
EVENTS = {
    "position": "int64",
    "occurred_at": "datetime64[us]",
    "type": "str",
    "asset": "str",
    "campaign": "str",
    "value": "float64",
}
STAGES = {"position": "int64", "stage": "str", "entered_at": "datetime64[us]"}


def _frame(rows: list[dict], columns: dict[str, str]) -> pd.DataFrame:
    cells = [{column: row.get(column) for column in columns} for row in rows]
    return pd.DataFrame(cells, columns=list(columns)).astype(columns)


@pytest.fixture(scope="session")
def schema() -> Schema:
    return Schema(
        timed=True,
        attributes=(
            Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
            Attribute("employees", "Employees", Kind.NUMBER, Family.FIRMOGRAPHIC),
            Attribute("technologies", "Technologies", Kind.SET, Family.FIRMOGRAPHIC, ("SAP",)),
        ),
        event_types=(EventType("download", ("price list",)), EventType("usage", has_value=True)),
        stages=("mql",),
        personal=("job_title", "email", "company"),
    )


@pytest.fixture(scope="session")
def chunk_of():
    """Make a chunk of literal rows; leads are numbered from 0."""

    def make(leads: list[dict], events: list[dict] = (), stages: list[dict] = (), changes: list[dict] = ()) -> Chunk:
        numbered = [{"position": number, "lead_id": f"lead {number}"} | lead for number, lead in enumerate(leads)]
        return Chunk(
            _frame(numbered, LEADS),
            _frame(list(events), EVENTS).sort_values(["position", "occurred_at"]),
            _frame(list(stages), STAGES).sort_values(["position", "entered_at"]),
            _frame(list(changes), no_changes().dtypes.astype("str").to_dict()).sort_values(["position", "changed_at"]),
        )

    return make
