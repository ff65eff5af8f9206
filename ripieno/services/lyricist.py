"""Lyrics to choose from: by a language model where one is configured, line by line held to the melody; by the offline
lyricist (`ripieno.music.lyrics`) elsewhere, and wherever a line does not fit.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ripieno import __version__
from ripieno.contracts.lyrics import MOST_DRAFTS, LinePattern, LyricLine, Lyrics, LyricsBrief, LyricSection
from ripieno.contracts.provenance import ModelUsage, Provenance
from ripieno.music.lyrics import lyricist, meter, syllables
from ripieno.services import engines, llm
from ripieno.services.llm import ModelFailed, Reply

DRAFTS = 3
_LEAST_STRESSED = 0.5  # of the strong beats of a line
_MOST_LETTERS, _MOST_TITLE = 200, 120
_NOT_SUNG = set("[]{}<>|\\_*#`=")


class WrittenSection(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: str
    theme: str
    lines: list[str]


class WrittenDraft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    sections: list[WrittenSection]


class WrittenDrafts(BaseModel):
    """What the model may write; every line of it is measured."""

    model_config = ConfigDict(extra="forbid")

    drafts: list[WrittenDraft] = Field(min_length=1, max_length=MOST_DRAFTS)


@dataclass(frozen=True)
class Drafts:
    """Each draft is signed by who wrote it; `engine` is who was asked, or why they could not."""

    drafts: list[Lyrics]
    engine: Provenance
    usage: ModelUsage


def drafts(brief: LyricsBrief, *, count: int = DRAFTS) -> Drafts:
    """So many different lyrics for one brief.

    Raises
    ------
    ValueError
        For a number of drafts that is not 1 to 8.
    """
    offline = _Offline(brief, count)
    if not llm.is_configured("lyrics") or not any(one.lines for one in brief.form):
        return Drafts(_signed(offline.drafts, phrases()), phrases(), ModelUsage())
    prompt = (Path(__file__).with_name("prompts") / "lyrics.md").read_text()
    try:
        reply = llm.ask(
            "lyrics", prompt, _question(brief, count), WrittenDrafts, faults=lambda one: _faults(one, brief, count)
        )
    except ModelFailed as fault:
        engine = phrases(reason=str(fault))
        return Drafts(_signed(offline.drafts, engine), engine, fault.usage)
    return Drafts([_draft(reply, number, brief, offline) for number in range(count)], reply.engine, reply.usage)


def phrases(*, reason: str | None = None) -> Provenance:
    """The offline lyricist's signature; with a reason where it stands in for a model."""
    return Provenance(
        engine=engines.PHRASES, version=__version__, license="MIT", fallback=reason is not None, reason=reason
    )


# -- parts --------------------------------------------------------------------------------------------------------


class _Offline:
    """What the offline lyricist writes, once it is needed."""

    def __init__(self, brief: LyricsBrief, count: int):
        if not 1 <= count <= MOST_DRAFTS:
            raise ValueError(f"{count} drafts cannot be written: ask for 1 to {MOST_DRAFTS}")
        self._brief, self._count = brief, count
        self._written: list[Lyrics] = []

    @property
    def drafts(self) -> list[Lyrics]:
        if not self._written:
            self._written = lyricist.drafts(self._brief, count=self._count)
        return self._written


def _signed(written: list[Lyrics], engine: Provenance) -> list[Lyrics]:
    return [one.model_copy(update={"engine": engine}) for one in written]


def _question(brief: LyricsBrief, count: int) -> dict[str, Any]:
    return {
        "theme": brief.theme, "title": brief.title, "language": brief.language, "drafts": count,
        "mood": {"valence": brief.valence, "arousal": brief.arousal},
        "sections": [
            {"label": label, "lines": [
                {"syllables": one.syllables, "stressed": [place + 1 for place in sorted(set(one.strong))]}
                for one in lines
            ]}
            for label, lines in _sung(brief).items()
        ],
    }  # fmt: skip


def _sung(brief: LyricsBrief) -> dict[str, list[LinePattern]]:
    """The lines of each section that has words, once where it returns."""
    found: dict[str, list[LinePattern]] = {}
    for one in brief.form:
        if one.lines and len(one.lines) > len(found.get(one.label, ())):
            found[one.label] = one.lines
    return found


