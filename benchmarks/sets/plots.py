"""Pictures of journeys: the energy that was asked for and what is played, song by song.

Drawn as SVG by hand, so that nothing has to be installed and the same nights are the same picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from ripieno.contracts.sets import SetPlan

_WIDTH, _LEFT, _RIGHT, _HEIGHT, _ROW = 1100, 60, 14, 130, 204
_NARROW = 46  # of a block, in which a tempo has no room
_INK, _FAINT, _ASKED, _VALENCE = "#1c2740", "#8a97ad", "#1c2740", "#2563eb"
_LINKS = {"blend": "#0f766e", "stems": "#6d28d9", "cut": "#b91c1c", "echo": "#b45309", "loop": "#9d174d"}


def journeys(nights: Sequence[tuple[str, SetPlan]], path: Path) -> None:
    """Each night in a row: blocks are songs, as high as their energy; marks between them are transitions."""
    parts = _legend()
    for number, (brief, plan) in enumerate(nights):
        parts += _night(brief, plan, 34 + number * _ROW)
    height = 40 + len(nights) * _ROW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif">'
        f"<title>Journeys asked for and got</title>"
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *parts, "</svg>"]) + "\n")


def _night(brief: str, plan: SetPlan, top: float) -> list[str]:
    def x(seconds: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / plan.duration_seconds, 1)

    def y(energy: float) -> float:
        return round(top + 22 + _HEIGHT * (1 - energy), 1)

    bottom = y(0)
    title = f"{plan.persona}: {brief} ({len(plan.songs)} songs, {plan.duration_seconds / 60:.0f} minutes)"
    parts = [_text(_LEFT, top + 10, title, size=12, colour=_INK)]
    for mark in (0.0, 0.5, 1.0):
        parts.append(f'<path d="M{_LEFT} {y(mark)}H{_WIDTH - _RIGHT}" stroke="#e5e9f0" stroke-width="1"/>')
        parts.append(_text(_LEFT - 6, y(mark) + 3, f"{mark:g}", size=9, anchor="end"))
    for song in plan.songs:
        a, b = x(song.start_seconds), x(song.end_seconds)
        parts.append(
            f'<rect x="{a}" y="{y(song.energy)}" width="{round(b - a, 1)}" height="{round(bottom - y(song.energy), 1)}"'
            f' fill="{_heat(song.energy)}" fill-opacity="0.75"/>'
        )
        about = f"{song.camelot or '?'} {song.bpm or 0:.0f}" if b - a > _NARROW else song.camelot or "?"
        parts.append(_text((a + b) / 2, bottom - 5, about, size=8, anchor="middle", colour=_INK))
    for number, step in enumerate(plan.transitions):
        at = x((step.start_seconds + step.end_seconds) / 2)
        parts.append(f'<path d="M{at} {y(1)}V{bottom}" stroke="{_LINKS[step.kind]}" stroke-width="1.4"/>')
        parts.append(
            _text(at, bottom + 11 + 9 * (number % 2), step.kind, size=8, anchor="middle", colour=_LINKS[step.kind])
        )
    parts.append(_line([(x(one.at_seconds), y(one.energy_asked)) for one in plan.got], _ASKED, 2.4))
    parts.append(_line([(x(one.at_seconds), y(one.energy_got)) for one in plan.got], "#b45309", 2.2))
    valence: list[tuple[Callable, str]] = [
        (lambda one: one.valence_asked, "4 3"), (lambda one: one.valence_got, "")
    ]  # fmt: skip
    for of, dashes in valence:
        points = [(x(one.at_seconds), y((of(one) + 1) / 2)) for one in plan.got]
        parts.append(_line(points, _VALENCE, 1.1, dashes=dashes))
    step = 600 if plan.duration_seconds > 2400 else 300
    for seconds in range(0, int(plan.duration_seconds) + 1, step):
        parts.append(_text(x(seconds), bottom + 32, f"{seconds // 60}'", size=9, anchor="middle"))
    return parts


def _legend() -> list[str]:
    parts = [
        _text(_LEFT, 16, "energy asked for", colour=_ASKED),
        _text(_LEFT + 105, 16, "energy got", colour="#b45309"),
    ]
    parts.append(_text(_LEFT + 180, 16, "valence asked for (dashed) and got, -1 to 1", colour=_VALENCE))
    parts.append(_text(_LEFT + 440, 16, "blocks: songs, with key (Camelot) and bpm; lines: transitions"))
    return parts


def _line(points: Sequence[tuple[float, float]], colour: str, width: float, *, dashes: str = "") -> str:
    drawn = " ".join(f"{x},{y}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _heat(energy: float) -> str:
    """From blue-grey (calm) to orange (wild)."""
    cold, warm = (215, 226, 238), (247, 196, 148)
    return "#" + "".join(f"{round(a + (b - a) * energy):02x}" for a, b in zip(cold, warm, strict=True))


def _text(x: float, y: float, words: str, *, size: int = 11, anchor: str = "start", colour: str = "#4a5a75") -> str:
    return (
        f'<text x="{round(x, 1)}" y="{round(y, 1)}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )
