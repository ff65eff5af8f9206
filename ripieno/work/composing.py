"""Compositions: begun, taken from stage to stage, and each state kept as a revision.

A revision's run goes through the stages of `contracts.composition.Stage`. The first ones settle the context, all pure
and quick; then the layers are made, of which those whose inputs are the same as before are taken as they are; then
they are mixed, mastered and heard again. A run never waits for a person: where one wants to look after a stage, it ends
as `waiting`, and approving starts the next. A revision that fails leaves the one before as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.composition import (
    BACKING,
    Composition,
    CompositionOrder,
    Context,
    HeldLayer,
    LayerEdit,
    Mood,
    Refinement,
    Revision,
    Stage,
    StageState,
    StyleShare,
    Try,
)
from ripieno.contracts.consent import Purpose, UsedVoice
from ripieno.contracts.enums import AudioFileStatus, StemType, TakeStatus
from ripieno.contracts.generation import (
    GenerationOrder,
    GenerationParameters,
    GenerationPlan,
    MixOrder,
    Playing,
    StemPlan,
)
from ripieno.contracts.production import CheckedLayer, PieceAsked, Score
from ripieno.contracts.understanding import Place, Understanding
from ripieno.contracts.workflow import RevisionOrder, Run, VersionOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work, WorkKind
from ripieno.music.composing import briefs, contexts, ensemble, refining, singing, sounding
from ripieno.music.composing.backing import voices
from ripieno.music.composing.briefs import Said
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import Blend, blend
from ripieno.music.song_conditioning import of_song
from ripieno.records import analyses, runs, songs, works
from ripieno.records.quotas import Wants
from ripieno.services import conditioning, engines, lyricist, sketching, understanding, webhooks
from ripieno.services.planner import seeds
from ripieno.services.rules import signature
from ripieno.services.sketching import Sketched
from ripieno.work import asking, generating, giving, heeding, mixing, tasting, voices_using

_DEFAULT_STYLE = "pop"
_USUAL_SECONDS, _USUAL_LAYERS = 180.0, 6  # of a piece, until it is known what it is made of
_ANOTHER = 15_485_863  # a prime, between the seeds of a layer's variants
MOST_TRIES = 2
_FAULT_OF_ALL = ("style", "energy")  # what another seed may better; it moves no borders
_VOICE_DB = 6.0  # what the dynamics of 1 stand for
_AGAIN = 104_729  # a prime, to the seed of what is made again


class CannotCompose(ValueError):
    """What is asked for cannot be made; the message says what to change."""


class StillMaking(RuntimeError):
    """A revision is being made: it has to end, or to be cancelled, before another is asked for."""


# -- asked for ----------------------------------------------------------------------------------------------------


def begin(owner: str, order: CompositionOrder, seed: str, *, part_of: str | None = None) -> tuple[Work, Run]:
    """Keep an order, and the run that makes its first revision; `part_of` is the set that it is made for.

    Raises
    ------
    CannotCompose, records.songs.SongMissing, generating.NotAnalysed, webhooks.BadWebhookUrl, voices_using.NotAllowed
    """
    song = songs.get(owner, order.audio_file_id) if order.audio_file_id is not None else None
    if song is not None and song.status != AudioFileStatus.ANALYZED:
        raise generating.NotAnalysed(f"the song is {song.status}: a piece can begin from it once it is analysed")
    reference = songs.get(owner, order.reference_id) if order.reference_id is not None else None
    if reference is not None and reference.status != AudioFileStatus.ANALYZED:
        raise generating.NotAnalysed(
            f"the reference is {reference.status}: a piece can sound like it once it is analysed"
        )
    if order.webhook_url:
        webhooks.check_user_url(order.webhook_url)
    if not order.brief.strip() and order == CompositionOrder(stem_format=order.stem_format):
        raise CannotCompose("nothing is asked for: give a brief (a sentence is enough), or any of the fields")
    order = _in_mood_of(owner, order)
    singer = voices_using.ordered(owner, order.voice, Purpose.SINGING) if order.voice else None
    order, held = _brought(owner, seed, order)
    first = new_revision(1, None, order.brief, order.stop_at)
    work = Work(
        work_id=seed,
        owner=owner,
        kind=WorkKind.COMPOSITION,
        created_at=_now(),
        order=GenerationOrder(webhook_url=order.webhook_url),
        message="composing",
        audio_file_id=song.audio_file_id if song else None,
        born=song.born if song else None,
        composition=Composition(order=order, given=held.layers, singer=singer, revisions=[first]),
        part_of=part_of,
    )
    try:
        engines.check_playing(order.engine)
        giving.taken(_begun(work), held.layers)  # whatever cannot be is said now
    except (ValueError, engines.UnknownEngine) as fault:
        raise CannotCompose(str(fault)) from None
    run = run_of(work, 1)
    runs.note(run, wants=Wants(generation_seconds=seconds_to_make(work, first)))
    works.create(work)
    held.keep()
    return work, run


def seconds_to_make(work: Work, revision: Revision) -> float:
    """Of new audio that a revision takes, of all layers together: of those that are not there already, as far as is
    known what they are made from, else of as many as a piece usually has."""
    assert work.composition is not None
    order, context = work.composition.order, revision.context
    if context is None:
        return likely_seconds(order.duration_seconds)
    length = contexts.conditioning_of(context).end_seconds
    if not work.composition.is_done(revision, Stage.LYRICS):
        return length * (len(context.layers) or _USUAL_LAYERS)
    try:
        _, _, wanted = _wanted(order, contexts.arranged(contexts.harmonised(context)), revision.again)
    except ValueError:
        return 0.0  # its run will say why nothing can be made
    return length * sum(_there(work.element(name), inputs) is None for name, inputs in wanted.items())


def likely_seconds(duration_seconds: float | None) -> float:
    """Of new audio, of all layers of a piece of which nothing is known but how long it is to be."""
    return (duration_seconds or _USUAL_SECONDS) * _USUAL_LAYERS


def _in_mood_of(owner: str, order: CompositionOrder) -> CompositionOrder:
    """An order with the mood, and where none is named the styles, of the song that it names for that.

    Raises
    ------
    CannotCompose, records.songs.SongMissing, generating.NotAnalysed
    """
    if order.mood_of is None:
        return order
    song = songs.get(owner, order.mood_of)
    if song.status != AudioFileStatus.ANALYZED:
        raise generating.NotAnalysed(f"mood_of: the song is {song.status}: its mood is known once it is analysed")
    found = analyses.load(song.audio_file_id, song.born)
    if found is None or found.mood is None:
        why = "an older analysis did not look for it: analyse it again" if found and found.beats else "it has no pulse"
        raise CannotCompose(f"mood_of: nothing is known of the mood of {song.original_file_name}: {why}, or give mood")
    asked = order.mood or Mood()
    mood = asked.model_copy(
        update={
            "valence": found.mood.valence if asked.valence is None else asked.valence,
            "arousal": found.mood.arousal if asked.arousal is None else asked.arousal,
        }
    )
    styles = order.styles
    if not styles and briefs.read(order.brief).style is None:
        styles = [StyleShare(name=one.name, weight=one.weight) for one in found.styles if one.weight > 0]
    return order.model_copy(update={"mood": mood, "styles": styles})


def _brought(owner: str, work_id: str, order: CompositionOrder) -> tuple[CompositionOrder, giving.Held]:
    """What an order brings along for layers, and the order by that, without it.

    Raises
    ------
    CannotCompose, records.songs.SongMissing
    """
    twice = [layer for layer, times in Counter(one.layer for one in order.given).items() if times > 1]
    if twice:
        raise CannotCompose(f"given: {twice[0]} is given twice: a layer plays one recording, or one row of notes")
    try:
        held = giving.held(owner, work_id, order.given)
    except ValueError as fault:
        raise CannotCompose(f"given: {fault}") from None
    nothing = [one.layer for one in held.layers if one.midi is None and one.audio is None]
    if nothing:
        raise CannotCompose(f"given: nothing is given for the {nothing[0]}: send midi, or an audio_file_id")
    return giving.fitted(order, held).model_copy(update={"given": []}), held


def run_of(work: Work, revision: int, leg: int = 1) -> Run:
    order = RevisionOrder(owner=work.owner, work_id=work.work_id, arrived_at=_now(), revision=revision, leg=leg)
    instance_id = names.revision_instance(work.work_id, revision, leg)
    return asking.run_of(work.owner, "CompositionOrchestrator", instance_id, order.model_dump())


def new_revision(number: int, parent: int | None, asked: str, stop_at: Stage | None) -> Revision:
    stages = [StageState(stage=stage) for stage in Stage]
    return Revision(number=number, parent=parent, made_at=_now(), asked=asked, stages=stages, stop_at=stop_at)


# -- stages that settle the context -------------------------------------------------------------------------------


def settle(order: RevisionOrder, stage: Stage) -> bool:
    """Take the context through one stage, once; whether the run goes on after it.

    Raises
    ------
    ValueError
        Where a stage cannot be done, with what to change.
    """
    work, revision = _open_revision(order)
    if revision is None:
        return False
    if _state(revision, stage).status != "done":
        context, said = _STAGES[stage](work, revision)
        words = singing.timed(context, blend(style_of(context))) if stage == Stage.LYRICS else revision.words

        heard = revision.understood

        def done(known: Revision) -> None:
            if _state(known, stage).status != "done":  # else another run of this step was faster
                known.context, known.words, known.understood = context, words, known.understood or heard
                _mark(known, stage, "done", said)

        revision = _change(order, done)
    return revision is not None and not _stops(order, revision, stage)


def _stops(order: RevisionOrder, revision: Revision, stage: Stage) -> bool:
    """Whether a person wants to look after this stage; the run ends then."""
    if revision.stop_at != stage:
        return False

    def waits(known: Revision) -> None:
        known.status = "waiting"

    _change(order, waits)
    return True


def _begun(work: Work, understood: Understanding | None = None, sketch: Sketched | None = None) -> Context:
    """The context as it begins: of what was understood of its brief, by rule where nobody else has read it yet."""
    assert work.composition is not None
    order = sketch.order if sketch else work.composition.order
    said = briefs.read(order.brief, understood)
    reference_lufs = _reference_lufs(work.owner, order)
    begun = contexts.begin(order, said, _style(order, said), _seed(work), _song(work), reference_lufs)
    return begun.model_copy(update={"singer": work.composition.singer})


def _seed(work: Work) -> int:
    assert work.composition is not None
    return seeds.of(work.work_id, work.composition.order.random_seed) % 2**32


def _song(work: Work) -> Conditioning | None:
    """What is known of the song that a piece begins from."""
    if work.audio_file_id is None or work.born is None:
        return None
    found = analyses.load(work.audio_file_id, work.born)
    if found is None:
        raise ValueError("the song was removed")
    return of_song(found)


def _reference_lufs(owner: str, order: CompositionOrder) -> float | None:
    """How loud the song is that the piece is to sound like; None where there is none, or no longer."""
    reference = songs.find(owner, order.reference_id) if order.reference_id is not None else None
    heard = analyses.load(reference.audio_file_id, reference.born) if reference else None
    return heard.loudness_lufs if heard else None


def _context_stage(work: Work, revision: Revision) -> tuple[Context, str]:
    made = revision.context or _sketched(work, revision)
    by = made.made_by.get(Stage.CONTEXT)
    who = f" (by {by.engine})" if by is not None else ""
    return made, f"{made.title}: {made.tempo:g} bpm in {made.meter}, {made.key}, {made.bars} bars{who}"


def _sketched(work: Work, revision: Revision) -> Context:
    """The context from the brief, read and filled in by a language model where there is one."""
    assert work.composition is not None
    order = work.composition.order
    if order.brief.strip() and revision.understood is None:
        revision.understood = understanding.understood(order.brief)
    said = briefs.read(order.brief, revision.understood)
    taste = tasting.of(work.owner)
    liked, why = tasting.sketched(taste, order, said, _DEFAULT_STYLE, _song(work) if taste else None, _seed(work))
    sketch = sketching.sketched(liked, said, has_song=work.audio_file_id is not None)
    try:
        made = _begun(work, revision.understood, sketch)
    except ValueError:
        if not why:
            raise
        why, sketch = [], sketching.sketched(order, said, has_song=work.audio_file_id is not None)
        made = _begun(work, revision.understood, sketch)  # the style that is liked does not fit the rest
    filled = dict.fromkeys((one for one in sketch.filled if one in made.settled), sketch.engine.engine)
    read = revision.understood.usage if revision.understood else None
    remarks = [f"composed by rule: {sketch.engine.reason}"] if sketch.engine.fallback else []
    return made.model_copy(
        update={
            "settled": {**made.settled, **filled, **({"styles": tasting.TASTE} if why else {})},
            "taste": why,
            "made_by": {str(Stage.CONTEXT): sketch.engine},
            "usage": sketch.usage.plus(read) if read else sketch.usage,
            "remarks": [*made.remarks, *remarks],
        }
    )


def _harmony_stage(work: Work, revision: Revision) -> tuple[Context, str]:
    made = contexts.harmonised(_known(revision))
    kinds = {one.label: " ".join(bar[0] for bar in one.chords[:4]) for one in made.sections}
    return made, "; ".join(f"{label}: {chords}" for label, chords in kinds.items())


def _arrangement_stage(work: Work, revision: Revision) -> tuple[Context, str]:
    assert work.composition is not None
    made = contexts.arranged(_known(revision))
    if not work.composition.is_done(revision, Stage.ARRANGEMENT):
        understood = work.composition.revisions[0].understood or briefs.read(work.composition.order.brief).understood
        edited = {part for part in StemType if f"layers.{part}" in made.settled}  # since by a person: that wins
        said = [one for one in understood.statements if not edited.intersection(map(StemType, one.parts))]
        given = [one for one in work.composition.given if StemType(one.layer) not in edited]
        made = _given(heeding.of_brief(made, said), given)
        order = work.composition.order
        made = tasting.arranged(tasting.of(work.owner), made, said, engine=order.engine)
    return made, "; ".join([", ".join(one.name for one in made.layers), *made.taste])


def _given(context: Context, layers: list[HeldLayer]) -> Context:
    """With what the order gave for layers, and what there is to remark of it."""
    if not layers:
        return context
    bare = [LayerEdit(layer=one.layer) for one in layers]
    played, _ = refining.refined(context, Refinement(layers=giving.edits(bare, layers)))
    return giving.taken(played, layers)


def _melody_stage(work: Work, revision: Revision) -> tuple[Context, str]:
    made = _known(revision)
    sung = singing.melody(made, blend(style_of(made)))
    if not sung:
        return made, "nobody sings"
    return made, f"{sum(len(one.phrases) for one in sung)} phrases in {len(sung)} sections"


def _lyrics_stage(work: Work, revision: Revision) -> tuple[Context, str]:
    assert work.composition is not None
    made = _known(revision)
    if singing.singer(made) is None:
        return made, "nobody sings"
    if made.lyrics is None:
        own = work.composition.order.lyrics if not work.composition.is_done(revision, Stage.LYRICS) else ""
        if own.strip():
            made = made.model_copy(update={"lyrics": singing.by_hand(made, own)})
        else:
            made = _written(made)
    if made.lyrics is None:
        return made, "there is no melody for words"
    words = made.lyrics
    is_titled = made.settled.get("title") != contexts.YOU and words.title
    made = made.model_copy(update={"title": words.title if is_titled else made.title})
    first = next((line.text for section in words.sections for line in section.lines), "")
    return made, f"{max(1, len(made.drafts))} drafts: {first} …"


def _written(context: Context) -> Context:
    """With drafts of lyrics, of which the first is chosen."""
    brief = singing.brief_of(context, blend(style_of(context)))
    if brief is None:
        return context
    found = lyricist.drafts(brief)
    remarks = [f"lyrics by the offline lyricist: {found.engine.reason}"] if found.engine.fallback else []
    return context.model_copy(
        update={
            "drafts": found.drafts,
            "lyrics": found.drafts[0],
            "usage": context.usage.plus(found.usage),
            "made_by": {**context.made_by, str(Stage.LYRICS): found.engine},
            "remarks": [*context.remarks, *remarks],
        }
    )


_STAGES: dict[Stage, Callable[[Work, Revision], tuple[Context, str]]] = {
    Stage.CONTEXT: _context_stage, Stage.HARMONY: _harmony_stage, Stage.ARRANGEMENT: _arrangement_stage,
    Stage.MELODY: _melody_stage, Stage.LYRICS: _lyrics_stage,
}  # fmt: skip


# -- layers -------------------------------------------------------------------------------------------------------


def plan_layers(order: RevisionOrder) -> list[VersionOrder]:
    """Note a version of every layer that the revision needs and that is not there; the orders of those to be made."""
    work, revision = _open_revision(order)
    if revision is None or work.composition is None:
        return []
    context = _known(revision)
    plan, whole, wanted = _wanted(work.composition.order, context, revision.again)
    conditioning.save(order.work_id, whole, revision=order.revision)
    players = [one for one in context.layers if one.name in wanted]

    def planned(known: Work) -> Work | None:
        state = _of(known, order.revision)
        if state is None or not _is_at(state, order):
            return None
        known.plan = plan
        known.order = _generation_order(known, context)
        known.start_seconds, known.duration_seconds = 0.0, whole.end_seconds
        for layer in players:
            inputs = wanted[layer.name]
            stem = StemType(layer.stem_type)
            singer = context.singer if "singer" in inputs else None
            state.elements[layer.name] = _noted(known, layer.name, stem, inputs, order.revision, singer)
        _mark(state, Stage.LAYERS, "waiting", "")
        return known

    work = works.change(order.owner, order.work_id, planned)
    state = _of(work, order.revision)
    if state is None or not _is_at(state, order):
        return []
    return [
        VersionOrder(
            owner=order.owner,
            work_id=order.work_id,
            arrived_at=order.arrived_at,
            element=name,
            version=number,
            is_alone=False,
        )
        for name, number in state.elements.items()
        if works.version(work, name, number).is_open
    ]


def _wanted(
    order: CompositionOrder, context: Context, again: list[str]
) -> tuple[GenerationPlan, Conditioning, dict[str, dict[str, Any]]]:
    """The plan of all layers, what they have to fit, and what each of those that play is made from."""
    plan, style = _plan(context, again), blend(style_of(context))
    whole = ensemble.heard(context, contexts.conditioning_of(context), style, plan.stems)
    players = [one for one in context.layers if not one.is_backing or voices.parts(context, style)]
    return (
        plan,
        whole,
        {one.name: _inputs(order, context, one.name, again) | ensemble.heeded(one, whole) for one in players},
    )


def layers_made(order: RevisionOrder) -> bool:
    """Whether there is something to mix and the run goes on. Raises `ValueError` when no layer could be made."""
    work, revision = _open_revision(order)
    if revision is None:
        return False
    found = {name: works.version(work, name, number) for name, number in revision.elements.items()}
    failed = [f"{name}: {one.error}" for name, one in found.items() if not one.can_be_heard]
    if failed and len(failed) == len(found):
        raise ValueError("; ".join(failed)[:500])

    def made(known: Revision) -> None:
        heard = [name for name, one in found.items() if one.can_be_heard]
        _mark(known, Stage.LAYERS, "done", ", ".join(heard) + (f"; without {'; '.join(failed)}" if failed else ""))

    revision = _change(order, made)
    return revision is not None and not _stops(order, revision, Stage.LAYERS)


def begin_mix(order: RevisionOrder) -> VersionOrder | None:
    """Note the mix of the revision's layers and its master; the order of its run, None where it is there already."""
    work, revision = _open_revision(order)
    if revision is None or work.composition is None:
        return None
    context = _known(revision)
    takes = {
        name: number for name, number in revision.elements.items() if works.version(work, name, number).can_be_heard
    }
    wanted = MixOrder(
        takes=takes,
        include_original=False,
        master=sounding.preset(_leading(context), context.mood, context.destination),
        master_lufs=context.loudness_lufs,
        gains={name: gain for name in takes if (gain := _gain(context, name))},
        stem_format=work.composition.order.stem_format,
    )
    seed = f"{len(revision.tries):02d}{order.revision:06d}"
    follows = (names.conditioning_blob(order.work_id, order.revision), _curve(context))
    work, element, _ = mixing.begin(
        order.owner,
        order.work_id,
        wanted,
        seed,
        only=set(takes),
        style=style_of(context),
        reference=work.composition.order.reference_id or work.audio_file_id,
        energy_of=follows,
    )

    def noted(known: Revision) -> None:
        known.mix = element.name
        _mark(known, Stage.MIX, "waiting", "")

    _change(order, noted)
    its = mixing.order_of(work, element.name)
    return its if mixing.wanted(its) else None  # who noted it may have died before it was begun


