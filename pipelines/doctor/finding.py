"""Something in a workspace that is not as it should be, and how it is mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """What is wrong and where; ``mend`` does what ``remedy`` says, where that can be done without a choice."""

    what: str
    where: str
    remedy: str
    mend: Callable[[], object] | None = None
    is_mended: bool = False

    def as_json(self) -> dict[str, Any]:
        known = {"what": self.what, "where": self.where, "remedy": self.remedy}
        return {**known, "fixable": self.mend is not None, "fixed": self.is_mended}
