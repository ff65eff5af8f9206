"""What is said of works teaches: verdicts, ratings, skips, comments and edits become lessons of their owner's taste.

What was said is kept first; the lesson follows from it, the same again where it is told again. Whoever dies between the
two has taught nothing, until `again` learns from all that is kept.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from azure.core.exceptions import AzureError

from ripieno.contracts.composition import Context, Layer, Revision
from ripieno.contracts.dj_sets import SetVersion
from ripieno.contracts.enums import StemType
from ripieno.contracts.feedback import Feedback
from ripieno.contracts.generation import GeneratedStem, Playing, StemPlan
from ripieno.contracts.preferences import Lesson, Shades
from ripieno.contracts.sets import SetEdit
from ripieno.contracts.understanding import Kind, Statement
from ripieno.contracts.works import Element, Review, Version, Work, WorkKind
from ripieno.music.genres.blending import blend
from ripieno.music.language import understand
from ripieno.music.taste import lessons
from ripieno.music.taste.lessons import Heard
from ripieno.records import feedback, preferences, works
from ripieno.services.planner import rules
from ripieno.work import composing
from ripieno.work.sets import keeping, knowing

log = logging.getLogger("ripieno.taste")
MOST_WORKS = 300
"""The newest of each kind that `again` learns from."""
_MOST_SAID = 500
_PAGE = 100


def teach(owner: str, told: Sequence[Lesson]) -> None:
    """Keep lessons. What was said is kept already: where storage fails now, a lesson less is better than a verdict that
    seems to be lost."""
    try:
        preferences.learn(owner, told)
    except (AzureError, TimeoutError) as fault:
        log.warning("what %s said teaches nothing this time: %s", owner, fault)


# -- what was said, as lessons ------------------------------------------------------------------------------------


def of_review(work: Work, element: str, number: int, review: Review) -> list[Lesson]:
    """A verdict on a take, where it is its owner's: an Admin's says nothing of what they like."""
    if review.reviewer != work.owner:
        return []
    take, place = works.version(work, element, number), work.element(element)
    heard = [] if place is None else [one for one in (_heard(place, take),) if one is not None]
    said = _understood(review.comment)
    return _told(
        f"{work.work_id} {element} {number}", review.reviewed_at, heard, 1.0 if review.approved else -1.0, said
    )


def of_feedback(work: Work, said: Feedback) -> list[Lesson]:
    """A rating or a skip, or words alone; of a set what the styles of its songs are liked."""
    how, liked = "comment", 0.0
    if said.rating is not None:
        how, liked = "rating", lessons.of_rating(said.rating)
    elif said.skip:
        how, liked = "skip", lessons.SKIPPED
    about = f"{work.work_id} {said.version or 1} {how}"
    if work.dj_set is not None:
        shares = _of_set(work, said.version)
        return [lessons.of_styles(about, said.created_at, shares, liked=liked)] if shares and how != "comment" else []
    if how == "comment":
        about += f" {hashlib.sha256(said.comment.encode()).hexdigest()[:8]}"
    return _told(about, said.created_at, _of_work(work, said.version), liked, _understood(said.comment))


def of_piece(work: Work, number: int, at: str) -> list[Lesson]:
    """What the document of a piece says of one of its versions: that it was approved or rejected, and what was made
    otherwise in it than in the one before. Where a rejected version was changed, that is what was wrong with it."""
    assert work.composition is not None
    here = work.composition.revision(number)
    before = work.composition.revision(here.parent) if here.parent is not None else None
    found: list[Lesson] = []
    heard = _of_work(work, number)
    if heard and here.rejected:
        after = [_otherwise(here, one) for one in work.composition.revisions if one.parent == number]
        wanted = next((one for one in after if one), {})
        found.append(lessons.of_verdict(f"{work.work_id} {number}", at, heard, liked=-1.0, wanted=wanted))
    elif heard and work.composition.approved == number:
        found.append(lessons.of_verdict(f"{work.work_id} {number}", at, heard, liked=1.0))
    if before is not None and not before.rejected and (wanted := _otherwise(before, here)):
        found.append(lessons.of_wishes(f"{work.work_id} {number} edit", at, wanted))
    if before is not None and before.context is not None and here.context is not None:
        shares = _shares(here.context)
        if shares != _shares(before.context):
            found.append(lessons.of_styles(f"{work.work_id} {number} style", at, shares, liked=lessons.WISHED))
    return found


def of_set_edits(work: Work, number: int) -> list[Lesson]:
    """What the edits teach that led to a version of a set: the styles of a song that is banned, or that another takes
    the place of, are a little disliked, those of one that is pinned, added or swapped in a little liked. Of each song
    what was said last counts; who frees it says nothing of it any more."""
    assert work.dj_set is not None
    here = work.dj_set.version(number)
    before = work.dj_set.version(here.parent) if here.parent is not None else None
    liked = _liked_of_songs(here.edits, before)
    if not liked:
        return []
    styles = _styles_of_songs(work, list(liked))
    found = []
    for song, how in liked.items():
        about = f"{work.work_id} {song} edit"
        if not how:
            found.append(Lesson(lesson_id=about, told_at=here.made_at))
        elif styles.get(song):
            found.append(lessons.of_styles(about, here.made_at, styles[song], liked=how))
    return found


def again(owner: str) -> None:
    """Learn from all that is kept: reviews, verdicts, edits and feedback of the newest works, each once."""
    found: list[Lesson] = []
    known: dict[str, Work] = {}
    kinds = ((WorkKind.STEMS, _of_stems), (WorkKind.COMPOSITION, _of_piece), (WorkKind.SET, _of_edited_set))
    for kind, lessons_of in kinds:
        for work in _newest(owner, kind):
            known[work.work_id] = work
            found += lessons_of(work)
    said, _ = feedback.listed(owner, limit=_MOST_SAID)
    for one in said:
        work = known.get(one.target) or works.find(owner, one.target)
        if work is not None and _can_be_learned_from(work, one):
            found += of_feedback(work, one)
    preferences.learn(owner, found)


# -- parts --------------------------------------------------------------------------------------------------------


def _told(lesson_id: str, at: str, heard: Sequence[Heard], liked: float, said: Sequence[Statement]) -> list[Lesson]:
    """What a verdict, with what was said beside it, teaches; nothing where nothing was heard."""
    if not heard:
        return []
    wanted: dict[StemType, Shades] = {}
    for one in heard:
        wished = _wished(one, said)
        if wished:
            wanted.setdefault(one.stem, wished)
    found = [lessons.of_verdict(lesson_id, at, heard, liked=liked, wanted=wanted)] if liked or wanted else []
    if not found and lesson_id.endswith("rating"):  # neither good nor bad, instead of what was said before
        found = [Lesson(lesson_id=lesson_id, told_at=at)]
    for one in said:
        if one.kind == Kind.STYLE and one.value and not one.places and not one.parts:
            try:
                shares = {genre.name: weight for genre, weight in blend(one.value).parts}
            except ValueError:
                continue
            way = -1 if one.negated else 1
            found.append(lessons.of_styles(f"{lesson_id} style {one.value}", at, shares, liked=way * lessons.WISHED))
    return found


def _wished(heard: Heard, said: Sequence[Statement]) -> Shades:
    """How a layer should have been played by what was said, everywhere; as the planner hears it."""
    own = [one for one in said if rules.is_about(one, heard.stem)]
    shades = {name: getattr(heard.playing, name) for name in lessons.SHADES}
    plain, before = StemPlan(stem_type=heard.stem), StemPlan(stem_type=heard.stem, **shades)
    spoken_of = lessons.changes(plain, rules.heeded(plain, own))  # also where it is as much so as it can be
    after = rules.heeded(before, own)
    return {name: getattr(after, name) for name in spoken_of}


def _understood(comment: str) -> list[Statement]:
    return understand(comment, about="comment").statements if comment.strip() else []


def _heard(element: Element, take: Version) -> Heard | None:
    if take.stem is None or take.plan is None or element.stem_type is None:
        return None
    return Heard(StemType(element.stem_type), take.plan, take.plan.style, _playing_engine(take.stem))


def _of_work(work: Work, number: int | None) -> list[Heard]:
    """Every layer of a generation, or of a version of a piece, that could be heard."""
    if work.composition is None:
        takes = [(layer, layer.approved or layer.latest) for layer in work.layers]
        return [heard for layer, take in takes if (heard := _heard(layer, take)) is not None]
    revision = work.composition.revision(number)
    if revision.context is None or revision.status != "made":
        return []
    by_name = {one.name: one for one in revision.context.layers}
    style = composing.style_of(revision.context)
    return [
        Heard(StemType(layer.stem_type), _playing(layer), layer.style or style, _engine(work, name, take))
        for name, take in revision.elements.items()
        if (layer := by_name.get(name)) is not None and not layer.midi and not layer.audio
    ]


def _of_set(work: Work, number: int | None) -> dict[str, float]:
    """The styles that the songs of a version of a set are like, each with its share."""
    assert work.dj_set is not None
    known = keeping.songs(work.work_id)
    played = set(work.dj_set.version(number).songs)
    found: dict[str, float] = {}
    for one in known.songs if known else []:
        for style, share in one.styles.items() if one.song in played else ():
            found[style] = found.get(style, 0.0) + share
    total = sum(found.values())
    return {style: round(share / total, 4) for style, share in found.items() if share > 0}


def _liked_of_songs(edits: Sequence[SetEdit], before: SetVersion | None) -> dict[str, float]:
    """How much each song is liked by edits, 0 where it is freed of what was said of it."""
    played = set(before.songs) if before is not None else set()
    known = {one.song for one in before.wishes.songs} | set(before.wishes.banned) if before is not None else set()
    found: dict[str, float] = {}
    for one in (one for one in edits if one.song is not None):
        song = str(one.song)
        if one.do == "ban" or (one.do == "swap" and one.other not in played):
            found[song] = lessons.BANNED
        elif one.do == "pin":
            found[song] = lessons.CHOSEN
        elif one.do == "free" and song in known | set(found):
            found[song] = 0.0
        if one.do == "swap" and one.other is not None and one.other not in played:
            found[one.other] = lessons.CHOSEN
    return found


def _styles_of_songs(work: Work, wanted: Sequence[str]) -> dict[str, dict[str, float]]:
    """The styles that songs are like: as the set knows them, of those that came with this edit as the library does."""
    known = keeping.songs(work.work_id)
    found = {one.song: one.styles for one in known.songs} if known else {}
    more = [one for one in wanted if one not in found]
    return found | {one.song: one.styles for one in (knowing.named(work.owner, more).songs if more else [])}


def _playing(layer: Layer) -> Playing:
    return Playing.model_validate(layer.model_dump(include={*Playing.model_fields}))


def _engine(work: Work, name: str, number: int) -> str | None:
    stem = works.version(work, name, number).stem
    return _playing_engine(stem) if stem is not None else None


def _playing_engine(stem: GeneratedStem) -> str | None:
    """The engine that made it; one that sings is chosen by its words, and by nobody's taste."""
    return None if stem.stem_type == StemType.VOCALS else stem.engine.engine


