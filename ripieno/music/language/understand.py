"""From a text to what was understood of it."""

from __future__ import annotations

from itertools import pairwise

from ripieno.contracts.understanding import About, Kind, Language, Place, Statement, Stretch, Understanding
from ripieno.music.language import amounts, behind, clauses, correcting, ones, places, statements, styles, terms, themes
from ripieno.music.language.compounds import parted
from ripieno.music.language.derived import derived
from ripieno.music.language.lexicon import LANGUAGES, Lexicon, lexicon
from ripieno.music.language.saying import Said, State
from ripieno.music.language.settling import settled
from ripieno.music.language.terms import Term
from ripieno.music.language.tokens import Token, tokens
from ripieno.music.language.typos import corrected, spelt

_WALTZ = "waltz"
_ENGLISH_FIRST = 0.01


def understand(text: str, *, language: Language | None = None, about: About = "request") -> Understanding:
    """Read a request, a refinement or a comment in the language given, or recognised by its words.

    Raises
    ------
    ValueError
        For a language that nobody reads here.
    """
    known = language or recognised(text)
    said = derived(spelt(parted(tokens(text), known), known), known)
    words = lexicon(known)
    meant = corrected(said, known)
    told = {**ones.read(meant, known), **amounts.keys(meant, words, text)}
    found = amounts.read(terms.read(meant, words, told), meant)
    found = themes.labelled(places.read(found, words), said, words)
    state = State(words, about)
    for sentence in correcting.mended(clauses.sentences(found, said, text)):
        statements.read(state, sentence)
    sure, doubted = settled(state.said, about)
    read = [*(_statement(one, said, text) for one in sure), *_styles(found, said, text, words)]
    read += _meter_of(read) if about != "comment" else []
    read = behind.told(read, found, said)
    read = _once(sorted(read, key=lambda one: (one.words.start, one.words.end)))
    return Understanding(text=text, language=known, statements=read, not_understood=_unread(found, doubted, said, text))


def recognised(text: str) -> Language:
    """The language that knows most of the words, and whose letters they are written with; English where several do."""
    said, letters = tokens(text), set(text.lower())

    def fit(name: str) -> float:
        words = lexicon(name)
        return _known(said, words) + len(letters & set(words.letters)) + _ENGLISH_FIRST * (name == "en")

    return max(LANGUAGES, key=fit)


def _known(said: list[Token], words: Lexicon) -> float:
    """How many words are read; a phrase says more than its words."""
    said = derived(spelt(parted(said, words.name), words.name), words.name)
    found = [term for term in terms.read(said, words) if said[term.first].kind == "word"]
    return sum(
        (term.last - term.first + len(term.also)) * (0.9 + 0.1 * (term.last - term.first))
        for term in found
        if term.role != "unknown"
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _statement(one: Said, said: list[Token], text: str) -> Statement:
    start, end = said[one.first].start, said[one.last - 1].end
    value = one.value
    if one.kind == Kind.THEME:
        first = said[one.first].word  # `Geburtstag` of `Geburtstagslied`
        is_half = one.last - one.first == 1 and text[start:end].lower().startswith(first)
        value = text[start : start + len(first)] if is_half else text[start:end]
    return Statement(
        kind=one.kind,
        parts=one.parts,
        but_parts=list(dict.fromkeys(one.but_parts)) if not one.parts else [],
        places=_distinct(one.places),
        but_places=_distinct(one.but_places),
        only=one.only and bool(one.places),
        amount=one.amount,
        unit=one.unit,  # pyright: ignore
        absolute=one.absolute,
        value=value,
        negated=one.negated,
        words=Stretch(start=start, end=end, text=text[start:end]),
    )


def _distinct(found: list[Place]) -> list[Place]:
    return [place for number, place in enumerate(found) if place not in found[:number]]


def _styles(found: list[Term], said: list[Token], text: str, words: Lexicon) -> list[Statement]:
    """The style, or the blend, that is asked for, and those that are not to be."""
    named = [term for term in found if term.role == "style"]
    lowered = "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
    read: list[Statement] = []
    for term in named:
        start, end = said[term.first].start, said[term.last - 1].end
        if term.data is True:
            lowered = lowered[:start] + " " * (end - start) + lowered[end:]
            stretch = Stretch(start=start, end=end, text=text[start:end])
            read.append(Statement(kind=Kind.STYLE, value=term.value, negated=True, words=stretch))
    wanted = [term for term in named if term.data is not True]
    for before, one in reversed(list(pairwise(said))):
        if before.end == one.start:  # halves of a compound
            lowered = f"{lowered[: one.start]} {lowered[one.start :]}"
    heard = styles.heard(f" {lowered} ", words.styles)
    if heard and wanted:
        start, end = said[wanted[0].first].start, said[wanted[-1].last - 1].end
        stretch = Stretch(start=start, end=end, text=text[start:end])
        read.append(Statement(kind=Kind.STYLE, value=heard, absolute=True, words=stretch))
    return read


def _meter_of(read: list[Statement]) -> list[Statement]:
    """A waltz is in three, if nobody says otherwise."""
    style = next((one for one in read if one.kind == Kind.STYLE and one.value == _WALTZ and not one.negated), None)
    if style is None or any(one.kind == Kind.METER for one in read):
        return []
    return [Statement(kind=Kind.METER, value="3/4", absolute=True, words=style.words)]


def _once(statements: list[Statement]) -> list[Statement]:
    """What was said twice in the same words is one statement."""
    return list({one.model_dump_json(): one for one in statements}.values())


def _unread(found: list[Term], doubted: list[Said], said: list[Token], text: str) -> list[Stretch]:
    """The stretches that no rule read, or nobody can believe."""
    lost = [(term.first, term.last) for term in found if not term.used] + [(one.first, one.last) for one in doubted]
    unread = sorted({at for first, last in lost for at in range(first, last)})
    stretches: list[Stretch] = []
    for at in unread:
        start, end = said[at].start, said[at].end
        if said[at].kind == "mark":
            continue
        if stretches and at - 1 in unread and "\n" not in text[stretches[-1].end : start]:
            start = stretches.pop().start
        stretches.append(Stretch(start=start, end=end, text=text[start:end]))
    return stretches
