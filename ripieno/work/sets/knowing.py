"""What planning knows of a song, read from its analysis and its stems; of a composition, from what it was made from.

Where somebody sings is read from the waveform of the vocal stem; of a song without one nothing is known. A filter's
stems (`approximate`) are no stems to play with.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, Section, SeparationResult
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import Context, Revision
from ripieno.contracts.dj_sets import KnownSongs
from ripieno.contracts.enums import AudioFileStatus, Mode, StemType
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.sets import SetSong, Span
from ripieno.contracts.works import Work, WorkKind
from ripieno.music.composing import contexts
from ripieno.music.pitch import key_name
from ripieno.music.sets import songs as set_songs
from ripieno.records import analyses, songs, works
from ripieno.records.songs import SongQuery
from ripieno.services import blobs
from ripieno.work import mixing

MOST_READ = 300  # songs whose analyses are read for one set
_MOST_LOOKED_AT = 5000
_PAGE, _PAGE_OF_PIECES = 200, 50
_READ_AT_ONCE = 8


class CannotPlan(ValueError):
    """A set cannot be made of this; the message says what to change."""


def library(owner: str, seed: int) -> KnownSongs:
    """Every analysed song and finished composition of somebody's; of very many a part, chosen by the seed.

    Raises
    ------
    CannotPlan
        Where there is none.
    """
    found = [one.audio_file_id for one in _analysed(owner)]
    pieces = [work.work_id for work in _finished(owner)]
    every = found + pieces
    remarks = []
    if len(every) > MOST_READ:
        remarks.append(f"the library has {len(every)} songs: {MOST_READ} of them were looked at, chosen by the seed")
        every = [every[at] for at in sorted(random.Random(seed).sample(range(len(every)), MOST_READ))]
    known = _read(owner, every)
    if not known:
        raise CannotPlan("there is nothing to play: analyse songs first, or compose some")
    return KnownSongs(songs=known, remarks=remarks)


def named(owner: str, ids: Sequence[str]) -> KnownSongs:
    """The songs and compositions of these ids, in their order; one that is gone, or of which nothing is known, is
    remarked upon."""
    known = {one.song: one for one in _read(owner, list(dict.fromkeys(ids)))}
    remarks = [f"{one} is left out: it is gone, or nothing is known of it" for one in ids if one not in known]
    return KnownSongs(songs=[known[one] for one in dict.fromkeys(ids) if one in known], remarks=remarks)


def check(owner: str, ids: Sequence[str]) -> None:
    """Refuse songs that are not there, or not analysed.

    Raises
    ------
    CannotPlan
    """
    seen = songs.shown(owner, list(ids))
    for one in ids:
        _, song = seen.get(one, (None, None))
        if song is not None and song.status == AudioFileStatus.ANALYZED:
            continue
        if song is not None:
            raise CannotPlan(f"{song.original_file_name} is {song.status}: it can be played once it is analysed")
        work = works.find(owner, one)
        if work is None or work.composition is None:
            raise CannotPlan(f"there is no song or composition {one[:100]}")
        if heard(work) is None:
            raise CannotPlan(f"the composition {one[:100]} is {work.status}: it can be played once it is made")


def missing(owner: str, known: Sequence[SetSong]) -> list[SetSong]:
    """Those of some songs that are not in the library any more."""
    seen = songs.shown(owner, [one.song for one in known if not one.is_composition])
    gone = [one for one in known if not one.is_composition and one.song not in seen]
    return gone + [one for one in known if one.is_composition and works.find(owner, one.song) is None]


def heard(work: Work) -> tuple[Revision, Context] | None:
    """The revision of a composition that is heard, where nobody rejected it."""
    if work.composition is None:
        return None
    revision = work.composition.revision()
    if revision.status != "made" or revision.rejected or revision.context is None or revision.mix is None:
        return None
    place = work.element(mixing.master_name(revision.mix))
    return (revision, revision.context) if place is not None and place.latest.file is not None else None


# -- one song -----------------------------------------------------------------------------------------------------


def of_song(song: AudioFile, found: Analysis, separated: SeparationResult | None, vocals: list[Span] | None) -> SetSong:
    """A song of the library; its stems where they are what they are called, not what a filter leaves."""
    stems = separated.stems if separated is not None and not separated.engine.approximate else []
    return set_songs.of_analysis(
        found,
        song=song.audio_file_id,
        title=song.title or song.original_file_name.rpartition(".")[0] or song.original_file_name,
        artist=song.artist or "",
        audio=AudioBlob(container=names.SONGS, blob_name=song.blob_name),
        stems={StemType(one.stem_type): AudioBlob(container=names.STEMS, blob_name=one.blob_name) for one in stems},
        vocals=vocals,
        styles={one.name: one.weight for one in found.styles},
        valence=found.mood.valence if found.mood else None,
        arousal=found.mood.arousal if found.mood else None,
    )


def of_composition(work: Work, revision: Revision, context: Context) -> SetSong:
    """A finished composition: its grid is exact, and who sings when is known."""
    music = contexts.conditioning_of(context)
    timeline = music.timeline
    master = works.version(work, mixing.master_name(revision.mix or ""), None).file
    assert master is not None
    sections = [
        Section(start_time=timeline.at(one.start), end_time=timeline.at(one.end), label=one.label, confidence=1.0)
        for one in music.sections
    ]
    energies = [energy for one in context.sections for energy in one.energy] or list(music.energy)
    energy = sum(energies) / max(1, len(energies))
    arousal = context.mood.arousal if context.mood.arousal is not None else 2 * energy - 1
    total = sum(one.weight for one in context.styles) or 1.0
    key = music.main_key
    return SetSong(
        song=work.work_id,
        is_composition=True,
        title=context.title,
        artist=context.artist,
        seconds=master.duration_seconds,
        bpm=context.tempo,
        beats_per_bar=timeline.beats_per_bar,
        beats=[round(one, 6) for one in timeline.times if one < master.duration_seconds],
        downbeats=[
            round(time, 6)
            for time, position in zip(timeline.times, timeline.positions, strict=False)
            if position == 1 and time < master.duration_seconds
        ],
        key=key_name(key.tonic, key.mode),
        mode=Mode(key.mode),
        sections=sections,
        bar_levels=[round(24.0 * one - 36.0, 2) for one in energies],
        energy=round(min(1.0, max(0.0, (arousal + 1) / 2)), 3),
        valence=context.mood.valence or 0.0,
        arousal=arousal,
        loudness_lufs=master.loudness_lufs,
        styles={one.name: round(one.weight / total, 4) for one in context.styles},
        vocals=[Span(start_seconds=one.start, end_seconds=max(one.start, one.end)) for one in revision.words],
        audio=AudioBlob(blob_name=master.blob_name),
        stems=_layers(work, revision),
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _analysed(owner: str) -> list:
    found = []
    query = SongQuery(status=AudioFileStatus.ANALYZED, limit=_PAGE)
    while len(found) < _MOST_LOOKED_AT:
        page = songs.search(owner, query)
        found += page.items
        if page.next_cursor is None:
            break
        query = query.model_copy(update={"cursor": page.next_cursor})
    return found


def _finished(owner: str) -> Iterator[Work]:
    """The compositions that can be heard, less those that were made for a set."""
    cursor: str | None = None
    seen = 0
    while seen < _MOST_LOOKED_AT:
        page, cursor = works.listed(owner, limit=_PAGE_OF_PIECES, cursor=cursor, kind=WorkKind.COMPOSITION)
        seen += len(page)
        yield from (one for one in page if one.part_of is None and heard(one) is not None)
        if cursor is None:
            return


def _read(owner: str, ids: Sequence[str]) -> list[SetSong]:
    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        return [one for one in pool.map(lambda song: _one(owner, song), ids) if one is not None]


def _one(owner: str, its_id: str) -> SetSong | None:
    song = songs.find(owner, its_id)
    if song is None:
        work = works.find(owner, its_id)
        made = heard(work) if work is not None else None
        return of_composition(work, *made) if work is not None and made is not None else None
    found = analyses.load(song.audio_file_id, song.born) if song.status == AudioFileStatus.ANALYZED else None
    if found is None:
        return None
    separated = analyses.separation(owner, song.audio_file_id, song.born)
    return of_song(song, found, separated, _vocals(separated))


def _vocals(separated: SeparationResult | None) -> list[Span] | None:
    stem = next((one for one in separated.stems if one.stem_type == StemType.VOCALS), None) if separated else None
    if stem is None:
        return None
    try:
        return set_songs.vocals_of(json.loads(blobs.read(names.STEMS, names.peaks_blob(stem.blob_name))))
    except blobs.BlobMissing:
        return None


def _layers(work: Work, revision: Revision) -> dict[StemType, AudioBlob]:
    """The layers of a composition, of those kinds of which there is one, from its beginning on."""
    found: dict[StemType, list[str]] = {}
    for name, number in revision.elements.items():
        stem = works.version(work, name, number).stem
        if stem is not None and not stem.start_seconds:
            found.setdefault(StemType(stem.stem_type), []).append(stem.blob_name)
    return {kind: AudioBlob(blob_name=only[0]) for kind, only in found.items() if len(only) == 1}
