"""The job `set`: a planned set as one mix, with its chapters, a cue sheet and a tracklist."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from gpu_endpoints.audio import levels
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.audio.writing import AudioWriter
from gpu_endpoints.production import sources
from gpu_endpoints.production.limiter import limited
from gpu_endpoints.production.sets import listing, stretching
from gpu_endpoints.production.sets.ahead import ahead
from gpu_endpoints.production.sets.announcing import MOST_SECONDS, Speech, announced
from gpu_endpoints.production.sets.fetching import Sources
from gpu_endpoints.production.sets.hearing import Ear
from gpu_endpoints.production.sets.rendering import rendered
from gpu_endpoints.production.sets.timing import Part, Step, timed
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno import __version__
from ripieno.contracts import names
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.sets import (
    MOST_SET_SECONDS,
    Announcement,
    BlendHeard,
    Chapter,
    SetFile,
    SetRenderInput,
)
from ripieno.services import blobs

NAME = "dj"
CEILING_DB = -1.0
_MARGIN_DB = 0.1  # for meters that reconstruct the waveform otherwise
_STEP_LU = 1.5
_BEATS_MS = 10.0
_FIRST_SPEECH = 100_000  # numbers of their files, after those of all songs


def run(job_input: dict, context: JobContext) -> dict:
    order = SetRenderInput.model_validate(job_input)
    parts, steps = _timed(order)
    frames = parts[-1].at + parts[-1].end - parts[-1].start
    speeches = [_speech(one, n, order, context) for n, one in enumerate(order.announcements)]
    chapters = _chapters(order, parts, steps)
    signature = engine()
    spans = [(part.at, part.at + part.end - part.start) for part in parts]
    ear = Ear(spans, [one.span for one in speeches])
    songs = Sources(parts, context, order.loudness_lufs)
    path = context.folder / f"set.{order.stem_format}"
    mixed = ahead(announced(rendered(parts, steps, songs), speeches))
    try:
        held = ear.heard(limited(mixed, 0.0, CEILING_DB - _MARGIN_DB))
        with AudioWriter(
            path,
            order.stem_format,
            origin=order.origin.then(signature),
            title=order.plan.title,
            artist=order.artist,
            chapters=chapters,
        ) as writer:
            for block in _told(held, frames, context):
                writer.write(block)
            written = writer.close()
    finally:
        mixed.close()
        songs.close()
    context.progress(0.93, "storing the set")
    blob_name = f"{order.output}.{order.stem_format}"
    cue, tracks = f"{order.output}.cue", f"{order.output}.txt"
    file_name = blob_name.rpartition("/")[2]
    sheet = listing.cue_sheet(chapters, file_name=file_name, title=order.plan.title, artist=order.artist)
    blobs.upload(names.GENERATED, cue, sheet.encode())
    blobs.upload(names.GENERATED, tracks, listing.tracklist(chapters, order.plan).encode())
    written.store(names.GENERATED, blob_name)
    louder = [round(b - a, 2) if a is not None and b is not None else 0.0 for a, b in pairwise(ear.loudness())]
    largest = max((abs(one) for one in louder), default=0.0)
    _, lufs = levels.rounded(written.peak, written.loudness_lufs)
    return SetFile(
        blob_name=blob_name,
        cue_blob=cue,
        tracklist_blob=tracks,
        file_size_bytes=written.size,
        sha256=written.sha256,
        format=order.stem_format,
        sample_rate=SAMPLE_RATE,
        duration_seconds=written.duration,
        loudness_lufs=lufs,
        true_peak_db=round(20 * float(np.log10(max(ear.true_peak, 1e-6))), 2),
        chapters=chapters,
        loudness_steps=louder,
        largest_step=largest,
        blends=[
            BlendHeard(number=one.plan.number, beats_ms=one.apart_ms, phrases_meet=one.phrases_meet)
            for one in steps
            if one.is_together
        ],
        remarks=_remarks(order, louder, chapters, steps),
        engine=signature,
    ).model_dump()


def engine() -> Provenance:
    stretcher = stretching.provenance()
    version = f"{__version__}, pedalboard {stretcher.version}"
    return Provenance(engine=NAME, version=version, license=f"MIT; pedalboard {stretcher.license}")


# -- parts --------------------------------------------------------------------------------------------------------


def _timed(order: SetRenderInput) -> tuple[list[Part], list[Step]]:
    known = {one.song: one for one in order.songs}
    missing = [one.title for one in order.plan.songs if one.song not in known]
    if missing or not order.plan.songs:
        raise JobFailed("bad_plan", f"of these songs of the plan nothing is known: {', '.join(missing[:5]) or 'all'}")
    if len(order.plan.transitions) != len(order.plan.songs) - 1:
        raise JobFailed("bad_plan", "a plan has one transition between each two songs: plan the set again")
    parts, steps = timed(order.plan, known)
    seconds = (parts[-1].at + parts[-1].end - parts[-1].start) / SAMPLE_RATE
    if seconds > MOST_SET_SECONDS:
        most = MOST_SET_SECONDS / 3600
        raise JobFailed("too_long", f"the set would last {seconds / 3600:.1f} hours: {most:.0f} are the most")
    return parts, steps


def _told(blocks: Iterator[np.ndarray], frames: int, context: JobContext) -> Iterator[np.ndarray]:
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        context.progress(0.02 + 0.9 * min(1.0, done / max(1, frames)), "mixing the set")


def _speech(one: Announcement, number: int, order: SetRenderInput, context: JobContext) -> Speech:
    """Its sound is read when it is its turn, and then as loud as the music was before it gave way."""
    audio = sources.fetch(one.audio, context.silent(), number=_FIRST_SPEECH + number)
    if audio.duration > MOST_SECONDS:
        raise JobFailed("too_long", f"an announcement lasts {audio.duration:.0f} s: {MOST_SECONDS:.0f} are the most")

    def load() -> np.ndarray:
        blocks = list(audio.stereo_blocks(rate=SAMPLE_RATE))
        sound = np.concatenate(blocks) if blocks else np.zeros((0, 2), np.float32)
        lufs = levels.loudness(sound, SAMPLE_RATE)
        return sound if lufs is None else sound * np.float32(10 ** ((order.loudness_lufs - lufs) / 20))

    return Speech(round(one.at_seconds * SAMPLE_RATE), round(audio.duration * SAMPLE_RATE), one.duck_db, load)


def _chapters(order: SetRenderInput, parts: list[Part], steps: list[Step]) -> list[Chapter]:
    """A song begins where it is more than half of what is heard: in the middle of a blend, else where it comes in."""
    found = []
    for number, (planned, part) in enumerate(zip(order.plan.songs, parts, strict=True)):
        at = part.begins
        if number and steps[number - 1].is_together:
            at += steps[number - 1].length // 2
        found.append(Chapter(start_seconds=round(at / SAMPLE_RATE, 3), title=planned.title, artist=planned.artist))
    return found


def _remarks(order: SetRenderInput, louder: list[float], chapters: list[Chapter], steps: list[Step]) -> list[str]:
    said = [
        f"{order.plan.songs[number].title} is {step:+.1f} LU beside the song before: the limiter, or its own course"
        for number, step in enumerate(louder, start=1)
        if abs(step) > _STEP_LU
    ]
    said += [
        f"in transition {one.plan.number} the beats are heard {one.apart_ms:.0f} ms from each other"
        for one in steps
        if one.apart_ms is not None and one.apart_ms > _BEATS_MS
    ]
    if len(chapters) > listing.MOST_CUED:
        said.append(f"the cue sheet names the first {listing.MOST_CUED} songs: it has room for no more")
    return said