def mixed(order: RevisionOrder) -> bool:
    """Whether the mix can be heard and the run goes on. Raises `ValueError` when it failed."""
    work, revision = _open_revision(order)
    if revision is None or revision.mix is None:
        return False
    master = work.element(mixing.master_name(revision.mix))
    assert master is not None
    if master.latest.file is None:
        raise ValueError(f"the mix could not be made: {master.latest.error or master.latest.status}")
    file = master.latest.file

    def done(known: Revision) -> None:
        _mark(known, Stage.MIX, "done", f"{file.loudness_lufs} LUFS, {file.duration_seconds:.1f} s")

    revision = _change(order, done)
    return revision is not None and not _stops(order, revision, Stage.MIX)


def save_check(
    order: RevisionOrder, result: dict[str, Any] | None, error: dict[str, Any] | None, attempt: int = 1
) -> bool:
    """Keep what the finished piece was heard to be at an attempt. Whether some layers are to be made again, once, with
    other seeds; else the revision has its end, with the better of its tries, and what it misses is said. What an
    earlier revision had already stays: nobody asked for another take of it."""
    work, _ = _open_revision(order)
    kept = _kept(work, order.revision) if work is not None else set()

    def checked(known: Revision) -> None:
        if len(known.tries) >= attempt:
            return  # this step was done before
        if result is None:
            _end(known, error["message"] if error else "not heard")
            return
        score = Score.model_validate(result)
        known.tries.append(Try(elements=dict(known.elements), mix=known.mix, score=score, again=known.again))
        anew = [name for name in _to_mend(known, score) if name not in kept] if attempt < MOST_TRIES else []
        if not anew:
            _end(known)
            return
        known.again = sorted({*anew, *known.again})
        _mark(known, Stage.CHECK, "running", f"made again: {', '.join(anew)}")

    state = _change(order, checked, ends=True)
    return state is not None and state.status == "making"


