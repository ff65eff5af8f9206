"""An analysis, or what is settled of a composition, as a JAMS file (Humphrey et al., ISMIR 2014), validated before
anyone sees it.

Namespaces: tempo, key_mode, beat (the position in the bar as value), segment_open, chord (Harte), mood_thayer; of a
song also tag_open (styles, their weight as confidence), of a composition lyrics (a line each) and note_midi (what is
sung, a voice each, the lead first). Tuning and the engines' provenance have no namespace of their own and are in the
sandboxes.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ripieno import __version__
from ripieno.contracts.analysis import Analysis, KeySpan
from ripieno.contracts.composition import Context
from ripieno.contracts.enums import Mode
from ripieno.contracts.generation import BackingPart, SungNote
from ripieno.contracts.lyrics import TimedLine
from ripieno.contracts.provenance import Provenance
from ripieno.music.chord import harte
from ripieno.music.composing import contexts


def build(analysis: Analysis, *, title: str, artist: str = "", identifiers: dict[str, str] | None = None) -> str:
    """The JAMS document of a song's analysis.

    Parameters
    ----------
    identifiers : by which the song is known, for the file's metadata

    Raises
    ------
    jams.SchemaError
        When the analysis breaks the schema; such a file is never written.
    """
    import jams  # late: it takes seconds, and few who load the app write a file

    duration = analysis.duration_seconds
    document = jams.JAMS()
    document.file_metadata.duration = duration
    document.file_metadata.title = title
    document.file_metadata.artist = artist
    document.file_metadata.identifiers = jams.Sandbox(**(identifiers or {}))
    confidence = analysis.confidence

    if analysis.bpm is not None:
        tempo = _annotation("tempo", analysis, "tempo")
        tempo.append(time=0.0, duration=duration, value=analysis.bpm, confidence=confidence.bpm)
        document.annotations.append(tempo)
    if analysis.key is not None:
        key = _annotation("key_mode", analysis, "key")
        whole = [KeySpan(start_time=0, end_time=duration, key=analysis.key, mode=analysis.mode or Mode.MAJOR)]
        for span in analysis.keys or whole:
            length = span.end_time - span.start_time
            value = f"{span.key}:{span.mode}"
            key.append(time=span.start_time, duration=length, value=value, confidence=confidence.key)
        document.annotations.append(key)
    beats = _annotation("beat", analysis, "beats")
    for beat in analysis.beats:
        beats.append(time=beat.time, duration=0.0, value=beat.position, confidence=confidence.beats)
    sections = _annotation("segment_open", analysis, "sections")
    for section in analysis.sections:
        span = section.end_time - section.start_time
        sections.append(time=section.start_time, duration=span, value=section.label, confidence=section.confidence)
    chords = _annotation("chord", analysis, "chords")
    for chord in analysis.chords:
        span = chord.end_time - chord.start_time
        chords.append(time=chord.start_time, duration=span, value=chord.chord, confidence=chord.confidence)
    document.annotations.extend([beats, sections, chords])
    if analysis.mood is not None:
        mood = _annotation("mood_thayer", analysis, "mood")
        sure = min(confidence.valence, confidence.arousal)
        mood.append(time=0.0, duration=duration, value=[analysis.mood.valence, analysis.mood.arousal], confidence=sure)
        document.annotations.append(mood)
    if analysis.styles:
        styles = _annotation("tag_open", analysis, "styles")
        for style in analysis.styles:
            styles.append(time=0.0, duration=duration, value=style.name, confidence=style.weight)
        document.annotations.append(styles)

    document.sandbox.tuning_frequency = analysis.tuning_frequency
    document.sandbox.tuning_confidence = confidence.tuning_frequency
    document.sandbox.time_signature = analysis.time_signature
    if analysis.styles:
        document.sandbox.styles_confidence = confidence.styles
    document.sandbox.engines = {task: engine.model_dump() for task, engine in analysis.engines.items()}
    return _checked(document)


def of_composition(
    context: Context,
    words: list[TimedLine],
    sung: list[SungNote],
    *,
    behind: Sequence[BackingPart] = (),
    identifiers: dict[str, str] | None = None,
) -> str:
    """The JAMS document of what a composition was made from: its truth, with nothing that was heard or guessed.

    Parameters
    ----------
    words, sung : what is sung and when, none where nobody sings
    behind : the voices behind the lead, each an annotation that says in its sandbox in which way it sings

    Raises
    ------
    jams.SchemaError
    """
    import jams

    whole = contexts.conditioning_of(context)
    at, duration = whole.timeline.at, whole.end_seconds
    document = jams.JAMS()
    document.file_metadata.duration = duration
    document.file_metadata.title = context.title
    document.file_metadata.artist = context.artist
    document.file_metadata.identifiers = jams.Sandbox(**(identifiers or {}))
    truth = Provenance(engine="ripieno composition", version=__version__, license="")

    def annotation(namespace: str) -> Any:
        made = _annotation_by(truth, namespace, duration)
        document.annotations.append(made)
        return made

    def span(into: Any, start: float, end: float, value: Any) -> None:
        into.append(time=start, duration=max(0.0, min(end, duration) - start), value=value, confidence=1.0)

    span(annotation("tempo"), 0.0, duration, context.tempo)
    keys, beats, chords, sections = (annotation(one) for one in ("key_mode", "beat", "chord", "segment_open"))
    beats_a_bar, bar = whole.timeline.beats_per_bar, 0
    for section in context.sections:
        first, last = at(bar * beats_a_bar), at((bar + section.bars) * beats_a_bar)
        span(sections, first, last, section.label)
        tonic, _, mode = (section.key or context.key).partition(" ")
        span(keys, first, last, f"{tonic}:{mode}")
        for number in range(section.bars if section.chords else 0):
            names = section.chords[number % len(section.chords)]
            each = beats_a_bar / len(names)
            for place, name in enumerate(names):
                begins = (bar + number) * beats_a_bar + place * each
                span(chords, at(begins), at(begins + each), harte(name))
        bar += section.bars
    for number in range(bar * beats_a_bar):
        beats.append(time=at(number), duration=0.0, value=number % beats_a_bar + 1, confidence=1.0)
    if words:
        lines = annotation("lyrics")
        for line in words:
            span(lines, line.start, line.end, line.text)
    if sung:
        notes = annotation("note_midi")
        for note in sung:
            span(notes, note.start, note.end, note.pitch)
    for part in behind:
        notes = annotation("note_midi")
        notes.sandbox.backing = part.way
        for note in part.notes:
            span(notes, note.start, note.end, note.pitch)
    if context.mood.valence is not None and context.mood.arousal is not None:
        span(annotation("mood_thayer"), 0.0, duration, [context.mood.valence, context.mood.arousal])

    document.sandbox.tuning_frequency = whole.tuning
    document.sandbox.time_signature = context.meter
    document.sandbox.styles = {one.name: one.weight for one in context.styles}
    document.sandbox.energy = [bar for one in context.sections for bar in one.energy]
    document.sandbox.layers = [one.name for one in context.layers]
    return _checked(document)


def _checked(document: Any) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        document.validate(strict=True)
        return document.dumps(ensure_ascii=False)


def _annotation(namespace: str, analysis: Analysis, task: str) -> Any:
    engine = analysis.engines.get(task) or Provenance(engine="unknown", version="", license="")
    return _annotation_by(engine, namespace, analysis.duration_seconds)


def _annotation_by(engine: Provenance, namespace: str, duration: float) -> Any:
    import jams

    return jams.Annotation(
        namespace=namespace,
        time=0,
        duration=duration,
        annotation_metadata=jams.AnnotationMetadata(
            annotator=jams.Sandbox(**engine.model_dump(exclude_none=True)),
            annotation_tools=f"ripieno {engine.engine}",
            version=engine.version,
            data_source="program",
            curator=jams.Curator(name="Ripieno"),
        ),
    )
