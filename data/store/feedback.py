"""What people do on the pages: verdicts, overrides and leads that they opened; every change leaves an audit row."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from data.errors import InputError
from data.store.store import DONE, Store, rows, take_turn
from data.store.tables import AUDIT, FEEDBACK, OPENED, OVERRIDES, RUNS, SCORES

VERDICTS = {"good": "Good lead", "early": "Too early", "no fit": "Not a fit", "unreachable": "No answer"}
DISPOSITIONS = ("ready", "nurture", "discard")
REFUSED_SIGN_IN = "refused sign-in"
"""An action in the audit that changes nothing."""
LONGEST_TEXT = 2000
"""Characters of a note or a reason."""
LAST_FIRST = (FEEDBACK.c.given_at.desc(), FEEDBACK.c.feedback_id.desc())
Row = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """Somebody at the pages: by what name the changes are kept, and what they may do."""

    name: str
    role: str


def add_verdict(store: Store, lead_id: str, verdict: str, note: str, by: Person, *, until: date | None = None) -> None:
    """Record what a person says of a lead; ``until`` is the day from which on a lead that is too early counts again.

    Raises InputError for a verdict or a lead that is not there, and for a day that is not to come.
    """
    _require(verdict in VERDICTS, "there is no such verdict", f"one of {', '.join(VERDICTS)}", verdict)
    _require(len(note) <= LONGEST_TEXT, "this note is too long", f"at most {LONGEST_TEXT} signs", f"{len(note)}")
    is_to_come = until is None or verdict != "early" or until > _now().date()
    _require(is_to_come, "too early until a day that has been", "a day to come", f"{until}")
    with store.transaction(writing=True) as connection:
        _require_lead(connection, lead_id)
        feedback = {"verdict": verdict, "note": _writable(note) or None}
        day = until if verdict == "early" else None
        row = {"lead_id": lead_id, "given_at": _now(), "by": by.name, "until": day, **feedback}
        connection.execute(sa.insert(FEEDBACK).values(row))
        audit(connection, by, "verdict", lead_id, feedback | {"until": f"{day}"} if day else feedback)


def add_feedback(store: Store, verdicts: pd.DataFrame) -> int:
    """Add verdicts that came from elsewhere, each once however often it comes; return how many are new.

    Columns: ``lead_id``, ``given_at``, ``by``, ``verdict``, ``note``, ``until``.
    """
    what = ("lead_id", "given_at", "by", "verdict")
    with store.transaction(writing=True) as connection:
        known = {tuple(row) for row in connection.execute(sa.select(*(FEEDBACK.c[name] for name in what)))}
        values = [
            {name: None if pd.isna(value) else value for name, value in zip(map(str, verdicts), row, strict=True)}
            for row in verdicts.astype(object).to_numpy()
        ]
        by_key = {tuple(row[name] for name in what): row for row in values}
        new = [row for key, row in by_key.items() if key not in known]
        if new:
            connection.execute(sa.insert(FEEDBACK), new)
    return len(new)


def undo_verdict(store: Store, lead_id: str, by: Person) -> None:
    """Let the last verdict on a lead count no more; nothing happens where none stands."""
    stands = sa.and_(FEEDBACK.c.lead_id == lead_id, FEEDBACK.c.undone_at.is_(None))
    last = sa.select(FEEDBACK.c.feedback_id).where(stands).order_by(*LAST_FIRST).limit(1).scalar_subquery()
    undone = sa.update(FEEDBACK).where(FEEDBACK.c.feedback_id == last).values(undone_at=_now(), undone_by=by.name)
    with store.transaction(writing=True) as connection:
        if connection.execute(undone).rowcount:
            audit(connection, by, "undo verdict", lead_id)


def override(store: Store, lead_id: str, disposition: str, reason: str, by: Person) -> None:
    """Let a person's disposition stand in the place of the model's; an earlier one is undone.

    Raises InputError without a reason, for one that is too long, and for a disposition or a lead that is not there.
    """
    expected = f"one of {', '.join(DISPOSITIONS)}"
    _require(disposition in DISPOSITIONS, "there is no such disposition", expected, disposition)
    _require(has_visible_text(reason), "an override needs a reason", "why, in a few words", reason[:80])
    _require(len(reason) <= LONGEST_TEXT, "this reason is too long", f"at most {LONGEST_TEXT} signs", f"{len(reason)}")
    with store.transaction(writing=True) as connection:
        take_turn(connection, f"override {lead_id}")  # the later of two at once stands, and has undone the earlier
        _require_lead(connection, lead_id)
        _undo(connection, lead_id, by)
        detail = {"disposition": disposition, "reason": _writable(reason).strip()}
        connection.execute(sa.insert(OVERRIDES).values(lead_id=lead_id, set_at=_now(), by=by.name, **detail))
        audit(connection, by, "override", lead_id, detail)


def undo_override(store: Store, lead_id: str, by: Person) -> None:
    """Let the model's disposition stand again; nothing happens where it does."""
    with store.transaction(writing=True) as connection:
        if _undo(connection, lead_id, by):
            audit(connection, by, "undo override", lead_id)


