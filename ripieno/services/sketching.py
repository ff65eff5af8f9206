"""From a brief to what nobody has fixed: mood, styles with weights, form, theme, instrumentation.

What stands in a field of the order, what the rules read in its brief and what a song brings is settled; a language
model fills in the rest where one is configured, and `ripieno.music.composing` what that leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ripieno.contracts.composition import MOST_SECTIONS, MOST_STYLES, CompositionOrder, FormPart, Mood, StyleShare
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import Meter
from ripieno.contracts.provenance import ModelUsage, Provenance
from ripieno.contracts.understanding import Kind, Statement
from ripieno.music.composing import contexts, harmonies, moods
from ripieno.music.composing.backing import placing
from ripieno.music.composing.briefs import Said
from ripieno.music.conditioning import DEFAULT_ENERGY
from ripieno.music.genres import all_genres
from ripieno.music.genres.blending import blend
from ripieno.services import llm
from ripieno.services.llm import ModelFailed
from ripieno.services.rules import signature

_CLOSE = 0.03  # by which a form may miss the length that is asked for
_BEND = 0.06  # by which a tempo may be moved so that the form fills it
_MOST_TITLE, _MOST_THEME, _MOST_MOOD = 100, 300, 100


class SketchedStyle(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    weight: float = Field(gt=0, le=100)


class SketchedSection(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: str
    bars: int = Field(ge=1, le=64)


class Sketch(BaseModel):
    """What the model may say of a piece; only what is open is taken of it."""

    model_config = ConfigDict(extra="forbid")

    title: str | None
    theme: str | None
    mood_words: str
    valence: float | None = Field(ge=-1, le=1)
    arousal: float | None = Field(ge=-1, le=1)
    style: list[SketchedStyle] = Field(max_length=MOST_STYLES)
    tempo: float | None = Field(ge=30, le=300)
    key: str | None
    meter: Meter | None
    form: list[SketchedSection] = Field(max_length=MOST_SECTIONS)
    instruments: list[StemType]
    sings: bool | None


@dataclass(frozen=True)
class Sketched:
    """An order with what was open filled in; `filled` are the fields of the context that the engine settled."""

    order: CompositionOrder
    engine: Provenance
    filled: tuple[str, ...] = ()
    usage: ModelUsage = field(default_factory=ModelUsage)


def sketched(order: CompositionOrder, said: Said, *, has_song: bool) -> Sketched:
    """The order, filled in by a language model where one is configured and something is open."""
    open_ = _open(order, said, has_song=has_song)
    if not order.brief.strip() or not open_ or not llm.is_configured("compose"):
        return Sketched(order, signature())
    prompt = (Path(__file__).with_name("prompts") / "compose.md").read_text()
    question = _question(order, said, open_)
    try:
        reply = llm.ask("compose", prompt, question, Sketch, faults=lambda one: _faults(one, order, said, open_))
    except ModelFailed as fault:
        return Sketched(order, signature(reason=str(fault)), usage=fault.usage)
    filled = _filled(reply.value, order, said, open_)
    engine = reply.engine
    if reply.faults:
        engine = engine.model_copy(update={"reason": f"by rule where it did not fit: {'; '.join(reply.faults)}"[:500]})
    whole = order.model_copy(update=filled)
    return Sketched(whole, engine, tuple(filled), reply.usage)


# -- parts --------------------------------------------------------------------------------------------------------


def _open(order: CompositionOrder, said: Said, *, has_song: bool) -> list[str]:
    """The fields of the order that neither it nor its brief nor a song settles."""
    is_sung = _is_sung(order, said)
    settled = {
        "title": order.title or said.title, "mood": order.mood or moods.heard(f"{order.brief} {' '.join(said.moods)}"),
        "styles": order.styles or said.style, "tempo": order.tempo or said.tempo or has_song,
        "key": order.key or said.key or has_song, "meter": order.meter or said.meter or has_song,
        "form": order.form or has_song, "layers": order.layers, "instrumental": is_sung is not None,
        "theme": order.theme or said.theme or order.lyrics or is_sung is False,
    }  # fmt: skip
    return [name for name, value in settled.items() if not value]


def _is_sung(order: CompositionOrder, said: Said) -> bool | None:
    if order.instrumental is not None:
        return not order.instrumental
    if order.lyrics or order.voice or order.theme:
        return True
    return said.is_sung


def _question(order: CompositionOrder, said: Said, open_: list[str]) -> dict[str, Any]:
    settled = order.model_dump(
        mode="json",
        exclude_defaults=True,
        include={
            "title",
            "mood",
            "styles",
            "duration_seconds",
            "key",
            "tempo",
            "meter",
            "form",
            "layers",
            "theme",
            "instrumental",
            "language",
        },
    )
    of_brief = {
        "tempo": said.tempo, "key": said.key, "mode": said.mode, "meter": said.meter, "style": said.style,
        "theme": said.theme, "title": said.title, "moods": list(said.moods), "is_sung": said.is_sung,
    }  # fmt: skip
    return {
        "brief": order.brief, "settled": {name: one for name, one in of_brief.items() if one} | settled, "open": open_,
        "seconds": _seconds(order, said), "beats_per_bar": contexts.beats_of(_meter(None, order, said))[0],
        "styles": {name: {"tempo": one.tempo} for name, one in all_genres().items()},
        "sections": list(DEFAULT_ENERGY), "players": [str(one.value) for one in StemType],
    }  # fmt: skip


def _seconds(order: CompositionOrder, said: Said) -> float:
    return order.duration_seconds or said.seconds or contexts.DEFAULT_SECONDS


def _meter(sketch: Sketch | None, order: CompositionOrder, said: Said) -> str:
    return order.meter or said.meter or (sketch.meter if sketch else None) or "4/4"


def _faults(sketch: Sketch, order: CompositionOrder, said: Said, open_: list[str]) -> list[str]:
    """What the model can mend."""
    found = []
    if "styles" in open_:
        strange = [one.name for one in sketch.style if one.name not in all_genres()]
        found += [f"style: there is no {name[:40]!r}, the styles are {', '.join(all_genres())}" for name in strange[:2]]
    if "key" in open_ and sketch.key and _key(sketch.key, said) is None:
        wanted = f", in {said.mode}" if said.mode else ""
        found.append(f'key: {sketch.key[:20]!r} is no key that fits: write one like "A minor"{wanted}')
    if "form" in open_ and sketch.form:
        strange = [one.label for one in sketch.form if one.label not in DEFAULT_ENERGY]
        found += [f"form: there is no {name[:40]!r}, sections are {', '.join(DEFAULT_ENERGY)}" for name in strange[:2]]
        tempo, beats = _tempo(sketch, order, said), contexts.beats_of(_meter(sketch, order, said))[0]
        if tempo is not None and not strange and not _fills(sketch, tempo, beats, order, said):
            bars, wanted = sum(one.bars for one in sketch.form), round(_seconds(order, said) * tempo / 60 / beats)
            found.append(f"form: has {bars} bars, and {wanted} fill the length at {tempo:g} beats a minute")
    return found


def _fills(sketch: Sketch, tempo: float, beats: int, order: CompositionOrder, said: Said) -> bool:
    bars = sum(one.bars for one in sketch.form)
    seconds = bars * beats * 60 / tempo
    is_fixed = bool(order.tempo or said.tempo)
    return abs(seconds / _seconds(order, said) - 1) <= (_CLOSE if is_fixed else _BEND)


def _tempo(sketch: Sketch, order: CompositionOrder, said: Said) -> float | None:
    return order.tempo or said.tempo or sketch.tempo


def _key(name: str, said: Said) -> str | None:
    """A key that there is, in the mode that the brief names."""
    try:
        tonic, mode = harmonies.key_of(name)
    except (ValueError, KeyError):
        return None
    return harmonies.key_name(tonic, mode) if said.mode in (None, mode) else None


def _filled(sketch: Sketch, order: CompositionOrder, said: Said, open_: list[str]) -> dict[str, Any]:
    """The open fields as far as the sketch has something for them that can be."""
    found: dict[str, Any] = {}
    if "title" in open_ and (title := _plain(sketch.title, _MOST_TITLE)):
        found["title"] = title
    if "mood" in open_ and sketch.valence is not None and sketch.arousal is not None:
        words = _plain(sketch.mood_words, _MOST_MOOD)
        found["mood"] = Mood(words=words, valence=sketch.valence, arousal=sketch.arousal)
    if "styles" in open_:
        weights = {one.name: one.weight for one in sketch.style if one.name in all_genres()}
        found |= {"styles": [StyleShare(name=name, weight=share) for name, share in weights.items()]} if weights else {}
    if "key" in open_ and sketch.key and (key := _key(sketch.key, said)):
        found["key"] = key
    if "meter" in open_ and sketch.meter:
        found["meter"] = sketch.meter
    if "instrumental" in open_ and sketch.sings is not None:
        found["instrumental"] = not sketch.sings
    is_sung = _is_sung(order, said) or sketch.sings is True
    if "theme" in open_ and is_sung and (theme := _plain(sketch.theme, _MOST_THEME)):
        found["theme"] = theme
    if "layers" in open_ and (players := _players(sketch, said.understood.statements, is_sung=is_sung)):
        found["layers"] = players
        if order.backing is None and said.has_backing is None:  # nobody has named who plays
            found["backing"] = is_sung and placing.has_backing(_leading(found, order, said))
    return found | _timed(sketch, order, said, open_)


def _leading(found: dict[str, Any], order: CompositionOrder, said: Said) -> str:
    shares = found.get("styles") or order.styles
    return (contexts.blended(shares) if shares else blend(said.style or "pop")).leading.name


def _timed(sketch: Sketch, order: CompositionOrder, said: Said, open_: list[str]) -> dict[str, Any]:
    """Tempo and form, so that its bars fill the length."""
    tempo = _tempo(sketch, order, said)
    if tempo is None:
        return {}
    beats = contexts.beats_of(_meter(sketch, order, said))[0]
    known = bool(sketch.form) and all(one.label in DEFAULT_ENERGY for one in sketch.form)
    has_form = "form" in open_ and known and _fills(sketch, tempo, beats, order, said)
    found: dict[str, Any] = {}
    if has_form:
        found["form"] = [FormPart(label=one.label, bars=one.bars) for one in sketch.form]
    if "tempo" in open_:
        seconds = _seconds(order, said)
        bars = sum(one.bars for one in sketch.form) if has_form else max(2, round(seconds * tempo / 60 / beats))
        if not order.form:
            tempo = bars * beats * 60 / seconds
        found["tempo"] = round(min(300.0, max(30.0, tempo)), 3)
    return found


def _players(sketch: Sketch, statements: list[Statement], *, is_sung: bool) -> list[StemType]:
    """Those of the sketch and those that the brief names, less those that it does not want."""
    of_parts = [one for one in statements if one.kind == Kind.PART]
    wanted = [part for one in of_parts if not one.negated for part in one.parts]
    out = {part for one in of_parts if one.negated and not one.places for part in one.parts}
    named = [*sketch.instruments, *wanted, *([StemType.VOCALS] if is_sung else [])]
    found = [StemType(one) for one in dict.fromkeys(StemType(one) for one in named) if one not in out]
    if not is_sung:
        found = [one for one in found if one != StemType.VOCALS]
    return found if any(one != StemType.VOCALS for one in found) else []


def _plain(text: str | None, most: int) -> str:
    """One line of a length, without signs that steer anything."""
    return " ".join("".join(one if one.isprintable() else " " for one in text or "").split())[:most].strip()
