"""init: read the tables → propose what they mean → try it → write the settings with the reasons."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from data.config import Settings, parse_settings
from data.dataset import OutcomeCounts, open_dataset
from data.drafts import write_whole
from data.errors import InputError
from data.proposal import (
    Inspection,
    Overrides,
    Proposal,
    UnclearLeadsError,
    inspect_tables,
    propose,
    write,
    write_question,
)
from data.schema import Schema
from pipelines.console import step
from pipelines.init.horizon import fitting_horizon

NO_OVERRIDES = Overrides()
LATER = "Columns that were filled in once the outcome was known are not looked for here: name them under drop."


@dataclass(frozen=True)
class InitResult:
    """What was proposed, and where it is written; `as_json` is the contract of ``init --json``."""

    out: str
    tables: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]
    outcome: Mapping[str, Any] | None
    outcome_counts: Mapping[str, int]
    attributes: list[dict[str, str]]
    excluded: Mapping[str, str]
    notes: list[str]

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def init(leads: str, out: Path, overrides: Overrides = NO_OVERRIDES) -> InitResult:
    """Propose settings for a file, a folder or a database, try them, and write them to a new file.

    What is unsure stands there as a comment with a question; ``overrides`` answer some beforehand.
    Raises InputError where the file is there already, where there are no leads to read, or for an option that names
    what is not there.
    """
    check_free(out)
    with tempfile.TemporaryDirectory(prefix="leadscore-") as folder, step("looking at the tables"):
        temporary = Path(folder)
        with inspect_tables(leads, temporary=temporary) as inspection:
            proposal = _proposed(inspection, overrides, out)
            trial = _try(proposal, out, temporary)
            text = write(trial.proposal, out, trial.schema, trial.formats)
            settings = parse_settings(text, out)
    write_new(out, text)
    return _result(out, trial, settings)


def _proposed(inspection: Inspection, overrides: Overrides, out: Path) -> Proposal:
    """Propose; where no table can be taken for that of the leads, the file asks which one is, and the error says so."""
    try:
        return propose(inspection, overrides)
    except UnclearLeadsError:
        write_new(out, write_question(inspection, out))
        raise


@dataclass(frozen=True)
class _Trial:
    """A proposal and what came of reading the tables by it; ``problem`` says why they could not be read."""

    proposal: Proposal
    counts: OutcomeCounts = field(default_factory=lambda: OutcomeCounts(0, 0, 0))
    schema: Schema | None = None
    formats: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problem: str = ""


def _try(proposal: Proposal, out: Path, temporary: Path) -> _Trial:
    """Read the tables as they are proposed: what cannot be read so is said, for people to correct."""
    try:
        with open_dataset(parse_settings(write(proposal, out), out), workspace=temporary) as dataset:
            if proposal.is_timed and dataset.outcome_counts.won:
                proposal = replace(proposal, horizon=fitting_horizon(dataset))
            return _Trial(proposal, dataset.outcome_counts, dataset.schema, dataset.settings.formats)
    except InputError as problem:
        return _Trial(proposal, problem=" ".join(str(problem).split()))


def check_free(out: Path) -> None:
    """Raise InputError where a file cannot be written anew."""
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


def write_new(out: Path, text: str) -> None:
    """Write a file that is not there yet. Raises InputError where it is."""
    try:
        write_whole(out, text, new=True)
    except FileExistsError:
        raise _taken(out) from None
    except OSError as problem:
        raise InputError("this file cannot be written", got=problem.strerror or "", where=str(out)) from None


def _notes(trial: _Trial) -> list[str]:
    """Say what a reader of the file must know before training."""
    proposal, counts = trial.proposal, trial.counts
    if trial.problem:
        return [f"The tables cannot be read with what is proposed. Correct it in the file: {trial.problem}"]
    if not proposal.outcome_source:
        return [*_questions(proposal), "Nothing says how leads ended: fill in the outcome, or train cannot learn."]
    ended = f"{counts.won:,} won, {counts.lost:,} lost, {counts.open:,} open"
    if not counts.won or not (counts.lost or (proposal.is_timed and counts.open)):
        return [ended, *_questions(proposal), "There is nothing to learn from yet: say which values mean won and lost."]
    order = [f"No order is proposed: {proposal.no_order}."] if proposal.no_order else []
    return [ended, *_questions(proposal), *order, LATER]


def _questions(proposal: Proposal) -> list[str]:
    question = proposal.outcome.question if proposal.outcome and proposal.outcome_source in ("leads", "") else ""
    return [f"QUESTION: {question}. Answer it in the file, under outcome."] if question else []


def _result(out: Path, trial: _Trial, settings: Settings) -> InitResult:
    proposal, schema = trial.proposal, trial.schema
    left_out = proposal.left_out_in_words
    return InitResult(
        out=str(out),
        tables={name: proposed.table.name for name, proposed in proposal.tables.items()},
        columns=settings.columns,
        outcome=_outcome(proposal, settings),
        outcome_counts=vars(trial.counts),
        attributes=[
            {"name": each.name, "family": each.family.value, "kind": each.kind.value}
            for each in (schema.attributes if schema else ())
        ],
        excluded=schema.excluded if schema else {},
        notes=[*_notes(trial), *([f"Left out: {'; '.join(left_out)}"] if left_out else [])],
    )


def _outcome(proposal: Proposal, settings: Settings) -> dict[str, Any] | None:
    if settings.outcome:
        return settings.outcome.model_dump(exclude_defaults=True) | {"lost": settings.outcome.lost or []}
    return {"table": proposal.outcome_source} if proposal.outcome_source else None
