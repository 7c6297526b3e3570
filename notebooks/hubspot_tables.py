"""Turn the public HubSpot free-to-paid data into a folder of tables that leadscore reads.

    python notebooks/hubspot_tables.py SOURCE_DIR OUT_DIR
    leadscore train --config OUT_DIR --workspace DIR

SOURCE_DIR holds ``customers.csv``, ``noncustomers.csv`` and ``usage_actions.csv``. What the rows are made into:

leads     One per company. Companies without any usage stay in, without a date: nobody knows when they came.
          Repeated ids stay in too; leadscore puts the second row into quarantine.
events    One per company, week and part of the product that was used: ``value`` is the number of actions,
          or of users. A row of usage is stamped with the Monday on which its week **begins** (the quietest weeks
          are those stamped 23 and 30 December), so it can be known only when that week is over: the event
          occurs 7 days after the stamp. Parts that were not used make no event.
outcomes  Customers were won on their close date, with the monthly revenue as the amount. Nobody is ever lost: the other
          companies are still open, and 30 days after a moment without a close they count as not won.

A company becomes a lead when its first week is over and known. 38 of the 200 customers had closed by then: from
weekly usage, nobody could have foreseen them. The close dates go on for two weeks after the last week of usage;
``as_of`` is the end of that week, so that no company seems to have gone quiet.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import yaml

PARTS = ("crm_contacts", "crm_companies", "crm_deals", "email")
UNRANKED = 16000001
"""What stands in ``ALEXA_RANK`` for a company whose site has no rank."""
WEEK = pd.Timedelta(days=7)


def main(source: Path, out: Path) -> None:
    """Read the three files of the source, and write the tables and their settings."""
    usage = pd.read_csv(source / "usage_actions.csv", parse_dates=["WHEN_TIMESTAMP"])
    usage["known_at"] = usage["WHEN_TIMESTAMP"] + WEEK
    customers = pd.read_csv(source / "customers.csv")
    companies = pd.concat([customers, pd.read_csv(source / "noncustomers.csv")])
    out.mkdir(parents=True, exist_ok=True)
    tables = {"leads": leads_of(companies, usage), "events": events_of(usage), "outcomes": outcomes_of(customers)}
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False)
    (out / "leadscore.yaml").write_text(yaml.safe_dump(settings_for(tables, usage), sort_keys=False))


def leads_of(companies: pd.DataFrame, usage: pd.DataFrame) -> pd.DataFrame:
    """Return the companies with what was known of them from the start."""
    known_at = usage.groupby("id")["known_at"].min()
    ranks = companies["ALEXA_RANK"].mask(companies["ALEXA_RANK"] == UNRANKED)
    leads = companies[["id", "EMPLOYEE_RANGE", "INDUSTRY"]].assign(ALEXA_RANK=ranks.astype("Int64"))
    return leads.assign(created_at=companies["id"].map(known_at)).rename(columns={"id": "lead_id"})


def events_of(usage: pd.DataFrame) -> pd.DataFrame:
    """Return an event for each part of the product that a company used in a week."""
    counts = {f"{part}_{what}": f"{what}_{part}".upper() for part in PARTS for what in ("actions", "users")}
    wide = usage.rename(columns={"id": "lead_id", "known_at": "occurred_at"} | {v: k for k, v in counts.items()})
    events = wide.melt(["lead_id", "occurred_at"], list(counts), var_name="type", value_name="value")
    return events[events["value"] > 0].sort_values(["occurred_at", "lead_id"])


def outcomes_of(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the closes of the customers."""
    outcomes = customers.rename(columns={"id": "lead_id", "CLOSEDATE": "closed_at", "MRR": "amount"})
    return outcomes[["lead_id", "closed_at", "amount"]].assign(won=True)


def settings_for(tables: dict[str, pd.DataFrame], usage: pd.DataFrame) -> dict:
    """Return the content of the leadscore.yaml: 30 days count, and the data end with the last week of usage."""
    files = {name: f"{name}.csv" for name in tables}
    return {"tables": files, "horizon": 30, "as_of": str(usage["known_at"].max())}


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
