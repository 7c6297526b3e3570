"""What was read, in words: counts that add up, what was set aside, and what looked wrong."""

from __future__ import annotations

from collections.abc import Iterator

from data.quality import Report

MOST_FLAGS = 8


def describe(report: Report) -> Iterator[str]:
    """Say per table how many rows were read, used and quarantined, then what looked wrong, then how files were read."""
    for name, counts in report.tables.items():
        why = "; ".join(f"{count:,} {reason}" for reason, count in counts.reasons.items())
        aside = f", {counts.quarantined:,} quarantined ({why})" if counts.quarantined else ""
        yield f"{name}: {counts.read:,} read, {counts.used:,} used{aside}"
    for flag in report.flags[:MOST_FLAGS]:
        example = f", such as {flag.example}" if flag.example else ""
        yield f"{flag.table}.{flag.column}: {flag.count:,} × {flag.problem}{example}"
    if len(report.flags) > MOST_FLAGS:
        yield f"and {len(report.flags) - MOST_FLAGS} more findings"
    yield from report.notes
