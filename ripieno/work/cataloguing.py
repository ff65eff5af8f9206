"""The catalogue: the data that pieces are planned with, and the engines as their endpoints tell of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.catalogue import (
    Catalogue,
    EngineEntry,
    FormEntry,
    InstrumentEntry,
    MoodEntry,
    PersonaEntry,
    PresetEntry,
    StyleEntry,
)
from ripieno.contracts.composition import DownloadFormat, Stage
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import Meter
from ripieno.contracts.lyrics import LyricsLanguage
from ripieno.music.composing import forms, moods
from ripieno.music.genres import all_genres
from ripieno.music.instruments import all_instruments
from ripieno.music.sets import personas
from ripieno.services import endpoints, engines, llm
from ripieno.services.settings import settings

_VOICE = "@"  # in the name of an engine that sings with a voice


def catalogue() -> Catalogue:
    """Everything that may be asked for; an endpoint that does not answer is remarked upon."""
    known = list(settings().endpoints)
    with ThreadPoolExecutor(max(1, len(known))) as pool:
        states = dict(zip(known, pool.map(_state, known), strict=True))
    found = [one for name, state in states.items() for one in _engines(name, state)] + _of_the_app()
    styles = []
    for one in all_genres().values():
        valence, arousal = moods.of_style(one.name)
        styles.append(
            StyleEntry(
                name=one.name,
                tempo=one.tempo,
                beats_per_bar=one.beats_per_bar,
                valence=valence,
                arousal=arousal,
                form=forms.name_of(one.name),
            )
        )
    return Catalogue(
        styles=styles,
        instruments=[
            InstrumentEntry(name=one.name, stem_type=one.stem, program=one.program, words=list(one.words))
            for one in all_instruments().values()
        ],
        moods=[MoodEntry(word=word, valence=place[0], arousal=place[1]) for word, place in moods.words().items()],
        forms=[FormEntry(name=name, sections=sections) for name, sections in forms.all_forms().items()],
        layers=list(StemType),
        meters=list(get_args(Meter)),
        languages=list(get_args(LyricsLanguage)),
        voices=[one.name.partition(_VOICE)[2] for one in found if _VOICE in one.name and one.available],
        engines=found,
        mastering=_presets(states),
        personas=[
            PersonaEntry(name=one.name, title=one.title, about=one.about, daring=one.daring, languages=list(one.words))
            for one in personas.all_personas().values()
        ],
        stem_formats=list(get_args(StemFormat)),
        download_formats=list(get_args(DownloadFormat)),
        stages=list(Stage),
        remarks=[f"the {name} endpoint does not answer: what it has is missing" for name in known if not states[name]],
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _state(endpoint: str) -> dict[str, Any]:
    try:
        return endpoints.health_of_any(endpoint)
    except endpoints.EndpointDown:
        return {}


def _engines(endpoint: str, state: dict[str, Any]) -> list[EngineEntry]:
    return [
        EngineEntry(
            task=task,
            name=name,
            endpoint=endpoint,
            available=about.get("available", False),
            license=about.get("license", ""),
            detail=about.get("detail", ""),
        )
        for task, there in state.get("engines", {}).items()
        for name, about in there.items()
    ]


def _of_the_app() -> list[EngineEntry]:
    """What plans, understands and writes lyrics, without an endpoint."""
    found = []
    for task in get_args(llm.Task):
        for one in engines.of_task(task):
            here = one.name != engines.MODEL or llm.is_configured(task)
            found.append(
                EngineEntry(
                    task=task,
                    name=one.name,
                    endpoint="app",
                    available=here,
                    license=f"{one.code}; {one.weights}",
                    detail=one.makes if here else "no language model is set for it",
                )
            )
    return found


def _presets(states: dict[str, dict[str, Any]]) -> list[PresetEntry]:
    """Those of whichever endpoint masters."""
    found: dict[str, PresetEntry] = {}
    for state in states.values():
        for engine in state.get("engines", {}).get("master", {}).values():
            for name, about in engine.get("presets", {}).items():
                found.setdefault(name, PresetEntry.model_validate({"name": name, **about}))
    return list(found.values())
