"""A lead goes out of the exports in a workspace, and no other table there is touched."""

import pandas as pd
import pytest

from data.sinks import export_to
from data.workspace import Workspace
from pipelines.personal.exports import exports_in, forget_in, rows_of

SCORES = pd.DataFrame(
    {"lead_id": ["a", "b", "007"], "probability": [0.1, 0.2, 0.3], "reasons_up": [["x", "y"], [], ["=1"]]}
).assign(model_version="1")
ACCOUNTS = pd.DataFrame({"account_id": ["A", "B"], "best_lead": ["a", "b"], "probability": [0.1, 0.2]})


def written(path, frame: pd.DataFrame):
    path.parent.mkdir(exist_ok=True)
    with export_to(path, ids=("lead_id", "account_id", "best_lead")) as write:
        write(frame)
    return path


def read(path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype="str")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_lead_goes_and_the_others_stay_as_they_are(tmp_path, ending):
    path = written(tmp_path / f"scores{ending}", SCORES)
    before = read(path)
    assert (rows_of(path, "b"), forget_in(path, "b"), forget_in(path, "b")) == (1, 1, 0)
    pd.testing.assert_frame_equal(read(path), before[before["lead_id"] != "b"].reset_index(drop=True))


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_beside_an_account_the_name_of_its_best_lead_goes(tmp_path, ending):
    path = written(tmp_path / f"accounts{ending}", ACCOUNTS)
    assert forget_in(path, "b") == 1
    assert read(path)["best_lead"].fillna("").tolist() == ["a", ""]


def test_exports_are_known_by_their_columns_wherever_they_lie(tmp_path):
    workspace = Workspace.at(tmp_path)
    mine = [written(tmp_path / "out" / "x.csv", SCORES), written(tmp_path / "y.parquet", ACCOUNTS)]
    for other in ("leads.csv", "quarantine/leads.csv", "artifacts/scores.csv"):
        (tmp_path / other).parent.mkdir(exist_ok=True)
        SCORES.drop(columns="model_version" if other == "leads.csv" else []).to_csv(tmp_path / other, index=False)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "odd.parquet").write_bytes(b"no table")
    (tmp_path / "odd.csv").write_bytes(b"\xff\xfe")
    assert exports_in(workspace) == sorted(mine)
