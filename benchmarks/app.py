"""The pages under 20 clients at once, with a million leads in SQLite, beside the bare SQL of each page in the same run.

    python -m benchmarks.app --leads 1000000
    python -m benchmarks.app --leads 20000 --page list

A small funnel is simulated, trained on and scored; its scores are drawn again and again, with other ids and other
probabilities, into a store of so many leads and two runs that lie eight days apart. Then the server of `leadscore
serve` runs in a process of its own, and each page is asked for by 20 clients at once. The bare SQL is what the server
asks its store for that page, recorded there, and carried out by 20 threads with the `sqlite3` module alone; as each
thread carries out many before it lets another go on, most of these do not wait, while 20 clients always do. So each
page is also asked for by one client alone, and so is a file, for which no SQL is asked: no page can be faster.
At the end the list is asked for once more beside 300 connections whose request never ends.
Prints medians and 99th percentile in milliseconds, and exits with 1 where any answer was an error.
"""

from __future__ import annotations

import argparse
import http.client
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

CLIENTS = 20
SECONDS = 8.0
HALF_OPEN = 300
HELD = 9.0
"""Connections that send the beginning of a request and no end; the server closes each after ten seconds, so they are
opened anew before."""
CHUNK = 50_000
NOW = pd.Timestamp("2026-01-01")
OWNERS = [f"Owner {number}" for number in range(40)]
Asked = tuple[str, Sequence]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--page", help="the page that is asked for, by default all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadscore-benchmark-") as folder:
        sys.exit(run(options.leads, Path(folder), options.page))


def run(leads: int, folder: Path, page: str | None = None) -> int:
    """Fill a store, ask all pages, and return 1 where an answer was an error, else 0."""
    from data.workspace import Workspace

    workspace = Workspace.at(folder / "var")
    some = learned(folder, workspace)
    began = time.perf_counter()
    fill(workspace, some, leads)
    print(f"{leads:,} leads in SQLite, {time.perf_counter() - began:.0f} s to write; {CLIENTS} clients at once")
    print(f"{'page':<22}{'alone':>8}{'asked':>8}{'median':>9}{'p99':>9}{'errors':>8}{'bare SQL':>10}{'ratio':>8}")
    pages = {name: chosen for name, chosen in addresses(leads).items() if name in (page or name, "list")}
    asked = {name: recorded(workspace, chosen) for name, chosen in pages.items()}
    with Served(workspace) as port:
        errors = sum(line(name, chosen, port, asked[name], workspace) for name, chosen in pages.items())
        with half_open(port):
            errors += line(f"list, {HALF_OPEN} half-open", pages["list"], port, asked["list"], workspace)
    return int(errors > 0)


def learned(folder: Path, workspace) -> pd.DataFrame:
    """Train on a small funnel and score it; return its scores, which are then taken out of the store."""
    import sqlalchemy as sa

    from data.config import load_settings
    from data.simulator import simulate
    from data.store import SCORES, open_store
    from pipelines.score import score
    from pipelines.train import train

    settings = load_settings(simulate(1500, folder / "tables").config)
    train(settings.model_copy(update={"trials": 0}), workspace)
    score(workspace, as_of=NOW)
    with open_store(workspace.store) as store, store.transaction() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(SCORES)).mappings()]
        connection.execute(sa.delete(SCORES))
        connection.execute(sa.text("DELETE FROM leadscore_runs"))
    return pd.DataFrame(rows).drop(columns="run_id")


def fill(workspace, some: pd.DataFrame, leads: int) -> None:
    """Write two runs: all leads, and eight days later the tenth of them whose score changed."""
    from data.store import open_store

    with open_store(workspace.store, writing=True) as store:
        codebook = store.codebook("1")
        for moment, share in ((NOW - timedelta(days=8), 1.0), (NOW, 0.1)):
            begun = store.begin(as_of=moment.to_pydatetime(), model_version="1", codebook=codebook)
            for start in range(0, leads, CHUNK):
                store.add(begun, drawn(some, start, min(CHUNK, leads - start), moment, share))
            store.publish(begun)


def drawn(some: pd.DataFrame, start: int, count: int, moment: pd.Timestamp, share: float) -> pd.DataFrame:
    """Draw scores for leads of these numbers; the same for both moments, but for a share of them."""
    draw = np.random.default_rng(start)
    rows = some.iloc[draw.integers(0, len(some), count)].reset_index(drop=True)
    probability = rows["probability"] * draw.uniform(0.8, 1.0, count)
    changed = draw.uniform(size=count) < share if share < 1 else np.zeros(count, dtype=bool)
    number = np.arange(start, start + count)
    return rows.assign(
        lead_id=[f"00Q{each:012d}" for each in number],
        as_of=moment,
        probability=probability + changed * 1e-3,
        score=np.clip(rows["score"] + changed * draw.integers(-9, 10, count), 0, 100),
        owner=draw.choice(OWNERS, count),
        company=[f"Company {each}" for each in draw.permutation(number)],
        digest=number * 2 + changed,
    )


