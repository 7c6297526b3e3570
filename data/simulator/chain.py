"""The chain: how a lead's intent and stage change from day to day, and what its chance of buying therefore is.

A state is an intent within a stage, or one of the two ends, won and lost. Each day a lead may be won or lost, may
enter the next stage, and may change its intent. How likely that is depends on its **fit**, a number around 0 that
is rounded to a grid, so that there is one matrix of daily moves per kind of lead, and a power of it is the chance of
winning. The *kind* of a lead is its fit, and whether its source is the one that the drift turns around.

What happens on day d of a lead's life happens later than d - 1 and at most d days after its creation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, repeat

import numpy as np
import pandas as pd

from data.simulator.draw import Bools, Floats, Ints, choose
from data.vocabulary import AGE_EDGES, HORIZON

DAY = 86_400_000_000
"""Microseconds of a day; every moment is a whole number of microseconds."""

STAGES = ("lead", "mql", "sql", "qso", "customer", "lost")
INTENTS = ("dormant", "curious", "evaluating", "buying")
OPEN_STAGES, OPEN_STATES, STATES = 4, 16, 18
WON, LOST = 16, 17
"""The open states are ``4 * stage + intent``; after them come the two ends."""

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

DRIFT_ON_WINS = 2.0
"""Factor on the rate of winning after the drift."""
DRIFT_ON_FIT = -1.5
"""What the leads of the source that the drift turns around lose in fit."""

MOMENTS = (0, *AGE_EDGES)
"""Days after creation at which the truth is told."""


def kinds(fit: Floats, turns: Bools) -> Ints:
    """Return the kind of leads of this fit, whose source the drift ``turns`` around or not.

    >>> kinds(np.array([-9.0, 0.1, 0.1]), np.array([False, False, True])).tolist()
    [0, 12, 37]
    """
    step = np.rint((fit.clip(FITS[0], FITS[-1]) - FITS[0]) / (FITS[1] - FITS[0]))
    return step.astype(np.int64) + len(FITS) * turns


def daily_moves(fit: Floats, win_factor: float = 1.0) -> Floats:
    """Return one transition matrix over all states for each fit.

    >>> moves = daily_moves(np.array([0.0, 2.0]))
    >>> moves.shape, bool(np.allclose(moves.sum(axis=2), 1))
    ((2, 18, 18), True)
    """
    up, lost = _chances(fit, win_factor)
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
    moves[:, [WON, LOST], [WON, LOST]] = 1
    return moves


def _chances(fit: Floats, win_factor: float) -> tuple[Floats, Floats]:
    """Chance per day of rising a stage and of being lost, by fit, stage and intent."""
    column = fit[:, None, None]
    advance = ADVANCE * np.exp(FIT_ON_ADVANCE[:, None] * column)
    advance[:, 0] /= 1 + np.exp(-PROFILE_SHARPNESS * (fit[:, None] - PROFILE_EDGE))
    advance[:, -1] *= win_factor
    return 1 - np.exp(-advance), 1 - np.exp(-LOSS * np.exp(FIT_ON_LOSS[:, None] * column))


@dataclass(frozen=True)
class Chain:
    """The transition matrices of all kinds, before and after the drift; without one they are the same."""

    before: Floats
    after: Floats

    @classmethod
    def make(cls, drift: bool) -> Chain:
        before = daily_moves(np.tile(FITS, 2))
        turned = np.concatenate([FITS, (FITS + DRIFT_ON_FIT).clip(FITS[0])])
        return cls(before, daily_moves(turned, DRIFT_ON_WINS) if drift else before)

    @cached_property
    def chance_to_win(self) -> Floats:
        """Chance of winning within the horizon, by its days that lie before the drift (0 to all), kind and state.

        That is ``before^d · after^(horizon - d)``, read at the state won.
        """
        still_before, then_after = _powers(self.before), _powers(self.after)
        days = range(HORIZON + 1)
        return np.stack([(still_before[d] @ then_after[HORIZON - d][..., WON : WON + 1])[..., 0] for d in days])


def _powers(moves: Floats) -> list[Floats]:
    """The powers of stacked matrices, from 0 to the horizon."""
    start = np.broadcast_to(np.eye(STATES), moves.shape)
    return list(accumulate(repeat(moves, HORIZON), np.matmul, initial=start))


VISIT = ("lead", "state", "first_day", "end_day", "enters", "leaves", "then")
"""A visit of a lead (its row) to a state, which is its state after each day from the first up to, but without, the end.

