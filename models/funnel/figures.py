"""The funnel as one long table: one row per figure, for spreadsheets and other reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import pandas as pd

from models.funnel import Costs, Funnel
from models.funnel.rates import Level, Share

COLUMNS = ("as_of", "table", "by", "level", "stage", "measure", "value", "low", "high", "count", "of", "enough")
"""``value`` is the figure; rates have their interval, and so many of so many; ``enough`` tells whether to go by it."""

Row = dict[str, Any]


def figures(funnel: Funnel) -> pd.DataFrame:
    """Return all figures of a funnel, its columns being `COLUMNS`."""
    rows = [*_of_levels("all", "", [funnel.all]), *_of_levels("cohort", funnel.settings.period, funnel.cohorts)]
    for column, found in funnel.cuts.items():
        rows += _of_levels("cut", column, found)
    rows += [*_of_periods(funnel), *_of_volumes(funnel), *_of_costs(funnel), *_of_content(funnel)]
    rows += [*_of_follow_up(funnel), *_of_findings(funnel), *_of_accounts(funnel)]
    rows += [_row("oddity", "", "", each.problem, "leads", each.leads) for each in funnel.oddities]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).assign(as_of=funnel.as_of)
    numbers = ["value", "low", "high", "count", "of"]
    return frame.astype(dict.fromkeys(numbers, "float64") | {"enough": "boolean"})


def _row(table: str, by: str, level: str, stage: str, measure: str, value: float | Share | None) -> Row:
    place = {"table": table, "by": by, "level": level, "stage": stage, "measure": measure}
    if isinstance(value, Share):
        told = {each.name: getattr(value, each.name) for each in fields(value)}
        return place | told | {"value": told.pop("rate")}
    return place | {"value": value}


def _of_levels(table: str, by: str, found: Any) -> Iterator[Row]:
    for level in found:
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
    if level.to_opportunity:
        yield _row(table, by, level.name, "", "lead to opportunity", level.to_opportunity)
    yield _row(table, by, level.name, "", "lead to customer", level.to_customer)
    yield _row(table, by, level.name, "", "median days to customer", level.days_to_customer)
    if level.break_even is not None:
        yield _row(table, by, level.name, "", "break-even cost per lead beside the best", level.break_even)


def _of_periods(funnel: Funnel) -> Iterator[Row]:
    for period in funnel.periods:
        place = ("period", funnel.settings.period, period.name)
        for stage, count in period.entries.items():
            yield _row(*place, stage, "entries", count)
        for step, told in zip(funnel.all.steps, period.went_on_soon, strict=True):
            yield _row(*place, step.to, f"rate from {step.start} within {funnel.settings.within} days", told)


def _of_volumes(funnel: Funnel) -> Iterator[Row]:
    for volume in funnel.qualified.volumes if funnel.qualified else ():
        for name, today, before in zip(volume.periods, volume.today, volume.before, strict=True):
            yield _row("volume", funnel.settings.period, name, volume.name, "crossed today's bar", today)
            yield _row("volume", funnel.settings.period, name, volume.name, "crossed last period's bar", before)


def _of_costs(funnel: Funnel) -> Iterator[Row]:
    for costs in funnel.costs:
        for channel in costs.channels:
            place = ("costs", costs.by, channel.name)
            for measure in ("leads", "open", "spend", "chance", "deal", "value", "cpl", "cac"):
                yield _row(*place, "", measure, getattr(channel, measure))
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
        yield _row("content", "asset", asset.name, "", "views to leads", asset.leads)
        yield _row("content", "asset", asset.name, "", "leads of months without views", asset.left_out)
    for each in funnel.touched:
        yield _row("content", "asset", each.name, "", "customers among leads that touched it", each.touched)
        yield _row("content", "asset", each.name, "", "customers among all others", each.others)


def _of_follow_up(funnel: Funnel) -> Iterator[Row]:
    for by, found in funnel.follow_up.items():
        for each in found:
            place = ("follow-up", by, each.owner, "")
            within: Mapping[str, Share] = {f"contacted within {name}": told for name, told in each.within.items()}
            yield _row(*place, "contacted", each.contacted)
            yield from (_row(*place, measure, told) for measure, told in within.items())
            yield _row(*place, "median hours", each.median_hours)
    if funnel.use:
        yield _row("use", "", "", "", "ready leads that sales contacted", funnel.use.contacted)
        yield _row("use", "", "", "", "open leads that were opened", funnel.use.opened)


def _of_findings(funnel: Funnel) -> Iterator[Row]:
    for each in funnel.findings:
        place = ("finding", each.kind, each.leads, each.to)
        yield _row(*place, f"rate from {each.start}", each.rate)
        yield _row(*place, "missing leads", each.missing)


def _of_accounts(funnel: Funnel) -> Iterator[Row]:
    for each in funnel.accounts:
        place = ("account", "company", each.company or each.account_id, each.stage)
        yield from (_row(*place, name, getattr(each, name)) for name in ("activities", "leads", "open"))
        yield _row(*place, "best lead's score", each.score)
