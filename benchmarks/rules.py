"""How fast are rules evaluated, beside a plain loop over the leads, and how well do suggested points rank?

    python -m benchmarks.rules [--leads 1000000] [--data FOLDER]

60 rules with windows, half-lives, recency and caps are evaluated on so many leads, and on a sample of them by a loop in
plain Python, row by row over rules that were taken apart before it; both must give the same points. With ``--data`` the
scorecard that ``leadscore rules suggest`` proposes for X Education is measured on the newest fifth, which it has not
seen.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from data.vocabulary import AGE_EDGES, EVENT_TYPES
from models.rules import Condition, Dimension, Engagement, Rule, Rules, Thresholds, evaluate

SAMPLE = 2_000
"""Leads that the plain loop goes through."""
INDUSTRIES = ("Software", "Banking", "Retail", "Farming", "Media", "Health")
COUNTRIES = ("Norway", "Germany", "France", "Spain", "Italy", "Poland")
SIZES = (10, 50, 250, 1000, 5000)


def sixty_rules() -> Rules:
    """Return 36 rules on events (a window, a half-life, recency) and 24 on attributes, with caps."""
    return Rules(
        thresholds=Thresholds(mql=50, sql=70),
        fit=Dimension(cap=50, groups={"country": 8}, rules=tuple(_of_attributes())),
        engagement=Engagement(cap=60, silence_half_life=90, rules=tuple(_of_events())),
    )


def _of_events() -> Iterator[Rule]:
    for event in EVENT_TYPES:
        yield Rule(name=f"{event} this week", when=(Condition(event=event, within=7),), points=4)
        counted = Condition(event=event, within=90)
        yield Rule(name=f"{event}s", when=(counted,), each=2, max=7, half_life=30)
        yield Rule(name=f"no {event} for long", when=(Condition(last=event, at_least=90),), points=-1)


def _of_attributes() -> Iterator[Rule]:
    for number, industry in enumerate(INDUSTRIES):
        yield Rule(name=industry, when=(Condition(attribute="industry", is_=(industry,)),), points=number - 2)
    for country in COUNTRIES:
        yield Rule(
            name=country, when=(Condition(attribute="country", is_=(country, "Chad")),), points=5, group="country"
        )
    for name in ("employees", "budget"):
        for size in SIZES:
            yield Rule(name=f"{name} {size}", when=(Condition(attribute=name, at_least=size),), points=3)
        yield Rule(name=f"no {name}", when=(Condition.model_validate({"attribute": name, "given": False}),), points=-3)


def leads(count: int, seed: int = 0) -> pd.DataFrame:
    """Draw a feature frame with the columns that the rules ask for."""
    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        "industry": pd.Series(random.choice([*INDUSTRIES, None], count), dtype="str"),
        "country": pd.Series(random.choice([*COUNTRIES, None], count), dtype="str"),
        "last_activity": random.choice([0.0, *AGE_EDGES], count),
    }
    for name in ("employees", "budget"):
        columns[name] = np.where(random.uniform(size=count) < 0.2, np.nan, np.round(random.lognormal(5, 2, count)))
    for event in EVENT_TYPES:
        columns[f"{event}_90d"] = random.poisson(0.7, count).astype(float)
        columns[f"{event}_7d"] = random.poisson(0.1, count).astype(float)
        columns[f"{event}_last"] = np.where(random.uniform(size=count) < 0.5, np.nan, random.choice(AGE_EDGES, count))
    return pd.DataFrame(columns)


# The plain loop


class Plain(NamedTuple):
    """A rule as one would write it down before a loop: plain values, each resolved once."""

    column: str
    filled: bool | None
    words: tuple[str, ...]
    at_least: float
    below: float
    points: float | None
    each: float
    most: float
    half_life: float | None
    age: str
    group: str


def plain_rules(dimension: Dimension) -> list[Plain]:
    return [_plain(rule, rule.when[0]) for rule in dimension.rules]


def _plain(rule: Rule, condition: Condition) -> Plain:
    bounds = condition.bounds
    return Plain(
        column=condition.columns[0],
        filled=condition.is_given,
        words=condition.is_,
        at_least=bounds.get("at_least", -math.inf),
        below=bounds.get("below", math.inf),
        points=rule.points,
        each=rule.each or 0.0,
        most=rule.max or 0.0,
        half_life=rule.half_life,
        age=condition.recencies[0] if rule.half_life else "",
        group=rule.group or "",
    )


def points_row_by_row(rules: Rules, rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the points of rows, one after the other, by a loop over all rules."""
    silence = rules.engagement.silence_half_life or math.inf
    fit, engagement = plain_rules(rules.fit), plain_rules(rules.engagement)
    fit_caps, engagement_caps = dict(rules.fit.groups), dict(rules.engagement.groups)
    fit_cap, engagement_cap, start = rules.fit.limit, rules.engagement.limit, rules.start
    totals = []
    for row in rows:
        left = 0.5 ** (row["last_activity"] / silence)
        points = start + _of_dimension(fit, fit_caps, fit_cap, row, 1.0)
        points += _of_dimension(engagement, engagement_caps, engagement_cap, row, left)
        totals.append(min(max(points, 0.0), 100.0))
    return totals


