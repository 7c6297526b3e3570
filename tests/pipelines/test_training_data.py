"""What is learned from: of leads that ended without a date, and never of one outcome alone."""

import pandas as pd
import pytest

from data.config import FileTable, Outcome, Settings
from data.errors import InputError
from data.workspace import Workspace
from pipelines.training_data import read_training_data

WON, LOST, OPEN = 40, 120, 10


def leads(won_dated: int = WON, lost_dated: int = 0) -> pd.DataFrame:
    """40 won leads, each 20 days after it came, 120 lost ones and 10 open ones; so many have a date of closing."""
    status = ["won"] * WON + ["lost"] * LOST + ["open"] * OPEN
    dated = [number < won_dated for number in range(WON)] + [number < lost_dated for number in range(LOST)]
    created = pd.Series(pd.date_range("2024-01-01 09:00", periods=170, freq="2D")).sample(frac=1, random_state=0)
    table = pd.DataFrame({"id": range(170), "status": status, "created": created.to_numpy()})
    closed = (table["created"] + pd.Timedelta(days=20)).where([*dated, *[False] * OPEN])
    return table.assign(closed=closed, visits=table["id"] % 7)


@pytest.fixture
def read(tmp_path):
    def run(table: pd.DataFrame):
        table.to_csv(tmp_path / "leads.csv", index=False)
        roles = {"lead_id": "id", "created_at": "created", "closed_at": "closed"}
        outcome = Outcome(column="status", won=["won"], lost=["lost"])
        tables = {"leads": FileTable(tmp_path / "leads.csv")}
        settings = Settings(tables=tables, columns={"leads": roles}, outcome=outcome)
        return read_training_data(settings, Workspace.at(tmp_path / "var"))

    return run


def test_losses_without_a_date_teach_beside_the_wins(read):
    """Of all leads the creation alone: older ones would be those that were won, or are open."""
    known = read(leads())
    rows = known.table.rows.merge(leads().astype({"id": "str"}), left_on="lead_id", right_on="id")
    assert rows["lead_id"].is_unique
    closed = rows[rows["status"] != "open"]
    of_over = leads()[leads()["created"] + pd.Timedelta(days=90) <= known.data_end]
    right = (of_over["status"] == "won").sum() / of_over["status"].isin(["won", "lost"]).sum()
    assert closed["won"].mean() == pytest.approx(right)
    assert (known.settings.snapshot_ages, known.unlearned) == ((0,), {})


def test_with_a_few_such_losses_older_leads_teach_too(read):
    assert read(leads(lost_dated=LOST - 5)).table.rows["age"].max() > 0


def test_wins_without_a_date_are_left_out_and_counted(read):
    assert read(leads(won_dated=30, lost_dated=LOST)).unlearned == {"won": {"no date of closing": 10}}


def test_losses_alone_are_not_learned_from(read):
    with pytest.raises(InputError, match="one outcome would be left out") as refused:
        read(leads(won_dated=0, lost_dated=LOST))
    assert "40 won leads would be left out, and the lost ones not: 40 × no date of closing" in str(refused.value)


def test_wins_that_close_as_they_come_are_not_left_out_beside_losses(read):
    """Such as where a system makes a lead of a deal that was won."""
    table = leads(lost_dated=LOST)
    table["closed"] = table["closed"].mask(table["status"] == "won", table["created"])
    with pytest.raises(InputError, match="40 × closed by the moment of their creation"):
        read(table)
