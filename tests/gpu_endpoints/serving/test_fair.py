"""Each owner gets their turn at an endpoint, whoever sent how many, and whoever comes last finds a place in its queue."""

from __future__ import annotations

import random

from gpu_endpoints.serving.fair import LATEST_SECONDS, SOONEST_SECONDS, FairQueue


def filled(**jobs_of: int) -> FairQueue:
    queue = FairQueue(10_000)
    for owner, many in jobs_of.items():
        for number in range(many):
            queue.add(owner, f"2026-11-27T{number:04d}", f"{owner} {number}")
    return queue


def served(queue: FairQueue, seconds=lambda owner: 10.0, workers: int = 1) -> list[str]:
    """The jobs in the order in which they are begun; of several workers the one that is done first takes the next."""
    order: list[str] = []
    at_work: list[tuple[float, str]] = []
    clock = 0.0
    while True:
        while len(at_work) < workers and (job := queue.take()) is not None:
            order.append(job)
            at_work.append((clock + seconds(job.split()[0]), job))
        if not at_work:
            return order
        at_work.sort()
        clock, job = at_work.pop(0)
        queue.done(job, seconds(job.split()[0]))


def test_one_owner_is_served_in_the_order_of_arrival():
    queue = FairQueue(10)
    for arrived, job in (("3", "c"), ("1", "a"), ("2", "b")):
        queue.add("ada", arrived, job)
    assert [queue.take() for _ in range(4)] == ["a", "b", "c", None]


def test_the_one_job_of_whoever_comes_last_is_among_the_first():
    for workers in (1, 2, 8):
        assert served(filled(heavy=1000, light=1), workers=workers).index("light 0") <= workers


def test_nobody_starves_whoever_keeps_coming():
    queue = filled(heavy=50)
    order: list[str] = []
    for number in range(200):  # another owner each time, with a job each
        queue.add(f"new{number}", "2026-11-28", f"new{number} 0")
        job = queue.take()
        assert job is not None
        order.append(job)
        queue.done(job, 10.0)
    heavy = [at for at, job in enumerate(order) if job.startswith("heavy")]
    assert heavy[0] == 0 and order[heavy[0]] == "heavy 0"
    assert len(heavy) >= 2, "an old job of a heavy user moves too"


def test_shares_are_of_time_not_of_jobs():
    order = served(filled(long=100, short=1000), seconds=lambda owner: 100.0 if owner == "long" else 10.0)
    first = order[:110]
    assert 8 <= sum(job.startswith("long") for job in first) <= 13, "a job of 100 s is worth ten of 10 s"


def test_idleness_is_saved_up_by_nobody():
    queue = filled(heavy=100)
    for _ in range(50):
        job = queue.take()
        assert job is not None
        queue.done(job, 10.0)
    for number in range(50):
        queue.add("late", "2026-11-28", f"late {number}")
    order = served(queue)[:20]
    assert 9 <= sum(job.startswith("late") for job in order) <= 11


def test_a_queue_is_filled_by_nobody_alone():
    queue = FairQueue(256)

    def fill(owner: str) -> int:
        many = 0
        while queue.has_room(owner):
            queue.add(owner, "2026", f"{owner} {many}")
            many += 1
        return many

    assert [fill(f"user{number}") for number in range(4)] == [128, 64, 32, 16]
    assert fill("last") > 0


def test_many_heavy_owners_leave_room_once_they_share():
    queue, chance = FairQueue(256), random.Random(1)
    sent = 0
    for _ in range(4000):
        owner = f"user{chance.randrange(20)}"
        if queue.has_room(owner):
            queue.add(owner, "2026", f"{owner} {sent}")
            sent += 1
        if chance.random() < 0.3 and (job := queue.take()) is not None:
            queue.done(job, 10.0)
        assert len(queue) <= 256
    assert queue.has_room("somebody-new")


def test_what_is_removed_is_not_taken_and_leaves_its_place():
    queue = FairQueue(4)
    for number in range(2):
        queue.add("ada", str(number), f"ada {number}")
    assert not queue.has_room("ada") and len(queue) == 2
    queue.remove("ada 0")
    queue.remove("ada 0")
    assert queue.has_room("ada") and len(queue) == 1 and queue.waiting_of("ada") == 1
    assert [queue.take(), queue.take()] == ["ada 1", None]


def test_a_job_comes_again_and_waits_anew():
    queue = FairQueue(8)
    queue.add("ada", "1", "a")
    queue.remove("a")
    queue.add("ada", "1", "a")
    assert [queue.take(), queue.take()] == ["a", None]
    assert len(queue) == 0


def test_the_youngest_gives_its_place_to_an_older_one_and_to_no_younger():
    queue = FairQueue(100)
    for arrived in "2468":
        queue.add("ada", arrived, f"job {arrived}")
    queue.add("bob", "9", "bob's")
    assert queue.newest_after("ada", "5") == "job 8"
    assert queue.newest_after("ada", "8") is None
    assert queue.newest_after("eve", "0") is None


def test_a_thousand_who_are_turned_away_do_not_all_come_back_at_once():
    queue = filled(heavy=1000, light=1)
    assert queue.retry_after("heavy", 1) == LATEST_SECONDS
    assert queue.retry_after("light", 1) == SOONEST_SECONDS == queue.retry_after("nobody", 8)


def test_owners_who_are_gone_are_forgotten():
    queue = FairQueue(10)
    for number in range(1000):
        queue.add(f"user{number}", "1", f"user{number} 0")
        job = queue.take()
        assert job is not None
        queue.done(job, 1.0)
    assert len(queue._owners) <= 2


def test_a_job_that_gave_its_place_away_fifty_times_waits_once():
    queue = FairQueue(100)
    for _ in range(50):
        queue.add("ada", "2", "young")
        queue.remove("young")
    queue.add("ada", "2", "young")
    queue.add("ada", "1", "old")
    assert queue.waiting_of("ada") == len(queue) == 2
    assert [queue.take(), queue.take(), queue.take()] == ["old", "young", None]


def test_a_place_that_is_reserved_is_taken_until_it_is_released():
    queue = FairQueue(4)
    queue.add("ada", "1", "a")
    queue.reserve("ada")
    assert not queue.has_room("ada") and queue.waiting_of("ada") == len(queue) == 2
    assert queue.has_room("bob")
    queue.release("ada")
    assert queue.has_room("ada") and len(queue) == 1
