"""JSON of results: types that are known are written as what they are, and others are no text in silence."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.json import strict_json


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.bool_(True), True),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (float("nan"), None),
        (pd.NaT, None),
        (np.datetime64("NaT"), None),
        (pd.NA, None),
        (pd.Timestamp("2025-01-01 12:00"), "2025-01-01T12:00:00Z"),
        (datetime(2025, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))), "2025-01-01T10:00:00Z"),
        (datetime(2025, 1, 1, tzinfo=UTC), "2025-01-01T00:00:00Z"),
        (np.datetime64("2025-01-01", "us"), "2025-01-01T00:00:00Z"),
        (date(2025, 1, 1), "2025-01-01"),
        (Path("var/report.html"), "var/report.html"),
        ((1, [np.int8(2)]), [1, [2]]),
    ],
)
def test_known_types_are_written_as_what_they_are(value, expected):
    assert json.loads(strict_json({"it": value})) == {"it": expected}


@pytest.mark.parametrize("unknown", [{1, 2}, object(), np.array([1]), pd.Series([1])])
def test_a_type_that_nobody_thought_of_is_refused(unknown):
    with pytest.raises(TypeError):
        strict_json({"it": unknown})
