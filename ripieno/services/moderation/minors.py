"""Sexual words about minors, near each other in one sentence.

What is said of a children's choir or of a sexy groove is not; words that may tell of a crime (`rape`, `sex`) are not
where the sentence also speaks of survivors, protection or education.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ripieno.services.moderation.finding import Finding, data
from ripieno.services.moderation.words import any_of, disguises

_MESSAGE = "nothing sexual about minors is made here"
_NEAR = 12  # words
_ADULT = 18
_SENTENCE = re.compile(r"[.!?;\n]+")
_AGE = re.compile(
    r"(?<!\d)(?P<years>\d{1,2})[\s-]*(?:years?|yrs?|yo|y/o)[\s-]*(?:olds?)?\W+(?P<en>\w+)"
    r"|(?<!\d)(?P<jahre>\d{1,2})[\s-]?jahrige\w*\W+(?P<de>\w+)"
    r"|(?<!\w)(?P<who>\w+)\W+(?:of|de|von)\W+(?P<anos>\d{1,2})(?:\W+(?:anos|ans|jahren))?(?!\d)"
)
_AS_A_CHILD = re.compile(r"^\W*(?:as|like|wie|como|comme)\W+(?:a|the|ein|eine|un|une|una)?\W*(?:newborn\W+)?$")


class _Patterns(NamedTuple):
    alone: re.Pattern[str]
    who: re.Pattern[str]
    explicit: re.Pattern[str]
    delicate: re.Pattern[str]
    excused: re.Pattern[str]
    music: re.Pattern[str]
    sounds: re.Pattern[str]
    person: re.Pattern[str]
    never: re.Pattern[str]
    bare: re.Pattern[str]


def found(folded: str) -> Finding | None:
    """In a folded text."""
    its = _patterns()
    for text in disguises(folded):
        if one := its.alone.search(text):
            return _finding(one[0])
        for sentence in _SENTENCE.split(text):
            if words := _in_sentence(its.never.sub(" ", sentence), its):
                return _finding(words)
    return None


def _in_sentence(sentence: str, its: _Patterns) -> str | None:
    minors = [one.span() for one in its.who.finditer(sentence) if not its.music.match(sentence[one.end() :])]
    minors += [one.span() for one in _AGE.finditer(sentence) if _is_young(one, its)]
    if not minors:
        return None
    sexual = [one.span() for one in its.explicit.finditer(sentence) if not its.sounds.match(sentence[one.end() :])]
    if not its.excused.search(sentence):
        sexual += [one.span() for one in its.delicate.finditer(sentence)]
    for who in minors:
        for what in sexual:
            first, second = sorted((who, what))
            between = sentence[first[1] : second[0]]
            is_bare = first == what and its.bare.fullmatch(sentence[what[0] : what[1]]) and _AS_A_CHILD.match(between)
            if len(between.split()) <= _NEAR and not is_bare:
                return sentence[first[0] : second[1]]
    return None


def _is_young(age: re.Match[str], its: _Patterns) -> bool:
    """Whether somebody is that old: whisky is not meant."""
    years = age["years"] or age["jahre"] or age["anos"]
    whose = age["en"] or age["de"] or age["who"]
    return int(years) < _ADULT and its.person.fullmatch(whose) is not None


def _finding(words: str) -> Finding:
    return Finding("minors.sexual", "minors", words, _MESSAGE)


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    its = data("minors")
    who = any_of(its["who"])
    near = rf"(?<!\w)fuck(?:s|ed)?\W+(?:(?:a|an|the|my|that|this|some|with|little|young)\W+){{0,3}}{who}"
    behind = r"(?:'s|s')?[\W_]{1,3}(?:\w+[\W_]{1,3})?"
    return _Patterns(
        re.compile(f"{any_of(its['alone'])}|{near}"),
        re.compile(who),
        re.compile(any_of(its["explicit"])),
        re.compile(any_of(its["delicate"])),
        re.compile(any_of(its["excused_by"])),
        re.compile(behind + any_of(its["music"])),
        re.compile(r"[\W_]{1,3}(?:\w+[\W_]{1,3})?" + any_of(its["sounds"])),
        re.compile(any_of(its["person"])),
        re.compile(any_of(its["never_meant"])),
        re.compile(any_of(its["bare"])),
    )
