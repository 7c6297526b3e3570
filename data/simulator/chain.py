"""The chain: how a lead's intent and stage change from day to day, and what its chance of buying therefore is.

A state is an intent within a stage, or one of the two ends, won and lost. Each day a lead may be won or lost, may
enter the next stage, and may change its intent; few that were lost are opened again. How likely that is depends on the
*kind* of the lead, which is its **fit** (a number around 0, rounded to a grid), its **pace** (how fast a deal goes on
once sales works at it), and whether its source is the one that the drift turns around. It depends on the **market**
too: deals close before a quarter ends rather than in its first month, and the drift changes more. So there is one
matrix of daily moves per market and kind, and the chance of winning is a product of their powers.

What happens on day d of a lead's life happens later than d - 1 and at most d days after its creation, in the market of
the calendar day d - 1 days after that of its creation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

import numpy as np
import pandas as pd

from data.simulator.draw import Bools, Floats, Ints, choose
from data.simulator.world import DATA_END, DATA_START, DRIFT_START
from data.vocabulary import AGE_EDGES, HORIZON

DAY = 86_400_000_000
"""Microseconds of a day; every moment is a whole number of microseconds."""

STAGES = ("lead", "mql", "sql", "qso", "customer", "lost")
INTENTS = ("dormant", "curious", "evaluating", "buying")
OPEN_STAGES, OPEN_STATES, STATES = 4, 16, 18
WON, LOST = 16, 17
"""The open states are ``4 * stage + intent``; after them come the two ends."""
REOPENS_AS = 5
"""The state that a lost lead is opened again in: mql, curious."""
LONGEST_MARKET = 31
"""Days of one market that are taken at once: a month."""

# Chance per day to pass from the row's intent to the column's. Most moves lead back: leads cool.
INTENT_MOVES = np.array(
    [  # dormant curious evaluating buying
        [0.9945, 0.0048, 0.0005, 0.0002],  # dormant
        [0.0400, 0.9572, 0.0020, 0.0008],  # curious
        [0.0140, 0.0120, 0.9600, 0.0140],  # evaluating
        [0.0100, 0.0060, 0.0200, 0.9640],  # buying
    ]
)
# Rate per day, at fit 0, of entering the next stage; what follows the last stage is the win.
ADVANCE = np.array(
    [  # dormant curious evaluating buying
        [0.2000, 0.2500, 0.3000, 0.3500],  # lead → mql, inside the ideal customer profile
        [0.0002, 0.0003, 0.0350, 0.0800],  # mql → sql
        [0.0120, 0.0160, 0.0250, 0.0400],  # sql → qso
        [0.0018, 0.0026, 0.0044, 0.0064],  # qso → won
    ]
)
# Rate per day, at fit 0, of being lost.
LOSS = np.array(
    [  # dormant curious evaluating buying
        [0.0065, 0.0060, 0.0055, 0.0050],  # lead
        [0.0066, 0.0056, 0.0034, 0.0026],  # mql
        [0.0018, 0.0016, 0.0014, 0.0012],  # sql
        [0.0026, 0.0023, 0.0020, 0.0016],  # qso
    ]
)
# What one unit of fit adds to the logarithm of the rates above: of advancing and of being lost, by stage.
FIT_ON_ADVANCE = np.array([0.0, 0.1, 0.2, 0.4])
FIT_ON_LOSS = np.array([-1.0, -0.25, -0.25, -0.25])
# The ideal customer profile ends at this fit: further below, hardly any lead becomes an mql.
PROFILE_EDGE, PROFILE_SHARPNESS = -0.9, 6.0

FITS = np.linspace(-3.0, 3.0, 25)
"""The grid of fits, in quarters."""

PACES = (0.8, 1.0, 1.35)
"""Factors on all that happens to a lead from the stage sql on: the cycles of slow, usual and quick deals."""
PACED_FROM = 2
"""The stage from which on the pace counts."""
REOPENED = 0.0001
"""Chance per day that a lost lead is opened again: as an mql, curious."""
SEASON = (0.85, 1.0, 1.25, 0.85, 1.0, 1.25, 0.9, 0.7, 1.25, 0.85, 1.0, 1.25)
"""Factor on the rate of winning, by month: a quarter's last month is the best, and little is signed in August."""

TRUTH_AGES = (0, *AGE_EDGES)
"""Days after creation at which the truth is written down."""


@dataclass(frozen=True)
class Drift:
    """A change of the market from a moment on (in microseconds): a win becomes likelier, and one source worse.

    With the size 1 the rate of winning doubles, and the source loses 1.5 of fit; other sizes do more or less of it.
    """

    at: int = int(DRIFT_START)
    size: float = 1.0

    @classmethod
    def of(cls, day: datetime | None = None, size: float | None = None) -> Drift:
        """Return the usual drift, or one that comes on another day or is of another size.

        >>> Drift.of(datetime(2025, 7, 1)) == Drift.of(size=1.0) == Drift()
        True
        """
        at = int(np.datetime64(day, "us").astype(int)) if day else cls.at
        return cls(at, cls.size if size is None else size)

    @property
    def on_wins(self) -> float:
        """Factor on the rate of winning."""
        return 2.0**self.size

    @property
    def on_fit(self) -> float:
        """What the leads of the source that the drift turns around lose in fit."""
        return -1.5 * self.size


