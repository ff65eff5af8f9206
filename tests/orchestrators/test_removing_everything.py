"""The removal of everything of somebody says that it is done when nothing is left, however long that takes, and its
history stays small."""

from __future__ import annotations

import json

import pytest
from test_every_end import Host, Scripted, fault

from orchestrators import removal
from ripieno.contracts.workflow import RemovalOrder

ORDER = RemovalOrder(owner="me", instance_id="remove-account-1", everything=True, sweep_seconds=1)
MOST_EVENTS = 400


class Removing(Scripted):
    def __init__(self, **answers):
        super().__init__(**({"StopWhatRuns": 0, "DeleteWhatWasMade": 0} | answers))
        for one in removal.blueprint._function_builders:
            function = one._function
            self._own[function.get_function_name()] = function.get_user_function()

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


def removed(script: Removing, orchestrator: str = "AccountRemovalOrchestrator") -> dict:
    return Host(script).run(orchestrator, ORDER.model_dump(), ORDER.instance_id)


def test_it_goes_through_everything_twice():
    script = Removing()
    ended = removed(script)
    once = ["Hide", "StopWhatRuns", "DeleteWhatWasMade"]
    assert script.names() == [*once, *once, "ForgetRuns"]
    assert json.loads(ended["output"]) == {"outcome": "removed"}
    assert json.loads(ended["custom_status"])["message"] == "everything is deleted"


def test_it_is_not_done_before_nothing_is_left():
    left, lengths = [*range(150, 0, -1), 0, 0], []
    script = Removing()
    host = Host(script)

    def stop(order: dict) -> int:
        lengths.append(len(host.engine.store.history(ORDER.instance_id)))
        return left.pop(0)

    script.answers["StopWhatRuns"] = stop
    ended = host.run("AccountRemovalOrchestrator", ORDER.model_dump(), ORDER.instance_id)
    assert ended["status"] == "Completed" and left == []
    calls = script.names()
    assert calls.index("DeleteWhatWasMade") > 150 and calls[-1] == "ForgetRuns" and calls.count("ForgetRuns") == 1
    assert max(lengths) < MOST_EVENTS


def test_what_came_in_meanwhile_is_gone_through_once_more():
    came_in = [0, 3, 1, 0]
    script = Removing(DeleteWhatWasMade=lambda order: came_in.pop(0))
    removed(script)
    assert came_in == [] and script.names().count("Hide") == 4 and script.names()[-1] == "ForgetRuns"


@pytest.mark.parametrize("step", ["Hide", "StopWhatRuns", "DeleteWhatWasMade", "ForgetRuns"])
def test_one_that_cannot_go_on_fails_and_does_not_say_that_it_is_done(step):
    ended = removed(Removing(**{step: fault()}))
    assert ended["status"] == "Failed"


def test_one_that_was_begun_before_there_was_a_workflow_of_its_own_ends_as_it_began():
    """Its history has these steps in this order; what they answer has changed, and changes nothing there."""
    script = Removing(Hide=None, DeleteWhatWasMade=3)
    ended = removed(script, "RemovalOrchestrator")
    once = ["StopWhatRuns", "DeleteWhatWasMade"]
    assert script.names() == ["Hide", *once, *once, "ForgetRuns"] and ended["status"] == "Completed"
