"""The phrases that lines are made of, one file a language.

A line of a file is `fields marks | phrase`. Fields are those of `themes.json`, or `*` for any. Marks say which sections
it suits (`s` scene, `t` turn, `h` hook, `c` contrast), its mood (`+` bright, `-` dark, `^` lively, `v` calm), and that
it is a fragment (`f`, no clause) or cannot follow an opener (`x`). In a phrase `(...)` and `[...]` may be left out,
`[a|b]` is one of some, and `<subject:verb>` is turned around after an opener, in German. Openers go before a clause;
endings are whole clauses, gathered by their rhyme.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from pathlib import Path

from ripieno.music.lyrics import syllables, themes

_MOST_VARIANTS = 32
_FUNCTIONS = "sthc"
_MARKS = {*_FUNCTIONS, *"+-^vfx"}
_TURNING = {"de"}  # languages whose verb goes before its subject after an opener
_SUBJECTS = {"ich", "du", "er", "sie", "es", "wir", "ihr", "man"}
_OBJECTS = {"mich", "dich", "sich", "uns", "euch", "mir", "dir", "ihm", "ihr"}


@dataclass(frozen=True)
class Phrase:
    """One way to say something. `stress` has bit n for its syllable n; `source` is the number of what it is a way of;
    `words` are those with a meaning, `last` the one that rhymes, in `rhyme`, its family."""

    text: str
    source: int
    syllables: int
    stress: int
    words: frozenset[str]
    last: str
    rhyme: str = ""
    fields: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    is_fragment: bool = False


@dataclass(frozen=True)
class Source:
    """A phrase as it is written in the file, and the `ways` to say it, by their number of syllables."""

    number: int
    fields: frozenset[str]
    functions: frozenset[str]
    valence: int
    arousal: int
    is_fragment: bool
    ways: dict[int, tuple[Phrase, ...]]


@dataclass(frozen=True)
class Phrases:
    """A language's. `after` are the endings as they follow an opener, by their rhyme like `endings`. `own` are the ways
    to take up a writer's words, by kind; `about` says what a section's theme is called."""

    openers: tuple[Source, ...]
    endings: dict[str, tuple[Source, ...]]
    after: dict[str, tuple[Source, ...]]
    titles: tuple[Source, ...]
    leads: tuple[Source, ...]
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
    groups: dict[str, list[Source]] = {"openers": [], "titles": [], "leads": []}
    straight: dict[str, list[Source]] = {}
    turned: dict[str, list[Source]] = {}
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
        head, bar, body = (part.strip() for part in line.partition("|"))
        if not bar or not body:
            raise ValueError(f"phrases.{language}.txt, line {number}: `fields marks | phrase` is missing a part")
        if section == "themes":
            about[head] = body
        elif section == "own":
            own.setdefault(head, []).append(body)
        elif section.startswith("endings "):
            family = section.split()[1]
            straight.setdefault(family, []).append(_source(head, body, number, language, rhyme=family))
            turned.setdefault(family, []).append(_source(head, body, number, language, rhyme=family, turned=True))
        elif section in groups:
            groups[section].append(_source(head, body, number, language))
        else:
            raise ValueError(f"phrases.{language}.txt, line {number}: there is no part called {section!r}")
    return Phrases(
        tuple(groups["openers"]),
        {family: tuple(found) for family, found in straight.items()},
        {family: tuple(one for one in found if one.ways) for family, found in turned.items()},
        tuple(groups["titles"]),
        tuple(groups["leads"]),
        {kind: tuple(found) for kind, found in own.items()},
        about,
    )


def measured(text: str, language: str, *, source: int = -1, rhyme: str = "") -> Phrase:
    """A phrase with its syllables and stresses."""
    words = syllables.of_line(text, language)
    marks = [stress for word in words for stress in word.stress]
    meant = frozenset(word.text.lower() for word in words if any(word.stress) and len(word.text) > 2)
    stress = sum(1 << n for n, one in enumerate(marks) if one)
    return Phrase(text, source, len(marks), stress, meant, words[-1].text.lower() if words else "", rhyme)


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


def _alternatives(pieces: list[str]) -> list[str]:
    groups: list[list[str]] = [[]]
    depth = 0
    for piece in pieces:
        depth += (piece in "([") - (piece in ")]")
        if piece == "|" and depth == 0:
            groups.append([])
        else:
            groups[-1].append(piece)
    return ["".join(way) for group in groups for way in product(*_parse(group))]


def _source(head: str, body: str, number: int, language: str, *, rhyme: str = "", turned: bool = False) -> Source:
    named, _, written = head.partition(" ")
    fields, marks = frozenset(named.split(",")) - {"*"}, set(written.replace(" ", ""))
    wrong = [*(fields - {*themes.field_names()}), *(marks - _MARKS)]
    if wrong:
        raise ValueError(f"phrases.{language}.txt, line {number}: nothing is called {', '.join(sorted(wrong))}")
    stays = bool(marks & {"x", "f"}) or (language in _TURNING and (body.endswith(">") or "<" not in body))
    functions = frozenset(marks & set(_FUNCTIONS))
    ways: dict[int, list[Phrase]] = {}
    for way in [] if turned and stays else unfolded(body):
        text = re.sub(r"<([^:>]*):([^>]*)>( \w+)?", _turned if turned and language in _TURNING else r"\1 \2\3", way)
        phrase = replace(
            measured(text, language, source=number, rhyme=rhyme),
            fields=fields,
            functions=functions,
            is_fragment="f" in marks,
        )
        ways.setdefault(phrase.syllables, []).append(phrase)
    return Source(
        number,
        fields,
        functions,
        ("+" in marks) - ("-" in marks),
        ("^" in marks) - ("v" in marks),
        "f" in marks,
        {size: tuple(found) for size, found in ways.items()},
    )


def _turned(match: re.Match[str]) -> str:
    """Verb before subject; a small pronoun goes before a subject that is a noun: `trägt uns die Nacht`."""
    subject, verb, after = match[1], match[2], match[3] or ""
    is_last = match.end() == len(match.string)
    if after.strip() in _OBJECTS and subject not in _SUBJECTS and not is_last:
        return f"{verb}{after} {subject}"
    return f"{verb} {subject}{after}"
