"""The funnel of a workspace: its tables read, scores beside them, and all figures counted at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.columns import is_named
from data.config import FunnelSettings, Settings
from data.errors import InputError
from data.quality_report import Report
from data.store import DONE, Store
from data.workspace import Workspace
from features import rank_of, sql_known_at
from funnel import (
    PERIODS,
    UNKNOWN,
    Account,
    AssetConversion,
    Costs,
    FollowUp,
    Funnel,
    FunnelTables,
    Journeys,
    Kinds,
    Level,
    Period,
    QualifiedVolumes,
    Stage,
    Threshold,
    Use,
    accounts,
    assets,
    channels,
    closing_content,
    define_stages,
    diagnose,
    everyone,
    follow,
    follow_up,
    growth,
    kinds_by,
    kinds_of_period,
    last_moment,
    levels,
    open_funnel,
    periods,
    places_of,
    share,
    side_by_side,
    volumes,
    with_break_even,
    with_pool,
    without_lead,
    without_totals,
)
from models.scale import qualifies
from models.versions import Registry

ECONOMIC = ("source", "campaign")
"""Columns of the leads that costs may name."""
ACTIVE_DAYS, ACTIVE_ACCOUNTS = 30, 50
WITHOUT = {
    "stages": "there is no history of stages: leads, and those that were won",
    "events": "there are no events: nothing is known of content, companies and follow-up",
    "costs": "there is no table of costs: what leads cost is not known",
    "asset_stats": "there is no table asset_stats: how many views became leads is not known",
}
"""What is missing without a table."""
UNUSED_COSTS = (
    "costs: no row that can be used names a source or campaign by which leads are cut (`funnel.by`): "
    "what leads cost is not known"
)
UNSCORED = "there were no scores until then: nothing is known of leads by score"
READY = "ready by score"
PERSONA, LIKE_NONE = "persona", "like none"


@dataclass(frozen=True)
class Scores:
    """What the store knows of leads: who reached a threshold and when, the open ones, and the thresholds then and now.

    ``since`` is the moment of the first run: who was over a threshold by then reached it nobody knows when.
    ``personas`` are those of the rules by ``lead_id``, empty for a lead that is like none; nobody's where the rules
    have none. ``opened`` counts the open leads that were opened on the pages.
    """

    crossings: pd.DataFrame
    open: pd.DataFrame
    thresholds: tuple[Threshold, ...]
    since: pd.Timestamp
    notes: tuple[str, ...]
    personas: pd.Series
    opened: int


def funnel_of(settings: Settings, workspace: Workspace, store: Store, registry: Registry) -> tuple[Funnel, Report]:
    """Count the funnel as of the moment of the settings, and say how its tables were read.

    What was scored for later moments is not known. Raises InputError where they cannot be read.
    """
    with open_funnel(settings, workspace=workspace.root, known_at=sql_known_at) as tables:
        scores = scores_at(store, registry, tables.as_of, settings.funnel)
        return count(tables, settings, scores), tables.report


def scores_at(store: Store, registry: Registry, as_of: pd.Timestamp, chosen: FunnelSettings) -> Scores | None:
    """Return what was scored until a moment, with today's thresholds and those by which the period before was scored.

    The threshold of the period before is the one that was in force when its last run began, or the first run of all
    where none is as old: setting another one later does not change it. Today's is in force now; of a moment in the
    past, it is that of the moment's last run.
    None where nothing was yet. Runs of later moments are left out, with all their scores.
    """
    done = [run["run_id"] for run in store.runs() if run["status"] == DONE]
    runs = store.runs_known(as_of.to_pydatetime())
    if not runs:
        return None
    is_now = runs[0]["run_id"] == max(done)
    until = None if is_now else as_of.to_pydatetime()  # the store need not leave out what is not there
    began = pd.Period(pd.Timestamp(last_moment(as_of)), PERIODS[chosen.period]).start_time
    earlier = [run for run in runs if run["as_of"] <= began]  # a run at midnight ends the period before
    newest, last = runs[0], earlier[0] if earlier else runs[-1]
    now = registry.thresholds_at(newest["model_version"], newest["started_at"] if until else None)
    before = registry.thresholds_at(last["model_version"], last["started_at"])
    own = (Threshold(name, bar, bar) for name, bar in chosen.bars.items())
    by_band = Threshold("scored_mql", now.warm, before.warm), Threshold("scored_sql", now.hot, before.hot)
    thresholds = (*by_band, *own)
    lowest = min(min(each.today, each.before) for each in thresholds)
    since = pd.Timestamp(min(run["as_of"] for run in runs))
    notes = () if earlier else (f"scores exist since {since:%Y-%m-%d}: when leads came over a bar before is not known",)
    return Scores(
        crossings=store.crossings(lowest, until),
        open=store.open_scores(until),
        thresholds=thresholds,
        since=since,
        notes=notes,
        personas=store.personas(until),
        opened=store.opened(until),
    )


def count(tables: FunnelTables, settings: Settings, scores: Scores | None = None) -> Funnel:
    """Count everything; without ``scores`` nothing is known of leads by score.

    Raises InputError where there were no leads yet.
    """
    chosen, leads, notes = settings.funnel, tables.leads(), _absences(tables)
    if leads.empty:
        raise InputError("there were no leads yet", expected="a moment at which there were", got=f"{tables.as_of}")
    by, notes_on_cuts = _cuts(tables, leads, scores)
    notes += notes_on_cuts
    stages = define_stages(chosen, settings.stages)
    places = places_of(names := tables.stage_names(), stages, settings.stages.lost)
    notes += [*_unmapped(names, places, len(leads)), *_mapped_twice(names, stages)]
    journeys = _journeys(tables, leads, stages, places)
    notes += _split(journeys, chosen)
    kinds = {name: with_pool(kinds_by(leads[column])) for name, column in by.items()}
    cuts = {name: _levels(journeys, each, chosen) for name, each in kinds.items()}
    created = kinds_of_period(journeys.entered[:, 0], chosen.period)
    by_period = periods(journeys, chosen.period, within=chosen.within, smallest=chosen.smallest)
    viewed, unviewed = _assets(tables, journeys, chosen)
    cost, counted_once = _costs(tables, journeys, chosen, scores)
    ready, waiting = _follow_ups(tables, journeys, scores, chosen)
    return Funnel(
        as_of=tables.as_of,
        settings=chosen,
        stages=journeys.stages,
        unused=journeys.unused,
        all=_levels(journeys, everyone(journeys), chosen)[0],
        periods=by_period,
        growth=_growth(journeys, by_period),
        cohorts=_levels(journeys, created, chosen),
        cuts=cuts,
        qualified=_qualified(journeys, scores, chosen.period),
        costs=cost,
        assets=viewed,
        touched=closing_content(tables.touched(), len(leads), int(journeys.won.sum()), smallest=chosen.smallest),
        accounts=_accounts(tables, journeys, scores, [kinds[name] for name in ECONOMIC if name in kinds]),
        follow_up=ready,
        use=_use(scores, ready, chosen.smallest),
        findings=diagnose(
            journeys,
            kinds,
            period=chosen.period,
            within=chosen.within,
            smallest=chosen.smallest,
            benchmarks=chosen.benchmarks,
        ),
        oddities=journeys.oddities,
        notes=(*notes, *counted_once, *unviewed, *(scores.notes if scores else (UNSCORED,)), *waiting),
    )


def _unmapped(names: Mapping[str, int], places: Mapping[str, int], leads: int) -> list[str]:
    """Say which stages nobody has mapped, but for rare ones: their names may be anything."""
    unknown = [name for name, count in names.items() if places[name] == UNKNOWN and is_named(name, count, leads)]
    return [f"nobody has mapped these stages of the CRM: {', '.join(unknown)}"] if unknown else []


def _mapped_twice(names: Iterable[str], stages: Sequence[Stage]) -> list[str]:
    """Say which names of the CRM several stages claim: they count as the first."""
    claims = {name: [stage.name for stage in stages if name.strip().lower() in stage.crm] for name in names}
    return [
        f"{name} is mapped to {' and '.join(to)}: it counts as {to[0]}" for name, to in claims.items() if len(to) > 1
    ]


def _split(journeys: Journeys, chosen: FunnelSettings) -> list[str]:
    """Say which part stands for a stage that is split, where something is set for the whole stage."""
    whole = [name for name in chosen.split if name in {*chosen.benchmarks, chosen.opportunity, "sql"}]
    places = {name: journeys.place(name) for name in whole}
    about = "is split: its benchmark, rates and costs are those of coming to its first part in use"
    return [f"{name} {about}, {journeys.stages[place].name}" for name, place in places.items() if place > 0]


def _journeys(
    tables: FunnelTables, leads: pd.DataFrame, stages: Sequence[Stage], places: Mapping[str, int]
) -> Journeys:
    entries = tables.entries(places)
    position, at = leads["position"].to_numpy(), entries["position"].to_numpy()
    row_at = np.full(max(position[-1], at.max(initial=0)) + 1, -1)
    row_at[position] = np.arange(len(position))
    entries = entries.assign(row=row_at[at])
    is_later = entries["row"] < 0
    return follow(leads, entries[~is_later] if is_later.any() else entries, stages, tables.as_of)


def _absences(tables: FunnelTables) -> list[str]:
    """Say what is missing, and what is not counted because it is of later."""
    sums = {"costs": tables.costs, "asset_stats": tables.asset_stats}
    later = [
        f"{name}: {each.later:,} rows are of later months and not counted"
        for name, each in sums.items()
        if each and each.later
    ]
    unused = [UNUSED_COSTS] if tables.costs is not None and not _columns_of_costs(tables) else []
    return [*(text for name, text in WITHOUT.items() if name not in tables.tables), *later, *unused]


def _columns_of_costs(tables: FunnelTables) -> list[str]:
    """Return the columns that leads are cut by and that costs name; all that may be, where there are no costs."""
    of_leads = [name for name in ECONOMIC if name in tables.by]
    return [name for name in of_leads if tables.costs is None or tables.costs.rows[name].notna().any()]


def _cuts(tables: FunnelTables, leads: pd.DataFrame, scores: Scores | None) -> tuple[dict[str, str], list[str]]:
    """Return the columns of ``leads`` to cut by, by name.

    For a missing persona stands that of the rules by which leads were scored, else the rank of the job title.
    """
    by, missing = {name: name for name in tables.by}, list(tables.missing)
    notes = []
    of_rules = scores.personas if scores else pd.Series(dtype="str")
    if PERSONA in missing and len(of_rules):
        leads[PERSONA] = leads["lead_id"].map(of_rules).replace("", LIKE_NONE)
        notes.append("no column tells the persona: it is that of the rules by which leads were scored")
    elif PERSONA in missing and "job_title" in leads:
        leads[PERSONA] = rank_of(leads["job_title"].astype("str"))
        notes.append("no column tells the persona: the rank of the job title stands for it")
    if PERSONA in missing and PERSONA in leads:
        by[PERSONA] = PERSONA
        missing.remove(PERSONA)
    if missing:
        notes.append(f"the leads have no column to cut by that is called {', '.join(missing)}")
    return by, notes


def _levels(journeys: Journeys, kinds: Kinds, chosen: FunnelSettings) -> tuple[Level, ...]:
    by_kind = levels(
        journeys, kinds, smallest=chosen.smallest, opportunity=chosen.opportunity, benchmarks=chosen.benchmarks
    )
    return with_break_even(by_kind, journeys.stages[_paid_for(journeys)].name)


def _paid_for(journeys: Journeys) -> int:
    """Return the stage that leads are to cost the same for: the SQL, or its first part, else the customer."""
    return journeys.place("sql") if journeys.place("sql") > 0 else len(journeys.stages) - 1


def _growth(journeys: Journeys, by_period: Sequence[Period]) -> dict[str, float | None]:
    """Return the growth of the entries into each stage; the first period may have begun before the data did."""
    whole = [number > 0 and period.complete for number, period in enumerate(by_period)]
    return {each.name: growth([period.entries[each.name] for period in by_period], whole) for each in journeys.stages}


def _qualified(journeys: Journeys, scores: Scores | None, period: str) -> QualifiedVolumes | None:
    if scores is None:
        return None
    place = journeys.place("mql")
    reached = _qualifying(scores.crossings)
    # What had closed before scoring began was never scored as an open lead: it is over no bar.
    crossings = reached[(reached["outcome"] == "open") | (reached["as_of"] > scores.since)]
    by_score = pd.Index(reached.loc[reached["probability"] >= scores.thresholds[0].today, "lead_id"].unique())
    by_stage = pd.Index(journeys.leads.loc[journeys.reached[:, place], "lead_id"]) if place > 0 else pd.Index([])
    both = side_by_side(by_stage, by_score) if place > 0 else {}
    counted = volumes(crossings, scores.thresholds, period, since=scores.since, as_of=journeys.as_of)
    fits = _qualifying(scores.open)["probability"]
    over_it_now = {
        each.name: (int((fits >= each.today).sum()), int((fits >= each.before).sum())) for each in scores.thresholds
    }
    return QualifiedVolumes(counted, over_it_now, both, scores.since)


def _qualifying(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of leads that fit and are not disqualified: only these can be an MQL or an SQL by score."""
    return scores[qualifies(scores["fit"], scores["disqualified_by"].fillna("") != "")]


