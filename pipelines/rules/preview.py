"""rules preview: what a file of rules would change, on real leads, before it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.blend import RULES, member_names
from models.rules import LeadVolume, Rules, first_disqualifier, first_trigger, grid_of, qualify, volume_of
from models.scale import dispositions
from models.training import chosen_of
from pipelines.console import step
from pipelines.rules.project import Project
from pipelines.training_data import TrainingData

CLASSES = ("mql", "sql", "qso")


@dataclass(frozen=True)
class ClassCounts:
    """Leads of one class by one file of rules: those that are open now, and those of history."""

    open: int
    history: LeadVolume

    def as_json(self) -> dict[str, Any]:
        return {"open": self.open, **self.history.as_json()}


@dataclass(frozen=True)
class DispositionChanges:
    """How many open leads change their disposition: by what they were (``from``) and would be (``to``)."""

    changed: int
    changes: list[dict[str, Any]]


@dataclass(frozen=True)
class ServedChanges(DispositionChanges):
    """What changes of the dispositions that are served, where they come from the score and the grades of a model."""

    model_version: str
    chosen: str


@dataclass(frozen=True)
class RulesPreview:
    """What rules change of the open leads, and both files' volumes; `as_json` is what ``rules preview --json`` prints.

    ``by_rules`` is what changes by the rules alone, ``served`` what does where a model is the champion, else None.
    ``old`` and ``new`` hold the MQL, SQL and QSO by each file.
    """

    rules: str
    against: str
    open: int
    by_rules: DispositionChanges
    served: ServedChanges | None
    old: Mapping[str, ClassCounts]
    new: Mapping[str, ClassCounts]

    def as_json(self) -> dict[str, Any]:
        return {
            "rules": self.rules,
            "against": self.against,
            "open": self.open,
            **asdict(self.by_rules),
            "served": self.served and asdict(self.served),
            **{name: {each: leads.as_json() for each, leads in getattr(self, name).items()} for name in ("old", "new")},
        }


def preview(project: Project, against: Path, path: Path | None = None) -> RulesPreview:
    """Compare the rules of a project with another file of them, on its leads.

    Volumes and precision are those of history: a lead counts once, in the first snapshot in which it was in the class.
    """
    new, old = project.rules(path), project.rules(against)
    served = [project.champion.scorer.rules] if project.champion else []
    after = project.history(new.rules, old.rules, *served)
    same = old.rules.competitors == new.rules.competitors
    before = after if same else project.history(old.rules, new.rules, *served)
    for each in (new, old):
        each.require_known(after.table.schema)
    with step("judging the open leads and those of history by both"):
        now_before, now_after = qualify(old.rules, before.open_leads), qualify(new.rules, after.open_leads)
        return RulesPreview(
            rules=str(new.document.path),
            against=str(against),
            open=len(now_before),
            by_rules=_changes(now_before["disposition"], now_after["disposition"]),
            served=_served(project, (old.rules, before.open_leads), (new.rules, after.open_leads)),
            old=_qualified(old.rules, now_before, before),
            new=_qualified(new.rules, now_after, after),
        )


def _changes(before: pd.Series, after: pd.Series) -> DispositionChanges:
    moved = before != after
    pairs = pd.DataFrame({"from": before, "to": after})[moved].value_counts()
    listed = [{"from": one, "to": other, "leads": int(leads)} for (one, other), leads in pairs.items()]  # type: ignore[misc]
    return DispositionChanges(int(moved.sum()), listed)


def _served(project: Project, old: tuple[Rules, pd.DataFrame], new: tuple[Rules, pd.DataFrame]) -> ServedChanges | None:
    """Let triggers, disqualifiers and grid of both files decide on the champion's present scores, if it is a model."""
    if project.champion is None or member_names(project.champion.scorer.model) == (RULES,):
        return None
    scorer = project.champion.scorer
    known = [features for rules, features in (old, new) if rules.competitors == scorer.rules.competitors]
    own = known[0] if known else project.history(scorer.rules).open_leads
    scores = scorer.score(scorer.with_rules(own))
    band, fit, engagement = (scores[name].to_numpy() for name in ("band", "fit", "engagement"))
    before, after = (
        dispositions(
            band,
            fit,
            engagement,
            triggered=first_trigger(rules, features) != "",
            disqualified=first_disqualifier(rules, features) != "",
            grid=grid_of(rules),
        )
        for rules, features in (old, new)
    )
    changes = _changes(pd.Series(before), pd.Series(after))
    return ServedChanges(**vars(changes), model_version=scorer.version, chosen=chosen_of(scorer.model))


def _qualified(rules: Rules, now: pd.DataFrame, read: TrainingData) -> dict[str, ClassCounts]:
    then = qualify(rules, read.table.features)
    waiting = {name: read.waiting_since[now[name].to_numpy(bool)] for name in CLASSES}
    gives = {name: volume_of(then[name].to_numpy(bool), read.table, waiting=waiting[name]) for name in CLASSES}
    return {name: ClassCounts(int(now[name].sum()), gives[name]) for name in CLASSES}
