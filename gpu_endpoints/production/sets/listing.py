"""What a set says of itself beside its sound: a cue sheet and a tracklist."""

from __future__ import annotations

from collections.abc import Sequence

from ripieno.contracts.sets import Chapter, SetPlan

MOST_CUED = 99
"""A cue sheet has room for no more tracks."""
_FRAMES = 75  # a second


def cue_sheet(chapters: Sequence[Chapter], *, file_name: str, title: str, artist: str) -> str:
    """As a player or a burner reads it; what is beyond the 99th song belongs to that."""
    lines = [f'PERFORMER "{_plain(artist)}"'] if artist else []
    lines += [f'TITLE "{_plain(title)}"', f'FILE "{_plain(file_name)}" WAVE']
    for number, one in enumerate(chapters[:MOST_CUED], start=1):
        lines += [f"  TRACK {number:02d} AUDIO", f'    TITLE "{_plain(one.title)}"']
        if one.artist:
            lines.append(f'    PERFORMER "{_plain(one.artist)}"')
        lines.append(f"    INDEX 01 {_index(one.start_seconds)}")
    return "\r\n".join(lines) + "\r\n"


def tracklist(chapters: Sequence[Chapter], plan: SetPlan) -> str:
    """As a person reads it, with how each song goes over into the next."""
    lines = [plan.title, ""]
    for number, one in enumerate(chapters, start=1):
        lines.append(f"{_clock(one.start_seconds)}  {number}. {f'{one.artist} – ' if one.artist else ''}{one.title}")
        if number <= len(plan.transitions):
            step = plan.transitions[number - 1]
            lines.append(f"          {step.kind}" + (f" over {step.bars} bars" if step.bars else ""))
    return "\n".join(lines) + "\n"


def _index(seconds: float) -> str:
    frames = int(seconds * _FRAMES)
    return f"{frames // (60 * _FRAMES):02d}:{frames // _FRAMES % 60:02d}:{frames % _FRAMES:02d}"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _plain(text: str) -> str:
    return " ".join(text.replace('"', "'").split())
