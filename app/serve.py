"""serve: the pages of a workspace, over HTTP."""

from __future__ import annotations

import gc
import socket
from contextlib import suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from app.security import MOST_HEADERS, Access, AccessOfFile, ImpatientProtocol, access_for
from app.server import make_app
from app.site import Site
from data.config import FILE_NAME, Pages, load_settings
from data.errors import InputError, LeadscoreError
from data.sources import version_of
from data.workspace import Workspace
from pipelines.console import say
from pipelines.last_run import settings_of_last_run

MOST_CONNECTIONS = 900
"""A system lets a process open a thousand files or so."""


def serve(workspace: Workspace, host: str, port: int, config: Path | None = None) -> None:
    """Serve the pages until stopped; those may sign in whom the settings file names at each moment.

    Without one, it is those whom the settings of the last run named when the server was started.
    Raises InputError where the address cannot be served on, or anybody could open the pages there.
    """
    app = make_app(workspace, access_of(workspace, host, config))
    # Nobody may say for a client where it comes from: the proxy is known by its own address.
    server = uvicorn.Server(config_of(app))
    with listening(host, port) as listener:
        load(app.state.site)
        say(f"Pages: http://{_named(host)}:{listener.getsockname()[1]} (Ctrl+C ends)")
        server.run([listener])


def access_of(workspace: Workspace, host: str, config: Path | None) -> Access | AccessOfFile:
    """Return who may open the pages: as a settings file says it, or as the last run did. Raises InputError."""
    if config is None:
        settings = settings_of_last_run(workspace)
        return access_for(host, settings.pages if settings else Pages())
    file = config / FILE_NAME if config.is_dir() else config
    return AccessOfFile(lambda: access_for(host, load_settings(config).pages), lambda: version_of(file))


def config_of(app: FastAPI) -> uvicorn.Config:
    """Return how the pages are served: nobody may keep a connection for long, or very many of them."""
    return uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=MOST_HEADERS,
    )


def load(site: Site) -> None:
    """Load what the first page would wait for, and take it out of the garbage collector's rounds.

    Each of these would go through all that the libraries keep, and hold up every page for 0.2 s.
    """
    with suppress(LeadscoreError):  # the page that needs it says so
        if number := site.champion_version:
            site.registry.version(number)
    gc.collect()
    gc.freeze()


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises InputError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as problem:
        raise InputError(
            "this address cannot be served on",
            expected="a free port of this computer",
            got=f"{host}:{port} ({problem.strerror})",
            remedy="name another one with --host and --port",
        ) from None
    # Connections inherit it. Without, a page waits 40 ms until its headers, sent before it, are confirmed.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
