"""demo: the main job on simulated leads, from raw tables to reasons."""

from __future__ import annotations

import time
from pathlib import Path

from data.config import load_settings
from data.simulator import DATABASE, keep_in_crm, simulate
from data.workspace import Workspace
from pipelines.cli import show_metrics, show_report
from pipelines.console import LOG, OUT, say, step
from pipelines.push import push, set_up
from pipelines.report import report
from pipelines.score import score
from pipelines.train import train


def run_demo(leads: int, folder: Path) -> None:
    """Simulate a funnel in a CRM, train, score, write back and report; show the result and the next commands."""
    began = time.perf_counter()
    workspace = Workspace.at(folder)
    with step(f"simulating {leads:,} leads over 24 months"):
        crm = keep_in_crm(simulate(leads, folder / "demo" / "simulated"), folder / "demo")
    trained = train(load_settings(crm), workspace)
    score(workspace, out=folder / "scores.csv")
    set_up(workspace)
    pushed = push(workspace)
    with step("writing the report"):
        reported = report(workspace)
    LOG.print()
    show_metrics(trained.metrics, trained.rules_kind)
    OUT.print()
    show_report(reported)
    say(f"Scores: {folder / 'scores.csv'}, and the table {pushed.target} of {crm.parent / DATABASE}")
    say(f"Models: mlflow ui --backend-store-uri {workspace.tracking_uri}")
    say(f"\nDone in {time.perf_counter() - began:.0f} s. Next:")
    for command in _next_commands(folder, reported.hottest[0]["lead_id"] if reported.hottest else ""):
        say(f"  {command}")


def _next_commands(folder: Path, hottest: str) -> list[str]:
    return [
        f"leadscore explain {hottest} --workspace {folder}",
        f"leadscore train --config {folder / 'demo' / 'leadscore.yaml'} --workspace {folder}",
        "leadscore train --leads export.csv --id Id --outcome Status --workspace mine",
        "leadscore score --leads new.csv --out scores.csv --workspace mine",
    ]
