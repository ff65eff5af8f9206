"""Text spoken by espeak-ng (GPL-3, through its C library): the sound, and every phoneme with its place in it."""

from __future__ import annotations

import _ctypes
import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import espeakng_loader
import numpy as np

SPOKEN_RATE = 22050
_RETRIEVAL, _BUFFER_MS, _PHONEMES_IN_IPA = 2, 200, 1 | 2
_END, _PHONEME = 0, 7
_WORDS_PER_MINUTE, _PITCH_RANGE = 1, 4
_UTF8 = 1
_SLOW, _FLAT = 120, 0
_SEED = 1
_VOWELS = set("aeiouyʏæɐɑɒɔəɚɛɜɝɪʊʌøœɶɨʉɯɤɵɘ")
_VOICED = set("mnŋɲɱlɫɹrɾʁjwɥvzʒðɣβ")  # consonants that are sung on a pitch; stops are too short to matter
_MARKS = "ˈˌːˑ̩̯ "


@dataclass(frozen=True)
class Phoneme:
    """One sound in IPA, from `start` to `end` in seconds of the spoken text; `word` is where its word begins there, in
    letters. Small words that are spoken as one (`on the`) are one."""

    name: str
    start: float
    end: float
    word: int

    @property
    def is_vowel(self) -> bool:
        return any(letter in _VOWELS for letter in self.name)

    @property
    def is_voiced(self) -> bool:
        return any(letter in _VOICED for letter in self.name)


@dataclass(frozen=True)
class Spoken:
    """`audio` float32 (frames,) at 22,050 Hz."""

    audio: np.ndarray
    phonemes: tuple[Phoneme, ...]


class UnknownLanguage(ValueError):
    """espeak-ng has no voice for it."""


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int), ("sample", ctypes.c_int), ("user", ctypes.c_void_p), ("id", _Id),
    ]  # fmt: skip


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@lru_cache(maxsize=256)
def speak(text: str, language: str = "en", variant: str = "f3") -> Spoken:
    """One line of text, slowly and on one pitch, as it is to be sung.

    Raises
    ------
    UnknownLanguage
    """
    return said(text, language, variant, words_per_minute=_SLOW, pitch_range=_FLAT)


def said(text: str, language: str, variant: str, *, words_per_minute: int, pitch_range: int) -> Spoken:
    """Text as it is spoken; `pitch_range` from 0 (on one pitch) to 100.

    Raises
    ------
    UnknownLanguage
    """
    with _espeak() as library:
        if library.espeak_SetVoiceByName(f"{language}+{variant}".encode()) != 0:
            raise UnknownLanguage(
                f"there is no voice for the language {language!r}: use en, en-gb, de, fr, es, it, pt, ..."
            )
        library.espeak_SetParameter(_WORDS_PER_MINUTE, words_per_minute, 0)
        library.espeak_SetParameter(_PITCH_RANGE, pitch_range, 0)
        return _spoken(library, text)


def _spoken(library: ctypes.CDLL, text: str) -> Spoken:
    pieces: list[np.ndarray] = []
    found: list[tuple[int, int, str]] = []  # sample, place in the text, phoneme

    @_CALLBACK
    def take(samples, count, events) -> int:
        number = 0
        while events[number].type != _END:
            if events[number].type == _PHONEME:
                name = events[number].id.string.decode("utf-8", "ignore").strip(_MARKS)
                found.append((events[number].sample, events[number].text_position, name))
            number += 1
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        return 0

    library.espeak_SetSynthCallback(take)
    data = text.encode()
    library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    audio = np.concatenate(pieces) / 32768 if pieces else np.zeros(0)
    return Spoken(audio.astype(np.float32), tuple(_phonemes(found, len(audio))))


def _phonemes(found: list[tuple[int, int, str]], samples: int) -> list[Phoneme]:
    """Pauses have no name and only end the sound before."""
    ends = [*(sample for sample, _, _ in found[1:]), samples][: len(found)]
    return [
        Phoneme(name, start / SPOKEN_RATE, end / SPOKEN_RATE, max(0, position - 1))
        for (start, position, name), end in zip(found, ends, strict=True)
        if name and end > start
    ]


_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def _espeak() -> Iterator[ctypes.CDLL]:
    """espeak-ng as just started, for one at a time. Its breath is seeded with the clock, and its tremor goes on from
    what it said before: the same words would differ from day to day. So it is loaded anew each time (5 ms)."""
    with _ONE_AT_A_TIME:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        try:
            rate = library.espeak_Initialize(
                _RETRIEVAL, _BUFFER_MS, espeakng_loader.get_data_path().encode(), _PHONEMES_IN_IPA
            )
            if rate != SPOKEN_RATE:
                raise RuntimeError(f"espeak-ng could not be started ({rate})")
            library.espeak_ng_SetRandSeed(_SEED)
            yield library
        finally:
            library.espeak_Terminate()
            _ctypes.dlclose(library._handle)
