"""A further set that begins as a version of another one: its plan, its wishes, what was known of the songs and what is
said in it; its mix is copied, nothing is made anew.

The set is kept first, then what it begins with is brought to it; whoever dies between the two leaves that to its run.
A bridge that the version plays is a composition of the library from then on: it goes with neither set.
"""

from __future__ import annotations

from ripieno.contracts import names
from ripieno.contracts.dj_sets import DjSet, SetBranch, SetVersion, SpokenLine
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.sets import SetFile, SetPlan
from ripieno.contracts.workflow import RevisionOrder, Run
from ripieno.contracts.works import Work, WorkKind
from ripieno.records import runs, works
from ripieno.services import blobs
from ripieno.work.sets import keeping, versions

_NOT_COPIED = (blobs.BlobMissing, blobs.CopyFailed, TimeoutError)


def begin(owner: str, work_id: str, number: int | None, seed: str) -> tuple[Work, Run]:
    """Keep a set that begins as a version of another, the current one where no number is given; the run that makes its
    first version.

    Raises
    ------
    WorkMissing, NoSuchVersion
    """
    known = works.get_set(owner, work_id)
    before = versions.made(known, number)
    _keep_bridges(known, before)
    work = Work(
        work_id=seed,
        owner=owner,
        kind=WorkKind.SET,
        created_at=versions.now(),
        order=GenerationOrder(webhook_url=versions.dj_set(known).order.webhook_url),
        message="branching",
        dj_set=DjSet(
            order=versions.dj_set(known).order,
            versions=[_first(before)],
            bridges=[one for one in versions.dj_set(known).bridges if one in _played(before)],
            branch_of=SetBranch(set_id=work_id, version=before.number),
        ),
    )
    run = versions.run_of(work, 1)
    runs.note(run)
    if not works.create(work):  # asked for before, when another version may have been the current one
        work = works.get_set(owner, seed)
    found = _before(work)
    if found is not None:
        _bring(work, found[1])
    return work, run


def is_as_another(work: Work, version: SetVersion) -> bool:
    """Whether a version is the first of a branch."""
    return versions.dj_set(work).branch_of is not None and version.number == 1


def settle(order: RevisionOrder, work: Work) -> bool:
    """Take the first version of a branch as planned; False where what it begins as is gone, and it has to be planned
    anew."""
    found = _before(work)
    if found is None or not _bring(work, found[1]):
        return False
    lines = [_said(work, one) for one in found[1].lines]

    def settled(_: Work, state: SetVersion) -> None:
        if not state.planned:
            state.planned, state.lines = True, lines

    versions.change(order, settled)
    return True


def mix(work: Work, version: SetVersion, made: SetPlan, output: str) -> SetFile | None:
    """The mix of what a branch begins as, copied; None where it has to be rendered."""
    found = _before(work) if is_as_another(work, version) else None
    if found is None:
        return None
    its, before = found
    place = its.element(before.mix) if before.mix else None
    file = place.latest.set_file if place is not None else None
    is_all_said = [one.text for one in version.lines] == [one.text for one in before.lines]
    if file is None or not is_all_said or keeping.plan(its.work_id, before.number) != made:
        return None
    copied = file.model_copy(
        update={
            "blob_name": f"{output}.{file.format}",
            "cue_blob": f"{output}.cue",
            "tracklist_blob": f"{output}.txt",
        }
    )
    pairs = [(file.cue_blob, copied.cue_blob), (file.tracklist_blob, copied.tracklist_blob),
             (names.peaks_blob(file.blob_name), names.peaks_blob(copied.blob_name)),
             (file.blob_name, copied.blob_name)]  # fmt: skip
    try:
        for source, target in pairs:
            blobs.copy(names.GENERATED, source, names.GENERATED, target)
    except _NOT_COPIED:
        return None
    return copied


# -- parts --------------------------------------------------------------------------------------------------------


def _first(before: SetVersion) -> SetVersion:
    return SetVersion(
        number=1,
        made_at=versions.now(),
        asked=f"as version {before.number} of {before.title}",
        wishes=before.wishes,
        journey=before.journey,
        persona=before.persona,
        title=before.title,
        songs=before.songs,
        duration_seconds=before.duration_seconds,
        lines=[one.model_copy(update={"blob_name": None}) for one in before.lines],
        announcer=before.announcer,
        speaker=before.speaker,
        remarks=before.remarks,
    )


def _before(work: Work) -> tuple[Work, SetVersion] | None:
    """The set and the version that a branch begins as, where they are still there."""
    branch = versions.dj_set(work).branch_of
    its = works.find(work.owner, branch.set_id) if branch is not None else None
    if branch is None or its is None or its.dj_set is None:
        return None
    return its, its.dj_set.version(branch.version)


def _bring(work: Work, before: SetVersion) -> bool:
    """Keep the plan and what was known of the songs beside the branch too; whether they are there."""
    branch = versions.dj_set(work).branch_of
    assert branch is not None
    if keeping.songs(work.work_id) is not None and keeping.plan(work.work_id, 1) is not None:
        return True
    plan, known = keeping.plan(branch.set_id, before.number), keeping.songs(branch.set_id)
    if plan is None or known is None:
        return False
    keeping.save_plan(work.work_id, 1, plan)
    keeping.save_songs(work.work_id, known)
    return True


def _said(work: Work, line: SpokenLine) -> SpokenLine:
    """A line with its sound beside the branch; without, where that is gone: then it is spoken again."""
    if line.blob_name is None:
        return line
    target = f"{work.work_id}/{line.blob_name.partition('/')[2]}"
    try:
        blobs.copy(names.GENERATED, line.blob_name, names.GENERATED, target)
    except _NOT_COPIED:
        return line.model_copy(update={"blob_name": None})
    return line.model_copy(update={"blob_name": target})


def _played(version: SetVersion) -> set[str]:
    return {*version.songs, *(one.song for one in version.wishes.songs)}


def _keep_bridges(known: Work, before: SetVersion) -> None:
    """The bridges that are played go with no set any more."""
    for its_id in versions.dj_set(known).bridges:
        if its_id in _played(before):
            try:
                works.change(known.owner, its_id, _of_the_library)
            except works.WorkMissing:
                pass  # deleted by its owner: it is left out when the branch is planned again


def _of_the_library(piece: Work) -> Work | None:
    if piece.part_of is None:
        return None
    piece.part_of = None
    return piece
