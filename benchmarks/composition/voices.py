"""`python -m benchmarks.composition.voices`: the voices behind the lead of one sung piece, by themselves.

How well each is in tune, whether its notes are in their chord or key, and what singing them takes. `--docs docs` draws
lead and voices as a piano roll, `--out` keeps what is sung.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pyworld
import soundfile

from benchmarks.composition import plots
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.singing import choir, lyrics, voice
from gpu_endpoints.generation.singing.engine import SingingEngine
from ripieno.contracts.composition import BACKING, CompositionOrder, Context
from ripieno.contracts.generation import BackingPart, StemPlan
from ripieno.music.composing import briefs, contexts, singing
from ripieno.music.composing.backing import tones
from ripieno.music.composing.backing.voices import parts, voices
from ripieno.music.genres.blending import Blend, blend

_BRIEF = "an uplifting pop song about the sea at night, two and a half minutes"
_IN_TUNE_CENTS = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("brief", nargs="?", default=_BRIEF)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--docs", type=Path, help="draw backing-vocals-roll.svg into this folder")
    parser.add_argument("--out", type=Path, help="keep backing-vocals.wav and a solo of each voice in this folder")
    chosen = parser.parse_args()
    context, style = composed(chosen.brief, chosen.seed)
    if chosen.docs:
        plots.voices(context, style, chosen.docs / "backing-vocals-roll.svg")
    print(f"{context.title}: {style}, {context.key}, {context.meter}\n")
    print("| voice | notes | in chord or key | singers in tune |\n|---|---|---|---|")
    music = contexts.conditioning_of(context)
    for number, (own, part) in enumerate(zip(voices(context, style), parts(context, style), strict=True)):
        fits = [
            note.pitch % 12 in tones.of_chord(music, note.start) | set(music.key_at(note.start).scale)
            for note in own.notes
        ]
        tuned = [solo(part, singer, context.language) for singer in choir.of(part.way).singers[:2]]
        print(f"| {part.way} | {len(fits)} | {np.mean(fits):.2f} | {', '.join(f'{share:.2f}' for share, _ in tuned)} |")
        if chosen.out:
            chosen.out.mkdir(parents=True, exist_ok=True)
            soundfile.write(chosen.out / f"{number}-{part.way.replace(' ', '-')}.wav", tuned[0][1], SAMPLE_RATE)
    plan = StemPlan(stem_type="vocals", name=BACKING)
    wish = Wish(plan, music, backing=tuple(parts(context, style)), language=context.language)
    begun, spent = time.perf_counter(), time.process_time()
    made = SingingEngine().generate([wish], lambda done: None)[0]
    print(f"\nsung in {time.perf_counter() - begun:.1f} s, {time.process_time() - spent:.1f} s of processor")
    if chosen.out:
        soundfile.write(chosen.out / "backing-vocals.wav", made.audio, SAMPLE_RATE)


def composed(brief: str, seed: int) -> tuple[Context, Blend]:
    """A piece as far as its words."""
    said = briefs.read(brief)
    style = blend(said.style or "pop")
    begun = contexts.begin(CompositionOrder(brief=brief), said, style, seed)
    arranged = contexts.arranged(contexts.harmonised(begun))
    return arranged.model_copy(update={"lyrics": singing.drafts(arranged, style)[0]}), style


def solo(part: BackingPart, singer: choir.Singer, language: str) -> tuple[float, np.ndarray]:
    """The share of the voiced frames of one singer within 30 cents of the note, and what is sung."""
    sung = lyrics.on_notes(list(part.notes), language)
    tuning = 440.0 * 2 ** (singer.cents / 1200)
    audio = np.zeros(round((part.notes[-1].end + 1.0) * SAMPLE_RATE))
    for begin, notes in choir.stretches(sung):
        made = voice.sing(notes, notes[-1].end + 0.2, language=language, tuning=tuning, formants=singer.formants)[:, 0]
        at = round(begin * SAMPLE_RATE)
        audio[at : at + len(made)] += made[: len(audio) - at]
    rough, times = pyworld.dio(audio, SAMPLE_RATE, f0_floor=70, f0_ceil=1200)
    f0 = pyworld.stonemask(audio, rough, times, SAMPLE_RATE)
    off = []
    for note in part.notes:
        inside = (times >= note.start) & (times < note.end) & (f0 > 0)
        off.append(np.abs(1200 * np.log2(f0[inside] / (440 * 2 ** ((note.pitch - 69) / 12)))))
    return float((np.concatenate(off) <= _IN_TUNE_CENTS).mean()), audio


if __name__ == "__main__":
    main()
