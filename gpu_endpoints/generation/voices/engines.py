"""Which engine moves what is sung towards a voice: its conversion model, or what was measured of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gpu_endpoints.generation.voices import features, learned, shaping, store
from gpu_endpoints.generation.voices.frames import Frames
from gpu_endpoints.serving.work import JobFailed
from ripieno import __version__
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.voices import Singer, VoiceProfile
from ripieno.services import engines, falling

NO_ENGINE = "voice_engine_unavailable"
_AT_ONCE, _CONTEXT = 4000, 64  # frames
_NO_MODEL = "it has no conversion model: shaped by what was measured of it"


class Mover(Protocol):
    """Moves sung frames towards a voice; made for one job, hears one vocal after the other."""

    @property
    def singer(self) -> Singer: ...

    @property
    def profile(self) -> VoiceProfile: ...

    def provenance(self) -> Provenance: ...

    def listen(self, parts: list[Frames]) -> None:
        """Hear what is to be moved, or enough of it, before any is."""
        ...

    def moved(self, sung: Frames) -> Frames: ...


def of(singer: Singer) -> Mover:
    """The engine that was named, or the best there is for this voice.

    Raises
    ------
    JobFailed
        `voice_gone`, `bad_voice`, or `voice_engine_unavailable` where the one that was named is not to be had.
    """
    voice = singer.voice
    profile = store.profile_of(voice)
    if singer.engine == engines.VOICE_PROFILE:
        return Shaper(singer, profile, reason=None)
    if voice.model is None:
        if singer.engine == engines.VOICE_MODEL:
            raise JobFailed(NO_ENGINE, f"{voice.name} has no conversion model: train one, or ask for auto")
        return Shaper(singer, profile, reason=f"{voice.name}: {_NO_MODEL}")
    try:
        return Converter(singer, profile, store.model_of(voice))
    except learned.BadModel as fault:
        why = f"the model of {voice.name} cannot be used: {fault}"
        if singer.engine != engines.AUTO:
            raise JobFailed(NO_ENGINE, why) from fault
        return Shaper(singer, profile, reason=None, lost=(f"{engines.VOICE_MODEL}: {why}",))


@dataclass
class Shaper:
    """By the profile; a stand-in for a voice that was learned."""

    singer: Singer
    profile: VoiceProfile
    reason: str | None
    lost: tuple[str, ...] = ()
    _before: shaping.Sound | None = None

    def provenance(self) -> Provenance:
        signed = _signed(
            self.singer,
            Provenance(
                engine=engines.VOICE_PROFILE,
                version=f"ripieno {__version__}",
                license="MIT; as the one whose voice it is has consented",
                weights=hashlib.sha256(self.profile.model_dump_json().encode()).hexdigest()[:16],
                approximate=True,
                fallback=self.reason is not None,
                reason=self.reason,
            ),
        )
        return falling.signed(signed, list(self.lost))

    def listen(self, parts: list[Frames]) -> None:
        self._before = shaping.sound_of(parts)

    def moved(self, sung: Frames) -> Frames:
        asked = self.singer.settings
        return shaping.toward(sung, self.profile, strength=asked.strength, breath=asked.breath, before=self._before)


class Converter:
    """By the conversion model that learned the voice.

    Raises
    ------
    learned.BadModel
    """

    def __init__(self, singer: Singer, profile: VoiceProfile, data: bytes):
        self.singer, self.profile = singer, profile
        self._network = learned.Network(data)
        self._sha256 = hashlib.sha256(data).hexdigest()
        self._mean: np.ndarray | None = None
        self._loud = 0.0

    def provenance(self) -> Provenance:
        runtime = self._network.runtime
        signed = learned.signature(self._sha256, device=runtime.provider, remark=runtime.remark)
        return _signed(self.singer, signed)

    def listen(self, parts: list[Frames]) -> None:
        said = [features.heard(one) for one in parts]
        self._mean, self._loud = features.mean_shape(said), features.loudness(said)

    def moved(self, sung: Frames) -> Frames:
        if self._mean is None:
            self.listen([sung])
        assert self._mean is not None
        asked = self.singer.settings
        out = learned.converted(sung, self._network, mean=self._mean, loud=self._loud, strength=asked.strength)
        if asked.breath:
            now = shaping.sound_of([out]).breath
            out = shaping.breathed(out, now, now + shaping.BREATH_STEP * asked.breath)
        return out


def moved(sung: Frames, mover: Mover) -> Frames:
    """A whole vocal, twenty seconds at a time: what lies between would not fit in memory."""
    blocks = [(first, min(first + _AT_ONCE, len(sung))) for first in range(0, len(sung), _AT_ONCE)]
    mover.listen([_part(sung, *block) for block in blocks])
    logs, aperiodicity = np.empty_like(sung.logs), np.empty_like(sung.aperiodicity)
    for first, last in blocks:
        begin = max(0, first - _CONTEXT)
        found = mover.moved(_part(sung, begin, min(last + _CONTEXT, len(sung))))
        logs[first:last] = found.logs[first - begin : last - begin]
        aperiodicity[first:last] = found.aperiodicity[first - begin : last - begin]
    return replace(sung, logs=logs, aperiodicity=aperiodicity)


def transposed(sung: Frames, semitones: int) -> Frames:
    """The same melody higher or lower; what is said stays as it is."""
    return replace(sung, f0=sung.f0 * 2 ** (semitones / 12)) if semitones else sung


def _part(sung: Frames, first: int, last: int) -> Frames:
    here = slice(first, last)
    return Frames(sung.f0[here], sung.logs[here], sung.aperiodicity[here], sung.rate)


def _signed(singer: Singer, engine: Provenance) -> Provenance:
    """With the voice and its version, by which its use is found again."""
    voice = singer.voice
    name = f"{engine.engine}@{voice.voice_id}"
    return engine.model_copy(update={"engine": name, "version": f"version {voice.version}; {engine.version}"})