def addresses(leads: int) -> dict[str, list[str]]:
    """Return the pages that are asked, each with some addresses that are taken in turn."""
    draw = random.Random(0)
    ids = [f"00Q{draw.randrange(leads):012d}" for _ in range(400)]
    cursors = [f"/leads?after={draw.randrange(20, 100)}:0.1:00Q" for _ in range(100)]
    return {
        "list": ["/leads"],
        "list, further on": cursors,
        "list, hot and mine": [f"/leads?band=hot&owner={owner.replace(' ', '+')}" for owner in OWNERS],
        "list, went up": ["/leads?week=up"],
        "search": [f"/leads?q=Company+{draw.randrange(10, 1000)}" for _ in range(100)],
        "lead": [f"/leads/{lead}" for lead in ids],
        "panel": [f"/leads/{lead}/panel" for lead in ids],
        "grid": ["/grid"],
        "funnel": ["/funnel"],
        "model": ["/model"],
        "a file": ["/static/icon.svg"],
    }


def recorded(workspace, chosen: Sequence[str]) -> list[list[Asked]]:
    """Return what the server asks its store for each of some addresses, once it knows what it needs to know once."""
    import warnings

    import sqlalchemy as sa

    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

    from app.security import access_for
    from app.server import make_app
    from data.config import Pages

    app = make_app(workspace, access_for("127.0.0.1", Pages()))
    asked: list[list[Asked]] = []
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.get(chosen[0])
        sa.event.listen(
            app.state.site.store.engine,
            "before_cursor_execute",
            lambda *event: asked[-1].append((event[2], event[3])) if event[2].startswith("SELECT") else None,
        )
        for address in chosen[:50]:
            asked.append([])
            client.get(address)
    return asked


class Served:
    """The server of `leadscore serve` in a process of its own, for as long as the block lasts."""

    def __init__(self, workspace) -> None:
        command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--workspace", str(workspace.root)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline().split(":")[-1].split()[0].rstrip("/"))

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


@contextmanager
def half_open(port: int) -> Iterator[None]:
    """Hold connections open with the beginning of a request, for as long as the block lasts."""
    are_open, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        while not is_over.is_set():
            with ExitStack() as connections:
                for _ in range(HALF_OPEN):
                    connection = connections.enter_context(socket.create_connection(("127.0.0.1", port)))
                    connection.sendall(b"GET /leads HTTP/1.1\r\nHost: 127.0.0.1\r\n")
                are_open.set()
                is_over.wait(HELD)

    thread = threading.Thread(target=hold)
    thread.start()
    are_open.wait()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def line(name: str, chosen: Sequence[str], port: int, asked: list[list[Asked]], workspace) -> int:
    """Ask for a page, print what came of it, and return how many answers were errors."""
    one = http.client.HTTPConnection("127.0.0.1", port)
    statuses: list[int] = []

    def ask(connection: http.client.HTTPConnection, number: int) -> None:
        connection.request("GET", chosen[number % len(chosen)])
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)

    ask(one, 0)  # what is known until the next run is counted once
    connect = partial(http.client.HTTPConnection, "127.0.0.1", port)
    alone = np.median(at_once(connect, ask, clients=1))
    durations = at_once(connect, ask)
    file = workspace.store.removeprefix("sqlite:///")

    def carry_out(connection: sqlite3.Connection, number: int) -> None:
        for query, values in asked[number % len(asked)]:
            connection.execute(query, tuple(values)).fetchall()

    bare = at_once(lambda: sqlite3.connect(file, check_same_thread=False), carry_out)
    errors = sum(status != 200 for status in statuses)
    one, median, high, sql = (1000 * value for value in (alone, *np.quantile(durations, [0.5, 0.99]), np.median(bare)))
    line = f"{name:<22}{one:>8.1f}{len(durations):>8,}{median:>9.1f}{high:>9.1f}{errors:>8}"
    print(line + (f"{sql:>10.2f}{median / sql:>7.0f}×" if asked[0] else ""), flush=True)
    return errors


def at_once(connect: Callable, ask: Callable, clients: int = CLIENTS) -> list[float]:
    """Let clients ask one thing after the other, each on a connection of its own; return the seconds of each."""
    end = time.perf_counter() + SECONDS

    def client(number: int) -> list[float]:
        connection, seconds = connect(), []
        while (began := time.perf_counter()) < end:
            ask(connection, number + clients * len(seconds))
            seconds.append(time.perf_counter() - began)
        connection.close()
        return seconds

    with ThreadPoolExecutor(clients) as pool:
        return [each for seconds in pool.map(client, range(clients)) for each in seconds]


if __name__ == "__main__":
    main()
