"""The engine that needs no weights: parts written by rule (`ripieno.music.arranging`), played by a SoundFont."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from gpu_endpoints.generation import midi, tone
from gpu_endpoints.generation.engine import Generated, OnProgress, Wish
from gpu_endpoints.generation.soundfont import default_soundfont, render_part
from gpu_endpoints.serving.work import JobFailed
from ripieno import __version__
from ripieno.contracts import names
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import StemPlan
from ripieno.contracts.provenance import Provenance
from ripieno.music import midi_files, places
from ripieno.music.arranging import playing
from ripieno.music.arranging.arrange import arrange
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import blend
from ripieno.music.instruments import instrument
from ripieno.music.score import Part
from ripieno.services import blobs

NAME = "symbolic"


class SymbolicEngine:
    """The same wish gives the same bytes."""

    is_exact = True

    def provenance(self) -> Provenance:
        return Provenance(engine=NAME, version=__version__, license="MIT; SoundFont GPL-2", weights=_font())

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        made = []
        for number, wish in enumerate(wishes):
            made.append(_one(wish, lambda done, number=number: on_progress((number + done) / len(wishes))))
        return made


def _one(wish: Wish, on_progress: OnProgress) -> Generated:
    plan, given = wish.plan, wish.conditioning
    part = (
        _given(plan, given)
        if plan.midi
        else arrange(
            plan.stem_type,
            given,
            blend(plan.style),
            seed=plan.random_seed,
            instrument=instrument(plan.instrument) if plan.instrument else None,
            playing=playing.of(plan),
            by_place=playing.by_place(plan, given),
            silent=places.silent(plan, given),
        )
    )
    audio = render_part(part, wish.seconds, default_soundfont(), tuning=given.tuning, on_progress=on_progress)
    remarks = [] if part.notes else [f"the style {plan.style} has nothing for {plan.stem_type} in this part"]
    named = [place for one in plan.at_places for place in one.places] + plan.silent + plan.sounding
    remarks += [f"the music has no {place}" for place in dict.fromkeys(places.missing(named, given))]
    shaded = tone.shaded_at(audio, plan.brightness, _tones(plan, given))
    return Generated(shaded, midi.write(part, given), plan.random_seed, tuple(remarks))


def _given(plan: StemPlan, music: Conditioning) -> Part:
    """The notes that a person gave, as they are, but for where the stem is silent."""
    assert plan.midi is not None
    try:
        data = blobs.read(names.GENERATED, plan.midi)
    except blobs.BlobMissing as fault:
        raise JobFailed(
            "notes_missing", f"the notes given for the {plan.stem_type} are gone: send them again"
        ) from fault
    notes = midi_files.played(midi_files.notes(data), music)
    quiet = places.silent(plan, music)
    heard = [one for one in notes if not places.lies_in(music.timeline.beat_at(one.start + music.start_seconds), quiet)]
    own = instrument(plan.instrument) if plan.instrument else None
    style = blend(plan.style).leading
    if plan.stem_type == StemType.DRUMS:
        return Part("drums", own.program if own else style.drums.program, is_drum=True, notes=heard)
    part = style.parts[plan.stem_type]
    return Part(plan.stem_type, own.program if own else part.program, gain_db=part.gain_db, pan=part.pan, notes=heard)


def _tones(plan: StemPlan, music: Conditioning) -> list[tuple[float, list[tuple[float, float]]]]:
    """Brightnesses of their own, with the seconds from the range's beginning where they are."""
    origin, at = music.start_seconds, music.timeline.at
    return [
        (
            max(-1.0, min(1.0, plan.brightness + one.brightness)),
            [(at(start) - origin, at(end) - origin) for start, end in places.spans(one.places, music)],
        )
        for one in plan.at_places
        if one.brightness
    ]


@lru_cache(maxsize=1)
def _font() -> str:
    return hashlib.sha256(default_soundfont().read_bytes()).hexdigest()[:16]
