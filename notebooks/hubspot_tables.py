"""Turn the public HubSpot free-to-paid data into a folder of tables that leadscore reads.

    python notebooks/hubspot_tables.py SOURCE_DIR OUT_DIR
    leadscore train --config OUT_DIR

SOURCE_DIR holds `customers.csv`, `noncustomers.csv` and `usage_actions.csv`. What becomes of them:

leads     One per company. A company becomes a lead when its first week of usage is known (38 of the 200 customers had
          bought by then: nobody could have foreseen them). Companies without usage have no date, since nobody knows
          when they came. Repeated ids stay in: leadscore puts the second row into quarantine.
events    One per company, week and part of the product with any actions; `value` is their number. A row of usage is
          stamped with the Monday on which its week begins (the quietest weeks are those of 23 and 30 December), so it
          is known, and the event occurs, 7 days later. Numbers of users are left out: on the older blocks they added
          nothing to the numbers of actions.
outcomes  Customers are won on their close date; the amount is their monthly revenue. Nobody is ever lost: a company
          that did not buy is open, and not won within 30 days.

A company is looked at every month, and asked whether it buys in the next 30 days.

Closes go on for two weeks after the last week of usage. `as_of` is the end of that week, so that no company seems to
have gone quiet.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

PARTS = ("crm_contacts", "crm_companies", "crm_deals", "email")
UNRANKED = 16000001
"""What `ALEXA_RANK` says of a site without a rank."""


def main(source: Path, out: Path) -> None:
    """Read the files of the source, and write the tables with their settings."""
    customers = pd.read_csv(source / "customers.csv", parse_dates=["CLOSEDATE"])
    companies = pd.concat([customers, pd.read_csv(source / "noncustomers.csv")])
    usage = pd.read_csv(source / "usage_actions.csv", parse_dates=["WHEN_TIMESTAMP"])
    usage["known_at"] = usage["WHEN_TIMESTAMP"] + pd.Timedelta(days=7)
    tables = {"leads": leads_of(companies, usage), "events": events_of(usage), "outcomes": outcomes_of(customers)}
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False)
    settings = settings_for(tables, usage["known_at"].max())
    (out / "leadscore.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))


def leads_of(companies: pd.DataFrame, usage: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of each company from the start."""
    known_at = companies["id"].map(usage.groupby("id")["known_at"].min())
    rank = companies["ALEXA_RANK"].mask(companies["ALEXA_RANK"] == UNRANKED)
    leads = companies.assign(created_at=known_at, ALEXA_RANK=rank).rename(columns={"id": "lead_id"})
    return leads[["lead_id", "created_at", "ALEXA_RANK", "EMPLOYEE_RANGE", "INDUSTRY"]]


def events_of(usage: pd.DataFrame) -> pd.DataFrame:
    """Return an event for each part of the product that a company used in a week."""
    types = {f"ACTIONS_{part.upper()}": part for part in PARTS}
    wide = usage.rename(columns={"id": "lead_id", "known_at": "occurred_at", **types})
    events = wide.melt(["lead_id", "occurred_at"], PARTS, var_name="type")
    return events[events["value"] > 0].sort_values(["occurred_at", "lead_id"])


def outcomes_of(customers: pd.DataFrame) -> pd.DataFrame:
    """Return when each customer bought, and for how much."""
    outcomes = customers.rename(columns={"id": "lead_id", "CLOSEDATE": "closed_at", "MRR": "amount"})
    return outcomes[["lead_id", "closed_at", "amount"]].assign(won=True)


def settings_for(tables: dict[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, Any]:
    """Return what stands in the leadscore.yaml."""
    files = {name: f"{name}.csv" for name in tables}
    return {"tables": files, "horizon": 30, "snapshot_ages": [*range(0, 721, 30)], "as_of": f"{as_of.isoformat()}Z"}


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
