"""rules suggest: points that history speaks for, ready to paste, and what each threshold gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from data.errors import InputError
from models.evaluation import Interval
from models.evaluation import evaluate as measure
from models.learning import lay_blocks, outcomes_of, require_both_outcomes, scorecard_for
from models.rules import Rules, Thresholds, evaluate
from models.rules.volume import FEWEST_LEADS, Volume, bar_for_capacity, bar_for_precision, volumes
from pipelines.console import step
from pipelines.rules.project import Project

MOST_RULES = 15
LADDER = range(0, 101, 10)
"""Points at which it is told what a bar there gives."""


@dataclass(frozen=True)
class Suggestion:
    """Rules learned from the older leads, and how they do on the newest fifth, which they have not seen.

    ``thresholds`` holds what the bars of MQL and SQL give, ``ladder`` what others would. ``why`` says what the bar of
    the SQL was chosen by.
    """

    rules: Rules
    rows: int
    auc: float
    auc_ci: Interval
    thresholds: dict[str, Volume]
    ladder: dict[int, Volume]
    why: str

    @property
    def yaml(self) -> str:
        return self.rules.to_yaml()

    def as_json(self) -> dict[str, Any]:
        bars = self.rules.thresholds.model_dump()
        return {
            "rules": [
                {"name": rule.name, "dimension": str(place[0]), "points": rule.points}
                for place, rule in self.rules.with_places()
            ],
            "rows": self.rows,
            "auc": self.auc,
            "auc_ci": self.auc_ci,
            "thresholds": {name: {"points": bars[name], **gives.as_json()} for name, gives in self.thresholds.items()},
            "ladder": [{"points": points, **gives.as_json()} for points, gives in self.ladder.items()],
            "why": self.why,
            "yaml": self.yaml,
        }


def suggest(
    project: Project,
    *,
    rules: int = MOST_RULES,
    capacity: float | None = None,
    precision: float | None = None,
) -> Suggestion:
    """Propose rules from the older leads of a project, and thresholds by what they give on the newest.

    ``capacity`` is how many SQLs sales can take in a week, ``precision`` which share of them is to be won.
    Raises InputError where no threshold gives that.
    """
    read = project.history(project.rules().rules)
    table, seed = read.table, read.settings.seed
    blocks = lay_blocks(table, seed)
    require_both_outcomes(table, blocks)
    with step(f"learning at most {rules} rules from the older leads"):
        card = scorecard_for(table, replace(blocks, fit=blocks.fit | blocks.tune), seed, rules=rules)
    with step("looking at what each threshold gives on the newest"):
        points = evaluate(card, table.design)["points"].to_numpy()
        measured = measure(points[blocks.test] / 100, *outcomes_of(table, blocks.test), seed)
        given = volumes(points, table, blocks.test)
    bars, why = _bars(card, given, capacity, precision)
    return Suggestion(
        rules=card.model_copy(update={"thresholds": bars}),
        rows=int(blocks.test.sum()),
        auc=measured.auc,
        auc_ci=measured.auc_ci,
        thresholds={name: given[round(getattr(bars, name))] for name in ("mql", "sql")},
        ladder={bar: given[bar] for bar in LADDER},
        why=why,
    )


def _bars(card: Rules, given: list[Volume], capacity: float | None, precision: float | None) -> tuple[Thresholds, str]:
    """Return the thresholds that are wished for, and what was wished; both wishes hold, where both are given."""
    wishes: list[tuple[str, int | None]] = []
    if capacity is not None:
        wishes.append((f"at most {capacity:g} SQLs a week", bar_for_capacity(given, capacity)))
    if precision is not None:
        wishes.append(
            (f"at least {precision:.0%} of the SQLs won".replace("%", " %"), bar_for_precision(given, precision))
        )
    if not wishes:
        return card.thresholds, "the best tenth of the older leads are SQLs, the best three tenths MQLs"
    sql = max(_required(wish, bar, given) for wish, bar in wishes)
    bars = Thresholds(mql=min(card.thresholds.mql, sql), sql=sql)
    return bars, " and ".join(wish for wish, _ in wishes)


def _required(wish: str, bar: int | None, given: list[Volume]) -> int:
    if bar is not None:
        return bar
    known = [gives.precision for gives in given if gives.precision is not None and gives.leads >= FEWEST_LEADS]
    raise InputError(
        f"no threshold gives {wish}",
        expected="a wish that some threshold of 0 to 100 points fulfils",
        got=f"at best {max(known):.0%} won".replace("%", " %") if known else "too few leads",
        remedy="wish for less",
    )
