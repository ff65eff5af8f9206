"""What Azure does at the edges, done here too: terminated work, events at continue-as-new, limits, ids, versions."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import azure.durable_functions as df
import pytest

from ripieno.local.durable.engine import Engine, InstanceConflict
from ripieno.local.durable.store import Store


def two_works(context):
    return (yield context.task_all([context.call_activity("work", n) for n in range(2)]))


def rounds(context):
    """Reads one event a round, after an activity, and begins again until it has been told to stop."""
    yield context.call_activity("work", 0)
    if context.get_input() == "first":
        context.continue_as_new("second")
        return None
    return (yield context.wait_for_external_event("word"))


def status_of_size(context):
    context.set_custom_status("\N{GRINNING FACE}" * context.get_input())
    yield context.call_activity("work", 0)


def versions(context):
    own = context.version
    child = yield context.call_sub_orchestrator("version")
    told = yield context.call_sub_orchestrator("version", version="9.9")
    return [own, child, told]


def version(context):
    return context.version
    yield


class App:
    def __init__(self):
        self._orchestrators = {
            function.__name__: df.Orchestrator.create(function)
            for function in (two_works, rounds, status_of_size, versions, version)
        }
        self.ran = Counter()

    def orchestrator(self, name):
        return self._orchestrators.get(name)

    def call_activity(self, name, input_json):
        self.ran[input_json] += 1
        return input_json


@pytest.fixture
def app():
    return App()


@pytest.fixture
def engine(tmp_path, app):
    store = Store(tmp_path / "durable.db")
    yield Engine(store, app, default_version="2.0")
    store.close()


def run_out(engine):
    """Do everything that can be done."""
    going = True
    while going:
        going = False
        for instance_id in engine.store.ready_instances():
            going |= engine.run_episode(instance_id)
        while work := engine.store.claim_activity():
            engine.run_activity(work)
            going = True


def test_queued_activities_of_a_terminated_instance_run_and_nobody_hears_of_it(engine, app):
    one = engine.start("two_works", None, "one")
    engine.run_episode(one)
    engine.terminate(one, "enough")
    engine.start("two_works", None, "one")  # the same id again: the old activities answer nobody
    engine.run_episode(one)
    run_out(engine)
    assert app.ran == {"0": 2, "1": 2}
    assert json.loads(engine.store.instance(one)["output"]) == [0, 1]
    assert engine.store.row("SELECT COUNT(*) AS n FROM inbox")["n"] == 0


def test_events_nobody_waited_for_are_dropped_at_continue_as_new(engine):
    one = engine.start("rounds", json.dumps("first"))
    engine.run_episode(one)
    engine.raise_event(one, "word", '"early"')
    run_out(engine)
    assert engine.store.instance(one)["status"] == "Running"
    engine.raise_event(one, "word", '"late"')
    run_out(engine)
    assert json.loads(engine.store.instance(one)["output"]) == "late"


def test_events_that_come_during_the_last_episode_reach_the_next_run(engine, app):
    one = engine.start("rounds", json.dumps("first"))
    engine.run_episode(one)
    engine.run_activity(engine.store.claim_activity())
    decide = engine._decide

    def slow(*given):
        decided = decide(*given)
        engine.raise_event(one, "word", '"meanwhile"')
        engine._decide = decide
        return decided

    engine._decide = slow
    run_out(engine)
    assert json.loads(engine.store.instance(one)["output"]) == "meanwhile"


def test_a_custom_status_has_at_most_sixteen_kilobytes_of_utf16(engine):
    fits = engine.start("status_of_size", json.dumps(4095))  # four bytes each, and two quotes of two bytes
    too_large = engine.start("status_of_size", json.dumps(4096))
    run_out(engine)
    assert engine.store.instance(fits)["status"] == "Completed"
    failed = engine.store.instance(too_large)
    assert failed["status"] == "Failed" and "16 KB" in failed["output"]


@pytest.mark.parametrize("wrong", ["a/b", "a\\b", "a#b", "a?b", "@one", "a\nb", "x" * 256])
def test_ids_that_azure_refuses_are_refused(engine, wrong):
    with pytest.raises(ValueError, match="instance id"):
        engine.start("two_works", None, wrong)


def test_of_eight_starts_of_one_id_at_once_one_is_taken(engine):
    together = Barrier(8)

    def start(_: int) -> str:
        together.wait()
        try:
            return engine.start("two_works", None, "the one")
        except InstanceConflict:
            return "conflict"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(start, range(8))) == ["conflict"] * 7 + ["the one"]
    run_out(engine)
    assert set(engine.functions.ran.values()) == {1}


def test_instances_have_the_version_of_host_json_or_their_own(engine):
    default, own = engine.start("versions", None), engine.start("versions", None, version="1.5")
    run_out(engine)
    assert json.loads(engine.store.instance(default)["output"]) == ["2.0", "2.0", "9.9"]
    assert json.loads(engine.store.instance(own)["output"]) == ["1.5", "2.0", "9.9"]


def test_a_state_file_of_before_versions_is_opened(tmp_path):
    Store(tmp_path / "old.db").close()
    with sqlite3.connect(tmp_path / "old.db") as db:
        db.execute("ALTER TABLE instances DROP COLUMN version")
    store = Store(tmp_path / "old.db")
    assert Engine(store, App()).start("two_works", None)
    store.close()


def test_a_fan_out_is_read_in_few_episodes(tmp_path, app):
    """While its activities come in, an instance rests between episodes, however many threads there are."""
    from ripieno.local.durable.worker import Worker

    store = Store(tmp_path / "durable.db")
    engine = Engine(store, FanOut())
    worker = Worker(engine)
    worker.start()
    one = engine.start("wide", "500")
    with engine.changed:
        assert engine.changed.wait_for(lambda: store.instance(one)["status"] == "Completed", 60)
    worker.stop()
    episodes = sum(event["EventType"] == 12 for event in store.history(one))
    assert episodes <= 40
    store.close()


def wide(context):
    results = yield context.task_all([context.call_activity("work", n) for n in range(context.get_input())])
    return sum(results)


class FanOut(App):
    def __init__(self):
        super().__init__()
        self._orchestrators["wide"] = df.Orchestrator.create(wide)
