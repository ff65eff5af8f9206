"""Two versions of a set beside each other."""

from __future__ import annotations

from ripieno.contracts.dj_sets import DjSet, SetComparison, SetVersion
from ripieno.contracts.sets import SetPlan
from ripieno.contracts.works import Work
from ripieno.music.sets import comparing
from ripieno.records import works
from ripieno.work.revising import NoSuchVersion
from ripieno.work.sets import keeping, versions


def compare(owner: str, work_id: str, a: int, b: int) -> SetComparison:
    """What is another in version `b` than in `a`.

    Raises
    ------
    WorkMissing, NoSuchVersion
        Also for a version that is not planned.
    """
    work = works.get_set(owner, work_id)
    known = versions.dj_set(work)
    (first, before), (second, after) = _planned(work, a), _planned(work, b)
    back, there = _line(known, first), _line(known, second)
    songs, transitions = comparing.songs(before, after), comparing.transitions(before, after)
    return SetComparison(
        set_id=work_id,
        a=a,
        b=b,
        changes=[change for one in reversed(there) if one not in back for change in one.changes],
        undone=[change for one in reversed(back) if one not in there for change in one.changes],
        said=comparing.sentences(songs, transitions, before, after),
        fields=comparing.fields(before, after),
        songs=songs,
        transitions=transitions,
        is_same_mix=first.mix is not None and first.mix == second.mix,
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _planned(work: Work, number: int) -> tuple[SetVersion, SetPlan]:
    try:
        found = versions.dj_set(work).version(number)
    except LookupError as fault:
        raise NoSuchVersion(str(fault)) from None
    plan = keeping.plan(work.work_id, number) if found.planned else None
    if plan is None:
        raise NoSuchVersion(f"version {number} is not planned: there is nothing to compare")
    return found, plan


def _line(known: DjSet, version: SetVersion) -> list[SetVersion]:
    """A version and those that it comes from, the newest first."""
    found = [version]
    while found[-1].parent is not None:
        found.append(known.version(found[-1].parent))
    return found
