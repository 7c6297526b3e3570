"""From nothing to scores in the records of an Odoo: init, train, score, push, and again."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.commands import run_leadscore
from tests.data.crm.fake_odoo import SECRET
from tests.pipelines.crm.conftest import AS_OF


def test_every_open_lead_has_its_score_in_the_record_once(project):
    assert project.run("push", "--setup").code == 0
    told = project.run("push", "--json").json
    scores = pd.read_parquet(project.config.with_name("scores.parquet")).set_index("lead_id")
    records = project.scored_leads()
    assert (told["written"], told["rejected"], told["gone"]) == (len(scores), 0, 0)
    assert records.keys() == {*scores.index}
    for lead_id, record in records.items():
        expected = scores.loc[lead_id]
        assert record["x_leadscore_score"] == expected["score"]
        assert record["x_leadscore_probability"] == pytest.approx(expected["probability"], rel=1e-11)
        assert (record["x_leadscore_reasons_up"] or "") == " | ".join(expected["reasons_up"])
        assert record["x_leadscore_as_of"] == expected["as_of"].tz_localize(None)
    assert project.run("push", "--json").json["pending"] == 0


def test_scores_are_those_of_the_same_data_as_files(project, tmp_path):
    files = project.filled.as_files(tmp_path / "files")
    out = tmp_path / "files.parquet"
    where = ("--as-of", AS_OF, "--out", out, "--workspace", project.workspace.root)
    ran = run_leadscore("score", "--config", files, *where)
    assert ran.code == 0, ran.err
    scores = (pd.read_parquet(path) for path in (out, project.config.with_name("scores.parquet")))
    ours, theirs = (frame.sort_values("lead_id", ignore_index=True) for frame in scores)
    assert len(ours) > 50
    pd.testing.assert_frame_equal(ours, theirs)


def test_reasons_name_what_ids_mean(project):
    project.push_all()
    reasons = " ".join(str(lead["x_leadscore_reasons_up"]) for lead in project.scored_leads().values())
    assert "_id" not in reasons
    assert " id: " not in reasons


def test_what_was_written_does_not_come_back_as_changes(project):
    project.push_all()
    ran = project.run("score", "--as-of", AS_OF, "--json")
    assert ran.json["changed"] == 0


def test_a_lead_that_was_deleted_meanwhile_is_gone_and_never_made(project):
    project.run("push", "--setup")
    gone = next(str(lead["id"]) for lead in project.odoo.leads() if lead["active"] and not lead.get("date_closed"))
    before = len(project.odoo.leads())
    del project.odoo.tables["crm.lead"][int(gone)]
    ran = project.run("push", "--json")
    assert (ran.code, ran.json["gone"], ran.json["dead"]) == (0, 1, 0)
    assert len(project.odoo.leads()) == before - 1
    assert project.run("push", "--json").json["pending"] == 0


def test_a_dry_run_shows_the_first_ten_as_odoo_would_get_them(project):
    project.run("push", "--setup")
    ran = project.run("push", "--dry-run", "--json").json
    assert len(ran["sample"]) == 10
    assert ran["sample"][0].keys() >= {".id", "x_leadscore_score"}
    assert ran["sample"][0]["x_leadscore_as_of"] == "2026-01-01 00:00:00"
    assert project.scored_leads() == {}


def test_check_connection_says_what_is_missing_before_the_setup_and_nothing_after(project):
    before = project.run("check-connection", "--json").json
    assert before["version"] == str(project.odoo.version)
    assert before["counts"]["leads"] == 300
    assert any("push --setup" in sentence for sentence in before["missing"])
    project.run("push", "--setup")
    assert project.run("check-connection", "--json").json["missing"] == []


def test_a_wrong_key_is_said_in_words(project, monkeypatch):
    monkeypatch.setenv("ODOO_API_KEY", "another")
    ran = project.run("check-connection")
    assert ran.code == 2
    assert "does not let this user in" in ran.err
    assert "another" not in ran.err
    assert SECRET not in ran.err
