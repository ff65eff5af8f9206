"""A slice of `make chaos`: a round of faults while people are at work, and nothing that is wrong afterwards."""

from __future__ import annotations

import random

import pytest

from tests.chaos import faults
from tests.chaos.world import SETTINGS, Chaos, FaultyStack

SOME = 10


@pytest.fixture
def chaos(tmp_path, monkeypatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)  # of the session's stack, which goes on unharmed
    stack = FaultyStack(tmp_path, seed=7)
    stack.start(print)
    monkeypatch.setenv("AzureWebJobsStorage", stack.connection_string)
    chaos = Chaos(stack, seed=7)
    chaos.people, chaos.most_open = 2, 3  # as much as the test run can spare
    yield chaos
    chaos.close()
    stack.stop()


@pytest.mark.timeout(900)
def test_faults_leave_everything_with_one_end(chaos):
    wrong = chaos.round(SOME)
    assert not wrong, f"seed {chaos.seed}: {wrong[:20]}\n{chaos.log.read_text()[-3000:]}"
    assert chaos.songs or chaos.works or chaos.pieces, "people got something done"
    assert sum(chaos.caused.values()) == SOME


def test_a_seed_draws_the_same_faults_again_and_every_kind_in_five_hundred():
    first, again = (faults.drawn(random.Random(3), 500) for _ in range(2))
    assert first == again != faults.drawn(random.Random(4), 500)
    assert set(first) == set(faults.FAULTS)