def _end(revision: Revision, fault: str = "") -> None:
    """A revision is made, with the best of its tries; `fault` is why there is not one more of them."""
    revision.status = "made"
    if not revision.tries:
        _mark(revision, Stage.CHECK, "failed", fault)
        return
    best = min(revision.tries, key=lambda one: (len(_misses(one.score)), -one.score.overall))
    revision.elements, revision.mix, revision.again = dict(best.elements), best.mix, best.again
    revision.score = best.score
    tried = f" at the best of {len(revision.tries)} tries" if len(revision.tries) > 1 else ""
    said = [f"{100 * best.score.overall:.0f} % as asked{tried}", *_misses(best.score)]
    for stage in (Stage.LAYERS, Stage.MIX):
        if _state(revision, stage).status != "done":  # of a further try that came to nothing
            _mark(revision, stage, "done", "as at the first try")
    _mark(revision, Stage.CHECK, "done", "; ".join([*said, *([f"not made again: {fault}"] if fault else [])]))


def _kept(work: Work, number: int) -> set[str]:
    """The layers that a revision has as the one before it."""
    revision = _of(work, number)
    before = _of(work, revision.parent) if revision is not None and revision.parent is not None else None
    if revision is None or before is None:
        return set()
    return {name for name, take in revision.elements.items() if before.elements.get(name) == take}


