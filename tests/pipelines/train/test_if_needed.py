"""`train --if-needed`: a training only where there is no champion, or where its data have drifted."""

from __future__ import annotations

import pandas as pd


def test_a_training_follows_where_there_is_no_champion_or_where_numbers_have_shifted(leadscore, export, tmp_path):
    file, rows = tmp_path / "leads.csv", pd.read_csv(export, dtype="str").drop(columns=["Created", "Closed"])
    rows.to_csv(file, index=False)
    given = ("--leads", file, "--id", "Id", "--outcome", "Status", "--order", "Id", "--workspace", tmp_path / "var")
    first = leadscore("train", *given, "--if-needed", "--json").json
    again = leadscore("train", *given, "--if-needed", "--json").json
    assert [(each["trained"], each["model_version"]) for each in (first, again)] == [(True, "1"), (False, "1")]
    assert again["why"].startswith("no training is needed: ")
    newer = rows.assign(Id=[f"new {number:03d}" for number in range(600)], Visits="9")
    pd.concat([rows, newer]).to_csv(file, index=False)
    shifted = leadscore("train", *given, "--if-needed", "--json").json
    assert (shifted["trained"], shifted["model_version"]) == (True, "2")
    # Both versions are listed, the newest first, and one of them scores.
    listed = leadscore("versions", "--workspace", tmp_path / "var", "--json").json["versions"]
    champion = {True: "2", False: "1"}[shifted["promoted"]]
    assert [row["version"] for row in listed] == ["2", "1"]
    assert [row["version"] for row in listed if row["alias"] == "champion"] == [champion]
    shown = leadscore("versions", "--workspace", tmp_path / "var").out
    assert [line.split(":")[0] for line in shown.splitlines()[-2:]] == ["2", "1"]


def test_an_effort_that_is_not_known_is_refused_with_those_that_are(leadscore, export, tmp_path):
    refused = leadscore("train", "--leads", export, "--effort", "heroic", "--workspace", tmp_path)
    assert refused.code == 2
    assert all(name in refused.err for name in ("fast", "standard", "best"))