``enters`` and ``leaves`` are in microseconds after creation. ``then`` is the next state, or the same one where
the visit is cut because the drift comes or the data ends.
"""


def walk(rng: np.random.Generator, chain: Chain, leads: pd.DataFrame) -> pd.DataFrame:
    """Follow each lead from state to state until it closes or the data ends; return the visits, see `VISIT`.

    ``leads`` needs ``kind``, ``intent`` (the first), ``last_day`` and ``drift_day`` (days of life completed when the
    data ends and when the drift comes) and ``lifetime`` (microseconds from creation to the end of the data).
    Nothing is drawn day by day: the number of days in a state is geometric.
    """
    kind, drift_day, last_day = (leads[name].to_numpy() for name in ("kind", "drift_day", "last_day"))
    lifetime = leads["lifetime"].to_numpy()
    leaving, jumps = _leaving(np.concatenate([chain.before, chain.after]))
    lead, state = np.arange(len(leads)), leads["intent"].to_numpy()
    day = enters = np.zeros_like(lead)
    visits = []
    while lead.size:
        drifted = day >= drift_day[lead]
        row = (drifted * len(chain.before) + kind[lead]) * STATES + state
        cut = np.where(drifted, last_day[lead], np.minimum(last_day[lead], drift_day[lead]))
        end = day + rng.geometric(leaving[row])
        moves = end <= cut
        end = np.minimum(end, cut)
        over = ~moves & (end == last_day[lead])
        leaves = np.where(over, lifetime[lead], end * DAY - moves * rng.integers(0, DAY, lead.size))
        then = np.where(moves, choose(rng, jumps, row), state)
        visits.append((lead, state, day, end + over, enters, leaves, then))
        goes_on = ~over & (then < OPEN_STATES)
        lead, state, day, enters = lead[goes_on], then[goes_on], end[goes_on], leaves[goes_on]
    columns = map(np.concatenate, zip(*visits, strict=True))
    return pd.DataFrame(dict(zip(VISIT, columns, strict=True)))


def _leaving(moves: Floats) -> tuple[Floats, Floats]:
    """For each matrix and state, the chance to leave it on a day, and where to when it is left."""
    stays = np.eye(STATES, dtype=bool)
    jumps = np.where(stays, 0.0, moves)
    jumps[:, [WON, LOST], [WON, LOST]] = 1  # never drawn: nothing leaves the ends
    return 1 - moves[:, stays].ravel(), jumps.reshape(-1, STATES)


def stage_of(states: Ints) -> Ints:
    """Return the place in STAGES of each state.

    >>> [STAGES[place] for place in stage_of(np.array([0, 7, WON, LOST]))]
    ['lead', 'mql', 'customer', 'lost']
    """
    return np.where(states == LOST, len(STAGES) - 1, states // len(INTENTS))


def truth(chain: Chain, leads: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Tell for each lead, while it is open, the chance of winning within the horizon.

    It is told at the days of `MOMENTS` and at the end of the data, there by the state after the last completed day.
    The result has ``lead`` (its row), ``age`` (microseconds after creation) and ``probability``.
    """
    last_day, lifetime = (leads[name].to_numpy()[visits["lead"]] for name in ("last_day", "lifetime"))
    moments = [_told(visits, day, day * DAY) for day in MOMENTS]
    rows = pd.concat([*moments, _told(visits, last_day, lifetime)]).sort_values(by=["lead", "age"], ignore_index=True)
    before_drift = leads["drift_day"].to_numpy()[rows["lead"]] - rows["day"].to_numpy()
    kind = leads["kind"].to_numpy()[rows["lead"]]
    rows["probability"] = chain.chance_to_win[before_drift.clip(0, HORIZON), kind, rows["state"]]
    return rows


def _told(visits: pd.DataFrame, day: int | Ints, age: int | Ints) -> pd.DataFrame:
    """The visits that hold after the completed day, with that day and the age at which it is told."""
    holds = (visits["first_day"] <= day) & (day < visits["end_day"])
    return visits[["lead", "state"]].assign(day=day, age=age).loc[holds]
