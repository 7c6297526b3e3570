"""One recommendation for each open lead, and the rule that decided.

First each lead is taken by itself: its chance, its expected value, its fit and what the agreed rules say of it
(`recommend`). Then people's verdicts count, and what its owner can do in a week (`plan_week`): who is not called this
week is nurtured, whatever its band.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.vocabulary import CALL_NOW, CALL_THIS_WEEK, LEAVE, NURTURE

WORKING_DAYS = 5
"""Days over which the calls of a week are spread."""
EARLY_DAYS = 30
"""Days that "too early" holds where nobody said until when."""
MOST_UNANSWERED = 3
"""Calls in a row without an answer after which a lead is nurtured."""
SET_BY_HAND = {"ready": CALL_NOW, "nurture": NURTURE, "discard": LEAVE}
PLANNED = ["lead_id", "recommendation", "decided_by", "place", "by", "until"]
Mask = npt.NDArray[np.bool_] | pd.Series


@dataclass(frozen=True)
class RecommendationRule:
    """A line of the decision table: what is recommended where it ``holds``, in words, and its sentence for one lead."""

    recommendation: str
    words: str
    sentence: str
    holds: Callable[[pd.DataFrame], Mask] | None = None


BY_LEAD: Mapping[str, RecommendationRule] = {
    "disqualified": RecommendationRule(
        LEAVE,
        "ruled out by the agreed rules",
        "The agreed rules rule it out: {disqualified_by}.",
        lambda lead: lead["disqualified_by"] != "",
    ),
    "trigger": RecommendationRule(
        CALL_NOW,
        "trigger event with fit at least C",
        "Something happened that calls for an answer at once: {triggered_by}.",
        lambda lead: lead["triggered_by"] != "",
    ),
    "hot": RecommendationRule(
        CALL_NOW,
        "hot, with fit at least C",
        "Its chance to buy, {chance}, is that of a hot lead, and nothing speaks against its fit.",
        lambda lead: (lead["band"] == "hot") & (lead["disposition"] == "ready"),
    ),
    "agreed grid": RecommendationRule(
        CALL_THIS_WEEK,
        "ready by the agreed grid of fit and engagement",
        "The agreed grid calls {fit}{engagement} ready; its chance to buy is {chance}.",
        lambda lead: lead["disposition"] == "ready",
    ),
    "cold": RecommendationRule(
        LEAVE,
        "cold, with fit D",
        "Its chance to buy is {chance} and its fit {fit}: time is better spent on others.",
        lambda lead: (lead["band"] == "cold") & (lead["disposition"] == "discard"),
    ),
    "discarded by the grid": RecommendationRule(
        LEAVE,
        "discarded by the agreed grid of fit and engagement",
        "The agreed grid discards {fit}{engagement}.",
        lambda lead: lead["disposition"] == "discard",
    ),
    "hot without fit": RecommendationRule(
        CALL_THIS_WEEK,
        "hot, though fit is D",
        "Its chance to buy, {chance}, is that of a hot lead, though its fit is {fit}: ask first whether it fits.",
        lambda lead: lead["band"] == "hot",
    ),
    "valuable": RecommendationRule(
        CALL_THIS_WEEK,
        "warm, and worth as much as a usual hot lead",
        "Its expected value, {value}, is that of a usual hot lead, though its chance is {chance}.",
        lambda lead: (lead["band"] == "warm") & (lead["expected_value"] >= lead["usual_value"]) & (lead["fit"] != "D"),
    ),
    "not yet": RecommendationRule(
        NURTURE,
        "neither hot nor of high value",
        "Its chance to buy, {chance}, is too low for a call now.",
        lambda lead: lead["band"] != "",
    ),
}
"""What is decided by the lead alone: the first line that holds decides."""

BY_WEEK: Mapping[str, RecommendationRule] = {
    "not a fit": RecommendationRule(LEAVE, "verdict: not a fit", "{by} said that it is not a fit."),
    "too early": RecommendationRule(NURTURE, "verdict: too early", "{by} said that it is too early until {until}."),
    "no answer": RecommendationRule(
        NURTURE, "verdict: no answer", "There was no answer " + str(MOST_UNANSWERED) + " times in a row."
    ),
    "by hand": RecommendationRule(CALL_NOW, "set by hand", "{by} set it by hand."),
    "later this week": RecommendationRule(
        CALL_THIS_WEEK,
        "worth a call, after others",
        "Worth a call this week: {before} leads of its owner are worth more.",
    ),
    "capacity": RecommendationRule(
        NURTURE,
        "more leads are worth a call than its owner can call in a week",
        "Worth a call once there is time: {before} leads of its owner are worth more, and a week holds fewer.",
    ),
}
"""What is decided by what people said, and by what else its owner has to do."""
RULES = {**BY_LEAD, **BY_WEEK}


def recommend(scores: pd.DataFrame, usual_value: float | None = None) -> pd.DataFrame:
    """Return ``recommendation`` and ``decided_by`` (the code of the rule) of leads, each by itself.

    ``scores`` are as `Scorer.score` has them; ``usual_value`` is what a lead at the threshold of hot ones is usually
    worth.

    >>> lead = {"band": "hot", "disposition": "nurture", "fit": "D", "probability": 0.3}
    >>> recommend(pd.DataFrame([lead])).to_dict("records")
    [{'recommendation': 'call this week', 'decided_by': 'hot without fit'}]
    """
    texts = {name: scores.get(name, "") for name in ("triggered_by", "disqualified_by")}
    values = {"expected_value": scores.get("expected_value", np.nan), "usual_value": usual_value or np.nan}
    facts = scores.assign(**texts, **values)
    holds = [np.asarray(rule.holds(facts), dtype=bool) for rule in BY_LEAD.values() if rule.holds]
    code = np.select(holds, list(BY_LEAD), "")
    recommended = [BY_LEAD[each].recommendation for each in code]
    return pd.DataFrame({"recommendation": recommended, "decided_by": code}, index=scores.index, dtype=object)


def plan_week(
    worth_calling: pd.DataFrame,
    verdicts: pd.DataFrame,
    overrides: pd.DataFrame,
    per_owner: int | None,
    today: date,
) -> pd.DataFrame:
    """Decide on the leads on which more decides than the lead alone: what people said of them, and their owner's week.

    ``worth_calling`` are open leads to be called by themselves: ``lead_id``, ``owner``, ``recommendation``,
    ``decided_by``, ``expected_value``, ``probability``. ``verdicts`` are those that stand, the oldest first:
    ``lead_id``, ``verdict``, ``given_at``, ``by``, ``until``; ``overrides`` what was set by hand: ``lead_id``,
    ``disposition``, ``by``. Returns `PLANNED`.
    """
    by_people = _by_people(verdicts, overrides, today)
    others = worth_calling[~worth_calling["lead_id"].isin(by_people["lead_id"])]
    return pd.concat([by_people, _within_capacity(others, per_owner)], ignore_index=True)


def _by_people(verdicts: pd.DataFrame, overrides: pd.DataFrame, today: date) -> pd.DataFrame:
    """Return what people decided: what was set by hand stands before any verdict."""
    by_lead = dict(tuple(verdicts.groupby("lead_id", sort=False))) if len(verdicts) else {}
    decided = {lead_id: _by_verdicts(said, today) for lead_id, said in by_lead.items()}
    for lead_id, disposition, by in overrides[["lead_id", "disposition", "by"]].itertuples(index=False):
        decided[lead_id] = (SET_BY_HAND[disposition], "by hand", by, None)
    rows = [(lead, *decision[:2], None, *decision[2:]) for lead, decision in decided.items() if decision]
    return pd.DataFrame(rows, columns=PLANNED, dtype=object)


def _by_verdicts(said: pd.DataFrame, today: date) -> tuple[str, str, str, date | None] | None:
    """Return what the verdicts on one lead decide; None where they decide nothing."""
    last = said.iloc[-1]
    if last["verdict"] == "no fit":
        return LEAVE, "not a fit", last["by"], None
    if last["verdict"] == "early":
        until = last["until"] if pd.notna(last["until"]) else last["given_at"].date() + timedelta(days=EARLY_DAYS)
        return (NURTURE, "too early", last["by"], until) if until > today else None
    newest = said["verdict"].iloc[-MOST_UNANSWERED:]
    if len(newest) == MOST_UNANSWERED and (newest == "unreachable").all():
        return NURTURE, "no answer", last["by"], None
    return None


def _within_capacity(leads: pd.DataFrame, per_owner: int | None) -> pd.DataFrame:
    """Return the leads with their place among those of their owner: who has a trigger, then the highest expected value.

    Who has a trigger is called now, whatever a week holds, and so are as many others as fit into a day; the rest of the
    week is called this week, and what is more is nurtured. Leads that nobody owns fill nobody's week.
    """
    order = ["has_trigger", "expected_value", "probability", "lead_id"]
    known = leads.assign(owner=leads["owner"].fillna(""), has_trigger=leads["decided_by"] == "trigger")
    first = known.sort_values(order, ascending=[False, False, False, True])
    first["place"] = first.groupby("owner").cumcount() + 1
    is_limited = (first["owner"] != "") & (per_owner is not None)
    a_week, a_day = per_owner or 0, ceil((per_owner or 0) / WORKING_DAYS)
    is_over = is_limited & (first["place"] > a_week) & ~first["has_trigger"]
    can_wait = (first["recommendation"] == CALL_NOW) & ~first["has_trigger"]
    is_later = is_limited & can_wait & (first["place"] > a_day) & ~is_over
    for code, where in (("capacity", is_over), ("later this week", is_later)):
        first.loc[where, ["recommendation", "decided_by"]] = [RULES[code].recommendation, code]
    return first.assign(by=None, until=None)[PLANNED]


def rule_in_words(code: str | None) -> str:
    """Return a rule as people read it; nothing where none decided.

    >>> rule_in_words("trigger")
    'trigger event with fit at least C'
    """
    return RULES[code].words if code in RULES else ""


def sentence_of(lead: Mapping[str, Any]) -> str:
    """Say why a lead has its recommendation; nothing where no rule decided.

    ``lead`` has ``decided_by`` and what a score has; ``place``, ``by`` and ``until`` where more than itself decided.

    >>> sentence_of({"decided_by": "trigger", "triggered_by": "Quote or demo request", "probability": 0.2})
    'Something happened that calls for an answer at once: Quote or demo request.'
    """
    rule = RULES.get(lead.get("decided_by") or "")
    if rule is None:
        return ""
    words = {"chance": _percent(lead["probability"]), "value": _amount(lead.get("expected_value"))}
    words |= {name: lead.get(name) or "" for name in ("triggered_by", "disqualified_by", "fit", "engagement")}
    words |= {
        "by": lead.get("by") or "Somebody",
        "until": _day(lead.get("until")),
        "before": (lead.get("place") or 1) - 1,
    }
    return rule.sentence.format_map(words)


def _percent(share: float) -> str:
    return (f"{share:.1%}" if share < 0.0995 else f"{share:.0%}").replace("%", " %")


def _amount(value: float | None) -> str:
    return f"{value:,.0f}" if value is not None and pd.notna(value) else "unknown"


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day is not None and pd.notna(day) else "further notice"
