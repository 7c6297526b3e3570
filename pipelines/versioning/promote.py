"""promote and rollback: which version scores, decided by a person, with the reason kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from data.errors import InputError, ModelError
from data.locks import one_run_at_a_time
from data.workspace import Workspace
from models.evaluation import Verdict
from models.versions import Registry, verdict_words, why_of
from pipelines.versioning.compare import compared


@dataclass(frozen=True)
class Promotion:
    """Which version scores from now on, in the place of which, and why.

    `as_json` is what ``promote --json`` and ``rollback --json`` print.
    """

    champion: str
    before: str | None
    why: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def promote(version: str, workspace: Workspace, *, force: bool = False, why: str = "") -> Promotion:
    """Make a version the champion if it holds beside the present one, or, with ``force``, for a stated reason.

    Raises InputError where the reason is missing, ModelError where the version does not hold or is not there.
    """
    if force != bool(why.strip()):
        raise InputError(
            "a promotion by force needs a reason, and only that",
            expected="--force --why TEXT, or neither",
            got="--force" if force else "--why",
        )
    with one_run_at_a_time(workspace.training_lock, "promote"):
        registry = Registry(workspace)
        before = registry.champion_version
        if force:
            _require_another(version, registry)
            reasons, figures = [why.strip()], {"by_force": True}
        else:
            reasons, figures = [], _require_promoted(version, workspace).figures
        registry.promote(version, *reasons, figures=figures)
    return Promotion(version, before, why_of(reasons, figures))


def _require_another(version: str, registry: Registry) -> None:
    """Raise ModelError where a version is not there, cannot be used, or scores already."""
    registry.version(version)
    if registry.champion_version == version:
        raise ModelError(f"version {version} is the champion already", where=str(registry.workspace.root))


def _require_promoted(version: str, workspace: Workspace) -> Verdict:
    """Compare a version with the champion. Raises ModelError where it does not hold."""
    verdict = compared(workspace, version).verdict
    assert verdict is not None, "a version was given"
    if not verdict.promoted:
        raise ModelError(
            f"version {version} was not promoted",
            expected="a log-loss that is surely not 0.005 above the champion's, and an AUC not below the rules'",
            got=f"{verdict_words(verdict.figures)}; on {verdict.holdout.description}",
            remedy="train again when more leads have closed, or promote it with --force --why TEXT",
        )
    return verdict


def roll_back(workspace: Workspace) -> Promotion:
    """Make the champion before the present one score again. Raises ModelError where there is none."""
    with one_run_at_a_time(workspace.training_lock, "rollback"):
        gone, back = Registry(workspace).roll_back()
    return Promotion(back, gone, f"rolled back from version {gone}")
