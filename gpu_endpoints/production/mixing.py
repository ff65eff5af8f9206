"""The job `mix`: files laid over each other where they belong in the song, in bounded memory.

Every source is a stream at 44.1 kHz; their sum, or what the console of a style makes of them, goes to disk, and from
there, turned down where it has to be, into the mix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

import numpy as np

from gpu_endpoints.audio import decoding, levels
from gpu_endpoints.audio.levels import CEILING, SAMPLE_RATE
from gpu_endpoints.audio.writing import AudioWriter
from gpu_endpoints.production import sources
from gpu_endpoints.production.console import Console, sound_of
from gpu_endpoints.production.scratch import BLOCK_FRAMES, Scratch
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno import __version__
from ripieno.contracts import names
from ripieno.contracts.production import MasterInput, MixedFile, MixInput, MixSource
from ripieno.contracts.provenance import Provenance
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import blend
from ripieno.services import conditioning as conditionings
from ripieno.services.settings import settings

NAME, CONSOLE = "sum", "console"


def run(job_input: dict, context: JobContext) -> dict:
    """As long as the longest source; turned down as a whole, and only where it would clip above -1 dBFS."""
    order = MixInput.model_validate(job_input)
    files = sources.fetch_all(order.sources, context.part(0.0, 0.2))
    seconds = _length(files, order.sources)
    summed, frames = Scratch(context.folder / "sum"), 0
    music = conditionings.load(order.conditioning) if order.conditioning else None
    given = (files, order.sources)
    for block in produced(*given, order.style, music) if order.style else laid_over(*given):
        summed.write(block)
        frames += len(block)
        context.progress(0.2 + 0.5 * min(1.0, frames / SAMPLE_RATE / seconds), "mixing")
    peak = summed.meter.peak
    gain = min(1.0, CEILING / peak) if peak > 0 else 1.0
    scaled = (block * np.float32(gain) for block in summed.blocks())
    return stored(
        scaled,
        frames,
        order,
        context.part(0.7, 1.0),
        gain_db=round(20 * float(np.log10(gain)), 2),
        engine=_signature(order.style),
    ).model_dump()


def produced(
    files: Sequence[decoding.Audio], placed: Sequence[MixSource], style: str, music: Conditioning | None = None
) -> Iterator[np.ndarray]:
    """As `laid_over`, each source in its role, mixed as the style is; louder where the music has more energy."""
    desk = Console([source.role for source in placed], sound_of(blend(style).weights), music)
    for blocks in apart(files, placed):
        yield desk.mixed(blocks)


def apart(files: Sequence[decoding.Audio], placed: Sequence[MixSource]) -> Iterator[list[np.ndarray | None]]:
    """What each source sounds like in one window after another, None where it does not; the last one may be shorter."""
    tracks = [_Track(*pair) for pair in zip(files, placed, strict=True)]
    at = 0
    while not all(track.ended for track in tracks):
        windows: list[np.ndarray | None] = [None] * len(tracks)
        end = 0
        for number, track in enumerate(tracks):
            if not track.ended:
                window = np.zeros((BLOCK_FRAMES, 2), np.float32)
                end = max(end, track.add_to(window, at))
                windows[number] = window
        if end:
            yield [None if window is None else window[:end] for window in windows]
        at += BLOCK_FRAMES


def laid_over(files: Sequence[decoding.Audio], placed: Sequence[MixSource]) -> Iterator[np.ndarray]:
    """The sum of all files, each where it begins and as loud as was asked, as float32 (frames, 2) at 44.1 kHz."""
    waiting = sorted(zip(files, placed, strict=True), key=lambda pair: pair[1].start_seconds)
    playing: list[_Track] = []
    at = 0
    while waiting or playing:
        while waiting and round(waiting[0][1].start_seconds * SAMPLE_RATE) < at + BLOCK_FRAMES:
            playing.append(_Track(*waiting.pop(0)))
        window = np.zeros((BLOCK_FRAMES, 2), np.float32)
        end = BLOCK_FRAMES if waiting else 0
        for track in playing:
            end = max(end, track.add_to(window, at))
        playing = [track for track in playing if not track.ended]
        yield window[: BLOCK_FRAMES if playing else end]
        at += BLOCK_FRAMES


def stored(
    blocks: Iterator[np.ndarray],
    frames: int,
    order: MixInput | MasterInput,
    context: JobContext,
    *,
    gain_db: float,
    engine: Provenance,
    preset: str | None = None,
    remarks: Sequence[str] = (),
) -> MixedFile:
    """Write a mix or master as its order says, put it into storage and say what it is."""
    path, origin = context.folder / f"out.{order.stem_format}", order.origin.then(engine)
    with AudioWriter(path, order.stem_format, start_seconds=0.0, origin=origin) as writer:
        done = 0
        for block in blocks:
            writer.write(block)
            done += len(block)
            context.progress(0.9 * done / max(1, frames), "writing the file")
        written = writer.close()
    blob_name = (
        names.generated_blob(order.generation_request_id or "", order.name, order.stem_format)
        if order.output is None
        else f"{order.output}.{order.stem_format}"
    )
    context.progress(0.92, "storing the file")
    written.store(names.GENERATED, blob_name)
    peak, lufs = levels.rounded(written.peak, written.loudness_lufs)
    return MixedFile(
        name=order.name,
        blob_name=blob_name,
        file_size_bytes=written.size,
        sha256=written.sha256,
        format=order.stem_format,
        sample_rate=SAMPLE_RATE,
        duration_seconds=written.duration,
        loudness_lufs=lufs,
        loudness_range_lu=None if written.loudness_range_lu is None else round(written.loudness_range_lu, 2),
        peak=peak,
        gain_db=gain_db,
        preset=preset,
        remarks=list(remarks),
        engine=engine,
    )


def _signature(style: str | None) -> Provenance:
    if style is None:
        return Provenance(engine=NAME, version=__version__, license="MIT")
    plugins = f"{__version__}, pedalboard {version('pedalboard')}"
    return Provenance(engine=CONSOLE, version=plugins, license="MIT; pedalboard GPL-3")


def _length(files: Sequence[decoding.Audio], placed: Sequence[MixSource]) -> float:
    seconds = max(source.start_seconds + audio.duration for audio, source in zip(files, placed, strict=True))
    most = settings().max_song_seconds
    if seconds > most:
        raise JobFailed("too_long", f"the mix would last {seconds / 60:.0f} minutes: {most / 60:.0f} are the most")
    return max(seconds, 1.0)


class _Track:
    """One source of a mix, read as far as it has been heard."""

    def __init__(self, audio: decoding.Audio, source: MixSource):
        self._blocks = audio.stereo_blocks(sources.BLOCK_SECONDS, rate=SAMPLE_RATE)
        self._gain = np.float32(10 ** (source.gain_db / 20))
        self._begin = round(source.start_seconds * SAMPLE_RATE)
        self._rest = np.zeros((0, 2), np.float32)
        self.ended = False

    def add_to(self, window: np.ndarray, at: int) -> int:
        """Add what sounds from sample `at` on; returns where in the window it ends, if it does."""
        filled = max(0, self._begin - at)
        while filled < len(window):
            if not len(self._rest):
                block = next(self._blocks, None)
                if block is None:
                    self.ended = True
                    return filled
                self._rest = block
                continue
            taken = self._rest[: len(window) - filled]
            window[filled : filled + len(taken)] += taken * self._gain
            self._rest = self._rest[len(taken) :]
            filled += len(taken)
        return filled
