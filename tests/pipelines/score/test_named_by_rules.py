"""What rules name is read whatever its frequency: a small firm's price list, its technologies, and what is new."""

import json
from pathlib import Path

import pandas as pd
import pytest

RULES = """thresholds: {mql: 20, sql: 40}
triggers:
  - name: Asked for a quote this week
    when: {event: quote_request, within: 7}
disqualifiers:
  - name: Called us off
    when: {event: called off}
fit:
  rules:
    - {name: A firm, when: {attribute: industry, given: "yes"}, points: 10}
    - {name: Uses SAP, when: {attribute: technologies, has: SAP}, points: 20}
    - {name: From Norway, when: {attribute: country, is: "no"}, points: 5}
    - {name: Knows us, when: {attribute: partner, is: Acme}, points: 3}
engagement:
  rules:
    - {name: Price list, when: {event: download, asset: Price List}, points: 40}
    - {name: Met at the fair, when: {event: fair talk}, points: 7}
personas:
  - name: Oracle house
    fit:
      rules:
        - {name: Uses Oracle, when: {attribute: technologies, has: Oracle}, points: 15}
"""
CONFIG = """tables: {leads: leads.csv, events: events.csv, outcomes: outcomes.csv}
rules: rules.yaml
horizon: 30
as_of: 2025-06-01
"""
TECHNOLOGIES = {"L1": "SAP; Excel", "L2": "Oracle"}
HISTORY = [
    ("L1", "2025-01-03", "download", "price-list"),
    ("L1", "2025-01-04", "Fair-Talk", ""),
    ("L2", "2025-01-05", "site_visit", ""),
    ("L3", "2025-01-06", "called off", ""),
]
NEW = [
    ("L90", "2025-05-30", "quote_request", ""),
    ("L91", "2025-05-30", "download", "price list"),
    ("L92", "2025-05-30", "site_visit", ""),
    ("L92", "2025-05-31", "chat", ""),
    ("", "2025-05-30", "quote_request", "", "acme"),
    ("", "2025-05-30", "site_visit", "", "visitor"),
]


def write(folder: Path, numbers: list[int], created: str, events: list[tuple]) -> None:
    ids = [f"L{number}" for number in numbers]
    alike = {"created_at": created, "industry": "Retail", "country": "NO", "partner": "Acme"}
    used = [TECHNOLOGIES.get(name, "Excel") for name in ids]
    pd.DataFrame({"lead_id": ids, **alike, "technologies": used}).to_csv(folder / "leads.csv", index=False)
    cells = [(*event, "", "")[:5] for event in events]
    table = pd.DataFrame(cells, columns=["lead_id", "occurred_at", "type", "asset", "account_id"])
    table.to_csv(folder / "events.csv", index=False)
    closed = pd.DataFrame({"lead_id": ids, "closed_at": "2025-01-20", "won": [n % 3 == 0 for n in numbers]})
    closed[closed["lead_id"].isin([f"L{n}" for n in range(1, 31)])].to_csv(folder / "outcomes.csv", index=False)


@pytest.fixture(scope="module")
def small_firm(leadscore, tmp_path_factory):
    """A firm with 30 closed leads, trained; what it scored of its history, and of three leads that are new."""
    folder = tmp_path_factory.mktemp("small firm")
    (folder / "rules.yaml").write_text(RULES)
    (folder / "leadscore.yaml").write_text(CONFIG)
    write(folder, [*range(1, 31)], "2025-01-01", HISTORY)
    place = ["--workspace", folder / "var"]
    assert leadscore("train", "--config", folder / "leadscore.yaml", *place, "--json").json["rung"] == "rules"
    checked = leadscore("rules", "check", "--config", folder / "leadscore.yaml", *place, "--json")
    old = leadscore("explain", "L1", *place, "--json").json
    write(folder, [90, 91, 92], "2025-05-28", NEW)
    ran = leadscore("score", "--out", folder / "new.csv", *place)
    assert ran.code == 0, ran.err
    new = leadscore("explain", "L91", *place, "--json").json
    return checked, old, new, pd.read_csv(folder / "new.csv").set_index("lead_id"), ran.err


def test_what_two_leads_have_gives_its_points(small_firm):
    _, old, _, _, _ = small_firm
    assert old["rules"] == {
        "A firm": 10, "Uses SAP": 20, "From Norway": 5, "Knows us": 3, "Price list": 40, "Met at the fair": 7
    }  # fmt: skip


def test_a_quote_request_is_a_trigger_where_history_had_none(small_firm):
    _, _, new, scores, _ = small_firm
    assert scores["triggered_by"].fillna("").to_dict() == {"L90": "Asked for a quote this week", "L91": "", "L92": ""}
    assert scores["disposition"]["L90"] == "ready"
    assert new["rules"] == {"A firm": 10, "From Norway": 5, "Knows us": 3, "Price list": 40}


def test_rules_that_are_served_look_as_they_were_agreed(small_firm):
    _, old, new, scores, _ = small_firm
    assert scores["score"].to_dict() == {"L90": 18, "L91": 58, "L92": 18}
    assert scores["band"].to_dict() == {"L90": "cold", "L91": "hot", "L92": "cold"}
    assert {each["concept"]: each["points"] for each in new["reasons_up"]} == {
        "Price list": 40, "A firm": 10, "From Norway": 5, "Knows us": 3
    }  # fmt: skip
    assert (old["score"], new["reasons_down"]) == (85, [])


def test_types_that_are_new_are_said_with_their_counts(small_firm):
    *_, said = small_firm
    assert "1 × 'quote_request' (leads: 1)" in said and "the rules read them" in said
    assert "1 × 'chat' (leads: 1); no rule names them" in said


def test_an_account_without_a_lead_of_which_a_trigger_holds_is_named(small_firm):
    *_, said = small_firm
    assert "Accounts without a lead that somebody should speak to: acme (Asked for a quote this week)." in said


def test_check_says_only_of_what_no_lead_has_that_the_data_do_not_have_it(small_firm):
    checked, *_ = small_firm
    found = {one["what"].split("'")[1]: one["kind"] for one in json.loads(checked.out)["findings"]}
    assert found == {"Asked for a quote this week": "no data"}
