"""How what was learned does beside the champion, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from data.errors import InputError, ModelError
from data.workspace import Workspace
from models.evaluation import Verdict, compare_versions, holdout_for, probabilities_of
from models.training import Learned
from models.training_table import TrainingTable
from models.versions import Registry, Stored
from pipelines.training_data import TrainingData
from pipelines.versioning import candidate_of, missing_for, table_for


@dataclass(frozen=True)
class Contest:
    """How a version did beside the champion, if there is one.

    Without a verdict ``obstacle`` says why they were not compared: ``leaks``, columns that know the outcome,
    ``missing``, what the champion was made for and the data do not have, or a ``problem`` with its version.
    """

    champion: Stored | None = None
    verdict: Verdict | None = None
    obstacle: Mapping[str, Any] = field(default_factory=dict)

    @property
    def promoted(self) -> bool:
        return "missing" not in self.obstacle and (self.verdict is None or self.verdict.promoted)

    @property
    def figures(self) -> dict[str, Any]:
        """Return what the decision rests on, as it is stored with it."""
        if self.verdict is None or self.champion is None:
            return dict(self.obstacle)
        compared = {"champion": self.champion.scorer.version, "measured_on": self.verdict.holdout.description}
        return {**self.verdict.figures, **compared}


def hold_contest(registry: Registry, learned: Learned, read: TrainingData, workspace: Workspace) -> Contest:
    """Compare with the champion, if there is one that this code can score with, and that can read these data.

    One that learned from columns that know the outcome is not compared: nothing honest would ever win against it. Nor
    is one that was made for what the data do not have now: without it the champion would lose against anything.
    """
    if registry.champion_version is None:
        return Contest()
    champion = None
    try:
        champion = registry.champion()
        if leaks := _leaks_of(champion, read):
            return Contest(champion, obstacle={"leaks": leaks})
        if missing := missing_for(champion, read):
            return Contest(champion, obstacle={"missing": missing})
        own = table_for(champion, read.table, read.settings, workspace)
    except (ModelError, InputError) as problem:
        return Contest(champion, obstacle={"problem": problem.what})
    return Contest(champion, _verdict(champion, own, learned, read))


def _leaks_of(champion: Stored, read: TrainingData) -> list[str]:
    """Return the columns that are left out now, for they know the outcome, and are features of the champion."""
    schema = champion.scorer.schema
    learned_from = {*(attribute.name for attribute in schema.attributes), *schema.personal}
    return [leak.column for leak in read.leaks if leak.excluded and leak.attribute in learned_from]


def _verdict(champion: Stored, own: TrainingTable, learned: Learned, read: TrainingData) -> Verdict:
    """Compare what was learned with the champion; ``own`` is the training table with the champion's features."""
    seed, splits, candidate = read.settings.seed, learned.splits, candidate_of(champion)
    holdout = holdout_for(read.table, splits, [candidate])
    inside = holdout.rows[splits.test]
    probabilities = {
        "rules": learned.tested["rules"][inside],
        "champion": probabilities_of(candidate, own, splits, holdout, seed=seed),
        "challenger": learned.served[inside],
    }
    return compare_versions(probabilities, read.table, holdout, seed=seed)