def _costs(
    tables: FunnelTables, journeys: Journeys, chosen: FunnelSettings, scores: Scores | None
) -> tuple[tuple[Costs, ...], Sequence[str]]:
    """Return the channels by each column that leads and costs have; without costs, the value of their leads.

    Beside them, which costs stood in the table twice.
    """
    chances = scores.open["probability"] if scores else None
    currency = tables.costs.currency if tables.costs else chosen.currency or ""
    rows, notes = without_totals(tables.costs.rows) if tables.costs else (None, [])
    by_column = (
        Costs(column, currency, *channels(journeys, rows, column, smallest=chosen.smallest, chances=chances))
        for column in _columns_of_costs(tables)
    )
    return tuple(by_column), notes


def _assets(
    tables: FunnelTables, journeys: Journeys, chosen: FunnelSettings
) -> tuple[tuple[AssetConversion, ...], Sequence[str]]:
    """Return conversion by asset, how many assets have leads and no views, and how many leads are in no rate."""
    if tables.asset_stats is None or "asset" not in tables.by:
        return (), ()
    conversions, unviewed = assets(journeys, tables.asset_stats.rows, smallest=chosen.smallest)
    notes = [f"assets by which leads came, and of which no views are known: {len(unviewed):,}"] if unviewed else []
    left_out = sum(each.left_out for each in conversions)
    if left_out:
        notes.append(f"leads of months without views of their asset, which are not in its rate: {left_out:,}")
    return conversions, notes


