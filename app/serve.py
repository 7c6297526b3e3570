"""serve: the pages of a workspace with the API beside them, or the API alone, over HTTP."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp

from app.api import ApiAccess, api_access_for, make_api
from app.beside import Beside
from app.security import MOST_HEADERS, Access, AccessOfFile, ImpatientProtocol, access_for
from app.server import make_app
from app.site import Site
from data.config import FILE_NAME, Settings, load_settings
from data.errors import InputError, LeadscoreError
from data.sources import version_of
from data.workspace import Workspace
from pipelines.console import say
from pipelines.last_run import settings_of_last_run

MOST_CONNECTIONS = 900
"""A system lets a process open a thousand files or so."""
Held = TypeVar("Held")


def serve(workspace: Workspace, host: str, port: int, config: Path | None = None) -> None:
    """Serve the pages and the API until stopped, to those whom the settings file names at each moment.

    Without one, it is those whom the settings of the last run named when the server was started.
    Raises InputError where the address cannot be served on, or anybody could open the pages there.
    """
    access_now = access_of(workspace, host, config)
    pages = make_app(workspace, access_now)
    api = make_api(pages.state.site, access_now, _held(partial(_beside_pages, host), workspace, config))
    _serve(Beside(pages, api), pages.state.site, host, port, "Pages")


def serve_api(workspace: Workspace, host: str, port: int, config: Path | None = None) -> None:
    """Serve the API alone until stopped, to the clients of the settings, which are read as for the pages.

    Raises InputError where the address cannot be served on, or anybody could ask there.
    """
    names_now = _held(lambda settings: Access(settings.pages, {}, host), workspace, config)
    api_access_now = _held(partial(api_access_for, host), workspace, config)
    with closing(Site(workspace)) as site:
        _serve(make_api(site, names_now, api_access_now), site, host, port, "API")


def _serve(app: ASGIApp, site: Site, host: str, port: int, what: str) -> None:
    # Nobody may say for a client where it comes from: the proxy is known by its own address.
    server = uvicorn.Server(config_of(app))
    log_requests()
    with listening(host, port) as listener:
        load(site)
        say(f"{what}: http://{_named(host)}:{listener.getsockname()[1]} (Ctrl+C ends)")
        server.run([listener])


def access_of(workspace: Workspace, host: str, config: Path | None) -> Callable[[], Access]:
    """Return who may open the pages: as a settings file says it, or as the last run did. Raises InputError."""
    return _held(lambda settings: access_for(host, settings.pages), workspace, config)


def _beside_pages(host: str, settings: Settings) -> ApiAccess:
    return api_access_for(host, settings, access_for(host, settings.pages))


def _held(make: Callable[[Settings], Held], workspace: Workspace, config: Path | None) -> Callable[[], Held]:
    """Return what is made of a settings file, anew whenever it changes; without one of the settings of the last run."""
    if config is None:
        made = make(settings_of_last_run(workspace) or Settings(tables={}))
        return lambda: made
    file = config / FILE_NAME if config.is_dir() else config
    return AccessOfFile(lambda: make(load_settings(config)), lambda: version_of(file))


def log_requests() -> None:
    """Write a line of JSON for each request to the API to standard error."""
    log = logging.getLogger("leadscore.api")
    if not log.handlers:
        log.addHandler(logging.StreamHandler(sys.stderr))
        log.setLevel(logging.INFO)
        log.propagate = False


def config_of(app: ASGIApp) -> uvicorn.Config:
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
