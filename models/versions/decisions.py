"""What was decided of versions, as data; the words for it are here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from models.versions.store import Version, stamp
from models.versions.thresholds import set_by_people

TAG = "decision "
"""What the tags begin with that hold a decision; the moment follows."""


class Action(StrEnum):
    """What can be decided of a version."""

    PROMOTED = "promoted"
    KEPT_BACK = "kept back"
    ROLLED_BACK = "rolled back"
    RESTORED = "restored"
    THRESHOLDS = "thresholds"
    IN_WORDS = "in words"
    """Written by an earlier release, which stored a sentence alone."""


@dataclass(frozen=True)
class Decision:
    """One decision: what, when (UTC), of which version, for which reasons, on which figures, and by whom.

    ``figures`` are what a decision rests on: how a comparison came out, its numbers, other versions. ``reasons`` are
    what a person wrote, and clauses without a full stop that say what a training found.
    """

    kind: Action
    version: str
    at: datetime
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""


OUTCOMES = {
    "holds": "it holds beside the champion",
    "may be worse": "it may be worse than the champion",
    "ranks worse": "it ranks leads worse than the rules",
}
STORED = TypeAdapter(Decision)


def words(decision: Decision) -> str:
    """Return a decision as people read it, without the number of its version.

    >>> words(Decision(Action.PROMOTED, "2", datetime(2026, 1, 1), ("the model beats the rules", "no champion yet")))
    'promoted: the model beats the rules; no champion yet'
    """
    figures, why = decision.figures, why_of(decision.reasons, decision.figures)
    match decision.kind:
        case Action.ROLLED_BACK:
            return f"rolled back to version {figures['to']}"
        case Action.RESTORED:
            return f"champion again, in the place of version {figures['instead_of']}"
        case Action.THRESHOLDS:
            by = f" ({decision.by})" if decision.by else ""
            return f"hot from {figures['hot']:.3g}, warm from {figures['warm']:.3g}: {why}{by}"
        case Action.IN_WORDS:
            return why
        case _:
            return f"{decision.kind}: {why}"


def why_of(reasons: Sequence[str], figures: Mapping[str, Any]) -> str:
    """Return why a version scores or waits, as one sentence without a full stop.

    >>> why_of(["to see"], {"by_force": True})
    'by force: to see'
    """
    beside = _beside_the_champion(figures)
    # What is missing comes first: all other figures are to be read with it in mind.
    clauses = "; ".join(filter(None, [beside, *reasons] if "missing" in figures else [*reasons, beside]))
    return f"by force: {clauses}" if figures.get("by_force") else clauses


def _beside_the_champion(figures: Mapping[str, Any]) -> str:
    """Return how a version did beside the champion; nothing where there was none."""
    if "leaks" in figures:
        return f"promoted, for the champion learned from {', '.join(figures['leaks'])}, which knows the outcome"
    if "missing" in figures:
        return missing_words(figures["missing"])
    if "problem" in figures:
        return f"promoted, for the champion cannot score these data: {figures['problem']}"
    if "outcome" not in figures:
        return ""
    compared = verdict_words(figures)
    if "champion" not in figures:  # a person asked for this comparison, and for the promotion that follows from it
        return compared
    decided = "promoted" if figures["outcome"] == "holds" else f"version {figures['champion']} stays the champion"
    return f"{decided}, for {compared}; measured on {figures['measured_on']}"


def missing_words(missing: Sequence[str]) -> str:
    """Say what a champion was made for that the data do not have, so that nothing is compared with it.

    >>> missing_words(["the table of events"])
    'not compared, for the champion was made for what these data do not have: the table of events'
    """
    return f"not compared, for the champion was made for what these data do not have: {', '.join(missing)}"


def verdict_words(figures: Mapping[str, Any]) -> str:
    """Return the outcome of a comparison with the numbers that it rests on (`Verdict.figures`).

    >>> verdict_words({"outcome": "incomparable"})
    'nothing can be compared: there are not both won and lost leads to compare on'
    """
    if figures["outcome"] == "incomparable":
        return "nothing can be compared: there are not both won and lost leads to compare on"
    log_loss = (
        f"log-loss {figures['log_loss_low']:+.4f} to {figures['log_loss_high']:+.4f} beside the champion's (95 %)"
    )
    aucs = f"AUC {figures['auc_challenger']:.3f}, the rules' {figures['auc_rules']:.3f}"
    return f"{OUTCOMES[figures['outcome']]}: {log_loss}, {aucs}"


def decisions_of(version: Version) -> list[Decision]:
    """Return what was decided of a version, in no order."""
    tags = {name.removeprefix(TAG): value for name, value in version.tags.items() if name.startswith(TAG)}
    thresholds = [
        Decision(
            Action.THRESHOLDS,
            version.number,
            set_.since,
            (set_.why,),
            {"hot": set_.hot, "warm": set_.warm},
            set_.by,
        )
        for set_ in set_by_people(version.tags)
    ]
    return [_read(version.number, at, value) for at, value in tags.items()] + thresholds


def as_tag(decision: Decision) -> tuple[str, str]:
    """Return the name and the value of the tag that holds a decision."""
    return TAG + stamp(decision.at), STORED.dump_json(decision).decode()


def is_decided(version: Version) -> bool:
    """Return whether anything was decided of a version, which is the last thing that its training does."""
    return any(name.startswith(TAG) for name in version.tags)


def _read(number: str, at: str, value: str) -> Decision:
    """Read a tag: JSON, or the sentence of an earlier release."""
    if value.startswith("{"):
        return STORED.validate_json(value)
    return Decision(Action.IN_WORDS, number, datetime.fromisoformat(at), (value,))
