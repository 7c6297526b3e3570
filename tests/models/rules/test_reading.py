"""Rules and a data set: which names are known, and which rules it can tell anything of."""

import re
from dataclasses import replace

import pytest

from data.errors import InputError
from data.schema import Attribute, EventType, Schema
from data.vocabulary import LEADS, Family, Kind
from features import WINDOWS
from models.rules.findings import findings_of
from models.rules.format import Rules
from models.rules.reading import known_to, load_rules, speaks_of

SHIPPED = load_rules()


def only(rule: str) -> Rules:
    return Rules.from_yaml(f"thresholds: {{mql: 40, sql: 60}}\nfit: {{rules: [{{name: rule, {rule}}}]}}")


SCHEMA = Schema(
    True,
    (
        Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
        Attribute("Lead Source", "Lead Source", Kind.CATEGORY, Family.SOURCE),
        Attribute("visits", "Visits", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("tools", "Tools", Kind.SET, Family.FIRMOGRAPHIC, ("SAP",)),
    ),
    (EventType("webinar"), EventType("crm.contacts")),
)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("{attribute: idustry, is: x}", "unknown attribute 'idustry'.*line 5.*'industry'"),
        ("{event: webinars}", "unknown event 'webinars'.*line 5.*'webinar'"),
    ],
)
def test_names_that_neither_data_nor_vocabulary_have_are_refused_with_the_nearest(tmp_path, condition, said):
    file = tmp_path / "rules.yaml"
    file.write_text(
        f"thresholds: {{mql: 40, sql: 60}}\nfit:\n  rules:\n    - name: a\n      when: {condition}\n      points: 1"
    )
    with pytest.raises(InputError, match=f"(?s){said}"):
        load_rules(file, schema=SCHEMA)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("{attribute: tools, is: SAP}", "'tools' holds several words in a cell.*has: SAP.*line 5"),
        ("{attribute: tools, given: yes}", "'tools' holds several words in a cell"),
        ("{attribute: industry, at_least: 5}", "'industry' holds words, and is no number.*line 5"),
        ("{attribute: visits, is: many}", "'visits' holds numbers, and no such words.*at_least"),
        ("{attribute: Visits, has: many}", "'Visits' holds numbers"),
        ("{attribute: industry, has: Software}", "'industry' holds one word in a cell.*is"),
    ],
)
def test_a_column_that_is_taken_for_another_is_refused_for_it_would_be_idle(tmp_path, condition, said):
    file = tmp_path / "rules.yaml"
    file.write_text(
        f"thresholds: {{mql: 40, sql: 60}}\nfit:\n  rules:\n    - name: a\n      when: {condition}\n      points: 1"
    )
    with pytest.raises(InputError, match=f"(?s){said}"):
        load_rules(file, schema=SCHEMA)


@pytest.mark.parametrize(
    "condition",
    [
        "{attribute: visits, is: [3, 4]}",
        "{attribute: Tools, has: SAP}",
        "{event: crm.contacts}",
        "{attribute: lead_source, is: x}",
        "{event: trial}",
    ],
)
def test_names_of_the_data_and_of_the_vocabulary_are_known(tmp_path, condition):
    file = tmp_path / "rules.yaml"
    file.write_text(f"thresholds: {{mql: 40, sql: 60}}\nfit: {{rules: [{{name: a, when: {condition}, points: 1}}]}}")
    assert load_rules(file, schema=SCHEMA).fit.rules[0].name == "a"


def test_a_rule_is_known_to_data_that_has_its_columns():
    assert [rule.name for rule in known_to(SHIPPED, SCHEMA)] == ["Attended a webinar"]
    assert [rule.name for rule in known_to(only("when: {attribute: industry, at_least: 5}, points: 1"), SCHEMA)] == []


@pytest.mark.parametrize("days", WINDOWS)
def test_windows_need_times(days):
    rules = only(f"when: {{event: webinar, within: {days}}}, points: 1")
    assert [rule.name for rule in known_to(rules, SCHEMA)] == ["rule"]
    assert [rule.name for rule in known_to(rules, replace(SCHEMA, timed=False))] == []


@pytest.mark.parametrize(
    ("attributes", "speaks"),
    [
        (("industry", "country", "source", "campaign"), False),
        (("employees", "budget"), False),
        (("employees", "budget", "need"), True),
    ],
)
def test_the_shipped_rules_speak_of_data_in_which_they_find_three_things(attributes, speaks):
    present = (Attribute(name, name, LEADS[name].kind, LEADS[name].family) for name in attributes)
    assert speaks_of(SHIPPED, Schema(False, tuple(present))) is speaks


def test_the_file_in_the_documentation_is_one(pytestconfig):
    page = (pytestconfig.rootpath / "docs" / "rules.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    rules = Rules.from_yaml(text)
    assert rules.personas and rules.dispositions and findings_of(rules) == []