def kinds(fit: Floats, pace: Ints, turns: Bools) -> Ints:
    """Return the kind of leads of this fit and place in `PACES`, whose source the drift ``turns`` around or not.

    >>> kinds(np.array([-9.0, 0.1, 0.1]), np.array([0, 1, 1]), np.array([False, False, True])).tolist()
    [0, 37, 112]
    """
    step = np.rint((fit.clip(FITS[0], FITS[-1]) - FITS[0]) / (FITS[1] - FITS[0]))
    return step.astype(np.int64) + len(FITS) * (pace + len(PACES) * turns)


def daily_moves(fit: Floats, pace: Floats, win_factor: float = 1.0) -> Floats:
    """Return one transition matrix over all states for each fit and its pace.

    >>> moves = daily_moves(np.array([0.0, 2.0]), np.ones(2))
    >>> moves.shape, bool(np.allclose(moves.sum(axis=2), 1))
    ((2, 18, 18), True)
    """
    up, lost = _chances(fit, pace, win_factor)
    moves = np.zeros((len(fit), STATES, STATES))
    for stage in range(OPEN_STAGES):
        here, above = slice(4 * stage, 4 * stage + 4), slice(4 * stage + 4, 4 * stage + 8)
        rise, fall = up[:, stage, :, None], lost[:, stage, :, None]
        moves[:, here, here] = (1 - rise - fall) * INTENT_MOVES
        if stage < OPEN_STAGES - 1:
            moves[:, here, above] = rise * INTENT_MOVES
        else:
            moves[:, here, WON] = rise[..., 0]
        moves[:, here, LOST] = fall[..., 0]
    moves[:, WON, WON] = 1
    moves[:, LOST, [LOST, REOPENS_AS]] = 1 - REOPENED, REOPENED
    return moves


def _chances(fit: Floats, pace: Floats, win_factor: float) -> tuple[Floats, Floats]:
    """Chance per day of rising a stage and of being lost, by fit, stage and intent."""
    column = fit[:, None, None]
    advance = ADVANCE * np.exp(FIT_ON_ADVANCE[:, None] * column)
    advance[:, 0] /= 1 + np.exp(-PROFILE_SHARPNESS * (fit[:, None] - PROFILE_EDGE))
    advance[:, -1] *= win_factor
    loss = LOSS * np.exp(FIT_ON_LOSS[:, None] * column)
    for rates in (advance, loss):
        rates[:, PACED_FROM:] *= pace[:, None, None]
    return 1 - np.exp(-advance), 1 - np.exp(-loss)


