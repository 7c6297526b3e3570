"""The funnel as one long table: one row per figure or text, for spreadsheets and other reports.

All that the JSON holds is in it but the settings; what is true or false there is 1 or 0 here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from funnel.funnel import Costs, Funnel
from funnel.rates import Level, Share
from funnel.volume import Volume

COLUMNS = ("as_of", "table", "by", "level", "stage", "measure", "value", "low", "high", "count", "of", "enough", "text")
"""``value`` is the figure; rates have their interval, and so many of so many; ``enough`` tells whether to go by it.
``text`` is what is said in words: an advice, a definition, a note."""

THRESHOLDS = ("today's bar", "last period's bar")

Row = dict[str, Any]


def figures(funnel: Funnel, notes: Sequence[str] | None = None) -> pd.DataFrame:
    """Return all figures of a funnel, its columns being `COLUMNS`; ``notes`` are the funnel's, or those given."""
    rows = [*_of_levels("all", "", [funnel.all]), *_of_levels("cohort", funnel.settings.period, funnel.cohorts)]
    for column, levels in funnel.cuts.items():
        rows += _of_levels("cut", column, levels)
    rows += [*_of_periods(funnel), *_of_qualified(funnel), *_of_costs(funnel), *_of_content(funnel)]
    rows += [*_of_follow_up(funnel), *_of_findings(funnel), *_of_accounts(funnel), *_of_definitions(funnel)]
    rows += [_row("oddity", "", "", o.problem, "leads", o.leads, ", ".join(o.first)) for o in funnel.oddities]
    rows += [_row("note", "", "", "", "note", text=note) for note in (funnel.notes if notes is None else notes)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).assign(as_of=funnel.as_of)
    numbers = ["value", "low", "high", "count", "of"]
    return frame.astype(dict.fromkeys(numbers, "float64") | {"enough": "boolean", "text": "str"})


def _row(
    table: str, by: str, level: str, stage: str, measure: str, value: float | Share | None = None, text: str = ""
) -> Row:
    place = {"table": table, "by": by, "level": level, "stage": stage, "measure": measure, "text": text or None}
    if isinstance(value, Share):
        share = {each.name: getattr(value, each.name) for each in fields(value)}
        return place | share | {"value": share.pop("rate")}
    return place | {"value": value}


def _of_levels(table: str, by: str, levels: Sequence[Level]) -> Iterator[Row]:
    for level in levels:
        yield from _of_level(table, by, level)


def _of_level(table: str, by: str, level: Level) -> Iterator[Row]:
    for stage, count in level.reached.items():
        yield _row(table, by, level.name, stage, "leads", count)
    for step in level.steps:
        place = (table, by, level.name, step.to)
        yield _row(*place, f"rate from {step.start}", step.went_on)
        yield _row(*place, f"median days from {step.start}", step.median_days)
        yield _row(*place, f"lost at {step.start}", step.lost)
        yield _row(*place, f"open at {step.start}", step.open)
        if step.benchmark is not None:
            yield _row(*place, f"benchmark from {step.start}", step.benchmark, step.beside_benchmark)
    if level.to_opportunity:
        yield _row(table, by, level.name, "", "lead to opportunity", level.to_opportunity)
    yield _row(table, by, level.name, "", "lead to customer", level.to_customer)
    yield _row(table, by, level.name, "", "median days to customer", level.days_to_customer)
    if level.break_even is not None:
        yield _row(table, by, level.name, "", "break-even cost per lead beside the best", level.break_even)
    yield from _of_pool((table, by, level.name), level.pooled)


def _of_pool(place: tuple[str, str, str], pooled: int) -> Iterator[Row]:
    if pooled:
        yield _row(*place, "", "values that stand together in it", pooled)


def _of_periods(funnel: Funnel) -> Iterator[Row]:
    for period in funnel.periods:
        place = ("period", funnel.settings.period, period.name)
        yield _row(*place, "", "is over", period.complete)
        for stage, count in period.entries.items():
            yield _row(*place, stage, "entries", count)
        for step, went_on in zip(funnel.all.steps, period.went_on_soon, strict=True):
            yield _row(*place, step.to, f"rate from {step.start} within {funnel.settings.within} days", went_on)
    for stage, growth in funnel.growth.items():
        yield _row("growth", funnel.settings.period, "", stage, "growth of the entries", growth)


def _of_qualified(funnel: Funnel) -> Iterator[Row]:
    if funnel.qualified is None:
        return
    for volume in funnel.qualified.volumes:
        yield from _of_volume(funnel.settings.period, volume)
    for name, counts in funnel.qualified.standing.items():
        for threshold, count in zip(THRESHOLDS, counts, strict=True):
            yield _row("standing", "", "", name, f"open leads over {threshold}", count)
    for measure, count in funnel.qualified.side_by_side.items():
        yield _row("side by side", "", "", "mql", measure, count)
    yield _row("qualified", "", "", "", "scores exist since", text=f"{funnel.qualified.since.isoformat()}Z")


