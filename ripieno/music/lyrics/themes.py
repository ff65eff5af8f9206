"""What a theme in free words is about: fields of imagery, and the writer's own turns of phrase that can be sung.

A phrase with its preposition (`in der Nacht`) or article (`the old lighthouse`) is taken as it is written, so that no
grammar of it need be known.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ripieno.music.lyrics import syllables

_NAMING = {
    "en": "the my our your his her their",
    "de": "der die das mein meine dein deine unser unsere",
    "es": "el la los las mi mis tu tus nuestro nuestra",
    "fr": "le la les mon ma mes ton ta tes notre nos",
}
_PLACING = {
    "en": "a an this that",
    "de": "den dem meinem meinen meiner deinem deiner einen einem einer",
    "es": "un una",
    "fr": "un une",
}
_PREPOSITIONS = {
    "en": "at in on under over through across beyond behind beside between along near without after before by",
    "de": "in auf unter über hinter neben zwischen an bei",
    "es": "en bajo sobre entre tras desde sin junto por",
    "fr": "dans sous sur entre derrière devant sans chez par",
}
_STOP = {
    "en": "and or but of to from for with who that is are was were when while where which as than then into out about",
    "de": "und oder aber von zu zum zur für wenn während wo als dann aus ist sind war waren die der wer dass",
    "es": "y e o pero de del a al para con que es son era cuando mientras donde como quien",
    "fr": "et ou mais de du des à au aux pour avec qui que est sont était quand pendant où comme d",
}
_JOINS = {*".,;:!?\n", "and", "und", "y", "et"}  # what a thing that is named by itself may follow
_OBLIQUE = {"to", "of", "from", "for", "with", "a", "de", "para", "con", "à", "pour", "avec", "hacia", "vers"}
_GENITIVE = {"of", "de", "del", "du", "des", "meiner", "deiner", "unserer", "der"}  # a thing of something is cut short
_CONTRACTED = {"de": {"im", "am", "beim"}, "en": set(), "es": set(), "fr": set()}
_BARE = {"en": {"at"}, "de": set(), "es": set(), "fr": set()}
_LONGEST_PHRASE = 3
_MOST_PHRASES = 4
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[.,;:!?\n]", re.UNICODE)


@dataclass(frozen=True)
class Theme:
    """`fields` by their weight in the text; `places` can begin a line (`at night`), `things` are named (`the sea`)."""

    text: str
    fields: tuple[str, ...]
    places: tuple[str, ...]
    things: tuple[str, ...]


def read(text: str, language: str) -> Theme:
    """A theme's fields, places and things; words in other writing systems say nothing here."""
    text = unicodedata.normalize("NFC", text)
    tokens = [token for token in _TOKEN.findall(text) if _is_sung(token) or not token.isalpha()]
    words = [token.lower().replace("’", "'") for token in tokens]
    counts: dict[str, int] = {}
    for word in words:
        for part in {word, *word.split("'"), *word.split("-")}:
            for field in _fields_of(part, language):
                counts[field] = counts.get(field, 0) + 1
    fields = tuple(sorted(counts, key=lambda field: -counts[field]))
    places, things = _phrases(tokens, words, language)
    return Theme(" ".join(text.split()), fields, tuple(places), tuple(things))


def field_names() -> tuple[str, ...]:
    return tuple(_fields())


def name(field: str, language: str) -> str:
    """What a field is called in a language."""
    return _fields()[field][language]["name"]


# -- parts --------------------------------------------------------------------------------------------------------


def _phrases(tokens: list[str], words: list[str], language: str) -> tuple[list[str], list[str]]:
    naming, prepositions = _NAMING[language].split(), _PREPOSITIONS[language].split()
    articles = [*naming, *_PLACING[language].split()]
    stops = {*articles, *prepositions, *_CONTRACTED[language], *_STOP[language].split()}
    places: list[str] = []
    things: list[str] = []
    for n, word in enumerate(words):
        if word in articles:
            found = _noun_phrase(tokens, words, n, stops)
            if found:
                before = words[n - 1] if n else ""
                if before in prepositions:
                    places.append(f"{before} {found}")
                elif word in naming and (before in ("", *_JOINS) or (language != "de" and before not in _OBLIQUE)):
                    things.append(found)
        elif word in _CONTRACTED[language] or word in _BARE[language]:
            found = _noun_phrase(tokens, words, n, stops)
            if found:
                places.append(found)
    short = [[one for one in dict.fromkeys(group) if _size(one, language) <= 7] for group in (places, things)]
    return short[0][:_MOST_PHRASES], short[1][:_MOST_PHRASES]


def _noun_phrase(tokens: list[str], words: list[str], begin: int, stops: set[str]) -> str:
    end = begin + 1
    while end < len(words) and end - begin < _LONGEST_PHRASE and words[end] not in stops and words[end][0].isalpha():
        end += 1
    if end == begin + 1 or (end < len(words) and end - begin == _LONGEST_PHRASE and words[end] not in stops):
        return ""
    if end < len(words) and words[end] in _GENITIVE:
        return ""
    return " ".join([words[begin], *tokens[begin + 1 : end]])


def _size(text: str, language: str) -> int:
    return sum(len(word.syllables) for word in syllables.of_line(text, language))


def _is_sung(token: str) -> bool:
    return all("LATIN" in unicodedata.name(letter, "") for letter in token if letter.isalpha())


def _fields_of(word: str, language: str) -> list[str]:
    exact, begins = _index()[language]
    found = list(exact.get(word, ()))
    found += [field for begin, field in begins if word.startswith(begin) and field not in found]
    return list(dict.fromkeys(found))


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str], ...]]]:
    found = {}
    for language in syllables.LANGUAGES:
        exact: dict[str, tuple[str, ...]] = {}
        begins: list[tuple[str, str]] = []
        for field, entry in _fields().items():
            for word in entry[language]["words"].split():
                if word.endswith("*"):
                    begins.append((word[:-1], field))
                else:
                    exact[word] = (*exact.get(word, ()), field)
        found[language] = (exact, tuple(begins))
    return found


@lru_cache(maxsize=1)
def _fields() -> dict[str, dict[str, dict[str, str]]]:
    read_fields = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return {field: entry for field, entry in read_fields.items() if field != "about"}
