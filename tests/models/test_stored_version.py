"""Files of versions that were stored by earlier releases load, and hold what they held."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.explanation import Evidence, questions_from_json, questions_to_json
from models.monitoring import Baseline
from models.scale import Scale
from models.scoring import Amounts, Timing

STORED = Path(__file__).with_name("stored")
"""Of a version that release 0.1 trained on simulated leads; of most files a few features only."""

READERS: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    "amounts.json": (lambda text: Amounts.from_json(text, None), Amounts.to_json),
    "evidence.json": (Evidence.from_json, Evidence.to_json),
    "questions.json": (questions_from_json, questions_to_json),
    "scale.json": (Scale.from_json, Scale.to_json),
    "timing.json": (lambda text: Timing.from_json(text, None), Timing.to_json),
}


@pytest.mark.parametrize("name", READERS)
def test_what_was_stored_is_read_and_written_again_as_it_was(name):
    read, write = READERS[name]
    text = (STORED / name).read_text(encoding="utf-8")
    assert json.loads(write(read(text))) == json.loads(text)


def test_a_baseline_that_was_stored_is_read_by_the_names_of_today():
    text = (STORED / "reference.json").read_text(encoding="utf-8")
    baseline, content = Baseline.from_json(text), json.loads(text)
    for column in (*content["columns"].values(), content["score"]):
        column["calibration"] = column.pop("worth")
    assert json.loads(baseline.to_json()) == content
    assert Baseline.from_json(baseline.to_json()) == baseline


def test_what_was_read_is_of_the_types_of_today():
    timing = Timing.from_json((STORED / "timing.json").read_text(encoding="utf-8"), None)
    questions = questions_from_json((STORED / "questions.json").read_text(encoding="utf-8"))
    assert timing is not None and questions is not None
    assert [type(days) for days in timing.shares] == [int] * len(timing.shares)
    assert all(isinstance(line, tuple) for line in (*timing.shares.values(), *timing.added.values()))
    assert all(isinstance(answer, tuple) for question in questions for answer in question.answers)


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_holds_something_else_is_refused(name):
    read, _ = READERS[name]
    with pytest.raises(ValueError, match="validation error"):
        read('{"something": "else"}')
