"""A history of attributes is read as the cells of their columns are, and found by any of their names."""

import pandas as pd

from data.dataset import open_dataset
from data.settings import settings_of_folder

LEADS = "lead_id,created_at,Plan Name,size\n" + "".join(
    f"{number},2025-01-10,{('Gold', 'Iron')[number % 2]},{number * 7 % 31}\n" for number in range(1, 31)
)
HISTORY = """lead_id,field,value,changed_at
1,plan name,Gold,2025-02-02
1,PLAN NAME,Iron,2025-02-01
1,size,"1,200",2025-02-01
2,size,many,2025-02-01
2,Plan Name,n/a,2025-02-01
2,colour,red,2025-02-01
99,size,3,2025-02-01
"""


def test_values_are_read_as_cells_are(tmp_path):
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "attribute_history.csv").write_text(HISTORY)
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var") as dataset:
        (chunk,) = dataset.chunks()
        unknown = [flag.rows for flag in dataset.report.flags if flag.column == "field"]
    told = chunk.changes.astype(object).where(chunk.changes.notna(), None)
    day = pd.Timestamp("2025-02-01")
    assert told.sort_values(["attribute", "position", "changed_at"]).values.tolist() == [
        [0, "Plan Name", day, "Iron", None],
        [0, "Plan Name", day + pd.Timedelta(days=1), "Gold", None],
        [1, "Plan Name", day, None, None],
        [0, "size", day, None, 1200],
        [1, "size", day, None, None],
    ]
    assert unknown == [("2",)]
