"""The simulation behaves as queues do, the bill grows with what is asked, and the docs say what the model says."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from infra.cost import billing, chart, choosing, figures, shapes
from infra.cost.figures import Load, figure
from infra.cost.limits import limits
from infra.cost.shapes import Shape, keeps
from infra.cost.simulation import Job, Pool, Step, simulate
from ripieno.work import asking
from triggers import timers

ROOT = Path(__file__).resolve().parents[2]


def poisson(a_second: float, seconds: float, work: float, seed: int = 3) -> list[Job]:
    chance, at, jobs = random.Random(seed), 0.0, []
    while (at := at + chance.expovariate(a_second)) < seconds:
        jobs.append(Job(at, (Step(chance.expovariate(1 / work), "pool"), Step(2.0))))
    return jobs


# -- the simulation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("most", [1, 4])
def test_every_job_that_comes_ends_and_none_comes_of_nothing(seed, most):
    jobs = poisson(0.02, 20_000, 30, seed)
    found = simulate(jobs, [Pool("pool", 1, 1, most, 60.0)])
    assert found.ended == found.arrived == len(jobs) == len(found.took["job"])
    assert found.busy_seconds["pool"] == pytest.approx(sum(job.steps[0].seconds for job in jobs))
    assert all(took >= 2.0 for took in found.took["job"])


@pytest.mark.parametrize("workers", [1, 3])
def test_littles_law_holds(workers):
    """Jobs that are there, in the mean, are those that come a second times how long each is there."""
    jobs = poisson(0.02 * workers, 50_000, 30)
    found = simulate(jobs, [Pool("pool", workers, 1, 1)])
    took = found.took["job"]
    assert found.mean_there == pytest.approx(len(jobs) / found.seconds * sum(took) / len(took), rel=1e-9)


def test_a_single_worker_waits_as_theory_says():
    """M/M/1 at a load of .6: a job is there for 1 / (μ - λ)."""
    chance, at, jobs = random.Random(1), 0.0, []
    for _ in range(30_000):
        at += chance.expovariate(0.6)
        jobs.append(Job(at, (Step(chance.expovariate(1.0), "pool"),)))
    took = simulate(jobs, [Pool("pool", 1, 1, 1)]).took["job"]
    assert sum(took) / len(took) == pytest.approx(1 / (1 - 0.6), rel=0.1)


def test_more_nodes_never_make_a_hundred_at_once_slower():
    load = Load()
    took = [shapes.burst_of_songs(load, Shape(nodes, nodes)).slowest("song") for nodes in range(1, 12)]
    assert took == sorted(took, reverse=True) and took[-1] < took[0]


def test_a_slower_start_of_nodes_never_helps():
    def took(start: float) -> float:
        return simulate([Job(0.0, (Step(60.0, "pool"),)) for _ in range(40)], [Pool("pool", 1, 1, 10, start)]).slowest(
            "job"
        )

    found = [took(start) for start in (0.0, 60.0, 180.0, 600.0)]
    assert found == sorted(found) and found[0] < found[-1]


def test_whoever_came_first_is_served_first_through_all_steps():
    jobs = [Job(float(n), (Step(10.0, "pool"), Step(10.0, "pool"))) for n in range(3)]
    found = simulate(jobs, [Pool("pool", 1, 1, 1)])
    assert found.ended_at == [30.0, 40.0, 60.0]


def test_nodes_from_zero_come_after_their_time_and_go_when_nothing_is_left_to_do():
    pool = Pool("pool", 1, 0, 1, start_seconds=420.0, look_seconds=30.0, cool_down_seconds=300.0)
    found = simulate([Job(10.0, (Step(60.0, "pool"),))], [pool], until=86400.0)
    assert found.ended_at == [30.0 + 420.0 + 60.0]
    assert 60.0 + 300.0 <= found.node_seconds["pool"] <= 60.0 + 300.0 + 30.0


def test_a_step_that_nobody_works_at_is_told_and_not_waited_for():
    with pytest.raises(ValueError, match="nobody works in gpu"):
        simulate([Job(0.0, (Step(1.0, "gpu"),))], [Pool("pool", 1, 1, 1)])


def test_a_day_has_about_the_songs_that_were_asked_for_most_of_them_in_its_busy_half():
    found = shapes.arrivals(1000, seed=1)
    assert 900 < len(found) < 1100
    assert found == sorted(found) and found == shapes.arrivals(1000, seed=1)
    assert sum(at > 43200 for at in found) > 0.7 * len(found)


# -- the bill -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (Load(100), Load(200)), (Load(200, minutes=2), Load(200, minutes=4)), (Load(200, stems=0), Load(200, stems=4)),
        (Load(200, at_once=50), Load(200, at_once=150)),
    ],
    ids=["songs", "minutes", "stems", "at once"],
)  # fmt: skip
def test_more_never_costs_less(less, more):
    without_gpu = [None]
    assert choosing.cheapest(less, without_gpu)[0].dollars <= choosing.cheapest(more, without_gpu)[0].dollars


@pytest.fixture(scope="module")
def choices() -> list[choosing.Choice]:
    return choosing.cheapest(Load())


def test_the_cheapest_shape_keeps_every_promise_and_a_smaller_one_does_not(choices):
    load, best = Load(), choices[0].shape
    assert keeps(load, best)
    assert not keeps(load, Shape(best.cpu_least - 1, best.cpu_most))
    assert best == chart.CURVES[0].shape, "the chart shows it"


def test_a_gpu_that_comes_from_zero_does_not_keep_the_promise():
    said = list(shapes.misses(Load(), Shape(1, 1, "gpu-h100", 0, 1)))
    assert said and "songs at once" in said[0]


def test_the_parts_of_the_bill_are_its_sum_and_a_model_is_a_part_of_its_own():
    load, shape = Load(), Shape(5, 5)
    plain, planned = billing.bill(load, shape), billing.bill(load, shape, with_model=True)
    assert all(dollars >= 0 for dollars in plain.values())
    assert planned == plain | {"Language model": planned["Language model"]} and planned["Language model"] > 0


def test_machines_that_are_always_there_cost_their_month():
    price = figures.prices()["machines"]["cpu"]["dollars_an_hour"]
    assert billing.nodes(Load(), Shape(5, 5))["AKS: Standard_D8s_v5"] == pytest.approx(5 * price * 730, rel=0.01)


# -- limits, figures, docs --------------------------------------------------------------------------------------------


def test_longer_songs_fill_every_part_no_later():
    short, long = ({one.part: one.songs_a_day for one in limits(Load(minutes=minutes))} for minutes in (3, 6))
    assert short.keys() == long.keys() and all(long[part] <= short[part] for part in short)


def test_of_the_platform_itself_azure_storage_is_full_first_at_a_million_a_day():
    full = [
        one
        for one in limits(Load())
        if one.songs_a_day < 1_000_000 and one.then not in ("Azure", "a further one", "quota")
    ]
    assert full[0].part == "Durable on Azure Storage"


def test_figures_say_of_what_they_are_and_where_they_are_from():
    known = json.loads((figures.HERE / "figures.json").read_text())
    del known["note"]
    assert all({"value", "of", "from"} == one.keys() and one["from"] for one in known.values())


def test_figures_that_are_settings_of_ours_are_those_of_the_code():
    host = json.loads((ROOT / "host.json").read_text())["extensions"]["durableTask"]
    assert figure("steps_at_once") == host["maxConcurrentActivityFunctions"]
    assert figure("runs_looked_after_a_second") == asking.MOST_AT_ONCE / 10
    declared = re.findall(r'schedule="([^"]+)"', Path(timers.__file__).read_text())
    a_minute = sum(_a_minute(schedule) for schedule in declared) + 1 / 5  # the inbox, by Event Grid
    assert figure("timer_runs_a_minute") == pytest.approx(a_minute, abs=0.05)


def _a_minute(schedule: str) -> float:
    seconds, minutes, hours = schedule.split()[:3]
    if seconds.startswith("*/"):
        return 60 / int(seconds[2:])
    if minutes.startswith("*/"):
        return 1 / int(minutes[2:])
    return 1 if minutes == "*" else 1 / 1440 if hours != "*" else 1 / 60


@pytest.mark.parametrize(
    ("name", "page", "words"),
    [
        ("listening_seconds_a_minute", "docs/limits.md", "takes {} s for a minute"),
        ("separation_seconds_a_minute", "docs/limits.md", "{:.0f} s in ONNX Runtime"),
        ("symbolic_times_real_time", "docs/generation.md", "{} times real time"),
    ],
)
def test_measured_figures_are_those_of_the_pages(name, page, words):
    text = " ".join((ROOT / page).read_text().split())
    assert words.format(figure(name)) in text


def test_the_chart_in_the_docs_is_what_the_model_draws():
    drawn = chart.drawn(Load())
    assert (ROOT / "docs/scale.svg").read_text() == drawn, "python -m infra.cost --chart docs/scale.svg"
    ElementTree.fromstring(drawn)


def test_the_page_says_what_the_model_says(choices):
    text = (ROOT / "docs/scale.md").read_text()
    for one in choices:
        assert f"| {one.shape} | {round(one.dollars, -2):,.0f} |" in text
    assert f"prices of {figures.prices()['as_of']}" in text.lower()
