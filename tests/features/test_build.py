"""Features on tables whose answers can be checked by head, and the properties that keep them honest."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.chunk import Chunk
from data.schema import Mentions
from data.vocabulary import AGE_EDGES
from features.batch import Batch
from features.build import build
from features.catalogue import catalogue

NEW_YEAR = pd.Timestamp("2025-01-01")


def days_before(days: float) -> pd.Timestamp:
    return (NEW_YEAR - pd.Timedelta(days=days)).floor("us")  # no moment is finer in the tables


def event(days: float, kind: str = "download", position: int = 0, **more) -> dict:
    return {"position": position, "occurred_at": days_before(days), "type": kind, **more}


@pytest.fixture
def features_of(schema, chunk_of):
    """Return the feature row of one lead at the new year."""

    def row(lead: dict | None = None, events=(), stages=()) -> pd.Series:
        return build(Batch.at(chunk_of([lead or {}], events, stages), schema, NEW_YEAR)).iloc[0]

    return row


def test_columns_are_the_catalogue_in_its_order(schema, chunk_of):
    frame = build(Batch.at(chunk_of([{}]), schema, NEW_YEAR))
    assert list(frame.columns) == [feature.name for feature in catalogue(schema)]


def test_windows_count_the_events_within_them(features_of):
    row = features_of(events=[event(1), event(6.9), event(7), event(29), event(89), event(400)])
    assert [row[f"download_{window}"] for window in ("7d", "30d", "90d", "ever")] == [2, 4, 5, 6]


def test_an_event_at_the_moment_itself_is_known_and_a_later_one_is_not(features_of):
    row = features_of(events=[event(0), event(-0.001)])
    assert row["download_ever"] == 1


def test_recency_is_the_last_edge_that_was_passed(features_of):
    assert features_of(events=[event(13.9), event(200)])["download_last"] == 7
    assert np.isnan(features_of()["download_last"])


def test_assets_are_counted_beside_their_type(features_of):
    row = features_of(events=[event(1, asset="price list"), event(2, asset="other")])
    assert (row["download_ever"], row["download: price list_ever"]) == (2, 1)


def test_what_only_rules_name_is_counted_however_it_is_spelt(schema, chunk_of):
    named = Mentions(
        words=(("technologies", "MS Excel"),),
        channels=(("quote_request", ""), ("download", "ebook"), ("trial", "")),
    )
    events = [
        event(9, "Quote Request"),
        event(2, "quote_request", asset="ebook"),
        event(1, position=1, asset="EBook"),
        event(1, position=1, asset="price list"),
    ]
    chunk = chunk_of([{"technologies": "sap; ms-excel"}, {}], events)
    features = build(Batch.at(chunk, replace(schema, named=named), NEW_YEAR))
    quotes = features[["quote_request_7d", "quote_request_ever", "quote_request_last"]]
    assert quotes.iloc[0].tolist() == [1, 2, 1]
    assert features["download: ebook_ever"].tolist() == [0, 1] and features["download_ever"].tolist() == [0, 2]
    assert features["technologies_MS Excel"].iloc[0] == 1
    # Nobody started a trial.
    assert [name for name in features.columns if name.startswith("trial")] == []


def test_values_are_summed_where_events_carry_them(features_of):
    row = features_of(events=[event(1, "usage", value=5), event(40, "usage", value=2), event(41, "usage")])
    assert (row["usage_30d_sum"], row["usage_ever_sum"], row["usage_ever"]) == (5, 7, 3)


def test_days_are_counted_once_however_many_events_they_have(features_of):
    row = features_of(events=[event(1.1), event(1.2), event(1.3), event(40)])
    assert (row["active_days_7d"], row["active_days"]) == (1, 2)


def test_an_event_of_an_unknown_type_is_still_activity(features_of):
    assert features_of(events=[event(1, "never seen")])["active_days"] == 1


def test_the_trend_compares_with_the_month_before(features_of):
    assert features_of(events=[event(1), event(2), event(45)])["activity_trend"] == 1


def test_a_stage_is_the_time_since_it_was_entered(features_of):
    row = features_of(stages=[{"position": 0, "stage": "mql", "entered_at": days_before(31)}])
    assert row["stage_mql"] == 30


def test_age_changes_only_at_the_declared_edges(features_of):
    ages = [features_of({"created_at": days_before(days)})["lead_age"] for days in (0.5, 6.9, 7, 89, 1000)]
    assert ages == [0, 1, 7, 60, 180]


def test_personal_columns_are_read_and_not_copied(features_of):
    row = features_of({"job_title": "VP Marketing", "email": "ann@gmail.com"})
    assert list(row[["job_rank", "job_department", "mail_kind"]]) == ["VP", "Marketing", "free"]
    assert not row.astype(str).str.contains("ann").any()


def test_a_made_up_name_counts_as_not_given_and_says_so(features_of):
    row = features_of({"company": "asdf", "job_title": "xxx"})
    assert list(row[["company_given", "company_made_up", "job_title_made_up"]]) == [0, 1, 1]
    assert row[["job_rank", "job_department"]].isna().all()


def test_a_name_that_is_not_given_was_not_made_up(features_of):
    assert features_of({"company": "Acme"})[["company_given", "company_made_up"]].tolist() == [1, 0]
    assert features_of({})[["company_made_up", "job_title_made_up"]].isna().all()


def test_a_contradiction_is_named(features_of):
    lead = {"email": "ann@gmail.com", "employees": 20_000, "company": "Acme"}
    assert features_of(lead)["contradiction"] == "free mail in a very large firm"
    assert pd.isna(features_of(lead | {"employees": 20})["contradiction"])


def test_a_lead_whose_size_could_not_be_says_so(features_of):
    assert features_of({"impossible_size": 1.0})["impossible_size"] == 1


def change(days: float, attribute: str, value, position: int = 0) -> dict:
    kind = "number" if attribute == "employees" else "text"
    return {"position": position, "attribute": attribute, "changed_at": days_before(days), kind: value}


def test_an_attribute_is_what_it_was_at_the_moment(schema, chunk_of):
    """Lead 0 has a history, whose first value came 20 days before the new year; lead 1 has none."""
    changes = [change(20, "industry", "Retail"), change(10, "industry", "Health"), change(-5, "industry", "Farming")]
    changes += [change(20, "employees", 5.0), change(10, "employees", None)]
    changes += [change(10, "technologies", "SAP; Excel")]
    leads = [{"industry": "Farming", "employees": 9.0, "technologies": "Excel"}] * 2
    snapshots = pd.DataFrame({"row": [0, 0, 0, 1], "as_of": [days_before(days) for days in (30, 20, 0, 30)]})
    rows = build(Batch(schema, *chunk_of(leads, changes=changes), snapshots=snapshots))
    assert rows["industry"].fillna("").tolist() == ["", "Retail", "Health", "Farming"]
    assert rows["employees"].fillna(-1).tolist() == [-1, 5, -1, 9]
    assert rows["technologies_SAP"].fillna(-1).tolist() == [-1, -1, 1, 0]
    assert rows["fields_given"].tolist() == [0, 2, 2, 3]


def test_what_is_derived_from_a_personal_column_is_as_it_was_too(schema, chunk_of):
    """A student who became a chief is a student before; his employer, whose addresses he had later, was another."""
    changes = [change(20, "job_title", "Student"), change(10, "job_title", "CEO"), change(10, "email", "a@gmail.com")]
    leads = [{"job_title": "CEO", "email": "a@gmail.com", "employees": 20_000}]
    snapshots = pd.DataFrame({"row": [0, 0], "as_of": [days_before(days) for days in (15, 0)]})
    rows = build(Batch(schema, *chunk_of(leads, changes=changes), snapshots=snapshots))
    assert rows["job_rank"].tolist() == ["Student", "C-level"]
    assert rows["contradiction"].fillna("").tolist() == ["", "free mail in a very large firm"]


def test_one_member_of_a_list_is_found_whatever_its_case(features_of):
    assert features_of({"technologies": "Oracle; sap"})["technologies_SAP"] == 1
    assert features_of({"technologies": "Oracle"})["technologies_SAP"] == 0


EVENTS = st.lists(
    st.builds(
        event,
        days=st.floats(-50, 400),
        kind=st.sampled_from(["download", "usage", "never seen"]),
        position=st.integers(0, 2),
        asset=st.sampled_from([None, "price list", "other"]),
        value=st.sampled_from([None, 1.0, 2.5]),
    ),
    max_size=25,
)


def stage(days: float, position: int) -> dict:
    return {"position": position, "stage": "mql", "entered_at": days_before(days)}


STAGES = st.lists(st.builds(stage, st.floats(-50, 400), st.integers(0, 2)), max_size=4)


UNKNOWN = [change(9999, name, None, position) for position in range(3) for name in ("industry", "job_title")]
CHANGES = st.lists(
    st.builds(
        change,
        st.floats(-50, 400),
        st.sampled_from(["industry", "job_title"]),
        st.sampled_from(["CEO", "Student", None]),
        st.integers(0, 2),
    ),
    max_size=4,
).map(lambda drawn: UNKNOWN + drawn)


@settings(deadline=None, max_examples=60)
@given(events=EVENTS, stages=STAGES, changes=CHANGES)
def test_no_row_after_the_moment_changes_a_feature(schema, chunk_of, events, stages, changes):
    """Neither does what came of it later: the cell as it stands now."""
    tables = ((events, "occurred_at"), (stages, "entered_at"), (changes, "changed_at"))
    known = [[row for row in rows if row[when] <= NEW_YEAR] for rows, when in tables]
    now, otherwise = {"industry": "Farming", "job_title": "CEO"}, {"industry": "Health", "job_title": "Intern"}
    with_future = build(Batch.at(chunk_of([now] * 3, events, stages, changes), schema, NEW_YEAR))
    without = build(Batch.at(chunk_of([otherwise] * 3, *known), schema, NEW_YEAR))
    pd.testing.assert_frame_equal(with_future, without)


@settings(deadline=None, max_examples=60)
@given(events=EVENTS, stages=STAGES)
def test_a_lead_alone_gives_the_row_that_it_has_in_a_batch(schema, chunk_of, events, stages):
    everyone = Batch.at(chunk_of([{}] * 3, events, stages), schema, NEW_YEAR)
    alone = Batch.at(only_lead_1(everyone), schema, NEW_YEAR)
    pd.testing.assert_frame_equal(build(alone), build(everyone).iloc[[1]].reset_index(drop=True))


def only_lead_1(batch: Batch) -> Chunk:
    tables = (batch.leads, batch.events, batch.stages, batch.changes)
    return Chunk(*(table[table["position"] == 1] for table in tables))


@settings(deadline=None, max_examples=60)
@given(events=EVENTS, days=st.floats(0, 400))
def test_between_two_edges_time_alone_changes_nothing(schema, chunk_of, events, days):
    chunk = chunk_of([{"created_at": days_before(30.5)}] * 3, [row for row in events if row["occurred_at"] <= NEW_YEAR])
    later = NEW_YEAR + pd.Timedelta(days=days)
    happened = [*chunk.events["occurred_at"], days_before(30.5)]
    if all(edges_passed(NEW_YEAR - moment) == edges_passed(later - moment) for moment in happened):
        before, after = (build(Batch.at(chunk, schema, moment)) for moment in (NEW_YEAR, later))
        pd.testing.assert_frame_equal(before, after)


def edges_passed(age: pd.Timedelta) -> int:
    return sum(age >= pd.Timedelta(days=edge) for edge in AGE_EDGES)
