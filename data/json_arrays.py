"""JSON of many rows at once, as Arrow writes texts: what `json.dumps` gives for each row, without a loop over rows."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def json_texts(values: npt.NDArray) -> pa.Array:
    """Return each value as JSON, those that are alike written once; None and NaN are null, and zero has no sign.

    >>> json_texts(np.array([2.0, "é", None, -0.0], dtype=object)).to_pylist()
    ['2.0', '"é"', 'null', '0.0']
    """
    codes, distinct = pd.factorize(values)
    texts = [json.dumps(abs(value) if value == 0 else value, ensure_ascii=False) for value in distinct.tolist()]
    return pa.array([*texts, "null"], pa.string()).take(pa.array(np.where(codes < 0, len(texts), codes)))


def json_rows(*columns: Any) -> pa.Array:
    """Return a list for each row of columns, which are JSON texts or whole numbers.

    >>> json_rows(pa.array(['"a"', "null"]), np.array([1, 2])).to_pylist()
    ['["a",1]', '[null,2]']
    """
    cells = [pa.array(column).cast(pa.string()) for column in columns]
    return pc.binary_join_element_wise("[", pc.binary_join_element_wise(*cells, ","), "]", "")


def json_lists(texts: pa.Array, counts: npt.NDArray[np.int64]) -> pa.Array:
    """Return lists of consecutive JSON texts: of so many each.

    >>> json_lists(pa.array(["1", "2", "3"]), np.array([2, 0, 1])).to_pylist()
    ['[1,2]', '[]', '[3]']
    """
    ends = pa.array(np.append(0, np.cumsum(counts)), pa.int32())
    return pc.binary_join_element_wise("[", pc.binary_join(pa.ListArray.from_arrays(ends, texts), ","), "]", "")
