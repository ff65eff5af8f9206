"""The console of a mix that has a style: EQ and level by role, buses with glue, a room, and who gives way to whom.

Sources come block by block and go on block by block: every filter, compressor and follower remembers the block before,
so that memory does not grow with the length and any cut into blocks gives the same mix. Filters, compressors and the
reverb are pedalboard's (JUCE).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from pedalboard import Compressor, HighpassFilter, HighShelfFilter, LowpassFilter, PeakFilter, Reverb
from pedalboard._pedalboard import Pedalboard
from pydantic import BaseModel, ConfigDict, Field
from scipy import signal

from gpu_endpoints.audio.levels import SAMPLE_RATE
from ripieno.contracts.composition import BACKING
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import MixRole
from ripieno.music.conditioning import Conditioning

_MIX_LUFS = -18.0  # at which what is mixed is expected; thresholds are beside it
_GLUE_ATTACK_MS, _GLUE_RELEASE_MS = 30, 180
_VOICE_ATTACK_MS, _VOICE_RELEASE_MS = 8, 120
_KICK_HZ = 120.0
_KICK_FALL_DB, _VOICE_FALL_DB = 90.0, 30.0  # a second, at which what gave way comes back
_QUIETEST_DB, _LOUDEST_DB = -42.0, -24.0  # of a voice or kick, between which the others give way more and more
_STEP = 64  # samples of one value of a follower
_SMOOTH_HZ = 12.0
_RIDE_DB, _MOST_RIDE_DB = 7.0, 4.0  # a unit of energy
_VOICE_RIDES = 0.4  # as far as the rest: words are to be heard everywhere
_RIDE_SECONDS = 0.08


class Role(BaseModel):
    """What one kind of source is given; `send_db` is how much of it the room hears, nothing where it is None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bus: str = Field(pattern="^(drums|bass|music|vocals)$")
    low_cut_hz: float = Field(ge=10, le=400)
    bands: list[tuple[float, float, float]]
    high_shelf: tuple[float, float] | None = None
    compress: tuple[float, float] | None = None
    send_db: float | None = None
    pan: float = Field(default=0.0, ge=-1, le=1)
    high_cut_hz: float | None = Field(default=None, ge=2000, le=20000)
    gain_db: float = 0.0


