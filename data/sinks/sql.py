"""A sink: a table of a database, which is written in batches, and again without harm; a bad record stops no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property

import pyarrow as pa
import sqlalchemy as sa
import tenacity
from sqlalchemy import Connection, Engine, exc

from data.config import WriteBack, masked
from data.errors import InputError, nearest
from data.sinks import bulk
from data.sinks.base import GONE
from data.sources import (
    ATTEMPTS,
    connected,
    database_errors,
    engine_of,
    identity,
    is_absent,
    is_passing,
    require_dialect,
)
from data.vocabulary import WITHIN

TYPES = {
    "probability": sa.Double(),
    "score": sa.SmallInteger(),
    "run_id": sa.Integer(),
    "as_of": sa.DateTime(timezone=True),
    "scored_at": sa.DateTime(timezone=True),
    "horizon": sa.Integer(),
    "expected_amount": sa.Double(),
    "expected_value": sa.Double(),
    **{name: sa.Double() for name in WITHIN.values()},
    "days_in_stage": sa.Integer(),
    "age_days": sa.Integer(),
    "account_score": sa.SmallInteger(),
}
"""Types of the columns of a new table; all others hold text."""
SET_UP = "make it with `leadscore push --setup`"
REFUSED_STATES = ("21", "22", "23", "44", "P0")
"""Classes of SQLSTATE: cardinality, data exception, integrity constraint, check option, raised by a function."""


class ScoreTable:
    """The table that scores are written to; made by `open_table`."""

    batch_size = 20_000
    """Records that are sent in one transaction."""

    def __init__(self, engine: Engine, address: str, settings: WriteBack) -> None:
        self.engine = engine
        self.address = address
        self.settings = settings
        schema, _, name = settings.table.rpartition(".")
        self.schema = schema or None
        self.name = name
        self.table = sa.table(name, schema=self.schema)

    @property
    def target(self) -> str:
        """What receipts call this table and the columns that are written: other columns are another target."""
        # Kind and CRM are left out, for receipts are older than these: else all scores would be sent again.
        left_out = {"database", "kind", "crm", "only_update"} | (set() if self.settings.where else {"where"})
        columns = self.settings.model_dump_json(exclude=left_out)
        return hashlib.sha256(f"{identity(self.address)} {columns}".encode()).hexdigest()[:16]

    def set_up(self) -> bool:
        """Make the table where it is not there; return whether it was made."""
        columns = [sa.Column(name, TYPES.get(field, sa.Text())) for field, name in self.settings.fields.items()]
        key = sa.Column(self.settings.key, sa.Text(), primary_key=True)
        table = sa.Table(self.name, sa.MetaData(), key, *columns, schema=self.schema)
        with connected(self.engine, self.address) as connection, connection.begin():
            if sa.inspect(connection).has_table(self.name, self.schema):
                return False
            table.create(connection)
        return True

    def check(self) -> None:
        """Raise InputError where the table is not as the settings have it."""
        if is_absent(self.address):
            raise InputError(
                "there is no such database file to write scores to",
                expected="an SQLite file",
                where=masked(self.address),
                remedy=SET_UP,
            )
        with connected(self.engine, self.address) as connection:
            inspector = sa.inspect(connection)
            if not inspector.has_table(self.name, self.schema):
                raise InputError(
                    f"there is no table '{self.settings.table}' to write scores to",
                    expected=f"a table with {', '.join([self.settings.key, *self.settings.fields.values()])}",
                    where=masked(self.address),
                    remedy=f"{SET_UP}, or name another one under write_back.table",
                )
            there = [column["name"] for column in inspector.get_columns(self.name, self.schema)]
            unique = self._unique_columns(inspector)
        self._require_columns(there)
        if self.settings.key not in unique:
            raise InputError(
                f"the column '{self.settings.key}' of {self.settings.table} is not unique",
                expected="a primary key or a unique constraint, so that each lead has one row",
                where="write_back.key",
            )

    def is_empty(self) -> bool:
        with connected(self.engine, self.address) as connection:
            return connection.execute(sa.select(sa.literal(1)).select_from(self.table).limit(1)).first() is None

    def clear(self, lead_id: str) -> int:
        """Empty the fields of a lead's row, which stays: it is the CRM's. Raises LeadscoreError."""
        table = sa.table(
            self.name, *map(sa.column, [self.settings.key, *self.settings.fields.values()]), schema=self.schema
        )
        empty = sa.update(table).where(sa.cast(table.c[self.settings.key], sa.Text) == lead_id)
        with connected(self.engine, self.address) as connection, connection.begin():
            return connection.execute(empty.values(dict.fromkeys(self.settings.fields.values()))).rowcount

    def _unique_columns(self, inspector: sa.Inspector) -> set[str]:
        """Return the columns that are unique by themselves."""
        keys = [inspector.get_pk_constraint(self.name, self.schema)["constrained_columns"]]
        keys += [each["column_names"] for each in inspector.get_unique_constraints(self.name, self.schema)]
        keys += [
            [name for name in each["column_names"] if name]
            for each in inspector.get_indexes(self.name, self.schema)
            if each["unique"] and not any(name.endswith("_where") for name in each.get("dialect_options", {}))
        ]
        return {key[0] for key in keys if len(key) == 1}

    def _require_columns(self, there: list[str]) -> None:
        wanted = {"key": self.settings.key}
        wanted |= {f"columns.{field}": name for field, name in self.settings.fields.items()}
        for setting, name in wanted.items():
            if name not in there:
                raise InputError(
                    f"the table {self.settings.table} has no column '{name}'",
                    expected=", ".join(there),
                    where=f"write_back.{setting}, {masked(self.address)}",
                    remedy=nearest(name, there) or "add the column, or take it out of write_back.columns",
                )

    def write(self, rows: pa.Table) -> dict[str, str]:
        """Write records; return the ids of those refused, with the reason.

        A batch that holds bad records is halved until each is by itself. Raises LeadscoreError where the database is
        lost, and stays lost after a few attempts.
        """
        columns = {"lead_id": self.settings.key, **self.settings.fields}
        renamed = rows.select(list(columns)).rename_columns(list(columns.values()))
        with database_errors(self.address):
            return self._write(renamed)

    @tenacity.retry(
        retry=tenacity.retry_if_exception(is_passing),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential_jitter(multiplier=0.2, max=5),
        reraise=True,
    )
    def _write(self, rows: pa.Table) -> dict[str, str]:
        with self.engine.connect() as connection:
            return dict(self._refused(connection, rows))

    def _refused(self, connection: Connection, rows: pa.Table) -> Iterator[tuple[str, str]]:
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
                absent = self._put(connection, rows)
        except exc.DatabaseError as problem:
            if not _is_of_the_record(problem):
                raise
            if rows.num_rows == 1:
                yield str(rows[self.settings.key][0].as_py()), " ".join(str(problem.orig).split())[:300]
                return
            half = rows.num_rows // 2
            yield from self._refused(connection, rows.slice(0, half))
            yield from self._refused(connection, rows.slice(half))
        else:
            yield from ((lead_id, GONE) for lead_id in absent)

    def _put(self, connection: Connection, rows: pa.Table) -> list[str]:
        """Write rows; return the ids of those that somebody else's table has none of."""
        if not self._only_updates:
            bulk.upsert(connection, self.table, [self.settings.key], rows)
            return []
        return bulk.update(connection, self.table, self.settings.key, rows)

    @cached_property
    def _only_updates(self) -> bool:
        """Whether no row is made: the table is somebody else's, or needs more of a new row than a score has."""
        written = [self.settings.key, *self.settings.fields.values()]
        with self.engine.connect() as connection:
            columns = sa.inspect(connection).get_columns(self.name, self.schema)
        required = (each for each in columns if each["name"] not in written and not each["nullable"])
        is_filled = ("autoincrement", "identity", "computed")
        needs_more = any(each["default"] is None and not any(each.get(name) for name in is_filled) for each in required)
        return self.settings.only_update or needs_more


def _is_of_the_record(problem: exc.DatabaseError) -> bool:
    """Return whether a record was refused, by its type, a constraint or a trigger, and not the whole statement."""
    state = getattr(problem.orig, "sqlstate", None)
    return state[:2] in REFUSED_STATES if state else isinstance(problem, (exc.IntegrityError, exc.DataError))


def open_table(settings: WriteBack) -> ScoreTable:
    """Return the table that scores are written to. Raises InputError for an address that cannot be used."""
    address = str(settings.database)
    engine = engine_of(address)
    require_dialect(engine, address)
    return ScoreTable(engine, address, settings)
