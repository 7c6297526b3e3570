"""The model card: one page per version, from facts, and safe to show whatever the CRM's columns are called."""

import json
import re
from dataclasses import dataclass

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from pipelines.train.model_card import TEMPLATES, _environment, escaped

HOSTILE = "x|`<img src=x onerror=alert(1)>`\n# **Own** [a](http://evil.example) ___"


@dataclass(frozen=True)
class Suspect:
    column: str
    evidence: str
    excluded: bool
    auc_with: float
    auc_without: float


def test_a_hostile_name_is_plain_text_on_one_line():
    told = str(escaped(HOSTILE))
    assert "\n" not in told
    assert not re.search(r"(?<!\\)[|`\[\]*#]|[<>]|://", told)
    assert str(escaped("crm_edition")) == "crm_edition"
    assert str(escaped("a\u202eb\x1b[2J")) == "a b \\[2J"


@pytest.fixture(scope="module")
def card(trained, leadscore) -> str:
    told = leadscore("compare", "--card", "--workspace", trained.workspace.root, "--json").json
    assert told["version"] == "1"
    return told["card"]


def test_the_card_has_all_parts_in_order(card):
    parts = re.findall(r"(?m)^## (.*)$", card)
    assert [part.split(",")[0].split(" on the")[0] for part in parts] == [
        "Intended use", "Data and window", "Candidates", "Metrics", "Calibration", "By segment",
        "Rules beside history", "Leaks", "Data quality", "Left out", "Limits",
    ]  # fmt: skip


def test_the_card_tells_what_the_training_printed(card, trained):
    printed = trained.ran.json
    measured = printed["metrics"]["model"]
    low, high = measured["auc_ci"]
    assert f"| model | {measured['auc']:.3f} ({low:.3f} to {high:.3f}) |" in card
    assert f"| test | {printed['window']['test']['snapshots']:,} | {printed['window']['test']['from'][:10]} |" in card
    assert f"| leads | {3001:,} |" in card
    assert all(card.count(f"- {choice.split(':')[0]}") == 1 for choice in printed["choices"])
    assert f"{printed['counts']['censored']:,} snapshots whose window is not over are censored" in card
    assert printed["counts"]["censored"] > printed["counts"]["settled"] > 100, "what is served learns from these"


def test_the_calibration_table_adds_up_to_the_newest_block(card, trained):
    table = card.split("## Calibration")[1].split("## ")[0]
    rows = re.findall(r"\| ([\d.]+) % \| ([\d.]+) % \| ([\d,]+) \|", table)
    count = trained.ran.json["window"]["test"]["snapshots"]
    assert sum(int(rows_.replace(",", "")) for *_, rows_ in rows) == count
    assert [float(said) for said, *_ in rows] == sorted(float(said) for said, *_ in rows)


def test_what_is_left_out_stands_there_with_the_reason(card):
    assert "| email | personal data: only what is derived from it by declaration is used |" in card


def test_tables_are_whole_whatever_stands_in_them(card):
    """Each block of a table has as many cells in each line."""
    for block in re.findall(r"(?m)(?:^\|.*\n)+", card):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_the_card_is_an_artifact_of_the_version_and_is_printed_as_it_is(card, trained, leadscore):
    client = MlflowClient(trained.workspace.tracking_uri, trained.workspace.tracking_uri)
    listed = [item.path for item in client.list_artifacts(trained.ran.json["run_id"])]
    assert "model_card.md" in listed
    assert leadscore("compare", "--card", "--workspace", trained.workspace.root).out == card


def test_a_version_that_is_not_there_is_named(trained, leadscore):
    ran = leadscore("compare", "9", "--card", "--workspace", trained.workspace.root)
    assert ran.code == 1
    assert "version 9 is not in the registry" in ran.err
    assert re.search(r"expected: one of the versions 1\b", ran.err)
    assert "got:      9" in ran.err and "remedy:   name a version that is there" in ran.err


def test_without_any_version_the_remedy_is_to_train(leadscore, tmp_path):
    ran = leadscore("compare", "9", "--card", "--workspace", tmp_path)
    assert ran.code == 1
    assert "there is no model yet" in ran.err and "run `leadscore train`" in ran.err


def test_without_a_model_there_is_no_card(leadscore, tmp_path):
    ran = leadscore("compare", "--card", "--workspace", tmp_path)
    assert ran.code == 1
    assert "there is no model yet" in ran.err


@pytest.fixture(scope="module")
def flat(export, leadscore, tmp_path_factory):
    """Two versions of a flat file with a hostile column, by whose levels the card tells how well the model does."""
    folder = tmp_path_factory.mktemp("flat")
    leads = pd.read_csv(export, dtype=str).rename(columns={"Channel": HOSTILE})
    leads[HOSTILE] = leads[HOSTILE].str.replace("Fair", "<b>Fair`</b>")
    leads.to_csv(folder / "leads.csv", index=False)
    config = folder / "leadscore.yaml"
    config.write_text(
        "tables: {leads: leads.csv}\ncolumns: {leads: {lead_id: Id}}\noutcome: {column: Status}\norder: rows\n"
        f"drop: [Created, Closed]\nsegments: [{json.dumps(HOSTILE)}, Visits]\n"
    )
    given = ("--config", config, "--workspace", folder / "var", "--json")
    return folder, leadscore("train", *given).json, leadscore("train", *given, "--drop", "Visits")


def test_segments_stand_in_the_card_with_few_wins_marked(flat, leadscore):
    folder, trained, _ = flat
    card = leadscore("compare", "1", "--card", "--workspace", folder / "var", "--json").json["card"]
    assert "### Visits" in card
    assert "| &lt;b&gt;Fair\\`&lt;/b&gt; |" in card
    assert "<b>" not in card
    assert "– (fewer than 20 wins)" in card
    assert "nothing can protect from attributes that were filled in later" in card
    assert trained["counts"]["leads"] == 600


def test_a_segment_that_is_dropped_is_refused_before_the_work(flat):
    *_, ran = flat
    assert ran.code == 2
    assert "'Visits' cannot be a segment: dropped by the settings" in ran.err


def test_leaks_that_were_found_stand_in_the_card():
    leak = Suspect("Tags|", "known in 99 % of the won leads only", True, 0.97, 0.81)
    page = _environment().from_string(_part("## Leaks", "## Data quality")).render(leaks=[leak])
    assert "| Tags\\| | known in 99 % of the won leads only | yes | 0.970 | 0.810 |" in page


def _part(start: str, end: str) -> str:
    text = (TEMPLATES / "model_card.md").read_text(encoding="utf-8")
    return text[text.index(start) : text.index(end)]
