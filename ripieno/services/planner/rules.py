"""The planner that needs no language model: what was understood of a prompt or a comment (`ripieno.music.language`) as
plans for stems. What the user fixed is left alone.
"""

from __future__ import annotations

from typing import Any

from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import GenerationOrder, PlacedPlaying, Playing, StemPlan
from ripieno.contracts.understanding import Kind, Place, Statement, Understanding
from ripieno.music.instruments import all_instruments
from ripieno.music.language import understand

SHADES = ("pitch_register", "density", "brightness", "dynamics", "swing", "timing")
WORDS = ("articulation", "pulse", "notes", "onsets")
_DEFAULT_STYLE = "pop"
_FULL_DB = 12.0  # what the dynamics of 1 stand for
_OF_SHADES = {
    Kind.DENSITY: {"density": 1.0}, Kind.REGISTER: {"pitch_register": 1.0}, Kind.BRIGHTNESS: {"brightness": 1.0},
    Kind.DYNAMICS: {"dynamics": 1.0}, Kind.LOUDNESS: {"dynamics": 1.0}, Kind.SWING: {"swing": 1.0},
    Kind.TIMING: {"timing": 1.0}, Kind.ENERGY: {"dynamics": 1.0, "density": 0.5},
    Kind.PRESENCE: {"dynamics": 0.7, "density": 0.7},
}  # fmt: skip
_WHERE = (Kind.PART, Kind.RANGE)  # what says where somebody plays; `more reverb, only in the bridge` does not
_PARTS = (Kind.PART, Kind.BACKING)
_UNITS = {"dB": 1 / _FULL_DB, "octave": 1.0, "semitone": 1 / 12, "%": 1 / 100}


def understood(order: GenerationOrder) -> Understanding | None:
    """What the prompt says, None where there is none."""
    return understand(order.parameters.prompt, about="request") if order.parameters.prompt.strip() else None


def plan(
    order: GenerationOrder, *, time_signature: str | None, seed: int, said: Understanding | None = None
) -> list[StemPlan]:
    """A plan for each stem that is asked for, or that the prompt names; places that it names are those of a song.

    Parameters
    ----------
    said : what was understood of the prompt, where somebody has read it already

    Raises
    ------
    ValueError
        When no stem is asked for.
    """
    said = said or understood(order)
    statements = said.statements if said else []
    wanted = [StemType(stem) for stem in order.target_stems] or _named(statements)
    if not wanted:
        raise ValueError("no stem is asked for: give target_stems, or name some in the prompt (a bass line and a pad)")
    given = order.parameters
    style = given.style or _style(statements) or _style_for(time_signature or given.time_signature)
    has_range = bool(order.audio_file_id is None or given.section or given.bars)
    plans = []
    for stem in wanted:
        own = [one for one in statements if is_about(one, stem)]
        begun = StemPlan(
            stem_type=stem,
            engine=order.engine,
            style=style,
            prompt=given.prompt,
            instrument=_instrument(own, stem),
            random_seed=seed % 2**32,
            **({} if has_range else _cropped(own)),
        )
        plans.append(heeded(begun, own))
    return plans


def again(before: StemPlan, comment: str, *, seed: int, said: Understanding | None = None) -> StemPlan:
    """The plan of a further take: what the comment says, as it was understood already or is by rule, is laid upon the
    take before."""
    stem = StemType(before.stem_type)
    if said is None and comment.strip():
        said = understand(comment, about="comment")
    statements = said.statements if said else []
    own = [one for one in statements if is_about(one, stem)]
    prompt = f"{before.prompt}. {comment}".strip(". ")[-1000:]
    changes: dict[str, Any] = {"prompt": prompt, "random_seed": seed % 2**32}
    if (instrument := _instrument(own, stem)) is not None:
        changes["instrument"] = instrument
    if (style := _style(statements)) is not None:
        changes["style"] = style
    back = [place for one in own if one.kind == Kind.PART and not one.negated for place in one.places]
    changes["silent"] = [place for place in before.silent if place not in back]
    only = [place for one in own if one.only and one.kind in _WHERE and not one.negated for place in one.places]
    if only:
        changes["sounding"] = only
    return heeded(before.model_copy(update=changes), own)


def shades_of(kind: Kind) -> set[str]:
    """The shades that a statement of this kind is about."""
    return set(_OF_SHADES.get(kind, ()))


def clipped(shade: float) -> float:
    return round(min(1.0, max(-1.0, shade)), 6)


# -- whom it is about ---------------------------------------------------------------------------------------------


def is_about(one: Statement, stem: StemType) -> bool:
    """Whether something was said of a part, or of everybody."""
    return (not one.parts or stem in one.parts) and stem not in one.but_parts


def _named(statements: list[Statement]) -> list[StemType]:
    """The parts that are wanted; else those that something is said of, but that they are not to be."""
    wanted = [part for one in statements if one.kind in _PARTS and not one.negated for part in one.parts]
    spoken = [
        part for one in statements if one.kind not in _PARTS or one.places or not one.negated for part in one.parts
    ]
    out = {part for one in statements if one.kind == Kind.PART and one.negated and not one.places for part in one.parts}
    return [StemType(part) for part in dict.fromkeys(wanted or spoken) if part in wanted or part not in out]


