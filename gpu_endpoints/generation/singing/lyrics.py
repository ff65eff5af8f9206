"""Syllables on notes: words as they are spoken, cut into syllables, laid on a melody line by line."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from itertools import groupby

from gpu_endpoints.generation.singing.spoken import Phoneme, speak
from ripieno.contracts.generation import SungNote
from ripieno.music.score import Note

_BREATH_SECONDS = 0.35  # a gap between notes at which a line may end
_LONGEST_BREATHLESS = 16  # notes in a phrase
_LONGEST_LINE = (120, 24)  # characters: of letters, and of ideographs or signs, each of which is a word or more
_IDEOGRAPHS = "\u2e80"
_MELISMA = "-"
_FRENCH_GLIDES = {("y", "i"), ("i", "ɛ̃")}  # nuit, rien: espeak writes the glide as a vowel


@dataclass(frozen=True)
class Syllable:
    """Consonants, one vowel, consonants; `line` is the text whose sound they are places in."""

    onset: tuple[Phoneme, ...]
    vowel: Phoneme
    coda: tuple[Phoneme, ...]
    line: str
    text: str = ""

    @property
    def phonemes(self) -> tuple[Phoneme, ...]:
        return (*self.onset, self.vowel, *self.coda)


@dataclass(frozen=True)
class Sung:
    """A note in seconds with its syllable; None goes on with the vowel before."""

    start: float
    end: float
    pitch: float
    syllable: Syllable | None


def syllables(line: str, language: str) -> list[list[Syllable]]:
    """The syllables of each word of a line; a word without a vowel joins the one after it, or before."""
    words = [list(group) for _, group in groupby(speak(line, language).phonemes, key=lambda one: one.word)]
    found: list[list[Syllable]] = []
    waiting: list[Phoneme] = []
    for phonemes in words:
        phonemes = [*waiting, *phonemes]
        waiting = []
        if not any(one.is_vowel for one in phonemes):
            waiting = phonemes
            continue
        found.append(_cut(phonemes, line, language))
    if waiting and found:
        last = found[-1][-1]
        found[-1][-1] = replace(last, coda=(*last.coda, *waiting))
    return _texted(found, line)


def on_melody(lyrics: str, melody: list[Note], language: str) -> list[Sung]:
    """Each line on a phrase of the melody, from its beginning; the text begins anew when the melody goes on.

    A line with more syllables than its phrase has notes goes on in the next one; notes too many are left out, but the
    first of them, which the last syllable is held through.

    Raises
    ------
    ValueError
        When there is nothing to sing.
    """
    lines = [[one for word in syllables(line, language) for one in word] for line in _lines(lyrics)]
    lines = [line for line in lines if line]
    if not lines:
        raise ValueError("the lyrics hold nothing to sing: give words")
    sung: list[Sung] = []
    number, waiting = 0, list(lines[0])
    for phrase in _phrases(melody):
        for place, note in enumerate(phrase):
            if not waiting:
                if place:  # the line has ended within the phrase
                    if place < len(phrase) and sung and sung[-1].syllable is not None and len(phrase) - place <= 2:
                        sung.append(Sung(note.start, note.end, note.pitch, None))
                    break
                number += 1
                waiting = list(lines[number % len(lines)])
            sung.append(Sung(note.start, note.end, note.pitch, waiting.pop(0)))
    return sung


def on_notes(notes: list[SungNote], language: str) -> list[Sung]:
    """Given notes with given syllables: `Co-`, `da` are one word, `-` goes on with the vowel before."""
    sung: list[Sung] = []
    for group in _written_words(notes):
        text = "".join(note.syllable.strip(_MELISMA) for note in group)
        spoken = [one for found in syllables(text, language) for one in found] if text else []
        places = sum(note.syllable != _MELISMA for note in group)
        place = 0
        for note in group:
            share: list[Syllable] = []
            if note.syllable != _MELISMA:
                share = _share(spoken, place, places)
                place += 1
            if not share:
                sung.append(Sung(note.start, note.end, note.pitch, None))
            step = (note.end - note.start) / max(1, len(share))
            for n, one in enumerate(share):
                sung.append(Sung(note.start + n * step, note.start + (n + 1) * step, note.pitch, one))
    return sung


# -- parts --------------------------------------------------------------------------------------------------------


def _written_words(notes: list[SungNote]) -> list[list[SungNote]]:
    """Notes of one word: up to the syllable that has no hyphen, with what is held within and after it."""
    words: list[list[SungNote]] = []
    goes_on = False
    for note in notes:
        if words and (goes_on or note.syllable == _MELISMA):
            words[-1].append(note)
        else:
            words.append([note])
        if note.syllable != _MELISMA:
            goes_on = note.syllable.endswith(_MELISMA)
    return words


def _cut(phonemes: list[Phoneme], line: str, language: str) -> list[Syllable]:
    """Consonants between two vowels go to the second, but the first of several (and a lone ŋ) stays with the first."""
    nuclei = [n for n, one in enumerate(phonemes) if one.is_vowel]
    nuclei = [
        n for k, n in enumerate(nuclei) if k == 0 or n - nuclei[k - 1] > 1 or phonemes[n].name != phonemes[n - 1].name
    ]
    if language.startswith("fr"):
        nuclei = [n for n in nuclei if tuple(one.name for one in phonemes[n : n + 2]) not in _FRENCH_GLIDES]
    found, begin = [], 0
    for k, nucleus in enumerate(nuclei):
        if k + 1 < len(nuclei):
            between = nuclei[k + 1] - nucleus - 1
            stays = 1 if between > 1 or (between == 1 and phonemes[nucleus + 1].name == "ŋ") else 0
            end = nucleus + 1 + stays
        else:
            end = len(phonemes)
        found.append(
            Syllable(tuple(phonemes[begin:nucleus]), phonemes[nucleus], tuple(phonemes[nucleus + 1 : end]), line)
        )
        begin = end
    return found


def _texted(words: list[list[Syllable]], line: str) -> list[list[Syllable]]:
    """The words' own letters on their first syllable, for the MIDI file and for voices that spell for themselves."""
    begins = [word[0].phonemes[0].word for word in words]
    ends = [*begins[1:], len(line)][: len(begins)]
    return [
        [replace(one, text=line[a:b].strip() if n == 0 else _MELISMA) for n, one in enumerate(word)]
        for word, a, b in zip(words, begins, ends, strict=True)
    ]


def _lines(lyrics: str) -> list[str]:
    """What is spoken at once: for any syllable its whole line is, so that longer ones are cut at words."""
    return [
        part
        for line in lyrics.splitlines()
        if line.strip()
        for part in textwrap.wrap(line, _LONGEST_LINE[max(line) >= _IDEOGRAPHS], break_on_hyphens=False)
    ]


def _phrases(melody: list[Note]) -> list[list[Note]]:
    """Notes between breaths."""
    found: list[list[Note]] = []
    for note in sorted(melody, key=lambda one: one.start):
        if found and note.start - found[-1][-1].end < _BREATH_SECONDS and len(found[-1]) < _LONGEST_BREATHLESS:
            found[-1].append(note)
        else:
            found.append([note])
    return found


def _share(spoken: list[Syllable], place: int, places: int) -> list[Syllable]:
    """The spoken syllables that belong to the written one: one each where there are as many."""
    a, b = place * len(spoken) / places, (place + 1) * len(spoken) / places
    return spoken[int(a + 0.999) if place else 0 : max(int(b + 0.999), int(a + 0.999))]
