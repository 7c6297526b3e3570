"""push: what the CRM does not know yet → in words → into its table, with a receipt for each record."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from data.config import Settings, WriteBack
from data.errors import InputError
from data.locks import one_run_at_a_time
from data.sinks import ScoreTable, score_table
from data.store import Outbox, open_store
from data.workspace import Workspace
from models.versions import Registry
from pipelines.console import step
from pipelines.last_run import settings_of_last_run
from pipelines.wording import Wording

BATCH = 20_000
"""Records that are sent in one transaction."""
REASONS = {"reasons_up", "reasons_down"}
SHOWN = 20
"""Refused records that are shown."""


@dataclass(frozen=True)
class PushResult:
    """What a push did: ``pending`` were to be sent, ``written`` are in the CRM, ``rejected`` were refused just now.

    ``dead`` counts all records that stay refused until they change or `push --retry` sends them again, and
    ``refused`` names the first of them with the reason.
    """

    target: str
    pending: int
    written: int
    rejected: int
    dead: int
    refused: list[dict[str, str]]
    dry_run: bool
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SetUpResult:
    """Whether the table for the scores had to be made."""

    target: str
    made: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def set_up(workspace: Workspace, settings: Settings | None = None) -> SetUpResult:
    """Make the table that scores are written to, where it is not there. Raises InputError without write_back."""
    back, address = _write_back(workspace, settings)
    made = score_table(back, address).set_up()
    return SetUpResult(back.table, made)


def push(
    workspace: Workspace, settings: Settings | None = None, *, dry_run: bool = False, retry: bool = False
) -> PushResult:
    """Write all scores that the CRM does not know yet, batch by batch; safe to stop at any moment and to run again.

    ``dry_run`` only counts; ``retry`` sends refused records again. Raises InputError where the settings name no place
    or the table there is another, LeadscoreError where the database is lost.
    """
    began = time.perf_counter()
    settings = settings or _settings(workspace)
    back, address = _write_back(workspace, settings)
    with (
        one_run_at_a_time(workspace.lock, "push"),
        open_store(settings.store or workspace.store, writing=True) as store,
    ):
        table = score_table(back, address)
        table.check()
        outbox = Outbox(store, table.target)
        if not dry_run and table.is_empty():
            outbox.begin_anew()
        pending = outbox.count(retry=retry)
        with step(f"writing {pending:,} scores to {back.table}" if not dry_run else "looking what is to be written"):
            rejected = 0 if dry_run else _send_all(outbox, table, Wording(store, Registry(workspace)), retry=retry)
        dead = outbox.dead(SHOWN)
        return PushResult(
            target=back.table,
            pending=pending,
            written=0 if dry_run else pending - rejected,
            rejected=rejected,
            dead=outbox.dead_count(),
            refused=[{"lead_id": row["lead_id"], "reason": row["reason"]} for row in dead],
            dry_run=dry_run,
            seconds=round(time.perf_counter() - began, 2),
        )


def _send_all(outbox: Outbox, table: ScoreTable, wording: Wording, *, retry: bool = False) -> int:
    """Send batch after batch; return how many records were refused."""
    rejected = 0
    for batch in outbox.pending(BATCH, retry=retry):
        refused = table.write(_rows(batch, table.settings, wording))
        outbox.record(batch, refused)
        rejected += len(refused)
    return rejected


def _rows(scores: pd.DataFrame, settings: WriteBack, wording: Wording) -> pa.Table:
    """Return the fields that are written, reasons as one text each."""
    if REASONS & settings.columns.keys():
        told = wording.reasons(scores)
        scores = scores.assign(**{name: told[name].map(" | ".join) for name in REASONS})
    return pa.Table.from_pandas(scores[["lead_id", *settings.columns]], preserve_index=False)


def _settings(workspace: Workspace) -> Settings:
    return settings_of_last_run(workspace) or Registry(workspace).champion().settings


def _write_back(workspace: Workspace, settings: Settings | None) -> tuple[WriteBack, str]:
    """Return where to write, and the address of the database."""
    settings = settings or _settings(workspace)
    if settings.write_back is None:
        raise InputError(
            "the settings do not say where scores are written back to",
            expected="write_back: {database: ${CRM_URL}, table: lead_scores}",
            remedy="add it to leadscore.yaml, and score with --config or give it to push with --config",
        )
    return settings.write_back, str(settings.write_back.database or settings.database)
