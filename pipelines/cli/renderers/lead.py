"""One lead: its score taken apart, why it changed, what to ask next, and similar deals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from pipelines.console import OUT, say, signed, table

if TYPE_CHECKING:  # a command shows its own result and need not wait for the imports of the others
    from models.explanation import NextQuestion
    from models.scoring import SimilarDeal
    from pipelines.explain import Changes, Explanation


RELATIVE_TO_ALL = (
    "These reasons are relative to all leads: the settings say so, or this version does not know what is typical at "
    "this stage, as one that was trained before reasons went by stage; the next training may bring it."
)


def show_explanation(lead: Explanation) -> None:
    stage = f", stage {lead.stage}" if lead.stage else ""
    standing = f"score {lead.score}, {lead.band}, grade {lead.grade or '–'}{stage}"
    chance = f"{lead.probability:.1%} chance of winning as of {lead.as_of}, version {lead.model_version}"
    head = f"[bold]{escape(lead.lead_id)}[/bold]  {escape(standing)}: {chance}; {lead.disposition}"
    OUT.print(head, soft_wrap=True)
    if lead.recommendation:
        named = f"{lead.recommendation[0].upper()}{lead.recommendation[1:]}"
        OUT.print(f"[bold]{escape(named)}[/bold]: {escape(lead.sentence)}", soft_wrap=True)
    if lead.disqualified_by:
        say(f"Disqualified by the rules: {lead.disqualified_by}")
    elif lead.triggered_by:
        say(f"To be called at once by the rules: {lead.triggered_by}")
    if lead.qso is not None:
        say(
            "A qualified sales opportunity (QSO) by the rules."
            if lead.qso
            else f"Missing for a QSO by the rules: {'; '.join(lead.missing_for_qso)}."
        )
    if lead.when:
        say(winning_times(lead.when))
    if lead.expected_amount is not None:
        say(f"A win would bring about {lead.expected_amount:,.0f}; with its chance that is {lead.expected_value:,.0f}.")
    if lead.persona:
        say(f"Persona: {lead.persona}")
    if lead.rules:
        said = ", ".join(f"{rule} {signed(points, '+.3g')}" for rule, points in lead.rules.items())
        say(f"Rules: {said}")
    grid = table(">points", "family", "reason")
    for row in sum_of(lead):
        grid.add_row(*map(escape, row))
    OUT.print(grid)
    if lead.context["relative_to"] == "all" and lead.stage:
        say(RELATIVE_TO_ALL)
    if lead.horizon:
        say(f"To buy is to be won within {lead.horizon} days.")
    if lead.changes:
        _show_changes(lead.changes)
    _show_questions(lead.what_next or ())
    _show_similar(lead.similar_won)


def sum_of(lead: Explanation) -> list[tuple[str, str, str]]:
    """Return what a score is made of, line by line, with the score last: points, family and words."""
    context = [line for line in (lead.stage_line, lead.time_line) if line]
    reasons = [*lead.reasons_up, *lead.reasons_down]
    return [
        (str(lead.base_score), "", "where every lead starts"),
        *((signed(line.points), "", line.sentence) for line in context),
        *((signed(reason["points"]), reason["family"], reason["sentence"]) for reason in reasons),
        *([(signed(lead.other_points), "", _everything_else(lead.other_reasons))] if lead.other_points else []),
        (str(lead.score), "", "the score"),
    ]


def _everything_else(reasons: int) -> str:
    smaller = {0: "", 1: " (one smaller reason)"}.get(reasons, f" ({reasons} smaller reasons)")
    return f"everything else{smaller}"


def _show_changes(changes: Changes) -> None:
    """Show what moved a score, and that its parts add up."""
    moved = f"{signed(changes.points)} since {changes.as_of}" if changes.points else f"as it was at {changes.as_of}"
    OUT.print(f"[bold]Score {changes.score}, {moved}[/bold]", soft_wrap=True)
    grid = table(">points", "why it changed")
    then = "the score then" if changes.is_stored else "what the score would have been then"
    grid.add_row(str(changes.score_then), then)
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


def winning_times(when: Mapping[str, float]) -> str:
    """Say when a lead may be won.

    >>> winning_times({"30": 0.021, "90": 0.1, "days_if_won": 41.0})
    'Within 30 days 2.1 %, 90 days 10.0 %; if won, typically within 6 weeks.'
    """
    chances = ", ".join(f"{days} days {chance * 100:.1f} %" for days, chance in when.items() if days != "days_if_won")
    days = math.ceil(when["days_if_won"])
    typical = f"{days} days" if days < 14 else f"{math.ceil(days / 7)} weeks"
    return f"Within {chances}; if won, typically within {typical}."
