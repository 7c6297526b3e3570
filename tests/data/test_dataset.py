"""A data set counts every row, reads every cell alike, and streams its leads in the order of the input."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from data.dataset import Dataset, OutcomeCounts, open_dataset, require_outcomes
from data.errors import InputError
from data.schema import Chunk, EventType, Schema
from data.settings import Outcome, Settings, StageMapping, settings_of_folder

NOW = pd.Timestamp("2025-06-01")


def table(path: Path, text: str) -> Path:
    """Write a table given as lines of cells that are parted by blanks; ``_`` is an empty cell."""
    rows = [
        [cell.replace("_", "") if cell == "_" else cell for cell in line.split()] for line in text.strip().splitlines()
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@contextmanager
def folder(tmp_path: Path, schema: Schema | None = None, **tables: str) -> Iterator[Dataset]:
    """Open a folder of tables."""
    for name, text in tables.items():
        table(tmp_path / f"{name}.csv", text)
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", schema=schema, now=NOW) as dataset:
        yield dataset


@contextmanager
def flat(tmp_path: Path, text: str, schema: Schema | None = None, **given: object) -> Iterator[Dataset]:
    """Open one file of leads with the outcome in column ``y``."""
    tables = {"leads": table(tmp_path / "flat.csv", text)}
    chosen = Settings(**{"tables": tables, "outcome": Outcome(column="y")} | given)
    with open_dataset(chosen, workspace=tmp_path / "var", schema=schema, now=NOW) as dataset:
        yield dataset


def whole(dataset: Dataset) -> Chunk:
    (chunk,) = dataset.chunks()
    return chunk


def flags_of(dataset: Dataset) -> dict[tuple[str, str, str], int]:
    return {(flag.table, flag.column, flag.problem): flag.count for flag in dataset.report.flags}


LEADS = """
lead_id account_id created_at industry
007     a          2025-01-01 Retail
8       a          2025-01-02 Retail
9       b          2025-01-03 Health
"""


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
        ("_ z 2025-02-01 visit _ _ n", "an event without a lead: its account_id is unknown"),
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


def test_events_without_an_id_are_all_used(tmp_path) -> None:
    events = "lead_id occurred_at type\n8 2025-02-01 visit\n8 2025-02-01 visit\n"
    with folder(tmp_path, leads=LEADS, events=events) as dataset:
        assert len(whole(dataset).events) == 2


STAGES = """
lead_id stage    entered_at
007     MQL      2025-02-01
007     Customer 2025-03-01
8       lead     2025-02-01
8       Lost     2025-02-05
8       sql      2025-02-09
9       demo     2025-02-01
9       lost     2025-02-03
9       Lost     2025-02-09
"""


def test_outcomes_come_from_the_stage_history(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS, stages=STAGES) as dataset:
        leads, _, stages, _ = whole(dataset)
        assert dataset.schema.stages == ("lead", "MQL", "sql")
        assert dataset.outcome_counts == OutcomeCounts(won=1, lost=1, open=1)
    assert leads["won"].tolist() == [True, pd.NA, False]
    assert leads["closed_at"].dropna().tolist() == [pd.Timestamp("2025-03-01"), pd.Timestamp("2025-02-09")]
    assert stages["stage"].tolist() == ["MQL", "lead", "sql", "demo"]


@pytest.mark.parametrize(("on_the_day", "stages"), [(19, ("sql",)), (18, ("lead", "sql"))])
def test_a_stage_in_which_nearly_all_leads_begin_is_none_to_learn_from(tmp_path, on_the_day, stages) -> None:
    """It would say what the age of the lead says; what a lead went through stays whole."""
    leads = "lead_id created_at\n" + "\n".join(f"{number} 2025-02-01T09:00" for number in range(20))
    entered = ["2025-02-01T18:00"] * on_the_day + ["2025-02-09T09:00"] * (20 - on_the_day)
    history = [f"{number} lead {moment}" for number, moment in enumerate(entered)] + ["3 sql 2025-02-20"]
    with folder(tmp_path, leads=leads, stages="lead_id stage entered_at\n" + "\n".join(history)) as dataset:
        assert dataset.schema.stages == stages
        assert whole(dataset).stages["stage"].value_counts().to_dict() == {"lead": 20, "sql": 1}


def test_other_names_of_closing_stages_are_taken_from_the_settings(tmp_path) -> None:
    table(tmp_path / "leads.csv", LEADS)
    table(tmp_path / "stages.csv", STAGES)
    mapped = settings_of_folder(tmp_path).model_copy(update={"stages": StageMapping(won=["DEMO"], lost=["mql"])})
    with open_dataset(mapped, workspace=tmp_path, now=NOW) as dataset:
        assert whole(dataset).leads["won"].tolist() == [pd.NA, pd.NA, True]


def test_outcomes_come_from_their_table(tmp_path) -> None:
    outcomes = """
        lead_id closed_at  won   amount
        9       2025-03-01 true  1,200
        8       2025-03-02 no    _
        9       2025-03-03 true  5
        5       2025-03-03 true  5
        007     _          yes   5
        """
    with folder(tmp_path, leads=LEADS, outcomes=outcomes) as dataset:
        leads, counts = whole(dataset).leads, dataset.report.tables["outcomes"]
    assert leads["won"].tolist() == [pd.NA, False, True]
    assert leads["amount"].tolist()[2] == 1200
    assert counts.reasons == {
        "no known lead": 1,
        "no readable closing time, or neither won nor lost": 1,
        "another outcome of the lead counts: its first win, else its last loss": 1,
    }


@pytest.mark.parametrize(
    ("told", "won", "closed", "between"),
    [
        ("02-01 no, 05-01 yes", True, "05-01", [("02-01", "05-01")]),
        ("05-01 yes, 02-01 no", True, "05-01", [("02-01", "05-01")]),
        ("02-01 no, 03-01 no, 05-01 no", False, "05-01", [("02-01", "05-01"), ("03-01", "05-01")]),
        ("02-01 yes, 05-01 no", True, "02-01", []),
        ("02-01 yes, 05-01 yes", True, "02-01", []),
        ("02-01 no, 02-01 no", False, "02-01", []),
    ],
)
def test_of_several_outcomes_the_first_win_counts_else_the_last_loss(tmp_path, told, won, closed, between) -> None:
    """A lead that was lost before is not looked at from then on until the outcome that counts."""
    rows = "".join(f"9 2025-{outcome.strip()}\n" for outcome in told.split(","))
    with folder(tmp_path, leads=LEADS, outcomes=f"lead_id closed_at won\n{rows}") as dataset:
        lead = whole(dataset).leads.iloc[2]
        assert dataset.report.tables["outcomes"].quarantined == told.count(",")
    assert (lead["won"], lead["closed_at"]) == (won, pd.Timestamp(f"2025-{closed}"))
    assert spells_of(lead) == between


def spells_of(lead: pd.Series) -> list[tuple[str, str]]:
    spells = () if lead["lost_spells"] is None else lead["lost_spells"]
    return [(f"{pd.Timestamp(lost):%m-%d}", f"{pd.Timestamp(reopened):%m-%d}") for lost, reopened in spells]


def test_each_spell_of_a_lead_that_was_lost_twice_is_known(tmp_path) -> None:
    steps = "02-01 mql, 02-05 lost, 02-20 mql, 03-10 lost, 04-10 mql, 05-10 customer"
    rows = "".join(f"9 {step.split()[1]} 2025-{step.split()[0]}\n" for step in steps.split(","))
    with folder(tmp_path, leads=LEADS, stages=f"lead_id stage entered_at\n{rows}") as dataset:
        lead = whole(dataset).leads.iloc[2]
    assert spells_of(lead) == [("02-05", "02-20"), ("03-10", "04-10")]


@pytest.mark.parametrize(
    ("values", "given", "won"),
    [
        (["1", "0", "_"], {}, [True, False, None]),
        (["YES", "no", "No"], {}, [True, False, False]),
        (["1.0", "0.0", "_"], {}, [True, False, None]),
        (["A", "B", "_"], {"won": ["a"]}, [True, False, None]),
        (["A", "B", "C"], {"won": ["A"], "lost": ["C"]}, [True, None, False]),
        (["A", "B", "C"], {"won": ["A", "b"]}, [True, True, False]),
    ],
)
def test_a_final_outcome_is_won_lost_or_open(tmp_path, values, given, won) -> None:
    text = "lead_id x y\n" + "".join(f"{number} {number % 2} {value}\n" for number, value in enumerate(values))
    with flat(tmp_path, text, outcome=Outcome(column="y", **given)) as dataset:
        found = whole(dataset).leads["won"]
        assert not dataset.schema.timed
    assert found.astype(object).where(found.notna(), None).tolist() == won


def test_an_outcome_column_called_stage_is_not_also_the_stage(tmp_path) -> None:
    outcome = Outcome(column="Stage", won=["won"], lost=["lost"])
    with flat(tmp_path, "lead_id Stage x\n1 Won 5\n2 Lost 6\n3 New 7\n", outcome=outcome) as dataset:
        assert whole(dataset).leads["stage"].isna().all()
        assert dataset.schema.excluded["Stage"] == "the outcome"


def test_a_third_outcome_value_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="more than two values"), flat(tmp_path, "lead_id y\n1 yes\n2 no\n3 maybe\n"):
        pass


def test_outcomes_of_one_class_are_no_error(tmp_path) -> None:
    with flat(tmp_path, "lead_id x y\n1 5 no\n2 6 no\n") as dataset:
        assert dataset.outcome_counts == OutcomeCounts(0, 2, 0)
        require_outcomes(dataset)


def test_a_flat_file_with_closing_dates_is_timed(tmp_path) -> None:
    columns = {"leads": {"closed_at": "won date"}}
    path = tmp_path / "flat.csv"
    path.write_text("lead_id,y,won date\n1,yes,26-02-2018 19:58\n2,no,01-02-2018\n3,,\n4,yes,\n")
    chosen = Settings(tables={"leads": path}, outcome=Outcome(column="y"), columns=columns)
    with open_dataset(chosen, workspace=tmp_path / "var", now=NOW) as dataset:
        closed = whole(dataset).leads["closed_at"]
        assert dataset.schema.timed
        assert flags_of(dataset)["leads", "closed_at", "closed without a closing date"] == 1
        assert dataset.newest == pd.Timestamp("2018-02-26 19:58")
    assert closed.dropna().tolist() == [pd.Timestamp("2018-02-26 19:58"), pd.Timestamp("2018-02-01")]


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


def test_future_dates_are_flagged_and_do_not_move_the_newest_moment(tmp_path) -> None:
    leads = LEADS + "10 c 2031-01-01 Retail\n"
    events = EVENTS + "8 _ 2030-01-01 visit _ _ e9\n"
    with folder(tmp_path, leads=leads, events=events) as dataset:
        assert dataset.newest == pd.Timestamp("2025-02-03 10:00")
        assert whole(dataset).leads["created_at"].isna().tolist() == [False, False, False, True]
        assert len(whole(dataset).events) == 6
        flags = flags_of(dataset)
    assert flags["leads", "created_at", "in the future: read as missing"] == 1
    assert flags["events", "occurred_at", "in the future: kept"] == 1


@pytest.mark.parametrize(("events", "end"), [(3000, "2025-01-31"), (500, "2025-01-31"), (100, "2025-05-30")])
def test_one_mistyped_date_is_not_the_end_of_many(tmp_path, events, end) -> None:
    """Of few rows nobody can tell which is mistyped."""
    days = "".join(f"007 2025-01-{1 + number % 31:02} visit\n" for number in range(events))
    with folder(tmp_path, leads=LEADS, events=f"lead_id occurred_at type\n{days}8 2025-05-30 visit\n") as dataset:
        assert dataset.settled == pd.Timestamp(end)
        assert dataset.newest == pd.Timestamp("2025-05-30")
        flags = [flag.rows for flag in dataset.report.flags if flag.problem.startswith("long after all else")]
    assert flags == ([("8",)] if events > 100 else [])


def test_what_happens_in_the_wrong_order_is_flagged(tmp_path) -> None:
    outcomes = "lead_id closed_at won\n8 2024-12-01 yes\n"
    events = "lead_id occurred_at type\n9 2024-12-01 visit\n"
    with folder(tmp_path, leads=LEADS, outcomes=outcomes, events=events) as dataset:
        flags = flags_of(dataset)
    assert flags["leads", "created_at", "created after it was closed"] == 1
    assert flags["events", "occurred_at", "before its lead was created"] == 1


def test_without_any_date_the_newest_moment_is_now(tmp_path) -> None:
    with flat(tmp_path, "lead_id y\n1 1\n2 0\n") as dataset:
        assert dataset.newest == NOW


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
    monkeypatch.setattr("data.assembly.RARE", 1)
    rows = [f"8 2025-02-{day:02} visit {'price' if day < 21 else 'home'} _" for day in range(1, 28)]
    events = "lead_id occurred_at type asset value\n" + "\n".join([*rows, "9 2025-02-01 mail news 2"])
    with folder(tmp_path, leads=LEADS, events=events) as dataset:
        assert dataset.schema.event_types == (EventType("visit", ("price",), False), EventType("mail", (), True))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"columns": {"leads": {"lead_id": "Lead Id"}}}, "there is no column 'Lead Id'"),
        ({"columns": {"leads": {"sorce": "x"}}}, "did you mean 'source'"),
        ({"outcome": Outcome(column="z")}, "there is no column 'z'"),
        ({"order": "numbr"}, "there is no column 'numbr'"),
        ({"drop": ["xx"]}, "did you mean 'x'"),
        ({"keep": ["q"]}, "there is no column 'q'"),
    ],
)
def test_a_column_that_is_named_but_not_there_is_an_error(tmp_path, given, said) -> None:
    with pytest.raises(InputError, match=said), flat(tmp_path, "lead_id x y\n1 5 1\n2 6 0\n", **given):
        pass


def test_a_project_without_leads_is_refused(tmp_path) -> None:
    events = table(tmp_path / "events.csv", EVENTS)
    chosen = Settings(tables={"events": events})
    with pytest.raises(InputError, match="no table of leads"), open_dataset(chosen, workspace=tmp_path / "var"):
        pass


@pytest.mark.parametrize(
    ("text", "said"), [("lead_id y\n", "a header without rows"), ("lead_id y\n_ 1\n", "1 × no lead_id")]
)
def test_leads_without_a_usable_row_are_refused(tmp_path, text, said) -> None:
    with pytest.raises(InputError, match=said), flat(tmp_path, text):
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
