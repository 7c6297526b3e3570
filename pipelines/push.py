"""push: what the CRM does not know yet → in words → into the CRM, with a receipt for each record.

Words need the models that made the scores: what loads them is imported where there are scores to word.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from data.config import Settings, WriteBack
from data.crm import CrmSink, connect
from data.errors import InputError
from data.locks import one_run_at_a_time
from data.sinks import GONE, ScoreSink, open_sink
from data.store import Outbox, Store, open_store
from data.workspace import Workspace
from pipelines.console import step
from pipelines.last_run import settings_of_last_run

if TYPE_CHECKING:
    from pipelines.wording import Wording

REASONS = {"reasons_up", "reasons_down"}
CALLS_TO_ACT = ("band", "disposition", "recommendation")
"""Fields that say what is to be done with a lead; empty once it has ended."""
SAMPLE = 10
"""Records that a dry run shows."""
SHOWN = 20
"""Refused records that are shown."""


@dataclass(frozen=True)
class PushResult:
    """What a push did: ``pending`` were to be sent, ``written`` are in the CRM, ``rejected`` were refused just now.

    ``dead`` counts all records that stay refused until they change or `push --retry` sends them again, and
    ``refused`` names the first of them with the reason. ``gone`` records are no longer in the CRM, and left alone.
    ``sample`` are the first records of a dry run, as the CRM would get them.
    """

    target: str
    pending: int
    written: int
    rejected: int
    dead: int
    refused: list[dict[str, str]]
    gone: int
    sample: list[dict[str, str]]
    dry_run: bool
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SetUpResult:
    """Whether the place for the scores, or a part of it, had to be made."""

    target: str
    made: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Sent:
    """Of the records that were sent, how many were refused, and how many are no longer there."""

    rejected: int = 0
    gone: int = 0


def set_up(workspace: Workspace, settings: Settings | None = None) -> SetUpResult:
    """Make the place that scores are written to, where it is not there. Raises InputError without write_back."""
    back = _write_back(settings or _settings(workspace))
    return SetUpResult(back.place, open_sink(back).set_up())


def push(
    workspace: Workspace, settings: Settings | None = None, *, dry_run: bool = False, retry: bool = False
) -> PushResult:
    """Write all scores that the CRM does not know yet, batch by batch; safe to stop at any moment and to run again.

    ``dry_run`` only counts; ``retry`` sends refused records again. Raises InputError where the settings name no place
    or the place there is another, LeadscoreError where it is lost.
    """
    began = time.perf_counter()
    settings = settings or _settings(workspace)
    back = _write_back(settings)
    with (
        one_run_at_a_time(workspace.lock, "push"),
        open_store(settings.store or workspace.store, writing=True) as store,
    ):
        sink = open_sink(back)
        sink.check()
        outbox = Outbox(store, sink.target, back.condition)

        # A place that was made anew knows nothing, whatever the receipts of the one before it say.
        if not dry_run and sink.is_empty():
            outbox.begin_anew()
        pending = outbox.count(retry=retry)
        sent, sample = Sent(), []
        names = settings.recommendation_name
        with step(f"writing {pending:,} scores to {back.place}" if not dry_run else "looking what is to be written"):
            if pending and dry_run and back.crm and back.kind == "crm":
                wording = _wording(store, workspace)
                crm = connect(back.crm).sink(back.fields)
                sample = _sample(outbox, crm, back, wording, names, retry=retry)
            elif pending and not dry_run:
                wording = _wording(store, workspace)
                sent = send_all(outbox, sink, back.fields, wording, names, back.constants, retry=retry)

        refused = outbox.dead(SHOWN)
        return PushResult(
            target=back.place,
            pending=pending,
            written=0 if dry_run else pending - sent.rejected - sent.gone,
            rejected=sent.rejected,
            dead=outbox.dead_count(),
            refused=[{"lead_id": row["lead_id"], "reason": row["reason"]} for row in refused],
            gone=sent.gone,
            sample=sample,
            dry_run=dry_run,
            seconds=round(time.perf_counter() - began, 2),
        )


def clear_in_crm(lead_id: str, workspace: Workspace) -> int:
    """Empty what was written of a lead; return how many records there were. Raises InputError without write_back."""
    sink = open_sink(_write_back(_settings(workspace)))
    sink.check()
    return sink.clear(lead_id)


def send_all(
    outbox: Outbox,
    sink: ScoreSink,
    fields: Iterable[str],
    wording: Wording | None = None,
    recommendation_name: Callable[[str], str] = str,
    constants: Mapping[str, str] = MappingProxyType({}),
    *,
    retry: bool = False,
) -> Sent:
    """Send all that is pending, batch after batch; return how many records did not come in.

    ``constants`` are texts that stand in every record, by their fields.
    """
    rejected, gone = 0, 0
    for scores in outbox.pending(sink.batch_size, retry=retry):
        refused = sink.write(_records(scores, [*fields], wording, recommendation_name, constants))
        outbox.record(scores, refused)
        absent = sum(reason == GONE for reason in refused.values())
        rejected, gone = rejected + len(refused) - absent, gone + absent
    return Sent(rejected, gone)


def _sample(
    outbox: Outbox,
    sink: CrmSink,
    back: WriteBack,
    wording: Wording,
    recommendation_name: Callable[[str], str],
    *,
    retry: bool,
) -> list[dict[str, str]]:
    """Return the first records as the place would get them."""
    with closing(outbox.pending(SAMPLE, retry=retry)) as batches:
        return sink.preview(_records(next(batches), [*back.fields], wording, recommendation_name, back.constants))


def _records(
    scores: pd.DataFrame,
    fields: list[str],
    wording: Wording | None,
    recommendation_name: Callable[[str], str],
    constants: Mapping[str, str],
) -> pa.Table:
    """Return the fields that are written, the reasons of a lead as one text each way.

    Nothing is to be done any more with a lead that has ended.
    """
    is_open = scores["outcome"] == "open"
    scores = scores.assign(recommendation=scores["recommendation"].fillna("").map(recommendation_name))
    scores = scores.assign(**{name: scores[name].where(is_open, "") for name in CALLS_TO_ACT})
    if wording and REASONS & set(fields):
        reasons = wording.reasons(scores)
        scores = scores.assign(**{name: reasons[name].map(" | ".join) for name in REASONS})
    if wording and "top_reason" in fields:
        foremost = map(wording.foremost, scores["model_version"], scores["reasons"])
        scores = scores.assign(top_reason=[*foremost])
    if wording and "horizon" in fields:
        scores = scores.assign(horizon=scores["model_version"].map(wording.horizon).astype("Int64"))
    return pa.Table.from_pandas(scores.assign(**constants)[["lead_id", *fields]], preserve_index=False)


def _wording(store: Store, workspace: Workspace) -> Wording:
    from models.versions import Registry
    from pipelines.wording import Wording

    return Wording(store, Registry(workspace))


def _settings(workspace: Workspace) -> Settings:
    """Return the settings of the last run, else of the training."""
    if settings := settings_of_last_run(workspace):
        return settings
    from models.versions import Registry

    return Registry(workspace).champion().settings


def _write_back(settings: Settings) -> WriteBack:
    """Return where to write; a place without a database of its own is in that of the leads."""
    back = settings.write_back
    if back is None:
        raise InputError(
            "the settings do not say where scores are written back to",
            expected="write_back: {database: '${CRM_URL}', table: lead_scores}",
            remedy="add it to leadscore.yaml, and score with --config or give it to push with --config",
        )
    is_source = any(getattr(source, "table", None) == back.table for source in settings.tables.values())
    is_source = is_source and back.database in (None, settings.database)
    return back.model_copy(
        update={
            "database": back.database or settings.database,
            "crm": back.crm or settings.crm,
            "only_update": back.only_update or is_source,
        }
    )
