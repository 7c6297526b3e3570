"""Does `leadscore monitor` fire when the market changes, and only then?

    python -m benchmarks.drift [--leads 20000] [--seeds 3]

With ``--drift`` the simulator's market changes on 2025-07-01: a model that was trained on that day is monitored month
after month, from 2025-07-31 on, until the monitor fires. Without it a model trained on 2025-04-01 is monitored in each
of the nine months that follow, over as many seeds: 27 monthly runs for three of them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pandas as pd

CHANGE, CALM_FROM, END = pd.Timestamp("2025-07-01"), pd.Timestamp("2025-04-01"), pd.Timestamp("2026-01-01")


def fired(leads: int, seed: int, trained: pd.Timestamp, *, drift: bool) -> list[list[str]]:
    """Train at a moment, and return why the monitor fired in each month after it; with drift, up to the first alarm."""
    from data.config import load_settings
    from data.simulator import Drift, simulate
    from data.workspace import Workspace
    from pipelines.monitor import monitor
    from pipelines.train import train

    reasons: list[list[str]] = []
    with tempfile.TemporaryDirectory() as name:
        funnel = simulate(leads, Path(name) / "crm", seed=seed, drift=Drift() if drift else None)
        settings = load_settings(funnel.config).model_copy(update={"as_of": trained.to_pydatetime(), "trials": 0})
        workspace = Workspace.at(Path(name) / "workspace")
        train(settings, workspace)
        for month in pd.date_range(trained, END, freq="MS")[1:]:
            as_of = month - pd.Timedelta(days=1)
            reasons.append(monitor(workspace, as_of=as_of).report.why)
            print(f"  {as_of:%Y-%m-%d}: {'; '.join(reasons[-1]) or 'no alarm'}", flush=True)
            if drift and reasons[-1]:
                break
    return reasons


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=20_000, help="leads to simulate, over 24 months")
    parser.add_argument("--seeds", type=int, default=3, help="funnels of each kind")
    args = parser.parse_args()
    late, calm = [], []
    for seed in range(args.seeds):
        print(f"seed {seed}, the market changes on {CHANGE:%Y-%m-%d}", flush=True)
        months = fired(args.leads, seed, CHANGE, drift=True)
        late.append(str(len(months)) if months[-1] else "never")
        print(f"seed {seed}, the market stays as it is", flush=True)
        calm += fired(args.leads, seed, CALM_FROM, drift=False)
    print(f"months from the change to the alarm, by seed: {', '.join(late)}")
    print(f"false alarms without a change: {sum(map(bool, calm))} in {len(calm)} monthly runs")


if __name__ == "__main__":
    main()
