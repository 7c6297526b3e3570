"""score: load the champion → read leads in chunks → store each lead's score with its reasons, and export them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from data.columns import shown
from data.config import FileTable, Settings, settings_of_folder
from data.dataset import Dataset, open_dataset
from data.errors import InputError, LeadscoreError
from data.locks import one_run_at_a_time
from data.schema import plain
from data.sinks import Write, export_to
from data.store import Codebook, Run, Store, decisions_on, open_store
from data.vocabulary import ACCOUNT_SCORE, TABLES, Kind
from data.workspace import Workspace
from features import exists_at
from models.scoring import FEWEST_AMOUNTS, ScoredChunk, Scorer, encode, score_chunk, worded
from models.training_table import RARE_LEVEL
from models.versions import Registry, Stored
from pipelines import last_run
from pipelines.as_of import format_moment
from pipelines.console import note, step
from pipelines.explain import keep_similar_deals
from pipelines.feeds import stopped_since_training
from pipelines.output import describe
from pipelines.recommendations import plan_of, with_recommendations
from pipelines.score.accounts import Accounts, account_scores, scored_accounts, triggered_without_lead
from pipelines.score.gone import Absence, find_gone
from pipelines.score.retention import erase_old
from pipelines.score.verdicts import take_in_verdicts

CHUNK = 50_000
"""Leads that are in memory at once."""
FEWEST_FOR_NOTES = 20
"""Leads from which on columns without any known value are named."""

Asked = Literal["open", "closed", "all"]
"""Which leads are scored for whoever asks."""
MOST_TYPES = 5
"""Types of events that are named; there may be as many as there are pages."""


@dataclass(frozen=True)
class LeadFiles:
    """Leads to score that lie elsewhere than those of training: a file (or a folder of tables), its id, its events."""

    leads: Path
    lead_id: str = ""
    events: Path | None = None

    def in_place_of(self, trained: Settings) -> Settings:
        """Return the settings of training with these files instead of its tables; columns keep their roles."""
        if self.leads.is_dir():
            tables = settings_of_folder(self.leads).tables
        else:
            files = {"leads": self.leads, "events": self.events}
            tables = {name: FileTable(path) for name, path in files.items() if path}
        of_leads = trained.columns.get("leads", {}) | ({"lead_id": self.lead_id} if self.lead_id else {})
        columns = {**trained.columns, "leads": of_leads}
        return trained.model_copy(update={"tables": tables, "columns": columns, "truth": None, "as_of": None})


@dataclass(frozen=True)
class ScoreResult:
    """What a scoring run did: ``read = scored + left_out + later + quarantined``.

    ``scored`` are the leads that were asked for: the open ones of the configured tables, every lead of a file that is
    given, or the closed ones; ``open`` counts those of them that are open, and ``left_out`` the others. Later leads did
    not exist at ``as_of`` yet.

    ``quarantined`` counts the leads, ``tables`` the rows of each table.
    ``changed`` are the scores that differ from those of the store before: none of a run ``of_the_past``, whose moment
    is before that of the last run. ``accounts_without_lead`` are those of which a trigger holds.
    ``erased`` counts what was older than the retention of the settings. ``gone`` are leads that the configured tables
    no longer have, ``missing`` those that only seem so; ``quality`` is what is to be known of the input, each with its
    level.
    """

    read: int
    scored: int
    open: int
    left_out: int
    changed: int
    later: int
    quarantined: int
    tables: dict[str, Any]
    model_version: str
    as_of: str
    seconds: float
    out: str | None
    missing_tables: list[str]
    of_the_past: bool
    accounts_without_lead: list[dict[str, str]]
    erased: dict[str, int]
    gone: int = 0
    missing: int = 0
    quality: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def score(
    workspace: Workspace,
    *,
    settings: Settings | None = None,
    leads: LeadFiles | None = None,
    as_of: pd.Timestamp | None = None,
    out: Path | None = None,
    rank_by: str | None = None,
    accounts: Path | None = None,
    accept_missing: bool = False,
    closed: bool = False,
) -> ScoreResult:
    """Score leads at ``as_of``, by default the end of the data, into the store and to ``out``.

    Of configured tables these are the open leads; of the files in ``leads`` all of them. With ``closed`` they are the
    leads that have closed, each as it stood just before it closed, and go to ``out`` alone. ``accounts`` is a file for
    the scores of the accounts that have an open lead. Leads that the configured tables no longer have are gone; where
    that is more than a tenth, only with ``accept_missing``.

    Without settings, the columns have the roles of training; without ``leads`` either, the leads are read from where
    the model was trained. ``out`` has the leads in the order of the input, or with ``rank_by`` (probability or
    expected_value) highest first. Raises ModelError without a model, InputError for unusable input.
    """
    began = time.perf_counter()
    with one_run_at_a_time(workspace.lock, "score"), ExitStack() as stack:
        with step("loading the champion"):
            stored = Registry(workspace).champion()
            _require_known(rank_by, out, stored.scorer)
            _require_file_for_closed(closed, out, leads)
        of_leads = leads.in_place_of(stored.settings) if leads else stored.settings
        settings = read_as_trained(settings or of_leads, stored)
        settings = settings.model_copy(update={"as_of": as_of or settings.as_of})
        stored = replace(stored, scorer=replace(stored.scorer, relative_to=settings.relative_to))
        store = stack.enter_context(open_store(settings.store or workspace.store, writing=True))
        dataset = stack.enter_context(open_dataset(settings, workspace=workspace.root, schema=stored.scorer.schema))
        moment = dataset.end
        decisions: dict[str, dict[str, Any]] = {}
        finish = partial(with_recommendations, decisions=decisions, settings=settings)
        export = export_to(out, ids=("lead_id",), highest_first=rank_by, finish=finish) if out else None
        write = stack.enter_context(export) if export else None
        with step("scoring and explaining leads"):
            people = Accounts() if accounts or _writes_account_scores(settings) else None
            asked = "closed" if closed else "all" if leads else "open"
            run = (
                None if closed else _begin(store, dataset, stored, moment, workspace, as_of is not None, leads is None)
            )
            tables_tell = leads is None and run is not None and not run.is_of_the_past
            absence = find_gone(dataset, store, configured=tables_tell, accept_missing=accept_missing)
            absence = absence if run else Absence()  # who is gone, or back, is decided where scores are kept
            dataset.report.flags[:0] = absence.flags
            notes = take_in_verdicts(store, dataset.settings, workspace) if run and leads is None else []
            counts = _write_scores(dataset, stored.scorer, moment, asked, store, run, absence, write, people)
        if run and not run.is_of_the_past:
            with step("comparing open leads with won deals"):
                keep_similar_deals(store, stored.scorer)
            with store.transaction() as connection:
                decisions.update(decisions_on(connection))
        if accounts and people:
            with step("scoring accounts"), export_to(accounts, ids=("account_id", "best_lead")) as write_account:
                for scored in scored_accounts(dataset, stored.scorer, moment, people):
                    write_account(scored)
        unled = triggered_without_lead(dataset, stored.scorer, moment)
        feeds = [f"{feed.words[0].upper()}{feed.words[1:]}" for feed in stopped_since_training(dataset, stored, moment)]
        unknown = [*_unled(unled), *feeds, *_unknown(dataset, stored.scorer), *_unlearned_events(dataset)]
        erased = erase_old(store, workspace, settings.retention_days) if run else {}
        if run:
            last_run.remember_store(workspace, settings.store)
    missing = [table for table in stored.settings.tables if table in TABLES and table not in settings.tables]
    for text in [
        *_of_the_past(run, moment),
        *_none_open(counts, asked),
        *describe(dataset.report),
        *_missing_tables(missing),
        *notes,
        *unknown,
        *_erased(erased),
    ]:
        note(text)
    counted = dataset.report.tables["leads"]
    return ScoreResult(
        read=counted.read,
        later=counted.used - counts["scored"] - counts["left_out"],
        quarantined=counted.quarantined,
        tables=dataset.report.to_dict()["tables"],
        model_version=stored.scorer.version,
        as_of=f"{moment.isoformat()}Z",
        seconds=round(time.perf_counter() - began, 2),
        out=str(out) if out else None,
        missing_tables=missing,
        of_the_past=run is not None and run.is_of_the_past,
        accounts_without_lead=unled,
        erased=erased,
        gone=len(absence.gone),
        missing=len(absence.missing),
        quality=[asdict(flag) for flag in dataset.report.flags],
        **counts,
    )


def _begin(
    store: Store,
    dataset: Dataset,
    stored: Stored,
    as_of: pd.Timestamp,
    workspace: Workspace,
    stated: bool,
    configured: bool,
) -> Run:
    """Begin a run with all that a later command has to know of it."""
    narrator = stored.scorer.narrator
    return store.begin(
        as_of=as_of.to_pydatetime(),
        model_version=stored.scorer.version,
        codebook=Codebook(narrator.concepts, narrator.names),
        settings=dataset.settings.within(workspace.root),
        stated=stated,
        configured=configured,
    )


def _write_scores(
    dataset: Dataset,
    scorer: Scorer,
    as_of: pd.Timestamp,
    asked: Asked,
    store: Store,
    run: Run | None,
    absence: Absence,
    write: Write | None,
    accounts: Accounts | None,
) -> dict[str, int]:
    """Write the scores chunk by chunk, then publish them together; return how many there are, are open, and changed.

    What won leads were like is shown beside open ones, so that the store has the closed leads as well.
    """
    counts = {"scored": 0, "open": 0, "left_out": 0}
    try:
        for chunk in dataset.chunks(CHUNK):
            if not exists_at(chunk.leads, as_of).any():
                continue
            scored = score_chunk(chunk, scorer, as_of)
            wanted = _asked_for(scored, asked)
            counts["scored"] += len(wanted.leads)
            counts["open"] += int((wanted.leads["outcome"] == "open").sum())
            counts["left_out"] += len(scored.leads) - len(wanted.leads)
            if accounts:
                accounts.add(scored)
            if run:
                store.add(run, encode(scored, scorer.narrator))
            if write:
                write(_exported(wanted, scorer))
        if run is None:
            return {**counts, "changed": 0}
        plan = plan_of(dataset.settings, _account_scores(dataset, scorer, as_of, accounts))
        return {**counts, "changed": store.publish(run, gone=absence.gone, back=absence.back, plan=plan)}
    except Exception as problem:
        if run:
            with suppress(LeadscoreError):
                store.fail(run, problem.what if isinstance(problem, LeadscoreError) else type(problem).__name__)
        raise


def _writes_account_scores(settings: Settings) -> bool:
    return settings.write_back is not None and ACCOUNT_SCORE in settings.write_back.fields


def _account_scores(
    dataset: Dataset, scorer: Scorer, as_of: pd.Timestamp, accounts: Accounts | None
) -> pd.DataFrame | None:
    """Return the scores of the accounts by their open leads; None where nobody writes them back: they take time."""
    if accounts is None or not _writes_account_scores(dataset.settings):
        return None
    with step("scoring the accounts of leads"):
        return account_scores(dataset, scorer, as_of, accounts)


def _asked_for(scored: ScoredChunk, asked: Asked) -> ScoredChunk:
    """Return the scores of the leads that were asked for."""
    if asked == "all":
        return scored
    is_open = (scored.leads["outcome"] == "open").to_numpy()
    return scored.where(is_open if asked == "open" else ~is_open)


def _exported(scored: ScoredChunk, scorer: Scorer) -> pd.DataFrame:
    """Return the scores as they are exported; what else is known of the leads comes last."""
    leads, scores = scored.leads, worded(scored, scorer.narrator)
    return pd.concat(
        [leads[["lead_id", "as_of"]], scores, leads[["stage", "days_in_stage", "outcome", "age_days"]]], axis="columns"
    )


def _require_file_for_closed(closed: bool, out: Path | None, leads: LeadFiles | None) -> None:
    """Raise InputError where closed leads have no file to go to, or where a file is scored whole anyway."""
    if closed and out is None:
        raise InputError("closed leads go to a file alone", expected="--out FILE beside --closed", got="no --out")
    if closed and leads:
        raise InputError(
            "every lead of a file is scored, closed or not",
            expected="--closed with the configured tables, or --leads without it",
            got="both",
        )


def _require_known(rank_by: str | None, out: Path | None, scorer: Scorer) -> None:
    """Raise InputError where leads cannot be put in that order."""
    if rank_by and out is None:
        raise InputError("there is no file to put in order", expected="--out FILE beside --rank-by", got="no --out")
    if rank_by == "expected_value" and scorer.amounts is None:
        raise InputError(
            "leads cannot be ranked by what they are worth",
            expected=f"at least {FEWEST_AMOUNTS} won leads with an amount in training",
            got=f"fewer, so that version {scorer.version} knows no amounts",
            remedy="map the column 'amount' of the outcomes table and train again, or rank by probability",
        )


def read_as_trained(settings: Settings, stored: Stored) -> Settings:
    """Let files be read as those of training were: the same formats and currencies, and values for won and lost."""
    trained = stored.settings
    same = settings.outcome and trained.outcome and settings.outcome.columns == trained.outcome.columns
    outcome = trained.outcome if same else settings.outcome
    return settings.model_copy(
        update={
            "formats": {**trained.formats, **settings.formats},
            "currencies": {**trained.currencies, **settings.currencies},
            "rates": settings.rates or trained.rates,
            "outcome": outcome,
        }
    )


def _none_open(counts: Mapping[str, int], asked: Asked) -> Iterator[str]:
    if asked == "open" and not counts["scored"] and counts["left_out"]:
        yield (
            f"No lead is open: all {counts['left_out']:,} have closed. `--closed --out FILE` scores these as they "
            f"stood before, and `--leads FILE` every lead of a file."
        )


def _of_the_past(run: Run | None, as_of: pd.Timestamp) -> Iterator[str]:
    if run and run.is_of_the_past:
        yield (
            f"A later run has been scored already: its scores stay the present ones, and those of now are kept as what "
            f"was known at {format_moment(as_of)}."
        )


def _unled(accounts: list[dict[str, str]]) -> Iterator[str]:
    """Name the accounts without a lead of which a trigger holds."""
    if accounts:
        named = ", ".join(f"{each['account_id']} ({each['triggered_by']})" for each in accounts[:MOST_TYPES])
        more = f", and {len(accounts) - MOST_TYPES:,} more" if len(accounts) > MOST_TYPES else ""
        yield f"Accounts without a lead that somebody should speak to: {named}{more}."


def _missing_tables(tables: list[str]) -> Iterator[str]:
    meaning = {
        "events": "what leads did counts as nothing (--events)",
        "stages": "no lead has reached a stage",
        "outcomes": "every lead counts as open",
    }
    for table in tables:
        yield f"The model was trained with a table of {table} and there is none now: {meaning.get(table, 'not used')}."


def _unknown(dataset: Dataset, scorer: Scorer) -> Iterator[str]:
    """Say which columns are empty now, unlike in training, and which hardly have a value that training knew."""
    if dataset.lead_count < FEWEST_FOR_NOTES:
        return
    for attribute in dataset.empty_attributes():
        yield f"{dataset.columns[attribute]} is empty for all leads, and was not in training: it counts as not given."
    for attribute in (each.name for each in dataset.schema.attributes if each.kind is Kind.CATEGORY):
        column, counts = dataset.columns[attribute], dataset.counts(attribute)
        new = scorer.new_levels(attribute, counts)
        if len(new):
            example = f", such as {shown(new.index[0])!r}" if new.iloc[0] >= RARE_LEVEL else ""
            said = f"{new.sum():,} of {counts.sum():,} leads have a value that is rare or was not there in training"
            yield f"{column}: {said}{example}; these count alike, and other columns decide."


def _unlearned_events(dataset: Dataset) -> Iterator[str]:
    """Say which types of events are new, or were too rare to learn from, and what becomes of them."""
    by_rules = {plain(event) for event, _ in dataset.schema.named.channels}
    events = dataset.unlearned_events()
    is_read = events["type"].map(plain).isin(by_rules)
    yield from _these_types(events[is_read], "the rules read them", str)
    yield from _these_types(events[~is_read], "no rule names them, and they count as activity alone", shown)


def _these_types(events: pd.DataFrame, becomes: str, named: Callable[[str], str]) -> Iterator[str]:
    """``named`` writes a type as it may be shown: those that the rules name may be."""
    if len(events):
        columns = (events[name][:MOST_TYPES].tolist() for name in ("type", "events", "leads"))
        rows = zip(*columns, strict=True)
        first = ", ".join(f"{count:,} × {named(name)!r} (leads: {leads:,})" for name, count, leads in rows)
        more = f", and {len(events) - MOST_TYPES:,} more" if len(events) > MOST_TYPES else ""
        yield f"Events of types that are new, or were too rare to learn from: {first}{more}; {becomes}."


def _erased(erased: dict[str, int]) -> Iterator[str]:
    counts = ", ".join(f"{count:,} {name}" for name, count in erased.items() if count)
    if counts:
        yield f"Erased, for they are older than retention_days and no longer current: {counts}."
