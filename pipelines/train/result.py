"""What a training gives back: stored with the version, printed by ``train --json``, and read by pages and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.metrics import Metrics

NAMELESS = {"example": "", "rows": []}
"""What stands for the leads of a finding where no lead may be named."""


@dataclass(frozen=True)
class TrainResult:
    """What a training gives back; `as_json` is the contract of ``train --json``, `as_stored` is what MLflow keeps.

    ``trained`` is false where nothing was to be learned: then all is as the version was left by its own training.
    ``choices`` says how the recipe was found, ``compared`` how the version did beside the champion (None where
    there is none), ``missing`` what the champion was made for and these data do not have, ``signal`` what is served
    adds to the base rate on the newest block, and whether that is evidence (None where nothing was measured),
    ``leakage`` which columns know the outcome, or may, ``rules_review`` what history says of each rule,
    ``when`` how often wins came within each time and how often that was predicted, on the newest block (empty in flat
    mode),
    ``amounts`` what wins were expected to bring and brought on the newest block (None where that is not known),
    ``closing`` what goes with winning, ``bars`` what bars of probability meant on the newest block,
    ``standing`` what became of its leads by tenth of the score and by grade, ``last_events`` the day of the last event
    of each type, ``excluded`` why a column is no feature, ``quality`` what is to be known of the input, each with its
    level.
    """

    run_id: str
    model_version: str
    promoted: bool
    why: str
    chosen: str
    rung: str
    rules_kind: str
    choices: list[str]
    window: Mapping[str, Any]
    metrics: Mapping[str, Metrics]
    base_rates: Mapping[str, float]
    counts: Mapping[str, Any]
    compared: Mapping[str, Any] | None = None
    missing: Sequence[str] = ()
    signal: Mapping[str, Any] | None = None
    last_events: Mapping[str, str] = field(default_factory=dict)
    leakage: Sequence[Mapping[str, Any]] = ()
    when: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    amounts: Mapping[str, float] | None = None
    rules_review: Sequence[Mapping[str, Any]] = ()
    closing: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    bars: Sequence[Mapping[str, Any]] = ()
    standing: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    quality: Sequence[Mapping[str, Any]] = ()
    trained: bool = True

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "metrics": {name: metrics.as_dict() for name, metrics in self.metrics.items()}}

    def as_stored(self) -> dict[str, Any]:
        """Return the result without what names a lead: MLflow has none, so that nothing is to be forgotten there."""
        return self.as_json() | {"quality": [{**finding, **NAMELESS} for finding in self.quality]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> TrainResult:
        metrics = {
            name: Metrics(**{figure: _number(value) for figure, value in measured.items()})
            for name, measured in content["metrics"].items()
        }
        return cls(**{**content, "metrics": metrics})


def _number(value: Any) -> Any:
    """Read what JSON has no number for."""
    if isinstance(value, list):
        return tuple(map(_number, value))
    return float("nan") if value is None else value
