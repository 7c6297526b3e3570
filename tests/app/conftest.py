"""The funnel that all tests share, scored at two moments; pages that are asked in this process, and in a browser."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import uvicorn
from fastapi.testclient import TestClient

from app.security import Access, access_for
from app.server import make_app
from data.config import Pages
from data.store import Store, open_store
from data.workspace import Workspace
from pipelines.score import score

NOW = pd.Timestamp("2026-01-01")
LOCAL = "http://127.0.0.1"


@pytest.fixture(scope="session", autouse=True)
def new_workspaces_come_soon(empty_mlflow_is_copied) -> None:
    """Most tests begin with a new workspace."""


@pytest.fixture(scope="session")
def scored(funnel, made_once, tmp_path_factory) -> Workspace:
    """A workspace with a model and scores of two moments, eight days apart; nobody may change it."""

    def score_twice(folder: Path) -> None:
        assert funnel.trained.json["rung"] == "full", "the pages show a model with its rules beside it"
        workspace = funnel.copy(folder / "var")
        for moment in (NOW - timedelta(days=8), NOW):
            score(workspace, as_of=moment)

    shared = made_once("pages", score_twice) / "var"
    return Workspace.at(Path(shutil.copytree(shared, tmp_path_factory.mktemp("pages") / "var")))


@pytest.fixture
def workspace(scored, tmp_path) -> Workspace:
    """A copy of the workspace, to do with as a test likes."""
    return Workspace.at(shutil.copytree(scored.root, tmp_path / "var"))


@pytest.fixture
def store(workspace) -> Iterator[Store]:
    with open_store(workspace.store) as opened:
        yield opened


def client_of(workspace: Workspace, access: Access | None = None) -> TestClient:
    app = make_app(workspace, access or access_for("127.0.0.1", Pages()))
    return TestClient(app, base_url=LOCAL, follow_redirects=False)


@pytest.fixture(scope="session")
def shared(scored) -> Iterator[TestClient]:
    """Pages to look at and not to change; nobody signs in."""
    with client_of(scored) as client:
        yield client


@pytest.fixture
def client(workspace) -> Iterator[TestClient]:
    """Pages of a workspace of one's own; nobody signs in."""
    with client_of(workspace) as client:
        yield client


Signed = Callable[..., TestClient]


@pytest.fixture
def signed(workspace, monkeypatch) -> Iterator[Signed]:
    """Pages at which people sign in: `signed("sales")` is somebody of that role, `signed()` nobody."""
    pages = {"users": {}, "frame_ancestors": ["https://crm.example"]}
    for role in ("viewer", "sales", "admin"):
        monkeypatch.setenv(f"TOKEN_OF_{role.upper()}", f"the-token-of-{role}")
        pages["users"][role] = {"role": role, "token": f"${{TOKEN_OF_{role.upper()}}}"}
    with client_of(workspace, access_for("0.0.0.0", Pages.model_validate(pages))) as client:

        def signed_in(role: str = "") -> TestClient:
            client.cookies.clear()
            if role:
                csrf = csrf_in(client.get("/sign-in").text)
                answer = client.post("/sign-in", data={"token": f"the-token-of-{role}", "csrf": csrf})
                assert answer.status_code == 303
            return client

        yield signed_in


@pytest.fixture
def csrf() -> Callable[[str], str]:
    return csrf_in


def csrf_in(html: str) -> str:
    """Return the word that stands in the forms of a page."""
    return html.split('name="csrf" value="')[1].split('"')[0]


@pytest.fixture
def hottest(store) -> str:
    return store.hottest(1)[0]["lead_id"]


@pytest.fixture
def served(workspace) -> Iterator[str]:
    """The address of pages that are really served, for a browser."""
    app = make_app(workspace, access_for("127.0.0.1", Pages()))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"{LOCAL}:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium."""
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("Chromium is not on this machine: apt-get install -y chromium")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), args=arguments)
        yield launched
        launched.close()