class Sound(BaseModel):
    """How a style is mixed: `glue` is threshold (LU above the mix's loudness) and ratio of the music's and the voice's
    bus, `drum_glue` that of the drums; `voice_db` and `kick_db` are the most that music gives way to the voice and the
    bass to the kick; `levels` are by role in dB."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    glue: tuple[float, float]
    drum_glue: tuple[float, float]
    voice_db: float = Field(ge=0, le=12)
    kick_db: float = Field(ge=0, le=12)
    room: float = Field(ge=0, le=1)
    damping: float = Field(ge=0, le=1)
    reverb_db: float
    levels: dict[MixRole, float]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    roles: dict[MixRole, Role]
    default: Sound
    styles: dict[str, dict]


def sound_of(weights: Sequence[tuple[str, float]]) -> Sound:
    """How a blend of styles is mixed: the mean of theirs by weight."""
    known = _data()
    total = sum(weight for _, weight in weights)
    shares = [(_sound(name), weight / total) for name, weight in weights] if total > 0 else [(known.default, 1.0)]

    def mean(field: str) -> float:
        return sum(getattr(one, field) * share for one, share in shares)

    def pair(field: str) -> tuple[float, float]:
        low, high = (sum(getattr(one, field)[n] * share for one, share in shares) for n in (0, 1))
        return low, high

    levels: dict[MixRole, float] = {
        role: sum(one.levels.get(role, 0.0) * share for one, share in shares) for role in known.roles
    }
    return Sound(
        glue=pair("glue"),
        drum_glue=pair("drum_glue"),
        levels=levels,
        **{name: mean(name) for name in ("voice_db", "kick_db", "room", "damping", "reverb_db")},
    )


class Console:
    """Mixes blocks of sources, each with its role; the same length comes out as goes in."""

    def __init__(self, roles: Sequence[MixRole], sound: Sound, music: Conditioning | None = None):
        known = _data().roles
        self._strips = [_Strip(known[role], sound.levels.get(role, 0.0)) for role in roles]
        self._glue = {
            "drums": _glue(*sound.drum_glue), "bass": Pedalboard([]), "music": _glue(*sound.glue),
            "vocals": _glue(*sound.glue),
        }  # fmt: skip
        self._reverb_gain = np.float32(10 ** (sound.reverb_db / 20))
        self._room = Pedalboard(
            [
                HighpassFilter(220),
                Reverb(room_size=sound.room, damping=sound.damping, wet_level=1.0, dry_level=0.0, width=1.0),
            ]
        )
        self._voice = Follower(sound.voice_db, _VOICE_FALL_DB)
        self._kick = Follower(sound.kick_db, _KICK_FALL_DB, below_hz=_KICK_HZ)
        self._ride = _Ride(music) if music is not None else None

    def mixed(self, sources: Iterable[np.ndarray | None]) -> np.ndarray:
        """One block of each source, float32 (frames, 2), None where it is silent; all of them equally long."""
        given = list(sources)
        frames = next(len(block) for block in given if block is not None)
        buses = {name: np.zeros((frames, 2), np.float32) for name in self._glue}
        room = np.zeros((frames, 2), np.float32)
        for strip, block in zip(self._strips, given, strict=True):
            heard = strip.through(np.zeros((frames, 2), np.float32) if block is None else block)
            buses[strip.bus] += heard
            if strip.send:
                room += heard * strip.send
        ride = self._ride.gains_db(frames) if self._ride else np.zeros(frames)
        for name in buses:
            buses[name] *= _linear(ride * (_VOICE_RIDES if name == "vocals" else 1.0))[:, None]
        room *= _linear(ride)[:, None]
        glued = {name: _through(board, buses[name]) for name, board in self._glue.items()}
        glued["music"] = glued["music"] * self._voice.gains(glued["vocals"])[:, None]
        glued["bass"] = glued["bass"] * self._kick.gains(glued["drums"])[:, None]
        wet = _through(self._room, room) * self._reverb_gain
        return np.asarray(sum(glued.values()) + wet, np.float32)


class Follower:
    """Gains by which one thing gives way to another: at once, and back at so many dB a second, smoothed.

    Parameters
    ----------
    depth_db : the most it is turned down by
    below_hz : what of the other is heard, all of it where it is None
    """

    def __init__(self, depth_db: float, fall_db: float, *, below_hz: float | None = None):
        self._depth, self._fall = depth_db, fall_db * _STEP / SAMPLE_RATE
        self._filter = signal.butter(2, below_hz, "low", fs=SAMPLE_RATE, output="sos") if below_hz else None
        self._state = np.zeros((1, 2)) if self._filter is not None else None
        self._smooth = signal.butter(1, _SMOOTH_HZ, fs=SAMPLE_RATE / _STEP, output="sos")
        self._smoothed = np.zeros((1, 2))
        self._last = -np.inf
        self._gain = 0.0

    def gains(self, other: np.ndarray) -> np.ndarray:
        """Linear, (frames,), for float32 (frames, 2) of the other."""
        frames = len(other)
        if self._depth <= 0 or not frames:
            return np.ones(frames, np.float32)
        mono = other.mean(axis=1)
        if self._filter is not None:
            mono, self._state = signal.sosfilt(self._filter, mono, zi=self._state)
        steps = -(-frames // _STEP)
        squares = np.pad(np.square(mono), (0, steps * _STEP - frames)).reshape(steps, _STEP).mean(axis=1)
        level = 10 * np.log10(squares + 1e-12)
        falling = np.arange(1, steps + 1) * self._fall
        held = np.maximum.accumulate(np.append(self._last, level + falling))[1:] - falling
        self._last = float(held[-1])
        share = np.clip((held - _QUIETEST_DB) / (_LOUDEST_DB - _QUIETEST_DB), 0, 1)
        down, self._smoothed = signal.sosfilt(self._smooth, self._depth * share, zi=self._smoothed)
        edges = np.append(self._gain, down)
        self._gain = float(down[-1])
        at = np.arange(frames) / _STEP
        return np.asarray(10 ** (-np.interp(at, np.arange(steps + 1), edges) / 20), np.float32)


class _Ride:
    """How far the faders are moved for the energy of each bar, about its mean, gliding into each bar."""

    def __init__(self, music: Conditioning):
        bars = music.bars()
        energy = np.array([music.energy_of(bar) for bar in bars])
        self._levels = np.clip(_RIDE_DB * (energy - energy.mean()), -_MOST_RIDE_DB, _MOST_RIDE_DB)
        starts = np.array([music.timeline.at(bar.first) - music.start_seconds for bar in bars])
        self._times = np.stack([starts - _RIDE_SECONDS, starts], axis=1).ravel()[1:]
        self._values = np.stack([np.append(self._levels[:1], self._levels[:-1]), self._levels], axis=1).ravel()[1:]
        self._at = 0

    def gains_db(self, frames: int) -> np.ndarray:
        """Of the next samples, (frames,)."""
        times = (self._at + np.arange(frames)) / SAMPLE_RATE
        self._at += frames
        return np.interp(times, self._times, self._values)


class _Strip:
    """One source's way to its bus: EQ, compressor, level, balance."""

    def __init__(self, role: Role, level_db: float):
        self.bus = role.bus
        self.send = np.float32(0.0 if role.send_db is None else 10 ** (role.send_db / 20))
        plugins = [HighpassFilter(role.low_cut_hz), *(PeakFilter(hz, gain, q) for hz, gain, q in role.bands)]
        if role.high_cut_hz:
            plugins.append(LowpassFilter(role.high_cut_hz))
        if role.high_shelf:
            plugins.append(HighShelfFilter(*role.high_shelf))
        if role.compress:
            threshold, ratio = role.compress
            plugins.append(
                Compressor(_MIX_LUFS + threshold, ratio, attack_ms=_VOICE_ATTACK_MS, release_ms=_VOICE_RELEASE_MS)
            )
        self._board = Pedalboard(plugins)
        gain = 10 ** ((role.gain_db + level_db) / 20)
        self._gains = np.array([min(1.0, 1 - role.pan), min(1.0, 1 + role.pan)], np.float32) * np.float32(gain)

    def through(self, block: np.ndarray) -> np.ndarray:
        return _through(self._board, block) * self._gains


def _linear(db: np.ndarray) -> np.ndarray:
    return np.asarray(10 ** (db / 20), np.float32)


def _through(board: Pedalboard, block: np.ndarray) -> np.ndarray:
    return np.asarray(board(np.ascontiguousarray(block.T), SAMPLE_RATE, reset=False)).T


def _glue(above_lu: float, ratio: float) -> Pedalboard:
    return Pedalboard([Compressor(_MIX_LUFS + above_lu, ratio, attack_ms=_GLUE_ATTACK_MS, release_ms=_GLUE_RELEASE_MS)])


def _sound(name: str) -> Sound:
    known = _data()
    return Sound.model_validate(known.default.model_dump() | known.styles.get(name, {}))


@lru_cache(maxsize=1)
def _data() -> _Data:
    found = _Data.model_validate_json(Path(__file__).with_suffix(".json").read_text())
    missing = {*StemType, BACKING} - set(found.roles)
    if missing:
        raise ValueError(f"console.json has no role for {', '.join(sorted(missing))}")
    return found
