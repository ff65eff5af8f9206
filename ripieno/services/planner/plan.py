"""The plan of a request: by a language model where one is configured, by rule elsewhere and whenever it fails."""

from __future__ import annotations

from typing import Any

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import (
    MOST_PLACES,
    MOST_PROMPT,
    GenerationOrder,
    GenerationPlan,
    PlacedPlaying,
    StemPlan,
)
from ripieno.contracts.provenance import ModelUsage
from ripieno.contracts.understanding import MOST_SECTION_NAME, About, Place, Understanding
from ripieno.music.genres import all_genres
from ripieno.music.genres.blending import blend
from ripieno.music.instruments import all_instruments, instrument
from ripieno.music.language import understand
from ripieno.music.song_conditioning import NotConditionable, of_song, within
from ripieno.services import llm, understanding
from ripieno.services.llm import ModelFailed
from ripieno.services.planner import model, rules, seeds
from ripieno.services.planner.model import Proposal, ProposedPlace
from ripieno.services.rules import signature
from ripieno.services.settings import settings


def first(request_id: str, order: GenerationOrder, song: AudioFile | None, analysis: Analysis | None) -> GenerationPlan:
    """
    Raises
    ------
    ValueError
        When no stem is asked for, or a style is named that is not there.
    """
    seed = seeds.of(request_id, order.parameters.random_seed)
    said = _understood(order.parameters.prompt, "request")
    time_signature = analysis.time_signature if analysis else None
    by_rule = rules.plan(order, time_signature=time_signature, seed=seed, said=said)
    for one in by_rule:
        blend(one.style)
    question = _question(order, song, analysis) | {"stems": [one.stem_type for one in by_rule]}
    return _planned(question, by_rule, order, analysis, said)


def again(
    request_id: str,
    order: GenerationOrder,
    before: StemPlan,
    comment: str,
    take: int,
    song: AudioFile | None,
    analysis: Analysis | None,
) -> GenerationPlan:
    """The plan of one stem's further take, that heeds what was said of the one before."""
    said = _understood(comment, "comment")
    by_rule = [rules.again(before, comment, seed=seeds.of(request_id, order.parameters.random_seed, take), said=said)]
    question = _question(order, song, analysis) | {
        "stems": [before.stem_type],
        "before": before.model_dump(),
        "comment": comment,
    }
    return _planned(question, by_rule, order, analysis, said)


# -- parts --------------------------------------------------------------------------------------------------------


def _understood(text: str, about: About) -> Understanding | None:
    """What was said; a model that plans hears it itself: none is asked before it for what the rules do not read."""
    if not text.strip():
        return None
    if llm.is_configured("plan"):
        return understand(text, about=about).model_copy(update={"engine": signature()})
    return understanding.understood(text, about=about)


def _planned(
    question: dict[str, Any],
    by_rule: list[StemPlan],
    order: GenerationOrder,
    analysis: Analysis | None,
    said: Understanding | None,
) -> GenerationPlan:
    if not llm.is_configured("plan"):
        usage = (said.usage if said else None) or ModelUsage()
        return GenerationPlan(stems=by_rule, understood=said, planner=signature(), usage=usage)
    try:
        reply = model.ask(question)
    except ModelFailed as fault:
        by = signature(reason=str(fault))
        return GenerationPlan(stems=by_rule, understood=said, planner=by, usage=fault.usage)
    proposed = {one.stem_type: one for one in reply.value.stems}
    stems = [
        _clipped(proposed[one.stem_type], one, order, analysis) if one.stem_type in proposed else one for one in by_rule
    ]
    missing = [one.stem_type for one in by_rule if one.stem_type not in proposed]
    reason = f"planned by rule: {', '.join(missing)}, which the model left out" if missing else None
    by = reply.engine.model_copy(update={"reason": reason})
    return GenerationPlan(stems=stems, understood=said, planner=by, usage=reply.usage)