def _shares(context: Context) -> dict[str, float]:
    return {genre.name: round(weight, 4) for genre, weight in blend(composing.style_of(context)).parts}


def _newest(owner: str, kind: WorkKind) -> list[Work]:
    found: list[Work] = []
    cursor: str | None = None
    while len(found) < MOST_WORKS:
        page, cursor = works.listed(owner, limit=_PAGE, cursor=cursor, kind=kind)
        found += page
        if cursor is None:
            break
    return found[:MOST_WORKS]


def _of_stems(work: Work) -> list[Lesson]:
    return [
        lesson
        for layer in work.layers
        for take in layer.versions
        if take.reviews
        for lesson in of_review(work, layer.name, take.number, take.reviews[-1])
    ]


def _of_piece(work: Work) -> list[Lesson]:
    assert work.composition is not None
    return [lesson for one in work.composition.revisions for lesson in of_piece(work, one.number, one.made_at)]


def _of_edited_set(work: Work) -> list[Lesson]:
    assert work.dj_set is not None
    return [lesson for one in work.dj_set.versions if one.edits for lesson in of_set_edits(work, one.number)]


def _otherwise(before: Revision, after: Revision) -> dict[StemType, Shades]:
    if before.context is None or after.context is None:
        return {}
    return lessons.otherwise(before.context.layers, after.context.layers)


def _can_be_learned_from(work: Work, said: Feedback) -> bool:
    if work.dj_set is not None:
        return said.version is None or any(one.number == said.version for one in work.dj_set.versions)
    if work.composition is None:
        return work.kind == WorkKind.STEMS
    return any(one.number == said.version for one in work.composition.revisions)
