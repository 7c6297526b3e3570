"""A level that has moved is seen and followed; chance, and one odd stretch, move nothing."""

import numpy as np
import pytest
from scipy import special

from models.training.level import level_of, shift_to

EVEN = np.ones(1200)


def drawn(rate, rows=1200, seed=0):
    return (np.random.default_rng(seed).uniform(size=rows) < rate).astype(int)


def test_where_as_many_are_won_as_expected_nothing_moves():
    level = level_of(np.full(1200, special.logit(0.1)), drawn(0.1), EVEN)
    assert (level.shift, level.rows) == (0.0, 1200)


def test_where_twice_as_many_are_won_the_log_odds_get_what_they_lack():
    margins = np.full(1200, special.logit(0.1))
    level = level_of(margins, drawn(0.2), EVEN)
    assert level.expected == pytest.approx(0.1)
    assert level.won == pytest.approx(0.2, abs=0.02)
    assert (
        special.expit(margins + level.shift).mean() == pytest.approx(level.rate) == pytest.approx(level.won, abs=0.01)
    )


def test_a_level_that_keeps_rising_is_followed_to_its_end():
    """Of 20 stretches the first wins 5 %, the last 24 %: the mean, 14.5 %, is no longer true."""
    rates = np.repeat(np.linspace(0.05, 0.24, 20), 300)
    won = (np.random.default_rng(0).uniform(size=6000) < rates).astype(int)
    level = level_of(np.full(6000, special.logit(0.05)), won, np.ones(6000))
    assert level.won == pytest.approx(0.145, abs=0.01)
    assert level.rate == pytest.approx(0.24, abs=0.03)


def test_chance_alone_moves_hardly_any_level():
    shifts = [level_of(np.full(1200, special.logit(0.1)), drawn(0.1, seed=seed), EVEN).shift for seed in range(100)]
    assert np.count_nonzero(shifts) <= 5


@pytest.mark.parametrize(("won_of_ten", "rows", "moves"), [(1.11, 5000, True), (1.5, 50, False)])
def test_evidence_counts_and_no_factor(won_of_ten, rows, moves):
    """A tenth more wins of 5,000 leads is a move; half as many again of 50 is none."""
    won = np.zeros(rows, int)
    won[np.linspace(0, rows - 1, round(0.2 * won_of_ten * rows)).astype(int)] = 1
    assert (level_of(np.full(rows, special.logit(0.2)), won, np.ones(rows)).shift > 0) == moves


def test_a_single_month_of_many_wins_moves_nothing():
    won = drawn(0.1)
    won[600:700] = 1
    assert level_of(np.full(1200, special.logit(0.1)), won, EVEN).shift == 0.0


@pytest.mark.parametrize("won", [np.zeros(1200, int), np.ones(1200, int)])
def test_where_all_ended_alike_there_is_no_level_to_follow(won):
    assert level_of(np.zeros(1200), won, EVEN).shift == 0.0


def test_few_rows_say_nothing_of_how_levels_differ():
    assert level_of(np.full(199, -3.0), drawn(0.5, 199), np.ones(199)).shift == 0.0


def test_rows_of_one_lead_count_together_as_one():
    # Each lead has two snapshots of half a weight: as if it had one.
    margins, won = np.full(560, special.logit(0.1)), drawn(0.2, 560)
    once = level_of(margins, won, np.ones(560))
    twice = level_of(margins.repeat(2), won.repeat(2), np.full(1120, 0.5))
    assert twice.shift == pytest.approx(once.shift)


def test_the_shift_to_a_number_of_wins():
    # Three of four leads at even odds: log 3.
    assert shift_to(3.0, np.zeros(4), np.ones(4)) == pytest.approx(np.log(3))


def test_it_is_said_in_words():
    assert str(level_of(np.zeros(1200), np.tile([1, 1, 1, 0], 300), EVEN)) == (
        "the level has moved: 75.0% of the newest 1,200 rows were won, where 50.0% were expected; "
        "the log-odds of all leads are shifted by +1.09"
    )
