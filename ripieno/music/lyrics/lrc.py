"""LRC: a time for each line, `[mm:ss.xx]`, and in its enhanced form one for each word, `<mm:ss.xx>` (A2 extension).

A last `<mm:ss.xx>` without a word is where the line ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ripieno.contracts.lyrics import TimedLine, TimedWord

_TIME = r"(\d{1,4}):(\d{1,2}(?:[.:]\d{1,3})?)"
_LINE = re.compile(rf"\[{_TIME}\]")
_WORD = re.compile(rf"<{_TIME}>")
_TAG = re.compile(r"\[([a-z#]{1,10}):(.*)\]\s*$", re.IGNORECASE)
_SIGNS = str.maketrans({"[": "(", "]": ")", "<": "‹", ">": "›"})
_UNKNOWN_LENGTH = 4.0  # seconds of a last line whose end nobody says
_MOST = 100_000  # lines


@dataclass
class Lrc:
    """`tags` by their name: `ti` title, `ar` artist, `la` language."""

    tags: dict[str, str] = field(default_factory=dict)
    lines: list[TimedLine] = field(default_factory=list)


def write(lines: Sequence[TimedLine], *, title: str = "", artist: str = "", language: str = "") -> str:
    """The file's text; signs that LRC means something by are written as others."""
    tags = {"ti": title, "ar": artist, "la": language}
    written = [f"[{name}:{_plain(value)}]" for name, value in tags.items() if value]
    for line in sorted(lines, key=lambda one: one.start):
        words = [f"<{_time(word.start)}>{_plain(word.text)}" for word in line.words]
        text = " ".join([*words, f"<{_time(line.words[-1].end)}>"]) if words else _plain(line.text)
        written.append(f"[{_time(line.start)}]{text}")
    return "\n".join(written) + "\n"


def read(text: str) -> Lrc:
    """A file's tags and lines. A line may have several times; `offset` (milliseconds, sooner if positive) is heeded.

    Raises
    ------
    ValueError
        Where no line has a time, or there are too many.
    """
    found = Lrc()
    starts: list[tuple[float, str]] = []
    for line in text.removeprefix("\ufeff").splitlines():
        line = line.strip()
        times = []
        while match := _LINE.match(line):
            times.append(_seconds(match))
            line = line[match.end() :].lstrip()
        if times:
            starts += [(time, line) for time in times]
        elif tag := _TAG.match(line):
            found.tags[tag[1].lower()] = tag[2].strip()
    if not starts:
        raise ValueError("this is no LRC file: no line begins with a time such as [01:23.45]")
    if len(starts) > _MOST:
        raise ValueError(f"this LRC file has {len(starts)} lines: {_MOST} are the most")
    shift = _offset(found.tags.get("offset", ""))
    starts.sort(key=lambda one: one[0])
    ends = [time for time, _ in starts[1:]] + [starts[-1][0] + _UNKNOWN_LENGTH]
    found.lines = [
        _line(time, end, body, shift)
        for (time, body), end in zip(starts, ends, strict=True)
        if _WORD.sub("", body).strip()
    ]
    return found


# -- parts --------------------------------------------------------------------------------------------------------


def _line(start: float, end: float, body: str, shift: float) -> TimedLine:
    times = [_seconds(match) for match in _WORD.finditer(body)]
    texts = [text.strip() for text in _WORD.split(body)[3::3]]
    words: list[TimedWord] = []
    for n, (time, text) in enumerate(zip(times, texts, strict=True)):
        until = times[n + 1] if n + 1 < len(times) else max(end, time)
        if text:
            words.append(TimedWord(start=max(0.0, time - shift), end=max(0.0, max(until, time) - shift), text=text))
    text = " ".join(_WORD.sub(" ", body).split())
    last = words[-1].end if words else max(0.0, end - shift)
    return TimedLine(start=max(0.0, start - shift), end=last, text=text, words=words)


def _time(seconds: float) -> str:
    hundredths = round(max(0.0, seconds) * 100)
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def _seconds(match: re.Match[str]) -> float:
    return int(match[1]) * 60 + float(match[2].replace(":", "."))


def _offset(value: str) -> float:
    match = re.fullmatch(r"([+-]?\d{1,7})", value.strip())
    return int(match[1]) / 1000 if match else 0.0


def _plain(text: str) -> str:
    return " ".join(text.translate(_SIGNS).split())
