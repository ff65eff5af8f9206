"""What was said of a piece, in words, laid upon its context: by the same understanding for briefs and refinements.

What is said of the whole becomes fields of a `Refinement`; what is said of players and places is heard by the planner
of stems, so that "busier, but not louder" means the same for a stem and for a piece.
"""

from __future__ import annotations

from typing import get_args

from ripieno.contracts.composition import (
    BACKING,
    BackingEdit,
    BackingWay,
    Context,
    Layer,
    LayerEdit,
    Mood,
    Refinement,
    SectionEdit,
    StyleShare,
)
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import Playing, StemPlan
from ripieno.contracts.understanding import Kind, Place, Statement
from ripieno.music import form, places
from ripieno.music.composing import briefs, contexts, refining, singing
from ripieno.music.genres.blending import blend
from ripieno.services.planner import rules

_BIGGER = 0.35  # of a section's energy, for "much bigger"
_FASTER = 0.2  # of the tempo, for "much faster"
_OF_THE_WHOLE = {Kind.TEMPO, Kind.KEY, Kind.STYLE, Kind.MOOD, Kind.ENERGY, Kind.THEME}


def refinement(context: Context, wanted: Refinement, said: list[Statement]) -> Refinement:
    """A refinement with what its words say of the piece, its sections and who plays in them; its fields win."""
    update: dict[str, object] = {}
    sections, layers, backing = list(wanted.sections), list(wanted.layers), list(wanted.backing)
    for one in said:
        match one.kind:
            case Kind.TEMPO if not one.places and wanted.tempo is None and not one.negated:
                update["tempo"] = _tempo(context, one)
            case Kind.KEY if not one.places and wanted.key is None and not one.negated:
                update["key"] = one.value
            case Kind.STYLE if not one.places and not one.parts and not wanted.styles and not one.negated and one.value:
                update["styles"] = [StyleShare(name=name, weight=share) for name, share in blend(one.value).weights]
            case Kind.MOOD if not one.places and wanted.mood is None and not one.negated and one.value:
                update["mood"] = Mood(words=one.value)
            case Kind.THEME if wanted.theme is None and not one.negated and one.value:
                update["theme"] = one.value
            case Kind.ENERGY if one.amount and not one.parts and not one.negated:
                for name in _sections(context, one.places, one.but_places):
                    sections.append(SectionEdit(section=name, energy=max(-1.0, min(1.0, _BIGGER * one.amount))))
            case Kind.VARIATION if one.parts and not one.negated:
                layers += [LayerEdit(layer=StemType(part), anew=True) for part in one.parts if _is_there(context, part)]
            case Kind.BACKING:
                backing += _backing(context, one)
            case Kind.PART | Kind.INSTRUMENT if briefs.is_choir(one) and singing.singer(context):
                if not one.negated or any(layer.is_backing for layer in context.layers):
                    backing += _backing(context, one.model_copy(update={"value": None if one.negated else "pad"}))
            case Kind.PART | Kind.INSTRUMENT:
                _players(context, one, said, sections, layers)
            case _:
                continue
    return wanted.model_copy(update={**update, "sections": sections, "layers": layers, "backing": backing})


def players(context: Context, said: list[Statement]) -> tuple[Context, list[str]]:
    """How each layer plays by what was said of it (shades, articulation, feel, silence), and that in words."""
    changes: list[str] = []
    layers = []
    own = [one for one in said if not (one.kind in _OF_THE_WHOLE and not one.parts)]
    for layer in context.layers:
        heard = rules.heeded(_plan(layer), [one for one in own if _is_about(one, layer)])
        update = {
            name: getattr(heard, name)
            for name in (*Playing.model_fields, "silent", "at_places")
            if getattr(heard, name) != getattr(layer, name)
        }
        if update:
            changes.append(f"{layer.name}: {', '.join(name.replace('_', ' ') for name in update)}")
        layers.append(layer.model_copy(update=update))
    return context.model_copy(update={"layers": layers}), changes


def of_brief(context: Context, said: list[Statement]) -> Context:
    """An arranged context with what its brief says of players and places; what it says of the whole is in it."""
    of_players = (Kind.PART, Kind.INSTRUMENT)
    asked = [one for one in said if one.kind in of_players or _says_more_of_backing(context, one)]
    wanted = refinement(context, Refinement(), asked)
    wanted.backing += [_nowhere_else(context, one) for one in asked if one.kind == Kind.BACKING and one.only]
    if wanted.sections or wanted.layers or wanted.backing:
        try:
            context, _ = refining.refined(context, wanted)
        except ValueError as fault:
            context = context.model_copy(update={"remarks": [*context.remarks, str(fault)]})
    return players(context, said)[0]


# -- parts --------------------------------------------------------------------------------------------------------


def _is_about(one: Statement, layer: Layer) -> bool:
    """Whether something was said of a layer; what is said of the vocals is not said of the voices behind them."""
    if one.kind == Kind.BACKING or not rules.is_about(one, StemType(layer.stem_type)):
        return False
    return not one.parts or layer.stem_type != StemType.VOCALS or layer.is_backing == (one.value == BACKING)


