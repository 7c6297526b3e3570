"""How pages are shown: templates filled in, numbers and times as people say them, and the geometry of drawings."""

from app.view.drawing import TrendLine, trend_line
from app.view.render import NO_EVIDENCE, page, safe

__all__ = [
    "NO_EVIDENCE",
    "TrendLine",
    "page",
    "safe",
    "trend_line",
]
