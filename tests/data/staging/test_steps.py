"""Nothing later than the moment of the settings decides what a column is, and how it is read."""

from __future__ import annotations

import pandas as pd
import pytest

from data.config import settings_of_folder
from data.dataset import Dataset, open_dataset
from tests.data.small import NOW, table, whole

T = pd.Timestamp("2025-03-01")
COUNT = 30
EARLY = {
    "leads": "lead_id account_id created_at Paid_Price size\n"
    + "".join(f"{n} {n} 0{1 + n % 2}/02/2025 {n * 7 % 31}.50€ {n * 11 % 31}\n" for n in range(COUNT)),
    "events": "lead_id occurred_at type value\n" + "".join(f"{n} 05/02/2025 call 1.234\n" for n in range(COUNT)),
    "outcomes": "lead_id closed_at won amount\n" + "".join(f"{n} 20/02/2025 {n % 2} 1.50\n" for n in range(8)),
    "attribute_history": "lead_id field value changed_at\n"
    + "".join(f"{n} size {n} 2025-02-{10 + n}\n" for n in range(18)),
}
ACCOUNT_OF_ALL = "".join(f"z{n} of_all 05/04/2025 7€ 1\n" for n in range(600))
LATER = {
    "leads, the month first": ("leads", "".join(f"z{n} z{n} 04/{13 + n % 9}/2025 7€ 1\n" for n in range(600))),
    "leads, a decimal comma": ("leads", "".join(f"z{n} z{n} 05/04/2025 {n},75€ 1\n" for n in range(600))),
    "leads, another currency": ("leads", "".join(f"z{n} z{n} 05/04/2025 ${n} 1\n" for n in range(600))),
    "leads, a clock": ("leads", "".join(f"z{n} z{n} 05/04/2025T09:{n % 60:02} 7€ 1\n" for n in range(600))),
    "leads, one account": ("leads", ACCOUNT_OF_ALL),
    "leads, without a history": ("leads", "".join(f"z{n} z{n} 05/04/2025 7€ {n}\n" for n in range(600))),
    "events, the month first": ("events", "".join(f"{n % COUNT} 03/{13 + n % 9}/2025 call 7\n" for n in range(600))),
    "events, a decimal comma": ("events", "".join(f"{n % COUNT} 05/04/2025 call 1,2\n" for n in range(600))),
    "events, a clock": ("events", "".join(f"{n % COUNT} 05/04/2025T09:{n % 60:02} call 7\n" for n in range(600))),
    "outcomes, a decimal comma": ("outcomes", "".join(f"{n} 05/04/2025 1 1,75\n" for n in range(8, COUNT))),
    "outcomes, another currency": ("outcomes", "".join(f"{n} 05/04/2025 1 $2\n" for n in range(8, COUNT))),
    "a history of the others": (
        "attribute_history",
        "".join(f"{n} Paid_Price 1.5€ 2025-04-02\n" for n in range(COUNT)),
    ),
}


def decisions(dataset: Dataset) -> tuple:
    """What was decided of the tables, and what it makes of the leads that there were."""
    chunk = whole(dataset)
    early = chunk.leads[chunk.leads["lead_id"].str.isdigit()]
    read = early[["account_id", "created_at", "Paid_Price", "size"]].fillna(-1).to_numpy().tolist()
    with_history = set(chunk.changes["attribute"])
    used = dataset.settings
    events = chunk.events[chunk.events["occurred_at"] <= T].to_numpy().tolist()
    return dataset.schema, used.formats, used.currencies, used.days, read, events, with_history


def decided(folder, changed: str = "", later_rows: str = "") -> tuple:
    for name, text in EARLY.items():
        table(folder / f"{name}.csv", text + (later_rows if name == changed else ""))
    settings = settings_of_folder(folder).model_copy(update={"as_of": T, "kinds": {"Paid_Price": "number"}})
    with open_dataset(settings, workspace=folder / "var", now=NOW) as dataset:
        return decisions(dataset)


@pytest.fixture(scope="module")
def as_it_was(tmp_path_factory) -> tuple:
    return decided(tmp_path_factory.mktemp("as_it_was"))


@pytest.mark.parametrize("later", LATER)
def test_what_comes_after_the_moment_decides_nothing(tmp_path, as_it_was, later):
    assert decided(tmp_path, *LATER[later]) == as_it_was


def test_what_is_decided_is_what_was_written_before_the_moment(as_it_was):
    _, formats, currencies, days, read, _, with_history = as_it_was
    assert formats["leads"] == {"created_at": "day first", "Paid_Price": "decimal point", "size": "decimal point"}
    assert (currencies["leads"], with_history) == ({"Paid_Price": "EUR"}, {"size"})
    assert days == DAYS
    assert read[1] == ["1", pd.Timestamp("2025-02-02"), 7.5, 11]


DAYS = {
    "leads": ["created_at"],
    "events": ["occurred_at"],
    "outcomes": ["closed_at"],
    "attribute_history": ["changed_at"],
}
