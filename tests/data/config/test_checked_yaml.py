"""One way to check a YAML file: the first mistake is an error with its line and the nearest known word."""

from pathlib import Path

import pytest

from data.config import parse_settings, parse_yaml
from data.config.checked_yaml import CheckedPart, mistake, validated
from data.errors import InputError


class Engine(CheckedPart):
    cylinders: int = 4
    fuel: str = "petrol"


class Car(CheckedPart):
    name: str
    engines: list[Engine] = []  # noqa: RUF012 (a model of pydantic)


def error(text: str) -> InputError:
    with pytest.raises(InputError) as raised:
        validated(
            parse_yaml(text, Path("car.yaml")),
            Car,
            lambda error, place: {"what": f"{error['type']} at {place}", **_words(error.get("ctx", {}))},
        )
    return raised.value


def _words(context: dict[str, str]) -> dict[str, str]:
    return {name: context[name] for name in ("expected", "remedy") if name in context}


def test_an_unknown_key_deep_in_a_file_is_answered_with_its_line_and_the_nearest_one_beside_it():
    problem = error("name: a\nengines:\n  - cylinders: 3\n  - feul: gas\n")
    assert problem.parts == {
        "expected": "cylinders, fuel",
        "where": "car.yaml, line 4",
        "remedy": "did you mean 'fuel'?",
    }


def test_another_error_of_pydantic_is_worded_by_who_reads_the_file():
    assert error("engines: []\n").what == "missing at ('name',)"


def test_a_comma_in_a_number_is_named():
    problem = error("name: a\nengines: [{cylinders: 1,000}]\n")
    assert (problem.what, problem.parts["remedy"]) == ("'cylinders' has a comma", "write 1000")


def test_a_mistake_keeps_its_own_words():
    wrong = mistake("too many", ("engines",), "one", got="two")
    assert (wrong.type, wrong.message()) == ("mistake", "too many")


def test_settings_name_what_is_known_in_the_part_where_the_unknown_key_stands():
    with pytest.raises(InputError) as raised:
        parse_settings("tables: {leads: leads.csv}\npages:\n  proxy: {adress: 10.0.0.1}\n", Path("leadscore.yaml"))
    assert raised.value.what == "unknown setting 'pages.proxy.adress'"
    assert raised.value.parts["remedy"] == "did you mean 'address'?"
    assert raised.value.parts["where"] == "leadscore.yaml, line 3"
