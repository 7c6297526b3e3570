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
from data.store import DONE, Store, decisions_on, open_store, this_week
from data.workspace import Workspace
from funnel import Funnel, figures
from models.versions import Registry, Stored
from pipelines.console import note
from pipelines.last_run import settings_in, store_address
from pipelines.output import describe, write_page
from pipelines.recommendations import recommendation_of
from pipelines.report.funnel import funnel_of
from pipelines.report.overview import best_of, model_sentences, owners_of, qualified_by_month, worth_by_channel
from pipelines.score import read_as_trained
from pipelines.wording import Wording

HOTTEST = 10
SHOWN = (
    *("lead_id", "company", "owner", "probability", "score", "band", "disposition", "grade", "stage"),
    *("expected_value", "recommendation"),
)


@dataclass(frozen=True)
class Reported:
    """What a report says; the page is made of it.

    ``totals`` are sums over the open leads, by band; ``sentences`` say how good the model is. ``week`` are the leads to
    be called this week. ``notes`` say what is not there, and why: without a ``funnel``, the first of them; ``read``,
    how tables were read.
    """

    version: str
    training: Mapping[str, Any]
    plots: Mapping[str, str]
    bands: dict[str, int]
    totals: dict[str, dict[str, float | None]]
    sentences: list[str]
    hottest: list[dict[str, Any]]
    week: list[dict[str, Any]]
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
            "totals": reported.totals,
            "model": reported.sentences,
            "hottest": reported.hottest,
            "week": reported.week,
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
        last = settings_in(store, workspace) or stored.settings
        totals = store.open_totals(until)
        hot = totals.get("hot")
        promised = hot["wins"] / hot["leads"] if hot and hot["wins"] and hot["leads"] else None
        return Reported(
            version=stored.scorer.version,
            training=stored.training,
            plots=registry.plots(stored.scorer.version),
            bands=store.leads_per_band(until),
            totals=totals,
            sentences=model_sentences(stored.training, stored.scorer.scale.hot, promised),
            hottest=hottest_leads(store, registry, last, until),
            week=[] if until else calls_of_week(store, last),
            funnel=funnel,
            notes=notes,
            read=read,
        )


def page_content(reported: Reported) -> dict[str, Any]:
    """Return what the templates ``report.html`` and ``funnel.html`` want."""
    funnel = reported.funnel and reported.funnel.as_json()
    drawn = {
        "qualified": funnel and qualified_by_month(funnel),
        "worth": funnel and worth_by_channel(funnel),
        "owners": owners_of(reported.week),
        "best": best_of(reported.week, reported.hottest),
    }
    return {**reported.__dict__, "funnel": funnel, **drawn}


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


def hottest_leads(store: Store, registry: Registry, settings: Settings, until: datetime | None) -> list[dict[str, Any]]:
    """Return the leads that were open at a moment, the present by default, with the highest probability, and why."""
    rows = pd.DataFrame(store.hottest(HOTTEST, until), columns=[*SHOWN, "model_version", "reasons"])
    decisions = {}
    if until is None:
        with store.transaction() as connection:
            decisions = decisions_on(connection, rows["lead_id"].tolist())
    alone = zip(rows["lead_id"], rows["recommendation"], strict=True)
    decided = [decisions.get(lead, {}).get("recommendation", own) for lead, own in alone]
    rows["recommendation"] = [settings.recommendation_name(each) for each in decided]
    reasons = Wording(store, registry).reasons(rows)
    shown = pd.concat([rows[list(SHOWN)], reasons], axis="columns").astype(object)
    return shown.where(shown.notna(), None).to_dict("records")  # pyright: ignore[reportReturnType]


def calls_of_week(store: Store, settings: Settings) -> list[dict[str, Any]]:
    """Return the leads to be called this week, by owner, the highest expected value of each first."""
    with store.transaction() as connection:
        leads = this_week(connection)
    shown = ("lead_id", "company", "owner", "score", "band", "probability", "expected_value", "stage")
    return [{name: lead[name] for name in shown} | recommendation_of(lead, settings) for lead in leads]
