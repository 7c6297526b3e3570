"""What a look at drift found, and what follows from it, in sentences that a data scientist reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import happened_between
from models.blend import RULES
from models.monitoring import drift
from models.monitoring.baseline import Reference, independent
from models.monitoring.drift import FEWEST_EXPECTED, FEWEST_LEADS, WINDOW, FeatureShift, Outcomes, Shift, Wins

if TYPE_CHECKING:
    from models.versions import Stored

MOST_FEATURES = 8
"""Shifted features that are named; the others are counted."""
DAY = pd.Timedelta(days=1)
MAY_BE_LEARNED = (
    "Nothing tells which of these leads were learned from: give only leads that are newer than the training."
)


@dataclass(frozen=True)
class Seen:
    """Leads as they were looked at since the training, and their design.

    rows: ``group`` (account, else lead), ``as_of``, ``closed_at`` and ``won`` as the data have them, ``won_at``
    (missing unless won by then), ``age`` (its place among the ages of snapshots), ``probability``.
    """

    rows: pd.DataFrame
    design: pd.DataFrame

    def taken(self, kept: pd.Series) -> Seen:
        """Return the rows of a mask."""
        return Seen(self.rows[kept], self.design[kept])

    @property
    def groups(self) -> npt.NDArray:
        return self.rows["group"].to_numpy()

    @property
    def probability(self) -> npt.NDArray[np.float64]:
        return self.rows["probability"].to_numpy()


@dataclass(frozen=True)
class Findings:
    """All that was looked at; what could not be judged is None or empty, and ``notes`` say why.

    leads     that were looked at in the window, and what they are worth where accounts have several
    score     shift of the model's probabilities; features: the largest shift first
    wins      of the days since ``wins_since``; groups: of the levels of categories, the least likely first
    outcomes  since the training; then: the metrics of that training
    """

    as_of: pd.Timestamp
    leads: float
    score: Shift
    features: Sequence[FeatureShift]
    then: Mapping[str, Any]
    wins: Wins | None = None
    wins_since: pd.Timestamp | None = None
    groups: Sequence[Wins] = ()
    outcomes: Outcomes | None = None
    notes: Sequence[str] = ()

    @property
    def judged(self) -> bool:
        """Tell whether anything could be judged: leads, wins or outcomes."""
        return self.leads >= FEWEST_LEADS or self.wins is not None or self.outcomes is not None

    @property
    def verdict(self) -> str:
        """Say in a sentence what follows."""
        if self.why:
            return "Retrain: the world has moved away from the model."
        if self.judged:
            watched = f"; but watch: {'; '.join(self.watch)}" if self.watch else ""
            return f"No drift that asks for a training{watched}."
        leads = f"{self.leads:,.0f} leads to look at, where {FEWEST_LEADS} are needed"
        return f"Nothing could be judged: {leads}, and too few outcomes."

    @property
    def why(self) -> list[str]:
        """Return the reasons to train again; none where nothing has drifted."""
        counted = (told for wins, told in self._counted() if drift.is_off(wins))
        return [*counted, *self._of_groups(), *self._of_ranking(), *self._of_score(), *self._of_features()]

    @property
    def watch(self) -> list[str]:
        """Return the counts that chance hardly explains (95 %), and that do not ask for a training yet."""
        return [
            told for wins, told in self._counted() if not wins.low <= wins.won <= wins.high and not drift.is_off(wins)
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

    def _ranks_worse(self, outcomes: Outcomes) -> bool:
        """Tell whether the ranking got worse; of hardly any wins, or losses, that cannot be told."""
        scarcer = min(outcomes.wins.won, outcomes.metrics.rows - outcomes.wins.won)
        if scarcer < FEWEST_EXPECTED or self.then["auc"] is None:
            return False
        return drift.ranks_worse(outcomes.metrics, self.then["auc_ci"], self.then["auc"])

    def _of_score(self) -> Iterator[str]:
        if self.leads >= FEWEST_LEADS and drift.has_shifted(self.score):
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
            "judged": self.judged,
            "verdict": self.verdict,
            "why": self.why,
            "watch": self.watch,
            "notes": list(self.notes),
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


def outcomes_as_json(outcomes: Outcomes, then: Mapping[str, Any]) -> dict[str, Any]:
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


# How it is found


def find(seen: Seen, stored: Stored, reference: Reference, as_of: pd.Timestamp, *, unlearned: bool) -> Findings:
    """Hold leads against the training of a version.

    ``unlearned`` says that the leads are others than those of the training: in flat mode, where outcomes have no
    moments, theirs can be judged only then.
    """
    timed = stored.scorer.horizon is not None
    window = seen.taken(seen.rows["as_of"] > as_of - WINDOW * DAY) if timed else seen
    leads, unused = independent(window.groups), stored.recipe.without
    found = Findings(
        as_of=as_of,
        leads=leads,
        score=drift.score_shift(reference, window.design, window.probability, window.groups),
        features=drift.feature_shifts(stored.scorer.catalogue, reference, window.design, window.groups, unused),
        then=stored.training["metrics"]["rules" if stored.training["chosen"] == RULES else "model"],
        notes=[] if leads >= FEWEST_LEADS else [_too_few(leads, timed=timed)],
    )
    if timed:
        return _with_outcomes(_with_wins(found, seen, stored, reference), seen, stored, reference)
    return _with_final_outcomes(found, seen, reference, stored.settings.seed, unlearned=unlearned)


def trained_to(stored: Stored) -> pd.Timestamp:
    """Return where the data of a version's training ended: naive UTC."""
    return pd.Timestamp(stored.training["window"]["data_end"]).tz_localize(None)


