"""Changes to a set that is planned, as wishes that the next plan keeps to.

What a person moved, put or took away stays so, whatever is planned around it; of two wishes that cannot both be, the
newer one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ripieno.contracts.sets import (
    PlannedTransition,
    SetEdit,
    SetOrder,
    SetPlan,
    SetSong,
    SetWishes,
    SongPin,
    TransitionPin,
    TransitionPlace,
)
from ripieno.music.sets import planning


class CannotEdit(ValueError):
    """The change makes no sense for this set; says what to do."""


def replanned(
    order: SetOrder,
    songs: Sequence[SetSong],
    plan: SetPlan,
    edits: Sequence[SetEdit],
    *,
    liking: Mapping[str, float] | None = None,
) -> SetPlan:
    """The plan after changes to it, the rest planned again around them.

    Raises
    ------
    CannotEdit
    planning.CannotPlan
    """
    known = {one.song for one in songs}
    changed = plan
    for edit in edits:
        if edit.other is not None and edit.other not in known:
            raise CannotEdit(f"the song {edit.other} is not among those to choose from")
        changed = changed.model_copy(update={"wishes": edited(changed, edit)})
    return planning.plan(order, songs, before=changed, liking=liking)


def edited(plan: SetPlan, edit: SetEdit) -> SetWishes:
    """The wishes after one change. Raises `CannotEdit`."""
    wishes = plan.wishes.model_copy(deep=True)
    if edit.song is not None:
        _edit_song(plan, edit, edit.song, wishes)
    elif edit.transition is not None:
        _edit_transition(plan, edit, edit.transition, wishes)
    elif edit.kind is not None and edit.do == "ban":
        if len({*wishes.banned_kinds, edit.kind}) > 4:
            raise CannotEdit("one kind of transition has to be left: take back another ban first")
        wishes.banned_kinds = [*dict.fromkeys([*wishes.banned_kinds, edit.kind])]
    elif edit.kind is not None:
        wishes.banned_kinds = [one for one in wishes.banned_kinds if one != edit.kind]
    return SetWishes.model_validate(wishes.model_dump())


# -- songs --------------------------------------------------------------------------------------------------------


def _edit_song(plan: SetPlan, edit: SetEdit, song: str, wishes: SetWishes) -> None:
    place = {one.song: one.position for one in plan.songs}
    if edit.do == "free":
        _release(wishes, song)
        wishes.banned = [one for one in wishes.banned if one != song]
        wishes.next_to = [pair for pair in wishes.next_to if song not in pair]
        return
    if song not in place and edit.do not in ("pin", "ban"):
        raise CannotEdit(f"the song {song} is not in this set: pin it to have it in")
    if edit.to is not None and edit.to > len(plan.songs):
        raise CannotEdit(f"the set has {len(plan.songs)} songs: there is no position {edit.to}")
    if edit.do == "ban":
        _banish(wishes, song)
    elif edit.do in ("move", "pin"):
        position = edit.to or place.get(song)
        if edit.do == "move":
            wishes.next_to = [pair for pair in wishes.next_to if song not in pair]
        _put(wishes, song, position)
    elif edit.other is None:
        _banish(wishes, song)
    elif edit.other in place:
        _put(wishes, song, place[edit.other])
        _put(wishes, edit.other, place[song])
    else:
        position = place[song]
        _banish(wishes, song)
        _put(wishes, edit.other, position)


def _put(wishes: SetWishes, song: str, position: int | None) -> None:
    _release(wishes, song)
    wishes.banned = [one for one in wishes.banned if one != song]
    wishes.songs = [one for one in wishes.songs if position is None or one.position != position]
    wishes.songs.append(SongPin(song=song, position=position))


def _banish(wishes: SetWishes, song: str) -> None:
    _release(wishes, song)
    wishes.banned = [*dict.fromkeys([*wishes.banned, song])]
    wishes.next_to = [pair for pair in wishes.next_to if song not in pair]
    wishes.transitions = [one for one in wishes.transitions if song not in (one.from_song, one.to_song)]


def _release(wishes: SetWishes, song: str) -> None:
    wishes.songs = [one for one in wishes.songs if one.song != song]


# -- transitions --------------------------------------------------------------------------------------------------


def _edit_transition(plan: SetPlan, edit: SetEdit, place: TransitionPlace, wishes: SetWishes) -> None:
    step = _step(plan, place)
    pair = (step.from_song, step.to_song)
    held = [one for one in wishes.transitions if (one.from_song, one.to_song) == pair]
    pin = held[0] if held else TransitionPin(from_song=pair[0], to_song=pair[1])
    rest = [one for one in wishes.transitions if (one.from_song, one.to_song) != pair]
    if edit.do == "free":
        wishes.transitions = rest
        wishes.next_to = [one for one in wishes.next_to if tuple(one) != pair]
        wishes.apart = [one for one in wishes.apart if tuple(one) != pair]
        return
    if edit.do == "ban" and edit.kind is None:
        wishes.transitions = rest
        wishes.next_to = [one for one in wishes.next_to if tuple(one) != pair]
        wishes.apart = [*wishes.apart, pair]
        return
    if edit.do == "ban" and edit.kind is not None:
        pin.not_kinds = [*dict.fromkeys([*pin.not_kinds, edit.kind])]
        pin.kind = None if pin.kind == edit.kind else pin.kind
    elif edit.do == "move":
        pin.by_bars += edit.by_bars or 0
        pin.kind, pin.bars = step.kind, step.bars or None
    elif edit.do == "swap" and edit.kind is None:
        pin.not_kinds = [*dict.fromkeys([*pin.not_kinds, step.kind])]
        pin.kind, pin.by_bars, pin.bars = None, 0, None
    else:
        pin.kind = edit.kind or step.kind
        pin.bars = step.bars or None if pin.kind == step.kind else None
        pin.not_kinds = [one for one in pin.not_kinds if one != pin.kind]
    if len(pin.not_kinds) > 4:
        raise CannotEdit("one kind of transition has to be left: take back another ban first")
    wishes.transitions = [*rest, pin]
    if pair not in [tuple(one) for one in wishes.next_to]:
        apart = [one for one in wishes.next_to if one[0] != pair[0] and one[1] != pair[1]]
        wishes.next_to = [*apart, pair]


def _step(plan: SetPlan, place: TransitionPlace) -> PlannedTransition:
    found = next((one for one in plan.transitions if one.from_song == place.from_song), None)
    if found is None or (place.to_song is not None and found.to_song != place.to_song):
        raise CannotEdit(f"there is no such transition in this set: out of {place.from_song} it does not lead there")
    return found
