"""Has the world moved away from what a model learned? Features, scores, early wins and matured outcomes, with chances.

Every check asks two things: is the difference larger than matters, and is it more than chance. All checks of a run
share one small chance of a false alarm (`FALSE_ALARMS`), whatever their number, so that a run over two hundred features
fires no sooner than one over two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from features import Feature
from models.metrics import Interval, Metrics, evaluate, resampled_weights
from models.monitoring.baseline import Baseline, FeatureBins, ages_of, independent
from models.monitoring.feeds import StoppedFeed
from models.training import by_month, overdispersion, wins_between

FALSE_ALARMS = 0.01
"""Chance of a false alarm per run, over all its checks: one in eight years of monthly runs."""
KINDS = 6
"""Kinds of checks that share this chance: scores, features, early wins, wins of groups, calibration, ranking."""
SHIFTED, WATCHED = 0.25, 0.10
"""The population stability index from which a shift is large, and from which it is worth watching. The convention of
credit scoring: Siddiqi 2006, "Credit Risk Scorecards"; Lewis 1994, "An Introduction to Credit Scoring"."""
SMALLEST_SHARE = 0.001
"""A bin that was empty counts as if it had held this share: the index of an empty one would have no end."""
NEW_LEVELS = 0.10
"""A rise of the share of unknown levels that is large."""
OFF_BY = 1.25
"""Factor between wins and expected wins that matters for all leads together …"""
GROUP_OFF_BY = 2.0
"""… and for a group of leads beside all the others; regularised models draw groups together by less."""
FEWEST_EXPECTED = 5.0
"""Wins that are expected of a group that is compared; wins, and losses, that come or are expected of outcomes that are
measured."""
AUC_FALLS = 0.05
"""A fall of the AUC that matters: the mix of ages and sources alone moves it by two or three hundredths."""
FEWEST_LEADS = 50
"""Fewer leads than this show no shift."""
WINDOW = 30
"""Days before ``as_of`` whose leads and wins are compared."""

Floats = npt.NDArray[np.float64]
Status = Literal["steady", "watch", "shifted", "calendar", "growing", "unused", "stopped", "too few"]


@dataclass(frozen=True)
class Shift:
    """How far a distribution moved: the population stability index, the index of mere noise, and the chance of it.

    >>> Shift(psi=0.4, noise=0.1, chance=0.0).size
    0.30000000000000004
    """

    psi: float
    noise: float
    chance: float

    @property
    def size(self) -> float:
        """Return what of the index is not noise."""
        return self.psi - self.noise


@dataclass(frozen=True)
class FeatureShift:
    """How one feature moved; shares of unknown levels and of missing values, at training and now.

    ``status`` is shifted (asks for a training), watch, steady, or says why the feature is not compared: it only
    encodes the calendar, it reaches back over the whole record, which only grows, the model does not use it, its feed
    has stopped, or there are too few leads.
    """

    feature: str
    concept: str
    family: str
    status: Status
    psi: float
    noise: float
    unseen_share: float
    unseen_share_then: float
    missing_share: float
    missing_share_then: float

    @property
    def is_compared(self) -> bool:
        """Return whether the feature is compared with training at all."""
        return self.status in ("shifted", "watch", "steady")


@dataclass(frozen=True)
class Wins:
    """Wins beside those that the model expects; low and high enclose 95 % of what it leaves to chance.

    ``group`` is empty for all leads, else what they have in common.
    """

    group: str
    won: int
    expected: float
    low: int
    high: int
    chance: float


@dataclass(frozen=True)
class MaturedOutcomes:
    """How the model did on outcomes that it could not know; ``calibration`` is wins over expected wins."""

    wins: Wins
    calibration: float
    calibration_ci: Interval
    metrics: Metrics


# Distributions


def stability_index(then: Floats, now: Floats) -> float:
    """Return the population stability index of two lists of shares: Σ (now − then) · ln(now / then).

    >>> round(stability_index(np.array([0.5, 0.5]), np.array([0.6, 0.4])), 4)
    0.0405
    >>> stability_index(np.array([0.5, 0.5]), np.array([0.5, 0.5]))
    0.0
    """
    before, after = np.maximum(then, SMALLEST_SHARE), np.maximum(now, SMALLEST_SHARE)
    return float(((after - before) * np.log(after / before)).sum())


def shift(column: FeatureBins, now: npt.NDArray, leads_then: Sequence[float], leads_now: float) -> Shift:
    """Compare the rows per age and bin with those at training, as if both had the present mix of ages.

    Without a change the index is 1/m + 1/n times a chi-squared number, for m and n leads, with a degree of freedom less
    than there are bins (Yurdakul 2018, "Statistical Properties of Population Stability Index").
    """
    then, comparable = mixed(column, now, leads_then)
    if not comparable.any() or not leads_now:
        return Shift(0.0, 0.0, 1.0)
    present = now[comparable].sum(axis=0) / now[comparable].sum()
    mix = now[comparable].sum(axis=1) / now[comparable].sum()
    # The same leads are in all ages: what is uncertain adds up, where independent ages would even it out.
    variance = float(mix @ (1 / np.sqrt(np.asarray(leads_then)[comparable]))) ** 2 + 1 / leads_now
    freedom = max(int(((then > 0) | (present > 0)).sum()) - 1, 1)
    index = stability_index(then, present)
    return Shift(index, freedom * variance, float(stats.chi2.sf(index / variance, freedom)))


def mixed(column: FeatureBins, now: npt.NDArray, leads_then: Sequence[float]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the shares of the bins at training, at the present mix of ages, and which ages can be compared at all."""
    rows = np.asarray(column.rows, dtype=np.float64)
    comparable = (rows.sum(axis=1) > 0) & (np.asarray(leads_then) >= FEWEST_LEADS) & (now.sum(axis=1) > 0)
    mix = now[comparable].sum(axis=1) / max(now[comparable].sum(), 1)
    return mix @ (rows[comparable] / rows[comparable].sum(axis=1, keepdims=True)), comparable