def _misses(score: Score) -> list[str]:
    return [one.message for one in score.piece.misses] if score.piece else []


def _to_mend(revision: Revision, score: Score) -> list[str]:
    """The layers that another seed may better: those whose fault a miss is, or all but the voice, whose words and
    melody are settled."""
    missed = score.piece.misses if score.piece else []
    own = {one.layer for one in missed if one.layer}
    if any(one.what in _FAULT_OF_ALL for one in missed):
        own |= set(revision.elements)
    assert revision.context is not None
    sung = {one.name for one in revision.context.layers if one.stem_type == StemType.VOCALS}
    return sorted(name for name in own if name in revision.elements and name not in sung)


def fail(order: RevisionOrder, message: str) -> None:
    """Give a revision its end where it has none; the one before is heard again. One that was made, and was being made
    again, stays as it was made."""

    def failed(known: Revision) -> None:
        if known.tries:
            _end(known, message[:400])
            return
        known.status, known.error = "failed", message[:500]
        for state in known.stages:
            if state.status == "waiting":
                state.status, state.message = "failed", message[:500]
                break

    try:
        _change(order, failed, ends=True)
    except works.WorkMissing:
        pass  # removed meanwhile


def check_body(owner: str, work_id: str, revision: int) -> dict[str, Any]:
    """The input of the job that hears the master of a revision again."""
    work = works.get(owner, work_id)
    state = _of(work, revision)
    assert state is not None and state.mix is not None and state.context is not None
    master = work.element(mixing.master_name(state.mix))
    assert master is not None and master.latest.file is not None
    return {
        "audio": {"container": names.GENERATED, "blob_name": master.latest.file.blob_name},
        "conditioning": names.conditioning_blob(work_id, revision),
        "stem_type": StemType.OTHER, "style": style_of(state.context), "piece": _asked(work, state, state.context),
    }  # fmt: skip


