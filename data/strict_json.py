"""JSON as the standard has it: what is not a number becomes null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def strict_json(content: Any) -> str:
    """Write one line of JSON.

    >>> strict_json({"auc": float("nan"), "ci": (0.5, 1.0)})
    '{"auc": null, "ci": [0.5, 1.0]}'
    """
    return json.dumps(_plain(content), ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
