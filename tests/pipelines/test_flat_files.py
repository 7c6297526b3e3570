"""One export with an outcome column: what training decided holds for the files that come later."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROLES = ("--id", "Id", "--outcome", "Status", "--created", "Created")
NAMES = ["Erika Mustermann", "Ali Baba", "Jan Kowalski"]


@pytest.fixture(scope="module")
def export() -> pd.DataFrame:
    """Closed leads over two years: software companies are won more often."""
    random = np.random.default_rng(0)
    created = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(random.integers(0, 700, 1500)), unit="D")
    industry = random.choice(["Software", "Farming"], 1500)
    won = random.uniform(size=1500) < np.where(industry == "Software", 0.5, 0.1)
    return pd.DataFrame(
        {
            "Id": [f"{number:05}" for number in range(1500)],
            "Created": created.strftime("%Y-%m-%d"),
            "Closed": (created + pd.to_timedelta(random.integers(1, 60, 1500), unit="D")).strftime("%Y-%m-%d"),
            "Industry": industry,
            "Visits": random.poisson(3, 1500),
            "Colleague": np.where(np.arange(1500) % 100 == 0, random.choice(NAMES, 1500), "none"),
            "Status": np.where(won, "won", "lost"),
        }
    )


@pytest.fixture(scope="module")
def flat(export, leadscore, tmp_path_factory) -> Path:
    """A workspace with a model of that export, whose outcomes are final."""
    folder = tmp_path_factory.mktemp("flat")
    export.drop(columns="Closed").to_csv(folder / "leads.csv", index=False)
    ran = leadscore("train", "--leads", folder / "leads.csv", *ROLES,
                    "--workspace", folder / "var", "--json")  # fmt: skip
    assert ran.json["rung"] in ("rules", "full")
    return folder


@pytest.fixture(scope="module")
def timed(export, leadscore, tmp_path_factory) -> Path:
    """A workspace with a model of that export, whose leads close at known dates."""
    folder = tmp_path_factory.mktemp("timed")
    export.to_csv(folder / "leads.csv", index=False)
    ran = leadscore("train", "--leads", folder / "leads.csv", *ROLES,
                    "--closed", "Closed", "--horizon", 60, "--workspace", folder / "var", "--json")  # fmt: skip
    assert ran.json["window"]["horizon"] == 60
    return folder


def test_another_value_than_those_of_training_is_open(flat, export, leadscore, tmp_path):
    export.head(20).assign(Status="in talks").to_csv(tmp_path / "open.csv", index=False)
    ran = leadscore("score", "--leads", tmp_path / "open.csv", "--workspace", flat / "var", "--json")
    assert (ran.json["scored"], ran.json["open"]) == (20, 20)


def test_leads_to_score_need_no_outcome_and_no_dates(timed, export, leadscore, tmp_path):
    new = export.head(20).drop(columns=["Status", "Closed", "Created"])
    new.to_csv(tmp_path / "new.csv", index=False)
    ran = leadscore("score", "--leads", tmp_path / "new.csv", "--workspace", timed / "var", "--json")
    assert (ran.json["scored"], ran.json["open"]) == (20, 20)


def test_ids_are_kept_as_they_are_and_may_have_another_name(flat, export, leadscore, tmp_path):
    export.head(20).rename(columns={"Id": "Lead"}).to_csv(tmp_path / "new.csv", index=False)
    out = tmp_path / "scores.csv"
    leadscore("score", "--leads", tmp_path / "new.csv", "--id", "Lead", "--out", out, "--workspace", flat / "var")
    assert pd.read_csv(out, dtype=str)["lead_id"].tolist() == export["Id"].head(20).tolist()


def test_a_lead_of_the_last_scored_file_is_explained(flat, export, leadscore, tmp_path):
    export.head(20).assign(Id=[f"new {number}" for number in range(20)]).to_csv(tmp_path / "new.csv", index=False)
    leadscore("score", "--leads", tmp_path / "new.csv", "--workspace", flat / "var")
    lead = leadscore("explain", "new 3", "--workspace", flat / "var", "--json").json
    assert lead["when"] == "unavailable"  # nothing says when leads were won
    told = [*lead["reasons_up"], *lead["reasons_down"]]
    assert lead["base_score"] + sum(reason["points"] for reason in told) + lead["other_points"] == lead["score"]


def test_no_rare_value_reaches_mlflow(flat):
    stored = b"".join(
        file.read_bytes() for file in (flat / "var").rglob("*") if file.is_file() and "mlflow" in str(file)
    )
    stored += b"".join(file.read_bytes() for file in (flat / "var" / "artifacts").rglob("*") if file.is_file())
    assert b"Farming" in stored
    assert not [name for name in NAMES if name.encode() in stored]


@pytest.mark.parametrize("option", [("--order", "Id"), ("--won", "won"), ("--created", "Created")])
def test_an_option_that_would_be_ignored_is_refused(option, config, leadscore, tmp_path):
    ran = leadscore("train", "--config", config, *option, "--workspace", tmp_path)
    assert ran.code == 2
    assert f"{option[0]} would be ignored" in ran.err


def test_a_closing_date_without_a_creation_date_is_refused(timed, leadscore, tmp_path):
    ran = leadscore("train", "--leads", timed / "leads.csv", "--id", "Id", "--outcome", "Status", "--closed", "Closed",
                    "--workspace", tmp_path)  # fmt: skip
    assert ran.code == 2
    assert "--closed needs --created" in ran.err


def test_a_horizon_longer_than_the_data_is_told_from_missing_outcomes(timed, leadscore, tmp_path):
    ran = leadscore("train", "--leads", timed / "leads.csv", *ROLES,
                    "--closed", "Closed", "--horizon", 3000, "--workspace", tmp_path, "--json")  # fmt: skip
    assert (ran.json["rung"], ran.json["metrics"]["rules"]["auc"]) == ("rules", None)
    span = "it takes leads over more than 9000 days: three blocks, a horizon of 3000 apart"
    assert f"{span}; no window is over" in ran.json["why"]


def test_what_was_there_at_training_and_is_missing_now_is_said(workspace, config, leadscore):
    leads = config.parent / "leads.parquet"
    ran = leadscore("score", "--leads", leads, "--workspace", workspace.root, "--json")
    assert ran.json["missing_tables"] == ["events", "stages", "outcomes"]
    assert "what leads did counts as nothing" in ran.err


def test_a_number_that_was_only_0_or_1_in_training_may_grow(leadscore, export, tmp_path):
    """Contacts of earlier campaigns: none or one in the older leads, up to seven in the newer ones."""
    older, newer = tmp_path / "older.csv", tmp_path / "newer.csv"
    leads = export.copy()
    leads["Earlier"] = (leads.index % 3 == 0).astype(int).astype("str")
    leads.to_csv(older, index=False)
    leads.head(200).assign(Earlier=[str(n % 8) for n in range(200)]).to_csv(newer, index=False)
    given = ["--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", tmp_path]
    assert leadscore("train", "--leads", older, *given).code == 0
    ran = leadscore("score", "--leads", newer, "--out", tmp_path / "scores.csv", "--workspace", tmp_path)
    assert ran.code == 0, ran.err
    assert "neither yes nor no" not in ran.err


def test_a_number_that_became_text_is_refused(leadscore, export, tmp_path):
    older, later = tmp_path / "older.csv", tmp_path / "later.csv"
    export.to_csv(older, index=False)
    export.assign(Visits="a few").to_csv(later, index=False)
    given = ["--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", tmp_path]
    assert leadscore("train", "--leads", older, *given).code == 0
    ran = leadscore("score", "--leads", later, "--out", tmp_path / "scores.csv", "--workspace", tmp_path)
    assert ran.code == 2
    assert "the column 'Visits' is not what the model was trained on" in ran.err
    assert not (tmp_path / "scores.csv").exists()
