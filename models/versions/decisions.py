"""What was decided of versions, as data; the words for it are here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from models.versions.store import Version, stamp
from models.versions.thresholds import set_by_people

TAG = "decision "
"""What the tags begin with that hold a decision; the moment follows."""


class Kind(StrEnum):
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

    ``figures`` are numbers and versions that the words for it need, or that later decisions are compared with;
    ``reasons`` are clauses without a full stop.
    """

    kind: Kind
    version: str
    at: datetime
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""


STORED = TypeAdapter(Decision)


def words(decision: Decision) -> str:
    """Return a decision as people read it, without the number of its version.

    >>> words(Decision(Kind.PROMOTED, "2", datetime(2026, 1, 1), ("the model beats the rules", "no champion yet")))
    'promoted: the model beats the rules; no champion yet'
    """
    figures, why = decision.figures, joined(decision.reasons)
    match decision.kind:
        case Kind.ROLLED_BACK:
            return f"rolled back to version {figures['to']}"
        case Kind.RESTORED:
            return f"champion again, in the place of version {figures['instead_of']}"
        case Kind.THRESHOLDS:
            by = f" ({decision.by})" if decision.by else ""
            return f"hot from {figures['hot']:.3g}, warm from {figures['warm']:.3g}: {why}{by}"
        case Kind.IN_WORDS:
            return why
        case _:
            return f"{decision.kind}: {why}"


def joined(reasons: tuple[str, ...]) -> str:
    """Return reasons as one sentence without a full stop; empty ones are left out."""
    return "; ".join(filter(None, reasons))


def decisions_of(version: Version) -> list[Decision]:
    """Return what was decided of a version, in no order."""
    tags = {name.removeprefix(TAG): value for name, value in version.tags.items() if name.startswith(TAG)}
    thresholds = [
        Decision(
            Kind.THRESHOLDS, version.number, set_.since, (set_.why,), {"hot": set_.hot, "warm": set_.warm}, set_.by
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
    return Decision(Kind.IN_WORDS, number, datetime.fromisoformat(at), (value,))