def feature_shifts(
    catalogue: Sequence[Feature],
    baseline: Baseline,
    features: pd.DataFrame,
    groups: npt.NDArray,
    unused: Sequence[str],
    stopped: Sequence[StoppedFeed] = (),
) -> list[FeatureShift]:
    """Compare all features with training: first those that are compared at all, the largest shift before the others.

    ``groups`` names the account or lead of each row, ``stopped`` the feeds whose features are not compared.
    """
    age, leads = ages_of(features), independent(groups)
    spared: dict[str, Status | None] = {
        feature.name: _why_spared(feature, baseline, unused, leads, stopped) for feature in catalogue
    }
    limit = FALSE_ALARMS / KINDS / max([*spared.values()].count(None), 1)

    def compared(feature: Feature) -> FeatureShift:
        column = baseline.columns[feature.name]
        now = column.counted(features[feature.name], age, len(baseline.ages))
        moved = shift(column, now, baseline.leads, leads)
        then, comparable = mixed(column, now, baseline.leads)
        present = now[comparable].sum(axis=0) / max(now[comparable].sum(), 1)
        unseen = (float(present[-2]), float(then[-2])) if feature.categorical else (0.0, 0.0)
        return FeatureShift(
            feature=feature.name,
            concept=feature.concept,
            family=str(feature.family),
            status=spared[feature.name] or _status(moved, unseen, limit),
            psi=moved.psi,
            noise=moved.noise,
            unseen_share=unseen[0],
            unseen_share_then=unseen[1],
            missing_share=float(present[-1]),
            missing_share_then=float(then[-1]),
        )

    shifts = [compared(feature) for feature in catalogue]
    return sorted(shifts, key=lambda shift: (not shift.is_compared, shift.noise - shift.psi))


def _why_spared(
    feature: Feature, baseline: Baseline, unused: Sequence[str], leads: float, stopped: Sequence[StoppedFeed]
) -> Status | None:
    if feature.name in baseline.calendar:
        return "calendar"
    if feature.name in unused:
        return "unused"
    # It grows as the record does, whatever leads do. The windows of the same events do not, and are compared.
    if len(baseline.ages) > 1 and feature.traits.grows_with_record:
        return "growing"
    if any(_is_fed_by(feature, feed) for feed in stopped):
        return "stopped"
    return "too few" if leads < FEWEST_LEADS else None


def _is_fed_by(feature: Feature, feed: StoppedFeed) -> bool:
    """Return whether a feature is of the events of a feed; what is of events of all types is of each feed, too."""
    traits = feature.traits
    is_of_events = traits.counts_activity or (traits.days_since and not traits.is_stage)
    return is_of_events and (not feed.type or not traits.channel or traits.channel.partition(": ")[0] == feed.type)


def _status(moved: Shift, unseen: tuple[float, float], limit: float) -> Status:
    if moved.chance > limit:
        return "steady"
    if moved.size >= SHIFTED or unseen[0] - unseen[1] >= NEW_LEVELS:
        return "shifted"
    return "watch" if moved.size >= WATCHED else "steady"


def score_shift(baseline: Baseline, features: pd.DataFrame, probability: Floats, groups: npt.NDArray) -> Shift:
    """Compare the model's probabilities with those of the training leads."""
    now = baseline.score.counted(pd.Series(probability), ages_of(features), len(baseline.ages))
    return shift(baseline.score, now, baseline.leads, independent(groups))


# Early wins


def expected_wins(
    rows: pd.DataFrame, baseline: Baseline, since: pd.Timestamp, until: pd.Timestamp, horizon: int
) -> tuple[pd.DataFrame, float]:
    """Return the wins between two moments as `wins_between`, in season, and the variance that seasons are unsure by."""
    come, unsure = np.array(baseline.pace), 0.0
    total = pd.DataFrame({"expected": 0.0, "won": 0}, index=rows.index)
    for begin, end in by_month(since, until):
        counted = wins_between(rows, come, begin, end, horizon)
        factor, variance = baseline.season[begin.month - 1] if baseline.season else (1.0, 0.0)
        unsure += variance * counted["expected"].sum() ** 2
        total += counted.assign(expected=factor * counted["expected"])
    return total, unsure


