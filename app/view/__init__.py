"""app.view."""

from app.view.drawing import Trend, trend
from app.view.render import page, safe

__all__ = [
    "Trend",
    "page",
    "safe",
    "trend",
]
