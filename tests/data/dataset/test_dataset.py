"""A data set counts every row, reads every cell alike, and streams its leads in the order of the input."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from data.config import Outcome, Settings, settings_of_folder
from data.dataset.dataset import OutcomeCounts, open_dataset
from data.errors import InputError
from data.schema import EventType
from tests.data.small import LEADS, NOW, STAGES, flags_of, flat, folder, table, whole


def test_leads_come_in_input_order_with_ids_verbatim(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS) as dataset:
        leads = whole(dataset).leads
    assert leads["lead_id"].tolist() == ["007", "8", "9"]
    assert leads["position"].tolist() == [0, 1, 2]
    assert leads["industry"].tolist() == ["Retail", "Retail", "Health"]


def test_a_chunk_has_the_columns_and_types_that_the_schema_promises(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS) as dataset:
        chunk = whole(dataset)
    kinds = {name: str(kind) for name, kind in chunk.leads.dtypes.items()}
    assert kinds == {
        "position": "int64", "lead_id": "str", "account_id": "str", "created_at": "datetime64[us]",
        "closed_at": "datetime64[us]", "won": "boolean", "amount": "float64", "lost_spells": "object", "stage": "str",
        "impossible_size": "float64", "email": "str", "job_title": "str", "company": "str", "owner": "str",
        "industry": "str",
    }  # fmt: skip
    assert {name: str(kind) for name, kind in chunk.events.dtypes.items()} == {
        "position": "int64", "occurred_at": "datetime64[us]", "type": "str", "asset": "str", "campaign": "str",
        "value": "float64",
    }  # fmt: skip
    assert [str(kind) for kind in chunk.stages.dtypes] == ["int64", "str", "datetime64[us]"]


EVENTS = """
lead_id account_id occurred_at          type   asset value event_id
8       _          2025-02-03T10:00:00Z visit  price 1.5   e1
007     _          2025-02-02           visit  _     _     e2
_       a          2025-02-01           mail   news  _     e3
007     b          2025-01-31           visit  price _     e4
"""


def test_events_are_sorted_by_lead_and_time_and_those_of_an_account_count_for_all_its_leads(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS, events=EVENTS) as dataset:
        events = whole(dataset).events
    assert events["position"].tolist() == [0, 0, 0, 1, 1]
    assert events["type"].tolist() == ["visit", "mail", "visit", "mail", "visit"]
    assert events["occurred_at"].tolist()[-1] == pd.Timestamp("2025-02-03 10:00")
    assert events["value"].tolist()[-1] == 1.5


def test_the_values_of_an_attribute_are_counted_the_commonest_first(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS) as dataset:
        assert dataset.counts("industry").to_dict() == {"Retail": 2, "Health": 1}
        assert dataset.empty_attributes() == []


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_the_size_of_chunks_changes_nothing(tmp_path, size) -> None:
    with folder(tmp_path, leads=LEADS, events=EVENTS) as dataset:
        chunks, expected = list(dataset.chunks(size)), whole(dataset)
    for name in ("leads", "events"):
        together = pd.concat([getattr(chunk, name) for chunk in chunks], ignore_index=True)
        pd.testing.assert_frame_equal(together, getattr(expected, name))
    assert max(len(chunk.leads) for chunk in chunks) <= size


def test_rows_without_a_usable_id_go_to_quarantine(tmp_path) -> None:
    leads = LEADS + "_ a 2025-01-01 Retail\n8 b 2025-01-01 Second\nnan b 2025-01-01 Retail\nx y\n"
    with folder(tmp_path, leads=leads) as dataset:
        counts = dataset.report.tables["leads"]
        assert whole(dataset).leads["industry"].tolist() == ["Retail", "Retail", "Health"]
    assert (counts.read, counts.used, counts.quarantined) == (7, 3, 4)
    assert counts.reasons == {"no lead_id": 2, "the lead_id of an earlier row": 1, "too few cells": 1}
    rows = {"no lead_id": ("line 5", "line 7"), "the lead_id of an earlier row": ("line 6",)}
    assert counts.rows == {**rows, "too few cells": ("line 8",)}


def test_of_quarantined_rows_the_first_five_are_named(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS + "_ b 2025-01-01 Retail\n" * 7) as dataset:
        counts = dataset.report.tables["leads"]
    assert (counts.reasons, len(counts.rows["no lead_id"])) == ({"no lead_id": 7}, 5)


def test_rows_of_a_parquet_file_are_named_by_their_number(tmp_path) -> None:
    path = tmp_path / "leads.parquet"
    pd.DataFrame({"lead_id": ["1", None, "1"], "y": ["yes", "no", "no"]}).to_parquet(path)
    chosen = Settings(tables={"leads": path}, outcome=Outcome(column="y", won=["yes"]))
    with open_dataset(chosen, workspace=tmp_path / "var") as dataset:
        rows = dataset.report.tables["leads"].rows
    assert rows == {"no lead_id": ("row 2",), "the lead_id of an earlier row": ("row 3",)}


def test_quarantine_shows_the_row_its_line_and_the_reason_and_runs_no_formula(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS + "_ a 2025-01-01 =1+1\n=x y\n"):
        rows = pd.read_csv(tmp_path / "var/quarantine/leads.csv", dtype=str, keep_default_na=False)
    assert rows["line"].tolist() == ["5", "6"]
    assert rows["reason"].tolist() == ["no lead_id", "too few cells"]
    assert rows["industry"].tolist() == ["'=1+1", ""]
    assert rows["text"].tolist() == ["", "'=x,y"]


def test_quarantine_is_written_anew_at_each_reading(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS + "x y\n"):
        assert (tmp_path / "var/quarantine/leads.csv").exists()
    with folder(tmp_path, leads=LEADS):
        assert not (tmp_path / "var/quarantine/leads.csv").exists()


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("_ _ 2025-02-01 visit _ _ n", "an event without a lead: it names none"),
        ("77 a 2025-02-01 visit _ _ n", "an event without a lead: its lead_id is unknown"),
        ("8 _ soon visit _ _ n", "no readable time"),
        ("8 _ _ visit _ _ n", "no readable time"),
        ("8 _ 2025-02-01 _ _ _ n", "no type"),
        ("8 _ 2025-02-01 visit _ _ e1", "the event_id of an earlier row"),
    ],
)
def test_events_that_cannot_be_used_go_to_quarantine(tmp_path, event, reason) -> None:
    with folder(tmp_path, leads=LEADS, events=EVENTS + event) as dataset:
        counts = dataset.report.tables["events"]
    assert counts.reasons == {reason: 1}
    assert (counts.read, counts.used) == (5, 4)


def test_events_of_an_account_without_a_lead_are_used_and_known_by_account(tmp_path) -> None:
    more = "_ z 2025-02-01 visit _ _ n\n_ z 2025-02-03 pricing_visit _ _ m\n_ y 2024-02-03 visit _ _ k\n"
    with folder(tmp_path, leads=LEADS, events=EVENTS + more) as dataset:
        counts = dataset.report.tables["events"]
        active = dataset.accounts_without_lead(pd.Timestamp("2025-01-15"), 5)
        assert len(whole(dataset).events) == 5  # those of the leads alone
    assert (counts.read, counts.used, counts.reasons) == (7, 7, {})
    assert active.leads[["position", "account_id"]].values.tolist() == [[0, "z"]]
    assert active.events["type"].tolist() == ["visit", "pricing_visit"]  # what is later is cut as that of leads is


def test_events_without_an_id_are_all_used(tmp_path) -> None:
    events = "lead_id occurred_at type\n8 2025-02-01 visit\n8 2025-02-01 visit\n"
    with folder(tmp_path, leads=LEADS, events=events) as dataset:
        assert len(whole(dataset).events) == 2


@pytest.mark.parametrize(("on_the_day", "stages"), [(19, ("sql",)), (18, ("lead", "sql"))])
def test_a_stage_in_which_nearly_all_leads_begin_is_none_to_learn_from(tmp_path, on_the_day, stages) -> None:
    """It would say what the age of the lead says; what a lead went through stays whole."""
    leads = "lead_id created_at\n" + "\n".join(f"{number} 2025-02-01T09:00" for number in range(20))
    entered = ["2025-02-01T18:00"] * on_the_day + ["2025-02-09T09:00"] * (20 - on_the_day)
    history = [f"{number} lead {moment}" for number, moment in enumerate(entered)] + ["3 sql 2025-02-20"]
    with folder(tmp_path, leads=leads, stages="lead_id stage entered_at\n" + "\n".join(history)) as dataset:
        assert dataset.schema.stages == stages
        assert whole(dataset).stages["stage"].value_counts().to_dict() == {"lead": 20, "sql": 1}


def test_what_few_leads_did_is_no_feature_unless_we_have_a_word_for_it(tmp_path) -> None:
    """It may name a person, however many events it has."""
    ids = [f"{number:03d}" for number in range(20)]
    leads = "lead_id created_at\n" + "\n".join(f"{lead} 2025-01-01" for lead in ids)
    of_one = ["000 2025-02-01 call_to_Erika offer_for_Erika"] * 30
    of_nine = [f"{lead} 2025-02-01 webinar party" for lead in ids[:9] * 3]
    of_ten = [f"{lead} 2025-02-01 visit home" for lead in ids[:10] * 3]
    stages = [f"{lead} {stage} 2025-02-01" for stage in ("sql", "ask_Erika") for lead in ids[:9]]
    stages += [f"{lead} trial 2025-02-01" for lead in ids[:10]]
    with folder(
        tmp_path,
        leads=leads,
        events="lead_id occurred_at type asset\n" + "\n".join([*of_one, *of_nine, *of_ten]),
        stages="lead_id stage entered_at\n" + "\n".join(stages),
    ) as dataset:
        assert dataset.schema.event_types == (EventType("visit", ("home",), False), EventType("webinar", (), False))
        assert dataset.schema.stages == ("sql", "trial")


def test_an_example_of_a_bad_cell_shows_no_contact_data(tmp_path) -> None:
    cells = [*range(1, 41), "erika@privat.example"]
    rows = "\n".join(f"{number} {cell} {number % 2}" for number, cell in enumerate(cells))
    with flat(tmp_path, f"lead_id budget y\n{rows}") as dataset:
        (flag,) = [flag for flag in dataset.report.flags if flag.column == "budget"]
    assert flag.example == "'xxxxx@xxxxxx.xxxxxxx' in line 42"


def test_bad_cells_become_missing_and_are_counted_with_an_example(tmp_path) -> None:
    good = "".join(f"{number} {number}000 {number % 2}\n" for number in range(1, 40))
    with flat(tmp_path, "lead_id budget y\n" + good + "x abc 1\n") as dataset:
        (flag,) = dataset.report.flags
        assert whole(dataset).leads["budget"].isna().tolist() == [False] * 39 + [True]
    assert (flag.column, flag.problem, flag.count, flag.example) == ("budget", "not a number", 1, "'abc' in line 41")


def test_future_dates_are_flagged_and_do_not_move_the_end_of_the_data(tmp_path) -> None:
    leads = LEADS + "10 c 2031-01-01 Retail\n"
    events = EVENTS + "8 _ 2030-01-01 visit _ _ e9\n"
    with folder(tmp_path, leads=leads, events=events) as dataset:
        assert dataset.end == pd.Timestamp("2025-02-03 10:00")
        assert whole(dataset).leads["created_at"].isna().tolist() == [False, False, False, True]
        assert len(whole(dataset).events) == 6
        flags = flags_of(dataset)
    assert flags["leads", "created_at", "in the future: read as missing"] == 1
    assert flags["events", "occurred_at", "after the end of the data, 2025-02-03: planned, counts for nothing"] == 1


@pytest.mark.parametrize(("events", "end"), [(3000, "2025-01-31"), (500, "2025-01-31"), (10, "2025-04-30")])
def test_one_mistyped_date_is_not_the_end_of_many(tmp_path, events, end) -> None:
    """Of few rows nobody can tell which is mistyped."""
    days = "".join(f"007 2025-01-{1 + number % 31:02} visit\n" for number in range(events))
    with folder(tmp_path, leads=LEADS, events=f"lead_id occurred_at type\n{days}8 2025-04-30 visit\n") as dataset:
        assert dataset.end == pd.Timestamp(f"{end} 23:59:59")
        flags = [flag.rows for flag in dataset.report.flags if flag.problem.startswith("after the end of the data")]
    assert flags == ([("8",)] if events > 10 else [])


def test_what_happens_in_the_wrong_order_is_flagged(tmp_path) -> None:
    outcomes = "lead_id closed_at won\n8 2024-12-01 yes\n"
    events = "lead_id occurred_at type\n9 2024-12-01 visit\n"
    with folder(tmp_path, leads=LEADS, outcomes=outcomes, events=events) as dataset:
        flags = flags_of(dataset)
    assert flags["leads", "created_at", "created after it was closed"] == 1
    assert flags["events", "occurred_at", "before its lead was created"] == 1


def test_without_any_date_the_data_end_now(tmp_path) -> None:
    with flat(tmp_path, "lead_id y\n1 1\n2 0\n") as dataset:
        assert dataset.end == NOW


def test_times_without_a_zone_are_reported_once(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS, stages=STAGES) as dataset:
        (note,) = [note for note in dataset.report.notes if "zone" in note]
    assert note == "times without a zone are read as UTC: stages.entered_at, leads.created_at"


def test_dates_that_may_be_read_in_two_ways_are_said_and_can_be_settled(tmp_path) -> None:
    leads = "lead_id created_at y\n1 01/02/2025 1\n2 03/04/2025 0\n"
    columns = {"leads": {"created_at": "created_at"}}
    with flat(tmp_path, leads, columns=columns) as dataset:
        assert whole(dataset).leads["created_at"][0] == pd.Timestamp("2025-02-01")
        assert any("formats.leads.created_at" in note for note in dataset.report.notes)
    with flat(tmp_path, leads, formats={"leads": {"created_at": "month first"}}) as dataset:
        assert whole(dataset).leads["created_at"][0] == pd.Timestamp("2025-01-02")


def test_the_order_column_ranks_the_leads_and_is_no_attribute(tmp_path) -> None:
    text = "lead_id Lead_Number x y\na 30 1 1\nb 4 2 0\nc _ 9 0\n"
    with flat(tmp_path, text, order="Lead_Number") as dataset:
        assert dataset.order_ranks().to_dict() == {0: 3, 1: 2, 2: 1}
        assert dataset.schema.excluded["Lead_Number"] == "orders the evaluation"
    with flat(tmp_path, text, order="rows") as dataset:
        assert dataset.order_ranks().tolist() == [1, 2, 3]
    with flat(tmp_path, text) as dataset:
        assert dataset.order_ranks() is None


def test_a_file_without_ids_can_be_numbered_by_its_rows(tmp_path) -> None:
    with flat(tmp_path, "x y\n5 1\n7 0\n", columns={"leads": {"lead_id": "rows"}}) as dataset:
        assert whole(dataset).leads["lead_id"].tolist() == ["1", "2"]


def test_event_types_are_described_by_frequency_assets_and_values(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("data.dataset.assembly.RARE", 1)
    rows = [f"8 2025-02-{day:02} visit {'price' if day < 21 else 'home'} _" for day in range(1, 28)]
    events = "lead_id occurred_at type asset value\n" + "\n".join([*rows, "9 2025-02-01 mail news 2"])
    with folder(tmp_path, leads=LEADS, events=events) as dataset:
        assert dataset.schema.event_types == (EventType("visit", ("price",), False), EventType("mail", (), True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"columns": {"leads": {"lead_id": "Lead Id"}}}, "there is no column 'Lead Id'"),
        ({"columns": {"leads": {"sorce": "x"}}}, "did you mean 'source'"),
        ({"outcome": Outcome(column="z")}, "there is no column 'z'"),
        ({"order": "numbr"}, "there is no column 'numbr'"),
        ({"drop": ["xx"]}, "did you mean 'x'"),
        ({"keep": ["q"]}, "there is no column 'q'"),
    ],
)
def test_a_column_that_is_named_but_not_there_is_an_error(tmp_path, settings, message) -> None:
    with pytest.raises(InputError, match=message), flat(tmp_path, "lead_id x y\n1 5 1\n2 6 0\n", **settings):
        pass


def test_a_project_without_leads_is_refused(tmp_path) -> None:
    events = table(tmp_path / "events.csv", EVENTS)
    chosen = Settings(tables={"events": events})
    with pytest.raises(InputError, match="no table of leads"), open_dataset(chosen, workspace=tmp_path / "var"):
        pass


@pytest.mark.parametrize(
    ("text", "message"), [("lead_id y\n", "a header without rows"), ("lead_id y\n_ 1\n", "1 × no lead_id")]
)
def test_leads_without_a_usable_row_are_refused(tmp_path, text, message) -> None:
    with pytest.raises(InputError, match=message), flat(tmp_path, text):
        pass


def test_a_personal_column_that_is_left_out_is_not_read_any_more(tmp_path) -> None:
    """So the score store does not keep it either."""
    leads = "lead_id created_at company owner\na 2025-01-01 Acme Bo\nb 2025-01-02 Zeta Bo\n"
    with folder(tmp_path, leads=leads) as dataset:
        whole = dataset.schema
        assert [chunk.leads["company"].tolist() for chunk in dataset.chunks()] == [["Acme", "Zeta"]]
    with folder(tmp_path, whole.without({"company": "it knows the outcome"}, {"company"}), leads=leads) as dataset:
        assert [chunk.leads["company"].notna().any() for chunk in dataset.chunks()] == [False]


def test_an_amount_below_zero_is_flagged(tmp_path) -> None:
    leads = "lead_id created_at\na 2025-01-01\nb 2025-01-02\n"
    outcomes = "lead_id closed_at won amount\na 2025-02-01 1 -5e30\nb 2025-02-01 1 20\n"
    with folder(tmp_path, leads=leads, outcomes=outcomes) as dataset:
        (flag,) = dataset.report.flags
    assert (flag.column, flag.problem, flag.example, flag.rows) == (
        "amount",
        "below zero: counted in sums, not learned from",
        "-5e+30",
        ("a",),
    )


def test_nothing_stays_behind_but_the_quarantine(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS + "x y\n"):
        pass
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["quarantine"]


def test_the_report_is_plain_json(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS + "x y\n", events=EVENTS) as dataset:
        report = json.loads(json.dumps(dataset.report.to_dict()))
    assert report["tables"]["leads"]["quarantined"] == 1


def test_parquet_and_csv_give_the_same_chunks(tmp_path) -> None:
    (tmp_path / "typed").mkdir()
    with folder(tmp_path, leads=LEADS, events=EVENTS, stages=STAGES) as dataset:
        from_csv = whole(dataset)
    for name, times in (("leads", "created_at"), ("events", "occurred_at"), ("stages", "entered_at")):
        frame = pd.read_csv(tmp_path / f"{name}.csv", dtype={"lead_id": "str"})
        frame[times] = pd.to_datetime(frame[times], format="ISO8601", utc=True)
        frame.to_parquet(tmp_path / "typed" / f"{name}.parquet")
    with open_dataset(settings_of_folder(tmp_path / "typed"), workspace=tmp_path / "var", now=NOW) as dataset:
        for csv_frame, parquet_frame in zip(from_csv, whole(dataset), strict=True):
            pd.testing.assert_frame_equal(csv_frame, parquet_frame)


def test_x_education_is_read_as_its_readme_says(datasets, tmp_path) -> None:
    path = datasets / "x-education/Leads.csv"
    columns = {"leads": {"lead_id": "Prospect ID"}}
    chosen = Settings(tables={"leads": path}, columns=columns, outcome=Outcome(column="Converted"), order="Lead Number")
    with open_dataset(chosen, workspace=tmp_path) as dataset:
        assert dataset.outcome_counts == OutcomeCounts(3561, 5679, 0)
        constant = [name for name, reason in dataset.schema.excluded.items() if reason == "the same value in every row"]
        assert len(constant) == 5
        (chunk,) = dataset.chunks()
    assert not (chunk.leads == "Select").any(axis=None)


def test_olist_dates_are_read_day_first(datasets, tmp_path) -> None:
    path = datasets / "olist/olist_marketing_qualified_leads_dataset.csv"
    columns = {"leads": {"lead_id": "mql_id", "created_at": "first_contact_date"}}
    with open_dataset(Settings(tables={"leads": path}, columns=columns), workspace=tmp_path) as dataset:
        created = pd.concat([chunk.leads["created_at"] for chunk in dataset.chunks()])
        assert [attribute.name for attribute in dataset.schema.attributes] == ["landing_page_id", "origin"]
    assert (created.min(), created.max()) == (pd.Timestamp("2017-06-14"), pd.Timestamp("2018-05-31"))
