"""The plan of a set in frames: what of each song is heard alone, and what of two in each transition.

The plan says from where to where; where the beats are is in the songs. Both clocks are whole frames, so that over three
hours nothing is lost between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.serving.work import JobFailed
from ripieno.contracts.sets import PlannedTransition, SetPlan, SetSong
from ripieno.music.sets import grid
from ripieno.music.sets.phrases import Shape

_NEAR = 0.1  # seconds by which a plan may be beside the beats of its songs


@dataclass
class Step:
    """A transition. `out` and `into` are frames of the two songs, `length` is how long it takes in the set; of two that
    are heard together `own_first` and `own_second` are their common beats (frames of each song from there on), `beats`
    where those are to be, `phrases_meet` says whether both begin a phrase; `apart_ms` is what was heard of it."""

    plan: PlannedTransition
    out: int
    into: int
    length: int
    beat: int
    own_first: list[float] = field(default_factory=list)
    own_second: list[float] = field(default_factory=list)
    beats: list[float] = field(default_factory=list)
    phrases_meet: bool = False
    apart_ms: float | None = None

    @property
    def is_together(self) -> bool:
        return self.plan.kind in ("blend", "stems")


@dataclass
class Part:
    """What is heard alone of a song: frames of it, and the frame of the set that it begins at."""

    song: SetSong
    start: int
    end: int
    at: int
    begins: int  # frame of the set at which the song begins to be heard at all


def timed(plan: SetPlan, songs: dict[str, SetSong]) -> tuple[list[Part], list[Step]]:
    """
    Raises
    ------
    JobFailed
        `bad_plan`, where the plan and the beats of its songs disagree.
    """
    shapes = [Shape(songs[one.song]) for one in plan.songs]
    parts: list[Part] = []
    steps: list[Step] = []
    own, at, begins = round(plan.songs[0].in_seconds * SAMPLE_RATE), 0, 0
    for number, (shape, after) in enumerate(pairwise(shapes)):
        step = _step(plan.transitions[number], shape, after)
        if step.out <= own:
            raise JobFailed("bad_plan", f"transition {number + 1} begins before its song is heard: plan the set again")
        parts.append(Part(shape.song, own, step.out, at, begins))
        steps.append(step)
        at += step.out - own
        waits = step.plan.kind == "loop"
        begins = at + (step.length if waits else 0)
        own = step.into + (round(step.own_second[-1]) if step.is_together else 0)
        at += step.length if step.is_together or waits else 0
    last = shapes[-1].song
    end = round(last.seconds * SAMPLE_RATE)
    parts.append(Part(last, own, max(end, own + 1), at, begins))
    return parts, steps


def _step(plan: PlannedTransition, first: Shape, second: Shape) -> Step:
    out, into = round(plan.from_seconds * SAMPLE_RATE), round(plan.to_seconds * SAMPLE_RATE)
    beat = _beat(first)
    if plan.kind not in ("blend", "stems"):
        length = 0 if plan.kind == "cut" else round((plan.end_seconds - plan.start_seconds) * SAMPLE_RATE)
        return Step(plan, out, into, length, beat)
    count = plan.bars * first.song.beats_per_bar
    beats = grid.beats_of_second(count, plan.pulse)
    bars = _bar_at(first, plan.from_seconds), _bar_at(second, plan.to_seconds)
    ones, others = grid.common(first.beats_from(bars[0], count), second.beats_from(bars[1], beats), plan.pulse)
    times = grid.together(ones, others)
    return Step(
        plan,
        out,
        into,
        round(times[-1] * SAMPLE_RATE),
        beat,
        [(one - ones[0]) * SAMPLE_RATE for one in ones],
        [(one - others[0]) * SAMPLE_RATE for one in others],
        [one * SAMPLE_RATE for one in times],
        phrases_meet=bars[0] in first.phrases and bars[1] in second.phrases,
    )


def _bar_at(shape: Shape, seconds: float) -> int:
    if len(shape.beats) < 2 or not shape.has_bars:
        raise JobFailed("bad_plan", f"the beats of {shape.song.title} are not known: plan the set again")
    bar = min(range(shape.bars), key=lambda n: abs(shape.starts_of(n) - seconds))
    if abs(shape.starts_of(bar) - seconds) > _NEAR:
        raise JobFailed("bad_plan", f"{shape.song.title} has no bar at {seconds:.2f} s: plan the set again")
    return bar


def _beat(shape: Shape) -> int:
    bpm = shape.song.bpm or 120.0
    return round(60.0 / bpm * SAMPLE_RATE)
