"""Samples, profiles and models of voices: blobs of the container `voices`, read anew for each job.

Nothing of a voice is kept between jobs, and a profile is looked for again before what was made with it is stored: once
it has been deleted, nothing sings with it any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import soxr
from pydantic import ValidationError

from gpu_endpoints.audio import decoding
from gpu_endpoints.generation.voices import frames, tracking
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE, Frames
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.voices import MOST_SAMPLE_SECONDS, VoiceProfile, VoiceRef
from ripieno.services import blobs

MOST_MODEL_BYTES = 64 * 2**20
_AT_ONCE = 30.0  # seconds that are analysed together
_GONE = "voice_gone"


def open_sample(sample: AudioBlob, context: JobContext, number: int = 0) -> decoding.Audio:
    """
    Raises
    ------
    JobFailed
        `audio_missing`, or why it cannot be decoded.
    """
    path = context.folder / f"sample-{number}"
    try:
        blobs.download_to(sample.container, sample.blob_name, path)
    except blobs.BlobMissing:
        raise JobFailed("audio_missing", "a sample of the voice is gone: was its consent revoked?") from None
    return decoding.open_audio(path, max_seconds=MOST_SAMPLE_SECONDS, on_block=lambda _: context.check_cancelled())


def mono(audio: decoding.Audio, *, seconds: float = MOST_SAMPLE_SECONDS) -> np.ndarray:
    """The first seconds as float32 (samples,) at the rate that voices are analysed at."""
    found = np.concatenate([*audio.mono_blocks(ANALYSIS_RATE), np.zeros(0, np.float32)])
    return found[: round(seconds * ANALYSIS_RATE)]


def heard(samples: Sequence[AudioBlob], context: JobContext, *, most_seconds: float) -> Iterator[Frames]:
    """The frames of every sample, half a minute at a time; of long ones as much as makes `most_seconds` in all."""
    share = most_seconds / len(samples)
    for number, sample in enumerate(samples):
        context.progress(number / len(samples), f"listening to sample {number + 1} of {len(samples)}")
        audio = open_sample(sample, context, number)
        sound = mono(audio, seconds=share)
        audio.path.unlink()
        for part in stretches(sound):
            context.check_cancelled()
            yield analysed(part, ANALYSIS_RATE)


def stretches(sound: np.ndarray, rate: int = ANALYSIS_RATE) -> Iterator[np.ndarray]:
    """Half a minute each; the last is at least half as long, where there is more than one."""
    size = round(_AT_ONCE * rate)
    pieces = max(1, round(len(sound) / size))
    for part in np.array_split(sound, pieces):
        if len(part) > 0.1 * rate:
            yield part


def analysed(sound: np.ndarray, rate: int) -> Frames:
    """A recording of any rate as frames at the rate that voices are measured at."""
    if rate != ANALYSIS_RATE:
        sound = soxr.resample(sound, rate, ANALYSIS_RATE)
    return frames.analysed(sound, ANALYSIS_RATE, tracking.best().track(sound, ANALYSIS_RATE))


def save_profile(profile: VoiceProfile) -> None:
    blobs.upload_json(names.VOICES, profile.blob_name, profile.model_dump())


def profile_of(voice: VoiceRef) -> VoiceProfile:
    """
    Raises
    ------
    JobFailed
        `voice_gone`, or `bad_voice` for what is no profile.
    """
    return read_profile(voice.profile, voice.name)


def read_profile(blob_name: str, name: str = "this voice") -> VoiceProfile:
    try:
        return VoiceProfile.model_validate_json(blobs.read(names.VOICES, blob_name))
    except blobs.BlobMissing:
        raise _gone(name) from None
    except ValidationError as fault:
        raise JobFailed("bad_voice", f"the profile of {name} cannot be read: train the voice again") from fault


def model_of(voice: VoiceRef) -> bytes:
    """
    Raises
    ------
    JobFailed
        `voice_gone`, or `bad_voice` for what is too large to be a model of a voice.
    """
    assert voice.model is not None
    try:
        if blobs.properties(names.VOICES, voice.model).size > MOST_MODEL_BYTES:
            raise JobFailed("bad_voice", f"the model of {voice.name} is larger than any that is trained here")
        return blobs.read(names.VOICES, voice.model)
    except blobs.BlobMissing:
        raise _gone(voice.name) from None


def check_still_there(voice: VoiceRef) -> None:
    """
    Raises
    ------
    JobFailed
        `voice_gone`.
    """
    try:
        blobs.properties(names.VOICES, voice.profile)
    except blobs.BlobMissing:
        raise _gone(voice.name) from None


def _gone(name: str) -> JobFailed:
    return JobFailed(_GONE, f"{name} may not be used any more: its consent was revoked, or the voice was deleted")
