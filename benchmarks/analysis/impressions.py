"""`python -m benchmarks.analysis.impressions FOLDER`: the nearest styles of songs that nothing of `profiles.json` was
made from, and their valence and arousal by key and family.

FOLDER has `NAME.mid` with `NAME.json` beside each: `family` (of the grooves that play it), `key`, `bpm`, `beats`,
`downbeats`, `meter`, `tuning_hz`. Thirty seconds of each are played by the SoundFont.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from gpu_endpoints.audio import profiles
from gpu_endpoints.audio.levels import SAMPLE_RATE, loudness
from gpu_endpoints.audio.measuring import Measure
from gpu_endpoints.generation.soundfont import default_soundfont, render_part
from ripieno.contracts.analysis import Analysis
from ripieno.music.score import Note, Part
from ripieno.music.song_conditioning import of_song

STYLES = {
    "bossa": "bossa", "hiphop": "hip hop", "swing": "jazz", "funk": "funk", "waltz": "waltz", "ballad": "ballad",
    "pop": "pop", "metal": "metal", "disco": "house", "dance": "house", "reggae": "reggae", "rock": "rock",
    "softrock": "rock",
}  # fmt: skip
"""Families of grooves that are a style here."""
FIRST, LAST = 20.0, 50.0
LUFS = -14.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop after so many")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    songs = [path for path in sorted(chosen.folder.rglob("*.json")) if _truth(path)["family"] in STYLES]
    random.Random(3).shuffle(songs)
    until, right, weights = time.monotonic() + chosen.seconds, [], []
    third, heard, by_family = [], defaultdict(list), defaultdict(list)
    for path in songs:
        if time.monotonic() > until:
            break
        truth = _truth(path)
        like = profiles.beside(measured(path, truth))
        names = [name for name, _ in like.styles]
        right.append(names[0] == STYLES[truth["family"]])
        third.append(STYLES[truth["family"]] in names[:3])
        weights.append(like.styles[0][1])
        heard[truth["key"].split()[1]].append(like.valence)
        by_family[truth["family"]].append(like.arousal)
    print(
        f"{len(right)} songs: the nearest style is right of {np.mean(right):.0%}, one of three of {np.mean(third):.0%}"
    )
    print(f"its weight in the mean: {np.mean(weights):.2f}")
    for mode, found in heard.items():
        print(f"valence in {mode}: {np.mean(found):+.2f} ({len(found)} songs)")
    for family, found in sorted(by_family.items(), key=lambda one: float(np.mean(one[1]))):
        print(f"arousal of {family}: {np.mean(found):+.2f} ({len(found)})")


def measured(path: Path, truth: dict[str, Any]) -> np.ndarray:
    """What `measuring` says of thirty seconds of a song."""
    import pretty_midi

    audio = np.zeros((round((LAST - FIRST) * SAMPLE_RATE), 2), np.float32)
    for one in pretty_midi.PrettyMIDI(str(path.with_suffix(".mid"))).instruments:
        notes = [
            Note(max(0.0, note.start - FIRST), note.end - FIRST, note.pitch, note.velocity)
            for note in one.notes
            if note.end > FIRST and note.start < LAST
        ]
        part = Part(one.name, one.program, is_drum=one.is_drum, gain_db=-10.0, notes=notes)
        if notes:
            audio += render_part(part, LAST - FIRST, default_soundfont())[: len(audio)]
    now = loudness(audio, SAMPLE_RATE)
    if now is not None:
        audio *= np.float32(10 ** ((LUFS - now) / 20))
    beats, position = [], 0
    downbeats = np.array(truth["downbeats"])
    for time_ in truth["beats"]:
        if FIRST <= time_ < LAST:
            position = 1 if np.abs(downbeats - time_).min() < 0.02 else position + 1
            beats.append({"time": time_ - FIRST, "position": position})
    found = Analysis.model_validate({
        "duration_seconds": LAST - FIRST, "bpm": truth["bpm"], "time_signature": truth["meter"],
        "tuning_frequency": truth["tuning_hz"], "beats": beats,
    })  # fmt: skip
    listened = Measure(truth["tuning_hz"])
    listened.add(audio)
    return listened.features(of_song(found), LUFS)


def _truth(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


if __name__ == "__main__":
    main()
