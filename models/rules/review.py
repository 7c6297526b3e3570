"""Rules beside what history says of them: what a rule gives, and what became of the leads for which it held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from models.rules.cells import FeatureCells
from models.rules.evaluation import counts_for, holds_all, personas_of
from models.rules.format import Rule, Rules
from models.training_table import Rows, TrainingTable

FEWEST_LEADS = 20
"""Fewer leads than this say nothing of a rule."""

Verdict = Literal["agrees", "contradicts", "open"]


@dataclass(frozen=True)
class RuleReview:
    """A rule with its points (at most, where they are per event), and what history says.

    ``leads`` is how many had it in one of their snapshots, ``won`` how many of them were won within the horizon of such
    a one. ``lift`` is their win rate over that of all leads, with its 95 % interval (Wilson's, over the overall
    rate); None where no lead had it. ``share`` is the part of the model's explanations that speaks of what the rule
    asks about. ``history`` agrees where the interval lies on the side of 1 to which the points pull, contradicts where
    it lies on the other, and is open where it holds 1 or there are fewer than 20 leads.
    """

    rule: str
    points: float
    leads: int
    won: int
    lift: float | None
    lift_ci: tuple[float, float] | None
    share: float
    history: Verdict

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def review_rules(rules: Rules, table: TrainingTable, shares: Mapping[str, float]) -> list[RuleReview]:
    """Compare each rule with the outcomes of a training table, in the order of the file.

    Of a rule of a persona only the leads count that were scored by it: no others got its points.
    ``shares`` is the part of the model's explanations that each rule has; see `models.rules.terms`.
    """
    cells, leads = FeatureCells(table.features), table.rows["lead_id"]
    persona = personas_of(rules, cells)
    overall = table.won.astype(bool)
    rate = leads[overall].nunique() / max(leads.nunique(), 1)
    return [
        _reviewed(rule, holds_all(rule.when, cells) & counts_for(place, persona), table, rate, shares.get(rule.name, 0))
        for place, rule in rules.with_places()
    ]


def _reviewed(rule: Rule, holds: Rows, table: TrainingTable, rate: float, share: float) -> RuleReview:
    from scipy import stats  # what only scores starts without it

    name, points = rule.name, rule.most
    of_leads: pd.Series = table.rows["lead_id"]
    leads, won = of_leads[holds].nunique(), of_leads[holds & (table.won == 1)].nunique()
    if not leads or not rate:
        return RuleReview(name, points, leads, won, None, None, share, "open")
    interval = stats.binomtest(won, leads).proportion_ci(method="wilson")
    low, high = float(interval.low) / rate, float(interval.high) / rate
    return RuleReview(
        name, points, leads, won, won / leads / rate, (low, high), share, _verdict(points, leads, low, high)
    )


def _verdict(points: float, leads: int, low: float, high: float) -> Verdict:
    if leads < FEWEST_LEADS or low <= 1 <= high:
        return "open"
    return "agrees" if (low > 1) == (points > 0) else "contradicts"
