"""rules check: what contradicts itself in a file of rules, and what in it never moves a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.rules import RuleFinding, Rules, findings_of
from pipelines.console import step
from pipelines.rules.project import Project

NEEDS_LEADS = (
    "whether the data have the attributes, events and assets that the rules name, and hold such cells in them",
    "which rules were never so in history, and which of them a cap makes idle",
)


@dataclass(frozen=True)
class RulesCheck:
    """What is wrong with rules; ``leads`` is on how many leads they were checked, None where the file alone was.

    `as_json` is what ``rules check --json`` prints.
    """

    rules: str
    count: int
    leads: int | None
    findings: list[dict[str, str]]

    @property
    def asks_for_action(self) -> bool:
        """Return whether something is wrong beyond rules about what the data do not have."""
        return any(finding["kind"] != "no data" for finding in self.findings)

    @property
    def not_checked(self) -> Sequence[str]:
        """Return what could not be checked."""
        return NEEDS_LEADS if self.leads is None else ()

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "not_checked": list(self.not_checked)}


def check_rules(project: Project, path: Path | None = None) -> RulesCheck:
    """Check rules by themselves, and on all leads where it is known where they are.

    Raises InputError where the file is no set of rules, or names what neither the data nor the vocabulary have.
    """
    file = project.rules(path)
    history, leads = None, None
    if project.settings:
        read = project.history(file.rules)
        file.require_known(read.table.schema)
        history, leads = pd.concat([read.table.features, read.open_leads]), read.report.tables["leads"].used
    with step("looking for rules that contradict each other or do nothing"):
        listed = [_as_row(one, file.where(one.place)) for one in findings_of(file.rules, history)]
    return RulesCheck(str(file.document.path), _count(file.rules), leads, listed)


def _count(rules: Rules) -> int:
    return sum(1 for _ in rules.with_places())


def _as_row(one: RuleFinding, where: str) -> dict[str, str]:
    return {"kind": one.kind, "what": one.what, "where": where}
