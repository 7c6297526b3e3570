"""YAML that knows its lines."""

import os
from pathlib import Path

import pytest

from data.config.yaml_document import parse_yaml, read_yaml
from data.errors import InputError

TEXT = """\
tables:
  leads: leads.csv

drop:
  - Tags
  - Notes
"""


def test_every_part_has_its_line():
    document = parse_yaml(TEXT, Path("leadscore.yaml"))
    assert [document.where(*place) for place in (("drop",), ("drop", 1), ("tables", "leads"))] == [
        "leadscore.yaml, line 4",
        "leadscore.yaml, line 6",
        "leadscore.yaml, line 2",
    ]


def test_a_part_that_is_missing_is_where_its_neighbours_are():
    assert parse_yaml(TEXT, Path("a.yaml")).where("tables", "events") == "a.yaml, line 1"
    assert parse_yaml(TEXT, Path("a.yaml")).where("nothing") == "a.yaml"


def test_a_key_that_comes_twice_is_refused():
    with pytest.raises(InputError, match=r"'drop' comes twice(.|\n)*line 3 and line 1"):
        parse_yaml("drop: [a]\nkeep: [b]\ndrop: [c]\n", Path("a.yaml"))


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(InputError, match="must hold a mapping"):
        parse_yaml(text, Path("a.yaml"))


def test_what_is_no_yaml_is_refused_with_its_place():
    with pytest.raises(InputError, match=r"not YAML(.|\n)*line 3"):
        parse_yaml("a: 1\nb: [1, 2\nc: 3\n", Path("a.yaml"))


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="no text"):
        read_yaml(tmp_path / "a.yaml")


def test_a_secret_in_a_broken_line_is_not_shown():
    with pytest.raises(InputError) as error:
        parse_yaml("database: postgresql://me:hunter2@crm/db: x\n", Path("a.yaml"))
    assert "hunter2" not in str(error.value)
    assert "a.yaml, line 1" in str(error.value)


def test_words_stay_words():
    content = parse_yaml("won: [yes, 007, 1.10, no]\nas_of: 2026-01-01\nrules: null\nempty:\n", Path("a.yaml")).content
    assert content == {"won": ["yes", "007", "1.10", "no"], "as_of": "2026-01-01", "rules": None, "empty": None}


@pytest.mark.parametrize("text", ["\ntables: &a {leads: *a}\n", "\ntables: &a [[*a]]\n"])
def test_a_part_that_holds_itself_is_refused_with_its_line(text):
    with pytest.raises(InputError, match=r"holds itself(.|\n)*a\.yaml, line 2"):
        parse_yaml(text, Path("a.yaml"))


@pytest.mark.parametrize("text", ["a: b\n~: c\n", "a:\n  null: c\n"])
def test_a_colon_without_a_name_before_it_is_refused_with_its_line(text):
    with pytest.raises(InputError, match=r"a name is missing before the colon(.|\n)*a\.yaml, line 2"):
        parse_yaml(text, Path("a.yaml"))


def test_a_number_with_two_commas_in_braces_is_refused():
    with pytest.raises(InputError, match=r"'000' comes twice(.|\n)*write numbers without commas"):
        parse_yaml("when: {attribute: revenue, at_least: 1,000,000}\n", Path("a.yaml"))


def test_aliases_of_aliases_are_bounded():
    """Eight lines unfold into a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(InputError, match="unfolds into too many parts"):
        parse_yaml("\n".join(lines), Path("leadscore.yaml"))


def test_an_alias_or_two_are_fine():
    document = parse_yaml("a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2}\n", Path("leadscore.yaml"))
    assert document.content == {"a": {"x": "1"}, "b": {"x": "1"}, "c": {"x": "1", "y": "2"}}


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "leadscore.yaml")
    with pytest.raises(InputError, match="this is no file"):
        read_yaml(tmp_path / "leadscore.yaml")


def test_a_file_that_is_no_settings_by_its_size_is_not_read(tmp_path):
    (tmp_path / "leadscore.yaml").write_text("a: 1\n" * 300_000)
    with pytest.raises(InputError, match="too large"):
        read_yaml(tmp_path / "leadscore.yaml")