def _of_dimension(
    rules: Sequence[Plain], caps: Mapping[str, float], cap: float, row: Mapping[str, Any], left: float
) -> float:
    good: dict[str, float] = {}
    bad = 0.0
    for column, filled, words, at_least, below, points, each, most, half_life, age, group in rules:
        cell = row[column]
        missing = cell is None or cell != cell
        if filled is not None:
            if missing == filled:
                continue
        elif missing or (words and cell not in words) or (not words and not at_least <= cell < below):
            continue
        worth = points if points is not None else min(each * cell, most)
        if half_life and row[age] == row[age]:
            worth *= 0.5 ** (row[age] / half_life)
        if worth > 0:
            good[group] = good.get(group, 0.0) + worth * left
        else:
            bad += worth
    return min(sum(min(worth, caps.get(group, worth)) for group, worth in good.items()), cap) + bad


def compare_speed(count: int) -> None:
    rules, frame = sixty_rules(), leads(count)
    evaluate(rules, frame[:1000])
    began = time.perf_counter()
    points = evaluate(rules, frame)["points"].to_numpy()
    seconds = time.perf_counter() - began
    rows: list[Any] = frame[:SAMPLE].to_dict("records")
    began = time.perf_counter()
    plain = points_row_by_row(rules, rows)
    loop = (time.perf_counter() - began) * count / SAMPLE
    apart = float(np.abs(points[:SAMPLE] - plain).max())
    asked = sum(1 for _ in rules.with_places())
    print(f"{count:,} leads × {asked} rules: {seconds:.2f} s; a plain loop, measured on {SAMPLE:,} leads: {loop:.0f} s")
    print(f"ratio {loop / seconds:.0f}; largest difference in points {apart:.1g}")


def measure_suggestion(folder: Path) -> None:
    from benchmarks.public_tables import FILLED_IN_BY_SALES
    from data.config import flat_settings
    from data.workspace import Workspace
    from pipelines.rules import Project, suggest

    file = folder / "x-education" / "Leads.csv"
    settings = flat_settings(file, lead_id="Prospect ID", outcome="Converted", order="Lead Number")
    with tempfile.TemporaryDirectory() as name:
        dropped = settings.model_copy(update={"drop": list(FILLED_IN_BY_SALES)})
        suggestion = suggest(Project(Workspace.at(Path(name)), dropped))
    low, high = suggestion.auc_ci
    rules = sum(1 for _ in suggestion.rules.with_places())
    print(
        f"X Education, newest {suggestion.rows:,} leads: {rules} rules, AUC {suggestion.auc:.3f} ({low:.3f}-{high:.3f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, help="folder with x-education")
    args = parser.parse_args()
    compare_speed(args.leads)
    if args.data:
        measure_suggestion(args.data)


if __name__ == "__main__":
    main()
