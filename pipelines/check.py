"""check: what is wrong with the data, and which columns know the outcome, before anything is learned from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.config import Settings
from data.dataset import Dataset, OutcomeCounts, open_dataset
from data.locks import one_run_at_a_time
from data.quality_report import Flag, Report
from data.workspace import Workspace
from models.evaluation import Leak, unmeasured
from models.training import split_table
from pipelines.console import step
from pipelines.training_data import TrainingData, without_leaks


@dataclass(frozen=True)
class CheckResult:
    """What was found; `as_json` is the contract of ``check --json``.

    Where there are too few outcomes, or none, to measure columns by, ``unchecked`` says so, and ``leaks`` are those
    that names and hindsight give away. ``attributes`` are the columns that become features, ``excluded`` maps the
    others to the reason. ``quarantine`` is the folder of the rows that could not be used.
    """

    report: Report
    outcomes: OutcomeCounts
    leaks: Sequence[Leak]
    unchecked: str
    attributes: Sequence[str]
    excluded: Mapping[str, str]
    quarantine: Path

    @property
    def has_quarantined(self) -> bool:
        """Return whether rows could not be used."""
        return any(counts.quarantined for counts in self.report.tables.values())

    @property
    def asks_for_action(self) -> bool:
        """Return whether rows could not be used, or columns know the outcome, or may, that the settings do not keep."""
        return self.has_quarantined or any(not leak.named_in_keep for leak in self.leaks)

    def as_json(self) -> dict[str, Any]:
        tables = self.report.to_dict()["tables"]
        rows = {name: sum(counts[name] for counts in tables.values()) for name in ("read", "used", "quarantined")}
        return {
            "rows": rows,
            "outcome_counts": vars(self.outcomes),
            "tables": tables,
            "quality": [*_quarantined(self.report), *(asdict(flag) for flag in self.report.flags)],
            "leakage": [leak.as_json() for leak in self.leaks],
            "unchecked": self.unchecked,
            "attributes": list(self.attributes),
            "excluded": dict(self.excluded),
            "notes": list(self.report.notes),
            "quarantine": str(self.quarantine),
        }


def _quarantined(report: Report) -> list[dict[str, Any]]:
    return [
        asdict(Flag(table, "", f"quarantined: {reason}", count, rows=counts.rows.get(reason, ())))
        for table, counts in report.tables.items()
        for reason, count in counts.reasons.items()
    ]


def check(settings: Settings, workspace: Workspace) -> CheckResult:
    """Read and check all tables, and look for columns that know the outcome; nothing is learned or stored.

    Rows that cannot be used are written to the quarantine, as by a training.
    Raises InputError where the input as a whole cannot be used.
    """
    with one_run_at_a_time(workspace.lock, "check"), open_dataset(settings, workspace=workspace.root) as dataset:
        with step("looking for columns that know the outcome"):
            read = without_leaks(dataset)
            unchecked = _unchecked(dataset, read)
        schema = read.table.schema
        return CheckResult(
            report=dataset.report,
            outcomes=dataset.outcome_counts,
            leaks=read.leaks,
            unchecked=unchecked,
            attributes=[dataset.columns[attribute.name] for attribute in schema.attributes],
            excluded=schema.excluded,
            quarantine=workspace.quarantine,
        )


def _unchecked(dataset: Dataset, read: TrainingData) -> str:
    """Say why no column was measured against the outcome; names and hindsight need no wins."""
    why = _nothing_to_learn(dataset, read) or unmeasured(read.table, split_table(read.table, dataset.settings.seed))
    return f"not looked at: {why}" if why else ""


def _nothing_to_learn(dataset: Dataset, read: TrainingData) -> str:
    if not dataset.settings.has_outcomes:
        return "nothing says how the leads ended"
    lacks = read.one_sided or read.lacks
    return lacks and f"there is nothing to learn from: {lacks}"
