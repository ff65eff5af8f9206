"""The embedded durable engine by itself: real SDK, real SQLite file, trivial activities.

Units: seconds of wall clock; instances and steps a second. A number is the median of `--runs` runs, with the extremes
beside it, since what a fan-out costs depends on how many replays happen in between.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import azure.durable_functions as df

from ripieno.local.durable.engine import Engine
from ripieno.local.durable.store import RUNNING_STATES, Store
from ripieno.local.durable.worker import Worker

CHAIN_STEPS = 10
CHAIN_SUBS = 5


def fan_out(context: df.DurableOrchestrationContext):
    results = yield context.task_all([context.call_activity("echo", n) for n in range(int(context.get_input() or 0))])
    return sum(results)


def single(context: df.DurableOrchestrationContext):
    return (yield context.call_activity("echo", 1))


def chain(context: df.DurableOrchestrationContext):
    """About what a song's pipeline is: ten activities one after another, five sub-orchestrations between them."""
    for step in range(CHAIN_STEPS):
        yield context.call_activity("echo", step)
        if step % 2:
            yield context.call_sub_orchestrator("single")
    return "done"


class Functions:
    """The engine's view of an app of three orchestrators and one activity."""

    def __init__(self) -> None:
        self._orchestrators = {
            function.__name__: df.Orchestrator.create(function) for function in (fan_out, single, chain)
        }

    def orchestrator(self, name: str) -> Callable[[str], str] | None:
        return self._orchestrators.get(name)

    def call_activity(self, name: str, input_json: str | None) -> str | None:
        return input_json


@contextmanager
def running_engine() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "durable.db")
        engine = Engine(store, Functions())
        worker = Worker(engine)
        worker.start()
        try:
            yield engine
        finally:
            worker.stop()
            store.close()


def wait_for(is_so: Callable[[], bool], seconds: float = 120.0) -> None:
    """Look every two milliseconds: waking with the engine's own threads would be measured too."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("the engine did not come to an end")
        time.sleep(0.002)


def ended(engine: Engine, instance_id: str) -> bool:
    row = engine.store.row("SELECT status FROM instances WHERE instance_id = ?", instance_id)
    return row is not None and row["status"] not in RUNNING_STATES


def seconds_of(engine: Engine, name: str, order: object) -> float:
    began = time.perf_counter()
    instance_id = engine.start(name, json.dumps(order))
    wait_for(lambda: ended(engine, instance_id))
    took = time.perf_counter() - began
    row = engine.store.instance(instance_id)
    if row is None or row["status"] != "Completed":
        raise RuntimeError(f"{name} ended otherwise than it should: {row and row['output']}")
    return took


def instances_per_second(engine: Engine, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        engine.start("single", "null")
    wait_for(
        lambda: engine.store.row("SELECT 1 FROM instances WHERE status IN ('Pending', 'Running') LIMIT 1") is None,
    )
    return count / (time.perf_counter() - began)


def summary(values: list[float]) -> dict[str, float]:
    return {
        "min": round(min(values), 4),
        "median": round(statistics.median(values), 4),
        "max": round(max(values), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durable", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--width", type=int, default=1000, help="activities of one fan-out")
    parser.add_argument("--ended", type=int, default=5000, help="ended instances in the second rate")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore", message="Potential duplicate Task completion")

    with running_engine() as engine:
        seconds_of(engine, "chain", None)  # imports and caches
        steps = CHAIN_STEPS + CHAIN_SUBS
        chains = [seconds_of(engine, "chain", None) for _ in range(chosen.runs)]
        found = {
            "fan_out_seconds": summary([seconds_of(engine, "fan_out", chosen.width) for _ in range(chosen.runs)]),
            "chain_seconds": summary(chains),
            "step_milliseconds": round(1000 * statistics.median(chains) / steps, 2),
        }
    with running_engine() as engine:
        found["instances_per_second"] = {"0 ended": round(instances_per_second(engine, 500))}
        instances_per_second(engine, max(chosen.ended - 500, 0))
        found["instances_per_second"][f"{chosen.ended} ended"] = round(instances_per_second(engine, 500))
    print(json.dumps(found, indent=1))
