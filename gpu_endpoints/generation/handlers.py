"""The kinds of job: generate."""

from __future__ import annotations

import hashlib

import numpy as np
import soundfile

from gpu_endpoints.generation import preparing, symbolic
from gpu_endpoints.generation.soundfont import SAMPLE_RATE
from gpu_endpoints.serving.work import Handler, JobContext, JobFailed
from segno.contracts import names
from segno.contracts.enums import JobKind, StemType
from segno.contracts.generation import GeneratedStem, GenerateInput, GenerationResult
from segno.music.conditioning import Conditioning
from segno.services import blobs

ENGINES = (symbolic.NAME,)
_SUBTYPE = "PCM_24"


def load() -> dict[str, Handler]:
    return {JobKind.GENERATE: generate}


def generate(job_input: dict, context: JobContext) -> dict:
    """Stems as 24-bit stereo WAV or FLAC at 44.1 kHz with MIDI beside them, exactly as long as the range."""
    order = GenerateInput.model_validate(job_input)
    if order.engine not in ("auto", *ENGINES):
        raise JobFailed("unknown_engine", f"there is no engine {order.engine!r}: use auto or {', '.join(ENGINES)}")
    context.progress(0.0, "preparing")
    conditioning = preparing.prepare(order)
    stems = []
    for number, stem in enumerate(order.target_stems):
        context.progress(0.05 + 0.9 * number / len(order.target_stems), f"playing the {stem}")
        try:
            made = symbolic.generate(stem, conditioning, order.parameters.style, seed=order.parameters.random_seed)
        except ValueError as fault:
            raise JobFailed("cannot_generate", str(fault)) from fault
        stems.append(_store(order, stem, made, conditioning, context))
    return GenerationResult(stems=stems).model_dump()


def _store(
    order: GenerateInput, stem: StemType, made: symbolic.Generated, conditioning: Conditioning, context: JobContext
) -> GeneratedStem:
    stem_format = order.parameters.stem_format
    path = context.folder / f"{stem}.{stem_format}"
    soundfile.write(path, np.asarray(made.audio), SAMPLE_RATE, _SUBTYPE, format=stem_format.upper())
    blob_name = names.generated_blob(order.generation_request_id, stem, stem_format)
    midi_name = names.generated_blob(order.generation_request_id, stem, "mid")
    data = path.read_bytes()
    blobs.upload(names.GENERATED, blob_name, data)
    blobs.upload(names.GENERATED, midi_name, made.midi)
    return GeneratedStem(
        stem_type=stem, blob_name=blob_name, midi_blob_name=midi_name, file_size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(), format=stem_format, sample_rate=SAMPLE_RATE, channels=2,
        start_seconds=conditioning.start_seconds, duration_seconds=len(made.audio) / SAMPLE_RATE,
        random_seed=order.parameters.random_seed, engine=symbolic.provenance(),
    )  # fmt: skip
