"""What a file of rules must be, and how it is said what is wrong."""

import re

import pandas as pd
import pytest

from data.errors import InputError
from models.rules.evaluation import evaluate
from models.rules.format import Rules
from models.rules.reading import load_rules


def test_rules_read_back_as_they_were_written():
    assert Rules.from_yaml(load_rules().to_yaml()) == load_rules()


def test_no_is_a_country():
    rules = Rules.from_yaml(
        "thresholds: {mql: 40, sql: 60}\n"
        "fit: {rules: [{name: a, when: {attribute: country, is: [NO, on, 1.10]}, points: 5}]}"
    )
    assert evaluate(rules, pd.DataFrame({"country": ["NO", "no ", "Norway"]}))["points"].tolist() == [5, 5, 0]
    assert Rules.from_yaml(rules.to_yaml()).fit.rules[0].when[0].is_ == ("NO", "on", "1.10")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{name: a, when: {event: trial}, pionts: 5}", "did you mean 'points'"),
        ("{name: a, when: {evnt: trial}, points: 5}", "did you mean 'event'"),
        ("{name: a, when: {event: trial}, points: many}", "'points' is wrong"),
        ("{name: a, when: {event: trial}, points: .nan}", "'points' is wrong"),
        ("{name: a, when: {event: trial}, points: 101}", "'points' is wrong"),
        ("{name: a, when: {event: trial}}", "either 'points', or 'each'"),
        ("{name: a, when: {event: trial}, each: 5, max: -10}", "different directions"),
        ("{name: a, when: {event: trial, within: 45}, points: 5}", "7, 30, 90"),
        ("{name: a, when: {event: trial, is: [x]}, points: 5}", "'is', 'has' and 'given' go with an attribute"),
        ("{name: a, when: {event: trial, attribute: x}, points: 5}", "one of 'attribute', 'event' and 'last'"),
        ("{name: a, when: {attribute: x}, points: 5}", "what there must be"),
        ("{name: a, when: {attribute: x, given: yes}, points: 5, half_life: 9}", "about one event"),
        ("{name: a, when: [], points: 5}", "'when' is wrong"),
        ("{name: a, when: {last: trial, at_most: 14}, points: 5}", "pass at edges"),
        ("{name: a, when: {last: trial, below: 20}, points: 5}", "1, 7, 14, 30, 60, 90, 180"),
        ("{name: a, when: {attribute: x, is: y, asset: z}, points: 5}", "'asset' goes with"),
        ("{name: a, when: {event: trial}, points: 5, group: content}", "unknown group 'content'"),
        ("{name: first, when: {event: trial}, points: 5}", "two rules have one name"),
    ],
)
def test_what_is_wrong_with_a_rule_is_reported_with_its_line(line, said):
    text = f"""thresholds: {{mql: 40, sql: 60}}
fit:
  rules:
    - {{name: first, when: {{event: trial}}, points: 1}}
    - {line}
"""
    with pytest.raises(InputError, match=r"rules\.yaml, line 5") as error:
        Rules.from_yaml(text, where="rules.yaml")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must hold a mapping"),
        ("- a\n- b", "must hold a mapping"),
        ("a: [", "not YAML"),
        ("\0", "not YAML"),
        ("[" * 2000, "not YAML"),
        ("fit: {}", "'thresholds' is wrong"),
        ("thresholds: {mql: 60, sql: 40}", "the bands overlap"),
        ("thresholds: {mql: 60, sql: 75}\ngrades: {fit: {A: 10, B: 20, C: 5}}", "the grades overlap"),
        ("thresholds: {mql: 60, sql: 75}\ngrades: {engagement: {1: 30, 2: 20, 3: 20}}", "the grades overlap"),
        ("thresholds: {mql: 60, sql: 75}\ndispositions: {A: [ready]}", "'A', entry 2, is wrong"),
        ("thresholds: {mql: 60, sql: 75}\npersonas: [{name: a, fit: {rules: []}}]", "known by its profile"),
        ("thresholds: {mql: 60, sql: 75}\nthresholds: {mql: 50, sql: 60}", "comes twice"),
        ("thresholds: {mql: 60, sql: 400}", "'sql' is wrong"),
        ("thresholds: {mql: 40, sql: 60}\ncompetitors: [Rival, ann@rival.com]", "(?s)no firm.*line 2.*write rival.com"),
        ("thresholds: {mql: 40, sql: 60}\nfit: {silence_half_life: 3}", "unknown key 'silence_half_life'"),
    ],
)
def test_a_file_that_is_no_set_of_rules_is_refused(text, said):
    with pytest.raises(InputError, match=said):
        Rules.from_yaml(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fit:", "'fit' is wrong.*expected: something below it.*got: *nothing.*line 2"),
        ("grades:", "'grades' is wrong.*got: *nothing.*line 2"),
        ("personas: [a]", "'personas', entry 1, is wrong.*got: *'a'.*line 2"),
        (
            "fit: {rules: [{name: a, when: {attribute: x, is: [b, null]}, points: 5}]}",
            "'is', entry 2, is wrong.*a text",
        ),
        ("competitors: [Rival, null]", "'competitors', entry 2, is wrong.*expected: a text.*got: *nothing"),
        ("fit: {rules: [{name: a, when: {attribute: x, given: perhaps}, points: 5}]}", "'given' is wrong.*yes or no"),
        ("fit: {rules: [{name: a, when: {event: x}, points: 5_0}]}", "'points' is wrong.*a number.*got: *'5_0'"),
        ("fit: {rules: [{name: a, when: {event: x, within: 3_0}, points: 5}]}", "'within' is wrong.*number"),
        ("fit: {rules: [{name: a, when: {event: x}, points: 1,000}]}", "'points' has a comma.*write 1000"),
        ("qso: {attribute: employees, at_least: -1,500}", "'at_least' has a comma.*write -1500"),
        ("qso: {attribute: employees, 500: }", "unknown key '500'.*attribute, is"),
        ("start: 500", "'start' is wrong.*at most 100"),
        ("start: -5", "'start' is wrong.*at least 0"),
        ("fit: {cap: 200}", "'cap' is wrong.*at most 100.*got: *'200'"),
        ("fit: {groups: [content]}", "'groups' is wrong.*names, each with a number"),
        ("fit: {rules: {name: a}}", "'rules' is wrong.*a list"),
        ("fit: {rules: [{name: a, points: 5}]}", "'when' is wrong: it is missing"),
        ("dispositions: {A: [redy, ready, ready, ready]}", "'A', entry 1, is wrong.*'ready'.*got: *'redy'"),
        ("thresholdz: {}", "unknown key 'thresholdz'.*did you mean 'thresholds'"),
    ],
)
def test_what_is_wrong_is_reported_in_our_own_words(text, said):
    with pytest.raises(InputError, match=f"(?s){said}") as error:
        Rules.from_yaml(f"thresholds: {{mql: 40, sql: 60}}\n{text}\n", where="rules.yaml")
    assert "line 2" in str(error.value)
    assert not re.search("input should|valid|instance|dictionary|tuple|parse", str(error.value).lower())


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("thresholds:\n  mql: 60\n  sql: 40", "the bands overlap", 3),
        ("thresholds:\n  mql: 60\n  sql: 101", "'sql' is wrong", 3),
        ("thresholds:\n  mql: -1\n  sql: 40", "'mql' is wrong", 2),
        ("thresholds: {mql: 1, sql: 4}\ngrades:\n  fit:\n    A: 10\n    B: 20\n    C: 5", "the grades overlap", 5),
    ],
)
def test_bands_that_overlap_and_thresholds_out_of_range_are_reported_with_file_and_line(text, said, line):
    with pytest.raises(InputError) as error:
        Rules.from_yaml(text, where="rules.yaml")
    assert said in str(error.value) and f"rules.yaml, line {line}" in str(error.value)


def test_a_disposition_that_is_misspelt_is_reported_with_the_nearest():
    with pytest.raises(InputError, match=r"(?s)line 2.*did you mean 'ready'\?"):
        Rules.from_yaml("thresholds: {mql: 40, sql: 60}\ndispositions: {A: [redy, ready, ready, ready]}")


def test_a_file_that_is_not_there_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_rules(tmp_path / "rules.yaml")
