"""The planner that needs no language model: words of a prompt as shades of playing, stems, styles and places.

A clause that names a stem or instrument is about that one, any other about all. Words just before a shade say how much
(`a bit`) or turn it round (`less`, `too`). What the user fixed is left alone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import GenerationOrder, StemPlan
from ripieno.music import form
from ripieno.music.genres import all_genres
from ripieno.music.instruments import all_instruments
from ripieno.services.planner import styles

_CLAUSES = re.compile(r"[,.;:!?\n]|\band\b|\bbut\b|\bwith\b|\bplus\b")
_BARS = re.compile(r"\bbars?\s+(\d{1,4})(?:\s*(?:-|–|to|until|through)\s*(\d{1,4}))?")
SHADES = ("pitch_register", "density", "brightness", "dynamics")
_BEFORE = 3  # words before a shade that may say how much of it
_DEFAULT_STYLE = "pop"


@dataclass
class Heard:
    """What a prompt says: of all stems under None, of one under its name."""

    stems: list[StemType] = field(default_factory=list)
    style: str | None = None
    section: str | None = None
    bars: tuple[int, int] | None = None
    instruments: dict[StemType, str] = field(default_factory=dict)
    shades: dict[StemType | None, dict[str, Any]] = field(default_factory=dict)


def plan(order: GenerationOrder, *, time_signature: str | None, seed: int) -> list[StemPlan]:
    """A plan for each stem that is asked for, or that the prompt names; places that it names are those of a song.

    Raises
    ------
    ValueError
        When no stem is asked for.
    """
    heard = listen(order.parameters.prompt)
    wanted = [StemType(stem) for stem in order.target_stems] or heard.stems
    if not wanted:
        raise ValueError("no stem is asked for: give target_stems, or name some in the prompt (a bass line and a pad)")
    style = order.parameters.style or heard.style or _style_for(time_signature or order.parameters.time_signature)
    has_range = bool(order.audio_file_id is None or order.parameters.section or order.parameters.bars)
    plans = []
    for stem in wanted:
        shades = _merged(heard.shades.get(None, {}), heard.shades.get(stem, {}))
        plans.append(
            StemPlan(
                stem_type=stem, engine=order.engine, style=style, prompt=order.parameters.prompt,
                instrument=heard.instruments.get(stem), random_seed=seed % 2**32,
                section=None if has_range else heard.section, bars=None if has_range else heard.bars, **shades,
            )
        )  # fmt: skip
    return plans


def again(before: StemPlan, comment: str, *, seed: int) -> StemPlan:
    """The plan of a further take: what the comment says is laid upon the take before."""
    heard = listen(comment)
    stem = StemType(before.stem_type)
    shades = _merged(heard.shades.get(None, {}), heard.shades.get(stem, {}))
    changes: dict[str, Any] = {name: clipped(getattr(before, name) + shades[name]) for name in SHADES if name in shades}
    if "articulation" in shades:
        changes["articulation"] = shades["articulation"]
    if stem in heard.instruments:
        changes["instrument"] = heard.instruments[stem]
    if heard.style:
        changes["style"] = heard.style
    prompt = f"{before.prompt}. {comment}".strip(". ")[-1000:]
    return before.model_copy(update={**changes, "prompt": prompt, "random_seed": seed % 2**32})


def listen(prompt: str) -> Heard:
    """What a prompt says; what is not understood is left out."""
    text = f" {prompt.lower()} "
    heard = Heard(section=_section(text), bars=_bars(text))
    words = _words()
    heard.style = styles.heard(text, words["style_names"])
    for clause in _CLAUSES.split(_without_styles(text)):
        about = _about(clause, heard)
        found = _shades_of(clause)
        if found:
            for stem in about or [None]:
                heard.shades[stem] = _merged(heard.shades.get(stem, {}), found)
    heard.stems = list(dict.fromkeys(heard.stems))
    return heard


def clipped(shade: float) -> float:
    return min(1.0, max(-1.0, shade))


# -- parts --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    words = json.loads(Path(__file__).with_name("words.json").read_text())
    names = {style: [style, *words["styles"].get(style, [])] for style in all_genres()}
    return words | {"style_names": names}


def _without_styles(text: str) -> str:
    """`drum and bass` names no stems."""
    for names in _words()["style_names"].values():
        for name in names:
            if " " in name or "'" in name:
                text = text.replace(name, " ")
    return text


def _first(text: str, phrases: list[str] | tuple[str, ...]) -> int:
    """Where the first of some phrases stands as whole words, -1 where none does."""
    places = [found.start() for phrase in phrases if (found := re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text))]
    return min(places, default=-1)


def _about(clause: str, heard: Heard) -> list[StemType]:
    """The stems a clause is about; instruments are noted too."""
    found: list[StemType] = []
    rest = clause
    named = [(name, one.stem) for one in all_instruments().values() for name in (one.name, *one.words)]
    for name, stem in sorted(named, key=lambda pair: -len(pair[0])):
        if _first(rest, [name]) >= 0:
            known = {one for other in _words()["stems"].values() for one in other}
            if name not in known:
                heard.instruments.setdefault(StemType(stem), name)
            found.append(StemType(stem))
            rest = rest.replace(name, " ")
    for stem, names in _words()["stems"].items():
        if _first(rest, names) >= 0:
            found.append(StemType(stem))
    heard.stems += found
    return found


def _shades_of(clause: str) -> dict[str, Any]:
    words, found = _words(), {}
    for shade in words["shades"]:
        at = _first(clause, shade["words"])
        if at < 0:
            continue
        before = " ".join(clause[:at].split()[-_BEFORE:])
        factor = next((factor for name, factor in words["degrees"].items() if _first(before, [name]) >= 0), 1.0)
        turned = _first(before, words["reversals"]) >= 0
        for name, value in shade.items():
            if name in SHADES:
                found = _merged(found, {name: value * factor * (-1 if turned else 1)})
            elif name == "articulation":
                opposite = {"staccato": "legato", "legato": "staccato"}[value]
                found["articulation"] = opposite if turned else value
    return found


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Shades add up, within -1..1; the second's articulation counts."""
    both = {**first, **second}
    for name in SHADES:
        if name in first and name in second:
            both[name] = first[name] + second[name]
        if name in both:
            both[name] = clipped(both[name])
    return both


def _section(text: str) -> str | None:
    for section in sorted(_words()["sections"], key=len, reverse=True):
        name = re.escape(section).replace("\\-", "[ -]?")
        found = re.search(rf"(?:\b(\w+)\s+)?(?<![\w-]){name}(?:es|s)?(?:\s+(\w+))?(?!\w)", text)
        if found:
            which = next((one for word in found.groups() if word and (one := form.number(word)) is not None), None)
            return section if which is None else f"{section} {'last' if which == form.LAST else which}"
    return None


def _bars(text: str) -> tuple[int, int] | None:
    found = _BARS.search(text)
    if not found:
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return (first, last) if 1 <= first <= last else None


def _style_for(time_signature: str | None) -> str:
    return {"3/4": "waltz", "6/8": "ballad"}.get(time_signature or "", _DEFAULT_STYLE)