def _accounts(
    tables: FunnelTables, journeys: Journeys, scores: Scores | None, came_by: Sequence[Kinds]
) -> tuple[Account, ...]:
    active = tables.accounts(ACTIVE_DAYS, ACTIVE_ACCOUNTS)
    of_leads = scores.open if scores else pd.DataFrame({"score": [], "disqualified_by": []})
    known = accounts(journeys, active, of_leads, came_by)
    unknown = without_lead(tables.accounts_without_lead(ACTIVE_DAYS, ACTIVE_ACCOUNTS))
    return tuple(sorted((*known, *unknown), key=lambda each: -each.activities)[:ACTIVE_ACCOUNTS])


def _follow_ups(
    tables: FunnelTables, journeys: Journeys, scores: Scores | None, chosen: FunnelSettings
) -> tuple[dict[str, tuple[FollowUp, ...]], Sequence[str]]:
    """Return the follow-up of leads that are ready by score and of MQLs in the CRM, and what is missing."""
    activities, notes = tables.activities(chosen.sales_activities), []
    sql = journeys.place("sql")
    if activities.empty and sql > 0:
        notes.append(
            f"no event is of the types {', '.join(chosen.sales_activities)}: follow-up is the entry into the stage sql"
        )
        activities = _moments(journeys, sql).rename(columns={"moment": "occurred_at"})
    if activities.empty:
        return {}, [*notes, "nothing tells when sales works on a lead: follow-up is not known"]
    ready_leads = {}
    if scores is not None:
        # Leads that closed before scoring began were scored afterwards: sales could not follow up on that.
        known = (scores.crossings["outcome"] == "open") | (scores.crossings["as_of"] > scores.since)
        is_ready = scores.crossings["disposition"] == "ready"
        ready = scores.crossings[is_ready & known].drop_duplicates("lead_id")
        leads = journeys.leads[["lead_id", "position", "owner", "closed_at"]]
        ready_at = ready[["lead_id", "as_of"]].rename(columns={"as_of": "ready_at"})
        ready_leads[READY] = leads.merge(ready_at, on="lead_id")
    if journeys.place("mql") > 0:
        ready_leads["MQL in the CRM"] = _moments(journeys, journeys.place("mql")).rename(columns={"moment": "ready_at"})
    return {
        name: follow_up(each, activities, journeys.as_of, smallest=chosen.smallest)
        for name, each in ready_leads.items()
    }, notes


def _use(scores: Scores | None, ready: Mapping[str, Sequence[FollowUp]], smallest: int) -> Use | None:
    if scores is None:
        return None
    of_all = next(iter(ready.get(READY, ())), None)
    return Use(of_all and of_all.contacted, share(scores.opened, len(scores.open), smallest))


def _moments(journeys: Journeys, place: int) -> pd.DataFrame:
    """Return when each lead came to a stage, where it is known: ``position``, ``owner``, ``closed_at``, ``moment``."""
    rows = journeys.leads[["position", "owner", "closed_at"]].assign(moment=journeys.entered[:, place])
    return rows[journeys.timed[:, place]]
