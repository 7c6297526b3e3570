"""A history of attributes is read as the cells of their columns are, and known by any of their names."""

import pandas as pd
import pytest

from data.config import settings_of_folder
from data.dataset import open_dataset

LEADS = "lead_id,created_at,Plan Name,size\n" + "".join(
    f"{number},2025-01-10,{('Gold', 'Iron')[number % 2]},{number * 7 % 31}\n" for number in range(1, 31)
)
HEADER = "lead_id,field,value,changed_at\n"
MOST = "".join(f"{number},size,{number},2025-01-10\n" for number in range(3, 30))
HISTORY = f"""{HEADER}1,SIZE,"1,200",2025-02-02
1,size,many,2025-02-01
2,size,n/a,2025-02-01
2,colour,red,2025-02-01
1,Plan Name,Gold,2025-02-01
99,size,3,2025-02-01
{MOST}"""
ALWAYS, DAY = pd.Timestamp("1700-01-01"), pd.Timestamp("2025-02-01 23:59:59")


@pytest.fixture
def read(tmp_path):
    """Read leads with a history: their changes, and the flags of the history with their leads."""

    def run(history: str) -> tuple[list[list], dict[str, tuple[str, ...]]]:
        (tmp_path / "leads.csv").write_text(LEADS)
        (tmp_path / "attribute_history.csv").write_text(history)
        with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var") as dataset:
            (chunk,) = dataset.chunks()
            flags = {flag.problem: flag.rows for flag in dataset.report.flags if flag.table == "attribute_history"}
        return chunk.changes.astype(object).where(chunk.changes.notna(), None).values.tolist(), flags

    return run


def test_values_are_read_as_cells_are(read):
    changes, _ = read(HISTORY)
    assert [change for change in changes if change[0] < 2] == [
        [0, "size", DAY, None, None],
        [0, "size", DAY + pd.Timedelta(days=1), None, 1200],
        [1, "size", DAY, None, None],
    ]


def test_of_a_lead_without_the_history_that_others_have_nothing_is_known(read):
    """Were its cell taken, it would be separated from leads of which a change is yet to come."""
    assert read(HISTORY)[0][-1] == [29, "size", ALWAYS, None, None]


def test_a_history_of_few_leads_is_flagged_and_not_used(read):
    changes, flags = read(HISTORY)
    assert {attribute for _, attribute, *_ in changes} == {"size"}
    assert flags["a history that only 1 of 30 leads with a value have: read as it stands now"] == ("1",)


def test_a_value_that_cannot_be_read_is_flagged_with_its_lead(read):
    assert read(HISTORY)[1]["not a number: read as missing"] == ("1",)


def test_personal_columns_have_a_history_too(tmp_path):
    """Nothing is known of the title of the lead that has none, although others have."""
    (tmp_path / "leads.csv").write_text("lead_id,created_at,Job Title\n1,2025-01-10,CEO\n2,2025-01-10,Chief\n")
    (tmp_path / "attribute_history.csv").write_text(f"{HEADER}1,job_title,Student,2025-02-01\n")
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var") as dataset:
        (chunk,) = dataset.chunks()
    changes = chunk.changes[["position", "attribute", "changed_at", "text"]].astype(object)
    assert changes.where(changes.notna(), None).values.tolist() == [
        [0, "job_title", DAY, "Student"],
        [1, "job_title", ALWAYS, None],
    ]


def test_changes_of_what_is_no_column_are_flagged(read):
    assert "no column of the leads is called so: not used" in read(HISTORY)[1]
