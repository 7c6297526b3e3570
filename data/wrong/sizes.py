"""Sizes that no firm has: they are flagged, and missing from then on, so that nothing is learned from them."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from data.quality import ROWS_SHOWN, Flag

IMPOSSIBLE = {
    "employees": "{0} < 0 OR {0} > 5e6 OR {0} <> floor({0})",
    "annual_revenue": "{0} < 0 OR {0} > 1e13",
    "budget": "{0} < 0",
    "timeline_days": "{0} < 0",
}
"""Which numbers cannot be, as SQL: the largest employers have two million, and the largest revenue is below 1e12."""


def forget_impossible(connection: duckdb.DuckDBPyConnection, sizes: Mapping[str, tuple[str, str]]) -> list[Flag]:
    """Make impossible sizes of leads missing, and mark their leads in the column ``impossible_size`` (0 or 1).

    ``sizes`` maps our name of a size to its column in the table ``leads`` and that in the file.
    """
    connection.execute("ALTER TABLE leads ADD COLUMN impossible_size DOUBLE DEFAULT 0")
    flags = []
    for name, (column, theirs) in sizes.items():
        impossible = IMPOSSIBLE[name].format(column)
        count, rows, example = connection.execute(
            f"""SELECT count(*), arg_min(lead_id, position, {ROWS_SHOWN}), arg_min({column}, position)
            FROM leads WHERE {impossible}"""
        ).fetchall()[0]
        if count:
            connection.execute(f"UPDATE leads SET impossible_size = 1, {column} = NULL WHERE {impossible}")
            what = f"{example:,.15g} of lead {rows[0]}"
            flags.append(Flag("leads", theirs, "impossible: read as missing", count, what, tuple(rows)))
    return flags
