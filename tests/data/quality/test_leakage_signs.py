"""What is filled in once leads have closed shows in who has it and in when it came, not in what it says."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from data.config import Settings, settings_of_folder
from data.dataset import open_dataset

LEADS = 600
CREATED = pd.date_range("2025-01-01", periods=LEADS, freq="6h")
CLOSED = np.arange(LEADS) % 2 == 0
NOW = pd.Timestamp("2025-09-01")


def signs(
    tmp_path, history: pd.DataFrame | None = None, end: pd.Timestamp = NOW, **columns
) -> dict[str, tuple[str, ...]]:
    """What is found in leads of which every second one closed a month after its creation."""
    ids = pd.Series([f"L{number}" for number in range(LEADS)])
    leads = pd.DataFrame({"lead_id": ids, "created_at": CREATED, **columns})
    outcomes = pd.DataFrame({"lead_id": ids, "closed_at": CREATED + pd.Timedelta(days=30), "won": 1})[CLOSED]
    tables = {"leads": leads, "outcomes": outcomes, **({"attribute_history": history} if history is not None else {})}
    for name, table in tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return read_from(settings_of_folder(tmp_path), tmp_path, end)


def read_from(settings: Settings, tmp_path, end: pd.Timestamp = NOW) -> dict[str, tuple[str, ...]]:
    with open_dataset(settings, workspace=tmp_path / "var", now=NOW) as dataset:
        return dataset.leakage_signs(end)


def test_cells_that_only_closed_leads_have_are_a_sign(tmp_path):
    signs_of = signs(tmp_path, competitor=np.where(CLOSED & (np.arange(LEADS) % 3 > 0), "Acme", None))
    assert signs_of == {
        "competitor": (
            "filled in for 67 % of the closed leads and for 0 of 300 open ones, where 200 would be expected",
        )
    }


def test_a_value_that_only_closed_leads_have_is_a_sign(tmp_path):
    (sign,) = signs(tmp_path, phase=np.where(CLOSED, "Over", "Under way"))["phase"]
    assert sign.startswith("the value 'over' stands in 300 closed leads and in 0 open ones")


def test_what_came_later_says_nothing_yet(tmp_path):
    """Nobody knew at the end of March what closed leads would have in August."""
    late = pd.DataFrame(
        {
            "lead_id": [f"L{number}" for number in range(LEADS)],
            "field": "budget",
            "value": "100",
            "changed_at": CREATED + pd.Timedelta(days=200),
        }
    )
    columns = {"budget": 100 + np.arange(LEADS) % 5, "phase": np.where(CLOSED & (CREATED > "2025-04-01"), "Over", "")}
    assert signs(tmp_path, late, **columns).keys() == {"budget", "phase"}
    assert signs(tmp_path, late, pd.Timestamp("2025-04-01"), **columns) == {}


def test_a_number_that_is_zero_until_the_end_is_a_sign(tmp_path):
    assert signs(tmp_path, size=np.arange(LEADS) % 7) == {}
    (sign,) = signs(tmp_path, signed_for=np.where(CLOSED, 500 + np.arange(LEADS) % 7, 0))["signed_for"]
    assert sign.startswith("the value 'other than 0' stands in 300 closed leads and in 0 open ones")
    assert signs(tmp_path, signed_for=np.where(CLOSED, 500 + np.arange(LEADS) % 7, np.nan)).keys() == {"signed_for"}


def test_what_open_leads_have_as_well_is_no_sign(tmp_path):
    assert signs(tmp_path, industry=np.where(np.arange(LEADS) % 3 == 0, "Retail", "Health")) == {}


def test_a_campaign_that_is_over_is_no_sign_although_all_its_leads_have_closed(tmp_path):
    """Closed leads are compared with open ones of their own time."""
    spring = np.arange(LEADS) < LEADS // 2
    ids = [f"L{number}" for number in range(LEADS)]
    leads = pd.DataFrame({"lead_id": ids, "created_at": CREATED, "campaign": np.where(spring, "Spring", "Summer")})
    closed = spring | (np.arange(LEADS) % 4 == 0)
    outcomes = pd.DataFrame({"lead_id": ids, "closed_at": CREATED + pd.Timedelta(days=30), "won": 1})[closed]
    leads.to_csv(tmp_path / "leads.csv", index=False)
    outcomes.to_csv(tmp_path / "outcomes.csv", index=False)
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", now=NOW) as dataset:
        assert dataset.leakage_signs(NOW) == {}


@pytest.mark.parametrize(("days", "late"), [(0, True), (12, True), (-12, False)])
def test_a_history_that_begins_with_the_closing_is_a_sign(tmp_path, days, late):
    """The field bears the name of the source's column, in any case."""
    ids = [f"L{number}" for number in range(LEADS)]
    changed = CREATED + pd.Timedelta(days=30 + days)
    history = pd.DataFrame({"lead_id": ids, "field": "BUDGET", "value": "100", "changed_at": changed})
    signs_of = signs(tmp_path, history, budget=100 + np.arange(LEADS) % 5)
    said = "by its history first filled in when the lead had closed, for 300 of 300 leads"
    assert signs_of == ({"budget": (said,)} if late else {})