def _undo(connection: Connection, lead_id: str, by: Person) -> int:
    in_force = sa.and_(OVERRIDES.c.lead_id == lead_id, OVERRIDES.c.undone_at.is_(None))
    undone = sa.update(OVERRIDES).where(in_force).values(undone_at=_now(), undone_by=by.name)
    return connection.execute(undone).rowcount


def feedback_on(connection: Connection, lead_id: str) -> tuple[list[Row], list[Row]]:
    """Return the verdicts on a lead and its overrides, the newest first."""
    verdicts = sa.select(FEEDBACK).where(FEEDBACK.c.lead_id == lead_id).order_by(*LAST_FIRST)
    overrides = sa.select(OVERRIDES).where(OVERRIDES.c.lead_id == lead_id).order_by(OVERRIDES.c.override_id.desc())
    return rows(connection, verdicts), rows(connection, overrides)


def scored_verdicts(connection: Connection) -> list[Row]:
    """Return the standing verdicts, the oldest first, with the lead's ``score``, ``band`` and ``model_version`` then.

    ``outcome`` is what became of the lead by its newest score.
    """
    then, now, run = SCORES.alias("then"), SCORES.alias("now"), RUNS.alias("run")
    shown = sa.and_(
        then.c.lead_id == FEEDBACK.c.lead_id, then.c.run_id == _newest_run(RUNS.c.finished_at <= FEEDBACK.c.given_at)
    )
    newest = sa.and_(now.c.lead_id == FEEDBACK.c.lead_id, now.c.run_id == _newest_run())
    beside = FEEDBACK.outerjoin(then, shown).outerjoin(run, run.c.run_id == then.c.run_id).outerjoin(now, newest)
    verdicts = sa.select(FEEDBACK, then.c.score, then.c.band, run.c.model_version, now.c.outcome).select_from(beside)
    stand = verdicts.where(FEEDBACK.c.undone_at.is_(None))
    return rows(connection, stand.order_by(FEEDBACK.c.given_at, FEEDBACK.c.feedback_id))


def _newest_run(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Return the newest run that is done and scored the lead of a verdict."""
    of_lead = SCORES.join(RUNS, RUNS.c.run_id == SCORES.c.run_id)
    newest = sa.select(sa.func.max(SCORES.c.run_id)).select_from(of_lead).correlate(FEEDBACK)
    return newest.where(SCORES.c.lead_id == FEEDBACK.c.lead_id, RUNS.c.status == DONE, *conditions).scalar_subquery()


def record_opened(store: Store, opened: Iterable[tuple[date, str, str]]) -> None:
    """Record which lead was opened on which day by whom; once each."""
    values = [{"day": day, "lead_id": lead_id, "by": by} for day, lead_id, by in opened]
    with store.transaction(writing=True) as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(OPENED).on_conflict_do_nothing(), values)


def audit(
    connection: Connection, by: Person, action: str, lead_id: str | None = None, detail: Mapping[str, Any] | None = None
) -> None:
    """Record who did what, within the transaction of the change."""
    change = {"action": action, "lead_id": lead_id, "detail": json.dumps(detail or {}, ensure_ascii=False)}
    connection.execute(sa.insert(AUDIT).values(at=_now(), by=by.name, role=by.role, **change))


def recent_changes(connection: Connection, count: int) -> list[Row]:
    """Return the last changes, the newest first."""
    changes = sa.select(AUDIT).where(AUDIT.c.action != REFUSED_SIGN_IN)
    return rows(connection, changes.order_by(AUDIT.c.audit_id.desc()).limit(count))


def _require_lead(connection: Connection, lead_id: str) -> None:
    known = connection.execute(sa.select(SCORES.c.lead_id).where(SCORES.c.lead_id == lead_id).limit(1)).first()
    _require(known is not None, "there is no such lead", "a lead with a score", lead_id[:80])


def _require(holds: bool, what: str, expected: str, got: str) -> None:
    if not holds:
        raise InputError(what, expected=expected, got=got)


def has_visible_text(text: str) -> bool:
    """Return whether a text has a character that can be seen: a letter, a digit or a mark.

    >>> has_visible_text("ok"), has_visible_text("!"), has_visible_text(" \u202e\u200b ")
    (True, True, False)
    """
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def _writable(text: str) -> str:
    """Return a text without what PostgreSQL cannot hold."""
    return text.replace("\0", "")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
