"""What `simulate`, `init` and `check` found in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from pipelines.console import OUT, say, table
from pipelines.output import describe

if TYPE_CHECKING:  # a command shows its own result and need not wait for the imports of the others
    from data.simulator import SimulatedFunnel
    from models.evaluation import Leak
    from pipelines.check import CheckResult
    from pipelines.init import InitResult


def show_simulation(funnel: SimulatedFunnel) -> None:
    OUT.print(
        f"{funnel.leads:,} leads simulated, {funnel.won:,} won, {funnel.lost:,} lost, {funnel.open:,} still open; "
        f"{funnel.events:,} events"
    )
    say(f"Next: leadscore train --config {funnel.config}")


def show_proposal(result: InitResult) -> None:
    """Show what was found, what is left out, and the next command, in ten lines at most."""
    columns = result.columns.get("leads", {})
    renamed = [f"{name}: {column}" for name, column in columns.items() if name != column]
    same = [f"{len(columns) - len(renamed)} columns by our names"] if len(columns) > len(renamed) else []
    say(f"leads: {result.tables['leads']} ({', '.join(renamed + same)})")
    others = [f"{name}: {place}" for name, place in result.tables.items() if name != "leads"]
    if others:
        say("; ".join(others))
    say(f"outcome: {_outcome(result.outcome) if result.outcome else 'not found'}")
    families = Counter(attribute["family"] for attribute in result.attributes)
    counts = ", ".join(f"{count} {family}" for family, count in families.most_common())
    say(f"attributes: {len(result.attributes)}{f' ({counts})' if counts else ''}; left out: {len(result.excluded)}")
    for text in result.notes:
        say(f"  {text}")
    say(f"Written to {result.out}, with the reasons. Next: leadscore train --config {result.out}")


def _outcome(outcome: Mapping[str, Any]) -> str:
    if "table" in outcome:
        return f"the table of {outcome['table']}"
    values = [f"{name}: {', '.join(outcome[name])}" for name in ("won", "lost") if outcome[name]]
    where = outcome.get("lost_where", {})
    lost = [f"{name}: {each if each == 'filled' else ', '.join(each)}" for name, each in where.items()]
    conditions = [f"lost where {' and '.join(lost)}"] if lost else []
    return f"{outcome['column']} ({'; '.join(values + conditions)})"


def show_check(result: CheckResult) -> None:
    """Show rows and what is wrong with them, the columns that know the outcome, and what is no feature."""
    for text in describe(result.report, whole=True):
        say(text)
    outcomes = result.outcomes
    say(f"{outcomes.won:,} leads were won, {outcomes.lost:,} lost, {outcomes.open:,} are open.")
    if result.has_quarantined:
        say(f"What is quarantined is in {result.quarantine}, each row with its reason.")
    _show_leaks(result)
    say(f"Features are made of {len(result.attributes)} columns; {len(result.excluded)} are left out:")
    for column, reason in result.excluded.items():
        say(f"  {column}: {reason}")


def _show_leaks(result: CheckResult) -> None:
    """Show the columns that know the outcome, or may, and say how far they were searched for."""
    if result.leaks:
        say("Columns that know the outcome, or may:")
        OUT.print(_grid_of_leaks(result.leaks))
        say("--drop NAME leaves a suspect out. --keep NAME keeps a column in, and asks no more about it.")
    if result.unchecked:
        return say(f"How well a column alone tells the outcome was {result.unchecked}.")
    return None if result.leaks else say("No column seems to know the outcome.")


def _grid_of_leaks(leaks: Sequence[Leak]) -> Table:
    grid = table("column", "", ">AUC with", ">without", "what speaks for it")
    for leak in leaks:
        done = "left out" if leak.excluded else "kept" if leak.named_in_keep else "suspect"
        measured = ("–" if value is None else f"{value:.3f}" for value in (leak.auc_with, leak.auc_without))
        grid.add_row(escape(leak.column), done, *measured, escape(leak.evidence))
    return grid
