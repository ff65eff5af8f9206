"""Refinements: a context changed as somebody asks for, and what was changed in words.

What a person asks for wins over what any stage settled; it counts as settled by them from then on.
"""

from __future__ import annotations

from collections.abc import Callable

from ripieno.contracts.composition import (
    BACKING,
    Context,
    ContextSection,
    Layer,
    LayerEdit,
    Refinement,
    SectionEdit,
    StyleShare,
)
from ripieno.contracts.enums import StemType
from ripieno.music import form
from ripieno.music.chord import parse
from ripieno.music.composing import contexts, harmonies, moods, passages, singing, sounding
from ripieno.music.composing.backing import editing
from ripieno.music.genres.blending import blend
from ripieno.music.instruments import instrument
from ripieno.music.pitch import pitch_class, spell, uses_flats

_SHADES = ("density", "pitch_register", "brightness", "dynamics")


def refined(context: Context, wanted: Refinement) -> tuple[Context, list[str]]:
    """The context as it shall be, and each change in words.

    Raises
    ------
    ValueError
        For a section, layer, style, instrument or chord that is not there, with those that are.
    """
    changes: list[str] = []
    made = context
    for change in (_whole, _styles, _key, _sections, _layers, _backing, _words, _passages):
        made = change(made, wanted, changes.append)
    if not changes:
        raise ValueError("nothing of that changes the piece: say what is to be another")
    return made, changes


def _whole(context: Context, wanted: Refinement, tell: Callable[[str], None]) -> Context:
    update: dict[str, object] = {}
    for field in ("title", "tempo", "loudness_lufs"):
        value = getattr(wanted, field)
        if value is not None and value != getattr(context, field):
            tell(f"{field.replace('_', ' ')}: {getattr(context, field)} → {value}")
            update[field] = value
    leading = max(context.styles, key=lambda one: one.weight).name
    if wanted.destination is not None and wanted.destination != context.destination:
        tell(f"destination: {context.destination or 'as the style'} → {wanted.destination}")
        update["destination"] = wanted.destination
        if wanted.loudness_lufs is None:
            update["loudness_lufs"] = sounding.loudness(leading, context.mood, destination=wanted.destination)
    if wanted.mood is not None:
        mood = moods.settle(wanted.mood, "", leading)
        before, after = context.mood.arousal or 0.0, mood.arousal or 0.0
        tell(f"mood: {context.mood.words or 'as the style'} → {mood.words}")
        lifted = [
            one.model_copy(update={"energy": [_in_unit(bar + 0.15 * (after - before)) for bar in one.energy]})
            for one in context.sections
        ]
        update |= {"mood": mood, "sections": lifted}
    return _by_you(context, update)


def _styles(context: Context, wanted: Refinement, tell: Callable[[str], None]) -> Context:
    if not wanted.styles:
        return context
    style = contexts.blended(wanted.styles)
    tell(f"style: {style}")
    shares = [StyleShare(name=name, weight=weight) for name, weight in style.weights]
    return _by_you(context, {"styles": shares})


def _key(context: Context, wanted: Refinement, tell: Callable[[str], None]) -> Context:
    if wanted.key is None:
        return context
    (old, old_mode), (new, mode) = harmonies.key_of(context.key), harmonies.key_of(wanted.key)
    name = harmonies.key_name(new, mode)
    if name == context.key:
        return context
    tell(f"key: {context.key} → {name}")
    if mode == old_mode:
        by = (new - old) % 12
        sections = [
            one.model_copy(
                update={
                    "chords": [[_transposed(chord, by, new, mode) for chord in bar] for bar in one.chords],
                    "key": _moved_key(one.key, by),
                }
            )
            for one in context.sections
        ]
        return _by_you(context, {"key": name, "sections": sections})
    bare = [one.model_copy(update={"chords": [], "key": None}) for one in context.sections]
    anew = context.model_copy(update={"key": name, "sections": bare})
    return _by_you(context, {"key": name, "sections": harmonies.write(anew)})


def _sections(context: Context, wanted: Refinement, tell: Callable[[str], None]) -> Context:
    sections = list(context.sections)
    for edit in wanted.sections:
        for place in places(context, edit.section):
            sections[place] = _edited(context, sections[place], edit)
        tell(f"{edit.section}: {_in_words(edit)}")
    return context.model_copy(update={"sections": sections}) if wanted.sections else context


def places(context: Context, name: str) -> list[int]:
    """Which sections are meant: each of a kind, or one by its number. Raises `ValueError`, naming those there are."""
    labels = [one.label for one in context.sections]
    same = [place for place, label in enumerate(labels) if label == name.lower().strip()]
    if same:
        return same
    found = form.find(name, labels)
    if found is None:
        raise ValueError(f"there is no {name!r}: the piece has {', '.join(form.numbered(labels))}")
    return [found]


