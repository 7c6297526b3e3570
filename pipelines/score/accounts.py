"""Scores of accounts: each is scored as its best open lead is with the activity of all its people.

An account without a lead has no score; what it does may be a trigger all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.dataset import Dataset
from data.errors import InputError
from features import Batch, activity_until, build
from models.rules import first_trigger
from models.scoring import ScoredChunk, Scorer, score_chunk, worded
from pipelines.as_of import format_moment

ACTIVE, MOST_ACCOUNTS = pd.Timedelta(days=30), 10_000
"""Accounts without a lead are looked at where they were active in this time: the most active ones."""


class Accounts:
    """The leads of each account, gathered while they are scored."""

    def __init__(self) -> None:
        self._people: list[pd.DataFrame] = []

    def add(self, scored: ScoredChunk) -> None:
        """Add the leads of a chunk that belong to an account."""
        of_each = {"probability": scored.numbers["probability"].to_numpy(), "is_out": _is_out(scored.numbers)}
        people = scored.leads[["position", "lead_id", "account_id", "outcome"]].assign(**of_each)
        self._people.append(people.dropna(subset="account_id"))

    def best(self) -> pd.DataFrame:
        """Return the best open lead of each account that has one: a disqualified one only where all are.

        Columns: ``position``, ``account_id``, ``best_lead``, and how many ``people`` there are and are ``open_leads``.
        """
        if not self._people:
            return pd.DataFrame(columns=["position", "account_id", "best_lead", "people", "open_leads"])
        people = pd.concat(self._people, ignore_index=True)
        is_open = people[people["outcome"] == "open"]
        counts = pd.DataFrame(
            {
                "people": people.groupby("account_id").size(),
                "open_leads": is_open.groupby("account_id").size(),
            }
        )
        best_first = is_open.sort_values(["is_out", "probability"], ascending=[True, False], kind="stable")
        highest = best_first.drop_duplicates("account_id").drop(columns="is_out")
        return highest.rename(columns={"lead_id": "best_lead"}).join(counts, on="account_id").sort_values("position")

    def open_leads(self) -> pd.DataFrame:
        """Return ``lead_id`` and ``account_id`` of the open leads."""
        people = pd.concat([pd.DataFrame(columns=["lead_id", "account_id", "outcome"], dtype="str"), *self._people])
        return people.loc[people["outcome"] == "open", ["lead_id", "account_id"]]


def scored_accounts(
    dataset: Dataset, scorer: Scorer, as_of: pd.Timestamp, accounts: Accounts
) -> Iterator[pd.DataFrame]:
    """Yield the accounts with an open lead as they are exported, in the order of their best leads.

    What others did may speak against a lead, or disqualify it: then its own score counts, and no account is worse than
    its best lead.
    Raises InputError where no account has an open lead.
    """
    best = accounts.best()
    if best.empty:
        raise InputError("there is no account to score", expected="open leads with an account_id")
    for alone, together in dataset.account_chunks(best):
        scores = (score_chunk(chunk, scorer, as_of) for chunk in (alone, together))
        own, pooled = (worded(scored, scorer.narrator) for scored in scores)
        scores = pooled.where(_is_better(pooled, own), own)
        known = alone.leads[["position"]].merge(best, on="position", how="left")
        names = known[["account_id", "best_lead", "people", "open_leads"]].astype({"people": int, "open_leads": int})
        yield pd.concat([names.assign(as_of=as_of), scores], axis="columns")


def account_scores(dataset: Dataset, scorer: Scorer, as_of: pd.Timestamp, accounts: Accounts) -> pd.DataFrame:
    """Return ``lead_id`` and ``account_score`` of each open lead that belongs to an account."""
    best, by_position = accounts.best(), []
    for alone, together in dataset.account_chunks(best) if len(best) else ():
        own, pooled = (score_chunk(chunk, scorer, as_of).numbers for chunk in (alone, together))
        scores = pooled["score"].where(_is_better(pooled, own), own["score"])
        by_position.append(pd.Series(scores.to_numpy(), index=alone.leads["position"].to_numpy(), dtype="int64"))
    scores = pd.concat([pd.Series(dtype="int64"), *by_position])
    of_account = pd.Series(scores.reindex(best["position"]).to_numpy(), index=best["account_id"].to_numpy())
    leads = accounts.open_leads()
    leads = leads.assign(account_score=leads["account_id"].map(of_account).astype("int64"))
    return leads[["lead_id", "account_score"]]


def _is_better(pooled: pd.DataFrame, own: pd.DataFrame) -> pd.Series:
    """Return where the activity of all people is not worse than the best lead's own: it may speak against a lead."""
    return (pooled["probability"] >= own["probability"]) & (~_is_out(pooled) | _is_out(own))


def _is_out(scores: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which scores are of leads that the rules disqualify."""
    return (scores["disqualified_by"] != "").to_numpy() if "disqualified_by" in scores else np.zeros(len(scores), bool)


def triggered_without_lead(dataset: Dataset, scorer: Scorer, as_of: pd.Timestamp) -> list[dict[str, str]]:
    """Return the accounts without a lead of whose events a trigger of the rules holds: somebody should speak to them.

    Each has its ``account_id``, what it is ``triggered_by``, and its ``last_activity`` (UTC).
    """
    chunk = dataset.accounts_without_lead(as_of - ACTIVE, MOST_ACCOUNTS)
    if chunk.leads.empty:
        return []
    trigger = first_trigger(scorer.rules, build(Batch.at(chunk, scorer.schema, as_of)))
    events, _ = activity_until(chunk, as_of)
    last = events.groupby("position")["occurred_at"].max()
    rows = zip(chunk.leads["account_id"], trigger, last.reindex(chunk.leads["position"]), strict=True)
    return [
        {"account_id": account, "triggered_by": name, "last_activity": format_moment(moment)}
        for account, name, moment in rows
        if name
    ]
