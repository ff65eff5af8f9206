"""The singing engines behind the interface of all generation engines: words and melody in, a vocal stem out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from gpu_endpoints.generation import midi, tone
from gpu_endpoints.generation.engine import Generated, OnProgress, Wish
from gpu_endpoints.generation.singing import choir, delivery, lyrics, voice
from gpu_endpoints.generation.singing.diffsinger import DiffSingerVoice
from gpu_endpoints.generation.singing.lyrics import Sung
from gpu_endpoints.generation.voices import applying, engines, ranges
from gpu_endpoints.generation.voices.engines import Mover
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.voices import Singer
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
        return _each(wishes, on_progress, self.sung)

    def sung(self, wish: Wish, mover: Mover | None = None) -> Generated:
        """One vocal, in the voice that a mover moves it to where there is one."""
        given, language = wish.conditioning, wish.language
        if wish.backing:
            return self._behind(wish)
        notes = lyrics.on_notes(list(wish.notes), language) if wish.notes else _on_own_melody(wish)
        notes, remarks = _in_range(notes, mover, given.tuning)
        way = delivery.of(wish.plan.style, valence=wish.valence, arousal=wish.arousal)
        if mover:
            heard, strength = mover.profile, mover.singer.settings.strength
            way = delivery.with_vibrato(way, heard.vibrato_hz, heard.vibrato_cents, strength)
        if self._voice:
            audio = self._voice.sing(notes, wish.seconds, tuning=given.tuning)
            if mover:
                audio = applying.converted(audio, mover, shift=0).audio
        else:
            frames = voice.sung(notes, wish.seconds, language=language, tuning=given.tuning, delivery=way)
            audio = voice.heard(engines.moved(frames, mover) if mover else frames)
        return Generated(
            tone.shaded(audio, wish.plan.brightness),
            midi.write(_part(notes), given, lyrics=_words(notes)),
            wish.plan.random_seed,
            remarks,
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
                notes,
                seconds,
                language=wish.language,
                tuning=detuned,
                formants=singer.formants,
                delivery=delivery.PLAIN if singer.vibrato else delivery.STRAIGHT,
            )

        audio = choir.sung(parts, wish.seconds, sing)
        notes = sorted((note for _, sung in parts for note in sung), key=lambda one: (one.start, one.pitch))
        return Generated(
            tone.shaded(audio, wish.plan.brightness),
            midi.write(_part(notes), wish.conditioning, lyrics=_words(notes)),
            wish.plan.random_seed,
            tuple(remarks),
        )


class SungAs:
    """A singing engine in the voice of somebody; made for one job."""

    is_exact = True

    def __init__(self, base: SingingEngine, singer: Singer):
        self._base, self._mover = base, engines.of(singer)

    def provenance(self) -> Provenance:
        words, own = self._base.provenance(), self._mover.provenance()
        return own.model_copy(
            update={
                "version": f"{own.version}; words by {words.engine} ({words.version})",
                "license": f"{words.license}; {own.license}",
                "approximate": words.approximate or own.approximate,
            }
        )

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        return _each(wishes, on_progress, lambda wish: self._base.sung(wish, self._mover))


# -- parts --------------------------------------------------------------------------------------------------------


def _each(wishes: list[Wish], on_progress: OnProgress, sing) -> list[Generated]:
    made = []
    for number, wish in enumerate(wishes):
        on_progress(number / len(wishes))
        made.append(sing(wish))
    return made


def _in_range(notes: list[Sung], mover: Mover | None, tuning: float) -> tuple[list[Sung], tuple[str, ...]]:
    """The melody where the voice can sing it: moved by octaves alone, since the song's chords stay."""
    if mover is None or not notes:
        return notes, ()
    hertz = np.array([tuning * 2 ** ((note.pitch - 69) / 12) for note in notes])
    lengths = np.array([max(note.end - note.start, 0.0) for note in notes])
    asked = mover.singer.settings.range_shift
    by = (
        ranges.octaves(hertz, mover.profile, lengths) if asked is None else ranges.OCTAVE * round(asked / ranges.OCTAVE)
    )
    remarks: list[str] = []
    if asked is not None and by != asked:
        remarks.append(f"moved by {by:+d} semitones, not by {asked:+d}: within a song by whole octaves only")
    elif by:
        remarks.append(
            f"sung {abs(by) // ranges.OCTAVE} octave{'s' * (abs(by) > ranges.OCTAVE)}"
            f" {'higher' if by > 0 else 'lower'}, where the voice lies"
        )
    beyond = ranges.outside(hertz * 2 ** (by / 12), mover.profile)
    if beyond > ranges.MUCH:
        remarks.append(f"{beyond:.0%} of its notes lie beyond the range that the voice was heard in")
    return [replace(note, pitch=note.pitch + by) for note in notes], tuple(remarks)


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
