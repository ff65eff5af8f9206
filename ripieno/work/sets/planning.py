"""A version's plan: of what was known of the songs when the set was begun, less those that are gone since.

Planning is pure and quick; what it needs of each song is read once a set and kept beside it.
"""

from __future__ import annotations

from ripieno.contracts import names
from ripieno.contracts.dj_sets import KnownSongs, SetVersion
from ripieno.contracts.sets import SetOrder, SetPlan, SetSong, SetWishes
from ripieno.contracts.workflow import RevisionOrder
from ripieno.contracts.works import Work
from ripieno.music.sets import planning
from ripieno.music.taste import drawing
from ripieno.records import quotas
from ripieno.services.planner import seeds
from ripieno.work import tasting
from ripieno.work.sets import branching, bridging, keeping, knowing, speaking, versions
from ripieno.work.sets.knowing import CannotPlan


def plan(order: RevisionOrder, *, may_bridge: bool = True) -> list[RevisionOrder]:
    """Plan a version, once; the orders of the compositions that it misses as bridges, where those are wanted.

    Raises
    ------
    CannotPlan
        Where no set can be made of what is there.
    """
    work, version = versions.opened(order)
    if version is None:
        return []
    is_as_another = branching.is_as_another(work, version)
    if not version.planned:
        if not (is_as_another and branching.settle(order, work)):
            settle(order, work, version)
        work, version = versions.opened(order)
    if is_as_another:
        return []  # as it was, with those bridges that it had
    made = keeping.plan(work.work_id, order.revision) if version is not None and may_bridge else None
    bridges = bridging.begin(work, made) if made is not None else []
    quotas.keep_place(order.owner, names.revision_instance(order.work_id, order.revision))  # each bridge holds its own
    return bridges


def settle(order: RevisionOrder, work: Work, version: SetVersion) -> SetPlan:
    """Plan a version and keep the plan: its document first, then that it is there.

    Raises
    ------
    CannotPlan
    """
    known = known_songs(work, version)
    made, remarks = planned(work, version, known)
    keeping.save_plan(work.work_id, version.number, made)
    asked = versions.dj_set(work).order
    lines, said = speaking.written(asked, made, speaking.lines_of(asked, made, known.songs))

    def settled(_: Work, state: SetVersion) -> None:
        if state.planned:
            return
        state.planned, state.title = True, made.title
        state.songs, state.duration_seconds = [one.song for one in made.songs], made.duration_seconds
        state.lines, state.remarks, state.wishes, state.journey = lines, remarks, made.wishes, made.journey
        state.announcer, state.persona = (said.engine if lines else None), made.persona

    versions.change(order, settled)
    return made


def planned(work: Work, version: SetVersion, known: KnownSongs) -> tuple[SetPlan, list[str]]:
    """The plan of a version of what is there now, and what there is to remark of it.

    Raises
    ------
    CannotPlan
    """
    asked = versions.dj_set(work).order
    gone = knowing.missing(work.owner, known.songs)
    there = [one for one in known.songs if one not in gone]
    if not there:
        raise CannotPlan("none of its songs is in the library any more: ask for another set")
    names_of_gone = {one.song: one.title for one in gone}
    missed = _missed(work, version, names_of_gone)
    remarks = [*known.remarks, *(f"{title} was removed from the library: it is left out" for title in missed)]
    order = asked.model_copy(
        update={
            "persona": version.persona or asked.persona,
            "journey": version.journey,
            "wishes": _without(version.wishes, set(names_of_gone)),
            "random_seed": seed_of(work, asked),
        }
    )
    try:
        before = _before(work, version, order.wishes, there)
        made = planning.plan(order, there, before=before, liking=_liking(work.owner, there))
    except ValueError as fault:
        raise CannotPlan(str(fault)) from None
    return made, [*remarks, *made.remarks]