def _clipped(proposal: Proposal, by_rule: StemPlan, order: GenerationOrder, analysis: Analysis | None) -> StemPlan:
    """What the model proposes as far as it can be played; what the user fixed stays."""
    given = order.parameters
    has_range = bool(given.section or given.bars)
    section, bars = (None, None) if has_range else _range(proposal, analysis)
    changes: dict[str, Any] = {
        "prompt": proposal.prompt.replace("\n", " ")[:MOST_PROMPT],
        "section": section,
        "bars": bars,
        "instrument": _instrument(proposal.instrument, StemType(by_rule.stem_type)),
        "sounding": _places(proposal.sounding),
        "silent": _places(proposal.silent),
        "at_places": [
            PlacedPlaying(places=where, **rules.playing_of(one.model_dump()))
            for one in proposal.at_places[:MOST_PLACES]
            if (where := _places(one.places))
        ],
        **rules.playing_of(proposal.model_dump()),
    }
    if order.engine == "auto" and proposal.engine in settings().planner_engines:
        changes["engine"] = proposal.engine
    if given.style is None and (style := _style(proposal.style)):
        changes["style"] = style
    if given.random_seed is None and proposal.random_seed is not None:
        changes["random_seed"] = proposal.random_seed % 2**32
    return by_rule.model_copy(update=changes)


def _range(proposal: Proposal, analysis: Analysis | None) -> tuple[str | None, tuple[int, int] | None]:
    """The part of the song that is proposed, nothing where the song has no such part."""
    bars = (proposal.bars[0], proposal.bars[1]) if proposal.bars and len(proposal.bars) == 2 else None
    if analysis is None or not (bars or proposal.section):
        return None, None
    try:
        within(of_song(analysis), section=proposal.section if bars is None else None, bars=bars)
    except NotConditionable:
        return None, None
    return (None, bars) if bars else (proposal.section, None)


def _places(proposed: list[ProposedPlace]) -> list[Place]:
    """Those that say where."""
    found = [
        Place(section=one.section, bars=(one.bars[0], one.bars[1]) if one.bars and len(one.bars) == 2 else None)
        for one in proposed[:MOST_PLACES]
        if len(one.section or "") <= MOST_SECTION_NAME
    ]
    return [place for place in found if place.section or place.bars]


def _style(text: str) -> str | None:
    try:
        return str(blend(text))
    except ValueError:
        return None


def _instrument(name: str | None, stem: StemType) -> str | None:
    try:
        return name if name and instrument(name).stem == stem else None
    except ValueError:
        return None


def _question(order: GenerationOrder, song: AudioFile | None, analysis: Analysis | None) -> dict[str, Any]:
    given = order.parameters
    return {
        "wish": {
            "prompt": given.prompt,
            "fixed": given.model_dump(
                include={"style", "section", "bars", "target_bpm", "chord_progression", "random_seed"},
                exclude_none=True,
            ),
        },
        "song": _song(song, analysis),
        "styles": {
            name: {"tempo": one.tempo, "beats_per_bar": one.beats_per_bar} for name, one in all_genres().items()
        },
        "instruments": {name: one.stem for name, one in all_instruments().items()},
        "engines": ["auto", *settings().planner_engines],
    }


def _song(song: AudioFile | None, analysis: Analysis | None) -> dict[str, Any] | None:
    """What the model needs to know of a song; tags are cut short and are data."""
    if analysis is None:
        return None
    about: dict[str, Any] = {
        "bpm": analysis.bpm, "time_signature": analysis.time_signature, "key": analysis.key, "mode": analysis.mode,
        "chords": list(dict.fromkeys(chord.chord for chord in analysis.chords))[:24],
        "title": (song.title or "")[:100] if song else "", "artist": (song.artist or "")[:100] if song else "",
    }  # fmt: skip
    try:
        found = of_song(analysis)
        bars = {bar.first: bar.number + 1 for bar in found.timeline.bars()}
        about["sections"] = [{"label": one.label, "from_bar": bars.get(round(one.start))} for one in found.sections]
    except NotConditionable:
        about["sections"] = []
    return about
