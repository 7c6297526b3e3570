"""Diagnosis: where leads get lost more than they should, and who can do something about it.

A step is compared with itself before, with the user's own benchmark, and the leads of one kind with all others. Only
leads that came to a stage long enough ago are counted, and what they did within the same days: so young leads do not
look like lost ones. A difference is a finding where chance hardly explains it: Fisher's exact test, for benchmarks the
exact binomial test, all held to 5 % together by Holm's method (S. Holm, Scandinavian Journal of Statistics 6, 1979).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.vocabulary import FUNNEL
from funnel.rates import Kinds, Share, Soon, kinds_of_period, share, soon
from funnel.stages import Journeys

ERROR = 0.05
"""The chance that any finding at all is mere noise."""
CAUSES = {
    "lead": "who is addressed at all",
    "mql": "marketing's targeting: who is brought in does not fit the ideal customer profile",
    "sql": "the hand-over: what marketing passes on, and how soon sales follows it up",
    "qso": "sales' qualification: budget and time to buy are not found, or asked too late",
    "customer": "closing: offer, price or competition",
}
"""What it speaks for that few leads come to a stage."""
SEVERAL_CAUSES = "targeting, qualification and closing: no stage between the two is on record"


@dataclass(frozen=True)
class StepComparison:
    """A step beside what it is compared with: a finding where it is clearly worse.

    ``kind`` is "falling" (than before), "below others" or "below the benchmark". ``missing`` is how many more leads
    would have gone on at the other rate.
    """

    kind: str
    start: str
    to: str
    leads: str
    rate: Share
    other: Share
    missing: int
    p: float
    cause: str


def diagnose(
    journeys: Journeys,
    cuts: Mapping[str, Kinds],
    *,
    period: str,
    within: int,
    smallest: int,
    benchmarks: Mapping[str, float],
) -> tuple[StepComparison, ...]:
    """Return what is clearly worse, the most missing leads first; ``cuts`` are the kinds of leads by column."""
    comparisons: list[StepComparison] = []
    for step in range(len(journeys.stages) - 1):
        grown = soon(journeys, step, within)
        comparisons += _falling(journeys, step, grown, period, smallest)
        comparisons += _below_benchmark(journeys, step, smallest, benchmarks)
        for column, kinds in cuts.items():
            comparisons += _below_others(journeys, step, grown, column, kinds, smallest)
    return tuple(sorted(clear(comparisons), key=lambda each: -each.missing))


def clear(comparisons: Sequence[StepComparison], error: float = ERROR) -> list[StepComparison]:
    """Return the comparisons that are significant together by Holm's method, and are for the worse.

    All that were made must be in it: their number is what the method corrects for.
    """
    significant = []
    for rank, each in enumerate(sorted(comparisons, key=lambda each: each.p)):
        if each.p > error / (len(comparisons) - rank):
            break
        significant.append(each)
    return [each for each in significant if each.missing > 0]


def _falling(journeys: Journeys, step: int, grown: Soon, period: str, smallest: int) -> list[StepComparison]:
    """Compare the newest period with enough leads old enough with all that was before it."""
    kinds = kinds_of_period(journeys.entered[:, step], period)
    count, of = grown.count(kinds)
    enough = np.flatnonzero(of >= smallest)
    if len(enough) < 2:
        return []
    newest = int(enough[-1])
    now = share(int(count[newest]), int(of[newest]), smallest)
    before = share(int(count[:newest].sum()), int(of[:newest].sum()), smallest)
    return [_compared(journeys, step, "falling", f"{kinds.names[newest]}, beside all before", now, before)]


def _below_others(
    journeys: Journeys, step: int, grown: Soon, column: str, kinds: Kinds, smallest: int
) -> list[StepComparison]:
    count, of = grown.count(kinds)
    comparisons = []
    for number in np.flatnonzero(of >= smallest):
        own = share(int(count[number]), int(of[number]), smallest)
        rest = share(int(count.sum()) - own.count, int(of.sum()) - own.of, smallest)
        if rest.enough:
            comparisons.append(_compared(journeys, step, "below others", f"{column}: {kinds.names[number]}", own, rest))
    return comparisons


def _below_benchmark(
    journeys: Journeys, step: int, smallest: int, benchmarks: Mapping[str, float]
) -> list[StepComparison]:
    """Compare all leads that are past the stage (they went on, or were lost) with the market's rate."""
    market = journeys.benchmark_of(step + 1, benchmarks)
    at, on = journeys.reached[:, step], journeys.reached[:, step + 1]
    own = share(on.sum(), (on | (at & journeys.lost)).sum(), smallest)
    if market is None or not own.enough:
        return []
    benchmark = Share(0, 0, market, None, None, True)
    return [_compared(journeys, step, "below the benchmark", "all leads", own, benchmark)]


def _compared(journeys: Journeys, step: int, kind: str, leads: str, own: Share, other: Share) -> StepComparison:
    assert own.rate is not None and other.rate is not None
    start, to = journeys.stages[step : step + 2]
    missing = round((other.rate - own.rate) * own.of)
    is_next = FUNNEL.index(to.of) - FUNNEL.index(start.of) <= 1
    cause = CAUSES[to.of] if is_next else SEVERAL_CAUSES
    return StepComparison(kind, start.name, to.name, leads, own, other, missing, _chance(own, other), cause)


def _chance(own: Share, other: Share) -> float:
    """Return how likely a rate so much worse is where there is no difference; a benchmark is of no number of leads."""
    from scipy import stats  # a second of imports, which a server need not wait for

    assert own.rate is not None and other.rate is not None
    if own.rate >= other.rate:
        return 1.0
    if not other.of:
        return float(stats.binomtest(own.count, own.of, other.rate, alternative="less").pvalue)
    both = own.count + other.count
    return float(stats.hypergeom.cdf(own.count, own.of + other.of, both, own.of))
