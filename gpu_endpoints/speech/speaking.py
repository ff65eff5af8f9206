"""Text spoken by espeak-ng: a formant synthesiser (after Klatt, JASA 1980), which needs no weights and sounds like it.

The job `speak` stores each text as a file.
"""

from __future__ import annotations

import re
from importlib.metadata import version

import numpy as np
import soxr

from gpu_endpoints.audio import levels, writing
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.singing import spoken
from gpu_endpoints.generation.singing.spoken import SPOKEN_RATE
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.provenance import Origin, Provenance
from ripieno.contracts.speech import SpeakInput, SpeakResult, SpokenFile
from ripieno.services import engines

NAME = engines.FORMANT
SPEECH_LUFS = -18.0
_PEAK = 0.6
_WORDS_PER_MINUTE, _PITCH_RANGE = 155, 60
_VARIANT = "f3"
_KNOWN_VARIANT = re.compile(r"[fm][1-8]")  # of the voices that espeak-ng ships
_STAND_IN = "a formant synthesiser: no neural voice is here"


def provenance() -> Provenance:
    return Provenance(
        engine=NAME,
        version=f"espeak-ng {version('espeakng-loader')}",
        license=engines.find(NAME).code,
        fallback=True,
        reason=_STAND_IN,
    )


def run(job_input: dict, context: JobContext) -> dict:
    order = SpeakInput.model_validate(job_input)
    engine = provenance()
    files = []
    for number, one in enumerate(order.sayings):
        context.progress(number / len(order.sayings), "speaking")
        audio = spoken_as(one.text, one.language, order.voice)
        path = context.folder / f"spoken-{number}.{order.stem_format}"
        written = writing.write(np.repeat(audio[:, None], 2, axis=1), path, order.stem_format, origin=Origin.of(engine))
        blob_name = f"{one.output}.{order.stem_format}"
        written.store(names.GENERATED, blob_name)
        path.unlink()
        files.append(
            SpokenFile(
                blob_name=blob_name,
                text=one.text,
                file_size_bytes=written.size,
                sha256=written.sha256,
                format=order.stem_format,
                sample_rate=SAMPLE_RATE,
                duration_seconds=written.duration,
            )
        )
    return SpeakResult(files=files, engine=engine).model_dump()


def spoken_as(text: str, language: str, voice: str = "") -> np.ndarray:
    """float32 (frames,) at 44.1 kHz, at most `SPEECH_LUFS` loud and never over 0.6 of full scale. `voice` is a variant
    of espeak-ng (f1 to f5, m1 to m8); one that it has not is its usual one.

    Raises
    ------
    JobFailed
        `nothing_to_say`, for a text without a word in it.
    """
    plain = " ".join(text.replace("\0", " ").split())
    variant = voice if _KNOWN_VARIANT.fullmatch(voice) else _VARIANT
    raw = spoken.said(plain, language, variant, words_per_minute=_WORDS_PER_MINUTE, pitch_range=_PITCH_RANGE).audio
    if not np.abs(raw).max(initial=0.0) > levels.SILENT:
        raise JobFailed("nothing_to_say", f"there is no word in {text[:60]!r} that could be spoken")
    audio = soxr.resample(raw, SPOKEN_RATE, SAMPLE_RATE).astype(np.float32)
    peak, lufs = levels.levels(audio[:, None])
    gain = _PEAK / peak if lufs is None else min(_PEAK / peak, 10 ** ((SPEECH_LUFS - lufs) / 20))
    return audio * np.float32(gain)
