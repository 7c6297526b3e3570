"""JSON as the standard has it: what is not a number becomes null, and nothing becomes a text by accident."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any


def strict_json(content: Any) -> str:
    """Write one line of JSON; moments are ISO-8601 with Z, naive ones being UTC.

    Raises TypeError for a type that nobody has decided how to write.

    >>> import numpy as np, pandas as pd
    >>> strict_json({"auc": float("nan"), "ci": (0.5, 1.0), "day": date(2025, 1, 31), "as_of": datetime(2025, 2, 1)})
    '{"auc": null, "ci": [0.5, 1.0], "day": "2025-01-31", "as_of": "2025-02-01T00:00:00Z"}'
    >>> strict_json([np.bool_(True), np.int64(3), np.float64("inf"), pd.NaT])
    '[true, 3, null, null]'
    """
    return json.dumps(_plain(content), ensure_ascii=False)


def parse_strict(text: str) -> Any:
    """Read JSON as the standard has it, without NaN and infinities. Raises ValueError, RecursionError.

    >>> parse_strict('{"auc": NaN}')
    Traceback (most recent call last):
    ValueError: NaN is no JSON
    """
    return json.loads(text, parse_constant=_refuse_constant)


def parse_object(text: str) -> dict[str, Any]:
    """Read a JSON object. Raises ValueError for anything else."""
    content = parse_strict(text)
    if not isinstance(content, dict):
        raise ValueError(f"a JSON object was expected, and came {type(content).__name__}")
    return content


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, int)) else _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    # Most results hold plain types alone, and the command line must answer before pandas is loaded.
    import numpy as np
    import pandas as pd

    if isinstance(value, np.datetime64):
        return _plain_scalar(pd.Timestamp(value))
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime):
        moment = pd.Timestamp(value)
        return f"{(moment.tz_convert(None) if moment.tzinfo else moment).isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Path) else value
