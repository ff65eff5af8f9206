"""What a voice is, measured from recordings of it: range, formants, spectral envelope, breath, vibrato, embedding; and
the job `profile-voice`, which does it for all samples and stores the profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import signal

from gpu_endpoints.generation.voices import formants, frames, speakers, store, tracking
from gpu_endpoints.generation.voices.frames import PERIOD, Frames
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno import __version__
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.voices import ENVELOPE_BANDS, ProfileVoiceInput, VoiceProfile

ENVELOPE_HZ = (80.0, 10000.0)
MOST_MEASURED = 900.0  # seconds of all samples together, evenly of each
LEAST_VOICED = 2.0
_QUIETEST_DB = -25.0
_BREATH_HZ = (1000.0, 6000.0)
_TILT_HZ = (200.0, 5000.0)
_VIBRATO_HZ, _LEAST_CENTS, _MOST_CENTS = (4.0, 8.0), 12.0, 120.0
_HELD_SECONDS, _STEADY_CENTS = 0.6, 150.0
_PROMINENT = 0.45  # of a note's movement that has to be in its strongest beat
_LEAST_HELD = 3  # notes with vibrato


def signature() -> Provenance:
    return Provenance(
        engine="voice-measures",
        version=f"ripieno {__version__}; {tracking.best().name}",
        license="MIT",
        approximate=True,
        reason=tracking.why_not_learned(),
    )


def run(job_input: dict, context: JobContext) -> dict:
    order = ProfileVoiceInput.model_validate(job_input)
    parts = store.heard(order.samples, context.part(0.0, 0.95), most_seconds=MOST_MEASURED)
    profile = measured(parts, samples=len(order.samples)).model_copy(update={"blob_name": order.output})
    context.check_cancelled()
    store.save_profile(profile)
    return profile.model_dump()


def measured(parts: Iterable[Frames], *, samples: int) -> VoiceProfile:
    """
    Parameters
    ----------
    parts : recordings of one voice, or stretches of them; one after the other, none is kept

    Raises
    ------
    JobFailed
        `no_voice` where there is too little that is spoken or sung on a pitch.
    """
    heard = [_heard(one) for one in parts]
    seconds = PERIOD * sum(len(one.f0) for one in heard)
    pitches = np.concatenate([one.f0[one.f0 > 0] for one in heard] or [np.zeros(0)])
    voiced = PERIOD * len(pitches)
    if voiced < LEAST_VOICED:
        raise JobFailed("no_voice", f"only {voiced:.1f} s of voice were heard: record more of it, closer and louder")
    resonances = formants.usual(np.concatenate([one.formants for one in heard]))
    embeddings = [speakers.embedding(one) for part in heard for one in part.windows]
    if not resonances or not embeddings:
        raise JobFailed("no_voice", "no formants were heard: is this a voice, alone and without effects?")
    vibrato = vibrato_of([one.f0 for one in heard])
    mean = np.concatenate([one.envelopes for one in heard]).mean(axis=0)
    return VoiceProfile(
        samples=samples,
        seconds=round(seconds, 2),
        voiced_seconds=round(voiced, 2),
        lowest=round(float(np.percentile(pitches, 5)), 2),
        median=round(float(np.median(pitches)), 2),
        highest=round(float(np.percentile(pitches, 95)), 2),
        formants=resonances,
        envelope=[round(float(one), 2) for one in mean - mean.mean()],
        tilt=round(tilt(mean), 2),
        breathiness=round(float(np.median(np.concatenate([one.breath for one in heard]))), 4),
        vibrato_hz=vibrato[0] if vibrato else None,
        vibrato_cents=vibrato[1] if vibrato else None,
        embedding=speakers.together(embeddings),
        embedding_by=speakers.NAME,
        pitch_by=tracking.best().name,
        engine=signature(),
    )


def envelopes(sung: Frames) -> np.ndarray:
    """(frames, 40) in dB, each frame's mean 0."""
    bands = frames.by_bands(sung.logs, sung.rate, ENVELOPE_BANDS, *ENVELOPE_HZ)
    return bands - bands.mean(axis=1, keepdims=True)