def _says_more_of_backing(context: Context, one: Statement) -> bool:
    """Whether a brief says more of the voices behind the lead than that there are some, or none."""
    is_there = any(layer.is_backing for layer in context.layers)
    return one.kind == Kind.BACKING and is_there and bool(one.value or one.places or one.but_places or one.amount)


def _backing(context: Context, one: Statement) -> list[BackingEdit]:
    """What is said of the voices behind the lead; nothing where no section lies in the places that are named."""
    is_placed = bool(one.places or one.but_places)
    where = _sections(context, one.places, one.but_places) if is_placed else []
    where = where or [name for place in one.places for name in _lying_in(context, place)]
    if is_placed and not where:
        return []
    named = [way for way in get_args(BackingWay) if way in (one.value or "").split(", ")]
    is_less = one.amount is not None and one.amount < 0
    if one.negated or (is_less and named):
        return [BackingEdit(sections=where, without=named, remove=not named)]
    return [BackingEdit(sections=where, ways=named, more=0 if not one.amount else 1 if one.amount > 0 else -1)]


def _nowhere_else(context: Context, one: Statement) -> BackingEdit:
    """Nobody behind the lead but in some places."""
    there = {place for name in _sections(context, one.places) for place in refining.places(context, name)}
    named = form.numbered([section.label for section in context.sections])
    return BackingEdit(sections=[name for place, name in enumerate(named) if place not in there], remove=True)


def _tempo(context: Context, one: Statement) -> float | None:
    if one.amount is None:
        return None
    if one.absolute or one.unit == "bpm":
        return one.amount if one.absolute else round(context.tempo + one.amount, 2)
    share = one.amount / 100 if one.unit == "%" else _FASTER * one.amount
    return round(context.tempo * (1 + share), 2)


def _sections(context: Context, where: list[Place], but_where: list[Place] | None = None) -> list[str]:
    """The sections that are meant, all of them (but some) where no place is named."""
    if not where and but_where:
        named = form.numbered([one.label for one in context.sections])
        out = {name for place in but_where for name in _lying_in(context, place)}
        return [name for name in named if name not in out]
    if not where:
        return list(dict.fromkeys(one.label for one in context.sections))
    found = []
    for place in where:
        if place.section and _is_plain(place):
            found.append(place.section)
        elif place.section or place.half or place.side != "in":
            found += _lying_in(context, place)
    return list(dict.fromkeys(found))


def _is_plain(place: Place) -> bool:
    """A section, and nothing more."""
    return place.side == "in" and place.bars is None and place.half is None


def _lying_in(context: Context, place: Place) -> list[str]:
    """The sections that lie in a place for the most part, by names that find them."""
    music = contexts.conditioning_of(context)
    stretches = places.spans([place], music)
    named = form.numbered([one.label for one in context.sections])
    return [
        name
        for name, one in zip(named, music.sections, strict=True)
        if any(start <= (one.start + one.end) / 2 < end for start, end in stretches)
    ]


def _is_there(context: Context, part: str) -> bool:
    """Whether a player is there who can play something else; a singer's melody goes with the words."""
    return part != StemType.VOCALS and any(layer.stem_type == part for layer in context.layers)


def _players(
    context: Context, one: Statement, said: list[Statement], sections: list[SectionEdit], layers: list[LayerEdit]
) -> None:
    """Who is wanted or left out, everywhere or in some sections; where bars are named, the player is silent there."""
    there = {StemType(layer.stem_type): layer.name for layer in context.layers if not layer.is_backing}
    whole = [place for place in one.places if place.bars is None and (not one.negated or _is_plain(place))]
    where = _sections(context, whole, one.but_places) if whole or one.but_places else []
    for part in one.parts or _others(context, one):
        stem = StemType(part)
        name = there.get(stem, str(stem.value))
        if one.negated:
            if _is_exchanged(one, said):
                continue
            if not one.places and not one.but_places and stem in there:
                layers.append(LayerEdit(layer=stem, remove=True))
            sections += [SectionEdit(section=place, remove=[name]) for place in where if stem in there]
            continue
        instrument = one.value if rules.is_instrument(one.value, stem) else None
        old = next(
            (StemType(out) for other in said if _is_for(other, one) for out in other.parts if out in there), None
        )
        if stem not in there or instrument or old:
            layers.append(LayerEdit(layer=stem, instrument=instrument, instead_of=old, sections=where))
        if stem in there and old is None:
            sections += [SectionEdit(section=place, add=[name]) for place in where]


def _others(context: Context, one: Statement) -> list[StemType]:
    """Those who are left out where only some are to stay."""
    if not (one.negated and one.but_parts) or one.places:
        return []
    return list(dict.fromkeys(layer.stem_type for layer in context.layers if layer.stem_type not in one.but_parts))


def _is_for(out: Statement, wanted: Statement) -> bool:
    """Whether one part is left out for another: both stand in the same words."""
    is_out = out.kind == Kind.PART and out.negated and not wanted.negated
    return is_out and out.words == wanted.words and out.places == wanted.places


def _is_exchanged(out: Statement, said: list[Statement]) -> bool:
    return any(_is_for(out, one) and one.kind == Kind.PART for one in said)


def _plan(layer: Layer) -> StemPlan:
    known = layer.model_dump(include={*Playing.model_fields, "name", "stem_type", "instrument", "silent", "at_places"})
    return StemPlan.model_validate(known)
