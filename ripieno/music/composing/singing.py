"""What is sung: a melody that returns with its section, words that fit it, and when each of them is sung."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydantic import ValidationError

from ripieno.contracts.composition import Context, Layer, OwnNote
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import SungNote
from ripieno.contracts.lyrics import LyricLine, Lyrics, LyricsBrief, LyricSectionForm, TimedLine
from ripieno.music.arranging.arrange import arrange
from ripieno.music.composing import contexts
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import Blend
from ripieno.music.lyrics import handwritten, lyricist, setting
from ripieno.music.lyrics.setting import MelodyNote, Setting
from ripieno.music.midi_files import FileNote
from ripieno.music.places import lies_in, spans
from ripieno.music.timeline import Timeline

DRAFTS = 3
_MOST_SYLLABLES = 24
_SHORTEST_PHRASE = 3  # notes that are worth a line
_MOST_SUNG = 4000
_TOGETHER = 1 / 32  # quarters


@dataclass(frozen=True)
class Phrases:
    """The melody of one section: what its words are called, and its phrases."""

    label: str
    phrases: list[list[MelodyNote]]


def singer(context: Context) -> Layer | None:
    """Who sings the words, in front; nobody where a person recorded the voice."""
    lead = (one for one in context.layers if one.stem_type == StemType.VOCALS and not one.is_backing)
    return next((one for one in lead if one.audio is None), None)


def melody(context: Context, style: Blend) -> list[Phrases]:
    """The vocal line, section by section; verses are told apart by number, what returns word for word is not."""
    layer = singer(context)
    if layer is None:
        return []
    whole = contexts.conditioning_of(context)
    notes = _own(layer, whole) if layer.melody else _written(context, whole, style)
    fewest = 1 if layer.melody else _SHORTEST_PHRASE
    quiet = spans(layer.silent, whole)
    found: list[Phrases] = []
    numbers: Counter[str] = Counter()
    for section, span in zip(context.sections, whole.sections, strict=True):
        if layer.name not in section.parts:
            continue
        here = [
            one for one in notes if span.start - 1e-6 <= one.start < span.end - 1e-6 and not lies_in(one.start, quiet)
        ]
        phrases = [one for one in setting.phrases_of(here) if len(one) >= fewest]
        if not phrases:
            continue
        numbers[section.label] += 1
        is_verse = section.label == "verse"
        found.append(Phrases(f"verse {numbers['verse']}" if is_verse else section.label, phrases))
    return found


def own_melody(notes: Sequence[FileNote]) -> list[OwnNote]:
    """The melody that a MIDI file has; a note that goes on into the next one ends with it.

    Raises
    ------
    ValueError
        For chords, and for notes that nobody sings.
    """
    if len(notes) > _MOST_SUNG:
        raise ValueError(f"vocals: the melody has {len(notes)} notes, at most {_MOST_SUNG} can be sung")
    for one, after in pairwise(notes):
        if after.start - one.start < _TOGETHER:
            raise ValueError(
                f"vocals: two notes at quarter {one.start:g}: the voice sings one at a time, give the melody alone"
            )
    ends = [after.start for after in notes[1:]] + [float("inf")]
    try:
        return [
            OwnNote(start=one.start, length=min(one.length, end - one.start), pitch=one.pitch)
            for one, end in zip(notes, ends, strict=True)
        ]
    except ValidationError:
        raise ValueError("vocals: the melody has notes that nobody sings: keep between C1 and C8") from None


def brief_of(context: Context, style: Blend) -> LyricsBrief | None:
    """What lyrics are to be about, and the syllables that the melody wants; None where there is none."""
    sung = melody(context, style)
    if not sung:
        return None
    beats = contexts.conditioning_of(context).timeline.beats_per_bar
    first: dict[str, LyricSectionForm] = {}
    form = []
    for one in sung:
        lines = [setting.pattern_of(phrase[:_MOST_SYLLABLES], beats) for phrase in one.phrases]
        form.append(first.setdefault(one.label, LyricSectionForm(label=one.label, lines=lines)))
    return LyricsBrief(
        theme=context.theme,
        title=context.title if context.settled.get("title") == contexts.YOU else None,
        valence=context.mood.valence or 0.0,
        arousal=context.mood.arousal or 0.0,
        language=context.language,
        form=form,
        seed=context.seed,
    )


def drafts(context: Context, style: Blend) -> list[Lyrics]:
    """Lyrics to choose from, each written to the melody by the offline lyricist."""
    brief = brief_of(context, style)
    return lyricist.drafts(brief, count=DRAFTS) if brief is not None else []


def by_hand(context: Context, text: str) -> Lyrics:
    """A person's own words. Raises `ValueError` where there is nothing to sing."""
    return handwritten.read(text, context.language, title=context.title)


def assigned(context: Context, style: Blend) -> list[tuple[Phrases, list[LyricLine]]]:
    """Every section of the melody with its words: those of the same name, else those that come next."""
    if context.lyrics is None:
        return []
    waiting = list(context.lyrics.sections)
    known: dict[str, list[LyricLine]] = {}
    found: list[tuple[Phrases, list[LyricLine]]] = []
    for one in melody(context, style):
        if one.label not in known:
            named = next((words for words in waiting if words.label.lower() == one.label), None)
            chosen = named or next(iter(waiting), None)
            if chosen is not None:
                waiting.remove(chosen)
                known[one.label] = chosen.lines
        elif waiting and waiting[0].label.lower() == one.label:
            known[one.label] = waiting.pop(0).lines
        found.append((one, known.get(one.label) or []))
    return found


def sung(context: Context, style: Blend) -> Setting:
    """The words on the melody."""
    whole = Setting()
    beats = contexts.conditioning_of(context).timeline.beats_per_bar
    for one, lines in assigned(context, style):
        if not lines:
            continue
        found = setting.set_lines(lines, one.phrases, beats)
        whole.lines += found.lines
        whole.remarks += found.remarks
    return whole


def notes(context: Context, style: Blend) -> list[SungNote]:
    """Melody and syllables in seconds, as a singing engine takes them."""
    return setting.sung_notes(sung(context, style), _timeline(context))


def timed(context: Context, style: Blend) -> list[TimedLine]:
    """When each line and each word is sung, in seconds."""
    return setting.timed_lines(sung(context, style), _timeline(context))


def _own(layer: Layer, whole: Conditioning) -> list[MelodyNote]:
    """A person's melody, as far as the piece goes."""
    beat = 1.5 if whole.timeline.compound else 1.0
    found = [MelodyNote(one.start / beat, one.length / beat, one.pitch) for one in layer.melody]
    return [one for one in found if one.start < whole.last]


def _written(context: Context, whole: Conditioning, style: Blend) -> list[MelodyNote]:
    part = arrange(StemType.VOCALS.value, whole, style, seed=context.seed, humanise=False)
    at = whole.timeline.beat_at
    return [MelodyNote(at(one.start), at(one.end) - at(one.start), one.pitch) for one in part.notes]


def _timeline(context: Context) -> Timeline:
    return contexts.conditioning_of(context).timeline
