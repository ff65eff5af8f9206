"""The singing engines behind the interface of all generation engines: words and melody in, a vocal stem out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_endpoints.generation import midi, tone
from gpu_endpoints.generation.engine import Generated, OnProgress, Wish
from gpu_endpoints.generation.singing import choir, lyrics, voice
from gpu_endpoints.generation.singing.diffsinger import DiffSingerVoice
from gpu_endpoints.generation.singing.lyrics import Sung
from ripieno.contracts.provenance import Provenance
from ripieno.music import score
from ripieno.music.arranging.arrange import arrange
from ripieno.music.arranging.playing import Playing
from ripieno.music.genres.blending import blend

_MELODY_STEM = "vocals"


class SingingEngine:
    """With a DiffSinger voice, or without weights where there is none."""

    is_exact = True

    def __init__(self, folder: Path | None = None):
        self._voice = DiffSingerVoice(folder) if folder else None

    def provenance(self) -> Provenance:
        return self._voice.provenance() if self._voice else voice.provenance()

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        made = []
        for number, wish in enumerate(wishes):
            on_progress(number / len(wishes))
            made.append(self._one(wish))
        return made

    def _one(self, wish: Wish) -> Generated:
        given, language = wish.conditioning, wish.language
        if wish.backing:
            return self._behind(wish)
        notes = lyrics.on_notes(list(wish.notes), language) if wish.notes else _on_own_melody(wish)
        if self._voice:
            audio = self._voice.sing(notes, wish.seconds, tuning=given.tuning)
        else:
            audio = voice.sing(notes, wish.seconds, language=language, tuning=given.tuning)
        return Generated(
            tone.shaded(audio, wish.plan.brightness),
            midi.write(_part(notes), given, lyrics=_words(notes)),
            wish.plan.random_seed,
        )

    def _behind(self, wish: Wish) -> Generated:
        """The voices behind a lead, each by singers of its own; those whose words the voice cannot say are left out."""
        parts = [(one.way, lyrics.on_notes(list(one.notes), wish.language)) for one in wish.backing]
        tuning, sings = wish.conditioning.tuning, self._voice
        strange = {way: words for way, notes in parts if sings and (words := sings.unknown(notes))}
        parts = [(way, notes) for way, notes in parts if way not in strange]
        remarks = [f"{way}: left out, the voice cannot say {', '.join(words)}" for way, words in strange.items()]
        if not parts:
            raise ValueError(f"{'; '.join(remarks)}: add these to its dsdict.yaml")

        def sing(notes: list[Sung], seconds: float, singer: choir.Singer) -> np.ndarray:
            detuned = tuning * 2 ** (singer.cents / 1200)
            if sings:
                return sings.sing(notes, seconds, tuning=detuned)
            return voice.sing(
                notes, seconds, language=wish.language, tuning=detuned, formants=singer.formants, vibrato=singer.vibrato
            )

        audio = choir.sung(parts, wish.seconds, sing)
        notes = sorted((note for _, sung in parts for note in sung), key=lambda one: (one.start, one.pitch))
        return Generated(
            tone.shaded(audio, wish.plan.brightness),
            midi.write(_part(notes), wish.conditioning, lyrics=_words(notes)),
            wish.plan.random_seed,
            tuple(remarks),
        )


def _on_own_melody(wish: Wish) -> list[Sung]:
    """The melody the symbolic engine would play for the style, exactly on the beat."""
    plan = wish.plan
    part = arrange(
        _MELODY_STEM,
        wish.conditioning,
        blend(plan.style),
        seed=plan.random_seed,
        humanise=False,
        playing=Playing(plan.pitch_register, plan.density, plan.dynamics, plan.articulation),
    )
    return lyrics.on_melody(wish.lyrics, part.notes, wish.language)


def _part(notes: list[Sung]) -> score.Part:
    return score.Part(_MELODY_STEM, 52, notes=[score.Note(one.start, one.end, round(one.pitch), 90) for one in notes])


def _words(notes: list[Sung]) -> list[tuple[float, str]]:
    return [
        (one.start, one.syllable.text if one.syllable else "-")
        for one in notes
        if not one.syllable or one.syllable.text
    ]
