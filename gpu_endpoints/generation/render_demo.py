"""`python -m gpu_endpoints.generation.render_demo FILE`: write the demo song as an audio file."""

from __future__ import annotations

import sys
from pathlib import Path

import soundfile

from gpu_endpoints.generation.soundfont import SAMPLE_RATE, render
from ripieno.music import demo_song


def main() -> None:
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    mix, _ = render(demo_song.compose())
    part = path.with_suffix(".part" + path.suffix)
    with soundfile.SoundFile(part, "w", SAMPLE_RATE, 2, "PCM_16") as file:
        file.title = demo_song.TITLE
        file.artist = "Ripieno"
        file.write(mix)
    part.replace(path)


if __name__ == "__main__":
    main()
