"""What chords and keys know of each other."""

from __future__ import annotations

from dataclasses import dataclass

from ripieno.music.pitch import pitch_class


@dataclass(frozen=True)
class LocalKey:
    """From `start` to `end` (s) the tonic is this pitch class."""

    start: float
    end: float
    tonic: int
    mode: str


def key_at(keys: list[LocalKey], time: float) -> LocalKey | None:
    """The key at a time; the last one after the end, None where no key is known."""
    return next((key for key in keys if time < key.end), keys[-1] if keys else None)


def triad(label: str) -> tuple[int, str] | None:
    """Root and `maj` or `min` of a chord by its third; None for `N` and chords without a third."""
    root, colon, quality = label.partition("/")[0].partition(":")
    if not colon or quality.startswith("sus"):
        return None
    return pitch_class(root), "min" if quality.startswith(("min", "dim", "hdim")) else "maj"
