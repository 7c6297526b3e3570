"""How many leads go on from stage to stage, how fast, and how sure that is: for all, by period, by level of a column.

Rates carry Wilson's score interval (E. B. Wilson, Probable inference, JASA 22, 1927), which holds for few leads too. A
rate on fewer leads than the smallest count is there too, marked as not enough to go by.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.columns import is_named, name_of_others
from funnel.stages import Journeys

Z = 1.959963984540054
"""The quantile of the normal distribution that leaves 2.5 % above it."""
DAY, MOMENT = np.timedelta64(1, "D"), np.timedelta64(1, "us")
NOT_GIVEN, WRITTEN_SO = "not given", "not given (so written)"
"""What missing values are called, and a value that is written just so: they are two levels."""
PERIODS = {"week": "W-SUN", "month": "M", "quarter": "Q"}

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """So many of so many: the rate with its 95 % interval, and whether they are enough to go by."""

    count: int
    of: int
    rate: float | None
    low: float | None
    high: float | None
    enough: bool


def share(count: int, of: int, smallest: int) -> Share:
    """Return a rate with its interval.

    >>> share(8, 80, smallest=30)
    Share(count=8, of=80, rate=0.1, low=0.0515..., high=0.185..., enough=True)
    >>> share(0, 0, smallest=30).rate is None
    True
    """
    count, of = int(count), int(of)
    if not of:
        return Share(count, 0, None, None, None, False)
    low, high = wilson(count, of)
    return Share(count, of, count / of, low, high, of >= smallest)


def wilson(count: float, of: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a rate."""
    rate, spread = count / of, Z * Z / of
    centre = (rate + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(rate * (1 - rate) / of + spread / (4 * of))
    # Without a fault of rounding, the interval of none begins at 0 and that of all ends at 1.
    return (centre - half if count > 0 else 0.0), (centre + half if count < of else 1.0)


@dataclass(frozen=True)
class Step:
    """From one stage to the next: those that came to the first are those that went on, were lost there, or are open.

    ``median_days`` is taken over the leads that went on and whose two entries are both on record.
    """

    start: str
    to: str
    entered: int
    went_on: Share
    lost: int
    open: int
    median_days: float | None
    benchmark: float | None = None

    @property
    def beside_benchmark(self) -> str:
        """Return on which side of the market's rate it clearly is: open leads may go on yet, and are not below."""
        on, past = self.went_on, self.went_on.count + self.lost
        if self.benchmark is None or not on.enough or not past or on.low is None:
            return ""
        _, high = wilson(on.count, past)
        return "below" if high < self.benchmark else "above" if on.low > self.benchmark else ""


@dataclass(frozen=True)
class Level:
    """Leads of one kind: how many came to each stage, the steps between, and their quality.

    ``leads`` counts all of them, contacts among them where these are a stage; ``to_opportunity``, ``to_customer`` and
    ``break_even`` are of those that came to the stage lead.
    ``break_even`` says what a lead of it may cost at most, as a share of what one of the best level may, where
    both are to cost the same per SQL; None where a rate is not enough to go by. ``pooled`` is how many values stand
    together in it because each alone may not be named.
    """

    name: str
    leads: int
    reached: dict[str, int]
    steps: tuple[Step, ...]
    to_opportunity: Share | None
    to_customer: Share
    days_to_customer: float | None
    break_even: float | None = None
    pooled: int = 0


@dataclass(frozen=True)
class Kinds:
    """A number per lead, and the names behind the numbers; -1 is no kind at all.

    ``pooled`` is how many values stand together under the name ``others``, if any do.
    """

    codes: Codes
    names: tuple[str, ...]
    others: str = ""
    pooled: int = 0


def everyone(journeys: Journeys) -> Kinds:
    return Kinds(np.zeros(len(journeys.reached), dtype=np.int64), ("all leads",))


def kinds_by(column: pd.Series) -> Kinds:
    """Number the levels of a column, the most frequent first; spellings that differ in case are one level.

    Blank cells are missing ones; a value that is called as these are keeps apart.

    >>> kinds_by(pd.Series(["PPC", "ppc", "Mail", None, "PPC"])).names
    ('PPC', 'Mail', 'not given')
    >>> kinds_by(pd.Series(["Not given", None, " "])).names
    ('not given (so written)', 'not given')
    """
    cells = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("str").astype("category")
    codes, spelt = cells.cat.codes.to_numpy(np.int64), [str(name).strip() for name in cells.cat.categories]
    counts = np.bincount(codes[codes >= 0], minlength=len(spelt))
    order = sorted(range(len(spelt)), key=lambda code: (-counts[code], spelt[code]))
    shown: dict[str, str] = {}
    for code in order:
        fold = spelt[code].casefold()
        shown.setdefault(fold, WRITTEN_SO if fold == NOT_GIVEN else spelt[code])
    shown.pop("", None)
    of_fold = {fold: number for number, fold in enumerate(shown)} | {"": len(shown)}
    merged = np.array([*(of_fold[name.casefold()] for name in spelt), len(shown)], dtype=np.int64)[codes]
    sizes = np.bincount(merged, minlength=len(shown) + 1)
    names = [*shown.values(), NOT_GIVEN]
    rank = sorted((n for n in range(len(names)) if sizes[n]), key=lambda n: (n == len(shown), -sizes[n], names[n]))
    place = np.zeros(len(names), dtype=np.int64)
    place[rank] = np.arange(len(rank))
    return Kinds(place[merged], tuple(names[number] for number in rank))


def with_pool(kinds: Kinds, keep: Collection[str] = ()) -> Kinds:
    """Put the levels together that may not be named, behind all others; those to ``keep``, in small letters, may.

    >>> with_pool(kinds_by(pd.Series(["PPC", "ann@acme.example", None, "PPC"]))).names
    ('PPC', 'other (1 value)', 'not given')
    """
    counts, leads = np.bincount(kinds.codes, minlength=len(kinds.names)).tolist(), len(kinds.codes)
    each = list(zip(kinds.names, counts, strict=True))
    named = [n for n, count in each if n == NOT_GIVEN or is_named(n, count, leads, keep=n.casefold() in keep)]
    if len(named) == len(each):
        return kinds
    others = name_of_others(len(each) - len(named))
    names = sorted([*named, others], key=lambda name: name == NOT_GIVEN)
    place = {name: number for number, name in enumerate(names)}
    codes = np.array([place.get(name, place[others]) for name in kinds.names], dtype=np.int64)
    return Kinds(codes[kinds.codes], tuple(names), others, len(each) - len(named))


def kinds_of_period(moments: npt.NDArray[np.datetime64], period: str) -> Kinds:
    """Number the calendar periods of moments in order, those without a lead among them; -1 where there is no moment.

    >>> kinds = kinds_of_period(np.array(["2025-01-31", "2025-03-01", "NaT"], "datetime64[us]"), "month")
    >>> kinds.codes.tolist(), kinds.names
    ([0, 2, -1], ('2025-01', '2025-02', '2025-03'))
    """
    known = ~np.isnat(moments)
    if not known.any():
        return Kinds(np.full(len(moments), -1), ())
    number = _period_number(moments, period)
    first, last = number[known].min(), number[known].max()
    names = tuple(_period_name(each, period) for each in range(first, last + 1))
    return Kinds(np.where(known, number - first, -1), names)


def _period_number(moments: npt.NDArray[np.datetime64], period: str) -> Codes:
    """Number the periods since 1970; weeks begin on Mondays."""
    if period == "week":
        return (moments.astype("datetime64[D]").astype(np.int64) + 3) // 7
    return moments.astype("datetime64[M]").astype(np.int64) // (3 if period == "quarter" else 1)


def _period_name(number: int, period: str) -> str:
    """Return ``2025-03``, ``2025Q1``, or the Monday of a week."""
    if period == "week":
        return str(np.datetime64(7 * number - 3, "D"))
    return f"{1970 + number // 4}Q{number % 4 + 1}" if period == "quarter" else str(np.datetime64(number, "M"))


def levels(
    journeys: Journeys, kinds: Kinds, *, smallest: int, opportunity: str, benchmarks: Mapping[str, float] | None = None
) -> tuple[Level, ...]:
    """Return the leads of each kind on their way through the funnel, in the order of the kinds."""
    width = len(journeys.stages)
    names = [stage.name for stage in journeys.stages]
    reached = np.cumsum(_by_furthest(journeys, kinds, kinds.codes >= 0)[:, ::-1], axis=1)[:, ::-1]
    lost = _by_furthest(journeys, kinds, (kinds.codes >= 0) & journeys.lost)
    with ThreadPoolExecutor() as pool:  # sorting takes a third of all counting, and NumPy sorts side by side
        *days, to_the_end = pool.map(lambda wait: _median_days(kinds, *wait), journeys.waits)
    place, lead = journeys.place(opportunity), journeys.lead
    by_kind = []
    for number, name in enumerate(kinds.names):
        row = reached[number]
        steps = tuple(
            Step(
                start=names[k],
                to=names[k + 1],
                entered=int(row[k]),
                went_on=share(row[k + 1], row[k], smallest),
                lost=int(lost[number, k]),
                open=int(row[k] - row[k + 1] - lost[number, k]),
                median_days=_known(days[k][number]),
                benchmark=journeys.benchmark_of(k + 1, benchmarks or {}),
            )
            for k in range(width - 1)
        )
        by_kind.append(
            Level(
                name=name,
                leads=int(row[0]),
                reached=dict(zip(names, row.tolist(), strict=True)),
                steps=steps,
                to_opportunity=share(row[place], row[lead], smallest) if place > lead else None,
                to_customer=share(row[-1], row[lead], smallest),
                days_to_customer=_known(to_the_end[number]),
                pooled=kinds.pooled if name == kinds.others else 0,
            )
        )
    return tuple(by_kind)


def _by_furthest(journeys: Journeys, kinds: Kinds, counted: npt.NDArray[np.bool_]) -> Codes:
    """Return how many of the counted leads of each kind (rows) came to each stage (columns) and no further."""
    shape = (len(kinds.names), len(journeys.stages))
    cells = (kinds.codes * shape[1] + journeys.furthest)[counted]
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 2)


