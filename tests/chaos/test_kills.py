"""A slice of `make chaos`: forty kills while three people are at work, and nothing that is wrong afterwards."""

from __future__ import annotations

import pytest

from tests.chaos.kills import SHORT_WAITS, Chaos
from tests.stacks import new_stack


@pytest.fixture
def chaos(tmp_path, monkeypatch):
    for name, value in SHORT_WAITS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)  # of the session's stack, which goes on unharmed
    stack = new_stack(tmp_path)
    stack.start(print)
    monkeypatch.setenv("AzureWebJobsStorage", stack.connection_string)
    yield Chaos(stack, seed=7)
    stack.stop()


@pytest.mark.timeout(900)
def test_forty_kills_leave_everything_with_one_end(chaos):
    wrong = chaos.round(40)
    assert not wrong, f"seed {chaos.seed}: {wrong[:20]}\n{chaos.log.read_text()[-3000:]}"
    assert chaos.songs and chaos.works and chaos.pieces, "people got something done"
