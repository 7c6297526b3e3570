"""rules preview: what a file of rules would change, on real leads, before it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.rules import Rules, judged
from models.rules.volume import Volume, volume
from models.training_table import TrainingTable
from pipelines.console import step
from pipelines.rules.project import Project

CLASSES = ("mql", "sql", "qso")


@dataclass(frozen=True)
class Qualified:
    """Leads of one class by one file of rules: those that are open now, and those of history."""

    open: int
    history: Volume

    def as_json(self) -> dict[str, Any]:
        return {"open": self.open, **self.history.as_json()}


@dataclass(frozen=True)
class Preview:
    """What rules change of the open leads, and both files' volumes; `as_json` is what ``rules preview --json`` prints.

    ``changes`` counts the open leads by what they were (``from``) and would be (``to``); ``old`` and ``new`` hold the
    MQL, SQL and QSO by each file.
    """

    rules: str
    against: str
    open: int
    changed: int
    changes: list[dict[str, Any]]
    old: Mapping[str, Qualified]
    new: Mapping[str, Qualified]

    def as_json(self) -> dict[str, Any]:
        counts = {name: {each: told.as_json() for each, told in getattr(self, name).items()} for name in ("old", "new")}
        return {**vars(self), **counts}


def preview(project: Project, against: Path, path: Path | None = None) -> Preview:
    """Hold the rules of a project against another file of them, on its leads.

    Volumes and precision are those of history: a lead counts once, at the first moment at which it was in the class.
    """
    new, old = project.rules(path), project.rules(against)
    read = project.history(new.rules)
    as_before = read if old.rules.competitors == new.rules.competitors else project.history(old.rules)
    for each in (new, old):
        each.require_known(read.table.schema)
    with step("judging the open leads and those of history by both"):
        before, after = judged(old.rules, as_before.open_leads), judged(new.rules, read.open_leads)
        moved = before["disposition"] != after["disposition"]
        pairs = pd.DataFrame({"from": before["disposition"], "to": after["disposition"]})[moved].value_counts()
        return Preview(
            rules=str(new.document.path),
            against=str(against),
            open=len(before),
            changed=int(moved.sum()),
            changes=[{"from": one, "to": other, "leads": int(leads)} for (one, other), leads in pairs.items()],  # type: ignore[misc]
            old=_qualified(old.rules, before, as_before.table),
            new=_qualified(new.rules, after, read.table),
        )


def _qualified(rules: Rules, now: pd.DataFrame, table: TrainingTable) -> dict[str, Qualified]:
    then = judged(rules, table.design)
    return {name: Qualified(int(now[name].sum()), volume(then[name].to_numpy(bool), table)) for name in CLASSES}
