"""The job `apply-voice`: a vocal that exists, in another voice. Melody, words and timing are the vocal's own.

It is cut where it is quietest, analysed and sung again piece by piece, so that memory is bounded and a cancelled job
stops soon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import soxr

from gpu_endpoints.audio import levels, writing
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.voices import engines, frames, ranges, speakers, store, tracking
from gpu_endpoints.generation.voices.engines import Mover
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE, PERIOD, Frames
from gpu_endpoints.production import sources
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.voices import ApplyVoiceInput, VoicedFile

_UNIT = 441  # samples: two frames, so that every piece begins on one
_LEAST_PIECE, _MOST_PIECE = 8.0, 16.0  # seconds
_MARGIN = 0.1  # seconds that are analysed to either side of a piece, and thrown away
_FADE = 441  # samples in which one piece gives way to the next
_HEARD_PIECES = 6  # that are listened to before any is moved
_WIDE = 0.1  # of the middle's power: wider is told
_AS_GOOD_AS_SILENT = 1e-4
_LEAST_VOICED, _LEAST_SHARE = 0.5, 0.01  # seconds with a pitch, and of all: less is no vocal

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class Piece:
    """Samples of the vocal; `f0` covers its margins too."""

    first: int
    last: int
    begin: int
    end: int
    f0: np.ndarray

    def of(self, mono: np.ndarray) -> np.ndarray:
        return mono[self.begin : self.end]


def run(job_input: dict, context: JobContext) -> dict:
    order = ApplyVoiceInput.model_validate(job_input)
    mover = engines.of(order.singer)
    context.works_by(mover.provenance())
    audio = sources.whole(order.audio, context.part(0.0, 0.05))
    shift = order.singer.settings.range_shift
    made = converted(audio, mover, shift=shift, on_progress=context.part(0.05, 0.95).progress)
    context.progress(0.95, "storing the vocal")
    engine = mover.provenance()
    written = writing.write(
        made.audio,
        context.folder / f"out.{order.stem_format}",
        order.stem_format,
        start_seconds=order.start_seconds,
        origin=order.origin.then(engine),
    )
    store.check_still_there(order.singer.voice)
    name = f"{order.output}.{order.stem_format}"
    written.store(names.GENERATED, name)
    peak, lufs = levels.rounded(written.peak, written.loudness_lufs)
    return VoicedFile(
        blob_name=name,
        file_size_bytes=written.size,
        sha256=written.sha256,
        format=order.stem_format,
        sample_rate=SAMPLE_RATE,
        start_seconds=order.start_seconds,
        duration_seconds=written.duration,
        loudness_lufs=lufs,
        peak=peak,
        range_shift=made.shift,
        likeness_before=made.before,
        likeness_after=made.after,
        remarks=made.remarks,
        engine=engine,
    ).model_dump()


@dataclass(frozen=True)
class Made:
    """`audio` float32 (frames, 2) at 44.1 kHz, as long as it was; likeness to the voice `before` and `after`."""

    audio: np.ndarray
    shift: int
    before: float | None
    after: float | None
    remarks: list[str]


def converted(
    audio: np.ndarray, mover: Mover, *, shift: int | None, on_progress: OnProgress = lambda fraction, stage: None
) -> Made:
    """
    Parameters
    ----------
    audio : float32 (frames, 2) at 44.1 kHz, a voice alone
    shift : semitones; None moves it by octaves into the voice's range

    Raises
    ------
    JobFailed
        `no_voice`, where nobody sings in it.
    """
    mono = audio.mean(axis=1)
    pieces = []
    edges = cuts(mono)
    for number, (first, last) in enumerate(pairwise(edges)):
        on_progress(0.35 * number / len(edges), "following the melody")
        pieces.append(_piece(mono, first, last))
    pitch = np.concatenate([one.f0[one.f0 > 0] for one in pieces] or [np.zeros(0)])
    if len(pitch) * PERIOD < max(_LEAST_VOICED, _LEAST_SHARE * len(mono) / SAMPLE_RATE):
        raise JobFailed("no_voice", "no voice was heard in it: give a vocal alone, as a separated stem is")
    moved_by = ranges.octaves(pitch, mover.profile) if shift is None else shift
    chosen = _loudest(mono, pieces)
    before = [_heard(one.of(mono), one.f0) for one in chosen]
    mover.listen([engines.transposed(one, moved_by) for one in before])
    out = np.zeros(len(mono))
    for number, piece in enumerate(pieces):
        on_progress(0.35 + 0.6 * number / len(pieces), "singing it in the other voice")
        _lay(out, piece, _sung(piece.of(mono), piece.f0, mover, moved_by))
    after = [_heard(one.of(out), one.f0 * 2 ** (moved_by / 12)) for one in chosen]
    made = _as_loud(np.repeat(out[:, None], 2, axis=1).astype(np.float32), audio)
    embedding = mover.profile.embedding
    remarks = _remarks(audio, pitch, moved_by, mover)
    return Made(made, moved_by, _like(before, embedding), _like(after, embedding), remarks)


def cuts(mono: np.ndarray) -> list[int]:
    """Where pieces begin and the last ends, in samples: every 8 to 16 s, where it is quietest."""
    window = round(0.05 * SAMPLE_RATE / _UNIT) or 1
    units = len(mono) // _UNIT
    power = np.square(mono[: units * _UNIT], dtype=np.float64).reshape(units, _UNIT).mean(axis=1)
    smooth = np.convolve(power, np.ones(window) / window, "same")
    least, most = round(_LEAST_PIECE * SAMPLE_RATE / _UNIT), round(_MOST_PIECE * SAMPLE_RATE / _UNIT)
    found, at = [0], 0
    while units - at > most:
        at += least + int(smooth[at + least : at + most].argmin())
        found.append(at * _UNIT)
    return [*found, len(mono)]


# -- parts --------------------------------------------------------------------------------------------------------


def _piece(mono: np.ndarray, first: int, last: int) -> Piece:
    margin = round(_MARGIN * SAMPLE_RATE / _UNIT) * _UNIT
    begin, end = max(0, first - margin), min(len(mono), last + margin)
    sound = mono[begin:end]
    if np.abs(sound).max(initial=0.0) < _AS_GOOD_AS_SILENT:
        return Piece(first, last, begin, end, np.zeros(frames.count(len(sound), SAMPLE_RATE)))
    return Piece(first, last, begin, end, tracking.best().track(sound, SAMPLE_RATE))


def _heard(sound: np.ndarray, f0: np.ndarray) -> Frames:
    """As voices are measured: at their rate."""
    slow = soxr.resample(sound, SAMPLE_RATE, ANALYSIS_RATE)
    known = f0[: frames.count(len(slow), ANALYSIS_RATE)]
    return frames.analysed(slow, ANALYSIS_RATE, known)


def _loudest(mono: np.ndarray, pieces: Sequence[Piece]) -> list[Piece]:
    """Those with most voice in them, which tell what a singer sounds like."""
    order = sorted(pieces, key=lambda one: -float((one.f0 > 0).sum()))
    return [one for one in order[:_HEARD_PIECES] if (one.f0 > 0).any()]


def _sung(sound: np.ndarray, f0: np.ndarray, mover: Mover, shift: int) -> np.ndarray:
    if np.abs(sound).max(initial=0.0) < _AS_GOOD_AS_SILENT:
        return np.zeros(len(sound))
    known = frames.analysed(sound, SAMPLE_RATE, f0)
    return frames.sounded(mover.moved(engines.transposed(known, shift)))


def _lay(out: np.ndarray, piece: Piece, sung: np.ndarray) -> None:
    """A piece into the whole, faded in over its first 10 ms, over which the one before fades out."""
    own = sung[piece.first - piece.begin :][: piece.last - piece.first + _FADE]
    room = out[piece.first : piece.first + len(own)]
    own = own[: len(room)].copy()
    fade = min(_FADE, len(own))
    if piece.first > 0:
        own[:fade] *= np.linspace(0, 1, fade)
    if piece.last < len(out):
        own[max(0, len(own) - _FADE) :] *= np.linspace(1, 0, min(_FADE, len(own)))
    room += own


def _as_loud(made: np.ndarray, audio: np.ndarray) -> np.ndarray:
    """As loud as it was, as far as peaks allow."""
    (_, was), (peak, now) = levels.levels(audio), levels.levels(made)
    gain = 1.0 if was is None or now is None else 10 ** ((was - now) / 20)
    if peak > 0:
        gain = min(gain, levels.CEILING / peak)
    return made * np.float32(gain)


def _like(parts: Sequence[Frames], embedding: Sequence[float]) -> float | None:
    found = [speakers.embedding(one) for part in parts for one in speakers.windows(part)]
    return speakers.likeness(speakers.together(found), embedding) if found else None


def _remarks(audio: np.ndarray, pitch: np.ndarray, shift: int, mover: Mover) -> list[str]:
    told = []
    side = float(np.square(audio[:, 0] - audio[:, 1]).mean()) / 4
    middle = float(np.square(audio.mean(axis=1)).mean())
    if side > _WIDE * middle:
        told.append("the vocal was wide: its echoes to the sides are not kept, what was sung lies in the middle")
    if shift % ranges.OCTAVE:
        told.append(f"moved by {shift:+d} semitones it is in another key than it was")
    beyond = ranges.outside(pitch * 2 ** (shift / 12), mover.profile)
    if beyond > ranges.MUCH:
        told.append(f"{beyond:.0%} of the melody lies beyond the range that the voice was heard in")
    return told
