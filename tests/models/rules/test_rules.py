"""The rules baseline: what the shipped rules embody, how points add up, and what a file of rules must be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.schema import Attribute, EventType, Schema
from data.vocabulary import EVENT_TYPES, LEADS, Family, Kind
from features.catalogue import WINDOWS
from models.rules import Rules, bands, evaluate, fired, known_to, load_rules, speaks_of

SHIPPED = load_rules()
MQL, SQL = SHIPPED.thresholds.mql, SHIPPED.thresholds.sql
IDEAL = {"job_rank": "VP", "employees": 300.0, "mail_kind": "business", "budget": 20_000.0, "timeline_days": 60.0}
BUSY = {f"{event}_ever": 9.0 for event in EVENT_TYPES if event != "careers_visit"}


def points(rules: Rules = SHIPPED, **cells) -> float:
    """Return the points of one lead."""
    return evaluate(rules, pd.DataFrame([cells]))["points"].item()


def engagement(*rules: str, **dimension) -> Rules:
    """Write rules of engagement in the file's own words."""
    more = "".join(f"  {key}: {value}\n" for key, value in dimension.items())
    listed = "".join(f"    - {{name: rule {number}, {rule}}}\n" for number, rule in enumerate(rules))
    return Rules.from_yaml(f"thresholds: {{mql: 40, sql: 60}}\nengagement:\n{more}  rules:\n{listed}")


def fit(rule: str) -> Rules:
    return Rules.from_yaml(f"thresholds: {{mql: 40, sql: 60}}\nfit: {{rules: [{{name: rule, {rule}}}]}}")


# What the shipped rules embody


def test_a_visit_to_the_careers_page_lowers_the_score():
    assert points(**IDEAL, **BUSY, careers_visit_ever=1.0) == points(**IDEAL, **BUSY) - 20


def test_students_score_lower_than_those_of_unknown_rank():
    assert points(**IDEAL | {"job_rank": "Student"}) < points(**IDEAL | {"job_rank": None})


@pytest.mark.parametrize("intent", ["quote_request_ever", "demo_request_ever", "download: price_list_ever"])
def test_intent_outranks_research(intent):
    research = {"webinar_ever": 1.0, "blog_visit_ever": 1.0}
    assert points(**{intent: 1.0}) >= 4 * points(**research) > 0


def test_one_visit_to_the_prices_outranks_a_webinar_and_a_webinar_the_blog():
    assert points(pricing_visit_ever=1.0) >= 2 * points(webinar_ever=1.0) > 2 * points(blog_visit_ever=1.0)


def test_a_demo_request_alone_is_no_mql():
    assert points(demo_request_ever=1.0) < MQL <= points(demo_request_ever=1.0, **IDEAL)


def test_no_activity_makes_up_for_a_lead_that_does_not_fit():
    assert points(**BUSY) < MQL
    assert points(**BUSY, job_rank="Student", need="none") < points(**BUSY)


def test_fit_alone_is_no_mql():
    assert points(**IDEAL, need="clear", authority="decides") < MQL


def test_a_hot_lead_that_goes_quiet_falls_below_mql():
    hot = IDEAL | {"demo_request_ever": 1.0, "pricing_visit_ever": 2.0}
    quiet = dict.fromkeys(["last_activity", "demo_request_last", "pricing_visit_last"], 90.0)
    assert points(**hot) >= SQL
    assert points(**hot, **quiet) < MQL


@pytest.mark.parametrize(
    "mark", [{"need": "none"}, {"need": "vague"}, {"budget": 50.0}, {"timeline_days": 500.0}, {"mail_kind": "free"}]
)
def test_marks_of_a_bad_lead_lower_the_score(mark):
    lead = {"job_rank": "C-level", "employees": 300.0}
    assert points(**lead, **mark) < points(**lead)


def test_the_shipped_rules_find_what_the_catalogue_calls_its_columns():
    attributes = tuple(
        Attribute(name, name, column.kind, column.family) for name, column in LEADS.items() if column.family
    )
    events = (*(EventType(event) for event in EVENT_TYPES), EventType("download", ("price_list",)))
    schema = Schema(True, attributes, events, personal=("job_title", "email", "company"))
    assert known_to(SHIPPED, schema) == [rule.name for _, rule in SHIPPED.with_places()]