def _of_volume(by: str, volume: Volume) -> Iterator[Row]:
    for name, today, before, whole in zip(volume.periods, volume.today, volume.before, volume.whole, strict=True):
        yield _row("volume", by, name, volume.name, f"crossed {THRESHOLDS[0]}", today)
        yield _row("volume", by, name, volume.name, f"crossed {THRESHOLDS[1]}", before)
        yield _row("volume", by, name, volume.name, "is known from the first day to the last", whole)
    at_each = (
        (volume.bar, volume.at_start, volume.growth),
        (volume.bar_before, volume.at_start_before, volume.growth_before),
    )
    for name, (threshold, at_start, growth) in zip(THRESHOLDS, at_each, strict=True):
        yield _row("volume", by, "", volume.name, name, threshold)
        yield _row("volume", by, "", volume.name, f"over {name} when scoring began", at_start)
        yield _row("volume", by, "", volume.name, f"growth at {name}", growth)
    yield _row("volume", by, "", volume.name, "more or fewer by the change of the bar alone", volume.by_bar)


def _of_costs(funnel: Funnel) -> Iterator[Row]:
    for costs in funnel.costs:
        yield _row("costs", costs.by, "", "", "currency", text=costs.currency)
        for channel in costs.channels:
            place = ("costs", costs.by, channel.name)
            for measure in ("leads", "open", "spend", "chance", "deal", "value", "cpl", "cac"):
                yield _row(*place, "", measure, getattr(channel, measure))
            low, high = channel.value_ci or (None, None)
            yield from (_row(*place, "", name, bound) for name, bound in (("value_low", low), ("value_high", high)))
            yield _row(*place, "", "affordable", channel.affordable)
            yield _row(*place, "", "lead to customer", channel.to_customer)
            yield _row(*place, "", "advice", text=channel.advice)
            yield from _of_pool(place, channel.pooled)
            for stage, cost in channel.cost_per.items():
                yield _row(*place, stage, "cost per", cost)
        for name, spend in costs.unmatched.spend_without_leads.items():
            yield _row("costs", costs.by, name, "", "spend without leads", spend)
        for name, leads in costs.unmatched.leads_without_costs.items():
            yield _row("costs", costs.by, name, "", "leads without costs", leads)
        yield from _of_months_apart(costs)


def _of_months_apart(costs: Costs) -> Iterator[Row]:
    for name, months in costs.unmatched.months_without_leads.items():
        yield _row("costs", costs.by, name, "", "spend in months without leads", sum(months.values()))
    for name, months in costs.unmatched.months_without_costs.items():
        yield _row("costs", costs.by, name, "", "leads in months without costs", sum(months.values()))


def _of_content(funnel: Funnel) -> Iterator[Row]:
    for asset in funnel.assets:
        yield _row("content", "asset", asset.name, "", "views", asset.views)
        yield _row("content", "asset", asset.name, "", "views to leads", asset.leads)
        yield from _of_pool(("content", "asset", asset.name), asset.pooled)
        yield _row("content", "asset", asset.name, "", "leads of months without views", asset.left_out)
    for each in funnel.touched:
        yield _row("content", "asset", each.name, "", "customers among leads that touched it", each.touched)
        yield _row("content", "asset", each.name, "", "customers among all others", each.others)
        yield _row("content", "asset", each.name, "", "the two are clearly apart", each.clear)
        yield from _of_pool(("content", "asset", each.name), each.pooled)


def _of_follow_up(funnel: Funnel) -> Iterator[Row]:
    for by, owners in funnel.follow_up.items():
        for each in owners:
            place = ("follow-up", by, each.owner, "")
            within: Mapping[str, Share] = {f"contacted within {name}": soon for name, soon in each.within.items()}
            yield _row(*place, "ready leads", each.ready)
            yield _row(*place, "contacted", each.contacted)
            yield _row(*place, "contacted before", each.before)
            yield from (_row(*place, measure, soon) for measure, soon in within.items())
            yield _row(*place, "median hours", each.median_hours)
    if funnel.use:
        yield _row("use", "", "", "", "ready leads that sales contacted", funnel.use.contacted)
        yield _row("use", "", "", "", "open leads that were opened", funnel.use.opened)


def _of_findings(funnel: Funnel) -> Iterator[Row]:
    for each in funnel.findings:
        place = ("finding", each.kind, each.leads, each.to)
        yield _row(*place, f"rate from {each.start}", each.rate, each.cause)
        yield _row(*place, f"rate beside it from {each.start}", each.other)
        yield _row(*place, "missing leads", each.missing)
        yield _row(*place, "p", each.p)


def _of_accounts(funnel: Funnel) -> Iterator[Row]:
    for each in funnel.accounts:
        place = ("account", "company", each.company or each.account_id, each.stage)
        yield from (_row(*place, name, getattr(each, name)) for name in ("activities", "leads", "open"))
        yield _row(*place, "best lead's score", each.score)
        texts = {
            "account_id": each.account_id,
            "came by": each.channel,
            "last activity": f"{each.last_activity.isoformat()}Z",
            "viewed": ", ".join(each.viewed),
        }
        yield from (_row(*place, measure, text=text) for measure, text in texts.items())


def _of_definitions(funnel: Funnel) -> Iterator[Row]:
    for stage in funnel.stages:
        yield _row("definition", stage.of, "", stage.name, "means", text=stage.definition)
        yield _row("definition", stage.of, "", stage.name, "in the CRM", text=", ".join(stage.crm))
    for name in funnel.unused:
        yield _row("definition", "", "", name, "not in use")
