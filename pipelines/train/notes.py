"""What training says to the readers of its figures: what was left out, what moved, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any

from scipy import stats

from data.columns import PROTECTED
from pipelines.train.result import TrainResult

DRIFTED = 1.5
"""A base rate that differs by this factor between old and new leads is said to have moved …"""
CHANCE = 0.05
"""… unless chance alone would do that more often than in this share of cases."""


def notes(result: TrainResult) -> Iterator[str]:
    """Say what a reader of the metrics must know."""
    now = "Attributes without a history are read as they stand now"
    yield f"{now}: what was filled in after the outcome and not found must be dropped."
    if result.window["layout"] == "random":
        yield "The file says nothing of its order (--created, --order): blocks are random, which flatters every model."
    if (grouped := result.window["grouped_by"])["accounts"]:
        accounts = f"{grouped['accounts']:,} accounts of '{grouped['column']}'"
        yield f"Leads of one account stay together in splits and intervals: {accounts}."
    if result.rules_kind == "scorecard":
        yield "The shipped rules know too little of these columns: the baseline is a scorecard from the fit block."
    if _has_moved(result):
        older, newest = result.base_rates["older"], result.base_rates["newest"]
        moved = f"The base rate moved from {older:.1%} in the older blocks to {newest:.1%} in the newest"
        yield f"{moved}: probabilities lag behind such a drift, the ranking less."
    yield from _treatments(result.counts)
    yield from _unlearned(result.counts.get("unlearned", {}))
    if result.window["test"]["snapshots"]:
        yield "The metrics describe recipes on the newest block; what is served is refitted on all leads."
    else:
        yield "Nothing is measured: there are no leads that are newer than those that were learned from."


def _unlearned(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Say which leads that ended are not learned from, and why."""
    for outcome, reasons in counts.items():
        for reason, count in reasons.items():
            yield f"{count:,} {outcome} leads are not learned from: {reason}."


def no_signal(result: TrainResult) -> Iterator[str]:
    """Say first of all that nothing was learned that tells won leads from lost ones, where nothing shows it."""
    if result.signal and not result.signal["shown"]:
        yield (
            f"There is no evidence that these columns tell won leads from lost ones: {result.signal['words']}. "
            "Do not act on bands and reasons of this version."
        )


def missing(result: TrainResult) -> Iterator[str]:
    """Say what the champion was made for and is not there now."""
    if result.missing:
        waits = f"version {result.model_version} is kept back, whatever its figures are"
        yield f"The champion was made for what these data do not have: {', '.join(result.missing)}; {waits}."
        by_force = f"leadscore promote {result.model_version} --force --why TEXT"
        yield f"If that is gone for good, let it score all the same with `{by_force}`."


def left_out(result: TrainResult) -> Iterator[str]:
    """Say which columns know the outcome, or may, and which ones law protects."""
    if protected := [column for column, reason in result.excluded.items() if reason == PROTECTED]:
        yield f"Law protects {', '.join(protected)}: left out; --keep NAME uses one."
    for leak in result.leakage:
        name, evidence = leak["column"], leak["evidence"]
        if leak["excluded"]:
            cost = f"; AUC {leak['auc_with']:.3f} with it, {leak['auc_without']:.3f} without" * bool(leak["auc_with"])
            yield f"{name} is left out, for it knows the outcome: {evidence}{cost}; --keep {quote(name)} keeps it in"
        else:
            yield f"{name} may know the outcome, and stays: {evidence}"


def _has_moved(result: TrainResult) -> bool:
    """Return whether the base rate of the newest block differs by more than matters, and than chance explains."""
    if not result.window["test"]["snapshots"]:
        return False
    older, newest = result.base_rates["older"], result.base_rates["newest"]
    if min(older, newest) * DRIFTED >= max(older, newest):
        return False
    rows = {name: result.window[name]["snapshots"] for name in ("fit", "tune", "test")}
    counts = ((older, rows["fit"] + rows["tune"]), (newest, rows["test"]))
    table = [[round(rate * count), round((1 - rate) * count)] for rate, count in counts]
    return stats.fisher_exact(table).pvalue <= CHANCE  # type: ignore[union-attr]


def _treatments(counts: Mapping[str, Any]) -> Iterator[str]:
    """Say which snapshots are not learned from as they stand, and their share of all."""
    censored, unrecorded = counts["censored"], counts.get("unrecorded", 0)
    whole = counts["snapshots"] + censored + unrecorded
    if censored:
        sentence = f"{censored:,} snapshots whose window is not over are censored: neither won nor lost"
        yield f"{sentence} ({censored / whole:.1%} of all)."
    if counts.get("settled"):
        yield f"{counts['settled']:,} of them are of leads that closed meanwhile: what is served learns from these too."
    if unrecorded:
        sentence = f"{unrecorded:,} snapshots lie before the first win that was recorded: left out"
        yield f"{sentence} ({unrecorded / whole:.1%} of all)."
