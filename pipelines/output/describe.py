"""What was read, in words: counts that add up, what was set aside, and what looked wrong."""

from __future__ import annotations

from collections.abc import Iterator

from data.quality_report import Flag, Report, TableCounts

MOST_FLAGS = 8


def describe(report: Report, *, whole: bool = False) -> Iterator[str]:
    """Say per table how many rows were read, used and quarantined, then what looked wrong, then how files were read.

    All that looked wrong is said only where the ``whole`` is asked for, and then with the first rows.
    """
    for name, counts in report.tables.items():
        why = "; ".join(f"{count:,} {reason}" for reason, count in counts.reasons.items())
        reasons = "" if whole else f" ({why})"
        aside = f", {counts.quarantined:,} quarantined{reasons}" if counts.quarantined else ""
        yield f"{name}: {counts.read:,} read, {counts.used:,} used{aside}"
        if whole:
            yield from _quarantined(counts)
    shown = report.flags if whole else report.flags[:MOST_FLAGS]
    for flag in shown:
        yield f"{flag.table}.{flag.column}: {flag.count:,} × {flag.problem}{_examples(flag, whole=whole)}"
    if len(report.flags) > len(shown):
        yield f"and {len(report.flags) - len(shown)} more findings: `leadscore check` lists them all"
    yield from report.notes


def _quarantined(counts: TableCounts) -> Iterator[str]:
    """Say the reasons, each with the places of its first rows."""
    for reason, count in counts.reasons.items():
        places = counts.rows.get(reason, ())
        yield f"  {count:,} × {reason}: {', '.join(places)}{' …' * (count > len(places))}"


def _examples(flag: Flag, *, whole: bool) -> str:
    """Say the example and, where all is said, the first rows; an example that only names the first one is left out."""
    rows = ", ".join(flag.rows) if whole else ""
    is_row = bool(rows) and flag.example in ("", flag.rows[0], f"lead {flag.rows[0]}")
    example = f", such as {flag.example}" if flag.example and not is_row else ""
    return f"{example}: {rows}{' …' * (flag.count > len(flag.rows))}" if rows else example
