"""The phrases that lines are made of, one file a language.

A line of a file is `fields marks | phrase`. Fields are those of `themes.json`, or `*` for any. Marks: `s` scene, `t`
turn, `h` hook, `c` contrast (the sections it suits); `+` bright, `-` dark; `^` lively, `v` calm; `f` a fragment, which
is no clause; `x` what cannot follow an opener. In a phrase `(…)` may be left out and `[a|b]` is one of some; `<subject:verb>` is turned around after an
opener, in German. Openers go before a clause; endings are whole clauses, gathered by their rhyme.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path

from ripieno.music.lyrics import syllables, themes

_MOST_VARIANTS = 32
_FUNCTIONS = "sthc"
_MARKS = {*_FUNCTIONS, *"+-^vfx"}
_SUBJECTS = {"ich", "du", "er", "sie", "es", "wir", "ihr", "man"}
_OBJECTS = {"mich", "dich", "sich", "uns", "euch", "mir", "dir", "ihm", "ihr"}


@dataclass(frozen=True)
class Phrase:
    """One way to say a phrase. `stress` has bit n for its syllable n; `source` is the phrase that it is a way of;
    `rhyme` the family of an ending, and `last` the word that rhymes."""

    text: str
    source: int
    syllables: int
    stress: int
    words: frozenset[str]
    last: str
    fields: frozenset[str]
    functions: frozenset[str]
    valence: int = 0
    arousal: int = 0
    rhyme: str = ""
    is_fragment: bool = False


@dataclass(frozen=True)
class Phrases:
    """A language's. `after` are the endings as they follow an opener, by their rhyme like `endings`. `own` are the ways
    to take up a writer's words, by kind; `about` says what a section's theme is called."""

    openers: tuple[Phrase, ...]
    endings: dict[str, tuple[Phrase, ...]]
    after: dict[str, tuple[Phrase, ...]]
    titles: tuple[Phrase, ...]
    leads: tuple[Phrase, ...]
    own: dict[str, tuple[str, ...]]
    about: dict[str, str]


@lru_cache(maxsize=4)
def of(language: str) -> Phrases:
    """Read, unfolded and measured.

    Raises
    ------
    ValueError
        Where a line of the file is not written as it should be.
    """
    text = Path(__file__).with_name(f"phrases.{language}.txt").read_text(encoding="utf-8")
    groups: dict[str, list[Phrase]] = {"openers": [], "titles": [], "leads": []}
    endings: dict[str, list[Phrase]] = {}
    after: dict[str, list[Phrase]] = {}
    own: dict[str, list[str]] = {}
    about: dict[str, str] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("=="):
            section = line.strip("= ")
            continue
        head, bar, body = line.partition("|")
        if not bar or not body.strip():
            raise ValueError(f"phrases.{language}.txt, line {number}: `fields marks | phrase` is missing a part")
        kind, body = head.strip(), body.strip()
        if section == "themes":
            about[kind] = body
        elif section == "own":
            own.setdefault(kind, []).append(body)
        elif section.startswith("endings "):
            family = section.split()[1]
            endings.setdefault(family, []).extend(_ways(kind, body, number, language, rhyme=family))
            after.setdefault(family, []).extend(_ways(kind, body, number, language, rhyme=family, turned=True))
        else:
            groups[section].extend(_ways(kind, body, number, language))
    return Phrases(
        tuple(groups["openers"]),
        {family: tuple(found) for family, found in endings.items()},
        {family: tuple(found) for family, found in after.items()},
        tuple(groups["titles"]),
        tuple(groups["leads"]),
        {kind: tuple(found) for kind, found in own.items()},
        about,
    )


def measured(text: str, language: str, *, source: int = -1, fields: frozenset[str] = frozenset()) -> Phrase:
    """A phrase of somebody's own."""
    return _measure(text, language, Phrase("", source, 0, 0, frozenset(), "", fields, frozenset()))


def unfolded(body: str) -> list[str]:
    """Every way to read `(…)` and `[a|b]`, at most 32 of them, spread over all."""
    parts = _parse(re.findall(r"[()\[\]|]|[^()\[\]|]+", body))
    ways = [" ".join("".join(way).split()) for way in product(*parts)]
    ways = [re.sub(r"\s+([,:])", r"\1", way) for way in dict.fromkeys(ways) if way]
    step = max(1, -(-len(ways) // _MOST_VARIANTS))
    return ways[::step]


# -- parts --------------------------------------------------------------------------------------------------------


def _parse(tokens: list[str]) -> list[list[str]]:
    """The choices at each place of a phrase."""
    places: list[list[str]] = []
    n = 0
    while n < len(tokens):
        if tokens[n] in "([":
            closing = ")" if tokens[n] == "(" else "]"
            depth, end = 1, n + 1
            while end < len(tokens):
                depth += (tokens[end] == tokens[n]) - (tokens[end] == closing)
                if depth == 0:
                    break
                end += 1
            if end == len(tokens):
                raise ValueError(f"a bracket stays open in {''.join(tokens)!r}")
            inner = tokens[n + 1 : end]
            choices = _alternatives(inner)
            if closing == ")" or len(choices) == 1:
                choices = [*choices, ""]
            places.append(list(dict.fromkeys(choices)))
            n = end + 1
        else:
            places.append([tokens[n]])
            n += 1
    return places


def _alternatives(tokens: list[str]) -> list[str]:
    groups: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in "([") - (token in ")]")
        if token == "|" and depth == 0:
            groups.append([])
        else:
            groups[-1].append(token)
    return ["".join(way) for group in groups for way in product(*_parse(group))]


def _ways(head: str, body: str, number: int, language: str, *, rhyme: str = "", turned: bool = False) -> list[Phrase]:
    fields, _, marks = head.partition(" ")
    named = frozenset(fields.split(",")) - {"*"}
    chosen = set(marks.replace(" ", ""))
    wrong = [*(named - {*themes.field_names()}), *(chosen - _MARKS)]
    if wrong:
        raise ValueError(f"phrases.{language}.txt, line {number}: nothing is called {', '.join(wrong)}")
    frame = Phrase(
        "", number, 0, 0, frozenset(), "", named, frozenset(chosen & set(_FUNCTIONS)),
        ("+" in chosen) - ("-" in chosen), ("^" in chosen) - ("v" in chosen), rhyme, "f" in chosen,
    )  # fmt: skip
    if turned and ("x" in chosen or body.endswith(">") or (language == "de" and "<" not in body and "f" not in chosen)):
        return []
    put = _turned if turned else r"\1 \2\3"
    return [_measure(re.sub(r"<([^:>]*):([^>]*)>( \w+)?", put, way), language, frame) for way in unfolded(body)]


def _turned(match: re.Match[str]) -> str:
    """Verb before subject; a small pronoun goes before a subject that is a noun: `trägt uns die Nacht`."""
    subject, verb, after = match[1], match[2], match[3] or ""
    if after.strip() in _OBJECTS and subject not in _SUBJECTS:
        return f"{verb}{after} {subject}"
    return f"{verb} {subject}{after}"


def _measure(text: str, language: str, frame: Phrase) -> Phrase:
    words = syllables.of_line(text, language)
    marks = [stress for word in words for stress in word.stress]
    return Phrase(
        text, frame.source, len(marks), sum(1 << n for n, stress in enumerate(marks) if stress),
        frozenset(word.text.lower() for word in words if any(word.stress) and len(word.text) > 2),
        words[-1].text.lower() if words else "", frame.fields, frame.functions, frame.valence, frame.arousal,
        frame.rhyme, frame.is_fragment,
    )  # fmt: skip