def _instrument(own: list[Statement], stem: StemType) -> str | None:
    named = [one.value for one in own if one.kind in (Kind.PART, Kind.INSTRUMENT) and not one.negated and one.value]
    fitting = [name for name in named if is_instrument(name, stem)]
    plain = {str(stem)}
    return next((name for name in reversed(fitting) if name not in plain), None)


def is_instrument(name: str | None, stem: StemType) -> bool:
    """Whether this is an instrument that plays such a part."""
    found = all_instruments().get(name) if name else None
    return found is not None and found.stem == stem


def _style(statements: list[Statement]) -> str | None:
    return next((one.value for one in statements if one.kind == Kind.STYLE and not one.negated), None)


def _style_for(time_signature: str | None) -> str:
    return {"3/4": "waltz", "6/8": "ballad"}.get(time_signature or "", _DEFAULT_STYLE)


# -- where ---------------------------------------------------------------------------------------------------------


def _cropped(own: list[Statement]) -> dict[str, Any]:
    """The part of the song that the stem is for: one section or stretch of bars, or several that it plays in."""
    where = [place for one in own if one.only and one.kind in _WHERE and not one.negated for place in one.places]
    where = where or _range(own)
    where = [place for number, place in enumerate(where) if place not in where[:number]]
    if len(where) != 1:
        return {"sounding": where}
    (place,) = where
    if place.side != "in" or place.half is not None:
        return {"sounding": where}
    if place.bars is None:
        return {"section": place.section}
    return {"bars": place.bars} if place.section is None and _is_plain(place.bars) else {"sounding": where}


def _range(own: list[Statement]) -> list[Place]:
    """The one place that all of it is about. Several leave nobody silent elsewhere; nor does one that something else
    was said of: `In the chorus. Busier drums.` is about how they are there."""
    taken = [one.places for one in own if one.kind != Kind.RANGE]
    ranges = [one.places for one in own if one.kind == Kind.RANGE and not one.negated and one.places not in taken]
    return ranges[0] if len(ranges) == 1 and len(ranges[0]) == 1 else []


def _is_plain(bars: tuple[int, int]) -> bool:
    """Both known, counted from the beginning."""
    return 1 <= bars[0] <= bars[1] < 9999


def _is_all(places: list[Place], plan: StemPlan) -> bool:
    """Whether places are those that the stem is for anyway."""
    if not places:
        return True
    own = [Place(section=plan.section)] if plan.section else [Place(bars=plan.bars)] if plan.bars else plan.sounding
    return places == own


# -- how ------------------------------------------------------------------------------------------------------------


def heeded(plan: StemPlan, own: list[Statement]) -> StemPlan:
    """The plan with all that was said of it."""
    whole = {name: getattr(plan, name) for name in (*SHADES, *WORDS)}
    placed = [one.model_copy(deep=True) for one in plan.at_places]
    silent = list(plan.silent)
    for one in own:
        if one.kind == Kind.PART and one.negated:
            silent += [place for place in one.places if place not in silent]
            continue
        changes = _changes(one)
        if not changes:
            continue
        if _is_all(one.places, plan):
            _lay(whole, changes)
        else:
            _lay_at(placed, one.places, changes)
        if one.but_places:
            _lay_at(placed, one.but_places, _undone(changes))
    return plan.model_copy(update={**whole, "silent": silent, "at_places": placed})


def _changes(one: Statement) -> dict[str, Any]:
    """What a statement changes of how something is played: numbers to add, words to have instead."""
    if one.negated or one.unit in ("LUFS", "bar", "second", "bpm"):
        return {}
    words = {Kind.ARTICULATION: "articulation", Kind.PULSE: "pulse", Kind.NOTES: "notes", Kind.ONSETS: "onsets"}
    if one.kind in words and one.value:
        return {words[Kind(one.kind)]: one.value}
    if one.kind not in _OF_SHADES or one.amount is None:
        return {}
    amount = clipped(one.amount * _UNITS.get(one.unit or "", 1.0))
    return {name: clipped(amount * share) for name, share in _OF_SHADES[Kind(one.kind)].items()}


def _lay(known: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        known[name] = clipped(known[name] + value) if isinstance(value, float) else value


def _lay_at(placed: list[PlacedPlaying], places: list[Place], changes: dict[str, Any]) -> None:
    """Where something was said of the same places before, it adds up."""
    for number, one in enumerate(placed):
        if one.places == places:
            known = one.model_dump(include={*SHADES, *WORDS})
            _lay(known, changes)
            placed[number] = PlacedPlaying(places=places, **known)
            return
    placed.append(PlacedPlaying(places=places, **changes))


def _undone(changes: dict[str, Any]) -> dict[str, Any]:
    """What brings a place back to how the style has it."""
    return {name: -value for name, value in changes.items() if isinstance(value, float)}


def playing_of(given: dict[str, Any]) -> dict[str, Any]:
    """Fields of `Playing`, numbers clipped."""
    known = {name: value for name, value in given.items() if name in Playing.model_fields}
    return {name: clipped(value) if isinstance(value, float) else value for name, value in known.items()}
