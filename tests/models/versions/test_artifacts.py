"""The files of a version: what is missing or broken is reported by its name, whatever it is."""

import json

import pytest

from data.errors import ModelError
from data.schema import Schema
from models.explanation import Evidence
from models.rules import Rules
from models.scale import Scale
from models.versions.artifacts import VersionFiles

BROKEN = {
    "another object": ('{"bins": {}}', Evidence.from_json),
    "no object": ("[]", Schema.from_json),
    "no key": ("{}", Scale.from_json),
    "cut off": ('{"log_odds": [0.1', json.loads),
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
