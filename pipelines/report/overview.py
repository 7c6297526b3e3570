"""The first screen of a report: what a manager has to know, as figures and in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MONTHS = 12
CHANNELS = 6
MOST_BEST = 10
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
Row = Mapping[str, Any]


def of_ten(share: float) -> str:
    """Say a share as so many of ten.

    >>> [of_ten(share) for share in (0.02, 0.2, 0.25, 0.97)]
    ['none to one', 'two', 'two to three', 'nine to ten']
    """
    tenths = 10 * share
    low = int(tenths)
    if abs(tenths - round(tenths)) < 0.15:
        return NUMBERS[round(tenths)] if round(tenths) else "none"
    return f"{NUMBERS[low] if low else 'none'} to {NUMBERS[low + 1]}"


def model_sentences(training: Row, hot: float, promised: float | None = None) -> list[str]:
    """Say how good the model is beside the rules, and whether its chances come true; nothing that was not measured.

    ``hot`` is the chance from which on leads are hot, ``promised`` the mean chance of those that are hot now.
    """
    return [*_beside_rules(training), *_beside_promise(training, hot, promised)]


def _beside_rules(training: Row) -> list[str]:
    measured = training["metrics"]
    model, rules = measured.get("model", {}), measured.get("rules", {})
    if not (model.get("base_rate") and model.get("lift_10") and rules.get("lift_10")):
        return []
    shares = [min(each["lift_10"] * each["base_rate"], 1.0) for each in (model, rules)]
    best, by_rules, all_leads = (of_ten(share) for share in (*shares, model["base_rate"]))
    return [
        f"Of ten leads that the model ranks highest, {best} were won; of ten that the rules rank highest, {by_rules}; "
        f"of any ten, {all_leads}."
    ]


def _beside_promise(training: Row, hot: float, promised: float | None) -> list[str]:
    history = next((each for each in training.get("bars", ()) if each["bar"] >= hot * (1 - 1e-9)), None)
    if history is None or promised is None or not history["leads"]:
        return []
    low, high = history["precision_ci"]
    verdict = "a little too much" if promised > high else "a little too little" if promised < low else "as promised"
    return [
        f"Hot leads are promised {percent(promised)} today; of those that were hot before, "
        f"{percent(history['precision'])} were won ({percent(low)} to {percent(high)}): {verdict}."
    ]


def qualified_by_month(funnel: Row) -> dict[str, Any] | None:
    """Return the qualified leads by period at one bar: by score where two periods are known, else by the CRM's stage.

    None where leads come to no such stage.
    """
    qualified = funnel["qualified"]
    volume = next((each for each in qualified["volumes"] if each["name"] == "scored_mql"), None) if qualified else None
    known = (
        [(name, count) for name, count in zip(volume["periods"], volume["today"], strict=True) if count is not None]
        if volume
        else []
    )
    if volume and len(known) > 1:
        return _volume(
            "Leads that became qualified by score", f"at {percent(volume['bar'])} chance", known, volume["growth"]
        )
    stage = next((each["name"] for each in funnel["stages"] if each["of"] == "mql"), None)
    if stage is None:
        return None
    whole = [(each["name"], each["entries"][stage]) for each in funnel["periods"] if each["complete"]]
    return _volume(
        "Leads that became qualified in the CRM", "scores are too new to count by", whole, funnel["growth"][stage]
    )


def _volume(name: str, bar: str, counts: Sequence[tuple[str, int]], growth: float | None) -> dict[str, Any]:
    shown = [*counts][-MONTHS:]
    tallest = max((count for _, count in shown), default=0) or 1
    return {"name": name, "bar": bar, "counts": shown, "tallest": tallest, "growth": growth}


def worth_by_channel(funnel: Row) -> dict[str, Any] | None:
    """Return what a lead of each channel costs and is worth; None without costs."""
    costs = next(iter(funnel["costs"]), None)
    channels = [each for each in costs["channels"] if each["leads"] and each["cpl"] is not None] if costs else []
    if not costs or not channels:
        return None
    shown = sorted(channels, key=lambda each: -each["leads"])[:CHANNELS]
    highest = max(max(each["cpl"], each["value"] or 0) for each in shown) or 1
    return {"by": costs["by"], "currency": costs["currency"], "channels": shown, "highest": highest}


def owners_of(week: Sequence[Row]) -> list[dict[str, Any]]:
    """Return, by owner, how many leads are to be called this week, and what they are worth together.

    >>> owners_of([{"owner": "Ann", "expected_value": 900.0}, {"owner": "Ann", "expected_value": 100.0}])
    [{'owner': 'Ann', 'leads': 2, 'value': 1000.0}]
    """
    by_owner: dict[str, list[float | None]] = {}
    for lead in week:
        by_owner.setdefault(lead["owner"] or "", []).append(lead["expected_value"])
    sums = {owner: sum(filter(None, values)) if any(values) else None for owner, values in by_owner.items()}
    return [{"owner": owner, "leads": len(by_owner[owner]), "value": value} for owner, value in sums.items()]


def best_of(week: Sequence[Row], hottest: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the calls of this week that are worth most; the hottest leads where nobody is to be called.

    >>> calls = [{"lead_id": "a", "expected_value": 1.0}, {"lead_id": "b", "expected_value": 2.0}]
    >>> [lead["lead_id"] for lead in best_of(calls, [])]
    ['b', 'a']
    """
    by_value = sorted(week, key=lambda lead: -(lead["expected_value"] or lead.get("probability", 0)))[:MOST_BEST]
    return [{**lead} for lead in by_value or hottest]


def percent(share: float) -> str:
    """Write a share.

    >>> percent(0.214), percent(0.021)
    ('21 %', '2.1 %')
    """
    return (f"{share:.1%}" if 0 < share < 0.0995 else f"{share:.0%}").replace("%", " %")
