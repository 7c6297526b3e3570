"""report: the funnel and its key figures, the last training and the last scores, as one page that opens offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from data.config import Settings, masked
from data.errors import InputError
from data.sinks import ENDINGS, export_to
from data.store import DONE, Store, open_store
from data.workspace import Workspace
from funnel import Funnel, figures
from models.versions import Registry, Stored
from pipelines.console import note
from pipelines.last_run import settings_in, store_address
from pipelines.output import describe, write_page
from pipelines.report.funnel import funnel_of
from pipelines.score import read_as_trained
from pipelines.wording import Wording

HOTTEST = 10
SHOWN = ("lead_id", "probability", "score", "band", "disposition", "grade", "stage")


@dataclass(frozen=True)
class Reported:
    """What a report says; the page is made of it.

    ``notes`` say what is not there, and why: without a ``funnel``, the first of them; ``read``, how tables were read.
    """

    version: str
    training: Mapping[str, Any]
    plots: Mapping[str, str]
    bands: dict[str, int]
    hottest: list[dict[str, Any]]
    funnel: Funnel | None
    notes: list[str]
    read: list[str]


@dataclass(frozen=True)
class ReportResult:
    """What was reported, and where it was written to."""

    out: str
    reported: Reported

    @property
    def hottest(self) -> list[dict[str, Any]]:
        return self.reported.hottest

    def as_json(self) -> dict[str, Any]:
        reported = self.reported
        return {
            "out": self.out,
            "model_version": reported.version,
            "scored": sum(reported.bands.values()),
            "bands": reported.bands,
            "hottest": reported.hottest,
            "notes": reported.notes,
            "read": reported.read,
            "funnel": reported.funnel and reported.funnel.as_json(),
        }


def report(workspace: Workspace, out: Path | None = None, settings: Settings | None = None) -> ReportResult:
    """Write the page, or, to a path that ends in .csv or .parquet, the funnel's figures as a table.

    Raises ModelError without a model, InputError without scores or for an unwritable path.
    """
    out = out or workspace.report
    reported = gather(workspace, settings)
    for text in reported.notes:
        note(text)
    if out.suffix.lower() in ENDINGS:
        _export(reported, out)
    else:
        write_page(out, "report.html", **page_content(reported))
    return ReportResult(str(out), reported)


def gather(workspace: Workspace, settings: Settings | None = None) -> Reported:
    """Return all that a report says, at the moment of the settings, by default of the last scoring run.

    The funnel is that of the settings; without any, that of the last run, or else of the training: the first that say
    how leads end.
    """
    registry = Registry(workspace)
    stored = registry.champion()
    with open_store(store_address(workspace)) as store:
        _require_scores(store)
        funnel, notes, read = _funnel(settings, stored, workspace, store, registry)
        until = funnel.as_of.to_pydatetime() if funnel and settings and settings.as_of else None
        return Reported(
            version=stored.scorer.version,
            training=stored.training,
            plots=registry.plots(stored.scorer.version),
            bands=store.leads_per_band(until),
            hottest=hottest_leads(store, registry, until),
            funnel=funnel,
            notes=notes,
            read=read,
        )


def page_content(reported: Reported) -> dict[str, Any]:
    """Return what the templates ``report.html`` and ``funnel.html`` want."""
    return {**reported.__dict__, "funnel": reported.funnel and reported.funnel.as_json()}


def _require_scores(store: Store) -> None:
    if not any(run["status"] == DONE for run in store.runs()):
        raise InputError(
            "there are no scores yet",
            expected="the scores of a run",
            where=masked(store.address),
            remedy="run `leadscore score` with this workspace first",
        )


def _funnel(
    settings: Settings | None, stored: Stored, workspace: Workspace, store: Store, registry: Registry
) -> tuple[Funnel | None, list[str], list[str]]:
    """Return the funnel, notes, and how its tables were read.

    Where the tables are gone, a page without the funnel is better than none.
    """
    last = settings_in(store, workspace) or stored.settings
    notes = []
    if settings:
        chosen = read_as_trained(settings, stored).model_copy(update={"as_of": settings.as_of or last.as_of})
    elif last.has_outcomes and (last.outcome is None or last.tables["leads"] == stored.settings.tables["leads"]):
        chosen = last
    else:
        chosen = stored.settings
        notes.append("the leads that were scored last do not say how they ended: the funnel is that of the training")
    try:
        funnel, read = funnel_of(chosen, workspace, store, registry)
    except InputError as problem:
        if settings:
            raise
        return None, [f"no funnel is told: {problem.what} ({', '.join(problem.parts.values())})"], []
    return funnel, [*notes, *funnel.notes], list(describe(read))


def _export(reported: Reported, out: Path) -> None:
    if reported.funnel is None:
        raise InputError("there are no figures to write", got=reported.notes[0])
    with export_to(out) as write:
        write(figures(reported.funnel, [*reported.read, *reported.notes]))


def hottest_leads(store: Store, registry: Registry, until: datetime | None) -> list[dict[str, Any]]:
    """Return the leads that were open at a moment, the present by default, with the highest probability, and why."""
    rows = pd.DataFrame(store.hottest(HOTTEST, until), columns=[*SHOWN, "model_version", "reasons"])
    reasons = Wording(store, registry).reasons(rows)
    return pd.concat([rows[list(SHOWN)], reasons], axis="columns").to_dict("records")  # pyright: ignore[reportReturnType]
