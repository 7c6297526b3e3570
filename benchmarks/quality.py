"""How well does it predict next month's leads, beside what others would have predicted from the same file?

    python -m benchmarks.quality --data FOLDER [--origins 5] [--newest] [--only bank taxi]     public tables, flat mode
    python -m benchmarks.quality --simulator [--leads 320000]               beside the truth, and beside more data

Public tables: ahead of rolling origins inside the older 80 % of each, and with ``--newest`` on the newest 20 %, the
whole product trains on the rows before and scores the rows after. Peers are fitted on the same rows: the base rate,
plain logistic regression, LightGBM and CatBoost as they come, and with ``--flaml 60`` what FLAML finds in so many
seconds. Significance is a paired bootstrap, 95 %. At the end come the mean ranks over all tables, to the letter and
where only differences of 0.003 AUC or 1 % log-loss count. Where a table has no order, its rows are shuffled once.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.public_tables import FILES, HINT, TASKS, Task
from benchmarks.ranks import ranks

Floats = npt.NDArray[np.float64]
Figures = dict[str, pd.DataFrame]


# What is compared


def train_and_score(task: Task, older: slice, later: slice) -> Floats:
    """Train the whole product on a file of older leads and score a file of later ones.

    It learns from columns that law protects too, since the peers do.
    """
    from data.columns import is_protected_name
    from data.config import flat_settings
    from data.workspace import Workspace
    from pipelines.score import LeadFiles, score
    from pipelines.train import train

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, after, out = folder / "older.csv", folder / "later.csv", folder / "scores.parquet"
        task.rows[older].to_csv(before, index=False)
        task.rows[later].drop(columns=task.outcome).to_csv(after, index=False)
        roles = {"lead_id": task.id, "outcome": task.outcome, "closed": ""}
        order = {"created": task.created, "order": "rows" if task.in_order and not task.created else ""}
        settings = flat_settings(before, None, won=None, lost=None, **roles, **order)
        workspace = Workspace.at(folder / "workspace")
        protected = [name for name in task.rows if is_protected_name(name)]
        train(settings.model_copy(update={"drop": list(task.drop), "keep": protected}), workspace)
        score(workspace, leads=LeadFiles(after, task.id, None), out=out)
        return pd.read_parquet(out)["probability"].to_numpy()


def peers(task: Task, older: slice, later: slice, flaml: int = 0) -> Iterator[tuple[str, Floats]]:
    """Fit what others would, on the same columns, with the settings that each library comes with.

    FLAML searches for so many seconds, and is left out with none.
    """
    from catboost import CatBoostClassifier
    from lightgbm import LGBMClassifier

    yield from plain_peers(task, older, later)
    before, after, won, levels = _split(task, older, later)
    as_levels = before.astype(dict.fromkeys(levels, "category"))
    known_levels = {name: after[name].where(after[name].isin(before[name])) for name in levels}
    as_known = after.assign(**known_levels).astype({name: as_levels[name].dtype for name in levels})
    yield "LightGBM", LGBMClassifier(verbose=-1).fit(as_levels, won).predict_proba(as_known)[:, 1]
    boosted = CatBoostClassifier(verbose=0, cat_features=levels, allow_writing_files=False, random_seed=0)
    yield "CatBoost", boosted.fit(before, won).predict_proba(after)[:, 1]
    if flaml:
        from flaml import AutoML

        automl = AutoML()
        automl.fit(as_levels, won, task="classification", metric="log_loss", time_budget=flaml, verbose=0, seed=0)
        yield "FLAML", np.asarray(automl.predict_proba(as_known))[:, 1]


def plain_peers(task: Task, older: slice, later: slice) -> Iterator[tuple[str, Floats]]:
    """Fit the base rate and plain logistic regression."""
    before, after, won, levels = _split(task, older, later)
    yield "base rate", np.full(len(after), won.mean())
    yield "logistic", _logistic(levels, before).fit(before, won).predict_proba(after)[:, 1]


def _split(task: Task, older: slice, later: slice) -> tuple[pd.DataFrame, pd.DataFrame, npt.NDArray, list[str]]:
    known = _typed(task)
    return known.iloc[older], known.iloc[later], task.labels[older], [n for n in known if known[n].dtype == object]


def _typed(task: Task) -> pd.DataFrame:
    """Return the columns as pandas would read them: numbers where all cells are, else levels."""
    left_out = {*task.drop, task.outcome, task.id, task.created}
    known = task.rows[[name for name in task.rows if name not in left_out]].replace("Select", None)
    typed = {}
    for name, cells in known.items():
        numbers = pd.to_numeric(cells, errors="coerce")
        is_number = numbers.notna().sum() == cells.notna().sum() > 0
        typed[name] = numbers.astype(float) if is_number else cells.fillna("?").astype(object)
    return pd.DataFrame(typed).set_axis([f"column {number}" for number in range(len(typed))], axis="columns")


def _logistic(levels: list[str], before: pd.DataFrame):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in before if name not in levels]
    columns = ColumnTransformer(
        [
            ("levels", OneHotEncoder(handle_unknown="ignore"), levels),
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


# Public tables


def run_tasks(names: list[str], args: argparse.Namespace) -> None:
    """Print the figures of each table, and at the end the mean ranks over all."""
    means: list[Figures] = []
    for name in names:
        try:
            task = TASKS[name](args.data)
        except ModuleNotFoundError:
            print(f"{name} is left out: {HINT}", flush=True)
            continue
        spans = spans_of(args.origins, newest=args.newest)
        predictions = [_predictions_at(task, start, end, args) for start, end in spans]
        figures = _print_task(task, spans, predictions)
        means.append({metric: table.mean().to_frame(task.name).T for metric, table in figures.items()})
        _print_ranks(means)


def spans_of(origins: int, *, newest: bool) -> list[tuple[float, float]]:
    """Return which share of the rows lies ahead of each origin: from where to where.

    >>> spans_of(1, newest=False), spans_of(5, newest=True)
    ([(0.6, 0.8)], [(0.8, 1.0)])
    """
    if newest:
        return [(0.8, 1.0)]
    edges = np.linspace(0.3, 0.8, origins + 1) if origins > 1 else np.array([0.6, 0.8])
    return list(pairwise(edges.round(6).tolist()))


def _predictions_at(task: Task, start: float, end: float, args: argparse.Namespace) -> dict[str, Floats]:
    count = len(task.rows)
    older, later = slice(0, int(start * count)), slice(int(start * count), int(end * count))
    began = time.perf_counter()
    predictions = {"leadscore": train_and_score(task, older, later)}
    print(f"{task.name}: trained on {older.stop:,} rows and scored in {time.perf_counter() - began:.0f} s", flush=True)
    if args.peers is None:
        return predictions | dict(peers(task, older, later, args.flaml))
    cached = args.peers / f"{task.name} {start} {end} {args.flaml}.parquet"
    if not cached.exists():
        args.peers.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(dict(peers(task, older, later, args.flaml))).to_parquet(cached)
    return predictions | {name: column.to_numpy() for name, column in pd.read_parquet(cached).items()}


def _print_task(task: Task, spans: list[tuple[float, float]], predictions: list[dict[str, Floats]]) -> Figures:
    from models.metrics import auc, difference, log_losses

    won = [task.labels[int(start * len(task.rows)) : int(end * len(task.rows))] for start, end in spans]
    figures = {
        metric: pd.DataFrame(
            [{name: of(p, y) for name, p in each.items()} for each, y in zip(predictions, won, strict=True)]
        )
        for metric, of in (("auc", auc), ("log_loss", lambda p, y: float(log_losses(p, y).mean())))
    }
    for metric, table in figures.items():
        shown = table.assign(rows=[f"{start:.0%}-{end:.0%}" for start, end in spans]).set_index("rows")
        print(f"\n{task.name}, {metric.replace('_', '-')} ahead of each origin")
        print(pd.concat([shown, shown.mean().to_frame("mean").T]).round(4).to_string())
        others = table.drop(columns="leadscore").mean()
        best = others.idxmax() if metric == "auc" else others.idxmin()
        print(f"  less the best single peer, {best}, 95 %:")
        for (start, end), each, outcome in zip(spans, predictions, won, strict=True):
            apart = difference(each["leadscore"], each[best], outcome, np.arange(len(outcome)))
            value, (low, high) = getattr(apart, metric), getattr(apart, f"{metric}_ci")
            worse = high < 0 if metric == "auc" else low > 0
            said = "  significantly worse" if worse else ""
            print(f"  {start:.0%}-{end:.0%}  {value:+.4f} ({low:+.4f} to {high:+.4f}){said}")
    print(flush=True)
    return figures


def _print_ranks(means: list[Figures]) -> None:
    """Print the mean rank of each scorer over the tables so far, and on which of them how many peers are ahead."""
    for metric in ("auc", "log_loss"):
        figures = pd.concat([each[metric] for each in means])
        letter, level = (ranks(figures, metric, allowance=allowance) for allowance in (False, True))
        shown = pd.DataFrame({"to the letter": letter.mean(), "with allowance": level.mean()}).T
        print(f"mean rank over {len(means)} tables, {metric.replace('_', '-')}\n{shown.round(2).to_string()}")
        behind = (level["leadscore"] - 1).loc[lambda ahead: ahead > 0]
        print("  peers ahead: " + (", ".join(f"{name} {count}" for name, count in behind.items()) or "none"))
    print(flush=True)


# Beside the truth


def run_simulator(leads: int, share: float) -> None:
    """Learn from a share of simulated leads and from all of them; compare both with the truth on the same test rows."""
    from data.config import load_settings
    from data.simulator import simulate
    from data.workspace import Workspace
    from models.blend import probabilities
    from models.metrics import auc, calibration_error, evaluate
    from models.rules import with_points
    from models.training import Effort, TimeSplits, fit_blend, learn, search_recipe, split_table
    from pipelines.training_data import read_training_data, usable_rules

    with tempfile.TemporaryDirectory() as name:
        funnel = simulate(leads, Path(name) / "crm")
        settings = load_settings(funnel.config)
        table = read_training_data(settings, Workspace.at(Path(name) / "workspace")).table
        truth = pd.read_parquet(settings.truth).astype({"as_of": "datetime64[us, UTC]"})
    truth["as_of"] = truth["as_of"].dt.tz_localize(None)
    rules = usable_rules(settings, table.schema)
    chosen = np.random.default_rng(0).permutation(table.rows["lead_id"].unique())
    in_share = table.rows["lead_id"].isin(chosen[: int(share * len(chosen))]).to_numpy()
    some = table.subset(in_share)
    began = time.perf_counter()
    learned = learn(some, rules, seed=0, effort=Effort.of(settings.effort, settings.trials))
    splits = split_table(some, 0)
    tested = some.rows[splits.test]
    possible = tested.merge(truth, on=["lead_id", "as_of"], how="left")["probability"].to_numpy()
    won, probability = some.won[splits.test], learned.tested["model"]
    print(f"{len(some):,} snapshots, {int(splits.test.sum()):,} to test on, {time.perf_counter() - began:.0f} s")
    measured = evaluate(probability, won, tested["group"].to_numpy())
    print(f"AUC {measured.auc:.4f} {measured.auc_ci}, log-loss {measured.log_loss:.4f}, ECE {measured.ece:.4f}")
    off, best = calibration_error(probability, possible), auc(possible, won)
    print(f"mean |p - p_true| over ten bins: {off:.4f}; best possible AUC {best:.4f}")

    times, horizon = table.rows["as_of"], pd.Timedelta(days=table.horizon)
    fit_end, tune_start = some.rows["as_of"][splits.fit].max(), some.rows["as_of"][splits.tune].min()
    fit = (times <= fit_end).to_numpy()
    tune = ((times >= tune_start) & (times <= tested["as_of"].min() - horizon)).to_numpy()
    table = replace(table, features=with_points(learned.rules, table.features))
    search = search_recipe(
        table.subset(fit | tune),
        with_points=rules is not None,
        effort=Effort.of(settings.effort, settings.trials),
        seed=0,
    )
    model = fit_blend(search.recipe, table, TimeSplits(fit, tune, fit & tune, "by time"), seed=0)
    assert model is not None, "so many leads hold"
    more = auc(probabilities(model, with_points(learned.rules, some.features)[splits.test]), won)
    lost = (more - measured.auc) / (more - 0.5)
    print(f"learned from {int((fit | tune).sum()):,} snapshots: AUC {more:.4f}; {lost:.1%} of its AUC - 0.5 are lost")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with x-education, olist, bank-marketing and hubspot")
    parser.add_argument("--only", nargs="+", choices=TASKS, help="some of the tables")
    parser.add_argument("--origins", type=int, default=5, help="rolling origins; with 1, from 60 %% to 80 %%")
    parser.add_argument("--newest", action="store_true", help="the newest 20 %%, once per release")
    parser.add_argument("--peers", type=Path, help="folder that keeps what peers predicted, for another run")
    parser.add_argument("--flaml", type=int, default=0, help="seconds of FLAML as a further peer")
    parser.add_argument("--simulator", action="store_true", help="simulated leads, beside the truth")
    parser.add_argument("--leads", type=int, default=320_000, help="leads to simulate")
    parser.add_argument("--share", type=float, default=0.17, help="share of them to learn from")
    args = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does: threads do not spin while they wait
    tables = args.only or [name for name in TASKS if args.data or name not in FILES]
    if not args.simulator or args.data or args.only:
        run_tasks(tables, args)
    if args.simulator:
        run_simulator(args.leads, args.share)


if __name__ == "__main__":
    main()
