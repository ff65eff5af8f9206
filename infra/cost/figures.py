"""The figures and prices of the data files, and the seconds of work that follow from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).resolve().parent
WORKER_CORES = 2  # what the measured figures of a CPU are of
Engine = Literal["symbolic", "musicgen"]


@dataclass(frozen=True)
class Load:
    """What is asked of the platform: songs a day, how long each is, and new stems for each, by which engine."""

    songs_a_day: float = 1000.0
    minutes: float = 3.0
    stems: int = 2
    engine: Engine = "symbolic"
    at_once: int = 100


@lru_cache(maxsize=1)
def prices() -> dict[str, Any]:
    return json.loads((HERE / "prices.json").read_text())


@lru_cache(maxsize=1)
def _figures() -> dict[str, Any]:
    return json.loads((HERE / "figures.json").read_text())


def figure(name: str) -> Any:
    """One value; its file says of what, and from where."""
    return _figures()[name]["value"]


def gpu_of(machine: str) -> str:
    return prices()["machines"][machine]["gpu"]


def slower_than_measured(gpu: str) -> float:
    """How many times as long as the measured H200 a card takes, if it does as its data sheet says."""
    return figure("h200_fp32_tflops") / figure("gpu_fp32_tflops")[gpu]


def listening(minutes: float) -> float:
    return figure("listening_seconds_a_minute") * minutes


def separation(minutes: float, machine: str) -> float:
    """On a CPU worker (machine `cpu`), or on a GPU."""
    if machine == "cpu":
        return figure("separation_seconds_a_minute") * minutes
    return figure("gpu_separation_seconds_a_minute") * minutes * slower_than_measured(gpu_of(machine))


def generation(minutes: float, engine: Engine, machine: str) -> float:
    """One stem. The learned engine is measured on a GPU alone."""
    if engine == "symbolic":
        return minutes * 60 / figure("symbolic_times_real_time")
    if machine == "cpu":
        raise ValueError("MusicGen was measured on a GPU alone: choose a machine with one")
    return minutes * 60 / figure("musicgen_stems_times_real_time") * slower_than_measured(gpu_of(machine))
