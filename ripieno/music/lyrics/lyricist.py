"""The lyricist that works offline: drafts from a theme, a mood and the syllables that a melody wants.

Lines are put together from phrases (`phrases.py`): a clause, or an opener and a clause. Every choice weighs imagery,
what the section is for, mood, stress on the strong beats, and what has been said already. The same brief gives the same
words.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from ripieno.contracts.lyrics import (
    MOST_DRAFTS,
    LinePattern,
    LyricLine,
    Lyrics,
    LyricsBrief,
    LyricSection,
    LyricSectionForm,
)
from ripieno.music.lyrics import meter, phrases, syllables, themes
from ripieno.music.lyrics.lines import Line, Lines
from ripieno.music.lyrics.ranking import Said

_RETURNING = {"chorus", "pre-chorus", "prechorus", "post-chorus", "hook", "refrain", "drop"}
_HOOKED = {"chorus", "hook", "refrain", "drop", "outro"}
_FUNCTIONS = {"bridge": "c", "chorus": "h", "hook": "h", "refrain": "h", "drop": "h", "outro": "h", "post-chorus": "h"}
_NAMED = {"s": "scene", "t": "turn", "h": "hook", "c": "contrast"}
_DARK, _BRIGHT = ("night", "memory", "loss"), ("hope", "freedom", "dream")
_FIELDS_A_DRAFT = 3
_FAMILIES_TRIED, _FAMILIES_AT_MOST = 3, 6  # rhymes for a group of lines; more where none is good
_CONTENT = 1.5
_NO_RHYME = 100.0
_TITLE_SYLLABLES = 8


def drafts(brief: LyricsBrief, *, count: int = 3) -> list[Lyrics]:
    """So many different lyrics for one brief, each with a title of its own unless the brief has one.

    Raises
    ------
    ValueError
        For a number of drafts that is not 1 to 8.
    """
    if not 1 <= count <= MOST_DRAFTS:
        raise ValueError(f"{count} drafts cannot be written: ask for 1 to {MOST_DRAFTS}")
    theme = themes.read(brief.theme, brief.language)
    said = Said()
    titles: set[str] = set()
    written = []
    for number in range(count):
        draft = _Draft(brief, theme, number, said, titles).write()
        titles.add(draft.title)
        written.append(draft)
        said.next_draft()
    return written


@dataclass
class _Draft:
    brief: LyricsBrief
    theme: themes.Theme
    number: int
    said: Said
    titles_before: set[str]
    world: tuple[str, ...] = ()
    recent_rhymes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        brief = self.brief
        self.rng = random.Random(f"{brief.seed}/{self.number}/{brief.language}/{brief.theme}")
        self.world = _world(self.theme.fields, brief, self.number, self.rng)
        self.lines = Lines(brief, self.theme, self.world, self.said, self.rng)

    def write(self) -> Lyrics:
        self.title = self._title()
        sections: list[LyricSection] = []
        returning: dict[str, LyricSection] = {}
        verses = 0
        for form in self.brief.form:
            kind = kind_of(form.label)
            verses += kind == "verse"
            function = _FUNCTIONS.get(kind) or ("s" if verses < 2 and kind in ("verse", "intro") else "t")
            before = returning.get(kind)
            if before is not None and _fits(before, form):
                lines = [one.model_copy(deep=True) for one in before.lines[: len(form.lines)]]
                section = LyricSection(label=form.label, theme=before.theme, lines=lines)
            else:
                theme = self._about(function, verses)
                section = LyricSection(label=form.label, theme=theme, lines=self._section(form, kind, function))
                if kind in _RETURNING and form.lines:
                    returning[kind] = section
            sections.append(section)
        return Lyrics(title=titled(self.title, self.brief.language), language=self.brief.language, sections=sections)

    # -- a section ------------------------------------------------------------------------------------------------

    def _section(self, form: LyricSectionForm, kind: str, function: str) -> list[LyricLine]:
        hooked = kind in _HOOKED
        scheme = meter.schemes("chorus" if hooked else kind, len(form.lines), self.rng.randrange(6) + self.number)
        hooks = {0, 2} if hooked and len(form.lines) > 3 else {0} if hooked else set()
        found: dict[int, Line] = {}
        self.said.next_section()
        letters = list(dict.fromkeys(scheme.replace(".", "")))
        groups = [[n for n, one in enumerate(scheme) if one == letter] for letter in letters]
        groups += [[n] for n, one in enumerate(scheme) if one == "."]
        for group in sorted(groups):
            found.update(self._rhyming(group, form.lines, hooks, function, rhymed=scheme[group[0]] != "."))
        named: dict[str, str] = {}
        lines = []
        for n, one in enumerate(scheme):
            words = syllables.of_line(found[n].text, self.brief.language)
            letter = "" if one == "." else named.setdefault(one, chr(ord("A") + len(named)))
            lines.append(LyricLine(text=found[n].text, syllables=syllables.written(words), rhyme=letter))
        return lines

    def _rhyming(
        self, group: list[int], forms: list[LinePattern], hooks: set[int], function: str, *, rhymed: bool
    ) -> dict[int, Line]:
        """Lines that rhyme with one another, in the best of a few families; one that need not, in any."""
        tries: list[tuple[float, dict[int, Line], str]] = []
        families = self.lines.families(function, self.recent_rhymes) if rhymed else [""]
        for family in families:
            found: dict[int, Line] = {}
            total = 0.0
            for place in group:
                hook = self.title if place in hooks else ""
                line = self.lines.write(forms[place], function, family, [*found.values()], hook)
                found[place] = line
                total += line.score
            real = len({line.last for line in found.values()}) == len(group) and all(
                line.rhyme == family for line in found.values() if rhymed
            )
            tries.append((total / len(group) - (0 if real else _NO_RHYME), found, family))
            best = max(one[0] for one in tries)
            if best > -_NO_RHYME / 2 and len(tries) >= (_FAMILIES_TRIED if best > _CONTENT else _FAMILIES_AT_MOST):
                break
        _, found, family = max(tries, key=lambda one: one[0])
        if family:
            self.recent_rhymes = [*self.recent_rhymes, family][-6:]
        for line in found.values():
            self.said.remember(line.text, line.sources, line.words, line.last)
        return found

    # -- what it is about -----------------------------------------------------------------------------------------

    def _about(self, function: str, verses: int) -> str:
        language = self.brief.language
        turn = max(0, verses - 1) % len(self.world)
        turned = self.world[turn:] + self.world[:turn]
        named = [themes.name(one, language) for one in turned[:2]]
        return phrases.of(language).about[_NAMED[function]].replace("{}", ", ".join(named))

    def _title(self) -> str:
        if self.brief.title and self.brief.title.strip():
            return " ".join(self.brief.title.split())
        language = self.brief.language
        hooked = [form.lines for form in self.brief.form if kind_of(form.label) in _HOOKED and form.lines]
        patterns = [lines[n] for lines in hooked[:1] for n in (0, 2)[: 1 + (len(lines) > 3)]]
        offered = [
            (way.text, 2.0 if self.world[0] in one.fields else 0.8)
            for one in phrases.of(language).titles
            if one.fields & set(self.world)
            for ways in one.ways.values()
            for way in ways
        ]
        own = self.theme.text
        size = phrases.measured(own, language).syllables
        if 2 <= size <= _TITLE_SYLLABLES and re.fullmatch(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*", own):
            offered.append((own, 3.5 if self.number == 0 else 0.0))
        offered += [(thing, 1.9 if len(thing.split()) > 2 else 0.4) for thing in self.theme.things]
        best, title = -1e9, self.theme.text
        for text, weight in offered:
            score = weight + self.rng.random() - 9 * (titled(text, language) in self.titles_before)
            score -= sum(self.lines.hook_misfit(text, pattern) for pattern in patterns)
            if score > best:
                best, title = score, text
        return title[:1].upper() + title[1:]


def kind_of(label: str) -> str:
    """`Verse 2`, `last chorus`: the kind of section without its number."""
    words = [word for word in label.lower().replace("_", " ").split() if not re.fullmatch(r"#?\d+\w*", word)]
    words = [
        word for word in words if word not in ("the", "first", "second", "third", "last", "final", "big", "double")
    ]
    return "-".join(words) or label.lower()


def titled(text: str, language: str) -> str:
    """A title as its language writes titles."""
    words = text.split()
    if language != "en":
        return text[:1].upper() + text[1:]
    small = {"a", "an", "the", "of", "at", "in", "on", "by", "to", "and", "or", "for", "with", "from"}
    return " ".join(
        word if 0 < n < len(words) - 1 and word.lower() in small else word[:1].upper() + word[1:]
        for n, word in enumerate(words)
    )


def _world(fields: tuple[str, ...], brief: LyricsBrief, number: int, rng: random.Random) -> tuple[str, ...]:
    """The fields of a draft: the theme's, another one leading in each draft, and what the mood adds to few."""
    turn = number % max(1, min(len(fields), 3))
    found = [*fields[turn:], *fields[:turn]][:_FIELDS_A_DRAFT]
    moods = list(_DARK if brief.valence < -0.2 else _BRIGHT)
    if brief.arousal > 0.4 and brief.valence > -0.2:
        moods.insert(0, "dance")
    rng.shuffle(moods)
    for mood in moods:
        if len(found) < 2 or (not fields and len(found) < _FIELDS_A_DRAFT):
            found += [mood] if mood not in found else []
    return tuple(found)


def _fits(section: LyricSection, form: LyricSectionForm) -> bool:
    """Whether words can return: a syllable more or less in each line is sung on the same notes."""
    return len(section.lines) >= len(form.lines) and all(
        abs(len(line.syllables) - pattern.syllables) <= 1
        for line, pattern in zip(section.lines, form.lines, strict=False)
    )
