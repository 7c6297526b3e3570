"""pipelines.report."""

from pipelines.report.funnel import count
from pipelines.report.report import Reported, ReportResult, look, page_content, report

__all__ = [
    "ReportResult",
    "Reported",
    "count",
    "look",
    "page_content",
    "report",
]
