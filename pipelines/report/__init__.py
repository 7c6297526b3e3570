"""report: the funnel counted from its tables, with the last training and the last scores, as a page and as figures.

`report` writes the page, `gather` returns what it says (the pages show it live), `count` counts the funnel alone.
"""

from pipelines.report.funnel import count
from pipelines.report.overview import model_sentences
from pipelines.report.report import Reported, ReportResult, gather, page_content, report

__all__ = [
    "ReportResult",
    "Reported",
    "count",
    "gather",
    "model_sentences",
    "page_content",
    "report",
]
