"""What was said of a piece, in words, laid upon its context: by the same understanding for briefs and refinements.

What is said of the whole becomes fields of a `Refinement`; what is said of players and places is heard by the planner
of stems, so that "busier, but not louder" means the same for a stem and for a piece.
"""

from __future__ import annotations

from ripieno.contracts.composition import (
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
from ripieno.music.composing import refining
from ripieno.music.genres.blending import blend
from ripieno.services.planner import rules

_BIGGER = 0.35  # of a section's energy, for "much bigger"
_FASTER = 0.2  # of the tempo, for "much faster"
_OF_THE_WHOLE = {Kind.TEMPO, Kind.KEY, Kind.STYLE, Kind.MOOD, Kind.ENERGY, Kind.THEME}


def refinement(context: Context, wanted: Refinement, said: list[Statement]) -> Refinement:
    """A refinement with what its words say of the piece, its sections and who plays in them; its fields win."""
    update: dict[str, object] = {}
    sections, layers = list(wanted.sections), list(wanted.layers)
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
                for name in _sections(context, one.places):
                    sections.append(SectionEdit(section=name, energy=max(-1.0, min(1.0, _BIGGER * one.amount))))
            case Kind.PART | Kind.INSTRUMENT:
                _players(context, one, sections, layers)
            case _:
                continue
    return wanted.model_copy(update={**update, "sections": sections, "layers": layers})


def players(context: Context, said: list[Statement]) -> tuple[Context, list[str]]:
    """How each layer plays by what was said of it (shades, articulation, feel, silence), and that in words."""
    changes: list[str] = []
    layers = []
    own = [one for one in said if not (one.kind in _OF_THE_WHOLE and not one.parts)]
    for layer in context.layers:
        heard = rules.heeded(_plan(layer), [one for one in own if rules.is_about(one, StemType(layer.stem_type))])
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
    wanted = refinement(context, Refinement(), [one for one in said if one.kind in (Kind.PART, Kind.INSTRUMENT)])
    if wanted.sections or wanted.layers:
        try:
            context, _ = refining.refined(context, wanted)
        except ValueError as fault:
            context = context.model_copy(update={"remarks": [*context.remarks, str(fault)]})
    return players(context, said)[0]


# -- parts --------------------------------------------------------------------------------------------------------


def _tempo(context: Context, one: Statement) -> float | None:
    if one.amount is None:
        return None
    if one.absolute or one.unit == "bpm":
        return one.amount if one.absolute else round(context.tempo + one.amount, 2)
    share = one.amount / 100 if one.unit == "%" else _FASTER * one.amount
    return round(context.tempo * (1 + share), 2)


def _sections(context: Context, places: list[Place]) -> list[str]:
    """The sections that are meant, all of them where no place is named."""
    if places:
        return [one.section for one in places if one.section]
    return list(dict.fromkeys(one.label for one in context.sections))


def _players(context: Context, one: Statement, sections: list[SectionEdit], layers: list[LayerEdit]) -> None:
    """Who is wanted or left out, everywhere or in some sections; where bars are named, the player is silent there."""
    there = {StemType(layer.stem_type): layer.name for layer in context.layers}
    where = [place.section for place in one.places if place.section and place.bars is None]
    for part in one.parts:
        stem = StemType(part)
        name = there.get(stem, str(stem.value))
        if one.negated:
            if not one.places and stem in there:
                layers.append(LayerEdit(layer=stem, remove=True))
            sections += [SectionEdit(section=place, remove=[name]) for place in where if stem in there]
            continue
        if stem not in there or (one.value and rules.is_instrument(one.value, stem)):
            layers.append(LayerEdit(layer=stem, instrument=one.value if rules.is_instrument(one.value, stem) else None))
        sections += [SectionEdit(section=place, add=[name]) for place in where]


def _plan(layer: Layer) -> StemPlan:
    known = layer.model_dump(include={*Playing.model_fields, "name", "stem_type", "instrument", "silent", "at_places"})
    return StemPlan.model_validate(known)
