"""The command line: parses, calls a verb, shows what came. Heavy imports happen inside the commands."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from data.errors import InputError, LeadscoreError, of_system
from pipelines import log
from pipelines.cli.inputs import require_leads, settings_from, with_tracking_of_environment
from pipelines.cli.options import (
    ACTION,
    DEFAULT_WORKSPACE,
    ClosedOption,
    ConfigOption,
    CreatedOption,
    DropOption,
    EventsOption,
    HorizonOption,
    IdOption,
    JsonOption,
    KeepOption,
    LeadsOption,
    LostOption,
    OrderOption,
    OutcomeOption,
    WonOption,
    WorkspaceOption,
)
from pipelines.cli.rules_commands import rules

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
app.add_typer(rules, name="rules")


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"leadscore {version('leadscore')}")
        raise typer.Exit


@app.callback()
def leadscore(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Score leads by how earlier ones ended, and explain why."""


@app.command()
def demo(
    leads: Annotated[int, typer.Option(min=1, help="Leads to simulate.")] = 20_000,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Simulate a funnel, train a model on it, score it, write the scores back and write a report."""
    from pipelines.demo import run_demo

    run_demo(leads, workspace)


@app.command()
def simulate(
    leads: Annotated[int, typer.Option(min=1, help="Leads to simulate.")],
    out: Annotated[Path, typer.Option(help="Folder to write the tables to.")],
    seed: Annotated[int, typer.Option(help="Random seed; the same seed gives the same bytes.")] = 0,
    drift: Annotated[bool, typer.Option("--drift", help="Let the market change in the last half-year.")] = False,
    drift_at: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of that change.")] = None,
    drift_size: Annotated[float | None, typer.Option(min=-4, max=4, help="Size of that change; 1 is usual.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="A third of the events, for millions of leads.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a simulated B2B funnel with known truth, as tables with a leadscore.yaml beside them."""
    from data.simulator import Drift
    from data.simulator import simulate as run
    from pipelines.cli.renderers import present, show_simulation
    from pipelines.console import step

    with step(f"simulating {leads:,} leads"):
        change = Drift.of(drift_at, drift_size) if drift or drift_at or drift_size else None
        funnel = run(leads, out, seed=seed, drift=change, fast=fast)
    present(funnel, show_simulation, as_json=as_json)


@app.command()
def init(
    leads: Annotated[
        str, typer.Option(help="A CSV or Parquet file, a folder of them, or a database as '${NAME}'.")
    ] = "",
    crm: Annotated[str, typer.Option(help="A CRM that has an interface of its own: odoo.")] = "",
    out: Annotated[Path, typer.Option(help="File to write; it must not be there yet.")] = Path("leadscore.yaml"),
    id: IdOption = "",
    outcome: OutcomeOption = "",
    won: WonOption = None,
    lost: LostOption = None,
    created: CreatedOption = "",
    closed: ClosedOption = "",
    as_json: JsonOption = False,
) -> None:
    """Inspect tables and propose what their columns mean in a leadscore.yaml, with the reasons.

    Each option overrules a guess about the leads. What is unsure is written into the file as a question.
    With --crm the settings for a CRM are written, which need no guess.
    """
    from data.proposal import Overrides
    from pipelines.cli.renderers import present, show_proposal
    from pipelines.init import init as run
    from pipelines.init import init_crm

    if bool(leads) == bool(crm):
        raise InputError("one source of leads is needed", expected="--leads or --crm, not both")
    if crm:
        require_leads(None, None, id=id, outcome=outcome, won=won, lost=lost, created=created, closed=closed)
        return present(init_crm(crm, out), show_proposal, as_json=as_json)
    overrides = Overrides(id, outcome, won or (), lost or (), created, closed)
    return present(run(leads, out, overrides), show_proposal, as_json=as_json)


@app.command()
def check(
    config: ConfigOption = None,
    leads: LeadsOption = None,
    id: IdOption = "",
    outcome: OutcomeOption = "",
    won: WonOption = None,
    lost: LostOption = None,
    created: CreatedOption = "",
    closed: ClosedOption = "",
    order: OrderOption = "",
    events: EventsOption = None,
    horizon: HorizonOption = None,
    drop: DropOption = None,
    keep: KeepOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Report the quality of the data and the columns that leak the outcome.

    Exit code 3 means that action is needed: columns leak the outcome, or may (drop or keep them),
    or there are rows that cannot be used.
    """
    from data.workspace import Workspace
    from pipelines.check import check as run
    from pipelines.cli.renderers import present, show_check

    roles = {"id": id, "outcome": outcome, "created": created, "closed": closed, "order": order}
    settings = settings_from(config, leads, events, roles, won, lost, horizon=horizon, drop=drop, keep=keep)
    result = run(settings, Workspace.at(workspace))
    present(result, show_check, as_json=as_json)
    raise typer.Exit(ACTION if result.asks_for_action else 0)


@app.command()
def train(
    config: ConfigOption = None,
    leads: LeadsOption = None,
    id: IdOption = "",
    outcome: OutcomeOption = "",
    won: WonOption = None,
    lost: LostOption = None,
    created: CreatedOption = "",
    closed: ClosedOption = "",
    order: OrderOption = "",
    events: EventsOption = None,
    horizon: HorizonOption = None,
    drop: DropOption = None,
    keep: KeepOption = None,
    effort: Annotated[
        Literal["fast", "standard", "best"] | None,
        typer.Option(help="How long to search for hyper-parameters: fast tries none, standard 10, best 40."),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=0, max=1000, help="Number of hyper-parameter settings to try, instead.")
    ] = None,
    budget: Annotated[float | None, typer.Option(min=0, help="Seconds after which no further ones are tried.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Random seed; the same data and seed give the same model.")
    ] = (None),
    as_of: Annotated[str, typer.Option(help="Learn only from what was known at this moment (default: all).")] = "",
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Train only where `leadscore monitor` asks for it.")
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Train a model on closed leads, compare it with the rules and the champion, and register it."""
    from data.workspace import Workspace
    from pipelines.as_of import parse_moment
    from pipelines.cli.renderers import present, show_training
    from pipelines.train import train as run
    from pipelines.train import train_if_needed

    roles = {"id": id, "outcome": outcome, "created": created, "closed": closed, "order": order}
    overrides = {"horizon": horizon, "drop": drop, "keep": keep, "budget": budget, "seed": seed}
    settings = settings_from(config, leads, events, roles, won, lost, effort=effort, trials=trials, **overrides)
    moment = parse_moment(as_of) if as_of else None
    settings = with_tracking_of_environment(settings)
    verb = train_if_needed if if_needed else run
    present(verb(settings, Workspace.at(workspace), as_of=moment), show_training, as_json=as_json)


@app.command()
def compare(
    version: Annotated[str, typer.Argument(help="Number of a version (default: the waiting challenger).")] = "",
    card: Annotated[bool, typer.Option("--card", help="Only show its model card.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Compare the rules, the champion and the waiting challenger on the same leads."""
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_card, show_comparison
    from pipelines.versioning import card as run_card
    from pipelines.versioning import compare as run

    if card:
        return present(run_card(Workspace.trained(workspace), version), show_card, as_json=as_json)
    return present(run(Workspace.trained(workspace), version), show_comparison, as_json=as_json)


@app.command()
def versions(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the trained versions with their metrics, and which of them scores."""
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_versions
    from pipelines.versioning import list_versions as run

    present(run(Workspace.trained(workspace)), show_versions, as_json=as_json)


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="Number of the version.")],
    force: Annotated[
        bool, typer.Option("--force", help="Promote it whatever the comparison says; needs --why.")
    ] = False,
    why: Annotated[str, typer.Option(help="The reason, which is stored with the version.")] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Make a version the champion if it performs at least as well."""
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_promotion
    from pipelines.versioning import promote as run

    present(run(version, Workspace.trained(workspace), force=force, why=why), show_promotion, as_json=as_json)


@app.command()
def rollback(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Make the previous champion score again."""
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_promotion
    from pipelines.versioning import roll_back

    present(roll_back(Workspace.trained(workspace)), show_promotion, as_json=as_json)


@app.command()
def score(
    config: ConfigOption = None,
    leads: LeadsOption = None,
    id: Annotated[str, typer.Option(help="Column with the lead's id, where it differs from training.")] = "",
    events: EventsOption = None,
    as_of: Annotated[str, typer.Option(help="Moment to score at (default: the end of the data).")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write to, .csv or .parquet.")] = None,
    rank_by: Annotated[
        Literal["probability", "expected_value"] | None,
        typer.Option(help="Order of that file; the input's by default."),
    ] = None,
    accounts: Annotated[Path | None, typer.Option(help="File for the scores of accounts, .csv or .parquet.")] = None,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Take leads for gone though more than a tenth are missing.")
    ] = False,
    closed: Annotated[
        bool, typer.Option("--closed", help="Score closed leads as they stood before they closed, into --out alone.")
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Score leads with the champion and write the scores with their reasons."""
    from data.config import load_settings
    from data.workspace import Workspace
    from pipelines.as_of import parse_moment
    from pipelines.cli.renderers import present, show_scoring
    from pipelines.score import LeadFiles
    from pipelines.score import score as run

    require_leads(config, leads, id=id, events=events)
    moment = parse_moment(as_of) if as_of else None
    result = run(
        Workspace.trained(workspace),
        settings=load_settings(config) if config else None,
        leads=LeadFiles(leads, id, events) if leads else None,
        as_of=moment,
        out=out,
        rank_by=rank_by,
        accounts=accounts,
        accept_missing=accept_missing,
        closed=closed,
    )
    present(result, show_scoring, as_json=as_json)


@app.command()
def explain(
    lead_id: Annotated[str, typer.Argument(help="The lead's id, exactly as the data has it.")],
    since: Annotated[str, typer.Option(help="Date since which to explain the change of the score.")] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Explain the score of a lead: its reasons, what changed, what to ask next, and similar won deals."""
    from data.workspace import Workspace
    from pipelines.as_of import parse_moment
    from pipelines.cli.renderers import present, show_explanation
    from pipelines.explain import explain as run

    moment = parse_moment(since) if since else None
    result = run(lead_id, Workspace.trained(workspace), since=moment)
    present(result, show_explanation, as_json=as_json)


@app.command()
def push(
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Send refused records again.")] = False,
    setup: Annotated[bool, typer.Option("--setup", help="Make the place for the scores, and write nothing.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write new and changed scores to the CRM."""
    from data.config import load_settings
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_push, show_set_up
    from pipelines.push import push as run
    from pipelines.push import set_up

    settings = load_settings(config) if config else None
    if setup:
        return present(set_up(Workspace.at(workspace), settings), show_set_up, as_json=as_json)
    result = run(Workspace.trained(workspace), settings, dry_run=dry_run, retry=retry)
    present(result, show_push, as_json=as_json)
    raise typer.Exit(1 if result.dead and not dry_run else 0)


@app.command("check-connection")
def check_connection(
    config: Annotated[Path, typer.Option(help="A leadscore.yaml, or a folder that holds one.")] = Path(
        "leadscore.yaml"
    ),
    as_json: JsonOption = False,
) -> None:
    """Say who is signed in to the CRM, what they may read and write, what is missing, and how fresh it is."""
    from data.config import load_settings
    from pipelines.cli.renderers import present, show_connection
    from pipelines.crm import check_connection as run

    present(run(load_settings(config)), show_connection, as_json=as_json)


@app.command()
def watch(
    config: ConfigOption = None,
    every: Annotated[str, typer.Option(help="Time between two rounds, such as 10s or 5m.")] = "10s",
    once: Annotated[bool, typer.Option("--once", help="Do one round and exit.")] = False,
    test_alert: Annotated[
        bool, typer.Option("--test-alert", help="Send a test alert to each channel and exit.")
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Score what changes as it changes, write it to the CRM and alert the owners; ends after a round on SIGTERM."""
    from threading import Event

    from data.config import load_settings
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_round, show_test_alert
    from pipelines.watch import parse_interval, settings_for_watch
    from pipelines.watch import send_test_alert as run_test
    from pipelines.watch import watch as run

    settings, seconds = load_settings(config) if config else None, parse_interval(every)
    if test_alert:
        return present(
            run_test(settings_for_watch(Workspace.trained(workspace), settings)), show_test_alert, as_json=as_json
        )
    stop, failed = Event(), False
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for done in run(Workspace.trained(workspace), settings, every=seconds, once=once, stop=stop):
        present(done, show_round, as_json=as_json)
        failed = done.error is not None
    raise typer.Exit(1 if once and failed else 0)


@app.command()
def forget(
    lead_id: Annotated[str, typer.Argument(help="The lead's id, exactly as the data has it; or its e-mail address.")],
    crm: Annotated[bool, typer.Option("--crm", help="Empty its fields in the CRM first.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Erase a lead from everything that is stored about it. An e-mail address finds rows in quarantine."""
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_forgotten
    from pipelines.personal import forget as run

    present(run(lead_id, Workspace.existing(workspace), crm=crm), show_forgotten, as_json=as_json)


@app.command("export-lead")
def export_lead(
    lead_id: Annotated[str, typer.Argument(help="The lead's id, exactly as the data has it; or its e-mail address.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List everything that is stored about a lead, for the person whom it is about."""
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_kept
    from pipelines.personal import export_lead as run

    present(run(lead_id, Workspace.existing(workspace)), show_kept, as_json=as_json)


@app.command()
def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Clear what no run owns, and mend what can be.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Check the workspace for damage and for what killed runs left; exit code 1 means that something is wrong."""
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_diagnosis
    from pipelines.doctor import doctor as run

    result = run(Workspace.existing(workspace), fix=fix)
    present(result, show_diagnosis, as_json=as_json)
    raise typer.Exit(0 if result.is_sound else 1)


@app.command()
def report(
    out: Annotated[
        Path | None,
        typer.Option(help="Page to write, or table of all figures, .csv or .parquet; report.html in the workspace."),
    ] = None,
    config: ConfigOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write a report with the funnel and its key figures, the model beside the rules, and the hottest leads."""
    from data.config import load_settings
    from data.workspace import Workspace
    from pipelines.cli.renderers import present, show_report
    from pipelines.report import report as run

    settings = load_settings(config) if config else None
    present(run(Workspace.trained(workspace), out, settings), show_report, as_json=as_json)


@app.command()
def monitor(
    leads: LeadsOption = None,
    id: Annotated[str, typer.Option(help="Column with the lead's id, where it differs from training.")] = "",
    events: EventsOption = None,
    as_of: Annotated[str, typer.Option(help="Moment to compare at (default: the end of the data).")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Page to write, .html; monitor.html in the workspace by default.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Check for drift since training; exit code 3 means that it is time to retrain, or that a feed has stopped."""
    from data.workspace import Workspace
    from pipelines.as_of import parse_moment
    from pipelines.cli.renderers import present, show_drift
    from pipelines.monitor import monitor as run
    from pipelines.score import LeadFiles

    require_leads(None, leads, id=id, events=events)
    moment = parse_moment(as_of) if as_of else None
    result = run(
        Workspace.trained(workspace),
        leads=LeadFiles(leads, id, events) if leads else None,
        as_of=moment,
        out=out,
    )
    present(result, show_drift, as_json=as_json)
    raise typer.Exit(ACTION if result.asks_for_action else 0)


def main() -> None:
    """Run the command line; errors that a user is meant to read come without a traceback, warnings of libraries never.

    LEADSCORE_DEBUG shows both.
    """
    # By default OpenMP's threads spin while they wait for each other: where other processes want the processors, a fit
    # of LightGBM took 12 times its CPU. OpenMP reads this when the first library loads it.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if not os.environ.get("LEADSCORE_DEBUG"):
        warnings.showwarning = _say_nothing
    try:
        app()
    except LeadscoreError as problem:
        _fail(problem)
    except KeyboardInterrupt:
        _fail(LeadscoreError("stopped"))
    except Exception as problem:
        if os.environ.get("LEADSCORE_DEBUG"):
            raise
        if isinstance(problem, OSError) and problem.filename:
            _fail(of_system(problem))
        unexpected = f"unexpected {type(problem).__name__}: {problem}"
        _fail(LeadscoreError(unexpected, remedy="set LEADSCORE_DEBUG=1 for the traceback, and report it please"))


def _say_nothing(*_: object, **__: object) -> None:
    """Stand in the place of `warnings.showwarning`: a warning of NumPy helps nobody who scores leads."""


def _fail(problem: LeadscoreError) -> None:
    if log.is_structured():
        log.write("error", problem.what, **problem.parts)
    else:
        sys.stderr.write(f"error: {problem}\n")
    sys.exit(problem.exit_code)