def _asked(work: Work, revision: Revision, context: Context) -> dict[str, Any]:
    """What the check holds a piece beside: its layers, words, loudness and mood."""
    made = {name: works.version(work, name, number).stem for name, number in revision.elements.items()}
    layers = [
        CheckedLayer(blob_name=stem.blob_name, name=name, stem_type=StemType(stem.stem_type))
        for name, stem in made.items()
        if stem is not None
    ]
    return PieceAsked(
        layers=layers,
        words=[word.start for line in revision.words for word in line.words],
        loudness_lufs=context.loudness_lufs,
        valence=context.mood.valence,
        arousal=context.mood.arousal,
    ).model_dump(mode="json")


# -- parts --------------------------------------------------------------------------------------------------------


def _style(order: CompositionOrder, said: Said) -> Blend:
    if order.styles:
        return contexts.blended(order.styles)
    return blend(said.style or _DEFAULT_STYLE)


def style_of(context: Context) -> str:
    """The blend of a piece as `genres.blending.blend` reads it."""
    return str(contexts.blended(context.styles))


def _curve(context: Context) -> str:
    """The hash of what a mix follows of a context: how its energy goes."""
    curve = [[one.bars, one.energy] for one in context.sections]
    return generating.hash_of({"tempo": context.tempo, "meter": context.meter, "energy": curve})


