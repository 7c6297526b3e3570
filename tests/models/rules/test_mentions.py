"""What rules name, each once."""

from data.vocabulary import Kind
from models.rules import Rules, mentions_of

RULES = """thresholds: {mql: 40, sql: 60}
triggers: [{name: quote, when: {event: quote_request, within: 7}}]
disqualifiers: [{name: gone, when: {attribute: status code, at_least: 3}}]
qso: [{attribute: budget, at_least: 5000}]
fit: {rules: [{name: sap, when: {attribute: technologies, has: [SAP, Excel]}, points: 5}]}
engagement:
  rules:
    - {name: prices, when: {event: download, asset: [price list, tariff]}, points: 5}
    - {name: talk, when: {last: webinar, below: 14}, points: 5}
    - {name: any, when: {last: activity, below: 14}, points: 5}
personas:
  - name: buyer
    fit: {rules: [{name: role, when: {attribute: role, is: Buyer}, points: 5}]}
    engagement: {rules: [{name: again, when: {event: quote_request}, points: 5}]}
"""


def test_rules_personas_marks_and_the_qso_name_what_is_read():
    mentions = mentions_of(Rules.from_yaml(RULES))
    assert {each.name: each.kind for each in mentions.attributes} == {
        "technologies": Kind.SET, "role": Kind.CATEGORY, "status code": Kind.NUMBER, "budget": Kind.NUMBER
    }  # fmt: skip
    assert mentions.words == (("technologies", "SAP"), ("technologies", "Excel"))
    assert sorted(mentions.channels) == [
        ("download", "price list"), ("download", "tariff"), ("quote_request", ""), ("webinar", "")
    ]  # fmt: skip


def test_what_two_files_name_is_read_once():
    mentions = mentions_of(Rules.from_yaml(RULES))
    assert mentions | mentions == mentions
