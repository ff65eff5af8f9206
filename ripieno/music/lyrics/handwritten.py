"""Lyrics as a person types them: sections under `[verse 1]` or apart by an empty line, a line of words a line."""

from __future__ import annotations

import re
import unicodedata

from ripieno.contracts.lyrics import LyricLine, Lyrics, LyricSection
from ripieno.music.lyrics import syllables

_HEADING = re.compile(r"\[([^\]]{1,60})\]:?")
_MOST_CHARACTERS = 20_000


def read(text: str, language: str, *, title: str = "") -> Lyrics:
    """Syllables and stress by rule; lines without words (signs alone) are left out.

    Raises
    ------
    ValueError
        Where there is nothing to sing, too much, or no rules for the language.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"these lyrics have {len(text)} characters: {_MOST_CHARACTERS} are the most")
    sections: list[LyricSection] = []
    label, fresh = "verse", True
    for line in unicodedata.normalize("NFC", text).splitlines():
        line = " ".join(line.split())
        if heading := _HEADING.fullmatch(line):
            label, fresh = " ".join(heading[1].split()) or "verse", True
            continue
        if not line:
            fresh = fresh or bool(sections)
            continue
        words = syllables.of_line(line, language)
        if not words:
            continue
        if fresh:
            sections.append(LyricSection(label=label))
            fresh = False
        sections[-1].lines.append(LyricLine(text=line, syllables=syllables.written(words)))
    if not sections:
        raise ValueError("the lyrics hold nothing to sing: give words")
    return Lyrics(title=title, language=language, sections=sections)
