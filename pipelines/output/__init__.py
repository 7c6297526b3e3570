"""What verbs show of their work beside numbers: the report of a reading in words, and pages from templates.

Pages are complete in themselves, and whatever stands in data is escaped.
"""

from pipelines.output.describe import describe
from pipelines.output.page import filled, write_page

__all__ = ["describe", "filled", "write_page"]
