"""``leadscore rules``: parses, calls a verb, shows what came. Heavy imports happen inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import ACTION, DEFAULT_WORKSPACE, ConfigOption, JsonOption, WorkspaceOption

rules = typer.Typer(no_args_is_help=True, help="Check, preview and suggest the rules that a team agrees on.")

RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="A file of rules; that of the settings by default, else the shipped one.")
]


@rules.command()
def check(
    config: ConfigOption = None,
    path: RulesOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find rules that contradict each other, that no lead can reach, or that never did anything.

    Exits with 3 where there are any, but for rules about what the data do not have.
    """
    from pipelines.cli.renderers import present, show_rules_check
    from pipelines.rules import Project, check_rules

    result = check_rules(Project.locate(workspace, config), path)
    present(result, show_rules_check, as_json=as_json)
    raise typer.Exit(ACTION if result.asks_for_action else 0)


@rules.command()
def preview(
    against: Annotated[Path, typer.Option(help="The file of rules to compare with, such as the one in force.")],
    config: ConfigOption = None,
    path: RulesOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show on real leads what the rules would change, before they are applied."""
    from pipelines.cli.renderers import present, show_preview
    from pipelines.rules import Project
    from pipelines.rules import preview as run

    present(run(Project.locate(workspace, config), against, path), show_preview, as_json=as_json)


@rules.command()
def suggest(
    config: ConfigOption = None,
    most: Annotated[int, typer.Option(min=1, max=100, help="Rules at most.")] = 15,
    capacity: Annotated[float | None, typer.Option(min=0, help="SQLs that sales can take in a week.")] = None,
    precision: Annotated[float | None, typer.Option(min=0, max=1, help="Share of the SQLs that is to be won.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Propose points and thresholds that history speaks for, ready to paste."""
    from pipelines.cli.renderers import present, show_suggestion
    from pipelines.rules import Project
    from pipelines.rules import suggest as run

    result = run(Project.locate(workspace, config), rules=most, capacity=capacity, precision=precision)
    present(result, show_suggestion, as_json=as_json)
