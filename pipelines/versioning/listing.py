"""versions: what has been trained, how it did, and which version scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from data.workspace import Workspace
from models.versions import Registry, Version, words


@dataclass(frozen=True)
class VersionRow:
    """One version: when it was trained (UTC), what it is, how what it serves did on its newest block, and its decision.

    ``alias`` is champion, challenger or empty. ``auc`` and ``log_loss`` are None where nothing could be measured.
    """

    version: str
    trained_at: str
    alias: str
    chosen: str
    rung: str
    leads: int
    auc: float | None
    log_loss: float | None
    decision: str
    run_id: str


@dataclass(frozen=True)
class VersionList:
    """All versions that were trained to their end, the newest first; `as_json` is what ``versions --json`` prints."""

    rows: Sequence[VersionRow]

    def as_json(self) -> dict[str, Any]:
        return {"versions": [asdict(row) for row in self.rows]}


def list_versions(workspace: Workspace) -> VersionList:
    """Return the versions of a workspace, the newest first. Raises ModelError where their files are damaged."""
    registry = Registry(workspace)
    aliases = {registry.challenger_version: "challenger", registry.champion_version: "champion"}
    newest = {decision.version: words(decision) for decision in reversed(registry.decisions())}
    return VersionList(
        [
            _row(version, registry, aliases.get(version.number, ""), newest[version.number])
            for version in registry.trained()
        ]
    )


def _row(version: Version, registry: Registry, alias: str, decision: str) -> VersionRow:
    training = registry.training_of(version)
    measured = training["metrics"]["rules" if training["chosen"] == "rules" else "model"]
    return VersionRow(
        version=version.number,
        trained_at=version.created.isoformat(timespec="seconds").replace("+00:00", "Z"),
        alias=alias,
        chosen=training["chosen"],
        rung=training["rung"],
        leads=training["counts"]["leads"],
        auc=measured["auc"],
        log_loss=measured["log_loss"],
        decision=decision,
        run_id=version.run_id,
    )
