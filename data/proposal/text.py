"""Write a proposal as a ``leadscore.yaml`` with its reasons as comments, by hand: YAML writers keep none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from data.config import DatabaseTable, FileTable
from data.parsing import DAY_FIRST, MONTH_FIRST, decide_format, read_cells
from data.proposal.columns import Line
from data.proposal.looking import Look, address_beside, path_beside
from data.proposal.propose import Proposal
from data.schema import RENAMED, Attribute, Schema
from data.vocabulary import Kind

PLAIN = re.compile(r"[A-Za-z][\w ./:-]*")
TOLD_FORMATS = (DAY_FIRST, MONTH_FIRST, "decimal comma")
KINDS = {Kind.FLAG: "yes or no", Kind.CATEGORY: "category", Kind.TIME: "time"}
LATER_WARNING = """\
# Was one of these filled in by sales, or only once it was known how the lead ended? That cannot be told here. Such a
# column makes a model look brilliant and fail in use: name it under drop.
# drop: []
"""
NO_OUTCOME = """\
# Nothing here is known to say how leads ended. Before training, fill in one of these:
# outcome:
#   column: NAME      # the column of leads with the result
#   won: [VALUE]      # what it holds for leads that were won
#   lost: [VALUE]     # what it holds for leads that were lost; all other values are open
# or name a table with lead_id, closed_at and won as tables.outcomes, or a history of stages as tables.stages.
"""


def write(proposal: Proposal, path: Path, schema: Schema | None = None, formats: Mapping | None = None) -> str:
    """Return the text of a file that will lie at ``path``; with a schema, what each column of leads becomes is said."""
    parts = [
        _head(path),
        _tables(proposal, path.parent),
        _columns(proposal),
        _formats(proposal, formats or {}),
        _ending(proposal),
        _named_values("event_types", proposal.event_types, _event_reason(proposal)),
        _stages(proposal),
        _attributes(proposal, schema) if schema else "",
    ]
    return "\n".join(part for part in parts if part)


def _head(path: Path) -> str:
    return (
        "# Proposed by `leadscore init` from a look at the data, with the reasons. Change whatever is wrong.\n"
        f"# Next: leadscore train --config {comment(path.name)}\n"
    )


def _tables(proposal: Proposal, folder: Path) -> str:
    lines = [f"database: {scalar(address_beside(proposal.address, folder))}\n"] if proposal.address else []
    lines.append("tables:")
    for name, placed in proposal.tables.items():
        look = placed.look
        here = _source(look.source, folder)
        rows = f"{look.rows:,} rows" if look.complete else f"more than {look.rows:,} rows"
        lines.append(f"  {name}: {here}  # {rows}; {comment(placed.reason)}")
    if proposal.others:
        lines.append("# Left out:")
        lines += [f"#   {comment(name)}: {comment(reason)}" for name, reason in proposal.others.items()]
    return "\n".join(lines) + "\n"


def _source(source: FileTable | DatabaseTable, folder: Path) -> str:
    if source.kind == "file":
        return scalar(path_beside(source.path, folder))
    return f"{{table: {scalar(source.table)}}}"


def _columns(proposal: Proposal) -> str:
    lines = ["columns:  # our name: theirs"]
    for name, placed in proposal.tables.items():
        lines.append(f"  {name}:")
        lines += [f"    {_line(ours, line)}" for ours, line in placed.columns.items()]
    return "\n".join(lines) + "\n"


def _line(key: str, line: Line) -> str:
    return f"{key}: {scalar(line.value)}  # {comment(line.reason)}"


def _formats(proposal: Proposal, formats: Mapping[str, Mapping[str, str]]) -> str:
    told = {
        name: {column: written for column, written in of_table.items() if written in TOLD_FORMATS}
        for name, of_table in formats.items()
    }
    lines = []
    for name, of_table in told.items():
        lines += [f"  {name}:"] if of_table else []
        for column, written in of_table.items():
            is_open = (name, column) in proposal.open_formats
            why = "the values leave it open: is it so?" if is_open else "the values show it"
            lines.append(f"    {scalar(column)}: {written}  # {why}")
    return "\n".join(["formats:", *lines]) + "\n" if lines else ""


def _ending(proposal: Proposal) -> str:
    """Say how it is known how leads ended, and what orders them in time."""
    if proposal.ended_by in ("outcomes", "stages"):
        return _ended_by_table(proposal) + _horizon(proposal)
    if proposal.outcome is None:
        return NO_OUTCOME
    outcome = proposal.outcome
    still_open = f"; {outcome.open} other values are open" if outcome.open else ""
    lines = [f"outcome:  # {outcome.reason}{still_open}", f"  column: {scalar(outcome.column)}"]
    lines.append(f"  won: {_list(outcome.won)}")
    lines += [f"  lost: {_list(outcome.lost)}"] if outcome.lost else []
    lines += _order(proposal)
    return "\n".join(lines) + "\n" + (_horizon(proposal) if proposal.is_timed else "")


def _horizon(proposal: Proposal) -> str:
    return f"horizon: {proposal.horizon.value}  # {comment(proposal.horizon.reason)}\n"


def _ended_by_table(proposal: Proposal) -> str:
    if proposal.ended_by == "stages":
        return "# How leads ended is told by their stages.\n"
    if "won" in proposal.tables["outcomes"].columns:
        return "# How leads ended is told by the table of outcomes.\n"
    return "# No column says won or lost: each row of the outcomes is taken for a won deal, all other leads are open.\n"


def _order(proposal: Proposal) -> Iterator[str]:
    if proposal.order:
        yield _line("order", proposal.order)
    elif proposal.no_order:
        yield f"# order: rows  # {proposal.no_order}"


def _event_reason(proposal: Proposal) -> str:
    own = f"; {proposal.own_event_types} others stay types of their own" if proposal.own_event_types else ""
    return f"ours: theirs, by near names{own}"


def _stages(proposal: Proposal) -> str:
    """Open stages that bear our names need no line."""
    needed = {
        ours: told
        for ours, theirs in proposal.stages.items()
        if (told := [value for value in theirs if ours in ("won", "lost") or value.strip().lower() != ours])
    }
    unknown = f"; {proposal.unknown_stages} others stay stages of their own" if proposal.unknown_stages else ""
    return _named_values("stages", needed, f"ours: theirs, by their words{unknown}")


def _named_values(name: str, values: Mapping[str, Sequence[str]], reason: str) -> str:
    lines = [f"  {ours}: {_list(theirs)}" for ours, theirs in values.items()]
    return "\n".join([f"{name}:  # {reason}", *lines]) + "\n" if lines else ""


def _attributes(proposal: Proposal, schema: Schema) -> str:
    """Say of every column of leads what becomes of it: no values, only how many there are or how far numbers reach."""
    columns, look = proposal.leads.columns, proposal.leads.look
    lines = ["# What becomes of the columns of leads: family, kind, values (counted in up to 20,000 rows)"]
    for attribute in schema.attributes:
        theirs = columns[attribute.name].value if attribute.name in columns else attribute.name.removesuffix(RENAMED)
        lines.append(f"#   {comment(theirs)}: {_described(attribute, look, theirs)}")
    lines.append("# Left out:")
    lines += [f"#   {comment(name)}: {comment(reason)}" for name, reason in schema.excluded.items()]
    return "\n".join(lines) + "\n" + LATER_WARNING


def _described(attribute: Attribute, look: Look, theirs: str) -> str:
    column = look.profiles[theirs]
    if attribute.kind is Kind.NUMBER:
        return f"{attribute.family.value}, number{_range(look, theirs)}"
    if attribute.kind is Kind.SET:
        return f"{attribute.family.value}, set, {len(attribute.tokens)} frequent members"
    values = "" if attribute.kind is Kind.FLAG else f", {column.distinct:,} values"
    return f"{attribute.family.value}, {KINDS[attribute.kind]}{values}"


def _range(look: Look, theirs: str) -> str:
    cells = look.cells[theirs]
    numbers = read_cells(cells, Kind.NUMBER, decide_format(cells, Kind.NUMBER)[0]).values.dropna()
    return f" from {numbers.min():.10g} to {numbers.max():.10g}" if len(numbers) else ""


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(scalar(value) for value in values)}]"


def scalar(text: str) -> str:
    """Write a text so that YAML reads the same text: plain where that is safe, else in quotes.

    >>> [scalar(text) for text in ("Lead Number", "42", "yes", "a: b")]
    ['Lead Number', '"42"', '"yes"', '"a: b"']
    """
    if PLAIN.fullmatch(text) and _is_read_as(text, text):
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf).strip()


def _is_read_as(written: str, text: str) -> bool:
    """Ask a reader, in a mapping and in a list: yes and no are booleans, and some signs end a text."""
    try:
        return yaml.safe_load(f"key: {written}") == {"key": text} and yaml.safe_load(f"[{written}]") == [text]
    except yaml.YAMLError:
        return False


def comment(text: str) -> str:
    """Return a text for a comment, on one line: names of columns may hold anything.

    >>> comment("Lead\\nid\\x00")
    'Lead id?'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))