def breath(sung: Frames) -> np.ndarray:
    """The share of noise of each voiced frame, 0..1: the mean aperiodicity from 1 to 6 kHz."""
    inside = (sung.hertz >= _BREATH_HZ[0]) & (sung.hertz <= _BREATH_HZ[1])
    return np.clip(sung.aperiodicity[np.ix_(loud(sung), inside)].mean(axis=1), 0.0, 1.0)


def tilt(envelope: np.ndarray) -> float:
    """dB an octave of an envelope by bands, from 200 Hz to 5 kHz."""
    hertz = frames.band_hertz(ENVELOPE_BANDS, *ENVELOPE_HZ)
    inside = (hertz >= _TILT_HZ[0]) & (hertz <= _TILT_HZ[1])
    return float(np.polyfit(np.log2(hertz[inside]), envelope[inside], 1)[0])


def vibrato_of(pitches: Iterable[np.ndarray]) -> tuple[float, float] | None:
    """Rate in Hz and half of the width in cents of the notes that have it; None where fewer than three have."""
    notes = [note for f0 in pitches for note in _held(f0)]
    beats = [found for found in map(_beat, notes) if found is not None]
    if len(beats) < _LEAST_HELD or len(beats) < 0.3 * len(notes):
        return None
    rate, depth = np.median(np.array(beats), axis=0)
    return round(float(rate), 2), round(float(depth), 1)


def loud(sung: Frames) -> np.ndarray:
    """Which frames are measured: voiced ones that are not much quieter than the loud ones."""
    voiced, level = sung.voiced, sung.level
    if not voiced.any():
        return voiced
    return voiced & (level >= np.percentile(level[voiced], 95) + _QUIETEST_DB)


# -- parts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Heard:
    """What is kept of a stretch: a hundredth of its frames' size."""

    f0: np.ndarray
    formants: np.ndarray
    envelopes: np.ndarray
    breath: np.ndarray
    windows: list[np.ndarray]


def _heard(part: Frames) -> _Heard:
    return _Heard(
        part.f0,
        formants.of_frames(part),
        envelopes(part)[loud(part)].astype(np.float32),
        breath(part),
        speakers.windows(part),
    )


def _held(f0: np.ndarray) -> Iterator[np.ndarray]:
    """Notes that are held long enough to beat, in cents around their mean."""
    least = round(_HELD_SECONDS / PERIOD)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (f0 > 0).astype(int), [0]])))
    for first, last in edges.reshape(-1, 2):
        cents = 1200 * np.log2(f0[first:last])
        begin = 0
        for n in range(1, len(cents) + 1):
            if n < len(cents) and abs(cents[n] - np.mean(cents[begin:n][-40:])) <= _STEADY_CENTS:
                continue
            if n - begin >= least:
                yield cents[begin:n] - cents[begin:n].mean()
            begin = n


def _beat(cents: np.ndarray) -> tuple[float, float] | None:
    """The rate and depth of a note's vibrato: the strongest beat of its second half, where it stands out."""
    late = signal.detrend(cents[len(cents) // 4 :])
    length = len(late)
    window = np.hanning(length)
    power = np.abs(np.fft.rfft(late * window, 4096)) ** 2
    hertz = np.fft.rfftfreq(4096, PERIOD)
    inside = (hertz >= _VIBRATO_HZ[0]) & (hertz <= _VIBRATO_HZ[1])
    moving = hertz >= 1.5
    peak = int(np.flatnonzero(inside)[power[inside].argmax()])
    near = np.abs(hertz - hertz[peak]) <= 2 / (length * PERIOD)
    if power[near].sum() < _PROMINENT * power[moving].sum():
        return None
    depth = 2 * float(np.sqrt(power[peak])) / window.sum()
    if not _LEAST_CENTS <= depth <= _MOST_CENTS:
        return None
    return float(hertz[peak]), depth
