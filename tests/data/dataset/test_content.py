"""What a schema was made for, and what of it the tables hold."""

import pandas as pd

from data.config import settings_of_folder
from data.dataset import Content, open_dataset
from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind
from tests.data.small import NOW, table

LEADS = """
lead_id created_at  Branch email    Region
1       2025-01-01  Retail a@b.com  _
2       2025-01-02  Health c@d.com  _
"""
EVENTS = """
lead_id occurred_at type
1       2025-01-03  trial
"""
OUTCOMES = """
lead_id closed_at  won
1       2025-02-01 true
"""


def attributes(*names: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, name, Kind.CATEGORY, Family.FIRMOGRAPHIC) for name in names)


def test_columns_that_are_there_are_known_by_both_names_and_empty_ones_are_none(tmp_path):
    for name, text in {"leads": LEADS, "events": EVENTS, "outcomes": OUTCOMES}.items():
        table(tmp_path / f"{name}.csv", text)
    settings = settings_of_folder(tmp_path).model_copy(update={"columns": {"leads": {"industry": "Branch"}}})
    with open_dataset(settings, workspace=tmp_path / "var", now=NOW) as dataset:
        content = dataset.content()
    assert content.tables == {"leads", "events", "outcomes"} and content.event_types == {
        "trial": pd.Timestamp("2025-01-03 23:59:59"),
    }
    made_for = Schema(True, attributes("industry", "Branch", "Region", "Size"), (EventType("trial"), EventType("fair")))
    assert content.lacks(made_for, ["leads", "events", "stages"]) == [
        "the table of stages", "the column Region", "the column Size", "the type of event fair"
    ]  # fmt: skip


def test_many_columns_are_counted():
    content = Content(frozenset(), frozenset(), {}, frozenset())
    assert content.lacks(Schema(True, attributes(*"abcdefg")), []) == ["7 columns (a, b, c, d, e, …)"]