def known_songs(work: Work, version: SetVersion) -> KnownSongs:
    """What is known of the songs to choose from; read once a set, and again for those that were added by a wish.

    Raises
    ------
    CannotPlan
    """
    asked = versions.dj_set(work).order
    known = keeping.songs(work.work_id)
    begun = known
    if known is None:
        known = (
            knowing.named(work.owner, asked.songs) if asked.songs else knowing.library(work.owner, seed_of(work, asked))
        )
        begun = None
    wished = [one.song for one in version.wishes.songs] + versions.dj_set(work).bridges
    more = [one for one in dict.fromkeys(wished) if one not in {song.song for song in known.songs}]
    if more:
        found = knowing.named(work.owner, more)
        known = KnownSongs(songs=[*known.songs, *found.songs], remarks=known.remarks)
    if not known.songs:
        raise CannotPlan("; ".join(known.remarks) or "there is no song to play: name some, or analyse some first")
    if begun is None or more:
        keeping.save_songs(work.work_id, known)
    return known


def heard_songs(work: Work, made: SetPlan) -> list[SetSong]:
    """What is known of the songs of a plan. Raises `LookupError` where some of that is not there any more."""
    known = keeping.songs(work.work_id)
    by_id = {one.song: one for one in known.songs} if known else {}
    missing = [one.title for one in made.songs if one.song not in by_id]
    if missing:
        raise LookupError(f"{missing[0]} is not known any more")
    return [by_id[one] for one in dict.fromkeys(song.song for song in made.songs)]


def seed_of(work: Work, asked: SetOrder) -> int:
    return seeds.of(work.work_id, asked.random_seed) % 2**32


# -- parts --------------------------------------------------------------------------------------------------------


def _liking(owner: str, there: list[SetSong]) -> dict[str, float]:
    """How much somebody likes each song, -1 to 1, by the styles that it is like; nothing where they said nothing."""
    taste = tasting.of(owner)
    if taste is None:
        return {}
    liked = drawing.liking(taste)
    return {one.song: sum(share * liked.get(style, 0.0) for style, share in one.styles.items()) for one in there}


def _before(work: Work, version: SetVersion, wishes: SetWishes, there: list[SetSong]) -> SetPlan | None:
    """The plan that this one is to stay near to: its own, where it is planned once more with the bridges that it
    missed, else that of the version it comes from; less what is gone."""
    own = keeping.plan(work.work_id, version.number)
    base = own or (keeping.plan(work.work_id, version.parent) if version.parent is not None else None)
    if base is None:
        return None
    known = {one.song for one in there}
    songs = [one for one in base.songs if one.song in known]
    for before, after in wishes.next_to if own is not None else []:
        place = next((at for at, one in enumerate(songs) if one.song == before), None)
        if place is not None and after in versions.dj_set(work).bridges and after not in {one.song for one in songs}:
            songs.insert(place + 1, songs[place].model_copy(update={"song": after}))
    return base.model_copy(update={"songs": songs, "wishes": wishes}) if songs else None


def _missed(work: Work, version: SetVersion, gone: dict[str, str]) -> list[str]:
    """The titles of those that are gone which somebody would miss: they were in the version before, in what a branch
    begins as, or are wished for."""
    before = next((one for one in versions.dj_set(work).versions if one.number == version.parent), None)
    asked = {one.song for one in version.wishes.songs} | set(before.songs if before else [])
    asked |= set(version.songs) | set(versions.dj_set(work).order.songs)
    return [title for song, title in gone.items() if song in asked]


def _without(wishes: SetWishes, gone: set[str]) -> SetWishes:
    """The wishes, less those for songs that are gone."""
    if not gone:
        return wishes
    return wishes.model_copy(
        update={
            "songs": [one for one in wishes.songs if one.song not in gone],
            "next_to": [pair for pair in wishes.next_to if not gone & set(pair)],
            "transitions": [one for one in wishes.transitions if one.from_song not in gone and one.to_song not in gone],
        }
    )
