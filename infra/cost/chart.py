"""The picture of docs/scale.md: a hundred songs at once in several shapes, and what is full at how many songs a day.

Drawn as SVG by hand, so that nothing has to be installed and the same figures are the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from infra.cost.figures import Load
from infra.cost.limits import BOUGHT, Limit, limits
from infra.cost.shapes import CPU, SONG_SECONDS, Shape, burst_of_songs, song
from infra.cost.simulation import Pool, simulate

_WIDTH, _LEFT, _RIGHT = 1000, 62, 250
_TOP, _HEIGHT = 56, 250
_BARS, _BAR, _NAMES = 402, 25, 262
_UNTIL = 900.0
_INK, _FAINT, _GRID, _PROMISED = "#1c2740", "#4a5a75", "#e5e9f0", "#b91c1c"
_OURS, _BOUGHT = "#2563eb", "#9fb3cf"
_DECADES = range(2, 8)


@dataclass(frozen=True)
class Curve:
    name: str
    colour: str
    shape: Shape | None


CURVES = (
    Curve("3 to 15 nodes of 8 cores", "#2563eb", Shape(3, 15)),
    Curve("5 nodes of 8 cores", "#0f766e", Shape(5, 5)),
    Curve("an H100 that is always there", "#b45309", Shape(1, 1, "gpu-h100", 1, 1)),
    Curve("an H100 that comes from zero", "#9d174d", Shape(1, 1, "gpu-h100", 0, 1)),
    Curve("a laptop of two cores", "#6b7280", None),
)


def drawn(load: Load) -> str:
    found = limits(load)
    height = _BARS + len(found) * _BAR + 60
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif">'
        f"<title>{load.at_once} songs at once, and what is full first</title>"
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    )
    return "\n".join([head, *_at_once(load), *_full(found), "</svg>"]) + "\n"


def done(load: Load, shape: Shape | None) -> list[float]:
    """When each of the songs that come at once is done; with no shape, on a laptop's two cores."""
    if shape is not None:
        return sorted(burst_of_songs(load, shape).ended_at)
    jobs = [song(0.0, load, Shape()) for _ in range(load.at_once)]
    return sorted(simulate(jobs, [Pool(CPU, 1, 1, 1)]).ended_at)


def _at_once(load: Load) -> list[str]:
    bottom, right = _TOP + _HEIGHT, _WIDTH - _RIGHT

    def x(seconds: float) -> float:
        return round(_LEFT + (right - _LEFT) * seconds / _UNTIL, 1)

    def y(songs: float) -> float:
        return round(bottom - _HEIGHT * songs / load.at_once, 1)

    parts = [_text(_LEFT, 24, f"{load.at_once} songs of {load.minutes:g} minutes at once: how many are done", size=15,
                   colour=_INK)]  # fmt: skip
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = y(share * load.at_once)
        parts.append(_line(_LEFT, at, right, at, _GRID))
        parts.append(_text(_LEFT - 8, at + 4, f"{share * load.at_once:g}", anchor="end"))
    for minutes in range(0, int(_UNTIL // 60) + 1, 3):
        parts.append(_text(x(60 * minutes), bottom + 18, f"{minutes} min", anchor="middle"))
    parts.append(_line(x(SONG_SECONDS), _TOP - 8, x(SONG_SECONDS), bottom, _PROMISED, dashes="5 4"))
    parts.append(_text(x(SONG_SECONDS) + 6, _TOP - 2, "promised", colour=_PROMISED))
    ends = []
    for curve in CURVES:
        moments = done(load, curve.shape)
        points, count = [(x(0), y(0))], 0
        for at in moments:
            if at > _UNTIL:
                break
            points += [(x(at), y(count)), (x(at), y(count + 1))]
            count += 1
        if count < load.at_once:
            points.append((right, y(count)))
        drawn_points = " ".join(f"{a},{b}" for a, b in points)
        parts.append(f'<polyline points="{drawn_points}" fill="none" stroke="{curve.colour}" stroke-width="2.2"/>')
        ends.append((curve, moments[-1]))
    for number, (curve, last) in enumerate(ends):
        at = _TOP + 6 + 46 * number
        parts.append(f'<rect x="{right + 22}" y="{at}" width="12" height="12" rx="2" fill="{curve.colour}"/>')
        parts.append(_text(right + 41, at + 10, curve.name, size=11, colour=_INK))
        parts.append(_text(right + 41, at + 25, f"the last after {_minutes(last)}", size=11))
    return parts


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds <= SONG_SECONDS else f"{seconds / 60:.0f} min"


def _full(found: Sequence[Limit]) -> list[str]:
    left, right = _NAMES, _WIDTH - 200
    low, high = _DECADES[0], _DECADES[-1]

    def x(songs: float) -> float:
        return round(left + (right - left) * (math.log10(max(songs, 10**low)) - low) / (high - low), 1)

    bottom = _BARS + len(found) * _BAR + 4
    title = "What is full at how many songs a day, two stems each, the busiest hour reckoned with"
    said = "grey: more can be had; blue: as it is built, or one account of Azure; red: what is promised, and a million"
    parts = [_text(_LEFT, _BARS - 38, title, size=15, colour=_INK), _text(_LEFT, bottom + 42, said)]
    for decade in _DECADES:
        wanted = decade in (3, 6)
        colour, dashes = (_PROMISED, "5 4") if wanted else (_GRID, "")
        parts.append(_line(x(10**decade), _BARS - 12, x(10**decade), bottom, colour, dashes=dashes))
        parts.append(
            _text(
                x(10**decade), bottom + 18, f"{10**decade:,}", anchor="middle", colour=_PROMISED if wanted else _FAINT
            )
        )
    for number, one in enumerate(found):
        top = _BARS + number * _BAR
        colour = _BOUGHT if one.then in BOUGHT else _OURS
        width = max(2.0, round(x(one.songs_a_day) - left, 1))
        parts.append(_text(left - 8, top + 12, one.part, anchor="end", colour=_INK))
        parts.append(f'<rect x="{left}" y="{top}" width="{width}" height="16" rx="2" fill="{colour}"/>')
        parts.append(_text(left + width + 8, top + 12, f"{_rounded(one.songs_a_day)}, then {one.then}", backed=True))
    return parts


def _rounded(songs: float) -> str:
    """Two figures: the model knows no more."""
    digits = 1 - math.floor(math.log10(songs))
    return f"{round(songs, digits):,.0f}"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{colour}" stroke-width="1"{dashed}/>'


def _text(
    x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", colour: str = _FAINT, backed: bool = False
) -> str:
    """Words; `backed` ones lie on a white edge, so that no line strikes them through."""
    at = f'x="{round(x, 1)}" y="{round(y, 1)}" font-size="{size}" text-anchor="{anchor}"'
    edge = f'<text {at} fill="#ffffff" stroke="#ffffff" stroke-width="4">{escape(words)}</text>' if backed else ""
    return f'{edge}<text {at} fill="{colour}">{escape(words)}</text>'