def _edited(context: Context, section: ContextSection, edit: SectionEdit) -> ContextSection:
    known = {one.name for one in context.layers}
    strange = sorted({*edit.add, *edit.remove} - known)
    if strange:
        raise ValueError(f"there is no layer {strange[0]!r}: the piece has {', '.join(sorted(known))}")
    update: dict[str, object] = {}
    if edit.energy:
        update["energy"] = [_in_unit(bar + edit.energy) for bar in section.energy]
    if edit.chords:
        for chord in edit.chords:
            parse(chord)
        update["chords"] = [[edit.chords[number % len(edit.chords)]] for number in range(section.bars)]
    if edit.add or edit.remove:
        here = [one for one in section.parts if one not in edit.remove]
        update["parts"] = here + [one for one in edit.add if one not in here]
        update["backing"] = section.backing if BACKING not in edit.remove else []
    return section.model_copy(update=update)


def _layers(context: Context, wanted: Refinement, tell: Callable[[str], None]) -> Context:
    layers, sections = list(context.layers), list(context.sections)
    for edit in wanted.layers:
        stem = StemType(edit.layer)
        at = _of_stem(layers, stem)
        if edit.remove:
            if at is None:
                raise ValueError(f"there is no {stem.value} to leave out")
            name = layers.pop(at).name
            sections = [one.model_copy(update={"parts": [p for p in one.parts if p != name]}) for one in sections]
            tell(f"{name}: left out")
            if stem == StemType.VOCALS:  # nobody is left to sing behind
                bare = editing.without(context.model_copy(update={"layers": layers, "sections": sections}))
                layers, sections = bare.layers, bare.sections
            continue
        if edit.instrument and instrument(edit.instrument).stem != stem:
            raise ValueError(f"a {edit.instrument} is no {stem.value}")
        if edit.style:
            blend(edit.style)
        if at is None:
            layers.append(Layer(name=str(stem.value), stem_type=stem))
            at = len(layers) - 1
            name = layers[at].name
            if edit.instead_of is None:
                here = _named(context, edit.sections)
                sections = [_with_part(one, name) if n in here else one for n, one in enumerate(sections)]
            tell(f"{name}: added")
        if edit.instead_of is not None:
            layers, sections = _exchanged(context, layers, sections, layers[at].name, edit)
            at = next(n for n, one in enumerate(layers) if one.stem_type == stem and not one.is_backing)
            tell(f"{layers[at].name}: instead of {edit.instead_of}")
        if edit.midi is not None or edit.audio_file_id is not None:
            layers[at] = _given(layers[at], edit, tell)
            name = layers[at].name
            sections = [
                one if name in one.parts else one.model_copy(update={"parts": [*one.parts, name]}) for one in sections
            ]
        layers[at] = _shaded(layers[at], edit, tell)
    if not wanted.layers:
        return context
    yours = {f"layers.{one.layer}": contexts.YOU for one in wanted.layers}
    return context.model_copy(update={"layers": layers, "sections": sections, "settled": {**context.settled, **yours}})


def _backing(context: Context, wanted: Refinement, tell: Callable[[str], None]) -> Context:
    if not wanted.backing:
        return context
    made = editing.edited(context, wanted.backing, lambda name: places(context, name), tell)
    return _by_you(made, {}, "backing")


def _of_stem(layers: list[Layer], stem: StemType) -> int | None:
    """Which layer plays a part, of the vocals the lead."""
    return next((n for n, one in enumerate(layers) if one.stem_type == stem and not one.is_backing), None)


def _named(context: Context, names: list[str]) -> set[int]:
    """The sections of these names, all of them where none is given."""
    found = {place for name in names for place in places(context, name)}
    return found if names else set(range(len(context.sections)))


def _with_part(section: ContextSection, name: str) -> ContextSection:
    return section if name in section.parts else section.model_copy(update={"parts": [*section.parts, name]})


def _exchanged(
    context: Context, layers: list[Layer], sections: list[ContextSection], name: str, edit: LayerEdit
) -> tuple[list[Layer], list[ContextSection]]:
    """One layer where another one plays, which is gone where it plays nowhere else. Raises `ValueError`."""
    old = next((one for one in layers if one.stem_type == edit.instead_of and not one.is_backing), None)
    if old is None:
        known = ", ".join(one.name for one in context.layers)
        raise ValueError(f"there is no {edit.instead_of} to take the place of: the piece has {known}")
    here = _named(context, edit.sections)
    made = []
    for n, one in enumerate(sections):
        if n in here and old.name in one.parts:
            one = _with_part(one, name)
            one = one.model_copy(update={"parts": [part for part in one.parts if part != old.name]})
        made.append(one)
    is_gone = not any(old.name in one.parts for one in made)
    return [one for one in layers if not (is_gone and one.name == old.name)], made