# How points add up


@pytest.mark.parametrize(("days", "left"), [(0, 10), (30, 5), (60, 2.5), (np.nan, 10)])
def test_ten_points_at_a_half_life_of_30_days_are_five_after_30(days, left):
    rules = engagement("when: {event: webinar}, points: 10, half_life: 30")
    assert points(rules, webinar_ever=1.0, webinar_last=days) == left


def test_silence_halves_the_good_points_and_forgives_no_bad_one():
    rules = engagement(
        "when: {event: trial}, points: 40", "when: {event: careers_visit}, points: -10", silence_half_life=30
    )
    assert points(rules, trial_ever=1.0, careers_visit_ever=1.0, last_activity=30.0) == 40 / 2 - 10


def test_each_event_counts_up_to_the_maximum():
    rules = engagement("when: {event: webinar}, each: 4, max: 10")
    assert [points(rules, webinar_ever=count) for count in (0.0, 1.0, 2.0, 3.0)] == [0, 4, 8, 10]


def test_a_window_and_an_asset_name_the_column_that_is_counted():
    rules = engagement("when: {event: download, asset: price list, within: 30, at_least: 2}, points: 10")
    counted = "download: Price_List_30d"
    assert [points(rules, **{counted: count}) for count in (1.0, 2.0)] == [0, 10]


def test_all_conditions_must_hold():
    rules = fit(
        "when: [{attribute: country, is: [Norway]}, {attribute: employees, at_least: 50, below: 250}], points: 9"
    )
    frame = pd.DataFrame({"country": ["norway", "Norway", "Chad"], "employees": [50.0, 250.0, 99.0]})
    assert evaluate(rules, frame)["points"].tolist() == [9, 0, 0]


@pytest.mark.parametrize(("given", "expected"), [("yes", [7, 0]), ("no", [0, 7])])
def test_a_condition_may_ask_whether_an_answer_was_given(given, expected):
    frame = pd.DataFrame({"budget": [0.0, np.nan]})
    assert evaluate(fit(f"when: {{attribute: budget, given: {given}}}, points: 7"), frame)["fit"].tolist() == expected


def test_yes_and_no_are_one_and_zero_where_a_column_holds_numbers():
    frame = pd.DataFrame({"technologies_SAP": [1.0, 0.0, np.nan]})
    rules = fit("when: {attribute: technologies_sap, is: no}, points: 3")
    assert evaluate(rules, frame)["fit"].tolist() == [0, 3, 0]


def test_the_cap_holds_back_good_points_and_no_bad_ones():
    rules = engagement(
        "when: {event: trial}, points: 40",
        "when: {event: webinar}, points: 40",
        "when: {event: careers_visit}, points: -20",
        cap=50,
    )
    assert points(rules, trial_ever=1.0, webinar_ever=1.0, careers_visit_ever=1.0) == 30


def test_the_total_is_clipped_and_the_dimensions_are_not():
    told = evaluate(
        engagement("when: {event: careers_visit}, points: -20"), pd.DataFrame({"careers_visit_ever": [1.0]})
    )
    assert told.iloc[0].to_dict() == {"points": 0, "fit": 0, "engagement": -20, "persona": ""}


def test_rules_about_what_the_data_does_not_have_are_idle():
    told = evaluate(SHIPPED, pd.DataFrame({"x": [1.0, 2.0]}, index=[7, 8]))
    assert (told[["points", "fit", "engagement"]].to_numpy() == 0).all() and list(told.index) == [7, 8]
    assert (fired(SHIPPED, pd.DataFrame(index=range(2))).to_numpy() == 0).all()


def test_what_each_rule_gives_adds_up_to_the_total():
    frame = pd.DataFrame([IDEAL | {"webinar_ever": 1.0, "webinar_last": 60.0, "careers_visit_ever": 1.0}])
    given = fired(SHIPPED, frame).loc[0]
    assert given["Attended a webinar"] == 2
    assert given.sum() == pytest.approx(points(**frame.loc[0]))


