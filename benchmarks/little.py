"""How well does it predict when there is little to learn from, beside what others would have predicted?

    python -m benchmarks.little --data FOLDER [--draws 20] [--only bank] [--sizes 60 200]

Leads are drawn at random from a public data set; the product learns from them with its default settings and is asked
for leads that were not drawn, beside the base rate and plain logistic regression fitted on the same rows. Figures are
mean log-losses over the draws.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from benchmarks.public_tables import TASKS, Task
from benchmarks.quality import plain_peers, train_and_score

SIZES = (60, 200, 448, 1000)
ASKED = 4000
"""Leads that were not drawn and are asked for."""


def losses_of(task: Task, size: int, draw: int) -> dict[str, float]:
    """Return the log-loss of each scorer for one draw."""
    from models.metrics import log_losses

    random = np.random.default_rng([size, draw])
    drawn = np.sort(random.permutation(len(task.rows))[: size + ASKED])
    learned_from = np.sort(random.permutation(len(drawn))[:size])
    asked = np.setdiff1d(np.arange(len(drawn)), learned_from)
    some = replace(task, rows=task.rows.iloc[drawn].iloc[np.concatenate([learned_from, asked])])
    older, later = slice(0, size), slice(size, None)
    probabilities = {"leadscore": train_and_score(some, older, later), **dict(plain_peers(some, older, later))}
    return {name: float(log_losses(each, some.labels[later]).mean()) for name, each in probabilities.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with x-education and bank-marketing")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--only", choices=("education", "bank"))
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    args = parser.parse_args()
    for name in [args.only] if args.only else ["education", "bank"]:
        task = TASKS[name](args.data)
        for size in args.sizes:
            losses = Parallel(n_jobs=-1)(delayed(losses_of)(task, size, draw) for draw in range(args.draws))
            mean = pd.DataFrame(losses).mean()
            best = mean.drop("leadscore").min()
            figures = ", ".join(f"{scorer} {loss:.4f}" for scorer, loss in mean.items())
            print(
                f"{task.name}, {size} leads: {figures}; {mean['leadscore'] / best - 1:+.1%} of the better", flush=True
            )


if __name__ == "__main__":
    main()
