"""The job `separate`: a song in, its stems in storage."""

from __future__ import annotations

from collections.abc import Callable

from gpu_endpoints.analysis.separation.engine import SeparationEngine
from gpu_endpoints.audio import songs
from gpu_endpoints.serving.work import JobContext
from ripieno.contracts.analysis import SeparateInput, SeparationResult
from ripieno.contracts.provenance import Provenance

Choose = Callable[[str], tuple[SeparationEngine, Provenance]]


def run(job_input: dict, context: JobContext, choose: Choose) -> dict:
    """Stems as long as the mix, sample for sample, in its own sample rate, as 24-bit FLAC or WAV."""
    order = SeparateInput.model_validate(job_input)
    engine, provenance = choose(order.engine)
    context.works_by(provenance)
    audio = songs.fetch(order.container, order.blob_name, context)
    with songs.StemFiles(context.folder, engine.stems, audio, order.stem_format) as files:
        with context.inference(provenance.engine):
            for block in engine.separate(audio, lambda done: context.progress(0.05 + 0.85 * done, "separating")):
                files.write(block)
        context.progress(0.92, "storing the stems")
        folder = order.folder or order.audio_file_id
        songs.store_peaks(audio, folder)
        stems = files.store(folder)
    return SeparationResult(stems=stems, duration_seconds=audio.duration, engine=provenance).model_dump()