def test_bands_start_at_the_thresholds():
    assert bands(SHIPPED, pd.Series([SQL, SQL - 1, MQL, MQL - 1])).tolist() == ["hot", "warm", "warm", "cold"]


COLUMNS = sorted({column for _, one in SHIPPED.conditions() for column in one.columns} | {"last_activity"})
CELLS = st.one_of(st.none(), st.floats(), st.sampled_from(["Student", "none", "yes", "12", ""]), st.text(max_size=3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELLS), min_size=1, max_size=4))
def test_points_lie_between_0_and_100_whatever_the_cells_are(rows):
    told = evaluate(SHIPPED, pd.DataFrame(rows)).drop(columns="persona")
    assert np.isfinite(told.to_numpy()).all()
    assert told["points"].between(0, 100).all()


# The file


def test_rules_read_back_as_they_were_written():
    assert Rules.from_yaml(SHIPPED.to_yaml()) == SHIPPED


def test_no_is_a_country():
    rules = fit("when: {attribute: country, is: [NO, on, 1.10]}, points: 5")
    assert points(rules, country="NO") == 5
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
        ("{name: a, when: {event: trial, is: [x]}, points: 5}", "'is' and 'given' go with an attribute"),
        ("{name: a, when: {event: trial, attribute: x}, points: 5}", "one of 'attribute', 'event' and 'last'"),
        ("{name: a, when: {attribute: x}, points: 5}", "what there must be"),
        ("{name: a, when: {attribute: x, given: yes}, points: 5, half_life: 9}", "about one event"),
        ("{name: a, when: [], points: 5}", "'when' is wrong"),
        ("{name: first, when: {event: trial}, points: 5}", "two rules have one name"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_with_its_line(line, said):
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
        ("thresholds: {mql: 60, sql: 400}", "'sql' is wrong"),
        ("thresholds: {mql: 40, sql: 60}\nfit: {silence_half_life: 3}", "unknown key 'silence_half_life'"),
    ],
)
def test_a_file_that_is_no_set_of_rules_is_refused(text, said):
    with pytest.raises(InputError, match=said):
        Rules.from_yaml(text)


def test_a_file_that_is_not_there_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_rules(tmp_path / "rules.yaml")


# Rules and a data set

SCHEMA = Schema(
    True,
    (
        Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
        Attribute("Lead Source", "Lead Source", Kind.CATEGORY, Family.SOURCE),
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


@pytest.mark.parametrize("condition", ["{event: crm.contacts}", "{attribute: lead_source, is: x}", "{event: trial}"])
def test_names_of_the_data_and_of_the_vocabulary_are_known(tmp_path, condition):
    file = tmp_path / "rules.yaml"
    file.write_text(f"thresholds: {{mql: 40, sql: 60}}\nfit: {{rules: [{{name: a, when: {condition}, points: 1}}]}}")
    assert load_rules(file, schema=SCHEMA).fit.rules[0].name == "a"


def test_a_rule_is_known_to_data_that_has_its_columns():
    assert known_to(SHIPPED, SCHEMA) == ["Attended a webinar"]
    assert known_to(fit("when: {attribute: industry, at_least: 5}, points: 1"), SCHEMA) == []


@pytest.mark.parametrize("days", WINDOWS)
def test_windows_need_times(days):
    rules = engagement(f"when: {{event: webinar, within: {days}}}, points: 1")
    assert known_to(rules, SCHEMA) == ["rule 0"]
    assert known_to(rules, replace(SCHEMA, timed=False)) == []


@pytest.mark.parametrize(
    ("attributes", "speaks"),
    [
        (("industry", "country", "source", "campaign"), False),
        (("employees", "budget"), False),
        (("employees", "budget", "need"), True),
    ],
)
def test_the_shipped_rules_speak_of_data_in_which_they_find_three_things(attributes, speaks):
    found = (Attribute(name, name, LEADS[name].kind, LEADS[name].family) for name in attributes)
    assert speaks_of(SHIPPED, Schema(False, tuple(found))) is speaks
