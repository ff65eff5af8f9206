"""How a finished piece is to sound: how loud, and by which preset of mastering, after its style and mood, and where it
is to be heard."""

from __future__ import annotations

from ripieno.contracts.composition import Destination, Mood
from ripieno.music.composing import moods

STREAMING_LUFS = -14.0
_LOUDNESS = {"ambient": -18.0, "jazz": -16.0, "bossa": -16.0, "ballad": -15.0, "waltz": -16.0, "metal": -11.0,
             "techno": -11.0, "drum and bass": -11.0, "house": -12.0}  # fmt: skip
_PRESETS = {"ambient": "gentle", "jazz": "gentle", "waltz": "gentle", "bossa": "warm", "ballad": "warm",
            "hip hop": "warm", "reggae": "warm", "metal": "loud", "techno": "loud", "drum and bass": "loud",
            "house": "loud"}  # fmt: skip
_DESTINED: dict[Destination, float] = {"club": -9.0, "broadcast": -23.0}
"""LUFS of the presets of these names (`gpu_endpoints/production/mastering.json`); music services take each style as it
is."""
_STREAMING, _WARM, _GENTLE, _LOUD = "streaming", "warm", "gentle", "loud"
_QUIETEST_SONG, _LOUDEST_SONG = -24.0, -8.0
_BY_AROUSAL = 1.0  # LU from as calm as can be to the style's own, and on to as excited
_CALM, _DARK = -0.5, -0.4
_BY_MOOD = {"density": 0.3, "dynamics": 0.6, "brightness": 0.4}  # from the style's own to as excited as can be


def loudness(style: str, mood: Mood, song_lufs: float | None = None, destination: Destination | None = None) -> float:
    """LUFS: as the destination wants it, else as the song that the piece is to sound like, else as the style, a little
    more or less by how the mood's arousal is beside the style's own."""
    if destination in _DESTINED:
        return _DESTINED[destination]
    if song_lufs is not None:
        return round(min(_LOUDEST_SONG, max(_QUIETEST_SONG, song_lufs)), 1)
    return round(_LOUDNESS.get(style, STREAMING_LUFS) + _BY_AROUSAL * _above_own(style, mood), 1)


def preset(style: str, mood: Mood, destination: Destination | None = None) -> str:
    """The preset of mastering: calm moods keep more of their dynamics, dark ones have softer highs."""
    if destination in _DESTINED:
        return destination
    own = _PRESETS.get(style, _STREAMING)
    valence, arousal = mood.valence or 0.0, mood.arousal or 0.0
    if own == _STREAMING and arousal < _CALM:
        return _GENTLE
    if own == _STREAMING and valence < _DARK and arousal < 0:
        return _WARM
    return _STREAMING if own == _LOUD and arousal < 0 else own


def playing(style: str, mood: Mood) -> dict[str, float]:
    """How the players play beside what their style says, by how excited the mood is beside the style's own: calm is
    fewer strokes, struck more softly, with a darker sound."""
    return {name: round(most * _above_own(style, mood), 3) for name, most in _BY_MOOD.items()}


def _above_own(style: str, mood: Mood) -> float:
    """The mood's arousal beside that of the style, -1 to 1."""
    own = moods.settle(None, "", style).arousal or 0.0
    more = (mood.arousal if mood.arousal is not None else own) - own
    return min(1.0, max(-1.0, more))
