"""Write a proposal as a ``leadscore.yaml`` with its reasons as comments, by hand: YAML writers keep none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from data.config import DatabaseTable, FileTable
from data.parsing import DAY_FIRST, MONTH_FIRST, decide_format, read_cells
from data.proposal.columns import Suggestion
from data.proposal.inspection import Inspection, ProfiledTable, address_beside, path_beside
from data.proposal.outcome import OutcomeProposal
from data.proposal.propose import Proposal
from data.schema import RENAMED, Attribute, Schema
from data.vocabulary import Kind

PLAIN = re.compile(r"[A-Za-z][\w ./:-]*")
AMBIGUOUS_FORMATS = (DAY_FIRST, MONTH_FIRST, "decimal comma")
KINDS = {Kind.BAND: "ranges in order", Kind.FLAG: "yes or no", Kind.CATEGORY: "category", Kind.TIME: "time"}
MOST = 20
"""Tables that a question names."""
LATER_WARNING = """\
# Was one of these filled in by sales, or only once it was known how the lead ended? That cannot be told here. Such a
# column makes a model table brilliant and fail in use: name it under drop.
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
        _outcome(proposal),
        _named_values("event_types", proposal.event_types, _event_reason(proposal)),
        _stages(proposal),
        _attributes(proposal, schema) if schema else "",
    ]
    return "\n".join(part for part in parts if part)


def write_question(inspection: Inspection, path: Path) -> str:
    """Return the text of a file that asks which of the tables holds the leads."""
    address = inspection.address
    lines = [f"database: {scalar(address_beside(address, path.parent))}"] if address else []
    lines += [
        "# QUESTION: which of these tables holds the leads? Name it, then run init again for its columns.",
        "# tables:",
    ]
    lines += [
        f"#   leads: {_source(each.source, path.parent)}  # {each.rows:,} rows" for each in inspection.tables[:MOST]
    ]
    return _head(path) + "\n" + "\n".join(lines) + "\n"


def _head(path: Path) -> str:
    return (
        "# Proposed by `leadscore init` from a look at the data, with the reasons. Change whatever is wrong.\n"
        f"# Next: leadscore train --config {comment(path.name)}\n"
    )


def _tables(proposal: Proposal, folder: Path) -> str:
    lines = [f"database: {scalar(address_beside(proposal.address, folder))}\n"] if proposal.address else []
    lines.append("tables:")
    for name, proposed in proposal.tables.items():
        table = proposed.table
        here = _source(table.source, folder)
        rows = f"{table.rows:,} rows" if table.complete else f"more than {table.rows:,} rows"
        lines.append(f"  {name}: {here}  # {rows}; {comment(proposed.reason)}")
    if proposal.left_out:
        lines.append("# Left out:")
        lines += [f"#   {comment(each)}" for each in proposal.left_out_in_words]
    return "\n".join(lines) + "\n"


def _source(source: FileTable | DatabaseTable, folder: Path) -> str:
    if source.kind == "file":
        return scalar(path_beside(source.path, folder))
    return f"{{table: {scalar(source.table)}}}"


def _columns(proposal: Proposal) -> str:
    lines = ["columns:  # our name: theirs"]
    for name, proposed in proposal.tables.items():
        lines.append(f"  {name}:")
        lines += [f"    {_line(column, suggestion)}" for column, suggestion in proposed.columns.items()]
    return "\n".join(lines) + "\n"


def _line(key: str, suggestion: Suggestion) -> str:
    return f"{key}: {scalar(suggestion.value)}  # {comment(suggestion.reason)}"


def _formats(proposal: Proposal, formats: Mapping[str, Mapping[str, str]]) -> str:
    lines = []
    for name, of_table in formats.items():
        needed = {column: written for column, written in of_table.items() if written in AMBIGUOUS_FORMATS}
        lines += [f"  {name}:"] if needed else []
        for column, written in needed.items():
            is_open = (name, column) in proposal.open_formats
            why = "the values leave it open: is it so?" if is_open else "the values show it"
            lines.append(f"    {scalar(column)}: {written}  # {why}")
    return "\n".join(["formats:", *lines]) + "\n" if lines else ""


