"""What it costs that foreign files are read in a process that may die.

    python -m benchmarks.decoding

For three minutes of stereo in each format: seconds to read its headers, to decode all of it once (the check on arrival
at an endpoint) and to stream its samples to who works with them, confined and within this process; the best of five.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from gpu_endpoints.audio import decoder, decoding
from ripieno.services import audio_format, audio_headers

RATE, SECONDS, TRIES, LONGEST = 44100, 180, 5, 3600.0


def best(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def headers(path: Path) -> None:
    with path.open("rb") as file:
        audio_headers.read(file)


def compared(path: Path) -> list[tuple[float, float]]:
    """Headers, the whole file, its stream: seconds confined and within this process."""
    audio = decoding.open_audio(path, max_seconds=LONGEST)
    audio_format.describe(path)  # what is started once is started
    return [
        (best(lambda: audio_format.describe(path)), best(lambda: headers(path))),
        (
            best(lambda: decoding.open_audio(path, max_seconds=LONGEST)),
            best(lambda: decoder.scan(lambda _: None, str(path), LONGEST, decoding.BLOCK_SECONDS)),
        ),
        (
            best(lambda: sum(map(len, audio.blocks()))),
            best(lambda: sum(map(len, decoder.decoded(path, decoding.BLOCK_SECONDS)))),
        ),
    ]


def main() -> None:
    rng = np.random.default_rng(0)
    tone = 0.3 * np.sin(np.arange(RATE * SECONDS) / 20)[:, None] + rng.normal(0, 0.05, (RATE * SECONDS, 2))
    print(f"{'':6}{'headers':>20}{'whole':>20}{'stream':>20}      (confined / within, s)")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("wav", "flac", "ogg", "mp3"):
            path = Path(folder) / f"a.{kind}"
            with soundfile.SoundFile(path, "w", RATE, 2) as file:
                for second in np.split(tone, SECONDS):
                    file.write(second)
            print(f"{kind:6}" + "".join(f"{one:11.4f} / {other:.4f}" for one, other in compared(path)), flush=True)


if __name__ == "__main__":
    main()