def compare_wins(wins: pd.DataFrame, groups: npt.NDArray, learned_wins: float, unsure: float = 0.0) -> Wins:
    """Compare wins with expected ones; ``learned_wins`` are those that the model learned from.

    Few of them make the expectation itself uncertain.

    ``unsure`` is the variance of what is expected for other reasons.

    What is left to chance is a negative binomial number: leads of one account are won together, and the expectation is
    itself uncertain.
    """
    won, expected = int(wins["won"].sum()), float(wins["expected"].sum())
    spread = overdispersion(wins, groups)
    return _wins("", won, expected, spread * (expected + expected**2 / max(learned_wins, 1)) + unsure)


def _wins(group: str, won: int, expected: float, variance: float) -> Wins:
    """Return wins with what chance explains: a negative binomial number of that mean and variance."""
    mean, variance = max(expected, 1e-9), max(variance, expected * (1 + 1e-6), 1e-8)
    left = stats.nbinom(mean**2 / (variance - mean), mean / variance)
    low, high = (int(left.ppf(share)) for share in (0.025, 0.975))
    chance = min(1.0, 2 * float(min(left.cdf(won), left.sf(won - 1))))
    return Wins(group, won, expected, low, high, chance)


def group_wins(
    catalogue: Sequence[Feature], baseline: Baseline, features: pd.DataFrame, wins: pd.DataFrame, groups: npt.NDArray
) -> list[Wins]:
    """Compare the wins of each level of each category with what would be in line with all other leads, as at training.

    So a change of all leads alike is none of a group, and what a model never knew of a group is none either. Levels of
    which too few wins are expected are left out; the least likely come first.
    """
    spread = overdispersion(wins, groups)
    by_level = [
        each
        for feature in catalogue
        for each in _wins_by_level(feature, baseline.columns[feature.name], features[feature.name], wins, spread)
    ]
    return sorted(by_level, key=lambda each: each.chance)


def _wins_by_level(
    feature: Feature, column: FeatureBins, values: pd.Series, wins: pd.DataFrame, spread: float
) -> Iterator[Wins]:
    codes = column.codes(values)
    won = np.bincount(codes, wins["won"], column.bins)
    expected = np.bincount(codes, wins["expected"], column.bins) * np.array(column.calibration)
    for code, level in enumerate((column.levels or [])[: column.shown]):
        other_won = won.sum() - won[code]
        in_line = expected[code] * other_won / max(expected.sum() - expected[code], 1e-9)
        if min(in_line, expected[code], other_won) >= FEWEST_EXPECTED:
            unsure = 1 / max(column.won[code], 1) + 1 / other_won
            variance = spread * (in_line + in_line**2 * unsure)
            yield _wins(f"{feature.concept}: {level}", int(won[code]), float(in_line), variance)


# Matured outcomes


def measure_outcomes(
    probability: Floats, won: npt.NDArray[np.int64], groups: npt.NDArray, learned_wins: int, seed: int = 0
) -> MaturedOutcomes:
    """Measure probabilities beside outcomes that the model had no part in, with intervals over groups."""
    wins = compare_wins(pd.DataFrame({"won": won, "expected": probability}), groups, learned_wins)
    draws = [weights @ won / (weights @ probability) for weights in resampled_weights(groups, seed)]
    low, high = np.percentile(draws, [2.5, 97.5]).tolist()
    return MaturedOutcomes(
        wins, float(won.sum() / probability.sum()), (low, high), evaluate(probability, won, groups, seed)
    )


# What follows


def is_off(wins: Wins, *, by: float = OFF_BY, checks: int = 1) -> bool:
    """Return whether wins are further from what is expected than matters, and than chance explains."""
    most, least = max(wins.won, wins.expected), min(wins.won, wins.expected)
    return most >= by * max(least, 1e-9) and wins.chance <= FALSE_ALARMS / KINDS / checks


def has_shifted(moved: Shift) -> bool:
    """Return whether the scores have moved further than matters, and than chance explains."""
    return moved.size >= SHIFTED and moved.chance <= FALSE_ALARMS / KINDS


def ranks_worse(now: Metrics, then: Interval, auc_then: float) -> bool:
    """Return whether the AUC fell from what it was at training by more than matters, and than chance explains."""
    fall = auc_then - now.auc
    error = math.hypot(_error(now.auc_ci), _error(then))
    return fall >= AUC_FALLS and float(stats.norm.sf(fall / max(error, 1e-9))) <= FALSE_ALARMS / KINDS


def _error(interval: Interval) -> float:
    """Return the standard error behind a 95 % interval."""
    return (interval[1] - interval[0]) / (2 * float(stats.norm.ppf(0.975)))


def off_groups(groups: Sequence[Wins]) -> Iterator[Wins]:
    """Yield the groups that win otherwise than the others."""
    return (each for each in groups if is_off(each, by=GROUP_OFF_BY, checks=len(groups)))
