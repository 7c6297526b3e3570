"""doctor: examine everything a workspace holds → show what is wrong → clear and mend what can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from data.errors import LeadscoreError
from data.locks import no_run_beside
from data.workspace import Workspace
from models.versions import Registry
from pipelines.doctor import checks
from pipelines.doctor.finding import Finding
from pipelines.doctor.leftovers import leftovers, unfinished_trainings


@dataclass(frozen=True)
class Diagnosis:
    """What was checked, and what was found; `as_json` is the contract of ``doctor --json``."""

    checked: list[str]
    findings: list[Finding]

    @property
    def is_sound(self) -> bool:
        """Return whether nothing is wrong, or nothing any more."""
        return all(finding.is_mended for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        findings = [finding.as_json() for finding in self.findings]
        return {"sound": self.is_sound, "checked": self.checked, "findings": findings}


def doctor(workspace: Workspace, *, fix: bool = False) -> Diagnosis:
    """Examine a workspace in which no run is under way; with ``fix`` what can be mended without a choice is.

    Raises LeadscoreError where another run is using the workspace.
    """
    if not workspace.is_writable:
        return _examined({"permissions": partial(checks.open_permissions, workspace)}, fix=False)
    with no_run_beside(workspace.locks, "doctor"):
        diagnosis = _examined(_of_files(workspace), fix=fix)
        if workspace.has_models and not any(str(workspace.models) == each.where for each in diagnosis.findings):
            versions = _examined(_of_versions(Registry(workspace)), fix=fix)
            parts = (diagnosis, versions)
            checked = [name for part in parts for name in part.checked]
            return Diagnosis(checked, [each for part in parts for each in part.findings])
        return diagnosis


Checks = dict[str, Callable[[], Iterator[Finding]]]


def _of_files(workspace: Workspace) -> Checks:
    return {
        "leftovers": partial(leftovers, workspace),
        "databases": partial(checks.damaged_databases, workspace),
        "store": partial(checks.unusable_store, workspace),
        "key": partial(checks.unsafe_key, workspace),
        "permissions": partial(checks.open_permissions, workspace),
        "links": partial(checks.broken_links, workspace),
    }


def _of_versions(registry: Registry) -> Checks:
    return {
        "trainings": partial(unfinished_trainings, registry),
        "versions": partial(checks.damaged_versions, registry),
    }


def _examined(check: Checks, *, fix: bool) -> Diagnosis:
    findings = [finding for examine in check.values() for finding in list(examine())]
    return Diagnosis(list(check), [_mended(each) for each in findings] if fix else findings)


def _mended(finding: Finding) -> Finding:
    if finding.mend is None:
        return finding
    try:
        finding.mend()
    except (OSError, LeadscoreError) as problem:
        return replace(finding, remedy=f"{finding.remedy}: {problem}")
    return replace(finding, is_mended=True)
