"""An Odoo of the tests that runs, and a connector to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data.config import CrmAccess, CrmTable
from data.crm import connect, reading_crm
from data.crm.odoo.connector import Odoo
from tests.data.crm.fake_odoo import DATABASE, KEY, FakeOdoo, running

Connect = Callable[[FakeOdoo], Odoo]


@pytest.fixture
def connected(monkeypatch) -> Iterator[Connect]:
    """Let an Odoo run, and connect to it; a second time: without anything that the first connector knew."""
    monkeypatch.setenv("ODOO_API_KEY", KEY)
    with ExitStack() as servers:

        def start(odoo: FakeOdoo) -> Odoo:
            if not odoo.url:
                servers.enter_context(running(odoo))
            return connect(access_to(odoo))  # type: ignore[return-value]

        yield start


def access_to(odoo: FakeOdoo) -> CrmAccess:
    key = "${ODOO_API_KEY}"
    return CrmAccess(kind="odoo", url=odoo.url, database=DATABASE, user=odoo.user.login, api_key=key)


def read(connector: Odoo, copies: Path, name: str) -> list[dict[str, Any]]:
    """Bring the copies up to date, and return a table of the vocabulary."""
    with reading_crm(connector, copies) as tables:
        source = tables.open(CrmTable(crm=name))
        types = source.types([*source.columns])
        rows = pa.Table.from_batches(source.batches(types)).to_pylist()
    return [{each: row[f"c{number}"] for number, each in enumerate(types)} for row in rows]


def notes(connector: Odoo, copies: Path) -> str:
    """Bring the copies up to date, and return what is said of it."""
    with reading_crm(connector, copies) as tables:
        return "\n".join(tables.open(CrmTable(crm="leads")).notes)
