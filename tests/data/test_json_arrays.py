"""JSON of many rows at once is what `json.dumps` gives row by row."""

import json
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data.json_arrays import json_lists, json_texts

cells = st.none() | st.text() | st.floats(allow_nan=False, allow_infinity=False).filter(lambda cell: cell != 0)


def plain(cell) -> str:
    return json.dumps(cell, ensure_ascii=False)


@given(st.lists(cells), st.data())
@settings(deadline=None)
def test_lists_are_those_of_the_standard_library(values, data):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    assert json_texts(column).to_pylist() == [plain(value) for value in values]
    ends = sorted({0, len(values), *data.draw(st.lists(st.integers(0, len(values))))})
    lists = json_lists(json_texts(column), np.diff(ends)).to_pylist()
    assert lists == [json.dumps(values[a:b], ensure_ascii=False, separators=(",", ":")) for a, b in pairwise(ends)]


def test_zero_has_no_sign_whatever_stands_beside_it():
    for zeros in ([-0.0], [0.0, -0.0], [-0.0, 0.0]):
        assert set(json_texts(np.array(zeros)).to_pylist()) == {"0.0"}
