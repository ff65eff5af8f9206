"""How often one looks, and that every wait has an end."""

from __future__ import annotations

import itertools

import pytest

from ripieno.client import RipienoError, TookTooLong
from ripieno.client.waiting import Watch


def test_looks_grow_apart_and_never_go_beyond_the_end():
    now = [0.0]
    watch, pauses = Watch("the song", 100.0, clock=lambda: now[0]), []
    with pytest.raises(TookTooLong) as told:
        for _ in itertools.count():
            pauses.append(watch.pause("analyzing"))
            now[0] += pauses[-1]
    assert pauses[0] == 0.25 and max(pauses) == 3.0
    assert pauses[:-1] == sorted(pauses[:-1])
    assert sum(pauses) == pytest.approx(100.0)
    assert str(told.value) == "the song is still analyzing after 100 s; it goes on without you"


def test_too_long_is_both_an_error_of_ours_and_a_timeout():
    with pytest.raises(TimeoutError) as told:
        Watch("it", 0.0).pause("away")
    assert isinstance(told.value, RipienoError) and told.value.code == "timeout"
