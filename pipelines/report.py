"""report: the last training and the last scores, as one page that opens offline."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from data.errors import InputError
from data.secrets import masked
from data.store import DONE, Store, open_store
from data.workspace import Workspace
from models.registry import Registry
from pipelines.last_run import store_address
from pipelines.page import write_page
from pipelines.wording import Wording

HOTTEST = 10
SHOWN = ("lead_id", "probability", "score", "band", "disposition", "grade", "stage")


@dataclass(frozen=True)
class ReportResult:
    """The page that was written, and what stands first in it."""

    out: str
    model_version: str
    scored: int
    hottest: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def report(workspace: Workspace, out: Path | None = None) -> ReportResult:
    """Write the page. Raises ModelError without a model, InputError without scores or for an unwritable path."""
    stored = Registry(workspace).champion()
    with open_store(store_address(workspace)) as store:
        if not any(run["status"] == DONE for run in store.runs()):
            raise InputError(
                "there are no scores yet",
                expected="the scores of a run",
                where=masked(store.address),
                remedy="run `leadscore score` with this workspace first",
            )
        hottest, bands = hottest_leads(store, Registry(workspace)), store.leads_per_band()
    out = out or workspace.report
    version = stored.scorer.version
    write_page(
        out, "report.html", training=stored.training, version=version, hottest=hottest, bands=bands, plots=stored.plots
    )
    return ReportResult(str(out), version, sum(bands.values()), hottest)


def hottest_leads(store: Store, registry: Registry, count: int = HOTTEST) -> list[dict[str, Any]]:
    """Return the open leads with the highest probability, with their reasons in words."""
    rows = pd.DataFrame(store.hottest(count), columns=[*SHOWN, "model_version", "reasons"])
    reasons = Wording(store, registry).reasons(rows)
    return pd.concat([rows[list(SHOWN)], reasons], axis="columns").to_dict("records")  # pyright: ignore[reportReturnType]