def _outcome(proposal: Proposal) -> str:
    """Say how it is known how leads ended, and what orders them in time."""
    if proposal.outcome_source in ("outcomes", "stages"):
        return _outcome_table(proposal) + _horizon(proposal)
    if proposal.outcome is None:
        return NO_OUTCOME
    if not proposal.outcome.won:
        return "".join(f"# {line}\n" for line in _outcome_column(proposal.outcome))
    lines = [*_outcome_column(proposal.outcome), *_order(proposal)]
    return "\n".join(lines) + "\n" + (_horizon(proposal) if proposal.is_timed else "")


def _outcome_column(outcome: OutcomeProposal) -> Iterator[str]:
    others = "all other leads" if outcome.lost_where else f"{len(outcome.others)} other values"
    still_open = f"; {others} are open" if outcome.others else ""
    yield f"outcome:  # {comment(outcome.reason)}{still_open}"
    if outcome.question:
        yield f"  # QUESTION: {comment(outcome.question)}."
    yield f"  column: {scalar(outcome.column)}"
    yield f"  won: {_list(outcome.won)}"
    yield f"  lost: {_list(outcome.lost)}"
    if outcome.lost_where:
        yield "  lost_where:  # all of these hold for leads that were lost"
        for column, values in outcome.lost_where.items():
            yield f"    {scalar(column)}: {_list(values) if values else 'filled'}"


def _horizon(proposal: Proposal) -> str:
    return f"horizon: {proposal.horizon.value}  # {comment(proposal.horizon.reason)}\n"


def _outcome_table(proposal: Proposal) -> str:
    if proposal.outcome_source == "stages":
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
    """Return the stages that need a line: open ones that bear the name of the vocabulary need none."""
    needed = {
        stage: listed
        for stage, values in proposal.stages.items()
        if (listed := [value for value in values if stage in ("won", "lost") or value.strip().lower() != stage])
    }
    unknown = f"; {proposal.unknown_stages} others stay stages of their own" if proposal.unknown_stages else ""
    return _named_values("stages", needed, f"ours: theirs, by their words{unknown}")


def _named_values(name: str, values: Mapping[str, Sequence[str]], reason: str) -> str:
    lines = [f"  {key}: {_list(listed)}" for key, listed in values.items()]
    return "\n".join([f"{name}:  # {reason}", *lines]) + "\n" if lines else ""


def _attributes(proposal: Proposal, schema: Schema) -> str:
    """Say of every column of leads what becomes of it: no values, only how many there are or how far numbers reach."""
    columns, table = proposal.leads.columns, proposal.leads.table
    lines = ["# What becomes of the columns of leads: family, kind, values (counted in up to 20,000 rows)"]
    for attribute in schema.attributes:
        name = columns[attribute.name].value if attribute.name in columns else attribute.name.removesuffix(RENAMED)
        lines.append(f"#   {comment(name)}: {_described(attribute, table, name)}")
    lines.append("# Left out:")
    lines += [f"#   {comment(name)}: {comment(reason)}" for name, reason in schema.excluded.items()]
    return "\n".join(lines) + "\n" + LATER_WARNING


def _described(attribute: Attribute, table: ProfiledTable, name: str) -> str:
    column = table.profiles[name]
    if attribute.kind is Kind.NUMBER:
        return f"{attribute.family.value}, number{_range(table, name)}"
    if attribute.kind is Kind.SET:
        return f"{attribute.family.value}, set, {len(attribute.tokens)} frequent members"
    values = "" if attribute.kind is Kind.FLAG else f", {column.distinct:,} values"
    return f"{attribute.family.value}, {KINDS[attribute.kind]}{values}"


def _range(table: ProfiledTable, column: str) -> str:
    cells = table.cells[column]
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
    """Ask a reader, in a mapping and in a list: yes and no are booleans, and some characters end a text."""
    try:
        return yaml.safe_load(f"key: {written}") == {"key": text} and yaml.safe_load(f"[{written}]") == [text]
    except yaml.YAMLError:
        return False


def comment(text: str) -> str:
    """Return a text for a comment, on one line: names of columns may hold anything.

    >>> comment("Lead\\nid\\x00")
    'Lead id?'
    """
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))
