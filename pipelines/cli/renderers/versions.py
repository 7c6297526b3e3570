"""Versions of the model: what a training found, how they compare, which one scores, and whether it still holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from pipelines.cli.renderers.numbers import figures, with_interval, with_sign
from pipelines.console import OUT, say, table

if TYPE_CHECKING:  # a command shows its own result and need not wait for the imports of the others
    from models.metrics import Metrics
    from pipelines.monitor import MonitorResult
    from pipelines.train import TrainResult
    from pipelines.versioning import Card, Comparison, Promotion, VersionList

MOST_SHIFTS = 5
"""Features whose shift is shown; the page has all."""
MOST_CLOSING, LEAST_SHARE = 5, 0.01
"""Concepts of won leads that are named; the JSON has all."""


def show_training(result: TrainResult) -> None:
    from pipelines.train import no_signal

    if not result.trained:
        return OUT.print(f"{escape(result.why)}.".capitalize())
    for warning in no_signal(result):
        say(warning)
    show_metrics(result.metrics, result.rules_kind)
    _show_review(result.rules_review)
    for text in winning_drivers(result.closing):
        say(text)
    served = "served" if result.promoted else "kept back as the challenger"
    return OUT.print(
        f"Chosen: [bold]{result.chosen}[/bold], version {result.model_version}, {served}; {escape(result.why)}."
    )


def _show_review(rules: Sequence[Mapping[str, Any]]) -> None:
    """Say with how many rules history agrees, and show those that it contradicts; the model card has all."""
    said = Counter(rule["history"] for rule in rules)
    counts = [f"agrees with {said['agrees']}", f"contradicts {said['contradicts']}", f"leaves {said['open']} open"]
    if rules:
        say(f"Of {len(rules)} rules history {', '.join(counts)}.")
    for rule in rules:
        if rule["history"] == "contradicts":
            lift = with_interval(rule["lift"], rule["lift_ci"], 2)
            say(f"  {rule['rule']}: {rule['points']:+g} points, and such leads are won {lift} times as often as all")


def winning_drivers(closing: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Say what goes with winning: the concepts that lifted won leads most, and the assets whose leads were won most.

    >>> concepts = [{"concept": "stage SQL", "share": 0.31}, {"concept": "Need", "share": 0.2}]
    >>> assets = [{"asset": "price_list", "event": "downloads", "rate": 0.24, "lift": 1.9}]
    >>> for line in winning_drivers({"concepts": concepts, "assets": assets}):
    ...     line
    'What lifted the won leads: stage SQL 31 %, Need 20 %.'
    'Won most often: leads with price_list (downloads) 24 %, 1.9 times as often as all.'
    """
    if concepts := [row for row in closing.get("concepts", ()) if row["share"] >= LEAST_SHARE]:
        shares = ", ".join(f"{row['concept']} {row['share'] * 100:.0f} %" for row in concepts[:MOST_CLOSING])
        yield f"What lifted the won leads: {shares}."
    if assets := closing.get("assets"):
        best = assets[0]
        used = f" ({best['event']})" if best["event"] else ""
        rate = f"{best['rate'] * 100:.0f} %, {best['lift']:.1f} times as often as all"
        yield f"Won most often: leads with {best['asset']}{used} {rate}."


def show_comparison(result: Comparison) -> None:
    """Show all scorers on the same leads, and what the difference means."""
    measured = next(iter(result.metrics.values()))
    won = f"{measured.base_rate:.1%}" if measured.rows else "none"
    say(f"{measured.rows:,} snapshots, {won} won: {result.holdout}")
    grid = table("", ">AUC", ">log-loss", ">lift at 10 %")
    for name, metrics in result.metrics.items():
        grid.add_row(result.rules_kind if name == "rules" else name, *figures(metrics))
    OUT.print(grid)
    if result.verdict is None:
        return say(f"The champion is version {result.champion}; no challenger waits.")
    apart = result.verdict.difference
    auc, loss = with_sign(apart.auc, apart.auc_ci, 3), with_sign(apart.log_loss, apart.log_loss_ci, 4)
    say(f"Version {result.challenger} less version {result.champion}, the champion: AUC {auc}, log-loss {loss}")
    would = "would be promoted" if result.verdict.promoted else "would not be promoted"
    return say(f"Version {result.challenger} {would}: {result.why}.")


def show_versions(result: VersionList) -> None:
    """Show each version with what it is and how it did; the newest decision of each stands below."""
    grid = table("version", "trained", "", "chosen", ">leads", ">AUC", ">log-loss")
    for row in result.rows:
        measured = (_measured(row.auc, 3), _measured(row.log_loss, 4))
        trained = row.trained_at.replace("T", " ").removesuffix("Z")
        grid.add_row(row.version, trained, row.alias, row.chosen, f"{row.leads:,}", *measured)
    OUT.print(grid)
    for row in result.rows:
        say(f"{row.version}: {row.decision}.")


def _measured(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def show_card(result: Card) -> None:
    say(result.card.rstrip())


def show_promotion(result: Promotion) -> None:
    instead = f" in the place of version {result.before}" if result.before else ""
    say(f"Version {result.champion} scores from now on{instead}; {result.why}.")


def show_metrics(metrics: Mapping[str, Metrics], rules_kind: str) -> None:
    """Show rules, model and, where it is known, the best possible, each number with its 95 % interval."""
    measured = next(iter(metrics.values()))
    if not measured.rows:
        return say("Nothing is measured: there are no leads that are newer than those that were learned from.")
    title = f"On the newest block: {measured.rows:,} snapshots, {measured.base_rate:.1%} won"
    grid = table("", ">AUC", ">log-loss", ">lift at 10 %", title=title)
    for name in ("base rate", "rules", "model", "best possible"):
        if name in metrics:
            grid.add_row(rules_kind if name == "rules" else name, *figures(metrics[name]))
    return OUT.print(grid)


def show_drift(result: MonitorResult) -> None:
    """Show whether to train again and why, the features that moved most, and where the page is."""
    report = result.report
    if report.wins:
        won, expected = f"{report.wins.won:,} won", f"{report.wins.expected:,.0f} expected"
        say(f"Since {report.wins_since:%Y-%m-%d}: {won}, {expected} ({report.wins.low:,} to {report.wins.high:,})")
    if report.outcomes:
        auc = with_interval(report.outcomes.metrics.auc, report.outcomes.metrics.auc_ci, 3)
        calibration = with_interval(report.outcomes.calibration, report.outcomes.calibration_ci, 2)
        say(f"Outcomes since the training: AUC {auc}, wins over expected wins {calibration}")
    grid = table("feature", ">PSI", ">of it noise", "")
    for feature in report.features[:MOST_SHIFTS]:
        grid.add_row(escape(feature.feature), f"{feature.psi:.3f}", f"{feature.noise:.3f}", feature.status)
    OUT.print(grid)
    say(f"Scores: PSI {report.score.psi:.3f}, of it noise {report.score.noise:.3f}")
    for reason in report.why:
        say(f"  {reason}.")
    say(report.verdict)
    say(f"Page: {result.out}")
