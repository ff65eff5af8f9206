"""Spanish spelling, which says all: diphthongs of a weak vowel, accents, and stress on the last syllable but one after
a vowel, n or s."""

from __future__ import annotations

from ripieno.music.lyrics.division import Nuclei, Rules

_STRONG, _WEAK, _ACCENTED = set("aeoáéó"), set("iuü"), set("áéíóú")
_VOWELS = _STRONG | _WEAK | set("íú")


def _nuclei(word: str) -> Nuclei:
    found: Nuclei = []
    n = 0
    while n < len(word):
        if not _is_vowel(word, n) or _is_silent_u(word, n):
            n += 1
            continue
        end = n + 1
        while end < len(word) and _is_vowel(word, end) and _flow_together(word, end):
            end += 1
        found.append((n, end))
        n = end
    return found


def _is_vowel(word: str, n: int) -> bool:
    if word[n] == "y":
        return n == len(word) - 1 or (word[n + 1] not in _VOWELS and n > 0)
    return word[n] in _VOWELS


def _is_silent_u(word: str, n: int) -> bool:
    return word[n] == "u" and n > 0 and word[n - 1] in "qg" and n + 1 < len(word) and word[n + 1] in "eiéí"


def _flow_together(word: str, n: int) -> bool:
    before, here = word[n - 1], word[n]
    if before in "íú" or here in "íú":
        return False
    if before in _STRONG:
        return here in _WEAK or here == "y"
    return before != here


def _stressed(word: str, nuclei: Nuclei) -> int:
    for number, (a, b) in enumerate(nuclei):
        if set(word[a:b]) & _ACCENTED:
            return number
    last = len(nuclei) - 1
    return max(0, last - 1) if word[-1] in "aeiouns" else last


_ONSETS = "bl br ch cl cr dr fl fr gl gr ll pl pr qu rr tr gu"
RULES = Rules(_nuclei, _stressed, frozenset(_ONSETS.split()))