def _median_days(kinds: Kinds, rows: Codes, seconds: Codes) -> Floats:
    """Return the median days by kind of the leads of some rows; missing without any."""
    codes = kinds.codes[rows]
    known = codes >= 0
    return grouped_median(codes[known], seconds[known], len(kinds.names)) / 86_400


def grouped_median(codes: Codes, values: Codes, count: int) -> Floats:
    """Return the median of whole numbers from 0 by group, missing for groups without any.

    Group and value are sorted as one number, which takes a fraction of the time that a sort of each group does.

    >>> grouped_median(np.array([0, 0, 2, 2, 2]), np.array([4, 2, 9, 7, 8]), 3).tolist()
    [3.0, nan, 8.0]
    """
    width = int(values.max(initial=0)) + 1
    ordered = np.sort(codes * width + values)
    ends = np.cumsum(np.bincount(codes, minlength=count))
    sizes = np.diff(ends, prepend=0)
    medians = np.full(count, np.nan)
    some = sizes > 0
    low, high = (ends - sizes + (sizes - 1) // 2)[some], (ends - sizes + sizes // 2)[some]
    medians[some] = (ordered[low] % width + ordered[high] % width) / 2
    return medians


@dataclass(frozen=True)
class Soon:
    """The leads that came to a stage long enough ago, as rows, and those of them that went on within so many days."""

    old: Codes
    went_on: Codes

    def count(self, kinds: Kinds) -> tuple[Codes, Codes]:
        """Return by kind how many went on, and of how many."""
        return _counted(kinds, self.went_on), _counted(kinds, self.old)


def _counted(kinds: Kinds, rows: Codes) -> Codes:
    codes = kinds.codes[rows]
    return np.bincount(codes[codes >= 0], minlength=len(kinds.names))


def soon(journeys: Journeys, step: int, within: int) -> Soon:
    """Find who went on from a stage within days, among those that came to it at least so many days ago.

    Nobody is left out because of how it ended, so that new leads do not look worse than old ones. Who went on nobody
    knows when is left out; where that is so of all that went on, nothing is known of anyone.
    """
    began, came, came_at_all = journeys.entered[:, step], journeys.entered[:, step + 1], journeys.reached[:, step + 1]
    undated = came_at_all & np.isnat(came)
    if undated.any() and (undated == came_at_all).all():
        return Soon(np.flatnonzero([]), np.flatnonzero([]))
    old = ~undated & (began <= np.datetime64(journeys.as_of) - within * DAY)
    went_on = old & came_at_all & (came - began <= within * DAY)
    return Soon(np.flatnonzero(old), np.flatnonzero(went_on))


@dataclass(frozen=True)
class Period:
    """A calendar period: entries into each stage in it, and of its entries who went on soon, by step."""

    name: str
    entries: dict[str, int]
    went_on_soon: tuple[Share, ...]
    complete: bool


def periods(journeys: Journeys, period: str, *, within: int, smallest: int) -> tuple[Period, ...]:
    """Return the calendar periods from the first entry on, the last one being that in which the moment lies or ends."""
    width = len(journeys.stages)
    moments = np.append(journeys.entered.ravel(order="F"), last_moment(journeys.as_of))
    kinds = kinds_of_period(moments, period)
    codes, newest = kinds.codes[:-1].reshape(width, -1), int(kinds.codes[-1])
    entries = [np.bincount(of_stage[of_stage >= 0], minlength=len(kinds.names)) for of_stage in codes]
    steps = [soon(journeys, k, within).count(Kinds(codes[k], kinds.names)) for k in range(width - 1)]
    return tuple(
        Period(
            name=name,
            entries={stage.name: int(entries[k][n]) for k, stage in enumerate(journeys.stages)},
            went_on_soon=tuple(share(count[n], of[n], smallest) for count, of in steps),
            complete=n < newest or (n == newest and is_end_of_period(journeys.as_of, period)),
        )
        for n, name in enumerate(kinds.names)
    )


def last_moment(as_of: pd.Timestamp) -> np.datetime64:
    """Return the last microsecond before a moment: midnight ends a day and does not begin one here."""
    return np.datetime64(as_of, "us") - MOMENT


def is_end_of_period(as_of: pd.Timestamp, period: str) -> bool:
    return pd.Period(as_of, PERIODS[period]).start_time == as_of


def with_break_even(by_kind: Sequence[Level], stage: str) -> tuple[Level, ...]:
    """Say of each level what a lead of it may cost beside one of the best, for the same cost per lead that came so far.

    With 8 and 48 SQLs of 100 leads each, a lead of the first may cost a sixth of one of the second.
    """
    comparable = (each for each in by_kind if each.to_customer.enough and each.name != NOT_GIVEN and not each.pooled)
    rates = {each.name: each.reached.get(stage, 0) / each.to_customer.of for each in comparable}
    best = max(rates.values(), default=0.0)
    if not best:
        return tuple(by_kind)
    return tuple(replace(each, break_even=rates[each.name] / best if each.name in rates else None) for each in by_kind)
