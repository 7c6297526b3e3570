"""What people say of their leads overrules what is suggested; what is not there is refused by name."""

from __future__ import annotations

import pandas as pd
import pytest

from data.errors import InputError
from data.proposal.inspection import inspect_tables
from data.proposal.overrides import Overrides
from data.proposal.propose import Proposal, propose

COUNT = 60
DAYS = pd.date_range("2025-01-01", periods=COUNT).strftime("%Y-%m-%d").tolist()


def some(*values: object) -> list[object]:
    return [values[number % len(values)] for number in range(COUNT)]


LEADS = pd.DataFrame(
    {
        "lead id": [f"x{number}" for number in range(COUNT)],
        "key": [f"k{number}" for number in range(COUNT)],
        "Created": DAYS,
        "Closed": DAYS,
        "Signed": DAYS,
        "First call": DAYS,
        "Stage": some("Closed Won", "Closed Lost", "New"),
        "Verdict": some("good", "bad", "unclear", None),
        "Converted": some("yes", "no"),
    }
)


@pytest.fixture
def proposed(tmp_path):
    def run(overrides: Overrides = Overrides(), frame: pd.DataFrame = LEADS) -> Proposal:  # noqa: B008
        frame.to_csv(tmp_path / "leads.csv", index=False)
        with inspect_tables(str(tmp_path / "leads.csv"), temporary=tmp_path) as inspection:
            return propose(inspection, overrides)

    return run


def outcome(proposal: Proposal) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    assert proposal.outcome is not None
    return proposal.outcome.column, proposal.outcome.won, proposal.outcome.lost


def test_columns_that_are_named_are_taken(proposed):
    columns = proposed(Overrides(id="key", created="First call", closed="Signed")).leads.columns
    assert {name: columns[name].value for name in ("lead_id", "created_at", "closed_at")} == {
        "lead_id": "key", "created_at": "First call", "closed_at": "Signed",
    }  # fmt: skip
    assert proposed(Overrides(id="rows")).leads.columns["lead_id"].value == "rows"


def test_an_outcome_column_that_is_named_is_read_by_its_words_or_its_yes(proposed):
    assert outcome(proposed()) == ("Stage", ("Closed Won",), ("Closed Lost",))
    assert outcome(proposed(Overrides(outcome="Converted")))[:2] == ("Converted", ("yes",))


def test_values_that_are_named_need_no_words(proposed):
    named = Overrides(outcome="Verdict", won=["Good"], lost=["bad"])
    assert outcome(proposed(named)) == ("Verdict", ("good",), ("bad",))
    assert outcome(proposed(Overrides(won=["good"], lost=["bad"]))) == ("Verdict", ("good",), ("bad",))


def test_values_without_a_column_are_those_of_the_one_that_would_be_suggested(proposed):
    assert outcome(proposed(Overrides(lost=["New", "Closed Lost"]))) == (
        "Stage",
        ("Closed Won",),
        ("New", "Closed Lost"),
    )


def test_where_nothing_says_won_the_file_asks(proposed):
    proposal = proposed(Overrides(outcome="Verdict"))
    assert outcome(proposal)[1] == ()
    assert proposal.outcome_source == ""
    assert "which values mean won of bad, good, unclear" in proposal.outcome.question


def test_an_outcome_that_is_named_overrules_other_tables(tmp_path):
    LEADS.to_csv(tmp_path / "leads.csv", index=False)
    deals = pd.DataFrame({"lead id": LEADS["lead id"], "won": some(1, 0), "close date": DAYS})
    deals.to_csv(tmp_path / "deals.csv", index=False)
    with inspect_tables(str(tmp_path), temporary=tmp_path) as inspection:
        assert propose(inspection).outcome_source == "outcomes"
        proposal = propose(inspection, Overrides(outcome="Stage"))
    assert proposal.outcome_source == "leads"
    assert "options" in proposal.left_out["deals.csv"]


def test_the_table_with_the_columns_that_are_named_holds_the_leads(tmp_path):
    LEADS.to_csv(tmp_path / "one.csv", index=False)
    LEADS.rename(columns={"key": "other"}).to_csv(tmp_path / "two.csv", index=False)
    with inspect_tables(str(tmp_path), temporary=tmp_path) as inspection:
        assert propose(inspection, Overrides(id="other")).leads.table.name == "two.csv"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (Overrides(id="kye"), r"no column 'kye'(.|\n)*for --id(.|\n)*did you mean 'key'"),
        (Overrides(outcome="Stag"), "no column 'Stag'"),
        (Overrides(created="Creatd"), "did you mean 'Created'"),
        (Overrides(closed="nowhere"), "for --closed"),
        (Overrides(outcome="Stage", won=["Closed Wonn"]), r"says 'Closed Wonn'(.|\n)*did you mean 'Closed Won'"),
        (Overrides(won=["nothing"]), "no column of the leads has these values"),
    ],
)
def test_what_is_not_there_is_refused_by_name(proposed, overrides, message):
    with pytest.raises(InputError, match=message):
        proposed(overrides)


def test_a_date_of_closing_needs_one_of_creation(proposed):
    frame = LEADS[["lead id", "Closed", "Stage"]]
    with pytest.raises(InputError, match="--closed needs --created"):
        proposed(Overrides(closed="Closed"), frame)
