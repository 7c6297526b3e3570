"""What is wrong with a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.console import say

if TYPE_CHECKING:  # a command shows its own result and need not wait for the imports of the others
    from pipelines.doctor import Diagnosis


def show_diagnosis(result: Diagnosis) -> None:
    """Show each finding with its remedy, and whether that was done."""
    for finding in result.findings:
        say(f"{finding.what}: {finding.where}")
        by_itself = " (--fix does it)" if finding.mend else ""
        say(f"  mended: {finding.remedy}" if finding.is_mended else f"  remedy: {finding.remedy}{by_itself}")
    left = sum(not finding.is_mended for finding in result.findings)
    checked = ", ".join(result.checked)
    say(f"{left} left to mend, of: {checked}" if left else f"Nothing is wrong with: {checked}")
