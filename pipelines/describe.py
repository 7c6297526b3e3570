"""What was read, in words: counts that add up, what was set aside, and what looked wrong."""

from __future__ import annotations

from collections.abc import Iterator

from data.quality import Report

MOST_FLAGS = 8


def describe(report: Report, *, whole: bool = False) -> Iterator[str]:
    """Say per table how many rows were read, used and quarantined, then what looked wrong, then how files were read.

    All that looked wrong is said only where the ``whole`` is asked for, and then with the first rows.
    """
    for name, counts in report.tables.items():
        why = "; ".join(f"{count:,} {reason}" for reason, count in counts.reasons.items())
        aside = f", {counts.quarantined:,} quarantined ({why})" if counts.quarantined else ""
        yield f"{name}: {counts.read:,} read, {counts.used:,} used{aside}"
    shown = report.flags if whole else report.flags[:MOST_FLAGS]
    for flag in shown:
        example = f", such as {flag.example}" if flag.example else ""
        rows = f" ({', '.join(flag.rows)}{' …' if flag.count > len(flag.rows) else ''})" if whole and flag.rows else ""
        yield f"{flag.table}.{flag.column}: {flag.count:,} × {flag.problem}{example}{rows}"
    if len(report.flags) > len(shown):
        yield f"and {len(report.flags) - len(shown)} more findings: `leadscore check` lists them all"
    yield from report.notes