def _words(context: Context, wanted: Refinement, tell: Callable[[str], None]) -> Context:
    """Other words: a person's own, another draft, or new ones for a new theme."""
    if wanted.lyrics is not None:
        tell("lyrics: your own")
        return _by_you(context, {"lyrics": singing.by_hand(context, wanted.lyrics)})
    if wanted.draft is not None:
        if wanted.draft > len(context.drafts):
            raise ValueError(f"there is no draft {wanted.draft}: the lyrics have {len(context.drafts)}")
        tell(f"lyrics: draft {wanted.draft}")
        return _by_you(context, {"lyrics": context.drafts[wanted.draft - 1]})
    if wanted.theme is not None and wanted.theme != context.theme:
        tell(f"theme: {wanted.theme}")
        return _by_you(context, {"theme": wanted.theme, "lyrics": None, "drafts": []})
    return context


def _passages(context: Context, wanted: Refinement, tell: Callable[[str], None]) -> Context:
    """Bars, and words of sections, changed in place."""
    edits = [(one.bars, list(one.chords), one.words, f"bars {one.bars[0]}–{one.bars[1]}") for one in wanted.passages]
    edits += [
        (_bars_of(context, place), [], edit.words, edit.section)
        for edit in wanted.sections
        if edit.words.strip()
        for place in places(context, edit.section)
    ]
    for bars, chords, words, where in edits:
        if not chords and not words.strip():
            raise ValueError(f"nothing is to be another in {where}: give chords or words")
        if chords:
            tell(f"{where}: chords {' '.join(chords)}")
            context = context.model_copy(update={"sections": passages.rechorded(context, bars, chords)})
            context = _by_you(context, {}, f"chords.{bars[0]}-{bars[1]}")
        if words.strip():
            tell(f"{where}: sung “{' / '.join(words.split(chr(10)))}”")
            style = contexts.blended(context.styles)
            context = _by_you(context, {"lyrics": passages.reworded(context, style, bars, words)})
    return context


def _bars_of(context: Context, place: int) -> tuple[int, int]:
    """The first and last bar of a section, counted from 1."""
    first = 1 + sum(one.bars for one in context.sections[:place])
    return first, first + context.sections[place].bars - 1


def _shaded(layer: Layer, edit: LayerEdit, tell: Callable[[str], None]) -> Layer:
    update: dict[str, object] = {}
    for field in ("instrument", "style"):
        value = getattr(edit, field)
        if value is not None and value != getattr(layer, field):
            tell(f"{layer.name}: {field} {value}")
            update[field] = value
    if edit.anew:
        update["variant"] = layer.variant + 1
        tell(f"{layer.name}: plays something else")
    for field in _SHADES:
        more = getattr(edit, field)
        if more:
            update[field] = max(-1.0, min(1.0, getattr(layer, field) + more))
            tell(f"{layer.name}: {field.replace('pitch_', '')} {'+' if more > 0 else ''}{more:g}")
    return layer.model_copy(update=update)


def _given(layer: Layer, edit: LayerEdit, tell: Callable[[str], None]) -> Layer:
    """A layer that plays what a person gave, everywhere; the edit names the piece's files by now."""
    sings = edit.midi is not None and layer.stem_type == StemType.VOCALS
    tell(f"{layer.name}: your own {'melody' if sings else 'notes' if edit.midi is not None else 'recording'}")
    own = {"midi": None if sings else edit.midi, "audio": edit.audio_file_id, "silent": [], "at_places": []}
    return layer.model_copy(update=own)


def _transposed(chord: str, by: int, tonic: int, mode: str) -> str:
    """The same chord a few semitones higher, spelled as the new key is."""
    if parse(chord) is None:
        return chord
    flats = uses_flats(tonic, mode)
    root = chord[: 2 if chord[1:2] in ("#", "b") else 1]
    rest, slash, bass = chord[len(root) :].partition("/")
    moved = spell(pitch_class(root) + by, flats=flats)
    if slash and bass[:1].isalpha() and bass[:1].isupper():
        bass = spell(pitch_class(bass) + by, flats=flats)
    return f"{moved}{rest}{slash}{bass}"


def _moved_key(key: str | None, by: int) -> str | None:
    if key is None:
        return None
    tonic, mode = harmonies.key_of(key)
    return harmonies.key_name((tonic + by) % 12, mode)


def _in_unit(energy: float) -> float:
    return round(min(1.0, max(0.1, energy)), 3)


def _in_words(edit: SectionEdit) -> str:
    words = []
    if edit.energy:
        words.append("bigger" if edit.energy > 0 else "smaller")
    if edit.chords:
        words.append(f"chords {' '.join(edit.chords)}")
    if edit.add:
        words.append(f"with {', '.join(edit.add)}")
    if edit.words.strip():
        words.append("other words")
    if edit.remove:
        words.append(f"without {', '.join(edit.remove)}")
    return ", ".join(words) or "as it is"


def _by_you(context: Context, update: dict[str, object], *also: str) -> Context:
    settled = {**context.settled, **dict.fromkeys([*update, *also], contexts.YOU)}
    return context.model_copy(update={**update, "settled": settled})
