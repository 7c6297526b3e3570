"""How long reading takes: leads and events as CSV files, checked and typed, beside pandas reading the same files.

    python -m benchmarks.reading --leads 1000000

There are five events for each lead. pandas reads the same columns as numbers, times and text, sorts the events by lead
and time, and drops repeated ids; it checks nothing, counts nothing and describes no column. Seconds are of the
processor (user and system), so that other work on the machine counts little. ``--code FOLDER`` reads with the code of
another checkout, so that two versions can be compared in one run.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

RUNS = 3
TYPES = ("email_open", "site_visit", "pricing_visit", "download", "webinar", "demo_request")
READ = """
import sys
from pathlib import Path
from data.config import settings_of_folder
from data.dataset import open_dataset
folder = Path(sys.argv[1])
with open_dataset(settings_of_folder(folder), workspace=folder / "var") as dataset:
    print(dataset.lead_count)
"""
PANDAS = """
import sys
import pandas as pd
folder = sys.argv[1]
text = {"lead_id": "str"}
leads = pd.read_csv(f"{folder}/leads.csv", dtype=text, parse_dates=["created_at"]).drop_duplicates("lead_id")
events = pd.read_csv(f"{folder}/events.csv", dtype={**text, "event_id": "str"}, parse_dates=["occurred_at"])
events = events.drop_duplicates("event_id").sort_values(["lead_id", "occurred_at"])
outcomes = pd.read_csv(f"{folder}/outcomes.csv", dtype=text, parse_dates=["closed_at"])
print(len(leads))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--leads", type=int, default=200_000)
    parser.add_argument("--code", type=Path, action="append", default=[], help="another checkout to compare with")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_tables(options.leads, Path(folder))
        compare(Path(folder), [Path.cwd(), *options.code], options.runs)


def compare(folder: Path, checkouts: list[Path], runs: int) -> None:
    """Read the same files by each checkout and by pandas in turn, and print the seconds of each."""
    readers = {str(code): (READ, code) for code in checkouts} | {"pandas": (PANDAS, Path.cwd())}
    seconds = {name: [] for name in readers}
    for _ in range(runs):
        for name, (script, code) in readers.items():
            seconds[name].append(processor_seconds(script, folder, code))
    least = {name: min(each) for name, each in seconds.items()}
    for name, each in seconds.items():
        runs_of_it = ", ".join(f"{one:.1f}" for one in each)
        print(f"{name:<40}{least[name]:>8.1f} s  {least[name] / least['pandas']:>5.2f} × pandas  ({runs_of_it})")


def processor_seconds(script: str, folder: Path, code: Path) -> float:
    """Return the seconds of the processor that a script takes in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", script, str(folder)], cwd=code, env={"PYTHONPATH": str(code)}, check=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_tables(leads: int, folder: Path) -> None:
    """Write leads, five events for each, and an outcome for each second lead, as CSV files."""
    draw = np.random.default_rng(0)
    ids = np.char.add("L", np.arange(leads).astype(str))
    created = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(draw.integers(0, 700 * 86400, leads)), "s")
    pd.DataFrame(
        {
            "lead_id": ids,
            "created_at": created,
            "industry": draw.choice(["Software", "Retail", "Health", "Trade"], leads),
            "employees": draw.choice(["1-10", "11-50", "51-200", "201-1000", "5000+"], leads),
            "annual_revenue": np.char.add("$", draw.integers(10_000, 10_000_000, leads).astype(str)),
            "budget": draw.integers(100, 100_000, leads),
            "country": draw.choice(["DE", "FR", "US", "PL", "IT"], leads),
            "email": np.char.add(np.char.add("p", np.arange(leads).astype(str)), "@firm.example"),
        }
    ).to_csv(folder / "leads.csv", index=False)
    of_lead = draw.integers(0, leads, 5 * leads)
    pd.DataFrame(
        {
            "lead_id": ids[of_lead],
            "occurred_at": created[of_lead] + pd.to_timedelta(draw.integers(0, 60 * 86400, 5 * leads), "s"),
            "type": draw.choice(TYPES, 5 * leads),
            "event_id": np.char.add("e", np.arange(5 * leads).astype(str)),
        }
    ).to_csv(folder / "events.csv", index=False)
    closed = np.arange(0, leads, 2)
    pd.DataFrame(
        {
            "lead_id": ids[closed],
            "closed_at": created[closed] + pd.to_timedelta(draw.integers(86400, 60 * 86400, len(closed)), "s"),
            "won": draw.integers(0, 4, len(closed)) == 0,
        }
    ).to_csv(folder / "outcomes.csv", index=False)


if __name__ == "__main__":
    main()
