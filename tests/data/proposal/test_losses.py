"""Which leads were lost, where the outcome column says only which were won; counted by head and by pandas."""

from __future__ import annotations

import pandas as pd
import pytest

from data.proposal.inspection import inspect_tables
from data.proposal.losses import Losses, find_losses
from data.proposal.outcome_words import EndingValues, read_values, yes_and_no

WON, LOST, OPEN = 20, 50, 30


def column(won: str | None, lost: str | None, still_open: str | None) -> list[str | None]:
    return [won] * WON + [lost] * LOST + [still_open] * OPEN


@pytest.fixture
def losses(tmp_path):
    """Find what means lost in a table whose column ``outcome`` says which leads were won."""

    def run(outcome: list[str | None], *, dated: bool = True, **further: list[str | None]) -> Losses:
        frame = pd.DataFrame({"lead_id": [f"x{n}" for n in range(len(outcome))], "Status": outcome})
        frame.assign(**further).rename(columns=lambda name: name.replace("_", " ")).to_csv(
            tmp_path / "leads.csv", index=False
        )
        with inspect_tables(str(tmp_path / "leads.csv"), temporary=tmp_path) as inspection:
            (table,) = inspection.tables
            values = table.values("Status")
            flags = yes_and_no(values)
            reading = EndingValues(tuple(flags[0]), (), (), tuple(flags[1]), False) if flags else read_values(values)
            return find_losses(table, "Status", reading, ["lead id"], dated=dated)

    return run


STAGE = column("Won", "New", "New")


def test_another_status_says_which_were_lost(losses):
    found = losses(column("Customer", "Other", "Lead"), Lead_Status=column(None, "Unqualified", "Open"))
    assert (found.lost, found.where, found.question) == ((), {"Lead Status": ("Unqualified",)}, "")


def test_a_flag_beside_a_status_with_open_leads_takes_only_the_lost_ones_for_lost(losses):
    found = losses(column("TRUE", "FALSE", "FALSE"), Lead_Status=column(None, "Junk Lead", "Working"))
    assert (found.lost, found.where) == ((), {"Lead Status": ("Junk Lead",)})


@pytest.mark.parametrize("name", ["Is Closed Lost", "Lost", "Verloren"])
def test_a_flag_says_which_were_lost(losses, name):
    assert losses(STAGE, **{name: column("0", "1", "0")}).where == {name: ("1",)}


def test_what_was_closed_and_not_won_is_lost(losses):
    assert losses(STAGE, Is_Closed=column("true", "true", "false")).where == {"Is Closed": ("true",)}
    assert losses(STAGE, Is_Closed=column("false", "true", "false")).where == {}


@pytest.mark.parametrize(
    "name",
    ["Lost Reason", "Reason lost", "Verlustgrund", "Motif de perte", "Motivo de pérdida", "Motivo da perda",
     "Motivo perdita", "Powód utraty", "Reden van verlies", "输单原因", "失注理由"],
)  # fmt: skip
def test_a_reason_of_the_loss_says_which_were_lost(losses, name):
    assert losses(STAGE, **{name: column(None, "price", None)}).where == {name: ()}


def test_the_reason_of_a_status_is_none_of_a_loss(losses):
    assert losses(STAGE, Status_Reason=column(None, "price", None)).where == {}


def test_archived_with_a_reason_is_lost_and_without_one_is_not(losses):
    reason = [None] * WON + ["price"] * (LOST - 5) + [None] * (5 + OPEN)
    found = losses(STAGE, Active=column("True", "False", "True"), Lost_Reason=reason)
    assert (found.where, found.question) == ({"Active": ("False",), "Lost Reason": ()}, "")


@pytest.mark.parametrize(("name", "cells"), [("Active", ("1", "0", "1")), ("Archived", ("no", "yes", "no"))])
def test_an_archive_alone_is_proposed_with_a_question(losses, name, cells):
    found = losses(STAGE, **{name: column(*cells)})
    assert found.where == {name: (cells[1],)}
    assert name in found.question


@pytest.mark.parametrize("dated", [True, False])
def test_open_words_leave_lost_open_and_say_where_they_stand(losses, dated):
    found = losses(column("TRUE", "FALSE", "FALSE"), Stage=column(None, "Working", "Open"), dated=dated)
    assert (found.lost, found.where) == ((), {})
    assert "some are still open (Stage: Working, Open)" in found.question


def test_a_flag_alone_asks_and_only_where_all_is_said_at_once_no_means_lost(losses):
    flag = column("TRUE", "FALSE", "FALSE")
    assert losses(flag, dated=True).lost == ()
    assert losses(flag, dated=False).lost == ("FALSE",)
    assert all("FALSE" in losses(flag, dated=dated).question for dated in (True, False))


def test_what_most_won_leads_have_too_says_nothing_of_lost_ones(losses):
    assert losses(STAGE, Lost_Reason=column("price", "price", None)).where == {}
