"""The console of a mix with a style: who gives way to whom, faders that follow the energy, any cut into blocks."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production.console import Console, sound_of
from ripieno.contracts.enums import StemType
from ripieno.music.conditioning import free_standing
from ripieno.music.genres import all_genres

SECONDS = 6.0
TIMES = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
DRUMS, BASS, SYNTH, VOCALS = StemType.DRUMS, StemType.BASS, StemType.SYNTH, StemType.VOCALS


def stereo(mono: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(mono, np.float32)[:, None], 2, axis=1)


def tone(hertz: float, level: float = 0.1) -> np.ndarray:
    return stereo(level * np.sin(2 * np.pi * hertz * TIMES))


def within(start: float, end: float) -> np.ndarray:
    return ((start <= TIMES) & (end > TIMES)).astype(np.float32)


def voice() -> np.ndarray:
    """Somebody sings from the second to the fourth second."""
    noise = np.random.default_rng(1).normal(0, 0.2, len(TIMES))
    return stereo(noise * within(2, 4))


def kick() -> np.ndarray:
    """A stroke every second, from the second on."""
    since = TIMES % 1.0
    return stereo(0.7 * np.sin(2 * np.pi * 55 * since) * np.exp(-14 * since) * within(2, SECONDS))


def mixed(sources: dict[StemType, np.ndarray], style: str, *, block: int = 65536, music=None) -> np.ndarray:
    desk = Console(list(sources), sound_of(((style, 1.0),)), music)
    blocks = [
        desk.mixed([one[start : start + block] for one in sources.values()]) for start in range(0, len(TIMES), block)
    ]
    return np.concatenate(blocks)


def level_of(audio: np.ndarray, hertz: float, start: float, end: float) -> float:
    """dB of one frequency in a stretch, where nothing else is at it."""
    piece = audio[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)].mean(axis=1)
    shape = np.hanning(len(piece))
    found = np.abs((piece * shape) @ np.exp(-2j * np.pi * hertz * np.arange(len(piece)) / SAMPLE_RATE)) / shape.sum()
    return 20 * float(np.log10(found))


@pytest.mark.parametrize("style", ["pop", "hip hop", "ambient"])
def test_the_accompaniment_gives_way_to_the_voice_while_it_sings(style):
    audio = mixed({SYNTH: tone(150.0), VOCALS: voice()}, style)
    depth = sound_of(((style, 1.0),)).voice_db
    down = level_of(audio, 150, 0.5, 1.5) - level_of(audio, 150, 2.5, 3.5)
    assert 0.4 * depth < down < depth + 0.7
    assert level_of(audio, 150, 5.0, 5.8) == pytest.approx(level_of(audio, 150, 0.5, 1.5), abs=0.5), "and comes back"


def test_the_bass_gives_way_to_the_kick_where_the_style_wants_it():
    def down(style: str) -> float:
        audio = mixed({BASS: tone(180.0), DRUMS: kick()}, style)
        return level_of(audio, 180, 0.5, 1.5) - level_of(audio, 180, 3.0, 3.12)

    assert down("techno") > 2.5 and abs(down("jazz")) < 0.3


def test_faders_follow_the_energy_and_the_voice_less_than_the_rest():
    music = free_standing(bpm=120, chord_progression=["C"], duration_seconds=SECONDS, form=(("intro", 1), ("drop", 2)))
    quiet, loud = (0.5, 1.5), (3.0, 3.8)
    for stem, least, most in ((SYNTH, 2.0, 6.0), (VOCALS, 0.5, 2.2)):
        audio = mixed({stem: tone(500.0, 0.02)}, "pop", music=music)
        plain = mixed({stem: tone(500.0, 0.02)}, "pop")
        assert least < level_of(audio, 500, *loud) - level_of(audio, 500, *quiet) < most, stem
        assert level_of(plain, 500, *loud) == pytest.approx(level_of(plain, 500, *quiet), abs=0.3)


def test_any_cut_into_blocks_is_the_same_mix():
    sources = {DRUMS: kick(), BASS: tone(80.0), SYNTH: tone(300.0), VOCALS: voice()}
    assert np.abs(mixed(sources, "house") - mixed(sources, "house", block=64 * 111)).max() < 1e-4


def test_a_source_that_has_ended_is_as_one_that_is_silent():
    desk, other = (Console([SYNTH, VOCALS], sound_of((("pop", 1.0),))) for _ in range(2))
    block = tone(440.0)[:4096]
    assert np.array_equal(desk.mixed([block, None]), other.mixed([block, np.zeros_like(block)]))


def test_every_style_has_a_sound_and_a_blend_lies_between_its_genres():
    sounds = {name: sound_of(((name, 1.0),)) for name in all_genres()}
    assert len({one.model_dump_json() for one in sounds.values()}) == len(sounds)
    half = sound_of((("techno", 0.5), ("jazz", 0.5)))
    assert half.kick_db == pytest.approx((sounds["techno"].kick_db + sounds["jazz"].kick_db) / 2)
