"""The best path through scored states that would rather stay where they are."""

from __future__ import annotations

import numpy as np


def best_path(scores: np.ndarray, change_costs: np.ndarray) -> list[int]:
    """The states, one a step, whose scores less the costs of their changes are highest (Viterbi).

    A change may go from any state to any other at the same cost, so only the leading state has to be looked at.

    Parameters
    ----------
    scores : (steps, states)
    change_costs : (steps,), what changing the state before each step costs; the first is not used
    """
    total = scores[0].copy()
    back = np.zeros(scores.shape, np.int32)
    for step in range(1, len(scores)):
        leader = int(total.argmax())
        change = total[leader] - change_costs[step]
        stays = total >= change
        back[step] = np.where(stays, np.arange(scores.shape[1]), leader)
        total = np.where(stays, total, change) + scores[step]
    path = [int(total.argmax())]
    for step in range(len(scores) - 1, 0, -1):
        path.append(int(back[step, path[-1]]))
    return path[::-1]
