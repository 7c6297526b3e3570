"""How leads ended: from a final column, a table of outcomes or the stage history."""

from __future__ import annotations

import pandas as pd
import pytest

from data.config import Outcome, Settings, StageMapping, settings_of_folder
from data.dataset import OutcomeCounts, open_dataset, require_outcomes
from data.errors import InputError
from tests.data.small import LEADS, NOW, STAGES, flags_of, flat, folder, table, whole


def test_outcomes_come_from_the_stage_history(tmp_path) -> None:
    with folder(tmp_path, leads=LEADS, stages=STAGES) as dataset:
        leads, _, stages, _ = whole(dataset)
        assert dataset.schema.stages == ("lead", "MQL", "sql")
        assert dataset.outcome_counts == OutcomeCounts(won=1, lost=1, open=1)
    assert leads["won"].tolist() == [True, pd.NA, False]
    assert leads["closed_at"].dropna().dt.strftime("%m-%d").tolist() == ["03-01", "02-09"]
    assert stages["stage"].tolist() == ["MQL", "lead", "sql", "demo"]


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
    ("outcomes", "won", "closed", "between"),
    [
        ("02-01 no, 05-01 yes", True, "05-01", [("02-01", "05-01")]),
        ("05-01 yes, 02-01 no", True, "05-01", [("02-01", "05-01")]),
        ("02-01 no, 03-01 no, 05-01 no", False, "05-01", [("02-01", "05-01"), ("03-01", "05-01")]),
        ("02-01 yes, 05-01 no", True, "02-01", []),
        ("02-01 yes, 05-01 yes", True, "02-01", []),
        ("02-01 no, 02-01 no", False, "02-01", []),
    ],
)
def test_of_several_outcomes_the_first_win_counts_else_the_last_loss(tmp_path, outcomes, won, closed, between) -> None:
    """A lead that was lost before has no snapshot from then on until the outcome that counts."""
    rows = "".join(f"9 2025-{outcome.strip()}\n" for outcome in outcomes.split(","))
    with folder(tmp_path, leads=LEADS, outcomes=f"lead_id closed_at won\n{rows}") as dataset:
        lead = whole(dataset).leads.iloc[2]
        assert dataset.report.tables["outcomes"].quarantined == outcomes.count(",")
    assert (lead["won"], lead["closed_at"]) == (won, pd.Timestamp(f"2025-{closed} 23:59:59"))
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
    ("values", "mapping", "won"),
    [
        (["1", "0", "_"], {}, [True, False, None]),
        (["YES", "no", "No"], {}, [True, False, False]),
        (["1.0", "0.0", "_"], {}, [True, False, None]),
        (["A", "B", "_"], {"won": ["a"]}, [True, False, None]),
        (["A", "B", "C"], {"won": ["A"], "lost": ["C"]}, [True, None, False]),
        (["A", "B", "C"], {"won": ["A", "b"]}, [True, True, False]),
    ],
)
def test_a_final_outcome_is_won_lost_or_open(tmp_path, values, mapping, won) -> None:
    text = "lead_id x y\n" + "".join(f"{number} {number % 2} {value}\n" for number, value in enumerate(values))
    with flat(tmp_path, text, outcome=Outcome(column="y", **mapping)) as dataset:
        outcomes = whole(dataset).leads["won"]
        assert not dataset.schema.timed
    assert outcomes.astype(object).where(outcomes.notna(), None).tolist() == won


ODOO = """
lead_id Stage Active Reason    Visits
1       New   False  Too_dear  5
2       Won   True   _         6
3       New   True   _         7
4       New   False  _         8
5       Won   False  Too_dear  9
6       New   True   Duplicate 1
"""


@pytest.mark.parametrize(
    ("lost_where", "won"),
    [
        ({"Active": ["False"], "Reason": "filled"}, [False, True, None, None, True, None]),
        ({"Active": ["false"]}, [False, True, None, False, True, None]),
        ({"Reason": "filled"}, [False, True, None, None, True, False]),
        ({"Reason": ["duplicate", "Spam"]}, [None, True, None, None, True, False]),
    ],
)
def test_leads_are_lost_where_further_columns_say_so_and_never_when_they_were_won(tmp_path, lost_where, won) -> None:
    with flat(tmp_path, ODOO, outcome=Outcome(column="Stage", won=["Won"], lost_where=lost_where)) as dataset:
        outcomes = whole(dataset).leads["won"]
        assert [attribute.name for attribute in dataset.schema.attributes if attribute.name in lost_where] == []
        assert {dataset.schema.excluded[name] for name in lost_where} == {"says which leads were lost"}
    assert outcomes.astype(object).where(outcomes.notna(), None).tolist() == won


def test_that_no_value_means_lost_can_be_said(tmp_path) -> None:
    with flat(tmp_path, "lead_id x y\n1 5 yes\n2 6 no\n3 7 no\n", outcome=Outcome(column="y", lost=[])) as dataset:
        assert dataset.outcome_counts == OutcomeCounts(1, 0, 2)


def test_a_column_that_says_which_leads_were_lost_must_be_there(tmp_path) -> None:
    outcome = Outcome(column="y", lost_where={"Reson": "filled"})
    with (
        pytest.raises(InputError, match=r"no column 'Reson'(.|\n)*did you mean 'Reason'"),
        flat(tmp_path, "lead_id y Reason\n1 yes _\n2 no x\n", outcome=outcome),
    ):
        pass


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
        assert flags_of(dataset)["leads", "closed_at", "won without a closing date: not learned from"] == 1
        assert dataset.end == pd.Timestamp("2018-02-26 19:58")
    assert closed.dropna().tolist() == [pd.Timestamp("2018-02-26 19:58"), pd.Timestamp("2018-02-01")]


def test_a_win_that_is_nearly_spelt_so_is_not_taken_for_none(tmp_path) -> None:
    text = "lead_id x y\n1 5 Won\n2 6 Lost\n3 7 New\n"
    with (
        pytest.raises(InputError, match="no row of the outcome column 'y' says what means won") as refused,
        flat(tmp_path, text, outcome=Outcome(column="y", won=["wonn"], lost=["Lost"])),
    ):
        pass
    assert "did you mean 'won'?" in str(refused.value)
    with flat(tmp_path, text, outcome=Outcome(column="y", won=["signed"], lost=["Lost"])) as dataset:
        assert dataset.outcome_counts == OutcomeCounts(0, 1, 2)
