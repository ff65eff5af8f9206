"""Pictures of one piece: its form with the energy of each bar, asked for and heard; and what everybody plays.

Drawn as SVG by hand, so that nothing has to be installed and the same piece is the same picture.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pretty_midi
import soundfile

from benchmarks.composition import hearing
from benchmarks.composition.making import Piece
from ripieno.contracts.composition import BACKING, Context
from ripieno.music.composing import contexts, singing
from ripieno.music.composing.backing import voices as backing
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import Blend

_WIDTH, _LEFT, _RIGHT = 1100, 86, 14
_SHADES = {"intro": "#e8eef8", "verse": "#d7e6dc", "chorus": "#f6dfc4", "bridge": "#e6dcf0", "outro": "#e8eef8",
           "build": "#f3ead0", "drop": "#f6d3c4", "break": "#dfe9ee", "solo": "#f0dbe4"}  # fmt: skip
_COLOURS = {"vocals": "#b45309", "drums": "#1c2740", "bass": "#2563eb", "piano": "#0f766e", "guitar": "#9d174d",
            "synth": "#6d28d9", "other": "#4d7c0f", BACKING: "#d97706"}  # fmt: skip
_WAYS = {"third below": "#2563eb", "third above": "#0f766e", "sixth below": "#0891b2", "sixth above": "#4d7c0f",
         "pad": "#a78bfa", "answer": "#b45309", "ad-libs": "#be185d"}  # fmt: skip
_INK, _FAINT = "#1c2740", "#8a97ad"
_ROW, _GAP = 74, 10
_WORD_ROWS, _LETTER = 3, 3.7  # of the lines that are sung


def form(piece: Piece, path: Path) -> None:
    """Sections as they follow each other, and the energy of each bar: asked for as steps, heard as a line."""
    music = contexts.conditioning_of(piece.context)
    audio, rate = soundfile.read(piece.master, dtype="float32", always_2d=True)
    asked = np.array([music.energy_of(bar) for bar in music.bars()])
    heard = hearing.bar_levels(audio, rate, music)
    slope, base = np.polyfit(heard, asked, 1) if heard.std() > 0 else (0.0, asked.mean())
    x, height, top = _scale(music), 150, 40
    parts = _sections(piece.context, music, x, top, height)
    bars = [music.timeline.at(bar.first) for bar in music.bars()] + [music.end_seconds]

    def y(value: float) -> float:
        return round(top + height - height * float(np.clip(value, 0, 1.05)) / 1.05, 1)

    steps = " ".join(f"{x(a)},{y(e)} {x(b)},{y(e)}" for a, b, e in zip(bars, bars[1:], asked, strict=False))
    line = " ".join(f"{x((a + b) / 2)},{y(slope * e + base)}" for a, b, e in zip(bars, bars[1:], heard, strict=False))
    parts.append(f'<polyline points="{steps}" fill="none" stroke="{_INK}" stroke-width="2"/>')
    parts.append(f'<polyline points="{line}" fill="none" stroke="#b45309" stroke-width="2.2"/>')
    parts.append(_text(_LEFT - 8, top + 12, "energy", anchor="end"))
    parts.append(_text(_LEFT, top + height + 32, "asked for, bar by bar", colour=_INK))
    parts.append(
        _text(_LEFT + 160, top + height + 32, "heard: the level of each bar, to the same scale", colour="#b45309")
    )
    _write(path, parts, top + height + 46, _about(piece))


def piano_roll(piece: Piece, path: Path) -> None:
    """Every layer's notes, the darker the louder, with the sections' borders and the lines that are sung."""
    music = contexts.conditioning_of(piece.context)
    x, top = _scale(music), 40
    names = [name for name in ("vocals", *sorted(set(piece.midi) - {"vocals"})) if name in piece.midi]
    height = len(names) * (_ROW + _GAP)
    parts = _sections(piece.context, music, x, top, height)
    for number, name in enumerate(names):
        parts += _roll(piece, name, x, top + number * (_ROW + _GAP))
    lines = piece.revision.words
    for number, one in enumerate(lines):
        until = lines[number + _WORD_ROWS].start if number + _WORD_ROWS < len(lines) else music.end_seconds
        fits = max(3, int((x(until) - x(one.start)) / _LETTER) - 1)
        words = one.text if len(one.text) <= fits else f"{one.text[: fits - 1]}…"
        parts.append(_text(x(one.start), top + 9 + 8 * (number % _WORD_ROWS), words, size=7, colour="#7c3a06"))
    _write(path, parts, top + height + 26, _about(piece))


def voices(context: Context, style: Blend, path: Path) -> None:
    """What the lead sings and, in colours by their ways, who sings behind it; its words above, theirs where they are
    their own."""
    music = contexts.conditioning_of(context)
    x, top, height = _scale(music), 54, 330
    behind = backing.voices(context, style)
    lines = [line for line in singing.sung(context, style).lines if line.notes]
    pitches = [note.pitch for one in (*behind, *lines) for note in one.notes]
    low, high = min(pitches) - 1, max(pitches) + 2
    at = music.timeline.at

    def y(pitch: float) -> float:
        return round(top + height - (pitch - low) * height / (high - low), 1)

    parts = _sections(context, music, x, top, height)
    for span, section in zip(music.sections, context.sections, strict=True):
        own = ", ".join(section.backing)
        parts.append(_text(x(at(span.start)) + 3, top - 17, own, size=6, colour=_INK))
    for voice in behind:
        drawn = "".join(f"M{x(at(one.start))} {y(one.pitch)}H{x(at(one.start + one.length))}" for one in voice.notes)
        parts.append(f'<path d="{drawn}" stroke="{_WAYS[voice.way]}" stroke-width="3" fill="none"/>')
        if voice.way in ("answer", "ad-libs"):
            parts += [
                _text(x(at(one.start)), y(one.pitch) - 3, one.syllable, size=5, colour=_WAYS[voice.way])
                for one in voice.notes
                if one.syllable != "-"
            ]
    notes = [note for line in lines for note in line.notes]
    drawn = "".join(f"M{x(at(one.start))} {y(one.pitch)}H{x(at(one.start + one.length))}" for one in notes)
    parts.append(f'<path d="{drawn}" stroke="{_INK}" stroke-width="3.4" fill="none"/>')
    parts += [
        _text(_LEFT + 110 * number, top + height + 34, name, colour=colour)
        for number, (name, colour) in enumerate((("lead", _INK), *_WAYS.items()))
    ]
    _write(path, parts, top + height + 48, _title(context))


def _roll(piece: Piece, name: str, x, top: float) -> list[str]:
    notes = [note for one in pretty_midi.PrettyMIDI(str(piece.midi[name])).instruments for note in one.notes]
    parts = [_text(_LEFT - 8, top + _ROW / 2, name, anchor="end", colour=_COLOURS.get(name, _INK))]
    if not notes:
        return parts
    low, high = min(note.pitch for note in notes), max(note.pitch for note in notes)
    room = 28 if name == "vocals" and piece.revision.words else 2  # for the words
    colour, step = _COLOURS.get(name, _INK), (_ROW - room - 2) / max(6, high - low + 1)
    strokes: dict[int, list[str]] = {}
    for note in notes:
        y = round(top + _ROW - (note.pitch - low + 0.5) * step, 1)
        until = max(x(note.end), x(note.start) + 0.8)
        strokes.setdefault(round(4 * note.velocity / 127), []).append(f"M{x(note.start)} {y}H{round(until, 1)}")
    width = round(min(3.4, max(1.0, step * 0.9)), 1)
    for loud, drawn in sorted(strokes.items()):
        parts.append(
            f'<path d="{"".join(drawn)}" stroke="{colour}" stroke-width="{width}"'
            f' stroke-opacity="{0.2 + 0.2 * loud:.1f}" fill="none"/>'
        )
    return parts


def _scale(music: Conditioning):
    length = music.end_seconds

    def x(seconds: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / length, 1)

    return x


def _sections(context: Context, music: Conditioning, x, top: int, height: int) -> list[str]:
    parts = []
    for span, section in zip(music.sections, context.sections, strict=True):
        a, b = x(music.timeline.at(span.start)), x(music.timeline.at(span.end))
        shade = _SHADES.get(section.label, "#eef1f6")
        parts.append(f'<rect x="{a}" y="{top}" width="{round(b - a, 1)}" height="{height}" fill="{shade}"/>')
        parts.append(f'<path d="M{a} {top - 4}V{top + height}" stroke="{_FAINT}" stroke-width="0.8"/>')
        parts.append(_text(a + 3, top - 6, f"{section.label} {section.bars}", size=10))
    seconds = range(0, int(music.end_seconds) + 1, 10)
    parts += [
        _text(x(one), top + height + 14, f"{one // 60}:{one % 60:02d}", size=9, anchor="middle") for one in seconds
    ]
    return parts


def _about(piece: Piece) -> str:
    return _title(piece.context)


def _title(context: Context) -> str:
    style = max(context.styles, key=lambda one: one.weight).name
    return f"{context.title}: {style}, {context.tempo:g} bpm in {context.meter}, {context.key}"


def _text(x: float, y: float, words: str, *, size: int = 11, anchor: str = "start", colour: str = "#4a5a75") -> str:
    return (
        f'<text x="{round(x, 1)}" y="{round(y, 1)}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _write(path: Path, parts: list[str], height: int, title: str) -> None:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif">'
        f'<title>{escape(title)}</title><rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, _text(_LEFT, 16, title, size=12, colour=_INK), *parts, "</svg>"]) + "\n")
