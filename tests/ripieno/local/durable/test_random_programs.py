"""Random orchestrations on the engine against a direct evaluation of the same program, with and without crashes.

A program is JSON: nested calls of activities (some failing, some retried), timers, `all`, `any`, sub-orchestrations and
external events. One orchestrator interprets it through the real SDK; `evaluate` says what it must return.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import pytest

from ripieno.local.durable.engine import Engine
from ripieno.local.durable.store import Store

NEVER = 10**6


class Crash(BaseException):
    """The process dies here."""


# -- programs -----------------------------------------------------------------------------------------------------


def random_program(rng: random.Random, depth: int = 3) -> dict:
    kinds = ["work", "work", "flaky", "broken", "timer", "event"]
    if depth:
        kinds += ["sequence", "sequence", "all", "all_work", "any", "sub", "sub_flaky"]
    kind = rng.choice(kinds)
    key = f"{rng.getrandbits(48):x}"
    value = rng.randrange(100)
    match kind:
        case "flaky":
            return {"do": kind, "key": key, "value": value, "fails": rng.randrange(3), "attempts": 3}
        case "broken":
            return {"do": kind, "key": key, "value": value, "attempts": rng.choice([0, 2])}
        case "timer":
            return {"do": kind, "seconds": rng.randrange(1, 600), "value": value}
        case "event":
            return {"do": kind, "key": key, "value": value}
        case "sequence" | "all" | "sub":
            return {"do": kind, "parts": [random_program(rng, depth - 1) for _ in range(rng.randrange(1, 4))]}
        case "all_work":
            return {"do": kind, "key": key, "values": [rng.randrange(100) for _ in range(rng.randrange(1, 12))]}
        case "any":
            return {"do": kind, "key": key, "value": value, "timeout": rng.choice([30, NEVER])}
        case "sub_flaky":
            return {"do": kind, "key": key, "value": value, "fails": rng.randrange(2)}
    return {"do": kind, "key": key, "value": value}


def evaluate(program: dict):
    """What the program returns, without any engine."""
    match program["do"]:
        case "sequence" | "all" | "sub":
            return [evaluate(part) for part in program["parts"]]
        case "all_work":
            return program["values"]
        case "broken":
            return "caught"
        case "any":
            return "timeout" if program["timeout"] != NEVER else program["value"]
    return program["value"]


def interpret(context: df.DurableOrchestrationContext, program: dict):
    """Run a program; a compound of programs is run by sub-orchestrations, so that parts overlap."""
    kind = program["do"]
    retry = df.RetryOptions(5000, max(program.get("attempts", 3), 1))
    if kind == "work":
        return (yield context.call_activity("work", program))
    if kind == "flaky":
        return (yield context.call_activity_with_retry("work", retry, program))
    if kind == "broken":
        try:
            if program["attempts"]:
                yield context.call_activity_with_retry("work", retry, program)
            else:
                yield context.call_activity("work", program)
        except Exception:
            return "caught"
        return "not caught"
    if kind == "timer":
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=program["seconds"]))
        return program["value"]
    if kind == "event":
        received = yield context.wait_for_external_event(program["key"])
        return received["value"] if isinstance(received, dict) else json.loads(received)["value"]
    if kind == "all_work":
        parts = [{"do": "work", "key": f"{program['key']}-{i}", "value": v} for i, v in enumerate(program["values"])]
        return (yield context.task_all([context.call_activity("work", part) for part in parts]))
    if kind == "any":
        timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=min(program["timeout"], 10**5)))
        if program["timeout"] == NEVER:
            other = context.call_activity("work", {"do": "work", "key": program["key"], "value": program["value"]})
        else:
            other = context.wait_for_external_event("never-" + program["key"])
        winner = yield context.task_any([timer, other])
        if winner is timer:
            return "timeout"
        timer.cancel()
        return winner.result
    if kind == "sub":
        return (yield context.task_all([context.call_sub_orchestrator("program", part) for part in program["parts"]]))
    if kind == "sub_flaky":
        return (yield context.call_sub_orchestrator_with_retry("flaky_sub", retry, program))
    if kind == "all":
        return (yield context.task_all([context.call_sub_orchestrator("program", part) for part in program["parts"]]))
    results = []
    for part in program["parts"]:
        results.append((yield from interpret(context, part)))
    return results


def program_orchestrator(context: df.DurableOrchestrationContext):
    return (yield from interpret(context, context.get_input()))


def flaky_sub_orchestrator(context: df.DurableOrchestrationContext):
    program = context.get_input()
    return (yield context.call_activity("work", {**program, "do": "flaky"}))


class App:
    """The functions of the test and the outside world: how often each piece of work was tried survives crashes."""

    def __init__(self):
        self._orchestrators = {
            "program": df.Orchestrator.create(program_orchestrator),
            "flaky_sub": df.Orchestrator.create(flaky_sub_orchestrator),
        }
        self.tries: Counter[str] = Counter()

    def orchestrator(self, name):
        return self._orchestrators.get(name)

    def call_activity(self, name, input_json):
        assert name == "work"
        work = json.loads(input_json)
        self.tries[work["key"]] += 1
        if work["do"] == "broken" or self.tries[work["key"]] <= work.get("fails", 0):
            raise ValueError(f"attempt {self.tries[work['key']]} of {work['key']} fails")
        return json.dumps(work["value"])


class World:
    """Drives an engine step by step in random order, with a clock of its own, and kills it now and then."""

    def __init__(self, path, rng: random.Random, *, crash_rate: float):
        self.path, self.rng, self.crash_rate = path, rng, crash_rate
        self.app, self.crashes = App(), 0
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.boot()

    def boot(self):
        self.store = Store(self.path)
        self.engine = Engine(self.store, self.app, clock=lambda: self.time)

    def crash(self):
        self.crashes += 1
        self.store.close()
        self.boot()

    def dies_here(self) -> bool:
        return self.rng.random() < self.crash_rate

    def step(self) -> bool:
        """One random thing that the worker could do now; False when nothing is left to do."""
        ready = self.store.ready_instances()
        waiting = self.store.rows("SELECT id FROM activities WHERE claimed = 0")
        timer = self.store.next_timer()
        choices = ["episode"] * bool(ready) + ["activity"] * bool(waiting)
        soon = timer is not None and datetime.fromisoformat(timer) < self.time + timedelta(hours=1)
        if timer is not None and (not choices or (soon and self.rng.random() < 0.05)):
            choices = ["timer"]
        if not choices:
            return False
        match self.rng.choice(choices):
            case "episode":
                self.run_episode(self.rng.choice(ready))
            case "activity":
                work = self.store.claim_activity()
                if self.dies_here():
                    with suppress(ValueError):
                        self.app.call_activity(work["name"], work["input"])
                    raise Crash  # it ran, and nobody wrote down how it went
                self.engine.run_activity(work)
            case "timer":
                self.time = max(self.time, datetime.fromisoformat(timer))
                self.engine.fire_due_timers()
        if self.dies_here():
            raise Crash
        return True

    def run_episode(self, instance_id: str):
        if self.dies_here():

            def die(*_):
                raise Crash

            self.store.append_history = die  # in the middle of the episode's transaction
        self.engine.run_episode(instance_id)

    def run(self, instance_id: str, program: dict):
        for _ in range(100_000):
            try:
                if not self.step() and not self.raise_events(program):
                    break
            except Crash:
                self.crash()
        return self.store.instance(instance_id)

    def raise_events(self, program: dict) -> bool:
        """Send each awaited event to the instance that waits for it."""
        wanted = dict(events_of(program))
        sent = False
        for row in self.store.rows("SELECT instance_id, signatures FROM instances WHERE status = 'Running'"):
            for signature, _ in json.loads(row["signatures"]):
                kind, _, name = signature.partition(":")
                if kind == "WAIT_FOR_EXTERNAL_EVENT" and name in wanted and name not in self.app.tries:
                    self.app.tries[name] += 1
                    data = json.dumps({"value": wanted[name]})
                    self.engine.raise_event(row["instance_id"], name, self.rng.choice([data, json.dumps(data)]))
                    sent = True
        return sent


def events_of(program: dict):
    if program["do"] == "event":
        yield program["key"], program["value"]
    for part in program.get("parts", []):
        yield from events_of(part)


def assert_evaluates(path, seed: int, *, crash_rate: float) -> int:
    rng = random.Random(seed)
    program = random_program(rng)
    world = World(path, rng, crash_rate=crash_rate)
    instance_id = world.engine.start("program", json.dumps(program))
    instance = world.run(instance_id, program)
    assert instance["status"] == "Completed", (seed, instance["status"], instance["output"], program)
    assert json.loads(instance["output"] or "null") == evaluate(program), (seed, program)
    leftovers = [world.store.row(f"SELECT COUNT(*) AS n FROM {table}")["n"] for table in ("inbox", "timers")]
    assert leftovers == [0, 0], (seed, leftovers)
    world.store.close()
    return world.crashes


@pytest.mark.parametrize("block", range(10))
def test_random_programs_return_what_they_should(tmp_path, block):
    for seed in range(block * 30, block * 30 + 30):
        assert_evaluates(tmp_path / f"{seed}.db", seed, crash_rate=0)


@pytest.mark.parametrize("block", range(10))
def test_random_programs_survive_crashes_between_and_inside_episodes(tmp_path, block):
    crashes = sum(
        assert_evaluates(tmp_path / f"{seed}.db", seed, crash_rate=0.15)
        for seed in range(1000 + block * 20, 1020 + block * 20)
    )
    assert crashes > 20
