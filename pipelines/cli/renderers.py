"""How results are shown: as tables to people, as one JSON object to programs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rich.markup import escape
from rich.table import Table

from data.json import strict_json
from pipelines.console import OUT, say, show_json, signed, table
from pipelines.describe import describe

if TYPE_CHECKING:  # a command shows its own result and need not wait for the imports of the others
    from data.simulator import SimulatedFunnel
    from funnel import Level
    from models.evaluation import Leak
    from models.explanation import NextQuestion
    from models.metrics import Interval, Metrics
    from models.scoring import SimilarDeal
    from pipelines.check import CheckResult
    from pipelines.compare import Card, Comparison
    from pipelines.explain import Changes, Explanation
    from pipelines.forget import Forgotten
    from pipelines.init import InitResult
    from pipelines.monitor import MonitorResult
    from pipelines.promote import Promotion
    from pipelines.push import PushResult, SetUpResult
    from pipelines.report import ReportResult
    from pipelines.score import ScoreResult
    from pipelines.train import TrainResult

MOST_SHIFTS = 5
"""Features whose shift is shown; the page has all."""
MOST_CLOSING, LEAST_SHARE = 5, 0.01
"""Concepts of won leads that are named; the JSON has all."""
ENDLESS = 10.0
"""A log-loss that only comes of what was held to be impossible: it has no end, and is no number to compare."""


class Result(Protocol):
    """What a verb gives back."""

    def as_json(self) -> dict[str, Any]: ...


Shown = TypeVar("Shown", bound=Result)


def present(result: Shown, show: Callable[[Shown], None], *, as_json: bool) -> None:
    """Show a result: to a program as one JSON object, to people in the way given."""
    if as_json:
        show_json(strict_json(result.as_json()))
    else:
        show(result)


def show_simulation(funnel: SimulatedFunnel) -> None:
    OUT.print(
        f"{funnel.leads:,} leads simulated, {funnel.won:,} won, {funnel.lost:,} lost, {funnel.open:,} still open; "
        f"{funnel.events:,} events"
    )
    say(f"Next: leadscore train --config {funnel.config}")


def show_proposal(result: InitResult) -> None:
    """Show what was found, what is left out, and the next command."""
    for name, place in result.tables.items():
        columns = result.columns.get(name, {})
        renamed = [f"{ours}: {theirs}" for ours, theirs in columns.items() if ours != theirs]
        same = [f"{len(columns) - len(renamed)} columns by our names"] if len(columns) > len(renamed) else []
        say(f"{name}: {place} ({', '.join(renamed + same)})")
    say(f"outcome: {_said(result.outcome) if result.outcome else 'not found'}")
    families = Counter(attribute["family"] for attribute in result.attributes)
    said = ", ".join(f"{count} {family}" for family, count in families.most_common())
    say(f"attributes: {len(result.attributes)}{f' ({said})' if said else ''}; left out: {len(result.excluded)}")
    for text in result.notes:
        say(f"  {text}")
    say(f"Written to {result.out}, with the reasons. Next: leadscore train --config {result.out}")


def _said(outcome: Mapping[str, Any]) -> str:
    if "table" in outcome:
        return f"the table of {outcome['table']}"
    values = "; ".join(f"{name}: {', '.join(outcome[name])}" for name in ("won", "lost") if outcome[name])
    return f"{outcome['column']} ({values})"


def show_check(result: CheckResult) -> None:
    """Show rows and what is wrong with them, the columns that know the outcome, and what is no feature."""
    for text in describe(result.report, whole=True):
        say(text)
    if result.has_quarantined:
        say(f"What is quarantined is in {result.quarantine}, each row with its reason.")
    _show_leaks(result)
    say(f"Features are made of {len(result.attributes)} columns; {len(result.excluded)} are left out:")
    for column, reason in result.excluded.items():
        say(f"  {column}: {reason}")


def _show_leaks(result: CheckResult) -> None:
    """Show the columns that know the outcome, or may, and say how far it was looked for them."""
    if result.leaks:
        say("Columns that know the outcome, or may:")
        OUT.print(_grid_of_leaks(result.leaks))
        say("--drop NAME leaves a suspect out. --keep NAME keeps a column in, and asks no more about it.")
    if result.unchecked:
        return say(f"How well a column alone tells the outcome was {result.unchecked}.")
    return None if result.leaks else say("No column seems to know the outcome.")


def _grid_of_leaks(leaks: Sequence[Leak]) -> Table:
    grid = table("column", "", ">AUC with", ">without", "what speaks for it")
    for leak in leaks:
        done = "left out" if leak.excluded else "kept" if leak.kept else "suspect"
        measured = ("–" if value is None else f"{value:.3f}" for value in (leak.auc_with, leak.auc_without))
        grid.add_row(escape(leak.column), done, *measured, escape(leak.evidence))
    return grid


def show_training(result: TrainResult) -> None:
    if not result.trained:
        return OUT.print(f"{escape(result.why)}.".capitalize())
    show_metrics(result.metrics, result.rules_kind)
    _show_review(result.rules_review)
    for text in told_closing(result.closing):
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
            lift = _with_interval(rule["lift"], rule["lift_ci"], 2)
            say(f"  {rule['rule']}: {rule['points']:+g} points, and such leads are won {lift} times as often as all")


def told_closing(closing: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Say what goes with winning: the concepts that lifted won leads most, and the assets whose leads were won most.

    >>> concepts = [{"concept": "stage SQL", "share": 0.31}, {"concept": "Need", "share": 0.2}]
    >>> assets = [{"asset": "price_list", "event": "downloads", "rate": 0.24, "lift": 1.9}]
    >>> for line in told_closing({"concepts": concepts, "assets": assets}):
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
    say(f"{measured.rows:,} snapshots, {won} won: {result.ground}")
    grid = table("", ">AUC", ">log-loss", ">lift at 10 %")
    for name, told in result.metrics.items():
        grid.add_row(result.rules_kind if name == "rules" else name, *_figures(told))
    OUT.print(grid)
    if result.verdict is None:
        return say(f"The champion is version {result.champion}; no challenger waits.")
    apart = result.verdict.difference
    auc, loss = _with_sign(apart.auc, apart.auc_ci, 3), _with_sign(apart.log_loss, apart.log_loss_ci, 4)
    say(f"Version {result.challenger} less version {result.champion}, the champion: AUC {auc}, log-loss {loss}")
    would = "would be promoted" if result.verdict.promoted else "would not be promoted"
    return say(f"Version {result.challenger} {would}: {result.verdict.why}.")


def show_card(result: Card) -> None:
    say(result.card.rstrip())


def _with_sign(value: float, interval: Interval, digits: int) -> str:
    if not math.isfinite(value):
        return "–"
    low, high = interval
    return f"{value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def show_decision(result: Promotion) -> None:
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
            grid.add_row(rules_kind if name == "rules" else name, *_figures(metrics[name]))
    return OUT.print(grid)


def _figures(measured: Metrics) -> tuple[str, str, str]:
    return (
        _with_interval(measured.auc, measured.auc_ci, 3),
        "–" if measured.log_loss >= ENDLESS else _with_interval(measured.log_loss, measured.log_loss_ci, 4),
        _with_interval(measured.lift_10, measured.lift_10_ci, 2),
    )


def _with_interval(value: float, interval: Interval, digits: int) -> str:
    """Write a number with its interval.

    >>> _with_interval(0.8123, (0.79, 0.83), 3)
    '0.812 (0.790-0.830)'
    >>> _with_interval(float("nan"), (float("nan"), float("nan")), 3)
    '–'
    """
    if not math.isfinite(value):
        return "–"
    low, high = (f"{bound:.{digits}f}" if math.isfinite(bound) else "–" for bound in interval)
    return f"{value:.{digits}f} ({low}-{high})"


def show_scoring(result: ScoreResult) -> None:
    OUT.print(
        f"{result.scored:,} leads scored as of {result.as_of} with version {result.model_version}, "
        f"{result.open:,} of them open; {result.read:,} read, {result.quarantined:,} quarantined, "
        f"{result.later:,} created later."
    )
    where = f"written to {result.out} and kept" if result.out else "kept"
    say(f"{result.changed:,} scores are new or changed; {where} in the store, in {result.seconds} s")


def show_push(result: PushResult) -> None:
    """Show what the CRM took and what it refused."""
    if result.dry_run:
        say(f"{result.pending:,} scores would be written to {result.target}; nothing was changed.")
    else:
        say(f"{result.written:,} scores written to {result.target} in {result.seconds} s, {result.rejected:,} refused.")
    if result.dead:
        say(f"{result.dead:,} refused records wait for a change, or for `leadscore push --retry`:")
        for record in result.refused:
            say(f"  {record['lead_id']}: {record['reason']}")


def show_set_up(result: SetUpResult) -> None:
    say(f"The table {result.target} {'was made' if result.made else 'is there already'}.")


def show_forgotten(result: Forgotten) -> None:
    """Show where the lead was found, and what is out of reach."""
    places = ", ".join(f"{name.replace('_', ' ')} ({count})" for name, count in result.found.items() if count)
    say(f"{result.lead_id} was erased from: {places}" if places else f"Nothing is kept of {result.lead_id}.")
    for file, count in result.nameless.items():
        say(f"In {file} rows name no lead ({count:,}), and may be of this one:")
        say("  give the e-mail address of the person in the place of the id, or delete the file.")
    if "@" in result.lead_id:
        say("An e-mail address is looked for in the quarantine only: forget the lead by its id, too.")
    say("The CRM and exported files are out of reach: erase the lead there too, or the next run scores it again.")


def show_explanation(lead: Explanation) -> None:
    stage = f", stage {lead.stage}" if lead.stage else ""
    standing = f"score {lead.score}, {lead.band}, grade {lead.grade or '–'}{stage}"
    chance = f"{lead.probability:.1%} chance of winning as of {lead.as_of}, version {lead.model_version}"
    head = f"[bold]{escape(lead.lead_id)}[/bold]  {escape(standing)}: {chance}; {lead.disposition}"
    OUT.print(head, soft_wrap=True)
    if lead.disqualified_by:
        say(f"Let go by the rules: {lead.disqualified_by}")
    elif lead.triggered_by:
        say(f"Ready at once by the rules: {lead.triggered_by}")
    if lead.when:
        say(told_when(lead.when))
    if lead.expected_amount is not None:
        say(f"A win would bring about {lead.expected_amount:,.0f}; with its chance that is {lead.expected_value:,.0f}.")
    if lead.persona:
        say(f"Persona: {lead.persona}")
    if lead.rules:
        said = ", ".join(f"{rule} {signed(points, '+.3g')}" for rule, points in lead.rules.items())
        say(f"Rules: {said}")
    grid = table(">points", "family", "reason")
    grid.add_row(str(lead.base_score), "", "where every lead starts")
    for reason in [*lead.reasons_up, *lead.reasons_down]:
        grid.add_row(signed(reason["points"]), reason["family"], escape(reason["sentence"]))
    if lead.other_points:
        grid.add_row(signed(lead.other_points), "", _everything_else(lead.other_reasons))
    OUT.print(grid)
    if lead.changes:
        _show_changes(lead.changes)
    _show_questions(lead.what_next or ())
    _show_similar(lead.similar_won)


def _everything_else(reasons: int) -> str:
    smaller = {0: "", 1: " (one smaller reason)"}.get(reasons, f" ({reasons} smaller reasons)")
    return f"everything else{smaller}"


def _show_changes(changes: Changes) -> None:
    """Show what moved a score, and that its parts add up."""
    moved = f"{signed(changes.points)} since {changes.as_of}" if changes.points else f"as it was at {changes.as_of}"
    OUT.print(f"[bold]Score {changes.score}, {moved}[/bold]", soft_wrap=True)
    grid = table(">points", "why it changed")
    grid.add_row(str(changes.score_then), "the score then" if changes.kept else "what the score would have been then")
    for points, sentence in changes.parts:
        grid.add_row(signed(points), escape(sentence))
    OUT.print(grid)


def _show_questions(questions: Sequence[NextQuestion]) -> None:
    """Show what to ask, how far from the score the answers would take it, and that they are no causes."""
    if questions:
        grid = table("field", "from", "to", title="What to ask next")
        for asked in questions:
            ends = (
                f"{signed(asked.lowest_points)} ({asked.lowest})",
                f"{signed(asked.highest_points)} ({asked.highest})",
            )
            grid.add_row(*map(escape, (asked.field, *ends)))
        OUT.print(grid)
        say("By the answers that leads gave before: they tell more about the lead, and do not make it a better one.")


def _show_similar(deals: Sequence[SimilarDeal]) -> None:
    """Show the won deals that are like a lead, and what they have in common."""
    if deals:
        grid = table("lead", "won", "in common", title="Similar deals that were won")
        for deal in deals:
            grid.add_row(escape(deal.lead_id), deal.won_on, escape("; ".join(deal.in_common) or "–"))
        OUT.print(grid)


def told_when(when: Mapping[str, float]) -> str:
    """Say when a lead may be won.

    >>> told_when({"30": 0.021, "90": 0.1, "days_if_won": 41.0})
    'Within 30 days 2.1 %, 90 days 10.0 %; if won, typically within 6 weeks.'
    """
    chances = ", ".join(f"{days} days {chance * 100:.1f} %" for days, chance in when.items() if days != "days_if_won")
    days = math.ceil(when["days_if_won"])
    typical = f"{days} days" if days < 14 else f"{math.ceil(days / 7)} weeks"
    return f"Within {chances}; if won, typically within {typical}."


def show_report(result: ReportResult) -> None:
    """Show the steps of the funnel, the hottest open leads, and where the page is."""
    if result.reported.funnel:
        show_steps(result.reported.funnel.all)
    show_hottest(result.hottest)
    say(f"Report: {result.out}")


def show_steps(leads: Level) -> None:
    """Show how many leads come from stage to stage, and how fast."""
    grid = table("step", ">came to it", ">went on", ">rate", ">still there", ">median days", title="Funnel")
    for step in leads.steps:
        rate = "–" if step.went_on.rate is None else f"{step.went_on.rate:.1%}"
        days = "–" if step.median_days is None else f"{step.median_days:.1f}"
        counts = (f"{count:,}" for count in (step.entered, step.went_on.count))
        grid.add_row(f"{escape(step.start)} → {escape(step.to)}", *counts, rate, f"{step.open:,}", days)
    OUT.print(grid)


def show_drift(result: MonitorResult) -> None:
    """Show whether to train again and why, the features that moved most, and where the page is."""
    found = result.findings
    if found.wins:
        won, expected = f"{found.wins.won:,} won", f"{found.wins.expected:,.0f} expected"
        say(f"Since {found.wins_since:%Y-%m-%d}: {won}, {expected} ({found.wins.low:,} to {found.wins.high:,})")
    if found.outcomes:
        auc = _with_interval(found.outcomes.metrics.auc, found.outcomes.metrics.auc_ci, 3)
        calibration = _with_interval(found.outcomes.calibration, found.outcomes.calibration_ci, 2)
        say(f"Outcomes since the training: AUC {auc}, wins over expected wins {calibration}")
    grid = table("feature", ">PSI", ">of it noise", "")
    for feature in found.features[:MOST_SHIFTS]:
        grid.add_row(escape(feature.feature), f"{feature.psi:.3f}", f"{feature.noise:.3f}", feature.status)
    OUT.print(grid)
    say(f"Scores: PSI {found.score.psi:.3f}, of it noise {found.score.noise:.3f}")
    for reason in found.why:
        say(f"  {reason}.")
    say(found.verdict)
    say(f"Page: {result.out}")


def show_hottest(leads: Sequence[Mapping[str, Any]]) -> None:
    """Show open leads with their top reason."""
    if not leads:
        return OUT.print("No lead is open.")
    grid = table(">score", "grade", "stage", "lead", "top reason", title="Hottest open leads")
    for lead in leads:
        reason = lead["reasons_up"][0] if lead["reasons_up"] else "–"
        grid.add_row(
            str(lead["score"]), lead["grade"] or "–", lead["stage"] or "–", escape(lead["lead_id"]), escape(reason)
        )
    return OUT.print(grid)
