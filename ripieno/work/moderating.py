"""What people write is looked at before anything is done with it, and what is refused is kept, to be appealed.

`check` is the one function that every door calls: the routes do, for every body (`words_in` finds what in it people
wrote), and so may whoever takes words in by another way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pydantic import BaseModel

from ripieno.contracts.moderation import MOST_REFUSED_TEXT, Refusal
from ripieno.records import refusals
from ripieno.services.moderation import by_model, rules
from ripieno.services.moderation.finding import Finding

WORDS = frozenset({
    "brief", "title", "artist", "theme", "lyrics", "prompt", "comment", "text", "words", "name", "label", "style",
    "description", "announcement", "transcript", "said", "say", "message", "instrument", "asked", "delivery",
})  # fmt: skip
"""Fields of requests that hold what people wrote, whatever they are part of."""
NAMES = frozenset({"artist"})
"""Fields that say who somebody is."""
_VOICES = "/voices"
"""Where a name is a voice's: it may be no artist's."""
_OPINIONS = ("/feedback",)
"""Ends of routes at which people say what they think, and nothing is made of it."""
_LOOKED_AT_OTHERWISE = ("/appeal", "/decision")
_MOST_WORDS = 200  # of a text, around what was refused, where it is longer than is kept
log = logging.getLogger("ripieno.moderation")


class Refused(ValueError):
    """What was written is not done; `refusal` says why, and what may be asked for instead."""

    def __init__(self, refusal: Refusal):
        super().__init__(_told(refusal))
        self.refusal = refusal


class NotAppealable(RuntimeError):
    """There is nothing to appeal, or to decide."""


def check(
    owner: str, door: str, texts: Mapping[str, str], *, asks: bool = True, names_somebody: frozenset[str] = NAMES
) -> None:
    """Refuse what is not done here.

    Parameters
    ----------
    door : where the words come in, as people know it: `POST /compositions`
    texts : what was written, by the field that it stands in
    asks : whether something is to be made of it (`moderation.rules.refused`)
    names_somebody : the fields that are a person's, an artist's or a voice's name

    Raises
    ------
    Refused
        For the first of them; it is kept, unless an operator has granted just this text to this owner.
    """
    for field, text in texts.items():
        found = rules.refused(text, asks=asks, is_name=field.rpartition(".")[2] in names_somebody)
        if found is not None:
            _refuse(owner, door, field, text, found, by="rules")
    asked = {field: text for field, text in texts.items() if text.strip()}
    if asks and asked and by_model.is_configured():
        told = by_model.refused(asked)
        if told is not None:
            field, found, model = told
            _refuse(owner, door, field, asked[field], found, by=model)


def check_body(owner: str, door: str, body: object) -> None:
    """Refuse what is not done here of a request's body. Raises `Refused`."""
    path = door.rpartition(" ")[2]
    if not isinstance(body, BaseModel) or path.endswith(_LOOKED_AT_OTHERWISE):
        return
    texts = dict(words_in(body))
    if texts:
        named = NAMES | {"name"} if path.startswith(_VOICES) else NAMES
        check(owner, door, texts, asks=not path.endswith(_OPINIONS), names_somebody=named)


def words_in(body: BaseModel, place: str = "") -> Iterator[tuple[str, str]]:
    """What people wrote in a request: (field, text), with the places of what lies in others."""
    for name in type(body).model_fields:
        value = getattr(body, name)
        here = f"{place}{name}"
        for at, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
            its = here if at is None else f"{here}.{at}"
            if isinstance(one, BaseModel):
                yield from words_in(one, f"{its}.")
            elif isinstance(one, str) and name in WORDS and one.strip():
                yield its, one


# -- appeals ------------------------------------------------------------------------------------------------------


def appeal(owner: str, refusal_id: str, reason: str) -> Refusal:
    """Ask an operator to look at a refusal.

    Raises
    ------
    records.refusals.RefusalMissing, NotAppealable
    """
    now = datetime.now(UTC)
    known = refusals.get(owner, refusal_id)
    _check_open(known)
    refusals.tell_operators(known, now)  # first: what is noted there and not appealed is passed over

    def appealed(one: Refusal) -> Refusal:
        _check_open(one)
        return one.model_copy(update={"status": "appealed", "appeal": reason, "appealed_at": now.isoformat()})

    return refusals.change(owner, refusal_id, appealed)


def decide(refusal_id: str, *, granted: bool, reason: str, by: str) -> Refusal:
    """An operator's word on an appeal; on one that is decided a further word takes its place.

    Raises
    ------
    records.refusals.RefusalMissing, NotAppealable
    """
    known = refusals.appealed(refusal_id)
    now = datetime.now(UTC).isoformat()

    def decided(one: Refusal) -> Refusal:
        if one.status == "refused":
            raise NotAppealable("nobody has appealed it: there is nothing to decide")
        status = "granted" if granted else "upheld"
        return one.model_copy(
            update={"status": status, "decision": reason, "decided_by": by, "decided_at": now},
        )

    done = refusals.change(known.owner, refusal_id, decided)
    refusals.decided(refusal_id)
    return done


# -- parts --------------------------------------------------------------------------------------------------------


def _check_open(one: Refusal) -> None:
    if one.status == "appealed":
        raise NotAppealable("it is appealed already: an operator will look at it")
    if one.status != "refused":
        raise NotAppealable(f"an operator has decided it: it is {one.status}")


def _refuse(owner: str, door: str, field: str, text: str, found: Finding, *, by: str) -> None:
    refusal_id = refusals.id_of(owner, found.rule, text)
    known = refusals.find(owner, refusal_id)
    if known is not None and known.status == "granted":
        return
    refusal = Refusal(
        refusal_id=refusal_id,
        owner=owner,
        door=door,
        field=field,
        kind=found.kind,
        rule=found.rule,
        text=_excerpt(text, found.words),
        words=found.words[:_MOST_WORDS],
        message=found.message,
        suggestion=found.suggestion,
        by=by,
        refused_at=datetime.now(UTC).isoformat(),
    )
    log.info("refused at %s by %s (%s)", door, found.rule, refusal_id)
    raise Refused(refusals.note(refusal))


def _excerpt(text: str, words: str) -> str:
    """A text, or of a long one what is around the words."""
    if len(text) <= MOST_REFUSED_TEXT:
        return text
    at = max(0, text.lower().find(words.lower()))
    start = max(0, min(at - MOST_REFUSED_TEXT // 2, len(text) - MOST_REFUSED_TEXT))
    return text[start : start + MOST_REFUSED_TEXT]


def _told(refusal: Refusal) -> str:
    instead = f": ask for {refusal.suggestion}" if refusal.suggestion else ""
    return (
        f"{refusal.field}: {refusal.message}{instead} (“{refusal.words[:80]}”; to be appealed as {refusal.refusal_id})"
    )
