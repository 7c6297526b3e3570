"""What is worth an alert: a trigger that begins to hold, and leads that reach a bar or fall below it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from data.store import Alert

Version = Mapping[str, Any]
"""A version of a score, beside the one before it."""


def crossings(versions: pd.DataFrame, kinds: Collection[str]) -> list[Alert]:
    """Return the alerts of versions of scores, each beside the one before it (`data.store.AlertBook.catch_up`).

    A trigger says more than the bar that it lifts a lead over: of both there is one alert. Where another version of the
    model made the score, bars are crossed by the model and not by the lead, and nobody is alerted of them.

    >>> hot = {"lead_id": "L1", "run_id": 7, "owner": "Ann", "outcome": "open", "band": "hot", "triggered_by": ""}
    >>> before = {"band_before": "cold", "triggered_by_before": "", "model_version_before": "1", "model_version": "1"}
    >>> crossings(pd.DataFrame([{**hot, **before}]), {"hot"})
    [Alert(kind='hot', lead_id='L1', crossing='7', owner='Ann')]
    """
    records: list[Version] = versions.astype(object).where(versions.notna(), None).to_dict("records")  # type: ignore[assignment]
    crossed = [(_kind(version), version) for version in records if version["outcome"] == "open"]
    return [
        Alert(kind, version["lead_id"], str(version["run_id"]), version["owner"])
        for kind, version in crossed
        if kind in kinds
    ]


def _kind(version: Version) -> str:
    """Return the kind of the crossing; empty where nothing was crossed."""
    if version["triggered_by"] and version["triggered_by"] != version["triggered_by_before"]:
        return "trigger"
    band, before = version["band"], version["band_before"]
    if band == before or version["model_version_before"] not in (None, version["model_version"]):
        return ""
    if band == "hot":
        return "hot"
    if before == "hot":
        return "cooled"
    return "warm" if band == "warm" else ""


def of_accounts(accounts: Sequence[Mapping[str, str]], kinds: Collection[str]) -> Iterator[Alert]:
    """Yield the alerts of accounts without a lead for which a trigger holds, once for each trigger."""
    for account in accounts if "account" in kinds else ():
        yield Alert("account", account["account_id"], account["triggered_by"])