def _with_wins(found: Findings, seen: Seen, stored: Stored, reference: Reference) -> Findings:
    """Add the wins of the window, as far as it lies after the training, beside those that the model expects."""
    as_of, horizon = found.as_of, stored.scorer.horizon or 0
    since = max(as_of - WINDOW * DAY, trained_to(stored))
    if since >= as_of:
        return _noting(found, "No day has passed since the training: wins are not judged.")
    alive = seen.taken(seen.rows["as_of"] > since - horizon * DAY)
    counted, unsure = drift.expected_wins(alive.rows, reference, since, as_of, horizon)
    wins = drift.compare_wins(counted, alive.groups, reference.wins, unsure)
    closed = happened_between(alive.rows["closed_at"], since, as_of).any()
    if not closed:
        expected = f"{wins.expected:.1f} wins are expected"
        return _noting(found, f"No lead is known to have closed since {_day(since)}, though {expected}: not judged.")
    spared = {each.feature for each in found.features if each.status in ("calendar", "unused")}
    told = [each for each in stored.scorer.catalogue if each.categorical and each.name not in spared]
    groups = drift.group_wins(told, reference, alive.design, counted, alive.groups)
    found = replace(found, wins=wins, wins_since=since, groups=groups)
    if wins.expected < FEWEST_EXPECTED:
        return _noting(found, f"Only {wins.expected:.1f} wins are expected since {_day(since)}: little can be seen.")
    return found


def _with_outcomes(found: Findings, seen: Seen, stored: Stored, reference: Reference) -> Findings:
    """Add the outcomes of snapshots whose whole window lies after the training."""
    horizon = (stored.scorer.horizon or 0) * DAY
    began, first = seen.rows["as_of"], trained_to(stored)
    matured = seen.rows[(began >= first) & (began + horizon <= found.as_of)]
    if not len(matured):
        return _noting(found, f"No outcome has matured since the training; the first will by {_day(first + horizon)}.")
    if not happened_between(seen.rows["closed_at"], first, found.as_of).any():
        return _noting(found, "No lead is known to have closed since the training: outcomes are not judged.")
    won = (matured["won_at"] <= matured["as_of"] + horizon).to_numpy(int)
    return _judged(found, matured, won, reference, stored.settings.seed)


def _with_final_outcomes(found: Findings, seen: Seen, reference: Reference, seed: int, *, unlearned: bool) -> Findings:
    known = seen.rows[seen.rows["won"].notna()]
    if not unlearned:
        return _noting(found, "Outcomes have no moments here: give leads that are newer than the training (--leads).")
    if not len(known):
        return _noting(found, "No outcome is known of these leads.")
    return _judged(_noting(found, MAY_BE_LEARNED), known, known["won"].to_numpy(int), reference, seed)


def _judged(
    found: Findings, rows: pd.DataFrame, won: npt.NDArray[np.int64], reference: Reference, seed: int
) -> Findings:
    """Add outcomes where enough wins, and enough losses, have come or were expected: that none came tells much."""
    probability, groups = rows["probability"].to_numpy(), rows["group"].to_numpy()
    wins, losses = (max(come.sum(), likely.sum()) for come, likely in ((won, probability), (1 - won, 1 - probability)))
    if min(wins, losses) < FEWEST_EXPECTED:
        told = f"{won.sum():,} are wins, where {probability.sum():.1f} were expected"
        return _noting(found, f"Of {len(won):,} outcomes since the training {told}: too few to judge.")
    return replace(found, outcomes=drift.judge_outcomes(probability, won, groups, reference.wins, seed))


def _noting(found: Findings, text: str) -> Findings:
    return replace(found, notes=[*found.notes, text])


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
