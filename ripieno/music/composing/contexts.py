"""The context of a piece: begun from a brief, refined stage by stage, and as what every player has to fit.

A stage adds what nobody has settled. What a person fixed, or an earlier stage settled, it may not change: `settled`
raises `Contradiction` then, which names the field.
"""

from __future__ import annotations

import random
from dataclasses import replace

from ripieno.contracts.composition import (
    CompositionOrder,
    Context,
    ContextSection,
    Mood,
    Stage,
    StyleShare,
)
from ripieno.contracts.generation import Meter
from ripieno.music.chord import QUALITIES, parse
from ripieno.music.composing import arrangements, forms, harmonies, moods, sounding
from ripieno.music.composing.backing import placing
from ripieno.music.composing.briefs import Said
from ripieno.music.conditioning import ChordSpan, Conditioning, KeyAt, SectionSpan
from ripieno.music.genres.blending import Blend, blend, written
from ripieno.music.language.understand import recognised
from ripieno.music.pitch import key_name
from ripieno.music.timeline import Timeline

YOU, SONG = "you", "the song"
DEFAULT_SECONDS = 150.0
_KEYS = {"major": ("C", "G", "D", "A", "F", "Bb", "Eb"), "minor": ("A", "E", "D", "B", "G", "C")}
_MINOR_BELOW = {"techno": 0.6, "drum and bass": 0.5, "hip hop": 0.5, "metal": 0.9, "house": 0.2}
_SIMPLE: dict[int, Meter] = {2: "2/4", 3: "3/4", 4: "4/4", 5: "5/4"}
_COMPOUND: dict[int, Meter] = {2: "6/8", 3: "9/8", 4: "12/8"}
_MIX_LUFS = -18.0  # of the mix that is mastered, by which its layers find their level
_OF_THE_WHOLE = ("title", "mood", "styles", "tempo", "meter", "key", "form")
_BEND = 0.06  # by which a tempo that nobody fixed may be moved so that the bars fill the length


