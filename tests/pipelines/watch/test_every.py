"""How often to look."""

from __future__ import annotations

import pytest

from data.errors import InputError
from pipelines.watch.every import parse_interval


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10), (" 5 m ", 300), ("1h", 3600)])
def test_an_interval_is_read(text, seconds):
    assert parse_interval(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0s", "-5s", "10", "1.5m", "10 s s"])
def test_what_is_no_interval_is_refused_with_an_example(text):
    with pytest.raises(InputError, match="10s or 5m"):
        parse_interval(text)
