"""init: read the tables → propose what they mean → try it → write the settings with the reasons."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data.config import Settings, parse_settings
from data.dataset import OutcomeCounts, open_dataset
from data.drafts import write_whole
from data.errors import InputError
from data.proposal import Proposal, inspect_tables, propose, write
from data.schema import Schema
from pipelines.console import step
from pipelines.init.horizon import fitting_horizon


@dataclass(frozen=True)
class InitResult:
    """What was proposed, and where it is written; `as_json` is the contract of ``init --json``."""

    out: str
    tables: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]
    outcome: Mapping[str, Any] | None
    attributes: list[dict[str, str]]
    excluded: Mapping[str, str]
    notes: list[str]

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def init(leads: str, out: Path) -> InitResult:
    """Propose settings for a file, a folder or a database, try them, and write them to a new file.

    Raises InputError where the file is there already, or where there are no leads to read.
    """
    _check_free(out)
    with tempfile.TemporaryDirectory(prefix="leadscore-") as folder, step("looking at the tables"):
        temporary = Path(folder)
        with inspect_tables(leads, temporary=temporary) as inspection:
            proposal = propose(inspection)
            with open_dataset(parse_settings(write(proposal, out), out), workspace=temporary) as dataset:
                counts, schema, formats = dataset.outcome_counts, dataset.schema, dataset.settings.formats
                if proposal.is_timed and counts.won:
                    proposal = replace(proposal, horizon=fitting_horizon(dataset))
            text = write(proposal, out, schema, formats)
            settings = parse_settings(text, out)
            notes = [*_notes(proposal, counts), *(f"{name}: {why}" for name, why in proposal.left_out.items())]
    _write_new(out, text)
    return _result(out, proposal, settings, schema, notes)


def _check_free(out: Path) -> None:
    if out.exists():
        raise _taken(out)
    if not out.absolute().parent.is_dir():
        raise InputError("there is no such folder to write to", expected="a folder that exists", got=str(out.parent))


def _taken(out: Path) -> InputError:
    return InputError(
        "this file is there already, and init overwrites nothing",
        expected="the name of a new file",
        got=str(out),
        remedy="name another one with --out, or remove it first",
    )


def _write_new(out: Path, text: str) -> None:
    try:
        write_whole(out, text, new=True)
    except FileExistsError:
        raise _taken(out) from None
    except OSError as problem:
        raise InputError("this file cannot be written", got=problem.strerror or "", where=str(out)) from None


def _notes(proposal: Proposal, counts: OutcomeCounts) -> list[str]:
    """Say what a reader of the file must know before training."""
    if not proposal.outcome_source:
        return ["Nothing says how leads ended: fill in the outcome in this file, or train cannot learn."]
    ended = f"{counts.won:,} won, {counts.lost:,} lost, {counts.open:,} open"
    if not counts.won or not (counts.lost or (proposal.is_timed and counts.open)):
        return [f"{ended}: there is nothing to learn from. Check which values mean won and which mean lost."]
    notes = [ended]
    if proposal.no_order:
        notes.append(f"No order is proposed: {proposal.no_order}.")
    return [*notes, "Columns that were filled in once the outcome was known are not found here: name them under drop."]


def _result(out: Path, proposal: Proposal, settings: Settings, schema: Schema, notes: list[str]) -> InitResult:
    return InitResult(
        out=str(out),
        tables={name: proposed.table.name for name, proposed in proposal.tables.items()},
        columns=settings.columns,
        outcome=_outcome(proposal, settings),
        attributes=[
            {"name": each.name, "family": each.family.value, "kind": each.kind.value} for each in schema.attributes
        ],
        excluded=schema.excluded,
        notes=notes,
    )


def _outcome(proposal: Proposal, settings: Settings) -> dict[str, Any] | None:
    if settings.outcome:
        return settings.outcome.model_dump(exclude_defaults=True) | {"lost": settings.outcome.lost or []}
    return {"table": proposal.outcome_source} if proposal.outcome_source else None
