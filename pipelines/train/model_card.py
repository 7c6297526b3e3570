"""The model card: one page of Markdown that says what a version is, how good it is, for whom, and what for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from data.vocabulary import Family
from features import catalogue
from models.blend import affine, member_names
from models.evaluation import FEWEST_LEADS, FEWEST_OUTCOMES, MOST_LEVELS, Segment
from models.metrics import Metrics, calibration_bins
from models.training import Learned
from pipelines.training_data import TrainingData

if TYPE_CHECKING:  # training makes the card of its result
    from pipelines.train.result import TrainResult

TEMPLATES = Path(__file__).parents[1] / "templates"
LONGEST_TEXT = 300
"""Characters that a page repeats of a text that came with the data."""
MARKDOWN = re.compile(r"([\\`*\[\]<>|~#&$])|(?<![^\W_])_|_(?![^\W_])|(?<=:)//|(?<=www)\.")
"""Characters that mean something in Markdown: underscores only at the ends of words, and what makes addresses links."""
FEW_WINS = 100
"""With fewer wins on the newest block, its metrics are said to be rough."""
LAG = 1.2
"""Mean probability and win rate of the newest block that differ by this factor are said to."""

Floats = npt.NDArray[np.float64]


def model_card(
    result: TrainResult,
    read: TrainingData,
    learned: Learned,
    *,
    segments: Sequence[Segment],
    notes: Sequence[str],
    warnings: Sequence[str],
    made: datetime,
) -> str:
    """Return the card of a version as Markdown; ``warnings`` are what its readers must know before anything else,
    ``notes`` what else training says."""
    won = read.table.won[learned.splits.test]
    _, weights = affine(learned.model)
    page = (
        _environment()
        .get_template("model_card.md")
        .render(
            result=result,
            served=result.metrics["rules" if learned.chosen == "rules" else "model"],
            read=read,
            families=_families(read),
            recipe=learned.recipe,
            weights=dict(zip(member_names(learned.model), weights.tolist(), strict=True)),
            losses=sorted(learned.search.losses.items(), key=lambda each: each[1]) if learned.search else [],
            bins=calibration_bins(learned.served, won),
            segments=segments,
            leaks=read.leaks,
            limits=[*_limits(result, learned.served, won), *notes],
            made=made,
            warnings=warnings,
            fewest_leads=FEWEST_LEADS,
            fewest_outcomes=FEWEST_OUTCOMES,
            most_levels=MOST_LEVELS,
        )
    )
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


def _families(read: TrainingData) -> dict[Family, int]:
    features = catalogue(read.table.schema)
    return {family: count for family in Family if (count := sum(each.family == family for each in features))}


def _limits(result: TrainResult, probability: Floats, won: npt.NDArray[np.int64]) -> Iterator[str]:
    """Say what follows from the figures, beside the notes of the training.

    ``probability`` holds those of the newest block by what is served, ``won`` its outcomes (0 or 1).
    """
    if len(won):
        yield from _limits_of_figures(float(probability.mean()), float(won.mean()), int(won.sum()))
    if result.window["horizon"] is None:
        yield (
            "One row per lead, as it stands after the outcome: nothing can protect from attributes that were filled in "
            "later, and the figures are too good where there are any."
        )
    if result.chosen == "rules":
        yield "What is served are points turned into a probability: learned models did not show that they are better."


def _limits_of_figures(predicted: float, observed: float, wins: int) -> Iterator[str]:
    if wins < FEW_WINS:
        yield f"Only {wins:,} snapshots of the newest block were won: read the intervals, not the figures."
    if observed and not 1 / LAG <= predicted / observed <= LAG:
        yield (
            f"On the newest block it said {predicted:.1%} on average and {observed:.1%} were won: "
            "probabilities follow a change late; take the ranking."
        )


def escaped(value: Any) -> Markup:
    """Return a value as text that means nothing to Markdown or HTML: names of columns and levels come from a CRM.

    >>> escaped("a|b <img> `x` crm_edition")
    Markup('a\\\\|b &lt;img&gt; \\\\`x\\\\` crm_edition')
    """
    if isinstance(value, Markup):
        return value
    text = "".join(character if character.isprintable() else " " for character in str(value))
    text = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
    return Markup(MARKDOWN.sub(_escaped_character, " ".join(text.split())))


def _escaped_character(match: re.Match[str]) -> str:
    html = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    return html.get(match[0]) or "".join(f"\\{character}" for character in match[0])


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), finalize=escaped, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"fixed": _fixed, "percent": _percent, "within": _within}
    return environment


def _fixed(value: float | None, digits: int) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _percent(value: float) -> str:
    return f"{value:.1%}".replace("%", " %") if math.isfinite(value) else "–"


def _within(measured: Metrics, name: str, digits: int) -> str:
    """Write a metric with its interval."""
    value, (low, high) = getattr(measured, name), getattr(measured, f"{name}_ci")
    return f"{_fixed(value, digits)} ({_fixed(low, digits)} to {_fixed(high, digits)})"
