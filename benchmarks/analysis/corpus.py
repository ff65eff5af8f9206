"""Songs on disk: (audio, JAMS) pairs, rendered, damaged as recordings are, with their truth beside them."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path

import jams
import numpy as np
import soundfile
from scipy.signal import fftconvolve

from benchmarks.analysis.composer import Traits, compose, draw_traits
from gpu_endpoints.generation.soundfont import SAMPLE_RATE, render
from ripieno.music.score import Score

MP3_LEVEL = 0.77  # libsndfile's scale; 96 kbit/s at 44.1 kHz stereo


def make(folder: Path, seeds: range, fonts: list[Path]) -> None:
    """Write the songs of `seeds` that are not there yet, with their true drums and bass beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        audio_path = folder / f"{seed:05}.flac"
        if audio_path.exists():
            continue
        traits = draw_traits(seed)
        score = compose(traits)
        mix, stems = render(score, fonts[traits.soundfont % len(fonts)], tuning=traits.tuning)
        for name in ("drums", "bass"):
            stem = stems.get(name, np.zeros_like(mix))
            soundfile.write(folder / f"{seed:05}.{name}.flac", stem, SAMPLE_RATE, "PCM_16")
        soundfile.write(audio_path, damage(mix, traits), SAMPLE_RATE, "PCM_16")
        audio_path.with_suffix(".jams").write_text(truth(score, traits).dumps())


def damage(mix: np.ndarray, traits: Traits) -> np.ndarray:
    """Noise at 25 dB SNR, a room, 96 kbit MP3, or nothing; and a fade-out where the song has one."""
    rng = np.random.default_rng(traits.seed)
    if traits.fade:
        length = min(len(mix), 12 * SAMPLE_RATE)
        mix[-length:] *= np.linspace(1, 0, length, dtype=np.float32)[:, None] ** 2
    if traits.damage == "noise":
        level = np.sqrt((mix**2).mean()) * 10 ** (-25 / 20)
        mix = mix + rng.normal(0, level, mix.shape).astype(np.float32)
    elif traits.damage == "reverb":
        time = np.arange(int(1.2 * SAMPLE_RATE)) / SAMPLE_RATE
        room = rng.normal(0, 1, (len(time), 2)) * np.exp(-time / 0.25)[:, None]
        room /= np.sqrt((room**2).sum(axis=0))
        wet = np.stack([fftconvolve(mix[:, c], room[:, c])[: len(mix)] for c in range(2)], axis=1)
        mix = 0.75 * mix + 0.35 * wet
    elif traits.damage == "mp3":
        file = io.BytesIO()
        soundfile.write(file, mix, SAMPLE_RATE, format="MP3", bitrate_mode="CONSTANT", compression_level=MP3_LEVEL)
        file.seek(0)
        mix = soundfile.read(file, dtype="float32")[0][: len(mix)]
    return (mix / max(1.0, float(np.abs(mix).max()) / 0.95)).astype(np.float32)


def truth(score: Score, traits: Traits) -> jams.JAMS:
    """The score as JAMS: beat, chord, segment_open, key_mode, tempo; traits and tuning in the sandbox."""
    document = jams.JAMS()
    document.file_metadata.duration = score.duration
    document.file_metadata.title = f"benchmark {traits.seed}"
    beats = jams.Annotation("beat", duration=score.duration)
    for time, position in score.beats:
        beats.append(time=time, duration=0, value=position)
    chords = jams.Annotation("chord", duration=score.duration)
    for chord in score.chords:
        chords.append(time=chord.start, duration=chord.end - chord.start, value=chord.label)
    sections = jams.Annotation("segment_open", duration=score.duration)
    for section in score.sections:
        sections.append(time=section.start, duration=section.end - section.start, value=section.label)
    key = jams.Annotation("key_mode", duration=score.duration)
    for span in score.keys:
        key.append(time=span.start, duration=span.end - span.start, value=span.label)
    tempo = jams.Annotation("tempo", duration=score.duration)
    tempo.append(time=0, duration=score.duration, value=score.bpm, confidence=1)
    document.annotations.extend([beats, chords, sections, key, tempo])
    document.sandbox.traits = json.loads(json.dumps(asdict(traits)))
    document.sandbox.tuning_frequency = traits.tuning
    return document
