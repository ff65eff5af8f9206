"""How often and after how long, without any waiting."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ripieno.client import retrying
from ripieno.client.retrying import Retries, Tries, seconds_to_wait

NOW = datetime(2026, 10, 21, 7, 27, 30, tzinfo=UTC)


def tries(policy: Retries, *, chance: float = 1.0, clock=lambda: 0.0) -> Tries:
    return Tries(policy, clock=clock, chance=lambda: chance)


def test_pauses_double_up_to_the_longest_and_end_after_the_tries():
    some = tries(Retries(tries=7, first_pause=0.25, longest_pause=3.0))
    assert [some.pause() for _ in range(8)] == [0.25, 0.5, 1.0, 2.0, 3.0, 3.0, None, None]


def test_chance_takes_up_to_half_of_a_pause():
    assert tries(Retries(first_pause=1.0), chance=0.0).pause() == 0.5
    assert tries(Retries(first_pause=1.0), chance=0.5).pause() == 0.75


def test_a_longer_retry_after_takes_the_place_of_a_pause_and_a_shorter_does_not():
    some = tries(Retries(first_pause=1.0))
    assert some.pause(retry_after=30.0) == 30.0
    assert some.pause(retry_after=0.0) == 2.0


def test_there_is_no_further_try_that_would_begin_after_the_time_is_over():
    now = [0.0]
    some = tries(Retries(tries=100, seconds=10.0, first_pause=1.0), clock=lambda: now[0])
    assert some.pause(retry_after=11.0) is None
    assert some.pause(retry_after=10.0) == 10.0
    now[0] = 9.5
    assert some.pause() is None


def test_progress_begins_the_count_anew_and_not_the_time():
    now = [0.0]
    some = tries(Retries(tries=2, seconds=10.0, first_pause=1.0), clock=lambda: now[0])
    assert some.pause() == 1.0
    some.went_on()
    assert some.pause() == 1.0
    some.went_on()
    now[0] = 10.0
    assert some.pause() is None


def test_a_thousand_tries_overflow_nothing():
    some = tries(Retries(tries=2000, seconds=1e9, longest_pause=1.0))
    assert {some.pause() for _ in range(1990)} == {0.25, 0.5, 1.0}


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"seconds": -1.0}, {"first_pause": -0.1}])
def test_a_policy_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="at least one try"):
        Retries(**wrong)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("9" * 400, 999999999999.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0.0),
        ("Wed, 21 Oct", None),
    ],
)
def test_retry_after_is_seconds_or_an_http_date(text, seconds):
    assert seconds_to_wait(text, now=NOW) == seconds


def test_an_http_date_is_of_the_world_not_of_a_place():
    assert seconds_to_wait("Wed, 21 Oct 2026 07:28:00 GMT", now=NOW.astimezone(timezone(timedelta(hours=9)))) == 30.0


def test_the_examples_of_the_module_are_true():
    assert doctest.testmod(retrying).failed == 0 < doctest.testmod(retrying).attempted
