"""The files of a version: what is missing or broken is reported by its name, whatever it is."""

import json

import pytest

from data.errors import ModelError
from data.json import parse_object
from data.schema import Schema
from models.explanation import Evidence
from models.members import Recipe
from models.monitoring import Baseline
from models.rules import Rules
from models.scale import Scale
from models.versions.artifacts import VersionFiles, digests_of

BROKEN = {
    "another object": ('{"bins": {}}', Evidence.from_json),
    "no object": ("[]", Schema.from_json),
    "no key": ("{}", Scale.from_json),
    "cut off": ('{"log_odds": [0.1', json.loads),
    "no number": ('{"log_odds": [NaN]}', json.loads),
    "no end": ("[" * 100_000, json.loads),
    "nested": ("[" * 100_000 + "]" * 100_000, json.loads),
    "nothing": ("null", parse_object),
    "a list": ("[]", parse_object),
    "no text": (b"\xff\xfe\x00", json.loads),
    "unknown rules": ("rulez: []", Rules.from_yaml),
}


@pytest.mark.parametrize(("content", "parse"), BROKEN.values(), ids=BROKEN.keys())
def test_a_file_that_holds_something_else_is_named(tmp_path, content, parse):
    (tmp_path / "told.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ModelError, match=r"told\.json of version 3 cannot be read") as raised:
        VersionFiles(tmp_path, "3").read("told.json", parse)
    assert {"expected", "got", "where", "remedy"} == raised.value.parts.keys()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"version 3 lacks scale\.json"):
        VersionFiles(tmp_path, "3").read("scale.json", Scale.from_json)


def test_what_older_versions_lack_is_none(tmp_path):
    assert VersionFiles(tmp_path, "3").read_if_there("questions.json", json.loads) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more"])
def test_a_model_that_was_cut_off_is_named(tmp_path, content):
    (tmp_path / "model.skops").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.skops of version 3 cannot be read"):
        VersionFiles(tmp_path, "3").load("model.skops")


def sealed(folder, **texts: str) -> VersionFiles:
    """Files with their digests."""
    for name, text in texts.items():
        (folder / name).write_text(text)
    return VersionFiles(folder, "3", digests_of(folder))


def test_a_file_that_is_as_it_was_stored_is_read(tmp_path):
    assert sealed(tmp_path, scale="1").read("scale", json.loads) == 1


def test_a_file_that_was_changed_is_refused_by_its_name(tmp_path):
    files = sealed(tmp_path, scale="1")
    (tmp_path / "scale").write_text("2")
    with pytest.raises(ModelError, match=r"scale of version 3 cannot be read[\s\S]*its digest is another"):
        files.read("scale", json.loads)


def test_a_file_that_was_added_is_refused(tmp_path):
    files = sealed(tmp_path, scale="1")
    (tmp_path / "timing").write_text("null")
    with pytest.raises(ModelError, match="timing of version 3 cannot be read"):
        files.read_if_there("timing", json.loads)


def test_a_file_that_was_removed_is_named(tmp_path):
    files = sealed(tmp_path, timing="null")
    (tmp_path / "timing").unlink()
    with pytest.raises(ModelError, match="version 3 lacks timing"):
        files.read_if_there("timing", json.loads)


PARSERS = {"evidence": Evidence, "reference": Baseline, "scale": Scale}
NO_VERSION = ["[]", "5", '"text"', "NaN", "true", "[" * 100_000, '{"a": 1}', "null", ""]


@pytest.mark.parametrize("content", NO_VERSION, ids=lambda text: text[:8])
@pytest.mark.parametrize("name", [*PARSERS, "recipe", "schema"])
def test_whatever_stands_in_our_own_files_is_refused_by_their_names(tmp_path, name, content):
    (tmp_path / f"{name}.json").write_text(content)
    parse = {**PARSERS, "recipe": Recipe, "schema": Schema}[name].from_json
    with pytest.raises(ModelError, match=rf"{name}\.json of version 3 cannot be read"):
        VersionFiles(tmp_path, "3").read(f"{name}.json", parse)
