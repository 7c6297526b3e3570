"""What comparing leads with the training shows, and what follows from it, in sentences for a data scientist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import Feature, happened_between
from models.monitoring import drift
from models.monitoring.baseline import Baseline, independent
from models.monitoring.drift import FEWEST_EXPECTED, FEWEST_LEADS, WINDOW, FeatureShift, MaturedOutcomes, Shift, Wins
from models.monitoring.feeds import ALL_EVENTS, StoppedFeed

MOST_FEATURES = 8
"""Shifted features that are named; the others are counted."""
DAY = pd.Timedelta(days=1)
MAY_BE_LEARNED = (
    "Nothing tells which of these leads were learned from: give only leads that are newer than the training."
)


@dataclass(frozen=True)
class TrainingRecord:
    """What leads are compared with: the training of a version.

    horizon   in days; None in flat mode
    features  those of the version; ``unused`` names the ones that its model does not use
    metrics   of what is served, as ``train --json`` has them
    data_end  where the data of the training ended: naive UTC, missing in flat mode
    """

    baseline: Baseline
    horizon: int | None
    features: Sequence[Feature]
    unused: Sequence[str]
    metrics: Mapping[str, Any]
    data_end: pd.Timestamp
    seed: int


@dataclass(frozen=True)
class RecentSnapshots:
    """Snapshots of leads since the training.

    rows: ``group`` (account, else lead), ``as_of``, ``closed_at`` and ``won`` as the data have them, ``won_at``
    (missing unless won by then), ``age`` (its place among the ages of snapshots), ``probability``.
    """

    rows: pd.DataFrame
    features: pd.DataFrame

    def subset(self, mask: pd.Series) -> RecentSnapshots:
        """Return the rows of a mask."""
        return RecentSnapshots(self.rows[mask], self.features[mask])

    @property
    def groups(self) -> npt.NDArray:
        return self.rows["group"].to_numpy()

    @property
    def probability(self) -> npt.NDArray[np.float64]:
        return self.rows["probability"].to_numpy()


@dataclass(frozen=True)
class DriftReport:
    """All comparisons with the training; those that could not be made are None or empty, and ``notes`` say why.

    leads     that were compared in the window, accounts with several counting for less
    score     shift of the model's probabilities; features: the largest shift first
    wins      of the days since ``wins_since``; groups: of the levels of categories, the least likely first
    outcomes  since the training; then: the metrics of that training
    stopped   feeds of events that have stopped: what they feed is not compared, and where all events have, nothing is
    """

    as_of: pd.Timestamp
    leads: float
    score: Shift
    features: Sequence[FeatureShift]
    then: Mapping[str, Any]
    wins: Wins | None = None
    wins_since: pd.Timestamp | None = None
    groups: Sequence[Wins] = ()
    outcomes: MaturedOutcomes | None = None
    notes: Sequence[str] = ()
    stopped: Sequence[StoppedFeed] = ()

    @property
    def asks_for_action(self) -> bool:
        """Return whether somebody has to train again, or to look after a feed."""
        return bool(self.why or self.stopped)

    @property
    def has_no_events(self) -> bool:
        """Return whether all events have stopped: leads then look like leads that do nothing."""
        return any(feed.type == ALL_EVENTS for feed in self.stopped)

    @property
    def is_conclusive(self) -> bool:
        """Return whether anything could be compared: leads, wins or outcomes."""
        return self.leads >= FEWEST_LEADS or self.wins is not None or self.outcomes is not None

    @property
    def verdict(self) -> str:
        """Say in a sentence what follows."""
        if self.why:
            return "Retrain: the world has moved away from the model."
        if self.stopped:
            feeds = "; ".join(feed.words for feed in self.stopped)
            return f"{feeds[0].upper()}{feeds[1:]} Mend it and look again; if it has ended for good, train again."
        if self.is_conclusive:
            watched = f"; but watch: {'; '.join(self.watch)}" if self.watch else ""
            return f"No drift that asks for a training{watched}."
        leads = f"{self.leads:,.0f} leads to look at, where {FEWEST_LEADS} are needed"
        return f"Nothing could be judged: {leads}, and too few outcomes."

    @property
    def why(self) -> list[str]:
        """Return the reasons to train again; none where nothing has drifted, or no events are there to see it by."""
        if self.has_no_events:
            return []
        counted = (sentence for wins, sentence in self._counted() if drift.is_off(wins))
        return [*counted, *self._of_groups(), *self._of_ranking(), *self._of_score(), *self._of_features()]

    @property
    def watch(self) -> list[str]:
        """Return the counts that chance hardly explains (95 %), and that do not ask for a training yet."""
        return [
            sentence
            for wins, sentence in self._counted()
            if not wins.low <= wins.won <= wins.high and not drift.is_off(wins)
        ]

    def _counted(self) -> Iterator[tuple[Wins, str]]:
        """Yield the wins that were counted, each with a sentence that sets them beside those that were expected."""
        if self.wins is not None:
            yield self.wins, f"Wins {self._days}: {self.wins.won:,}, where the model expects {_expected(self.wins)}"
        if self.outcomes is not None:
            wins, rows = self.outcomes.wins, self.outcomes.metrics.rows
            expected = f"{_expected(wins)} were expected"
            yield wins, f"Of {rows:,} outcomes since the training {wins.won:,} are wins, where {expected}"

    @property
    def _days(self) -> str:
        return f"from {_day(self.wins_since)} to {_day(self.as_of)}" if self.wins_since is not None else ""

    def _of_groups(self) -> Iterator[str]:
        for group in drift.off_groups(self.groups):
            in_line = f"{_expected(group)} would be in line with all other leads"
            yield f"Wins {self._days} of leads with {group.group}: {group.won:,}, where {in_line}"

    def _of_ranking(self) -> Iterator[str]:
        if self.outcomes is not None and self._ranks_worse(self.outcomes):
            metrics = self.outcomes.metrics
            now, before = _figure(metrics.auc, metrics.auc_ci), _figure(self.then["auc"], self.then["auc_ci"])
            yield f"The AUC on outcomes since the training is {now}, and was {before}"

    def _ranks_worse(self, outcomes: MaturedOutcomes) -> bool:
        """Return whether the ranking got worse; of hardly any wins, or losses, nobody can say."""
        minority_count = min(outcomes.wins.won, outcomes.metrics.rows - outcomes.wins.won)
        if minority_count < FEWEST_EXPECTED or self.then["auc"] is None:
            return False
        return drift.ranks_worse(outcomes.metrics, self.then["auc_ci"], self.then["auc"])

    def _of_score(self) -> Iterator[str]:
        if self.leads >= FEWEST_LEADS and not self.stopped and drift.has_shifted(self.score):
            yield f"The scores have shifted: {_index(self.score.psi, self.score.noise)}"

    def _of_features(self) -> Iterator[str]:
        shifted = [feature for feature in self.features if feature.status == "shifted"]
        for feature in shifted[:MOST_FEATURES]:
            yield f"{feature.feature} has shifted: {_index(feature.psi, feature.noise)}{_changes(feature)}"
        if len(shifted) > MOST_FEATURES:
            yield f"{len(shifted) - MOST_FEATURES} more features have shifted"

    def as_json(self) -> dict[str, Any]:
        return {
            "retrain": bool(self.why),
            "judged": self.is_conclusive,
            "verdict": self.verdict,
            "why": self.why,
            "watch": self.watch,
            "notes": list(self.notes),
            "stopped": [
                {"type": feed.type, "last": f"{feed.last:%Y-%m-%d}", "words": feed.words} for feed in self.stopped
            ],
            "leads": round(self.leads),
            "score": {"psi": self.score.psi, "noise": self.score.noise},
            "features": [asdict(feature) for feature in self.features],
            "wins": self.wins and {"since": f"{self.wins_since.isoformat()}Z", **asdict(self.wins)},  # type: ignore[union-attr]
            "groups": [asdict(group) for group in self.groups],
            "outcomes": self.outcomes and outcomes_as_json(self.outcomes, self.then),
            "limits": LIMITS,
        }


LIMITS = {
    "psi": drift.SHIFTED,
    "psi_watched": drift.WATCHED,
    "unseen_share": drift.NEW_LEVELS,
    "wins": drift.OFF_BY,
    "wins_of_groups": drift.GROUP_OFF_BY,
    "auc": drift.AUC_FALLS,
    "false_alarms": drift.FALSE_ALARMS,
}
"""What is held to be large, as it is printed."""


def outcomes_as_json(outcomes: MaturedOutcomes, then: Mapping[str, Any]) -> dict[str, Any]:
    """Return matured outcomes as they are printed, with the figures of the training beside them."""
    metrics, wins = outcomes.metrics.as_dict(), outcomes.wins
    shown = ("auc", "auc_ci", "log_loss", "log_loss_ci", "lift_10", "lift_10_ci", "ece", "ece_ci", "base_rate")
    return {
        "matured": metrics["rows"],
        "won": wins.won,
        "expected": wins.expected,
        "expected_ci": (wins.low, wins.high),
        "calibration": outcomes.calibration,
        "calibration_ci": outcomes.calibration_ci,
        **{name: metrics[name] for name in shown},
        "then": {name: then[name] for name in shown},
    }


# How it comes about


def compare_with_training(
    recent: RecentSnapshots,
    training: TrainingRecord,
    as_of: pd.Timestamp,
    *,
    unlearned: bool,
    stopped: Sequence[StoppedFeed] = (),
) -> DriftReport:
    """Compare leads with the training of a version.

    ``unlearned`` says that the leads are others than those of the training: in flat mode outcomes have no moments, and
    can be compared only then. ``stopped`` are feeds of events that have.
    """
    baseline, timed = training.baseline, training.horizon is not None
    window = recent.subset(recent.rows["as_of"] > as_of - WINDOW * DAY) if timed else recent
    leads, features, groups = independent(window.groups), window.features, window.groups
    report = DriftReport(
        as_of=as_of,
        leads=leads,
        score=drift.score_shift(baseline, features, window.probability, groups),
        features=drift.feature_shifts(training.features, baseline, features, groups, training.unused, stopped),
        then=training.metrics,
        notes=[] if leads >= FEWEST_LEADS else [_too_few(leads, timed=timed)],
        stopped=stopped,
    )
    if timed:
        return _with_outcomes(_with_wins(report, recent, training), recent, training)
    return _with_final_outcomes(report, recent, training, unlearned=unlearned)


def _with_wins(report: DriftReport, recent: RecentSnapshots, training: TrainingRecord) -> DriftReport:
    """Add the wins of the window, as far as it lies after the training, beside those that the model expects."""
    as_of, horizon, baseline = report.as_of, training.horizon or 0, training.baseline
    since = max(as_of - WINDOW * DAY, training.data_end)
    if since >= as_of:
        return _with_note(report, "No day has passed since the training: wins are not judged.")
    alive = recent.subset(recent.rows["as_of"] > since - horizon * DAY)
    counted, unsure = drift.expected_wins(alive.rows, baseline, since, as_of, horizon)
    wins = drift.compare_wins(counted, alive.groups, baseline.wins, unsure)
    # That no lead closed at all looks like a table that is not kept up to date, and not like a collapse.
    closed = happened_between(alive.rows["closed_at"], since, as_of).any()
    if not closed:
        expected = f"{wins.expected:.1f} wins are expected"
        return _with_note(
            report, f"No lead is known to have closed since {_day(since)}, though {expected}: not judged."
        )
    spared = {each.feature for each in report.features if each.status in ("calendar", "unused")}
    categories = [each for each in training.features if each.categorical and each.name not in spared]
    groups = drift.group_wins(categories, baseline, alive.features, counted, alive.groups)
    report = replace(report, wins=wins, wins_since=since, groups=groups)
    if wins.expected < FEWEST_EXPECTED:
        few = f"Only {wins.expected:.1f} wins are expected since {_day(since)}: little can be seen."
        return _with_note(report, few)
    return report


def _with_outcomes(report: DriftReport, recent: RecentSnapshots, training: TrainingRecord) -> DriftReport:
    """Add the outcomes of snapshots whose whole window lies after the training."""
    horizon = (training.horizon or 0) * DAY
    began, first = recent.rows["as_of"], training.data_end
    matured = recent.rows[(began >= first) & (began + horizon <= report.as_of)]
    if not len(matured):
        first_outcome = _day(first + horizon)
        return _with_note(report, f"No outcome has matured since the training; the first will by {first_outcome}.")
    if not happened_between(recent.rows["closed_at"], first, report.as_of).any():
        return _with_note(report, "No lead is known to have closed since the training: outcomes are not judged.")
    won = (matured["won_at"] <= matured["as_of"] + horizon).to_numpy(int)
    return _with_measured(report, matured, won, training)


def _with_final_outcomes(
    report: DriftReport, recent: RecentSnapshots, training: TrainingRecord, *, unlearned: bool
) -> DriftReport:
    """Add the outcomes of leads that the model has not learned from, where outcomes have no moments."""
    known = recent.rows[recent.rows["won"].notna()]
    if not unlearned:
        without_moments = "Outcomes have no moments here: give leads that are newer than the training (--leads)."
        return _with_note(report, without_moments)
    if not len(known):
        return _with_note(report, "No outcome is known of these leads.")
    return _with_measured(_with_note(report, MAY_BE_LEARNED), known, known["won"].to_numpy(int), training)


def _with_measured(
    report: DriftReport, rows: pd.DataFrame, won: npt.NDArray[np.int64], training: TrainingRecord
) -> DriftReport:
    """Add outcomes where enough wins, and enough losses, have come or were expected: that none came says much."""
    probability, groups = rows["probability"].to_numpy(), rows["group"].to_numpy()
    wins, losses = (max(come.sum(), likely.sum()) for come, likely in ((won, probability), (1 - won, 1 - probability)))
    if min(wins, losses) < FEWEST_EXPECTED:
        counts = f"{won.sum():,} are wins, where {probability.sum():.1f} were expected"
        return _with_note(report, f"Of {len(won):,} outcomes since the training {counts}: too few to judge.")
    measured = drift.measure_outcomes(probability, won, groups, training.baseline.wins, training.seed)
    return replace(report, outcomes=measured)


def _with_note(report: DriftReport, text: str) -> DriftReport:
    return replace(report, notes=[*report.notes, text])


# In words


def _too_few(leads: float, *, timed: bool) -> str:
    within = f" in the last {WINDOW} days" * timed
    return f"There are too few leads{within} to tell a shift: {leads:.0f} of {FEWEST_LEADS}."


def _day(moment: pd.Timestamp) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _expected(wins: Wins) -> str:
    """Write expected wins with what is left to chance.

    >>> _expected(Wins("", won=41, expected=21.9, low=18, high=27, chance=0.0))
    '22 (18–27)'
    """
    return f"{wins.expected:,.0f} ({wins.low:,}–{wins.high:,})"


def _figure(value: float, interval: Sequence[float]) -> str:
    return f"{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


def _index(psi: float, noise: float) -> str:
    return f"PSI {psi:.2f}, of which {noise:.2f} would be noise and {drift.SHIFTED} is large"


def _changes(feature: FeatureShift) -> str:
    """Say what more is known of a shift: levels that the model does not know, cells that are empty now."""
    shares = {
        "values that the model does not know": (feature.unseen_share_then, feature.unseen_share),
        "missing values": (feature.missing_share_then, feature.missing_share),
    }
    moved = (f"; {what} rose from {a:.0%} to {b:.0%}" for what, (a, b) in shares.items() if b - a >= 0.01)
    return "".join(moved)
