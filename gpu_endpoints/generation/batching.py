"""Wishes that are alike are made at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from gpu_endpoints.generation.engine import Generated, OnProgress, Wish


def in_batches(
    wishes: list[Wish],
    alike: Callable[[Wish], tuple],
    make: Callable[[list[Wish], OnProgress], list[Generated]],
    on_progress: OnProgress,
) -> list[Generated]:
    """What `make` gives for each wish, in their order; `alike` is what the wishes of one batch have in common."""
    made: dict[int, Generated] = {}
    order = sorted(range(len(wishes)), key=lambda n: alike(wishes[n]))
    for _, group in groupby(order, key=lambda n: alike(wishes[n])):
        numbers, before = list(group), len(made)

        def share(done: float, before: int = before, count: int = len(numbers)) -> None:
            on_progress((before + done * count) / len(wishes))

        found = make([wishes[n] for n in numbers], share)
        made |= dict(zip(numbers, found, strict=True))
    return [made[n] for n in range(len(wishes))]
