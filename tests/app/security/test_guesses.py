"""Wrong tokens from one address cost longer and longer waits, and nobody else any."""

from types import SimpleNamespace

import pytest

from app.security.guesses import FREE, LONGEST_WAIT, MEMORY, MOST_ADDRESSES, Guesses


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=0.0)


@pytest.fixture
def guesses(clock) -> Guesses:
    return Guesses(lambda: clock.now)


def test_mistyping_costs_nothing_and_guessing_more_and_more(guesses):
    waits = [guesses.wait("192.0.2.1")]
    for _ in range(FREE + 12):
        guesses.add("192.0.2.1")
        waits.append(guesses.wait("192.0.2.1"))
    assert waits[: FREE + 4] == [0, 0, 0, 1, 2, 4, 8]
    assert max(waits) == LONGEST_WAIT
    assert guesses.wait("192.0.2.2") == 0


def test_a_wait_ends_and_so_does_the_memory(guesses, clock):
    for _ in range(FREE):
        guesses.add("a")
    clock.now += 1
    assert guesses.wait("a") == 0
    clock.now += MEMORY + 1
    assert guesses.add("a") == 1


def test_whoever_signs_in_begins_anew(guesses):
    for _ in range(FREE):
        guesses.add("a")
    guesses.forgive("a")
    assert guesses.wait("a") == 0


def test_a_network_of_addresses_is_one(guesses):
    for number in range(FREE):
        guesses.add(f"2001:db8::{number}")
    assert guesses.wait("2001:db8::ffff") > 0
    assert guesses.wait("2001:db8:0:1::1") == 0


def test_many_addresses_fill_no_memory(guesses):
    for number in range(MOST_ADDRESSES + 100):
        guesses.add(str(number))
    assert len(guesses._wrong) == MOST_ADDRESSES
