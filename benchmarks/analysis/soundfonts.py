"""The SoundFonts songs are rendered with: one for development and held-out songs alike, and one of each split's own.

The second ones come from Debian packages (`apt-get download`, unpacked beside the benchmark's results; nothing is
installed); without apt-get the first one renders everything, and the benchmark says so.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from gpu_endpoints.generation.soundfont import default_soundfont

PACKAGES = {"development": "fluidr3mono-gm-soundfont", "held-out": "musescore-general-soundfont-small"}


def of_split(split: str, folder: Path) -> list[Path]:
    """TimGM6mb, and FluidR3 (MIT) for development or MuseScore General (MIT) for held-out songs."""
    fonts = [default_soundfont()]
    try:
        fonts.append(_fetch(PACKAGES[split], folder / PACKAGES[split]))
    except (OSError, subprocess.SubprocessError) as fault:
        print(f"only one SoundFont: {PACKAGES[split]} could not be had ({fault})", flush=True)
    return fonts


def _fetch(package: str, folder: Path) -> Path:
    """The SoundFont in a Debian package."""
    if not folder.exists():
        unpacking = folder.with_suffix(".part")
        shutil.rmtree(unpacking, ignore_errors=True)
        unpacking.mkdir(parents=True)
        subprocess.run(["apt-get", "download", package], cwd=unpacking, check=True, capture_output=True, timeout=300)
        (archive,) = unpacking.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(archive), str(unpacking)], check=True, capture_output=True, timeout=300)
        archive.unlink()
        unpacking.rename(folder)
    return max(folder.rglob("*.sf[23]"), key=lambda path: path.stat().st_size if not path.is_symlink() else 0)