def _faults(written: WrittenDrafts, brief: LyricsBrief, count: int) -> list[str]:
    """What the model can mend, a sentence each."""
    found = []
    if len(written.drafts) < count:
        found.append(f"drafts: there are {len(written.drafts)}, and {count} are wanted")
    for number, draft in enumerate(written.drafts[:count], start=1):
        known = {one.label.strip().lower(): one for one in draft.sections}
        for label, patterns in _sung(brief).items():
            section = known.get(label.lower())
            lines = section.lines if section else []
            if len(lines) < len(patterns):
                found.append(f'draft {number}, "{label}": has {len(lines)} lines, and {len(patterns)} are wanted')
            for place, (text, pattern) in enumerate(zip(lines, patterns, strict=False), start=1):
                _, wrong = _line(text, pattern, brief.language)
                if wrong:
                    found.append(f'draft {number}, "{label}", line {place}, "{text[:80]}": {wrong}')
    return found


def _line(text: str, pattern: LinePattern, language: str) -> tuple[LyricLine | None, str]:
    """A line that can be sung to its phrase, or why it cannot."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if len(plain) > _MOST_LETTERS or set(plain) & _NOT_SUNG or not all(one.isprintable() for one in plain):
        return None, "write words alone, no signs"
    words = syllables.of_line(plain, language)
    line = LyricLine(text=plain, syllables=syllables.written(words)) if words else None
    if line is None:
        return None, "there is nothing to sing in it"
    have, want = len(line.syllables), pattern.syllables
    if have != want and meter.best_reading([one.stress for one in line.syllables], pattern) is None:
        cut = " ".join("-".join(word.syllables) for word in words)
        return None, f"has {have} syllables ({cut}), and {want} are wanted"
    hit, asked = meter.agreement(line.syllables, pattern)
    if asked and hit / asked < _LEAST_STRESSED:
        places = ", ".join(str(place + 1) for place in sorted(set(pattern.strong)))
        return None, f"its stressed syllables do not fall on {places}"
    return line, ""


def _draft(reply: Reply[WrittenDrafts], number: int, brief: LyricsBrief, offline: _Offline) -> Lyrics:
    """A draft of the model, with lines of the offline lyricist where its own do not fit."""
    written = reply.value.drafts[number] if number < len(reply.value.drafts) else None
    if written is None:
        engine = phrases(reason=f"{reply.engine.engine} wrote {len(reply.value.drafts)} drafts")
        return _signed([offline.drafts[number]], engine)[0]
    known = {one.label.strip().lower(): one for one in written.sections}
    sections: list[LyricSection] = []
    returning: dict[str, LyricSection] = {}
    filled, whole = 0, 0
    for place, form in enumerate(brief.form):
        before = returning.get(form.label)
        if before is not None and len(before.lines) >= len(form.lines):
            lines = [one.model_copy(deep=True) for one in before.lines[: len(form.lines)]]
            sections.append(LyricSection(label=form.label, theme=before.theme, lines=lines))
            continue
        its = known.get(form.label.lower())
        lines = []
        for n, pattern in enumerate(form.lines):
            line, _ = _line(its.lines[n], pattern, brief.language) if its and n < len(its.lines) else (None, "")
            whole += 1
            if line is None:
                filled += 1
                line = offline.drafts[number].sections[place].lines[n]
            lines.append(line)
        theme = " ".join((its.theme if its else "").split())[:200]
        section = LyricSection(label=form.label, theme=theme, lines=lines)
        returning[form.label] = section
        sections.append(section)
    reason = f"{filled} of {whole} lines are by the offline lyricist: they did not fit the melody" if filled else None
    if filled == whole:
        return _signed([offline.drafts[number]], phrases(reason=f"no line of {reply.engine.engine} fits the melody"))[0]
    return Lyrics(
        title=brief.title or _title(written.title) or offline.drafts[number].title,
        language=brief.language,
        sections=sections,
        engine=reply.engine.model_copy(update={"reason": reason}),
    )


def _title(text: str) -> str:
    plain = " ".join("".join(one for one in text if one.isprintable()).split())
    return plain.strip("\"'“”„«»")[:_MOST_TITLE].strip()
