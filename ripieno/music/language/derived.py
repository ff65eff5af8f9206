"""Words that are made of known ones: Spanish diminutives, superlatives and verbs with their pronouns (`suavecita`,
`clavadísima`, `alárgame`), comparatives (`cheesier`, `kitschiger`), and other forms of a verb (`raising`, `streicht`).

A word that nobody knows is read as the one that it is made of; a comparative as `more` of that.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from ripieno.music.language.lexicon import lexicon
from ripieno.music.language.tokens import Token

_LEAST = 3  # letters that have to be left
_VERBS = frozenset({"remove", "up", "down", "comparative", "keep", "want", "swap", "new", "more", "less", "fill"})
_QUALITIES = frozenset({"concept", "degree"})
_PRONOUNS = re.compile(
    r"(?:me|te|se|nos|os|le|les)?(?:lo|la|los|las|le|les)$|(?:me|nos|os)$",
)
_DIMINUTIVE = re.compile(r"(?:e?c)?(?:it|ill|ic)([oa]s?)$")
_SUPERLATIVE = re.compile(r"isim([oa]s?)$")
_GERMAN_COMPARATIVE = re.compile(r"er(?:e[srnm]?)?$")
_MORE = {"en": "more", "de": "mehr"}


def derived(said: list[Token], language: str) -> list[Token]:
    """The tokens, with what unknown words are made of in their place."""
    known = lexicon(language).vocabulary
    read: list[Token] = []
    for one in said:
        if one.kind != "word" or one.word in known or len(one.word) <= _LEAST + 1:
            read.append(one)
            continue
        if base := _compared(one.word, language):
            read += [replace(one, word=_MORE[language], end=one.start), replace(one, word=base)]
        else:
            read.append(replace(one, word=_base(one.word, language)))
    return read


@lru_cache(maxsize=4096)
def _base(word: str, language: str) -> str:
    match language:
        case "es":
            return _spanish(word)
        case "en":
            return _english(word)
        case "de":
            return next((one for one in _german(word) if _VERBS & _roles(one, "de")), word)
        case "fr":
            return _french(word)
    return word


def _spanish(word: str) -> str:
    for pattern in (_DIMINUTIVE, _SUPERLATIVE):
        if found := pattern.search(word):
            stem, ending = word[: found.start()], found[1]
            stems = [stem, f"{stem[:-2]}c"] if stem.endswith("qu") else [stem]  # `poquita`
            for one in (form for base in stems for form in (base + ending, f"{base}e", f"{base}es", base)):
                if _QUALITIES & _roles(one, "es"):
                    return one
    found = _PRONOUNS.search(word)
    while found is not None:
        verb = word[: found.start()]
        if len(verb) >= _LEAST and _VERBS & _roles(verb, "es"):
            return verb
        found = _PRONOUNS.search(word, found.start() + 1)
    if word.endswith("mente") and _QUALITIES & _roles(word[:-5], "es"):
        return word[:-5]
    return word


def _english(word: str) -> str:
    bases: list[str] = []
    if word.endswith("ing"):
        stem = word[:-3]
        bases = [stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem]
    elif word.endswith("s"):
        bases = [word[:-1], word[:-2] if word.endswith("es") else word[:-1]]
    if one := next((base for base in bases if len(base) >= _LEAST and _VERBS & _roles(base, "en")), ""):
        return one
    qualities = [word[:-3]] if word.endswith("ish") else []
    qualities += [word[:-2], f"{word[:-3]}y"] if word.endswith("ly") else []
    return next((one for one in qualities if _QUALITIES & _roles(one, "en")), word)


def _german(word: str) -> list[str]:
    """A verb in its other forms."""
    stem = next((word[: -len(end)] for end in ("est", "et", "en", "st", "t", "e") if word.endswith(end)), word)
    return [stem, f"{stem}e", f"{stem}en", f"{stem}t"] if len(stem) >= _LEAST else []


def _french(word: str) -> str:
    if word.endswith("ment") and _QUALITIES & _roles(word[:-4], "fr"):
        return word[:-4]
    stem = next((word[: -len(end)] for end in ("ons", "ez", "er", "ent", "es", "e") if word.endswith(end)), "")
    forms = (f"{stem}e", f"{stem}er", f"{stem}ez") if len(stem) >= _LEAST else ()
    return next((one for one in forms if _VERBS & _roles(one, "fr")), word)


@lru_cache(maxsize=4096)
def _compared(word: str, language: str) -> str:
    """The word that it is the comparative of, nothing where it is none."""
    if language == "de" and (found := _GERMAN_COMPARATIVE.search(word)):
        bases = [word[: found.start()]]
    elif language == "en" and word.endswith("er"):
        stem = word[:-2]
        bases = [stem, f"{stem}e", f"{stem[:-1]}y" if stem.endswith("i") else stem]
        bases += [stem[:-1]] if stem[-1:] == stem[-2:-1] else []
    else:
        return ""
    return next((one for one in bases if len(one) >= _LEAST and "concept" in _roles(one, language)), "")


def _roles(word: str, language: str) -> set[str]:
    found = lexicon(language).by_word.get(word, ())
    return {one.role for one in found if len(one.words) == 1 and not one.after}