@dataclass(frozen=True)
class Chain:
    """The transition matrices ``moves`` of all markets and kinds, and which market is on which day.

    ``market`` is the number of the market of each day from the start of the data on, to one horizon after its end.
    """

    moves: Floats
    market: Ints

    @classmethod
    @cache
    def make(cls, drift: Drift | None) -> Chain:
        days = np.arange(DATA_START // DAY, DATA_END // DAY + HORIZON + 1)
        season = np.array(SEASON)[days.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12]
        drifted = days >= drift.at // DAY if drift else np.zeros(len(days), dtype=bool)
        markets, market = np.unique(np.column_stack([drifted, season]), axis=0, return_inverse=True)
        return cls(np.stack([_moves_in(factor, drift if on else None) for on, factor in markets]), market)

    def market_at(self, day: Ints) -> Ints:
        """Return the market of days since 1970."""
        return self.market[day - DATA_START // DAY]

    @cached_property
    def market_ends(self) -> Ints:
        """The day on which the next market begins, for each day from the start of the data on."""
        changes = np.flatnonzero(np.diff(self.market)) + 1
        ends = np.append(changes, len(self.market))
        return DATA_START // DAY + ends[np.searchsorted(changes, np.arange(len(self.market)), side="right")]

    @cached_property
    def chance_to_win(self) -> Floats:
        """Chance of winning within the horizon, by day from the start of the data to its end, kind and state.

        The days of the window are taken from its end on, all those of a market at once.
        """
        powers = np.stack([_powers(moves, LONGEST_MARKET) for moves in self.moves], axis=1)
        ends = self.market_ends - DATA_START // DAY
        won = np.eye(STATES)[WON]
        chances = []
        for day in range(int((DATA_END - DATA_START) // DAY) + 1):
            edges = [day]
            while edges[-1] < day + HORIZON:
                edges.append(min(int(ends[edges[-1]]), day + HORIZON, edges[-1] + LONGEST_MARKET))
            chance = np.broadcast_to(won, (powers.shape[2], STATES))
            for start, end in zip(edges[-2::-1], edges[:0:-1], strict=True):
                chance = (powers[end - start, self.market[start]] @ chance[..., None])[..., 0]
            chances.append(chance)
        return np.stack(chances)


def _moves_in(win_factor: float, drift: Drift | None) -> Floats:
    """Return the matrices of all kinds in a market."""
    fit, pace = np.tile(FITS, len(PACES)), np.repeat(PACES, len(FITS))
    turned = (fit + drift.on_fit).clip(FITS[0]) if drift else fit
    win_factor *= drift.on_wins if drift else 1
    return np.concatenate([daily_moves(fit, pace, win_factor), daily_moves(turned, pace, win_factor)])


def _powers(moves: Floats, most: int) -> Floats:
    """The powers of stacked matrices, from 0 to ``most``."""
    powers = [np.broadcast_to(np.eye(STATES), moves.shape)]
    for _ in range(most):
        powers.append(powers[-1] @ moves)
    return np.stack(powers)


VISIT = ("lead", "state", "first_day", "end_day", "enters", "leaves", "then")
"""A visit of a lead (its row) to a state, which is its state after each day from the first up to, but without, the end.

``enters`` and ``leaves`` are in microseconds after creation. ``then`` is the next state, or the same one where
the visit is cut because the market changes or the data ends.
"""


def walk(rng: np.random.Generator, chain: Chain, leads: pd.DataFrame) -> pd.DataFrame:
    """Follow each lead from state to state until it is won or the data ends; return the visits, see `VISIT`.

    ``leads`` needs ``kind``, ``intent`` (the first), ``created_day`` (since 1970), ``last_day`` (days of life completed
    when the data ends) and ``lifetime`` (microseconds from creation to the end of the data).
    Nothing is drawn day by day: the number of days in a state is geometric.
    """
    kind, created_day, last_day = (leads[name].to_numpy() for name in ("kind", "created_day", "last_day"))
    lifetime = leads["lifetime"].to_numpy()
    leaving, jumps = _leaving(chain.moves.reshape(-1, STATES, STATES))
    lead, state = np.arange(len(leads)), leads["intent"].to_numpy()
    day = enters = np.zeros_like(lead)
    visits = []
    while lead.size:
        today = created_day[lead] + day
        row = (chain.market_at(today) * chain.moves.shape[1] + kind[lead]) * STATES + state
        until = chain.market_ends[today - DATA_START // DAY] - created_day[lead]
        cut = np.where(state == LOST, last_day[lead], np.minimum(last_day[lead], until))
        end = day + rng.geometric(leaving[row])
        moves = end <= cut
        end = np.minimum(end, cut)
        over = ~moves & (end == last_day[lead])
        leaves = np.where(over, lifetime[lead], end * DAY - moves * rng.integers(0, DAY, lead.size))
        then = np.where(moves, choose(rng, jumps, row), state)
        visits.append((lead, state, day, end + over, enters, leaves, then))
        goes_on = ~over & (then != WON)
        lead, state, day, enters = lead[goes_on], then[goes_on], end[goes_on], leaves[goes_on]
    columns = map(np.concatenate, zip(*visits, strict=True))
    return pd.DataFrame(dict(zip(VISIT, columns, strict=True)))


def _leaving(moves: Floats) -> tuple[Floats, Floats]:
    """For each matrix and state, the chance to leave it on a day, and where to when it is left."""
    stays = np.eye(STATES, dtype=bool)
    jumps = np.where(stays, 0.0, moves)
    jumps[:, WON, WON] = 1  # never drawn: nothing follows a win
    return 1 - moves[:, stays].ravel(), jumps.reshape(-1, STATES)


def stage_of(states: Ints) -> Ints:
    """Return the place in STAGES of each state.

    >>> [STAGES[place] for place in stage_of(np.array([0, 7, WON, LOST]))]
    ['lead', 'mql', 'customer', 'lost']
    """
    return np.where(states == LOST, len(STAGES) - 1, states // len(INTENTS))


def truth(chain: Chain, leads: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Return for each lead, while it is open, the chance of winning within the horizon.

    It is given at the days of `TRUTH_AGES` and at the end of the data, there by the state after the last completed day.
    The result has ``lead`` (its row), ``age`` (microseconds after creation) and ``probability``.
    """
    last_day, lifetime = (leads[name].to_numpy()[visits["lead"]] for name in ("last_day", "lifetime"))
    open_states = [_open_states(visits, day, day * DAY) for day in TRUTH_AGES]
    open_states.append(_open_states(visits, last_day, lifetime))
    rows = pd.concat(open_states).sort_values(by=["lead", "age"], ignore_index=True)
    today = leads["created_day"].to_numpy()[rows["lead"]] + rows["day"].to_numpy()
    kind = leads["kind"].to_numpy()[rows["lead"]]
    rows["probability"] = chain.chance_to_win[today - DATA_START // DAY, kind, rows["state"]]
    return rows


def _open_states(visits: pd.DataFrame, day: int | Ints, age: int | Ints) -> pd.DataFrame:
    """The visits to open states that hold after the completed day, with that day and the age of the lead then."""
    holds = (visits["first_day"] <= day) & (day < visits["end_day"]) & (visits["state"] < OPEN_STATES)
    return visits[["lead", "state"]].assign(day=day, age=age).loc[holds]
