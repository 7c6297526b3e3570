"""Connections to databases: made from an address whose secrets are in the environment, and failing in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tenacity
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from data.config import masked, resolve
from data.errors import InputError, LeadscoreError

ATTEMPTS = 4
PATIENCE = 5
"""Seconds for which a server may leave a new connection without an answer; ``connect_timeout`` in an address rules."""
WRITING = "writing"
"""Name of the execution option of connections that write."""
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
DAMAGED = ("file is not a database", "disk image is malformed", "malformed database schema")
NO_SPACE = ("disk is full", "no space left", "could not extend file", "file too large")


def engine_of(address: str, *, connections: int = 0) -> Engine:
    """Return an engine for an address such as ``${CRM_URL}`` or ``sqlite:///crm.db``. Raises InputError.

    So many ``connections`` stay open between uses; by default none.

    >>> engine_of("sqlite:///crm.db").dialect.name
    'sqlite'
    """
    url = _url(address)
    is_patient = url.get_backend_name() != "postgresql" or "connect_timeout" in url.query
    waiting = {} if is_patient else {"connect_timeout": PATIENCE}
    try:
        pooling = {"pool_size": connections, "max_overflow": connections} if connections else {"poolclass": NullPool}
        is_file = url.get_backend_name() == "sqlite"
        engine = create_engine(url, pool_pre_ping=not is_file, connect_args=waiting, **pooling)
    except (exc.NoSuchModuleError, ImportError) as problem:
        raise InputError(
            "there is no driver for this database",
            expected="an SQLAlchemy URL of an installed driver, such as postgresql:// or sqlite:///",
            got=f"{url.drivername} ({problem})",
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    if engine.dialect.driver == "psycopg":
        from data.sources.patience import connect

        event.listen(engine, "do_connect", lambda _dialect, _record, arguments, options: connect(*arguments, **options))
    return engine


def _url(address: str) -> URL:
    resolved = resolve(address)
    try:
        url = make_url(resolved)
    except (exc.ArgumentError, ValueError):
        raise InputError(
            "this is no database address",
            expected="dialect://user:password@host/database, or sqlite:///file.db",
            got=masked(address),
        ) from None
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


def identity(address: str) -> str:
    """Return what distinguishes a database from others: where it is, without the password."""
    return str(_url(address).set(password=None))


def _prepare_sqlite(connection, _record) -> None:
    connection.isolation_level = None  # the driver would begin transactions late, and end them early
    connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
    connection.execute("PRAGMA busy_timeout = 60000")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        # SQLite waits for others who write here only: it refuses at once who has read before
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITING) else "BEGIN")


def require_dialect(engine: Engine, address: str) -> None:
    """Raise InputError for a database that scores cannot be written to."""
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise InputError(
            "scores cannot be written to this kind of database",
            expected="sqlite:///… or postgresql://…",
            got=f"{engine.dialect.name} ({masked(address)})",
        )


def require_file(address: str) -> None:
    """Raise InputError where an address names an SQLite file that is not there: SQLite would make an empty one."""
    if is_absent(address):
        raise InputError("there is no such database file", expected="an SQLite file", got=str(_url(address).database))


def is_absent(address: str) -> bool:
    """Return whether an address names an SQLite file that is not there."""
    url = _url(address)
    return url.get_backend_name() == "sqlite" and bool(url.database) and not Path(str(url.database)).exists()


def is_passing(problem: BaseException) -> bool:
    """Return whether it may help to try again: a server that is away, or a file that another process holds."""
    if not isinstance(problem, exc.OperationalError):
        return False
    return not isinstance(problem.orig, sqlite3.Error) or any(word in str(problem.orig) for word in ("locked", "busy"))


@contextmanager
def connected(engine: Engine, address: str) -> Iterator[Connection]:
    """Connect, trying again a few times, and say what goes wrong meanwhile in plain words.

    Raises LeadscoreError where the database cannot be reached, is lost on the way, or has no room.
    """
    with database_errors(address), _connect(engine) as connection:
        yield connection


@tenacity.retry(
    retry=tenacity.retry_if_exception(is_passing),
    stop=tenacity.stop_after_attempt(ATTEMPTS),
    wait=tenacity.wait_exponential_jitter(multiplier=0.2, max=5),
    reraise=True,
)
def _connect(engine: Engine) -> Connection:
    return engine.connect()


@contextmanager
def database_errors(address: str) -> Iterator[None]:
    """Turn what the database says into our errors, without secrets."""
    try:
        yield
    except exc.DBAPIError as problem:
        raise _our_error(problem, address) from None


def _our_error(problem: exc.DBAPIError, address: str) -> LeadscoreError:
    message = masked(" ".join(str(problem.orig).split()))[:300]
    if any(words in message.lower() for words in NO_SPACE):
        return LeadscoreError(
            "the database has no room left",
            got=message,
            where=masked(address),
            remedy="make room and run the same command again: nothing was lost",
        )
    if "disk I/O error" in message:
        return LeadscoreError(
            "the disk has no room left, or fails",
            got=message,
            where=masked(address),
            remedy="make room, see that the disk is sound, and run the same command again: nothing was lost",
        )
    if any(words in message for words in DAMAGED):
        return LeadscoreError(
            "this database file is damaged",
            got=message,
            where=masked(address),
            remedy="`leadscore doctor` says what is; bring the file back from a copy",
        )
    if "unable to open database file" in message:
        return InputError(
            "this database file cannot be opened",
            expected="a file that may be read and written, in a folder that exists",
            got=masked(address),
        )
    if "readonly database" in message:
        return LeadscoreError(
            "this database file may not be written to",
            got=message,
            where=masked(address),
            remedy="let the user of this command write the file and its folder, and run the same command again",
        )
    if is_passing(problem) or problem.connection_invalidated:
        return LeadscoreError(
            "the database cannot be reached, or the connection was lost",
            got=message,
            where=masked(address),
            remedy="run the same command again once it is back: nothing was lost",
        )
    return LeadscoreError("the database refused this", got=message, where=masked(address))
