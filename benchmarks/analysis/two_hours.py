"""`python -m benchmarks.analysis.two_hours`: time and peak memory of listening to a two-hour recording.

Development songs one after the other, written as one FLAC file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from pathlib import Path

import soundfile

from benchmarks.analysis import composer, soundfonts
from benchmarks.memory import peak_megabytes
from gpu_endpoints.analysis import listening
from gpu_endpoints.audio import decoding
from gpu_endpoints.generation.soundfont import SAMPLE_RATE, render


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--fonts", type=Path, default=Path(".ripieno/benchmarks/soundfonts"))
    chosen = parser.parse_args()
    fonts = soundfonts.of_split("development", chosen.fonts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.flac"
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            process.submit(record, path, chosen.hours, fonts[0]).result()
        began = time.perf_counter()
        audio = decoding.open_audio(path, max_seconds=10 * 3600)
        found = listening.analyse(audio)
        seconds = time.perf_counter() - began
    report = {
        "minutes": round(audio.duration / 60, 1),
        "seconds": round(seconds, 1),
        "times_real_time": round(audio.duration / seconds, 1),
        "peak_megabytes": peak_megabytes(),
        "beats": len(found.beats),
    }
    print(json.dumps(report, indent=1))


def record(path: Path, hours: float, font: Path) -> None:
    """In a process of its own, so that its memory is not counted."""
    songs = [render(composer.compose(composer.draw_traits(seed)), font)[0] for seed in range(6)]
    missing = round(hours * 3600 * SAMPLE_RATE)
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 2, "PCM_16") as file:
        for song in cycle(songs):
            file.write(song[:missing])
            missing -= min(missing, len(song))
            if not missing:
                return


if __name__ == "__main__":
    main()
