"""The API of a workspace that was scored, asked in this process."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from app.api import api_access_for, make_api
from app.security import Access, access_for
from app.site import Site
from data.config import Pages, Settings, load_settings
from data.workspace import Workspace

NOW = "2026-01-01T00:00:00Z"
LOCAL = "http://127.0.0.1"


def api_of(workspace: Workspace, settings: Settings | None = None, host: str = "127.0.0.1") -> TestClient:
    known = settings or Settings(tables={})
    access, names = api_access_for(host, known), Access(known.pages, {}, host)
    app = make_api(Site(workspace), lambda: names, lambda: access)
    return TestClient(app, base_url=LOCAL, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def api_for() -> Callable[..., TestClient]:
    """Make the API of a workspace, by settings and for a host."""
    return api_of


@pytest.fixture(scope="session")
def api(scored) -> Iterator[TestClient]:
    """An API to ask and not to change anything by; nobody needs a token."""
    assert access_for("127.0.0.1", Pages()).is_open
    with api_of(scored) as client:
        yield client


@pytest.fixture
def own_api(workspace) -> Iterator[TestClient]:
    """The API of a workspace of one's own."""
    with api_of(workspace) as client:
        yield client


@pytest.fixture(scope="session")
def tables(funnel) -> dict[str, pd.DataFrame]:
    """The simulated leads, events and stages."""
    folder = Path(load_settings(Path(funnel.simulated.json["config"])).tables["leads"].path).parent
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("leads", "events", "stages")}


@pytest.fixture(scope="session")
def alone(tables) -> set[str]:
    """Leads of an id of their own, and without events that only their account is known of: a request has all theirs."""
    events, leads = tables["events"], tables["leads"].drop_duplicates("lead_id", keep=False)
    of_accounts = events.loc[events["lead_id"].isna(), "account_id"] if "account_id" in events else []
    return set(leads.loc[~leads["account_id"].isin(of_accounts), "lead_id"])


@pytest.fixture(scope="session")
def lead_of(tables) -> Callable[[str], dict]:
    """Make the record of a lead, with its events and stages, as a program would send it."""
    by_lead = {name: dict(tuple(tables[name].groupby("lead_id"))) for name in tables}

    def records(name: str, lead_id: str) -> list[dict]:
        rows = by_lead[name].get(lead_id, tables[name].iloc[:0])
        kept = rows if name == "leads" else rows.drop(columns=["lead_id", "account_id"], errors="ignore")
        return json.loads(kept.to_json(orient="records", date_format="iso", date_unit="us", double_precision=15))

    def make(lead_id: str) -> dict:
        (lead,) = records("leads", lead_id)
        return lead | {name: records(name, lead_id) for name in ("events", "stages")}

    return make
