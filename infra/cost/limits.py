"""What is full first as the songs of a day grow: each part's limit, the busiest hour of a day reckoned with."""

from __future__ import annotations

from dataclasses import dataclass

from infra.cost import billing, figures
from infra.cost.figures import WORKER_CORES, Load, figure
from infra.cost.shapes import DAY

BOUGHT = ("Azure", "a further one", "quota")
"""What follows where more of the same can be had."""


@dataclass(frozen=True)
class Limit:
    """A part, what it bears in songs a day, and what comes after it."""

    part: str
    songs_a_day: float
    then: str


def limits(load: Load) -> list[Limit]:
    """Every part that is reckoned with, the first to be full first."""
    return sorted([*_of_work(load), *_of_platform(load)], key=lambda one: one.songs_a_day)


def _of_work(load: Load) -> list[Limit]:
    """Separation on a GPU where there is one, the rest on CPUs; stems by the symbolic engine."""
    cpu_seconds = figures.listening(load.minutes) + load.stems * figures.generation(load.minutes, "symbolic", "cpu")
    alone = cpu_seconds + figures.separation(load.minutes, "cpu")
    t4, h100 = (figures.separation(load.minutes, machine) for machine in ("gpu-t4", "gpu-h100"))
    cores, gpus = figure("cpu_cores"), figure("gpus")
    return [
        Limit("a laptop of two cores", _a_day(1 / alone), "Azure"),
        Limit("one GPU: T4", _a_day(1 / t4), "a further one"),
        Limit("one GPU: H100", _a_day(1 / h100), "a further one"),
        Limit(f"{cores} cores of CPU", _a_day(cores / WORKER_CORES / cpu_seconds), "quota"),
        Limit(f"{gpus} GPUs: H100", _a_day(gpus / h100), "quota"),
    ]


def _of_platform(load: Load) -> list[Limit]:
    steps = billing.steps(1, load)
    items, seconds = steps * figure("work_items_a_step"), steps * figure("step_seconds")
    durable = figure("durable_items_a_second")
    at_work = figure("instances") * figure("steps_at_once")
    gigabytes = billing.stored_gigabytes(1, load) / figure("kept_months") * (1 + figure("heard_share"))
    asked = steps * figure("storage_requests_a_step")
    open_jobs = figure("partition_requests_a_second") / figure("open_job_requests_a_song")
    looked_after = figure("runs_looked_after_a_second") / figure("runs_a_song")
    bandwidth = figure("storage_gigabits_a_second") / (8 * gigabytes)
    return [
        Limit("looking after workflows", _a_day(looked_after), "a change of ours"),
        Limit("the table of open jobs", _a_day(open_jobs), "a change of ours"),
        Limit("Durable on Azure Storage", _a_day(durable["azure-storage"] / items), "Durable Task Scheduler"),
        Limit("Durable Task Scheduler", _a_day(durable["scheduler"] / items), "several apps"),
        Limit(
            f"{figure('instances')} instances of the app",
            _a_day(at_work / seconds),
            "up to 1,000",
        ),
        Limit("requests of a storage account", _a_day(figure("storage_requests_a_second") / asked), "several accounts"),
        Limit("bandwidth of a storage account", _a_day(bandwidth), "several accounts"),
    ]


def _a_day(songs_a_second: float) -> float:
    return songs_a_second * DAY / figure("peak_times_mean")
