"""What `leadscore versions` lists; a list of several is looked at in train/test_if_needed.py."""

from __future__ import annotations


def test_each_version_is_listed_with_what_it_is_and_how_it_did(leadscore, trained):
    (row,) = leadscore("versions", "--workspace", trained.workspace.root, "--json").json["versions"]
    training = trained.ran.json
    served = training["metrics"]["rules" if training["chosen"] == "rules" else "model"]
    assert (row["version"], row["alias"], row["run_id"]) == ("1", "champion", training["run_id"])
    assert (row["chosen"], row["rung"], row["leads"]) == (
        training["chosen"],
        training["rung"],
        training["counts"]["leads"],
    )
    assert (row["auc"], row["log_loss"]) == (served["auc"], served["log_loss"])


def test_the_version_of_leadscore_is_printed(leadscore):
    ran = leadscore("--version")
    assert (ran.code, ran.out.split()[0]) == (0, "leadscore")
