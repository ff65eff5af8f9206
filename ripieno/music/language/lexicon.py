"""The vocabulary of a language: phrases with what they do in a sentence, from a data file each.

`common.json` has what the languages share: concepts (what `louder` changes, and which is its opposite), names of styles
and of parts and sections that need no translation. `en.json`, `de.json`, ... have the words. `instruments.json` has all
instruments in all languages, those too that cannot be had (with their `stem`), and the pieces of a drum kit.

In a phrase, a last letter that is a key of `endings` stands for each of them (`laut*`), and `…` for some words between
(`leave … out`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Language
from ripieno.music.genres import all_genres
from ripieno.music.instruments import all_instruments
from ripieno.music.language import behind, counting
from ripieno.music.language.roles import FILLS, REMOVES, ROLES, SPECIAL
from ripieno.music.language.tokens import fold, tokens

LANGUAGES: tuple[Language, ...] = ("en", "de", "es", "fr")
GAP = "…"
BAD = "bad"  # a concept's word that complains
DOUBT = "not?"  # stands for a word that may be a negator misspelt
Measure = Literal[
    "dB", "LUFS", "bpm", "%", "octave", "semitone", "tone", "minor third", "major third", "fourth", "fifth", "bar",
    "second", "minute",
]  # fmt: skip


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Concept(_Data):
    """`amount` -1..1 of `kind`, or a `value`; `opposite` is the value of its reversal."""

    kind: Kind
    amount: float | None = Field(default=None, ge=-1, le=1)
    value: str | None = None
    opposite: str | None = None


class _Common(_Data):
    concepts: dict[str, Concept]
    styles: dict[str, list[str]]
    units: dict[Measure, list[str]]
    parts: dict[StemType, list[str]]
    sections: dict[str, list[str]]
    fill: list[str]

    @model_validator(mode="after")
    def _known_styles(self) -> _Common:
        unknown = set(self.styles) - set(all_genres())
        if unknown:
            raise ValueError(f"words for styles that are not there: {', '.join(sorted(unknown))}")
        return self


class Forms(_Data):
    """The words of a concept: as such, as a complaint that it is so (`muddy`), as a comparative, as a noun."""

    words: list[str] = []
    bad: list[str] = []
    more: list[str] = []
    noun: list[str] = []


class _Keys(_Data):
    tonics: dict[str, str]
    sharp: list[str] = []
    flat: list[str] = []
    major: list[str]
    minor: list[str]


class _Language(_Data):
    letters: str = ""
    spellings: dict[str, str] = {}
    compounds: bool = False
    endings: dict[str, list[str]] = {}
    roles: dict[str, list[str]]
    degrees: dict[str, float]
    ordinals: dict[str, int]
    numbers: dict[str, float]
    units: dict[Measure, list[str]]
    parts: dict[StemType, list[str]]
    sections: dict[str, list[str]]
    concepts: dict[str, Forms]
    keys: _Keys
    meters: dict[str, list[str]] = {}
    languages: dict[str, list[str]]

    @model_validator(mode="after")
    def _known(self) -> _Language:
        if unknown := set(self.roles) - set(ROLES):
            raise ValueError(f"not known: {', '.join(sorted(unknown))}")
        return self


class _Instrument(_Data):
    """What an instrument is called; `stem` for one that cannot be had, `piece` for a piece of the drum kit."""

    stem: StemType | None = None
    piece: bool = False
    en: list[str] = []
    de: list[str] = []
    es: list[str] = []
    fr: list[str] = []

    def words(self, language: str) -> list[str]:
        return {"en": self.en, "de": self.de, "es": self.es, "fr": self.fr}[language]


@dataclass(frozen=True)
class Entry:
    """One phrase: its words, those after a gap, its role and value."""

    words: tuple[str, ...]
    after: tuple[str, ...]
    role: str
    value: str = ""

    @property
    def weight(self) -> int:
        return len(self.words) + len(self.after)


@dataclass(frozen=True)
class Lexicon:
    """Phrases by their first word, the longest first."""

    name: str
    by_word: dict[str, tuple[Entry, ...]]
    concepts: dict[str, Concept]
    degrees: dict[str, float]
    ordinals: dict[str, int]
    numbers: dict[str, float]
    keys: _Keys
    styles: dict[str, list[str]] = field(default_factory=dict)
    letters: str = ""
    spellings: dict[str, str] = field(default_factory=dict)
    vocabulary: frozenset[str] = frozenset()
    has_compounds: bool = False


@lru_cache(maxsize=len(LANGUAGES))
def lexicon(name: str) -> Lexicon:
    """
    Raises
    ------
    ValueError
        For a language that is not there, and for data that cannot be right.
    """
    if name not in LANGUAGES:
        raise ValueError(f"there is no language {name!r}: choose from {', '.join(LANGUAGES)}")
    common, own = _common(), _Language.model_validate_json(_read(name))
    unknown = set(own.concepts) - set(common.concepts)
    if unknown:
        raise ValueError(f"{name}.json has words for concepts that are not there: {', '.join(sorted(unknown))}")
    entries: list[Entry] = []

    def add(phrases: list[str], role: str, value: str = "") -> None:
        for phrase in phrases:
            entries.extend(_entries(phrase, role, value, own.endings))

    for role, phrases in own.roles.items():
        if role in FILLS:
            add(phrases, "fill", role)
        elif role == "under":
            add(phrases, "crop", role)
        elif role in ("never", "ought not", "is not"):
            add(phrases, "not", role)
        elif role in ("elsewhere", "kept"):
            add(phrases, "others", role)
        elif role == "then":
            add(phrases, "and", role)
        elif role in SPECIAL:
            add(phrases, SPECIAL[role], role)
        elif role == "very":
            add(phrases, "too", role)
        elif role == "lacks":
            add(phrases, "more", role)
        elif role == "own":
            add(phrases, "the", role)
        elif role != "fill":
            add(phrases, "remove" if role in REMOVES else role, role if role in REMOVES else "")
    add(own.roles.get("fill", []), "fill")
    entries.append(Entry((DOUBT,), (), "doubt"))
    add(common.fill, "fill")
    for degree in own.degrees:
        add([degree], "degree", degree)
    for ordinal in own.ordinals:
        add([ordinal], "ordinal", ordinal)
    counted = counting.numbers(name) | own.numbers
    for number in counted:
        add([number], "number", number)
    for both in (common, own):
        for unit, phrases in both.units.items():
            add(phrases, "unit", unit)
        for part, phrases in both.parts.items():
            add(phrases, "part", part)
        for section, phrases in both.sections.items():
            add(phrases, "section", section)
    known_parts = {phrase for phrases in common.parts.values() for phrase in phrases}
    for instrument, named in _instruments().items():
        known_instrument = all_instruments().get(instrument)
        phrases = [instrument, *(known_instrument.words if known_instrument else []), *named.words(name)]
        role, value = ("part", f"{named.stem}/{instrument}") if named.piece else ("instrument", instrument)
        if known_instrument is None and not named.piece:
            role = "absent"
        if name == "en":
            phrases += [f"{phrase}s" for phrase in phrases if not phrase.endswith("s")]
        add([phrase for phrase in phrases if phrase not in known_parts], role, value)
    for detail, phrases in behind.phrases(name).items():
        add(phrases, "instrument", f"{behind.STANDS_FOR}/{detail}")
    for concept, forms in own.concepts.items():
        add(forms.words, "concept", concept)
        add(forms.bad, "concept", f"{concept}/{BAD}")
        add(forms.more, "comparative", concept)
        add(forms.noun, "noun", concept)
    add([*own.keys.major, *own.keys.minor], "mode")
    for meter, phrases in own.meters.items():
        add(phrases, "meter", meter)
    for language, phrases in own.languages.items():
        add(phrases, "language", language)
    styles = {style: [style, *common.styles.get(style, [])] for style in all_genres()}
    for style, phrases in styles.items():
        add(phrases, "style", style)
    sung = f"{behind.STANDS_FOR}/"
    backing = {one.words for one in entries if one.value.startswith(sung)}
    by_word: dict[str, list[Entry]] = {}
    for entry in dict.fromkeys(entries):
        if (
            entry.words in backing
            and not entry.value.startswith(sung)
            and entry.role in ("part", "instrument", "absent")
        ):
            continue  # who sings behind a lead is not the lead
        by_word.setdefault(entry.words[0], []).append(entry)
    ordered = {word: tuple(sorted(found, key=lambda one: -one.weight)) for word, found in by_word.items()}
    return Lexicon(
        name,
        ordered,
        common.concepts,
        own.degrees,
        own.ordinals,
        counted,
        own.keys,
        styles,
        own.letters,
        {fold(short): fold(word) for short, word in own.spellings.items()},
        frozenset(word for one in entries for word in (*one.words, *one.after)),
        own.compounds,
    )


@lru_cache(maxsize=1)
def _common() -> _Common:
    return _Common.model_validate_json(_read("common"))


@lru_cache(maxsize=1)
def _instruments() -> dict[str, _Instrument]:
    """
    Raises
    ------
    ValueError
        Where the table and that of the instruments that can be had (`music/instruments.json`) disagree.
    """
    found = TypeAdapter(dict[str, _Instrument]).validate_json(_read("instruments"))
    wrong = {name for name, one in found.items() if (one.stem is None) != (name in all_instruments())}
    if wrong := wrong | (set(all_instruments()) - set(found)):
        raise ValueError(f"either to be had, or with a stem: {', '.join(sorted(wrong))}")
    return found


def _read(name: str) -> str:
    return Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8")


def _entries(phrase: str, role: str, value: str, endings: dict[str, list[str]]) -> list[Entry]:
    """A phrase in all its forms."""
    forms = [""]
    for word in phrase.split():
        ends = endings.get(word[-1]) if len(word) > 1 else None
        forms = [f"{form} {one}" for form in forms for one in ([word[:-1] + end for end in ends] if ends else [word])]
    found = []
    for form in forms:
        before, _, after = form.partition(GAP)
        words = tuple(one.word for one in tokens(before))
        found.append(Entry(words, tuple(one.word for one in tokens(after)), role, value))
    return found
