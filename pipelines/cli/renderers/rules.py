"""Rules: what is wrong with them, what a change of them would change, and which ones history suggests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.console import OUT, say, table

if TYPE_CHECKING:  # a command shows its own result and need not wait for the imports of the others
    from models.rules import LeadVolume
    from pipelines.rules import DispositionChanges, RuleEvidence, RulesCheck, RulesPreview, RulesSuggestion


def show_rules_check(result: RulesCheck) -> None:
    """Show what is wrong, each with its place in the file."""
    scope = "by the file alone" if result.leads is None else f"on {result.leads:,} leads"
    say(f"{result.count} rules in {result.rules}, checked {scope}: {_counted(len(result.findings))}")
    for finding in result.findings:
        say(f"  {finding['where']}: {finding['kind']}: {finding['what']}")
    if result.not_checked:
        say("Not checked, for that needs --config or a workspace with a model:")
    for what in result.not_checked:
        say(f"  {what}")


def _counted(findings: int) -> str:
    return f"{findings or 'no'} {'finding' if findings == 1 else 'findings'}"


def show_preview(result: RulesPreview) -> None:
    """Show how many leads change, and the volume and the precision of both files."""
    say(f"{result.rules} against {result.against}:")
    _show_changes(result.by_rules, result.open, "by the rules")
    if served := result.served:
        by = f"as served: by the score of version {served.model_version} ({served.chosen}), its grades and these marks"
        _show_changes(served, result.open, by)
    grid = table("", "", ">open now", ">a week", ">in history", ">of them won")
    for name in result.new:
        for version, qualified in (("old", result.old[name]), ("new", result.new[name])):
            grid.add_row(name.upper(), version, f"{qualified.open:,}", *_figures(qualified.history))
    OUT.print(grid)


def _show_changes(changes: DispositionChanges, leads: int, by: str) -> None:
    say(f"{changes.changed:,} of {leads:,} open leads change their disposition {by}")
    for change in changes.changes:
        say(f"  {change['leads']:,} from {change['from']} to {change['to']}")


def show_suggestion(result: RulesSuggestion) -> None:
    """Show the rules as they are pasted; how they rank and what each threshold gives are comments below them."""
    say(result.yaml)
    say("# What the points were learned from, the older leads:")
    for rule in result.evidence:
        say(f"#   {rule.name}: {rule.points:+g} points; {_evidence(rule)}")
    low, high = result.auc_ci
    say(f"# On the newest {result.rows:,} snapshots, not learned from: AUC {result.auc:.3f} ({low:.3f}-{high:.3f})")
    say(f"# Thresholds: {result.why}")
    thresholds = result.rules.thresholds.model_dump()
    for name, gives in result.thresholds.items():
        before = _in_words(result.chosen_on[name])
        say(f"#   {name.upper()} from {thresholds[name]:g}: {_in_words(gives)}; on the older leads {before}")
    for points, gives in result.ladder.items():
        if gives.leads:
            say(f"#   from {points}: {_in_words(gives)}")


def _evidence(rule: RuleEvidence) -> str:
    rates = f"{rule.win_rate:.1%} won (others {rule.others_win_rate:.1%})"
    seen = f"{rule.snapshots:,} snapshots of {rule.leads:,} leads, {rates}"
    if (rule.woe > 0) == (rule.points > 0):
        return f"{seen}, weight of evidence {rule.woe:+.2f}"
    return f"{seen}, weight of evidence alone {rule.woe:+.2f}; beside the other rules it speaks the other way"


def _in_words(gives: LeadVolume) -> str:
    weekly, leads, won = _figures(gives)
    return f"{leads} leads, {weekly} a week, {won} of them won"


def _figures(gives: LeadVolume) -> tuple[str, str, str]:
    """Write leads a week, leads, and the share of them that was won with its interval."""
    weekly = "–" if gives.per_week is None else f"{gives.per_week:,.1f}"
    if gives.precision is None or gives.precision_ci is None:
        return weekly, f"{gives.leads:,}", "–"
    low, high = gives.precision_ci
    return weekly, f"{gives.leads:,}", f"{gives.precision:.1%} ({low:.1%}-{high:.1%})"
