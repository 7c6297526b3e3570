"""Whether the account of leads is one at all: what is the same for nearly all of them tells nobody apart."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from data.schema import Schema
from data.staging.tables import Table, later

ONE_FOR_ALL = 0.9
"""The share of the leads from which on one account is that of the whole system, such as Odoo's own company."""
FEWEST = 20
"""Leads from which on the cells show it: a few may well come from one firm."""
NO_ACCOUNT = "the same for nearly all leads: no account"


def without_shared_account(
    connection: duckdb.DuckDBPyConnection, leads: Table, trained: Schema | None
) -> tuple[Table, str]:
    """Return the table of leads without its account where nearly all leads have the same one, and a note on that.

    With a trained schema, what was decided in training holds. The accounts in ``lead_ids`` become missing.
    """
    column = leads.columns.get("account_id")
    if not column:
        return leads, ""
    of_one, count = _largest(connection)
    shared = (
        trained.excluded.get(column) == NO_ACCOUNT if trained else count >= FEWEST and of_one >= ONE_FOR_ALL * count
    )
    if not shared:
        return leads, ""
    connection.execute("UPDATE lead_ids SET account_id = NULL")
    columns = {name: each for name, each in leads.columns.items() if name != "account_id"}
    note = (
        f"leads.{column}: {of_one:,} of {count:,} leads have the same one, so it is no account: leads are on their own"
    )
    return replace(leads, columns=columns, shared_account=column), note


def _largest(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Return how many leads the largest account has, and how many leads there are, as of the moment of the settings."""
    known = f"lead_ids WHERE position NOT IN ({later('leads')})"
    query = f"""SELECT coalesce(max(leads), 0), (SELECT count(*) FROM {known}) FROM (
        SELECT count(*) AS leads FROM {known} AND account_id IS NOT NULL GROUP BY account_id)"""
    return connection.execute(query).fetchall()[0]
