"""What rules name is read from the data although nothing is learned from it."""

import pandas as pd

from data.config import settings_of_folder
from data.dataset import open_dataset
from data.schema import Attribute, Mentions
from data.vocabulary import Family, Kind
from tests.data.small import NOW, table, whole

LEADS = """
lead_id created_at industry country partner budget
1       2025-01-01 Retail   NO      _       5000
2       2025-01-02 Health   NO      _       900
"""
EVENTS = """
lead_id occurred_at type      asset
1       2025-01-03  fair-talk booth
1       2025-01-03  download  price-list
"""
OUTCOMES = """
lead_id closed_at  won
1       2025-02-01 true
"""


def named(*names: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, name, Kind.CATEGORY, Family.FIRMOGRAPHIC) for name in names)


def test_a_column_alike_for_all_or_empty_is_read_and_one_that_is_not_there_is_missing(tmp_path):
    mentions = Mentions(named("Country", "partner", "annual revenue", "industry", "nonsense"))
    for name, text in {"leads": LEADS, "events": EVENTS, "outcomes": OUTCOMES}.items():
        table(tmp_path / f"{name}.csv", text)
    settings = settings_of_folder(tmp_path)
    with open_dataset(settings, workspace=tmp_path / "var", now=NOW, mentions=mentions) as dataset:
        assert [each.name for each in dataset.schema.named.attributes] == ["country", "partner", "annual_revenue"]
        assert [each.name for each in dataset.schema.attributes] == ["industry", "budget"]
        leads = whole(dataset).leads
    assert leads["country"].tolist() == ["NO", "NO"] and leads[["partner", "annual_revenue"]].isna().all(axis=None)
    # What has been named at training is read of later leads without being named again.
    table(tmp_path / "leads.csv", LEADS.replace(" budget", " budget annual_revenue").replace("5000", "5000 7000000"))
    with open_dataset(settings, workspace=tmp_path / "var", now=NOW, schema=dataset.schema) as later:
        assert whole(later).leads["annual_revenue"].iloc[0] == 7_000_000


def test_events_are_named_by_the_vocabulary_or_by_the_data_and_those_that_nothing_learns_from_are_counted(tmp_path):
    mentions = Mentions(
        channels=(("fair talk", ""), ("quote_request", ""), ("nonsense", ""), ("download", "price list"))
    )
    for name, text in {"leads": LEADS, "events": EVENTS, "outcomes": OUTCOMES}.items():
        table(tmp_path / f"{name}.csv", text)
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", now=NOW, mentions=mentions) as dataset:
        assert dataset.schema.named.channels == (("fair talk", ""), ("quote_request", ""), ("download", "price list"))
        expected = pd.DataFrame({"type": ["fair-talk"], "events": [1], "leads": [1]})
        pd.testing.assert_frame_equal(dataset.unlearned_events(), expected, check_dtype=False)
    assert dataset.without_mentions().schema.named == Mentions()
