"""An analysis as a JAMS file (Humphrey et al., ISMIR 2014), validated before anyone sees it.

Namespaces: tempo, key_mode, beat (the position in the bar as value), segment_open, chord (Harte). Tuning and the
engines' provenance have no namespace of their own and are in the sandboxes.
"""

from __future__ import annotations

import warnings
from typing import Any

from ripieno.contracts.analysis import Analysis, KeySpan
from ripieno.contracts.enums import Mode
from ripieno.contracts.provenance import Provenance


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

    document.sandbox.tuning_frequency = analysis.tuning_frequency
    document.sandbox.tuning_confidence = confidence.tuning_frequency
    document.sandbox.time_signature = analysis.time_signature
    document.sandbox.engines = {task: engine.model_dump() for task, engine in analysis.engines.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        document.validate(strict=True)
        return document.dumps(ensure_ascii=False)


def _annotation(namespace: str, analysis: Analysis, task: str) -> Any:
    import jams

    engine = analysis.engines.get(task) or Provenance(engine="unknown", version="", license="")
    return jams.Annotation(
        namespace=namespace,
        time=0,
        duration=analysis.duration_seconds,
        annotation_metadata=jams.AnnotationMetadata(
            annotator=jams.Sandbox(**engine.model_dump(exclude_none=True)),
            annotation_tools=f"ripieno {engine.engine}",
            version=engine.version,
            data_source="program",
            curator=jams.Curator(name="Ripieno"),
        ),
    )