def _leading(context: Context) -> str:
    return max(context.styles, key=lambda one: one.weight).name


def _gain(context: Context, name: str) -> float:
    """dB by which the mix is to have a voice louder: a singer has a level, and no dynamics to play with."""
    layer = next((one for one in context.layers if one.name == name), None)
    is_sung = layer is not None and layer.stem_type == StemType.VOCALS and not layer.audio
    return round(_VOICE_DB * layer.dynamics, 2) if layer is not None and is_sung else 0.0


def _known(revision: Revision) -> Context:
    assert revision.context is not None, "its first stage has settled it"
    return revision.context


def _plan(context: Context, again: list[str]) -> GenerationPlan:
    plans = [_stem_plan(context, one.name, again) for one in context.layers]
    return GenerationPlan(stems=plans, planner=signature())


def _stem_plan(context: Context, name: str, again: list[str]) -> StemPlan:
    layer = next(one for one in context.layers if one.name == name)
    silent = [Place(bars=bars) for bars in contexts.silent_bars(context, name)]
    playing = layer.model_dump(include={*Playing.model_fields})
    if not layer.midi and not layer.audio and layer.stem_type != StemType.VOCALS:
        for shade, more in sounding.playing(blend(style_of(context)).leading.name, context.mood).items():
            playing[shade] = max(-1.0, min(1.0, playing[shade] + more))
    return StemPlan(
        **playing,
        stem_type=layer.stem_type,
        name=name,
        style=layer.style or style_of(context),
        instrument=layer.instrument,
        silent=[*silent, *layer.silent],
        at_places=layer.at_places,
        random_seed=(context.seed + layer.variant * _ANOTHER + (_AGAIN if name in again else 0)) % 2**32,
        midi=layer.midi,
        audio=layer.audio,
        engine="symbolic" if layer.midi else layer.engine,
    )


