"""A set planned from songs and an order: brief, journey, songs in their order, transitions, and why it is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ripieno import __version__
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.sets import (
    MOST_SET_SONGS,
    JourneyGot,
    JourneyPoint,
    Persona,
    SetOrder,
    SetPlan,
    SetSong,
    SetWishes,
)
from ripieno.music.sets import bridges, briefs, explaining, journeys, layout
from ripieno.music.sets.briefs import Brief
from ripieno.music.sets.layout import Laid
from ripieno.music.sets.ordering import Search
from ripieno.music.sets.pairs import Candidate
from ripieno.music.sets.personas import persona

NAME = "set-rules"
USUAL_SECONDS = 3600.0
LOUDNESS = -14.0
_TRIES, _CLOSE = 3, 0.04
_LEAST_SCALE, _MOST_SCALE = 0.6, 1.3
_OVERLAP = 0.9  # of a song that is not in a transition
_POINTS = 60


class CannotPlan(ValueError):
    """Of these songs no set can be made as it is asked for; says what to do."""


@dataclass(frozen=True)
class _Frame:
    """What is settled before any song is chosen."""

    brief: Brief
    who: Persona
    journey: list[JourneyPoint]
    seconds: float | None
    count: int | None
    wishes: SetWishes


def plan(
    order: SetOrder,
    songs: Sequence[SetSong],
    *,
    before: SetPlan | None = None,
    liking: Mapping[str, float] | None = None,
) -> SetPlan:
    """
    Parameters
    ----------
    before : the plan that a wish was changed of: what that does not touch stays as near to it as can be
    liking : how much the listener likes songs, -1 to 1

    Raises
    ------
    CannotPlan
    UnknownPersona
    """
    frame = _framed(order, before)
    candidates = [Candidate(one) for one in songs if one.song not in set(frame.wishes.banned)]
    if not candidates:
        raise CannotPlan("there is no song to play: analyse songs first, or take back some that are banned")
    remarks = _missing(frame.wishes, candidates)
    seed = order.random_seed if order.random_seed is not None else (before.seed if before else 0)
    count = _count(order, frame, candidates, before)
    known: dict[tuple[int, int], float] = {}
    chosen = _chosen(frame, candidates, count, before, liking or {}, seed, known)
    laid = layout.lay_out(chosen, frame.who, frame.wishes, loudness=_loudness(order))
    if frame.seconds is not None and before is None:
        better = round(count * frame.seconds / laid.seconds)
        better = min(max(better, _least(frame, candidates)), len(candidates), MOST_SET_SONGS)
        if frame.count is None and better != count:
            chosen = _chosen(frame, candidates, better, before, liking or {}, seed, known)
        laid = _fitted(chosen, frame, frame.seconds, _loudness(order))
    remarks += laid.remarks
    if frame.seconds and abs(laid.seconds / frame.seconds - 1) > 0.1:
        remarks.append(
            f"it lasts {laid.seconds / 60:.0f} minutes, not {frame.seconds / 60:.0f}:"
            f" {'there are no more songs' if laid.seconds < frame.seconds else 'no song can be left earlier'}"
        )
    pinned = {one.song for one in frame.wishes.songs}
    for one in laid.songs:
        one.pinned = one.song in pinned
    made = SetPlan(
        title=order.title or (before.title if before else explaining.title(frame.brief, frame.who)),
        persona=frame.who.name,
        duration_seconds=round(laid.seconds, 3),
        songs=laid.songs,
        transitions=laid.transitions,
        journey=frame.journey,
        got=_got(laid, frame.journey),
        wishes=frame.wishes,
        seed=seed,
        remarks=remarks,
        not_understood=frame.brief.not_understood,
        planner=Provenance(engine=NAME, version=__version__, license="MIT"),
    )
    made.bridges = bridges.missing(chosen, frame.who)
    explaining.explain(made, chosen, frame.who, frame.brief.styles)
    return made


# -- parts --------------------------------------------------------------------------------------------------------


def _framed(order: SetOrder, before: SetPlan | None) -> _Frame:
    brief = briefs.read(order.brief)
    wishes = before.wishes if before is not None else order.wishes
    banned = [*dict.fromkeys([*wishes.banned_kinds, *([] if before is not None else brief.banned_kinds)])]
    count = order.count or brief.count
    seconds = order.duration_seconds or brief.duration_seconds
    everything = order.all_of_them if order.all_of_them is not None else brief.all_of_them
    if everything:
        count, seconds = MOST_SET_SONGS, None
    elif count is None and seconds is None and not order.songs:
        seconds = USUAL_SECONDS
    return _Frame(
        brief,
        persona(order.persona or brief.persona),
        list(order.journey or brief.journey or journeys.usual()),
        seconds,
        count,
        wishes.model_copy(update={"banned_kinds": banned[:4]}),
    )


def _count(order: SetOrder, frame: _Frame, candidates: Sequence[Candidate], before: SetPlan | None) -> int:
    """How many songs there are to be."""
    count = frame.count
    if before is not None:
        count = len(before.songs)
    elif count is None and frame.seconds is not None:
        lengths = sorted(layout.wanted_seconds(one, frame.who) for one in candidates)
        count = round(frame.seconds / (_OVERLAP * lengths[len(lengths) // 2]))
    elif count is None:
        count = len(candidates)
    return min(max(count, _least(frame, candidates)), len(candidates), MOST_SET_SONGS)


def _least(frame: _Frame, candidates: Sequence[Candidate]) -> int:
    """How many songs there have to be for those that are wanted, each at its position."""
    wanted = {one.song for one in frame.wishes.songs} & {one.song.song for one in candidates}
    return max([1, len(wanted), *(one.position or 0 for one in frame.wishes.songs if one.song in wanted)])


def _chosen(
    frame: _Frame,
    candidates: Sequence[Candidate],
    count: int,
    before: SetPlan | None,
    liking: Mapping[str, float],
    seed: int,
    known: dict[tuple[int, int], float],
) -> list[Candidate]:
    search = Search(
        candidates,
        frame.who,
        frame.journey,
        count,
        wishes=frame.wishes,
        liking=liking,
        tastes=frame.brief.styles,
        before=[one.song for one in before.songs] if before else [],
        seed=seed,
        known=known,
    )
    return [candidates[number] for number in search.best()]


def _fitted(chosen: Sequence[Candidate], frame: _Frame, seconds: float, loudness: float) -> Laid:
    """The songs left earlier or later, so that the whole is as near to its length as phrases allow."""
    scale, best = 1.0, None
    for _ in range(_TRIES):
        laid = layout.lay_out(chosen, frame.who, frame.wishes, scale=scale, loudness=loudness)
        if best is None or abs(laid.seconds - seconds) < abs(best.seconds - seconds):
            best = laid
        if abs(laid.seconds / seconds - 1) <= _CLOSE:
            break
        scale = min(max(scale * seconds / laid.seconds, _LEAST_SCALE), _MOST_SCALE)
    assert best is not None, "there is one try at the least"
    return best


def _loudness(order: SetOrder) -> float:
    return LOUDNESS if order.loudness_lufs is None else order.loudness_lufs


def _missing(wishes: SetWishes, candidates: Sequence[Candidate]) -> list[str]:
    known = {one.song.song for one in candidates}
    return [
        f"the song {one.song} is pinned, but is not among those to choose from" for one in wishes.songs
        if one.song not in known
    ]  # fmt: skip


def _got(laid: Laid, journey: Sequence[JourneyPoint]) -> list[JourneyGot]:
    """The journey asked for beside what is heard, over the time of the set; where two songs sound, between them."""
    found = []
    for number in range(_POINTS + 1):
        at = laid.seconds * number / _POINTS
        heard = [one for one in laid.songs if one.start_seconds <= at <= one.end_seconds] or [laid.songs[-1]]
        first, last = heard[0], heard[-1]
        share = 0.0
        if first is not last and first.end_seconds > last.start_seconds:
            share = min(1.0, max(0.0, (at - last.start_seconds) / (first.end_seconds - last.start_seconds)))
        energy, valence = journeys.at(journey, number / _POINTS)
        found.append(
            JourneyGot(
                at_seconds=round(at, 2),
                energy_asked=round(energy, 3),
                energy_got=round((1 - share) * first.energy + share * last.energy, 3),
                valence_asked=round(valence, 3),
                valence_got=round((1 - share) * first.valence + share * last.valence, 3),
            )
        )
    return found
