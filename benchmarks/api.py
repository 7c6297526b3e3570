"""One lead scored on demand by a warm API: seconds of one request after the other, and requests a second at once.

    python -m benchmarks.api
    python -m benchmarks.api --leads 1500 --clients 20 --seconds 10

A small funnel is simulated, trained on and scored. Then `leadscore api` runs in a process of its own, and is asked for
the score of one lead with its events by one client alone, then by so many at once; at last for 1,000 leads in one
request. Beside it is what scoring alone takes in this process, without HTTP, for one lead and for 1,000 at once.
Prints medians and 99th percentile in milliseconds, and exits with 1 where any answer was an error.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

NOW = "2026-01-01T00:00:00Z"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--leads", type=int, default=1500)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--config", type=Path, help="settings of leads that are there, with --workspace")
    parser.add_argument("--workspace", type=Path, help="a workspace that was trained on them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadscore-benchmark-") as folder:
        config, workspace = options.config, options.workspace
        if config is None or workspace is None:
            config, workspace = learned(options.leads, Path(folder))
        sys.exit(run(config, workspace, options.clients, options.seconds))


def learned(leads: int, folder: Path) -> tuple[Path, Path]:
    """Simulate a funnel and train on it; return its settings, and the workspace."""
    from data.config import load_settings
    from data.simulator import simulate
    from data.workspace import Workspace
    from pipelines.train import train

    config, workspace = simulate(leads, folder / "tables").config, folder / "var"
    train(load_settings(config).model_copy(update={"trials": 0}), Workspace.at(workspace))
    return config, workspace


def run(config: Path, workspace: Path, clients: int, seconds: float) -> int:
    """Ask in all ways; return 1 where an answer was an error, else 0."""
    records = records_of(config)
    bodies = [json.dumps({"leads": [record], "as_of": NOW}) for record in records]
    many = json.dumps({"leads": (records * (1000 // len(records) + 1))[:1000], "as_of": NOW})
    print(f"{'what':<34}{'median':>9}{'p99':>9}{'a second':>10}{'errors':>8}")
    for count in (1, 1000):
        line(f"in this process, {count:,} at once", *alone(workspace, records, count), 0)
    with Served(workspace) as port:
        ask_each(port, bodies[:5])
        errors = line("API, one client", *asked(port, bodies, 1, seconds))
        errors += line(f"API, {clients} clients", *asked(port, bodies, clients, seconds))
        errors += line("API, 1,000 leads in a request", *asked(port, [many], 1, seconds))
    return int(errors > 0)


def records_of(config: Path, count: int = 200) -> list[dict[str, Any]]:
    """Return open leads with their events and stages, as a program would send them."""
    tables = {name: pd.read_parquet(config.parent / f"{name}.parquet") for name in ("leads", "events", "stages")}

    def rows(name: str, lead_id: str) -> list[dict[str, Any]]:
        table = tables[name]
        dropped = ["account_id"] if name == "leads" else ["account_id", "lead_id"]
        of_lead = table[table["lead_id"] == lead_id].drop(columns=dropped, errors="ignore")
        return json.loads(of_lead.to_json(orient="records", date_format="iso", date_unit="us"))

    ids = tables["leads"]["lead_id"].iloc[-count:]
    return [{**rows("leads", each)[0], "events": rows("events", each), "stages": rows("stages", each)} for each in ids]


def alone(workspace: Path, records: list[dict[str, Any]], count: int) -> tuple[list[float], float]:
    """Return the seconds of scoring so many leads at once without HTTP, again and again, and of all together."""
    from data.chunk import LeadRecords
    from data.workspace import Workspace
    from models.versions import Registry
    from pipelines.score import RecordScorer

    stored = Registry(Workspace.at(workspace)).champion()
    scorer = RecordScorer.of(stored, stored.settings)
    moment = pd.Timestamp(NOW).tz_localize(None)
    leads = [LeadRecords(each, each["events"], each["stages"]) for each in records]
    took = []
    for number in range(32 if count == 1 else 5):
        chosen = [leads[(number + place) % len(leads)] for place in range(count)]
        began = time.perf_counter()
        scorer.score(chosen, [moment] * count)
        took.append(time.perf_counter() - began)
    return took[2:], sum(took[2:]) / count


def asked(port: int, bodies: list[str], clients: int, seconds: float) -> tuple[list[float], float, int]:
    """Return the seconds of each answer that so many clients got, of all, and how many were errors."""
    took, errors, end = [], [0], time.perf_counter() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            began = time.perf_counter()
            errors[0] += post(connection, bodies[(number + len(took)) % len(bodies)]) != 200
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, time.perf_counter() - began, errors[0]


def ask_each(port: int, bodies: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for body in bodies:
        post(connection, body)


def post(connection: http.client.HTTPConnection, body: str) -> int:
    connection.request("POST", "/api/v1/score", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def line(what: str, took: list[float], seconds: float, errors: int) -> int:
    """Print one line; return how many errors there were."""
    median, late = np.percentile(np.array(took) * 1000, [50, 99])
    print(f"{what:<34}{median:>9.1f}{late:>9.1f}{len(took) / seconds:>10.1f}{errors:>8}")
    return errors


class Served:
    """`leadscore api` in a process of its own; gives its port."""

    def __init__(self, workspace: Path) -> None:
        command = [sys.executable, "-m", "app.cli", "api", "--port", "0", "--workspace", str(workspace)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self) -> int:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            if "http://" in text:
                return int(text.rpartition(":")[2].split()[0])
        raise RuntimeError("the API did not start")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


if __name__ == "__main__":
    main()
