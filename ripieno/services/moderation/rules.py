"""What a text is refused for by rule; pure."""

from __future__ import annotations

from collections.abc import Iterable

from ripieno.services.moderation import hate, imitation, minors
from ripieno.services.moderation.finding import Finding
from ripieno.services.moderation.words import folded, plain


def refused(text: str, *, asks: bool = True, is_name: bool = False) -> Finding | None:
    """Why a text is refused, None where it is not.

    Parameters
    ----------
    asks : whether something is to be made of it; who only says what they think may say that it sounds like somebody
    is_name : of a person, a voice or an artist: it may be nobody else's
    """
    if not text.strip():
        return None
    said = plain(text)
    small = folded(said)
    found = minors.found(small) or hate.found(small)
    if found is None and is_name:
        found = imitation.is_name(said)
    if found is None and asks:
        found = imitation.found(said)
    return found


def first_refused(texts: Iterable[str], *, asks: bool = True) -> Finding | None:
    return next((found for text in texts if (found := refused(text, asks=asks)) is not None), None)