class Contradiction(ValueError):
    """A stage would change what is settled; `field` is what."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field


def begin(
    order: CompositionOrder,
    said: Said,
    style: Blend,
    seed: int,
    song: Conditioning | None = None,
    sounds_as: float | None = None,
) -> Context:
    """Everything about the piece as a whole: title, mood, style, tempo, meter, key and form.

    Parameters
    ----------
    said : what its brief says
    style : the blend that the order or its brief names, or a default
    song : what is known of the song that the piece begins from; its tempo, meter, key, form and chords are taken over
        where the order says nothing
    sounds_as : the loudness in LUFS of the song that it is to sound like, where that is another one

    Raises
    ------
    ValueError
        For a form that does not fill the length, or a key that is none.
    """
    leading = style.leading
    if sounds_as is None and song is not None:
        sounds_as = song.loudness
    mood = moods.settle(order.mood, f"{order.brief} {' '.join(said.moods)}", leading.name)
    meter = order.meter or said.meter or (_meter_of(song) if song else _meter(leading.beats_per_bar))
    is_sung = _is_sung(order, said.is_sung)
    fixed_tempo = order.tempo or said.tempo or (song.timeline.bpm if song else None)
    tempo = fixed_tempo or _tempo(style, mood)
    if order.form:
        sections = [ContextSection(label=one.label, bars=one.bars) for one in order.form]
    elif song is not None:
        sections = _sections_of(song)
    else:
        seconds = order.duration_seconds or said.seconds or DEFAULT_SECONDS
        sections, filling = _filled(leading.name, seconds, tempo, beats_of(meter)[0], is_sung=is_sung)
        tempo = filling if fixed_tempo is None and abs(filling / tempo - 1) <= _BEND else tempo
    theme = order.theme or said.theme or ""
    return Context(
        title=order.title or said.title or _title(theme, mood.words, leading.name),
        artist=order.artist or "",
        mood=mood,
        styles=[StyleShare(name=name, weight=round(weight, 4)) for name, weight in style.weights],
        tempo=round(tempo, 3),
        meter=meter,
        key=_key(order, said, song, leading.name, mood, seed),
        sections=sections,
        layers=arrangements.layers(
            leading.name,
            list(order.layers),
            is_sung=is_sung,
            backing=said.has_backing if order.backing is None else order.backing,
        ),
        theme=theme,
        language=order.language or (recognised(order.lyrics) if order.lyrics else said.language),
        voice=order.voice,
        loudness_lufs=order.loudness_lufs or sounding.loudness(leading.name, mood, sounds_as, order.destination),
        destination=order.destination,
        seed=seed,
        settled=_who_settled(order, said, song),
    )


def blended(shares: list[StyleShare]) -> Blend:
    """The blend of genres with their weights. Raises `ValueError` for a genre that is not there."""
    total = sum(one.weight for one in shares)
    return blend(written(tuple((one.name, one.weight / total) for one in shares)))


def harmonised(context: Context) -> Context:
    """With the chords of every section."""
    return settled(context, Stage.HARMONY, sections=harmonies.write(context))


def arranged(context: Context) -> Context:
    """With the energy of every bar and who plays in each section."""
    leading = max(context.styles, key=lambda one: one.weight).name
    curve = arrangements.energies(context.sections, context.mood.arousal or 0.0)
    with_energy = [
        one.model_copy(update={"energy": one.energy or bars}) for one, bars in zip(context.sections, curve, strict=True)
    ]
    risen = context.model_copy(update={"sections": with_energy})
    who = arrangements.parts(risen, leading)
    sections = [one.model_copy(update={"parts": one.parts or here}) for one, here in zip(with_energy, who, strict=True)]
    behind = arrangements.backing(risen, leading)
    sections = [
        one.model_copy(update={"backing": placing.settled(one, here)})
        for one, here in zip(sections, behind, strict=True)
    ]
    return settled(context, Stage.ARRANGEMENT, sections=sections)


def settled(context: Context, stage: Stage, **changes: object) -> Context:
    """A context with what a stage settles.

    Raises
    ------
    Contradiction
        When it would change what is settled already: sections may gain chords, energy, parts and themes, and lose or
        change nothing.
    """
    for field, value in changes.items():
        before = getattr(context, field)
        if field == "sections":
            _check_sections(context.sections, value, stage)  # pyright: ignore[reportArgumentType]
        elif before not in (None, "", [], value) and field in context.settled:
            raise Contradiction(field, f"{stage} would change {field}, which {context.settled[field]} has settled")
    return context.model_copy(update={**changes, "settled": {**{f: str(stage) for f in changes}, **context.settled}})


def conditioning_of(context: Context) -> Conditioning:
    """The piece as what every player has to fit: timeline, chords, keys, sections and energy."""
    beats, compound = beats_of(context.meter)
    timeline = Timeline.steady(context.tempo, context.bars + 1, beats, compound=compound)
    chords: list[ChordSpan] = []
    keys: list[KeyAt] = []
    sections: list[SectionSpan] = []
    energy: list[float] = []
    bar = 0
    for section in context.sections:
        start, end = float(bar * beats), float((bar + section.bars) * beats)
        sections.append(SectionSpan(start, end, section.label))
        tonic, mode = harmonies.key_of(section.key or context.key)
        if keys and (keys[-1].tonic, keys[-1].mode) == (tonic, mode):
            keys[-1] = replace(keys[-1], end=end)
        else:
            keys.append(KeyAt(start, end, tonic, mode))
        energy += section.energy or [0.6] * section.bars
        for number in range(section.bars):
            names = section.chords[number % len(section.chords)] if section.chords else ["N"]
            each = beats / len(names)
            first = (bar + number) * beats
            chords += [ChordSpan(first + n * each, first + (n + 1) * each, parse(name)) for n, name in enumerate(names)]
        bar += section.bars
    tonic, mode = harmonies.key_of(context.key)
    weights = sum(one.weight for one in context.styles)
    return Conditioning(
        timeline,
        tuple(chords),
        tonic,
        mode,
        tuple(sections),
        (*energy, energy[-1]),
        0.0,
        float(bar * beats),
        keys=tuple(keys),
        styles=tuple((one.name, one.weight / weights) for one in context.styles),
        bar_loudness=(_MIX_LUFS,) * context.bars,
    )


def silent_bars(context: Context, layer: str) -> list[tuple[int, int]]:
    """The stretches of bars, counted from 1, first and last, in which a layer does not play."""
    found: list[tuple[int, int]] = []
    bar = 1
    for section in context.sections:
        if layer not in section.parts:
            if found and found[-1][1] == bar - 1:
                found[-1] = (found[-1][0], bar + section.bars - 1)
            else:
                found.append((bar, bar + section.bars - 1))
        bar += section.bars
    return found


# -- parts --------------------------------------------------------------------------------------------------------


def _check_sections(before: list[ContextSection], after: list[ContextSection], stage: Stage) -> None:
    if [(one.label, one.bars) for one in before] != [(one.label, one.bars) for one in after]:
        raise Contradiction("form", f"{stage} would change the form, which is settled")
    for number, (known, new) in enumerate(zip(before, after, strict=True), start=1):
        for field in ("chords", "energy", "parts", "backing", "key", "theme"):
            if getattr(known, field) not in (None, [], "", getattr(new, field)):
                raise Contradiction(
                    f"sections.{number}.{field}",
                    f"{stage} would change the {field} of section {number} ({known.label}), which are settled",
                )


def _is_sung(order: CompositionOrder, said: bool | None) -> bool:
    if order.instrumental is not None:
        return not order.instrumental
    return bool(order.lyrics or order.voice or order.theme or said)


def _tempo(style: Blend, mood: Mood) -> float:
    """Of the style's tempi the one that the mood's arousal asks for."""
    low, high = (sum(one.tempo[n] * weight for one, weight in style.parts) for n in (0, 1))
    return float(round(low + (high - low) * (0.5 + 0.4 * (mood.arousal or 0.0))))


def _filled(
    style: str, seconds: float, tempo: float, beats: int, *, is_sung: bool
) -> tuple[list[ContextSection], float]:
    """A form of about the length, and the tempo at which its bars fill it."""
    bars = max(2, round(seconds * tempo / 60.0 / beats))
    parts = forms.of(style, bars, is_sung=is_sung)
    sections = [ContextSection(label=one.label, bars=one.bars) for one in parts]
    return sections, sum(one.bars for one in parts) * beats * 60.0 / seconds


def _key(order: CompositionOrder, said: Said, song: Conditioning | None, style: str, mood: Mood, seed: int) -> str:
    asked = order.key or said.key
    if asked is not None:
        return harmonies.key_name(*harmonies.key_of(asked))
    if song is not None:
        return harmonies.key_name(song.tonic, song.mode)
    is_minor = (mood.valence or 0.0) < _MINOR_BELOW.get(style, -0.05)
    mode = said.mode or ("minor" if is_minor else "major")
    tonic, _ = harmonies.key_of(random.Random(f"{seed} key").choice(_KEYS[mode]))
    return harmonies.key_name(tonic, mode)


def _who_settled(order: CompositionOrder, said: Said, song: Conditioning | None) -> dict[str, str]:
    """Each field of the whole piece with who settled it: you, in a field or in the brief, the song, or this stage."""
    yours = {
        "title": order.title or said.title, "mood": order.mood or said.moods, "styles": order.styles or said.style,
        "tempo": order.tempo or said.tempo, "meter": order.meter or said.meter, "key": order.key or said.key,
        "form": order.form, "theme": order.theme or said.theme, "language": order.language, "voice": order.voice,
        "lyrics": order.lyrics,
    }  # fmt: skip
    found = {field: YOU for field, value in yours.items() if value}
    of_song = dict.fromkeys(("tempo", "meter", "key", "form"), SONG) if song else {}
    if order.mood_of is not None:
        found["mood"] = SONG
    return {**dict.fromkeys(_OF_THE_WHOLE, str(Stage.CONTEXT)), **of_song, **found}


def _sections_of(song: Conditioning) -> list[ContextSection]:
    """A song's sections in whole bars, with its chords, bar by bar."""
    found: list[ContextSection] = []
    for bar in song.bars():
        label = song.section_at(bar.first).label
        names = _chords_of(song, bar.first, bar.beats)
        starts_anew = not found or abs(song.section_at(bar.first).start - bar.first) < 0.5
        if starts_anew:
            found.append(ContextSection(label=label, bars=1, chords=[names], energy=[song.energy_of(bar)]))
        else:
            found[-1].bars += 1
            found[-1].chords.append(names)
            found[-1].energy.append(song.energy_of(bar))
    return found


