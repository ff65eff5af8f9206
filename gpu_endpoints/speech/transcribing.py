"""The job `transcribe`: what was said, in words; by the engine that is there, else with a clear no."""

from __future__ import annotations

import numpy as np

from gpu_endpoints.audio import decoding
from gpu_endpoints.production import sources
from gpu_endpoints.serving.work import JobContext, JobFailed
from gpu_endpoints.speech.engines import ONLY_WORDS
from gpu_endpoints.speech.whisper import RATE, Whisper
from ripieno.contracts.speech import MOST_HEARD_SECONDS, TranscribeInput, Transcript
from ripieno.services import engines
from ripieno.services.models import catalogue, folder

UNAVAILABLE = "engine_unavailable"


def run(job_input: dict, context: JobContext) -> dict:
    order = TranscribeInput.model_validate(job_input)
    engine = loaded(order.engine)
    signature = engine.provenance()
    context.works_by(signature)
    context.progress(0.05, "fetching what was said")
    audio = sources.fetch(order.audio, context, is_foreign=True)  # said by somebody
    if audio.duration > MOST_HEARD_SECONDS:
        raise JobFailed("too_long", f"say it in {MOST_HEARD_SECONDS:.0f} s: it lasts {audio.duration:.0f} s")
    mono = _mono(audio)
    text = engine.transcribed(mono, order.language, context.part(0.2, 0.95))
    return Transcript(text=text, engine=signature).model_dump()


def loaded(wanted: str) -> Whisper:
    """The engine of this name, or the first that is there.

    Raises
    ------
    JobFailed
        `engine_unavailable`, with why none is.
    """
    known = engines.of_task("transcribe")
    if wanted != engines.AUTO and wanted not in {one.name for one in known}:
        raise JobFailed(UNAVAILABLE, f"there is no recogniser {wanted[:40]!r}: use {', '.join(n.name for n in known)}")
    missing: list[str] = []
    for one in known:
        if wanted not in (engines.AUTO, one.name):
            continue
        why = engines.why_not(one.name)
        if why is None:
            entry = catalogue.entry(one.model or one.name)
            return Whisper(folder.of(entry), name=one.name, license_name=entry.license)
        missing.append(why)
    raise JobFailed(UNAVAILABLE, f"{ONLY_WORDS} ({'; '.join(missing)[:400]})")


def _mono(audio: decoding.Audio) -> np.ndarray:
    blocks = list(audio.mono_blocks(RATE))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