def _generation_order(work: Work, context: Context) -> GenerationOrder:
    """What the jobs of the layers take from the order of a work."""
    assert work.composition is not None
    asked = work.composition.order
    return GenerationOrder(
        target_stems=[StemType(one.stem_type) for one in context.layers],
        engine=asked.engine,
        allow_fallback=asked.allow_fallback,
        webhook_url=asked.webhook_url,
        parameters=GenerationParameters(
            target_bpm=context.tempo,
            time_signature=context.meter,
            style=style_of(context),
            prompt=asked.brief[:1000],
            stem_format=asked.stem_format,
        ),
    )


def _inputs(order: CompositionOrder, context: Context, name: str, again: list[str]) -> dict[str, Any]:
    """What a layer is made from, of all that is settled; drums play to no chords."""
    layer = next(one for one in context.layers if one.name == name)
    if layer.midi or layer.audio:  # it hears nothing but the time
        plan = _stem_plan(context, name, []).model_dump(mode="json")
        return {"plan": plan, "tempo": context.tempo, "meter": context.meter, "bars": context.bars,
                "stem_format": order.stem_format}  # fmt: skip
    if layer.is_backing:  # it sings what is written for it, whatever that follows from
        plan = _stem_plan(context, name, again).model_dump(mode="json")
        sung = [one.model_dump(mode="json") for one in voices.parts(context, blend(style_of(context)))]
        return {"plan": plan, "sung": sung, "language": context.language, "voice": context.voice,
                "seconds": contexts.conditioning_of(context).end_seconds, "engine": order.engine,
                "stem_format": order.stem_format}  # fmt: skip
    is_drums = layer.stem_type == StemType.DRUMS
    is_sung = layer.stem_type == StemType.VOCALS and context.lyrics is not None
    grid = [
        {"label": one.label, "bars": one.bars, "energy": one.energy, "plays": name in one.parts}
        | ({} if is_drums else {"chords": one.chords, "key": one.key})
        for one in context.sections
    ]
    return (
        {
            "plan": _stem_plan(context, name, again).model_dump(mode="json"),
            "tempo": context.tempo,
            "meter": context.meter,
            "grid": grid,
            "engine": order.engine,
            "stem_format": order.stem_format,
        }
        | ({} if is_drums else {"key": context.key})
        | (_sung_inputs(context) if is_sung else {})
    )


def _sung_inputs(context: Context) -> dict[str, Any]:
    """The words, the voice and the mood they are sung in; who wrote the words changes nothing of how they are sung."""
    words = context.lyrics.model_dump(mode="json", exclude={"engine"}) if context.lyrics else None
    singer = {"singer": [context.singer.voice_id, context.singer.version]} if context.singer is not None else {}
    return {"lyrics": words, "voice": context.voice, "mood": [context.mood.valence, context.mood.arousal]} | singer


