"""What a training was asked for, so that the same request on the same outcomes trains nothing again."""

from __future__ import annotations

import hashlib
import json

from data.dataset import Dataset
from features import fingerprint
from models.rules import Rules
from models.versions import git_commit

NOT_LEARNED_FROM = {"tables", "rules", "truth", "store", "write_back", "retention_days", "alerts", "pages"}
"""Settings that teach nothing: files of one content may have other names, and the content has its own fingerprint."""


def request_tags(dataset: Dataset, rules: Rules | None) -> dict[str, str]:
    """Return tags for which leads had closed, and for what was asked for, of which code.

    Attributes and events may change.
    """
    wanted = dataset.settings.model_dump_json(exclude=NOT_LEARNED_FROM)
    request = [wanted, sorted(dataset.settings.tables), rules and rules.to_yaml()]
    request += [git_commit(), fingerprint(dataset.schema)]
    digest = hashlib.sha256(json.dumps(request).encode()).hexdigest()[:16]
    return {"outcomes_fingerprint": dataset.outcomes_fingerprint(), "request_fingerprint": digest}
