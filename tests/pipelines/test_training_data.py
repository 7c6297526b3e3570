"""What is learned from: of leads that ended without a date, and never of one outcome alone."""

import pandas as pd
import pytest

from data.config import FileTable, Outcome, Settings, settings_of_folder
from data.dataset import open_dataset
from data.errors import InputError
from data.workspace import Workspace
from pipelines.training_data import read_training_data, require_few_columns
from tests.data.small import table

WON, LOST, OPEN = 40, 120, 10
ROLES = {"lead_id": "id", "created_at": "created", "closed_at": "closed"}


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
        outcome = Outcome(column="status", won=["won"], lost=["lost"])
        tables = {"leads": FileTable(tmp_path / "leads.csv")}
        settings = Settings(tables=tables, columns={"leads": ROLES}, outcome=outcome)
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


def test_the_rates_of_those_who_bought_on_the_day_they_came_are_right(tmp_path):
    """Days without a time of day: of 18 friends, 12 searchers and 8 of an ad in a hundred, each second on that day."""
    source = pd.Series(["friend", "search", "ad"] * 200)
    created = pd.Series(pd.date_range("2022-01-01", periods=300).repeat(2))
    each = source.groupby(source).cumcount() % 50
    is_won = each < source.map({"friend": 9, "search": 6, "ad": 4})
    days = pd.to_timedelta(each % 2 * 13, unit="D")
    people = pd.DataFrame({"lead_id": source.index, "created_at": created, "source": source})
    people.to_csv(tmp_path / "leads.csv", index=False)
    outcomes = people.assign(closed_at=created + days, won=1)[is_won][["lead_id", "closed_at", "won"]]
    outcomes.to_csv(tmp_path / "outcomes.csv", index=False)

    known = read_training_data(settings_of_folder(tmp_path), Workspace.at(tmp_path / "var"))
    at_creation = known.table.rows[known.table.rows["age"] == 0]
    learned = at_creation["won"].groupby(at_creation["lead_id"].astype(int).map(source)).mean()
    is_over = created + pd.Timedelta(days=90) <= known.data_end
    assert learned.to_dict() == pytest.approx(is_won[is_over].groupby(source[is_over]).mean().to_dict())
    assert (days[is_won] == pd.Timedelta(0)).mean() > 0.5
    assert known.unlearned == {}


T = pd.Timestamp("2024-06-01")
LEADS_OF_T = """
lead_id created_at closed_at  status industry size
a       2024-01-01 2024-01-20 won    Retail   5
b       2024-01-02 2024-02-20 lost   Health   7
c       2024-01-03 2024-06-20 won    Retail   9
d       2024-02-01 2024-02-25 lost   Retail   6
e       2024-05-01 _          open   Health   8
f       2024-05-02 2024-07-01 lost   Health   2
"""
LATER_LEADS = "".join(f"z{n} 2024-06-{n:02d} 2024-07-{n:02d} won Space many\n" for n in range(2, 29))
EVENTS_OF_T = "lead_id occurred_at type\n" + "".join(
    f"{lead} 2024-01-{day} demo_request\n" for lead in "abcd" for day in (10, 25)
)
LATER_EVENTS = "".join(f"{lead} 2024-06-{day} webinar\n" for lead in "abcdef" for day in range(10, 28))


@pytest.fixture
def read_as_of(tmp_path):
    """Read what is learned from leads and events as of a moment; some closings are emptied, as they were then."""

    def run(leads: str, events: str, name: str):
        folder = tmp_path / name
        folder.mkdir()
        for file, text in {"leads": leads, "events": events}.items():
            table(folder / f"{file}.csv", text)
        roles = {"lead_id": "lead_id", "created_at": "created_at", "closed_at": "closed_at"}
        settings = settings_of_folder(folder).model_copy(
            update={"columns": {"leads": roles}, "outcome": Outcome(column="status", won=["won"], lost=["lost"])}
        )
        return read_training_data(settings.model_copy(update={"as_of": T, "horizon": 30}), Workspace.at(folder / "var"))

    return run


def test_as_of_a_moment_what_came_later_is_as_if_it_had_not(read_as_of):
    """The same is learned from the file as it was cut then: without later leads, events and closings."""
    as_it_was = LEADS_OF_T.replace("2024-06-20 won ", "_ open ").replace("2024-07-01 lost", "_ open")
    whole = read_as_of(LEADS_OF_T + LATER_LEADS, EVENTS_OF_T + LATER_EVENTS, "whole")
    cut = read_as_of(as_it_was, EVENTS_OF_T, "cut")
    assert whole.data_end == cut.data_end == T
    assert whole.table.schema == cut.table.schema
    assert (whole.ended, whole.left_out, whole.unlearned) == (cut.ended, cut.left_out, cut.unlearned)
    for name in ("features", "rows"):
        pd.testing.assert_frame_equal(getattr(whole.table, name), getattr(cut.table, name))
    pd.testing.assert_frame_equal(whole.open_leads, cut.open_leads)
    at_creation = cut.table.rows[cut.table.rows["age"] == 0].set_index("lead_id")["won"]
    assert at_creation.to_dict() == {"a": 1, "b": 0, "c": 0, "d": 0, "e": 0, "f": 0}


def test_too_many_columns_are_refused_with_what_to_drop(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.training_data.MOST_COLUMNS", 2)
    some = leads().assign(pages=lambda each: each["id"] % 5)
    some["seats"] = (some["id"] % 9).where(some["id"] % 4 == 0)
    some.to_csv(tmp_path / "leads.csv", index=False)
    outcome = Outcome(column="status", won=["won"], lost=["lost"])
    settings = Settings(tables={"leads": FileTable(tmp_path / "leads.csv")}, columns={"leads": ROLES}, outcome=outcome)
    with open_dataset(settings, workspace=tmp_path / "var") as dataset, pytest.raises(InputError) as refused:
        require_few_columns(dataset)
    assert refused.value.parts["got"] == "3"
    assert "--drop" in refused.value.parts["remedy"]
    assert refused.value.parts["remedy"].endswith("have a value of 'seats', 'visits', 'pages'")