def sung(work: Work, version: Version) -> dict[str, Any]:
    """Melody, words and voice for the job of a composition's vocals, or of the voices behind them."""
    state = _of(work, version.revision or 1)
    if state is None or state.context is None or state.context.lyrics is None:
        return {}
    context = state.context
    is_backing = version.plan is not None and version.plan.name == BACKING
    behind = voices.parts(context, blend(style_of(context))) if is_backing else []
    notes = [] if is_backing else singing.notes(context, blend(style_of(context)))
    asked = work.order.engine
    engine = asked if asked.partition("@")[0] in {one.name for one in engines.of_task("sing")} else engines.AUTO
    mood = {"valence": context.mood.valence, "arousal": context.mood.arousal}
    return mood | {
        "notes": notes, "backing": behind, "language": context.language, "voice": context.voice, "engine": engine,
    }  # fmt: skip


def _noted(
    work: Work, name: str, stem: StemType, inputs: dict[str, Any], revision: int, singer: UsedVoice | None
) -> int:
    """The number of the version of a layer that has these inputs: one that is there, else a new one that is open."""
    place = work.element(name)
    if place is None:
        place = Element(name=name, kind=ElementKind.LAYER, stem_type=stem)
        work.elements.append(place)
    there = _there(place, inputs)
    if there is not None:
        return there.number
    number = place.versions[-1].number + 1 if place.versions else 1
    plan = StemPlan.model_validate(inputs["plan"])
    place.versions.append(
        Version(
            number=number,
            status=TakeStatus.GENERATING,
            made_at=_now(),
            inputs={"plan": inputs["plan"]},
            inputs_hash=generating.hash_of(inputs),
            plan=plan,
            planner=signature(),
            revision=revision,
            voice=singer,
        )
    )
    return number


def _there(place: Element | None, inputs: dict[str, Any]) -> Version | None:
    """The version of a layer that was made, or is being made, from these inputs."""
    fingerprint = generating.hash_of(inputs)
    for one in reversed(place.versions if place is not None else []):
        if one.inputs_hash == fingerprint and (one.can_be_heard or one.is_open):
            return one
    return None


def _open_revision(order: RevisionOrder) -> tuple[Work, Revision | None]:
    """The work, and its revision while this run makes it. Raises `WorkMissing`."""
    work = works.get(order.owner, order.work_id)
    found = _of(work, order.revision)
    if found is not None and found.status == "waiting" and found.leg + 1 == order.leg:
        work = works.change(order.owner, order.work_id, gone_on(order.revision, order.leg))  # who approved has died
        found = _of(work, order.revision)
    return work, found if found is not None and _is_at(found, order) and not work.has_ended else None


def gone_on(number: int, leg: int) -> Callable[[Work], Work | None]:
    """The change by which a revision that waited goes on, made by the run of its next leg."""

    def changed(work: Work) -> Work | None:
        found = _of(work, number)
        if found is None or found.status != "waiting" or found.leg + 1 != leg:
            return None
        found.status, found.leg, found.stop_at = "making", leg, None
        return work

    return changed


def _is_at(revision: Revision, order: RevisionOrder) -> bool:
    """Whether it is being made, and by this run: one that ended before somebody looked has no more to say."""
    return revision.status == "making" and revision.leg == order.leg


def _of(work: Work, number: int) -> Revision | None:
    assert work.composition is not None
    return next((one for one in work.composition.revisions if one.number == number), None)


def _change(order: RevisionOrder, to: Callable[[Revision], None], *, ends: bool = False) -> Revision | None:
    """Change a revision that is being made; None when it is no more. One that `ends` is heard from then on."""

    def changed(work: Work) -> Work | None:
        found = _of(work, order.revision)
        if found is None or not _is_at(found, order) or work.has_ended:
            return None
        to(found)
        if ends and found.status == "made" and work.composition is not None:
            work.composition.current = found.number
        return work

    work = works.change(order.owner, order.work_id, changed)
    found = _of(work, order.revision)
    return found if found is not None and found.status in ("making", "waiting") and not work.has_ended else None


def _state(revision: Revision, stage: Stage) -> StageState:
    return next(one for one in revision.stages if one.stage == stage)


def _mark(revision: Revision, stage: Stage, status: str, message: str) -> None:
    state = _state(revision, stage)
    state.status, state.message = status, message[:500]  # pyright: ignore[reportAttributeAccessIssue]


def _now() -> str:
    return datetime.now(UTC).isoformat()
