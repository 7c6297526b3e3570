"""What the tables of a project hold at all, and what of a schema they lack."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from data.schema import RENAMED, Schema
from data.vocabulary import TABLES

MOST_NAMED = 5
"""Columns, types and stages that are named of many."""


@dataclass(frozen=True)
class Content:
    """The tables that are there; the columns of leads that are not empty, by the names of the source and of the
    vocabulary; the types of events, each with its newest moment; and the stages that occur.
    """

    tables: frozenset[str]
    columns: frozenset[str]
    event_types: Mapping[str, pd.Timestamp]
    stages: frozenset[str]

    def lacks(self, schema: Schema, tables: Collection[str]) -> list[str]:
        """Say what was learned from by a schema and some tables, and is not there.

        The person who works on a lead may be missing: nothing is made of it.

        >>> content = Content(frozenset({"leads"}), frozenset({"industry"}), {}, frozenset())
        >>> content.lacks(Schema(True, personal=("email", "owner")), ["leads", "events"])
        ['the table of events', 'the column email']
        """
        missing = [f"the table of {name}" for name in tables if name in TABLES and name not in self.tables]
        learned = [*(attribute.name for attribute in schema.attributes), *schema.personal]
        columns = [name for name in learned if name != "owner" and not self._has_column(name)]
        # Without the table that says it, none of its types or stages need be named.
        types = [kind.name for kind in schema.event_types if kind.name not in self.event_types]
        stages = [name for name in schema.stages if name not in self.stages]
        return [
            *missing,
            *_named("column", columns),
            *(_named("type of event", types) if "events" in self.tables else ()),
            *(_named("stage", stages) if "stages" in self.tables else ()),
        ]

    def _has_column(self, name: str) -> bool:
        return not self.columns.isdisjoint((name, name.removesuffix(RENAMED)))


def _named(what: str, names: list[str]) -> Iterator[str]:
    """Name some things, as one where they are many."""
    if len(names) > MOST_NAMED:
        plural = {"type of event": "types of events"}.get(what, f"{what}s")
        yield f"{len(names)} {plural} ({', '.join(names[:MOST_NAMED])}, …)"
    else:
        yield from (f"the {what} {name}" for name in names)