def _chords_of(song: Conditioning, first: int, beats: int) -> list[str]:
    """A bar's chords: one, or two where it changes in the middle."""
    half = beats / 2
    names = [_named(song, first + 0.01), _named(song, first + half + 0.01)]
    return names[:1] if names[0] == names[1] or beats % 2 else names


def _named(song: Conditioning, beat: float) -> str:
    chord = song.chord_at(beat)
    if chord is None:
        return "N"
    quality = next((name for name, tones in QUALITIES.items() if tones == chord.tones), "maj")
    return f"{key_name(chord.root, 'minor' if chord.is_minor else 'major')}:{quality}"


def _meter_of(song: Conditioning) -> Meter:
    beats = song.timeline.beats_per_bar
    return _COMPOUND.get(beats, "6/8") if song.timeline.compound else _meter(beats)


def _meter(beats: int) -> Meter:
    return _SIMPLE.get(beats, "4/4")


def beats_of(meter: str) -> tuple[int, bool]:
    """Beats a bar, and whether they divide in three."""
    top, bottom = (int(figure) for figure in meter.split("/"))
    return (top // 3, True) if bottom == 8 else (top, False)


def _title(theme: str, mood: str, style: str) -> str:
    words = theme or f"{mood.split(',', maxsplit=1)[0]} {style}".strip()
    return " ".join(
        word if word in ("the", "of", "a", "and", "in", "at", "on") and n else word.capitalize()
        for n, word in enumerate(words.split()[:6])
    )
