"""The job `generate`: stems that fit a conditioning, made, brought onto the grid, checked, finished and stored.

A learned engine that misses the chords or the beats tries again with another seed, up to a limit; the best try is kept
and its score says what it is worth.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

from gpu_endpoints.audio import writing
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import choice
from gpu_endpoints.generation.engine import Generated, GenerationEngine, Wish
from gpu_endpoints.generation.finishing import finish, muted
from gpu_endpoints.generation.recording import RecordingEngine
from gpu_endpoints.generation.voices import store
from gpu_endpoints.production import aligning, checking
from gpu_endpoints.serving.work import JobCancelled, JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.composition import BACKING
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import (
    GeneratedStem,
    GenerateInput,
    GenerationOrder,
    GenerationResult,
    SingInput,
    StemPlan,
)
from ripieno.contracts.production import Score
from ripieno.contracts.provenance import Origin, Provenance
from ripieno.contracts.voices import Singer
from ripieno.music import mix_levels, places
from ripieno.music.genres.blending import blend
from ripieno.music.song_conditioning import within
from ripieno.services import blobs, falling
from ripieno.services import conditioning as conditionings
from ripieno.services.engines import UnknownEngine
from ripieno.services.planner import rules, seeds

MOST_TRIES = 3
GOOD_ENOUGH = 0.6
log = logging.getLogger("ripieno.generation")
_NEW_SEED = 7919  # a prime, so that a retry's seed is no neighbouring stem's


def run(job_input: dict, context: JobContext) -> dict:
    return _make(GenerateInput.model_validate(job_input), context)


def sing(job_input: dict, context: JobContext) -> dict:
    """The job `sing`: the vocals of a request with its lyrics, or with given notes."""
    order = SingInput.model_validate(job_input)
    if not order.parameters.lyrics.strip() and not order.notes and not order.backing:
        raise JobFailed("no_lyrics", "there is nothing to sing: give parameters.lyrics, or notes with syllables")
    if order.target_stems != [StemType.VOCALS]:
        raise JobFailed("not_vocals", "only vocals can be sung: leave target_stems out")
    return _make(order, context)


def _make(order: GenerateInput, context: JobContext) -> dict:
    """Every stem of a request, those of one engine together."""
    context.progress(0.0, "preparing")
    sung = {"language": order.language, "valence": order.valence, "arousal": order.arousal}
    sung |= {"notes": tuple(order.notes), "backing": tuple(order.backing)}
    wishes = [replace(wish, **sung) for wish in prepare(order)]
    stems: list[GeneratedStem] = []
    recorded = [wish for wish in wishes if wish.plan.audio is not None]
    wishes = [wish for wish in wishes if wish.plan.audio is None]
    if recorded:
        own = RecordingEngine()
        found = made_well(own, recorded, context.part(0.0, 0.05 if wishes else 0.95))
        stems += [save(order, wish, one, score, own.provenance(), context) for wish, one, score in found]
    for names_of, group in groupby(sorted(wishes, key=_tried(order)), key=_tried(order)):
        together = list(group)
        before = len(stems) - len(recorded)
        done, after = before / len(wishes), (before + len(together)) / len(wishes)
        part = context.part(0.05 + 0.9 * done, 0.05 + 0.9 * after)
        found, signature = _by_the_first_that_can(names_of, together, part, order.singer)
        signature = falling.signed(signature, order.lost)
        stems += [save(order, wish, one, score, signature, context) for wish, one, score in found]
    return GenerationResult(stems=stems).model_dump()


def _tried(order: GenerateInput) -> Callable[[Wish], list[str]]:
    """The engines to try for a wish, in order."""

    def tried(wish: Wish) -> list[str]:
        try:
            return falling.candidates(order, wish.plan)
        except UnknownEngine as fault:
            raise JobFailed("unknown_engine", str(fault)) from None

    return tried


def _by_the_first_that_can(
    tried: list[str], wishes: list[Wish], context: JobContext, singer: Singer | None
) -> tuple[list[tuple[Wish, Generated, Score]], Provenance]:
    """What the first engine makes that is not lost on the way, and its signature, which names those that were."""
    lost: list[str] = []
    for name in tried[:-1]:
        try:
            found, signature = _made_by(name, wishes, context, singer)
            return found, falling.signed(signature, lost)
        except JobCancelled:
            raise
        except JobFailed as fault:
            if fault.code != choice.UNAVAILABLE:
                raise
            lost.append(f"{name}: {fault.message}")
        except Exception as fault:  # whatever a model or its library may do; MemoryError is one
            log.exception("the engine %s was lost", name)
            lost.append(f"{name}: {type(fault).__name__}: {fault}"[:300])
        context.progress(0.0, f"{name} was lost: the next engine plays")
    found, signature = _made_by(tried[-1], wishes, context, singer)
    return found, falling.signed(signature, lost)


def _made_by(
    name: str, wishes: list[Wish], context: JobContext, singer: Singer | None
) -> tuple[list[tuple[Wish, Generated, Score]], Provenance]:
    sung = singer is not None and choice.sings(name)
    engine = choice.sung_as(name, singer) if singer is not None and sung else choice.choose(name)
    signature = engine.provenance()  # once: it may have to read every weight
    context.works_by(signature)
    with context.inference(signature.engine):
        found = made_well(engine, wishes, context)
    if singer is not None and not sung:
        for wish, _, score in found:
            if wish.plan.stem_type == StemType.VOCALS:
                score.remarks.append(f"{singer.voice.name} does not sing in it: there are no words, or nobody could")
    return found, signature


def prepare(order: GenerateInput) -> list[Wish]:
    """What each stem has to be.

    Raises
    ------
    JobFailed
        `song_not_analysed`, `cannot_condition` or `cannot_generate`, with what to change.
    """
    given = order.parameters
    try:
        plans = order.plans or _planned(order)
        if order.conditioning is not None:
            whole = conditionings.load(order.conditioning)
        else:
            whole = conditionings.prepare(order.audio_file_id, given, plans[0].style)
        return [
            Wish(
                plan,
                within(whole, section=plan.section, bars=plan.bars),
                given.temperature,
                given.guidance,
                given.loudness_lufs,
                lyrics=given.lyrics,
            )
            for plan in plans
        ]
    except conditionings.CannotCondition as fault:
        raise JobFailed(fault.code, fault.message) from fault
    except ValueError as fault:
        raise JobFailed("cannot_generate", str(fault)) from fault


def made_well(engine: GenerationEngine, wishes: list[Wish], context: JobContext) -> list[tuple[Wish, Generated, Score]]:
    """Every wish with its best try, finished and scored. What is exact by its making is tried once."""
    tries = 1 if engine.is_exact else MOST_TRIES
    best: list[tuple[Wish, Generated, Score] | None] = [None] * len(wishes)
    for attempt in range(tries):
        open_ = [n for n, found in enumerate(best) if found is None or found[2].overall < GOOD_ENOUGH]
        if not open_:
            break
        tried = [_with_seed(_for(engine, wishes[n]), attempt) for n in open_]
        stage = "playing" if attempt == 0 else f"playing again with another seed ({attempt + 1} of {tries})"
        part = context.part(attempt / tries, (attempt + 1) / tries)
        try:
            made = engine.generate(tried, lambda done, part=part, stage=stage: part.progress(0.8 * done, stage))
        except ValueError as fault:
            raise JobFailed("cannot_generate", str(fault)) from fault
        for n, wish, one in zip(open_, tried, made, strict=True):
            part.progress(0.9, f"checking the {wish.plan.stem_type}")
            audio, remarks = one.audio, one.remarks
            if not engine.is_exact:
                swing, is_drums = blend(wish.plan.style).feel.swing, wish.plan.stem_type == StemType.DRUMS
                audio, moved = aligning.to_grid(audio, wish.conditioning, swing, syncopated=not is_drums)
                remarks = (*remarks, *moved)
                audio = muted(audio, SAMPLE_RATE, _silences(wish))
            whole = wishes[n].conditioning
            wanted = wish.loudness_lufs
            if wanted is None:
                wanted = mix_levels.target(BACKING if wish.backing else StemType(wish.plan.stem_type), whole)
            finished = finish(
                audio,
                wishes[n].seconds,
                SAMPLE_RATE,
                loudness_lufs=wanted,
                lead_seconds=wish.conditioning.start_seconds - whole.start_seconds,
            )
            score = checking.score(finished, whole, stem_type=StemType(wish.plan.stem_type), style=wish.plan.style)
            score.remarks = [*whole.remarks, *remarks, *score.remarks]
            known = best[n]
            if known is None or score.overall > known[2].overall:
                wish = replace(wish, conditioning=whole)
                best[n] = (wish, replace(one, audio=finished, seed=wish.plan.random_seed), score)
    return [found for found in best if found is not None]


def save(
    order: GenerateInput, wish: Wish, made: Generated, score: Score, engine: Provenance, context: JobContext
) -> GeneratedStem:
    """24-bit stereo at 44.1 kHz with MIDI beside it, exactly as long as the range; nothing in a voice that is gone."""
    stem, stem_format = wish.plan.stem_type, order.parameters.stem_format
    element = names.slug(wish.plan.name or str(stem))
    name = names.generated_blob(order.generation_request_id, element, stem_format, order.take)
    written = writing.write(
        made.audio,
        context.folder / f"out.{stem_format}",
        stem_format,
        start_seconds=wish.conditioning.start_seconds,
        origin=Origin.of(engine),
    )
    if order.singer is not None:
        store.check_still_there(order.singer.voice)
    written.store(names.GENERATED, name)
    midi_name = None
    if made.midi is not None:
        midi_name = names.generated_blob(order.generation_request_id, element, "mid", order.take)
        blobs.upload(names.GENERATED, midi_name, made.midi)
    return GeneratedStem(
        stem_type=stem,
        take=order.take,
        blob_name=name,
        midi_blob_name=midi_name,
        file_size_bytes=written.size,
        sha256=written.sha256,
        format=stem_format,
        sample_rate=SAMPLE_RATE,
        channels=2,
        start_seconds=wish.conditioning.start_seconds,
        duration_seconds=len(made.audio) / SAMPLE_RATE,
        random_seed=made.seed,
        plan=wish.plan,
        score=score,
        engine=engine,
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _planned(order: GenerateInput) -> list[StemPlan]:
    request = GenerationOrder(
        audio_file_id=order.audio_file_id,
        target_stems=order.target_stems,
        engine=order.engine,
        parameters=order.parameters,
    )
    seed = seeds.of(order.generation_request_id, order.parameters.random_seed)
    return rules.plan(request, time_signature=None, seed=seed)


def _for(engine: GenerationEngine, wish: Wish) -> Wish:
    """As the engine has to hear it: a learned one would fill the silence before the first beat too."""
    if engine.is_exact:
        return wish
    return replace(wish, conditioning=replace(wish.conditioning, span=None))


def _silences(wish: Wish) -> list[tuple[float, float]]:
    """Where a stem that a learned engine made is to be silent: it knows nothing of places. Seconds of its audio."""
    music = wish.conditioning
    edges = (music.first, music.last)
    return [
        (
            music.timeline.at(max(start, edges[0])) - music.start_seconds,
            music.timeline.at(min(end, edges[1])) - music.start_seconds,
        )
        for start, end in places.silent(wish.plan, music)
        if end > edges[0] and start < edges[1]
    ]


def _with_seed(wish: Wish, attempt: int) -> Wish:
    if attempt == 0:
        return wish
    seed = (wish.plan.random_seed + attempt * _NEW_SEED) % 2**32
    return replace(wish, plan=wish.plan.model_copy(update={"random_seed": seed}))
