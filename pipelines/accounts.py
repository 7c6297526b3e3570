"""Scores of accounts: each is scored as its best open lead is with the activity of all its people."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from data.dataset import Dataset
from data.errors import InputError
from features import Batch
from models.scorer import Scorer


class Accounts:
    """The leads of each account, gathered while they are scored."""

    def __init__(self) -> None:
        self._people: list[pd.DataFrame] = []

    def add(self, leads: pd.DataFrame, probability: pd.Series) -> None:
        """Take note of leads (position, lead_id, account_id, outcome) and what they scored."""
        people = leads[["position", "lead_id", "account_id", "outcome"]].assign(probability=probability.to_numpy())
        self._people.append(people.dropna(subset="account_id"))

    def best(self) -> pd.DataFrame:
        """Return the best open lead of each account that has one.

        Columns: ``position``, ``account_id``, ``best_lead``, and how many ``people`` there are and are ``open_leads``.
        """
        people = pd.concat(self._people, ignore_index=True)
        is_open = people[people["outcome"] == "open"]
        counts = pd.DataFrame(
            {
                "people": people.groupby("account_id").size(),
                "open_leads": is_open.groupby("account_id").size(),
            }
        )
        highest = is_open.sort_values("probability", ascending=False, kind="stable").drop_duplicates("account_id")
        return highest.rename(columns={"lead_id": "best_lead"}).join(counts, on="account_id").sort_values("position")


def scored_accounts(
    dataset: Dataset, scorer: Scorer, as_of: pd.Timestamp, accounts: Accounts
) -> Iterator[pd.DataFrame]:
    """Yield the accounts with an open lead as they are exported, in the order of their best leads.

    What others did may speak against a lead: then it stands alone, and no account is worse than its best lead.
    Raises InputError where no account has an open lead.
    """
    best = accounts.best()
    if best.empty:
        raise InputError("there is no account to score", expected="open leads with an account_id")
    for alone, together in dataset.account_chunks(best):
        own, pooled = (scorer.score(Batch.at(chunk, scorer.schema, as_of)) for chunk in (alone, together))
        scores = pooled.where(pooled["probability"] >= own["probability"], own)
        known = alone.leads[["position"]].merge(best, on="position", how="left")
        names = known[["account_id", "best_lead", "people", "open_leads"]].astype({"people": int, "open_leads": int})
        yield pd.concat([names.assign(as_of=as_of), scores], axis="columns")
