"""The kinds of job: separate, mir, and both as one."""

from __future__ import annotations

import hashlib
import json

from gpu_endpoints.analysis import impression, listening
from gpu_endpoints.analysis.separation import choice, job
from gpu_endpoints.audio import decoding, songs
from gpu_endpoints.serving.work import Handler, JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, MirInput, ResultBlob
from ripieno.contracts.enums import JobKind, StemType
from ripieno.services import blobs, jams_file


def load() -> dict[str, Handler]:
    return {JobKind.SEPARATE: separate, JobKind.MIR: mir, JobKind.ANALYZE: analyze}


def separate(job_input: dict, context: JobContext) -> dict:
    return job.run(job_input, context, choice.choose)


def mir(job_input: dict, context: JobContext) -> dict:
    """Tempo, beats, key, chords, sections, tuning, mood and styles: the whole analysis, as a blob."""
    order = MirInput.model_validate(job_input)
    audio = songs.fetch(order.container, order.blob_name, context)
    stems = _useful_stems(order, context)
    with context.inference("listening"):
        features = listening.listen(
            audio, lambda done: context.progress(0.05 + 0.75 * done, "listening"), stems, engines=order.engines
        )
    context.progress(0.82, "beats, chords, key and sections")
    with context.inference("describing"):
        analysis = listening.describe(features)
    with context.inference("mood and styles"):
        analysis = impression.heard(
            audio, analysis, lambda done: context.progress(0.9 + 0.07 * done, "mood and styles")
        )
    if order.separation is not None:
        analysis.engines["separate"] = order.separation
    context.progress(0.97, "storing the findings")
    return _store_result(context.job_id, analysis)


def analyze(job_input: dict, context: JobContext) -> dict:
    """The whole analysis as one job, for callers of the endpoint's own `POST /analyze`."""
    separated = separate(job_input, context.part(0.0, 0.45))
    song = {name: job_input[name] for name in ("audio_file_id", "container", "blob_name") if name in job_input}
    stems = {"stems": separated["stems"], "separation": separated["engine"]}
    whole = mir(song | stems, context.part(0.45, 1.0))
    return {"separation": separated, "analysis": whole, "jams": _store_jams(song["audio_file_id"], whole)}


# -- parts --------------------------------------------------------------------------------------------------------


def _useful_stems(order: MirInput, context: JobContext) -> dict[str, decoding.Audio] | None:
    """Drums and bass, where a learned engine separated them: approximate stems were measured to help nothing."""
    if order.separation is None or order.separation.approximate:
        return None
    wanted = {stem.stem_type: stem for stem in order.stems if stem.stem_type in (StemType.DRUMS, StemType.BASS)}
    if len(wanted) < 2:
        return None
    context.progress(0.03, "fetching drums and bass")
    found = {}
    for name, stem in wanted.items():
        path = context.folder / f"{name}.{stem.format}"
        try:
            blobs.download_to(names.STEMS, stem.blob_name, path)
        except blobs.BlobMissing as fault:
            raise JobFailed("missing_input", f"a stem is gone ({fault}): analyse the song again") from fault
        found[str(name)] = decoding.open_stem(path)
    return found


def _store_result(job_id: str, analysis: Analysis) -> dict:
    data = json.dumps(analysis.model_dump(), ensure_ascii=False).encode()
    blob_name = names.job_result_blob(job_id, "analysis.json")
    blobs.upload(names.JOBS, blob_name, data)
    digest = hashlib.sha256(data).hexdigest()
    return ResultBlob(blob_name=blob_name, sha256=digest, file_size_bytes=len(data)).model_dump()


def _store_jams(song_id: str, whole: dict) -> str:
    """The findings as a JAMS file, for who calls the endpoint without the app; its blob's name."""
    found = Analysis.model_validate(blobs.read_json(names.JOBS, whole["blob_name"]))
    name = names.jams_blob(song_id)
    blobs.upload(
        names.JAMS, name, jams_file.build(found, title=song_id, identifiers={"audio_file_id": song_id}).encode()
    )
    return name
