"""Works as the public API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from ripieno.contracts import names
from ripieno.contracts.composition import CompositionView, Revision, RevisionView
from ripieno.contracts.generation import Generation, MixView, StemTakes, Take
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.records import songs
from ripieno.services import blobs
from ripieno.work import mixing

_READ_AT_ONCE = 8
_MOST_REMEMBERED = 20_000


def summaries(found: Sequence[Work]) -> list[Generation]:
    """Requests without their takes; each of their songs is asked for its name once a process."""
    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        list(pool.map(lambda life: _song_name(*life), {_life(work) for work in found}))
    return [_summary(work) for work in found]


def _summary(work: Work) -> Generation:
    return Generation(
        generation_request_id=work.work_id,
        instance_id=names.work_instance(work.work_id),
        owner=work.owner,
        audio_file_id=work.audio_file_id,
        status=work.status,
        message=work.message,
        created_at=work.created_at,
        order=work.order,
        plan=work.plan,
        start_seconds=work.start_seconds,
        duration_seconds=work.duration_seconds,
        error=work.error,
        voices=work.voices,
        song_name=_song_name(*_life(work)),
    )


def whole(work: Work) -> Generation:
    """A request with every take and mix, each with an address to fetch it from for the next hour."""
    shown = _summary(work)
    shown.stems = [
        StemTakes(name=one.name, stem_type=one.stem_type, takes=[_take(work, one, version) for version in one.versions])
        for one in work.layers
        if one.stem_type is not None
    ]
    shown.mixes = [mix(work, one) for one in work.elements if one.kind in (ElementKind.MIX, ElementKind.MASTER)]
    return shown


def composition(work: Work, *, is_whole: bool = True) -> CompositionView:
    """A composition; whole with the context, layers and mixes of its current version, each with an address."""
    made = work.composition
    assert made is not None
    here = made.revision()
    newest = made.open or made.revisions[-1]
    shown = CompositionView(
        composition_id=work.work_id,
        owner=work.owner,
        status=work.status,
        message=work.message,
        error=work.error,
        instance_id=names.revision_instance(work.work_id, newest.number, newest.leg),
        title=here.context.title if here.context else made.order.title or "",
        created_at=work.created_at,
        audio_file_id=work.audio_file_id,
        order=made.order,
        current=made.current,
        approved=made.approved,
        duration_seconds=work.duration_seconds,
        voices=work.voices,
        versions=[revision(work, one) for one in made.revisions],
    )
    if not is_whole:
        return shown
    shown.context = (here if here.status == "made" else newest).context or here.context
    shown.words = (here if here.status == "made" else newest).words
    played = here.elements if here.status == "made" else newest.elements
    shown.layers = [
        StemTakes(
            name=one.name,
            stem_type=one.stem_type,
            takes=[_take(work, one, version) for version in one.versions if version.number == played[one.name]],
        )
        for one in work.layers
        if one.stem_type is not None and one.name in played
    ]
    its_mix = here.mix or newest.mix
    wanted = {its_mix, mixing.master_name(its_mix)} if its_mix else set()
    shown.mixes = [mix(work, one) for one in work.elements if one.name in wanted]
    return shown


def revision(work: Work, one: Revision) -> RevisionView:
    return RevisionView(
        **one.model_dump(include=set(RevisionView.model_fields) - {"instance_id"}),
        instance_id=names.revision_instance(work.work_id, one.number, one.leg),
    )


def _life(work: Work) -> tuple[str, str | None, str | None]:
    return work.owner, work.audio_file_id, work.born


@lru_cache(maxsize=_MOST_REMEMBERED)
def _song_name(owner: str, audio_file_id: str | None, born: str | None) -> str | None:
    """The file name of one life of a song, which never changes."""
    song = songs.find(owner, audio_file_id) if audio_file_id is not None else None
    return song.original_file_name if song is not None and song.born == born else None


def _take(work: Work, element: Element, version: Version) -> Take:
    plan = version.plan or next(iter(work.plan.stems if work.plan else []))
    take = Take(
        take=version.number,
        status=version.status,
        plan=plan,
        planner=version.planner,
        stem=version.stem,
        voice=version.voice,
        error=version.error,
        made_at=version.made_at,
        instance_id=names.version_instance(work.work_id, element.name, version.number),
        comment=version.reviews[-1].comment or None if version.reviews else None,
    )
    if version.stem is not None:
        take.blob_url = blobs.read_url(names.GENERATED, version.stem.blob_name)
        if version.stem.midi_blob_name:
            take.midi_url = blobs.read_url(names.GENERATED, version.stem.midi_blob_name)
    return take


def mix(work: Work, element: Element) -> MixView:
    """A mix or master, with an address to fetch it from for the next hour."""
    version = element.latest
    known = version.file.model_dump(exclude={"name"}) if version.file else {}
    address = blobs.read_url(names.GENERATED, version.file.blob_name) if version.file else None
    return MixView(
        **known,
        name=element.name,
        kind="mix" if element.kind == ElementKind.MIX else "master",
        status=version.status,
        error=version.error,
        made_at=version.made_at,
        blob_url=address,
        instance_id=mixing.instance_of(work.work_id, mixing.mix_of(element.name)),
    )
