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
    assert special.expit(margins + level.shift).mean() == pytest.approx(level.won)


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
    margins, won = np.full(600, special.logit(0.1)), drawn(0.2, 600)
    once = level_of(margins, won, np.ones(600))
    twice = level_of(margins.repeat(2), won.repeat(2), np.full(1200, 0.5))
    assert twice.shift == pytest.approx(once.shift)


def test_the_shift_to_a_number_of_wins():
    # Three of four leads at even odds: log 3.
    assert shift_to(3.0, np.zeros(4), np.ones(4)) == pytest.approx(np.log(3))


def test_it_is_said_in_words():
    assert str(level_of(np.zeros(1200), np.tile([1, 1, 1, 0], 300), EVEN)) == (
        "the level has moved: 75.0% of the newest 1,200 rows were won, where 50.0% were expected; "
        "the log-odds of all leads are shifted by +1.10"
    )
