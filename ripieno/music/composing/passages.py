"""Some bars changed in place: other chords, or other words; what is around them stays as it is."""

from __future__ import annotations

from ripieno.contracts.composition import Context, ContextSection
from ripieno.contracts.lyrics import LyricLine, Lyrics, LyricSection
from ripieno.music.chord import parse
from ripieno.music.composing import contexts, singing
from ripieno.music.genres.blending import Blend
from ripieno.music.lyrics import handwritten, setting
from ripieno.music.lyrics.setting import MelodyNote

Bars = tuple[int, int]


def rechorded(context: Context, bars: Bars, chords: list[str]) -> list[ContextSection]:
    """The sections with a chord a bar from the first of some bars on, again and again to the last.

    Raises
    ------
    ValueError
        For bars that the piece has not, or a name that is no chord.
    """
    _check(context, bars)
    for chord in chords:
        parse(chord)
    sections, bar = [], 1
    for section in context.sections:
        last = bar + section.bars - 1
        if bars[0] <= last and bars[1] >= bar:
            known = section.chords or [["N"]]
            whole = [known[number % len(known)] for number in range(section.bars)]
            for number in range(max(bars[0], bar), min(bars[1], last) + 1):
                whole[number - bar] = [chords[(number - bars[0]) % len(chords)]]
            section = section.model_copy(update={"chords": whole})
        sections.append(section)
        bar = last + 1
    return sections


def reworded(context: Context, style: Blend, bars: Bars, text: str) -> Lyrics:
    """The lyrics with other words where some bars are sung, a line a phrase; every section then has its own words, so
    that a chorus can differ from the one before.

    Raises
    ------
    ValueError
        For bars that the piece has not or in which nobody sings, or too few words.
    """
    _check(context, bars)
    if context.lyrics is None:
        raise ValueError("no words are written yet: there is nothing to change in them")
    beats = contexts.conditioning_of(context).timeline.beats_per_bar
    first, last = (bars[0] - 1) * beats, bars[1] * beats
    themes = {one.label.lower(): one.theme for one in context.lyrics.sections}
    sections: list[LyricSection] = []
    places: list[tuple[list[LyricLine], int]] = []
    for one, lines in singing.assigned(context, style):
        own = setting.by_phrase(lines, len(one.phrases))
        places += [(own, number) for number, phrase in enumerate(one.phrases) if first <= _middle(phrase) < last]
        sections.append(LyricSection(label=one.label, theme=themes.get(one.label, "")))
        sections[-1].lines = own
    if not places:
        raise ValueError(f"nobody sings in bars {bars[0]} to {bars[1]}: choose bars of a verse or a chorus")
    new = [line for section in handwritten.read(text, context.language).sections for line in section.lines]
    for (lines, number), line in zip(places, _as_many(new, len(places), context.language), strict=True):
        lines[number : number + 1] = [line]
    return Lyrics(title=context.lyrics.title, language=context.lyrics.language, sections=sections)


# -- parts --------------------------------------------------------------------------------------------------------


def _check(context: Context, bars: Bars) -> None:
    if bars[1] > context.bars:
        raise ValueError(f"there are no bars {bars[0]} to {bars[1]}: the piece has {context.bars}")


def _middle(phrase: list[MelodyNote]) -> float:
    """The beat in the middle of a phrase, by which it belongs to a bar though it may begin before that."""
    return (phrase[0].start + phrase[-1].start + phrase[-1].length) / 2


def _as_many(lines: list[LyricLine], wanted: int, language: str) -> list[LyricLine]:
    """Just so many lines: joined where there are more, the longest in halves where there are fewer."""
    lines = setting.by_phrase(lines, wanted)
    while len(lines) < wanted:
        at = max(
            range(len(lines)), key=lambda number: (len(lines[number].text.split()) > 1, len(lines[number].syllables))
        )
        words = lines[at].text.split()
        if len(words) < 2:
            raise ValueError(f"there are {wanted} phrases to sing: give as many lines, or at least as many words")
        half = (len(words) + 1) // 2
        lines[at : at + 1] = [_line(" ".join(words[:half]), language), _line(" ".join(words[half:]), language)]
    return lines


def _line(text: str, language: str) -> LyricLine:
    return handwritten.read(text, language).sections[0].lines[0]