ONLY_CLOSED = "filled in for 100 % of the closed leads and for 0 of 300 open ones, where 300 would be expected"


def test_of_personal_columns_signs_say_who_has_them(tmp_path):
    mails = [f"person{number}@firm{number}.example" for number in range(LEADS)]
    assert signs(tmp_path, Email=mails) == {}
    assert signs(tmp_path, Email=np.where(CLOSED, mails, None)) == {"email": (ONLY_CLOSED,)}


def test_what_a_personal_column_says_is_never_repeated(tmp_path):
    """Even of titles that the settings keep."""
    titles = np.where(CLOSED, "Head of Sales", "Clerk")
    assert signs(tmp_path, Title=titles) == {}
    settings = settings_of_folder(tmp_path).model_copy(update={"keep": ["Title"]})
    assert read_from(settings, tmp_path) == {}


@pytest.mark.parametrize("field", ["Title", "job_title"])
def test_a_title_that_its_history_says_came_with_the_closing_is_a_sign(tmp_path, field):
    ids = [f"L{number}" for number in range(LEADS)]
    closing = CREATED + pd.Timedelta(days=30)
    history = pd.DataFrame({"lead_id": ids, "field": field, "value": "Clerk", "changed_at": closing})
    signs_of = signs(tmp_path, history, Title=np.where(CLOSED, "Clerk", None))
    late = "by its history first filled in when the lead had closed, for 300 of 300 leads"
    assert signs_of == {"job_title": (ONLY_CLOSED, late)}


def test_a_change_of_an_unknown_lead_or_without_a_time_is_set_aside(tmp_path):
    history = pd.DataFrame(
        {
            "lead_id": ["L0", "nobody", "L1", "L2"],
            "field": ["budget", "budget", "budget", None],
            "value": ["1", "2", "3", "4"],
            "changed_at": ["2025-01-05", "2025-01-05", "soon", "2025-01-05"],
        }
    )
    signs(tmp_path, history, budget=1.0 + np.arange(LEADS) % 5)
    set_aside = pd.read_csv(tmp_path / "var" / "quarantine" / "attribute_history.csv")
    assert sorted(set_aside["reason"]) == ["no field", "no known lead", "no readable time"]


class CountingConnection:
    """A connection that counts what it is asked."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, counter: list[str]) -> None:
        self.connection, self.counter = connection, counter

    def __getattr__(self, name: str):
        method = getattr(self.connection, name)
        if name == "cursor":
            return lambda: CountingConnection(method(), self.counter)
        if name in ("execute", "sql"):
            self.counter.append(name)
        return method


def test_a_table_of_more_columns_is_asked_no_more_often(tmp_path, monkeypatch):
    """Each query takes longer the more columns there are: one for each column would take the square of their number."""
    connect, queries = duckdb.connect, {}
    for columns in (5, 40):
        counter = queries[columns] = []
        monkeypatch.setattr(
            duckdb,
            "connect",
            lambda *given, counter=counter, **named: CountingConnection(connect(*given, **named), counter),
        )
        numbers = {f"n{number}": [f"1,{row % 7:03d}.5" for row in range(LEADS)] for number in range(columns)}
        (tmp_path / f"{columns}").mkdir()
        signs(tmp_path / f"{columns}", **numbers)
    assert len(queries[5]) == len(queries[40])
