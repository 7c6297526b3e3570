"""Scoring: the file that it writes, and what may and may not change a score."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from data.chunk import Chunk
from data.config import FileTable, Settings, load_settings
from data.store import open_store
from data.workspace import Workspace
from models.scoring import score_chunk, worded
from models.versions import Registry
from pipelines.score import batch
from pipelines.score.batch import score

COLUMNS = """lead_id as_of probability score band disposition fit engagement grade
    reasons_up reasons_down model_version""".split()
PAST = pd.Timestamp("2025-03-01")


# The file


def test_the_json_of_a_scoring_keeps_its_contract(scored):
    contract = {"read": int, "scored": int, "quarantined": int, "model_version": str, "seconds": float}
    assert {key: type(scored.ran.json[key]) for key in contract} == contract


def test_every_row_that_was_read_is_accounted_for(scored):
    said = scored.ran.json
    assert said["read"] == said["scored"] + said["left_out"] + said["later"] + said["quarantined"]
    assert said["scored"] == said["open"] == len(scored.frame)
    assert said["left_out"] > 0 and said["quarantined"] > 0


def test_of_the_configured_tables_open_leads_alone_are_scored(scored, config):
    closed = pd.read_parquet(config.parent / "outcomes.parquet")["lead_id"]
    assert set(scored.frame["outcome"]) == {"open"}
    assert not set(scored.frame["lead_id"]) & set(closed)


def test_each_open_lead_comes_once_and_in_input_order(scored, config):
    given = pd.read_parquet(config.parent / "leads.parquet")["lead_id"].drop_duplicates()
    closed = pd.read_parquet(config.parent / "outcomes.parquet")["lead_id"]
    assert scored.frame["lead_id"].tolist() == given[~given.isin(closed)].tolist()


def test_the_columns_are_those_of_the_contract_and_come_first(scored):
    assert scored.frame.columns[: len(COLUMNS)].tolist() == COLUMNS


def test_csv_and_parquet_hold_the_same_scores(scored):
    csv = pd.read_csv(scored.csv, dtype=dict.fromkeys(("lead_id", "engagement", "model_version"), "str"))
    assert csv.columns.tolist() == scored.frame.columns.tolist()
    same = [name for name in COLUMNS if name not in ("as_of", "reasons_up", "reasons_down")]
    pd.testing.assert_frame_equal(csv[same], scored.frame[same], check_dtype=False, check_exact=True)
    assert (pd.to_datetime(csv["as_of"]) == scored.frame["as_of"]).all()
    for name in ("reasons_up", "reasons_down"):
        assert csv[name].fillna("").tolist() == scored.frame[name].map(" | ".join).tolist()


def test_moments_are_written_as_iso_8601_with_z(scored):
    written = pd.read_csv(scored.csv, usecols=["as_of"], dtype="str")["as_of"]
    assert written.str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").all()
    assert written.str.startswith("2026-01-01T00:00:00").any()


def test_each_score_says_how_old_its_lead_was(scored, config):
    created = pd.read_parquet(config.parent / "leads.parquet").drop_duplicates("lead_id").set_index("lead_id")
    created = pd.to_datetime(scored.frame["lead_id"].map(created["created_at"]), utc=True)
    days = (scored.frame["as_of"] - created).dt.days
    assert scored.frame["age_days"].tolist() == days.tolist()


def test_a_score_never_falls_as_the_probability_rises(scored):
    rising = scored.frame.sort_values("probability")["score"]
    assert (np.diff(rising) >= 0).all()
    assert rising.between(0, 100).all()
    assert rising.iloc[-1] > rising.iloc[0]


def test_bands_part_the_probabilities_in_three(scored):
    spans = scored.frame.groupby("band")["probability"].agg(["min", "max"]).loc[["cold", "warm", "hot"]]
    assert all(lower["max"] < upper["min"] for (_, lower), (_, upper) in pairwise(spans.iterrows()))
    assert scored.frame["band"].isin(spans.index).all()


def test_grades_are_fit_and_engagement(scored):
    frame = scored.frame
    assert set(frame["fit"]) == set("ABCD")
    assert set(frame["engagement"]) == set("1234")
    assert (frame["grade"] == frame["fit"] + frame["engagement"]).all()


def test_only_leads_that_fit_are_ready_and_only_cold_misfits_discarded(scored):
    frame = scored.frame
    assert set(frame["disposition"]) == {"ready", "nurture", "discard"}
    ready, discarded = ((frame["disposition"] == name) for name in ("ready", "discard"))
    assert (frame["band"][ready] == "hot").any()  # others are ready for a trigger
    assert "D" not in set(frame["fit"][ready])
    misfits = (frame["band"] == "cold") & (frame["fit"] == "D")
    assert misfits.any() and discarded[misfits].all()  # others are disqualified


def test_up_to_five_reasons_name_their_family_and_points_and_the_rest_of_the_sum_follows(scored):
    of_the_sum = r"^(?:typical at|at |time at|everything else|where every lead starts).*\([+−]?\d+\)$"
    for name, sign in (("reasons_up", r"\+"), ("reasons_down", "−")):
        reasons = scored.frame[name].explode().dropna()
        own = reasons.str.contains(rf" \((?:[a-z]+), {sign}[1-9]\d?\)$")
        assert own.groupby(level=0).sum().max() == 5
        assert reasons[~own].str.contains(of_the_sum).all()


def test_closed_leads_are_scored_on_demand_as_they_stood_just_before_and_into_the_file_alone(
    leadscore, workspace, config, tmp_path
):
    closed_at = pd.read_parquet(config.parent / "outcomes.parquet").set_index("lead_id")["closed_at"]
    with open_store(workspace.store) as store:
        runs = store.runs()
    out = tmp_path / "closed.parquet"
    ran = leadscore("score", "--closed", "--out", out, "--workspace", workspace.root, "--json")
    closed = pd.read_parquet(out)
    assert (ran.json["scored"], ran.json["open"], len(closed)) == (len(closed_at), 0, len(closed_at))
    last_second = closed["lead_id"].map(closed_at).dt.floor("s") - pd.Timedelta(seconds=1)
    assert (closed["as_of"] == last_second).all()
    with open_store(workspace.store) as store:
        assert store.runs() == runs


def test_scoring_closed_leads_erases_nothing(workspace, config, tmp_path):
    settings = load_settings(config).model_copy(update={"retention_days": 1})
    assert score(workspace, settings=settings, closed=True, out=tmp_path / "closed.parquet").erased == {}


def test_closed_leads_without_a_file_are_refused(leadscore, workspace):
    ran = leadscore("score", "--closed", "--workspace", workspace.root)
    assert ran.code == 2
    assert "expected: --out FILE beside --closed" in ran.err


# What changes a score


@pytest.fixture
def rescore(workspace: Workspace, tmp_path):
    """Score again, in a copy of the workspace."""

    def run(settings: Settings | None = None, **options) -> pd.DataFrame:
        score(workspace, settings=settings, out=tmp_path / "again.parquet", **options)
        return pd.read_parquet(tmp_path / "again.parquet")

    return run


@pytest.fixture
def altered(config, tmp_path):
    """Settings of the simulated funnel with some of its tables changed."""

    def make(**changed: pd.DataFrame) -> Settings:
        settings = load_settings(config)
        for name, table in changed.items():
            table.to_parquet(tmp_path / f"{name}.parquet")
        return settings.model_copy(
            update={"tables": settings.tables | {n: FileTable(tmp_path / f"{n}.parquet") for n in changed}}
        )

    return make


@pytest.fixture(scope="module")
def tables(config) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(config.parent / f"{name}.parquet") for name in load_settings(config).tables}


def test_where_all_have_closed_it_is_said_what_to_do(workspace, config, altered, capsys):
    leads, outcomes = (pd.read_parquet(config.parent / f"{name}.parquet") for name in ("leads", "outcomes"))
    closed = leads[leads["lead_id"].isin(outcomes["lead_id"])]
    result = score(workspace, settings=altered(leads=closed), accept_missing=True)
    assert (result.scored, result.left_out) == (0, closed["lead_id"].nunique())
    assert "No lead is open: all " in capsys.readouterr().err


def test_nothing_new_changes_nothing(rescore, scored):
    pd.testing.assert_frame_equal(rescore(), scored.frame)


def test_the_size_of_the_chunks_changes_nothing(rescore, scored, monkeypatch):
    monkeypatch.setattr(batch, "CHUNK", 1000)
    pd.testing.assert_frame_equal(rescore(), scored.frame)


def records_of(table: pd.DataFrame) -> list[dict]:
    return table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[return-value]


@pytest.mark.parametrize("query", ["band == 'hot'", "band == 'warm'", "band == 'cold'"])
def test_a_lead_that_is_made_of_its_records_has_the_score_of_the_batch_run(query, scored, trained, tables):
    stored = Registry(trained.workspace).champion()
    row = scored.frame.query("outcome == 'open'").query(query).iloc[[0]].reset_index(drop=True)
    lead_id, events = row["lead_id"][0], tables["events"]
    lead, stages = (table[table["lead_id"] == lead_id] for table in (tables["leads"], tables["stages"]))
    of_account = events["lead_id"].isna() & (events["account_id"] == lead["account_id"].iloc[0])
    records = (records_of(events[(events["lead_id"] == lead_id) | of_account]), records_of(stages))
    chunk = Chunk.from_records(stored.scorer.schema, records_of(lead)[0], *records, formats=stored.settings.formats)
    score = worded(score_chunk(chunk, stored.scorer, row["as_of"].dt.tz_localize(None)[0]), stored.scorer.narrator)
    for name in score.columns.drop(["recommendation", "decided_by"]):  # others decide, too
        assert score[name].tolist() == [[*value] if name.startswith("reasons") else value for value in row[name]]


def test_new_events_change_the_score_of_their_lead_only(rescore, altered, tables, scored):
    lead_id = scored.frame.query("outcome == 'open' and band == 'cold'")["lead_id"].iloc[0]
    new = {"lead_id": lead_id, "occurred_at": pd.Timestamp("2025-12-31T12:00Z"), "type": "demo_request"}
    events = pd.concat([tables["events"], pd.DataFrame([new] * 3)])
    frames = rescore(altered(events=events)), scored.frame
    now, before = (frame.set_index("lead_id")["probability"] for frame in frames)
    assert now[lead_id] > before[lead_id]
    pd.testing.assert_series_equal(now.drop(lead_id), before.drop(lead_id))


def test_at_a_past_moment_later_leads_are_left_out(workspace, tables, tmp_path):
    told = score(workspace, as_of=PAST, out=tmp_path / "past.parquet")
    created_at = tables["leads"].drop_duplicates("lead_id").set_index("lead_id")["created_at"].dt.tz_localize(None)
    there = pd.read_parquet(tmp_path / "past.parquet")["lead_id"].map(created_at)
    assert (there.isna() | (there <= PAST)).all()
    assert told.later == (created_at > PAST).sum() > 0


def test_scoring_for_the_past_leaves_the_present_as_it_is(leadscore, workspace):
    place = ["--workspace", workspace.root]
    now = leadscore("report", *place, "--json").json
    ran = leadscore("score", "--as-of", "2024-06-01", *place, "--json")
    assert (ran.json["of_the_past"], ran.json["changed"]) == (True, 0)
    assert "its scores stay the present ones" in ran.err
    again = leadscore("report", *place, "--json").json
    assert (again["bands"], again["hottest"]) == (now["bands"], now["hottest"])


def test_what_happened_later_is_not_known_at_a_past_moment(rescore, altered, tables):
    """Deleting every row that is later than the moment gives the same scores, reasons and outcomes."""
    times = {"leads": "created_at", "events": "occurred_at", "stages": "entered_at", "outcomes": "closed_at"}
    until = {name: tables[name][~(tables[name][time] > PAST.tz_localize("UTC"))] for name, time in times.items()}
    assert all(len(until[name]) < len(tables[name]) for name in times)
    pd.testing.assert_frame_equal(rescore(as_of=PAST), rescore(altered(**until), as_of=PAST))


# New files and refusals


@pytest.fixture
def new_leads(tables) -> pd.DataFrame:
    return tables["leads"].head(3).assign(lead_id=["007", "=1+1", "-5"], stage="=SUM(A1)")


def test_new_leads_are_scored_by_the_roles_of_training(leadscore, workspace, new_leads, tmp_path):
    new_leads.rename(columns={"lead_id": "Key"}).to_csv(tmp_path / "new.csv", index=False)
    given = ["--leads", tmp_path / "new.csv", "--id", "Key", "--workspace", workspace.root]
    assert leadscore("score", *given, "--out", tmp_path / "out.parquet", "--json").json["scored"] == 3
    assert pd.read_parquet(tmp_path / "out.parquet")["lead_id"].tolist() == ["007", "=1+1", "-5"]


def test_formulas_are_harmless_in_the_csv_and_ids_verbatim(leadscore, workspace, new_leads, tmp_path):
    new_leads.to_csv(tmp_path / "new.csv", index=False)
    given = ["--leads", tmp_path / "new.csv", "--workspace", workspace.root]
    assert leadscore("score", *given, "--out", tmp_path / "out.csv").code == 0
    written = pd.read_csv(tmp_path / "out.csv", dtype="str")
    assert written["stage"].tolist() == ["'=SUM(A1)"] * 3
    assert written["lead_id"].tolist() == ["007", "=1+1", "-5"]


def test_leads_without_a_column_of_the_model_are_refused(leadscore, workspace, new_leads, tmp_path):
    new_leads.rename(columns={"industry": "Industri"}).to_csv(tmp_path / "new.csv", index=False)
    ran = leadscore("score", "--leads", tmp_path / "new.csv", "--workspace", workspace.root)
    assert ran.code == 2
    assert "columns that the model was trained on are missing: industry" in ran.err
    assert "did you mean 'Industri'?" in ran.err


def test_a_model_of_other_features_is_refused(leadscore, trained, monkeypatch):
    monkeypatch.setattr("models.versions.registry.fingerprint", lambda schema: "0" * 16)
    ran = leadscore("score", "--workspace", trained.workspace.root)
    assert (ran.code, ran.out) == (1, "")
    assert "expected: feature fingerprint 0000000000000000" in ran.err
    assert "remedy:   run `leadscore train` again" in ran.err


@pytest.mark.parametrize("name", ["scores.xlsx", "nowhere/scores.csv"])
def test_a_file_that_cannot_be_written_is_refused(leadscore, workspace, tmp_path, name):
    ran = leadscore("score", "--out", tmp_path / name, "--workspace", workspace.root)
    assert ran.code == 2
    assert str(tmp_path / name) in ran.err


def test_columns_with_hardly_a_known_value_or_none_are_told_and_the_others_decide(
    leadscore, workspace, tables, tmp_path
):
    leads = tables["leads"].head(100).assign(industry=["Alchemy"] * 60 + ["Software"] * 40, country=None)
    leads.to_csv(tmp_path / "new.csv", index=False)
    ran = leadscore("score", "--leads", tmp_path / "new.csv", "--workspace", workspace.root)
    assert ran.code == 0
    said = " ".join(ran.err.split())
    assert "industry: 60 of 100 leads have a value that is rare or was not there in training, such as 'Alchemy'" in said
    assert "country is empty for all leads, and was not in training: it counts as not given." in said
    assert "source" not in said
