"""Sets as the public API shows them."""

from __future__ import annotations

from ripieno.contracts import names
from ripieno.contracts.dj_sets import SetMixView, SetTalk, SetTalkView, SetVersion, SetVersionView, SetView
from ripieno.contracts.works import Work
from ripieno.services import blobs
from ripieno.work.revising import NoSuchVersion
from ripieno.work.sets import keeping, versions


def shown(work: Work, number: int | None = None, *, is_whole: bool = True) -> SetView:
    """A set; whole with the plan and the mix of one version, each file with an address. While nothing is heard yet,
    those of the newest. Raises `NoSuchVersion`."""
    known = versions.dj_set(work)
    newest = known.versions[-1]
    try:
        here = known.version(number)
    except LookupError as fault:
        raise NoSuchVersion(str(fault)) from None
    if number is None and here.status != "made":
        here = newest
    view = SetView(
        set_id=work.work_id,
        instance_id=names.revision_instance(work.work_id, (known.open or newest).number),
        owner=work.owner,
        status=work.status,
        message=work.message,
        error=work.error,
        title=here.title or known.order.title or "",
        created_at=work.created_at,
        order=known.order,
        current=known.current,
        duration_seconds=here.duration_seconds,
        versions=[version(work, one) for one in known.versions],
        branch_of=known.branch_of,
    )
    if not is_whole:
        return view
    view.plan = keeping.plan(work.work_id, here.number) if here.planned else None
    view.lines, view.remarks = here.lines, here.remarks
    view.mix = _mix(work, here)
    view.talks = [talk(work, one) for one in known.talks]
    return view


def version(work: Work, one: SetVersion) -> SetVersionView:
    return SetVersionView(
        **one.model_dump(include=set(SetVersionView.model_fields) - {"instance_id"}),
        instance_id=names.revision_instance(work.work_id, one.number),
    )


def talk(work: Work, one: SetTalk) -> SetTalkView:
    address = blobs.read_url(names.GENERATED, one.answer_blob) if one.answer_blob else None
    return SetTalkView(**one.model_dump(), set_id=work.work_id, answer_url=address)


def _mix(work: Work, here: SetVersion) -> SetMixView | None:
    place = work.element(here.mix) if here.mix else None
    file = place.latest.set_file if place is not None else None
    if file is None:
        return None
    return SetMixView(
        **file.model_dump(),
        blob_url=blobs.read_url(names.GENERATED, file.blob_name),
        cue_url=blobs.read_url(names.GENERATED, file.cue_blob),
        tracklist_url=blobs.read_url(names.GENERATED, file.tracklist_blob),
    )
