"""The engines that are compared, each used as its documentation says, and this project's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from gpu_endpoints.analysis.mir import madmom_models  # first: it makes madmom importable

Found = dict[str, Any]
"""beats: times (n,); downbeats: times; bpm; key "C:major"; chords: [(start, end, label)]; sections: boundary times and
labels [(start, end, label)]; tuning in Hz. An engine leaves out what it does not do."""


def ripieno(path: Path) -> Found:
    return _ripieno(path, None)


def ripieno_with_stems(path: Path) -> Found:
    """With the true drums and bass beside the song, as an ideal separation would give them."""
    from gpu_endpoints.audio import decoding

    stems = {name: path.with_name(f"{path.stem}.{name}.flac") for name in ("drums", "bass")}
    if not all(stem.exists() for stem in stems.values()):
        return {}
    return _ripieno(path, {name: decoding.open_stem(stem) for name, stem in stems.items()})


def ripieno_commercial(path: Path) -> Found:
    """Without anything whose licence forbids commerce."""
    os.environ["RIPIENO_LICENSES"] = "commercial"  # each engine runs in a process of its own
    return _ripieno(path, None)


def _ripieno(path: Path, stems: dict | None) -> Found:
    from gpu_endpoints.analysis import listening
    from gpu_endpoints.audio import decoding

    audio = decoding.open_audio(path, max_seconds=10**5)
    analysis = listening.describe(listening.listen(audio, lambda done: None, stems))
    return {
        "beats": np.array([beat.time for beat in analysis.beats]),
        "downbeats": np.array([beat.time for beat in analysis.beats if beat.position == 1]),
        "bpm": analysis.bpm,
        "key": f"{analysis.key}:{analysis.mode}" if analysis.key else None,
        "chords": [(chord.start_time, chord.end_time, chord.chord) for chord in analysis.chords],
        "sections": [(section.start_time, section.end_time, section.label) for section in analysis.sections],
        "tuning": analysis.tuning_frequency,
        "keys": [(span.start_time, span.end_time, f"{span.key}:{span.mode}") for span in analysis.keys],
        "analysis": analysis,
    }


def madmom(path: Path) -> Found:
    from madmom.audio.signal import Signal
    from madmom.features import downbeats as madmom_downbeats
    from madmom.features.chords import DeepChromaChordRecognitionProcessor
    from madmom.features.key import CNNKeyRecognitionProcessor, key_prediction_to_label

    # The tracker builds a ragged array that today's NumPy refuses; an object array is what it meant.
    def as_object(process_tuple):
        path, log_probability = process_tuple[0].viterbi(process_tuple[1])
        pair = np.empty(2, dtype=object)
        pair[0], pair[1] = path, log_probability
        return pair

    madmom_downbeats._process_dbn = as_object
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)  # madmom itself reads nothing but WAV here
    signal = Signal(audio.mean(axis=1), sample_rate=rate, num_channels=1)
    activations = madmom_models.downbeat_networks()(signal)
    grid = madmom_downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)(activations)
    spans = DeepChromaChordRecognitionProcessor()(madmom_models.deep_chroma()(signal))
    beats = grid[:, 0]
    tonic, mode = key_prediction_to_label(CNNKeyRecognitionProcessor()(signal)).split()
    return {
        "beats": beats,
        "downbeats": beats[grid[:, 1] == 1],
        "bpm": float(60 / np.median(np.diff(beats))) if len(beats) > 1 else None,
        "key": f"{tonic}:{mode}",
        "chords": [(float(start), float(end), str(label)) for start, end, label in spans],
    }


def essentia(path: Path) -> Found:
    import essentia

    essentia.log.infoActive = essentia.log.warningActive = False
    from essentia import standard

    audio = standard.MonoLoader(filename=str(path), sampleRate=44100)()
    bpm, beats, *_ = standard.RhythmExtractor2013(method="multifeature")(audio)
    tonic, mode, _ = standard.KeyExtractor()(audio)
    frames = standard.FrameGenerator(audio, frameSize=8192, hopSize=4096)
    window, spectrum = standard.Windowing(type="blackmanharris62"), standard.Spectrum()
    peaks, profile = standard.SpectralPeaks(maxFrequency=3500, minFrequency=40), standard.HPCP()
    chroma = np.array([profile(*peaks(spectrum(window(frame)))) for frame in frames], dtype=np.float32)
    labels, _ = standard.ChordsDetectionBeats(hopSize=4096)(chroma, beats) if len(beats) > 2 else ([], [])
    chords = [
        (float(start), float(end), f"{label[:-1]}:min" if label.endswith("m") else f"{label}:maj")
        for start, end, label in zip(beats, beats[1:], labels, strict=False)
    ]
    return {"beats": np.asarray(beats, float), "bpm": float(bpm), "key": f"{tonic}:{mode}", "chords": chords}


def librosa(path: Path) -> Found:
    import librosa as lib

    audio, rate = lib.load(path, sr=22050)
    bpm, beats = lib.beat.beat_track(y=audio, sr=rate, units="time")
    chroma = lib.feature.chroma_cqt(y=audio, sr=rate)
    major = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
    minor = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
    names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    mean = chroma.mean(axis=1)
    keys = {
        f"{names[tonic]}:{mode}": np.corrcoef(mean, np.roll(template, tonic))[0, 1]
        for mode, template in (("major", major), ("minor", minor))
        for tonic in range(12)
    }
    templates = np.array([np.roll(shape, root) for shape in _TRIADS for root in range(12)])
    likelihood = np.maximum(templates @ chroma, 1e-6)
    path_states = lib.sequence.viterbi_discriminative(
        likelihood / likelihood.sum(axis=0), lib.sequence.transition_loop(24, 0.95)
    )
    times = lib.times_like(chroma, sr=rate)
    edges = np.flatnonzero(np.diff(path_states)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(path_states)]
    chords = [
        (
            float(times[a]),
            float(times[min(b, len(times) - 1)]),
            f"{names[path_states[a] % 12]}:{'maj' if path_states[a] < 12 else 'min'}",
        )
        for a, b in zip(starts, ends, strict=True)
    ]
    mfcc = lib.feature.mfcc(y=audio, sr=rate)
    bounds = lib.frames_to_time(lib.segment.agglomerative(np.vstack([mfcc, 20 * chroma]), 8), sr=rate)
    duration = len(audio) / rate
    sections = [(float(a), float(b), "x") for a, b in zip(bounds, np.r_[bounds[1:], duration], strict=True)]
    tuning = 440 * 2 ** (lib.estimate_tuning(y=audio, sr=rate, n_fft=8192, resolution=0.01) / 12)
    return {
        "beats": beats, "bpm": float(np.atleast_1d(bpm)[0]), "key": max(keys, key=keys.get), "chords": chords,
        "sections": sections, "tuning": float(tuning),
    }  # fmt: skip


_TRIADS = np.zeros((2, 12))
_TRIADS[0, [0, 4, 7]] = _TRIADS[1, [0, 3, 7]] = 1

ENGINES: dict[str, Callable[[Path], Found]] = {
    "ripieno": ripieno, "ripieno with true stems": ripieno_with_stems, "ripieno commercial": ripieno_commercial,
    "madmom": madmom, "essentia": essentia, "librosa": librosa,
}  # fmt: skip
