"""Who sings a piece from now on: named by a field of a refinement, or in its words (`in my voice Anna`).

A voice is found in words by its name beside a word for a voice, in any language that is understood; that stretch is
then read, and nobody else has to.
"""

from __future__ import annotations

import re

from ripieno.contracts.composition import Context, Refinement
from ripieno.contracts.consent import Purpose, UsedVoice
from ripieno.contracts.enums import StemType
from ripieno.contracts.voice_profiles import Voice
from ripieno.contracts.works import Work
from ripieno.music.composing import contexts
from ripieno.records import voices
from ripieno.work import voices_using
from ripieno.work.composing import CannotCompose

MOST_VOICES_OF_A_PIECE = 20
_MOST_KNOWN = 1000
_VOICE = r"(?:voices?|stimmen?|voz|voces|voix)"
_BEFORE = rf"(?:\b(?:in|with|by|mit|con|en|avec|dans)\s+)?(?:\b\w{{1,6}}\s+)?\b{_VOICE}\s+(?:(?:of|von|de|d['’])\s*)?"
_QUOTE = r"[\"'“”„«»‚‘’]?"


def sung(owner: str, work: Work, context: Context, wanted: Refinement) -> tuple[Context, list[str], str]:
    """The context with who sings it, what was changed in words, and the words that are left to be read.

    Raises
    ------
    CannotCompose
        Where nobody sings in the piece, or the voice that sings it may not be used any more and no other is named.
    voices_using.NotAllowed, voices_using.VoiceNotReady, voices_using.UnclearVoice
    """
    name, rest = (wanted.voice, wanted.text) if wanted.voice is not None else _named(owner, wanted.text)
    if name is None:
        _check_still_let(owner, context)
        return context, [], rest
    if context.layers and not any(one.stem_type == StemType.VOCALS for one in context.layers):
        raise CannotCompose("voice: nobody sings in the piece: ask for vocals first")
    singer = voices_using.ordered(owner, name, Purpose.SINGING) if name.strip() else None
    used = {one.voice_id for one in work.marks}
    if singer is not None and singer.voice_id not in used and len(used) >= MOST_VOICES_OF_A_PIECE:
        raise CannotCompose(f"voice: {len(used)} voices were tried in the piece: take one of them, or begin another")
    voice = name.strip() or None
    if (voice, singer) == (context.voice, context.singer):
        return context, [], rest
    told = f"voice: {_called(owner, singer) or voice or 'the one that needs no weights'}"
    made = context.model_copy(
        update={"voice": voice, "singer": singer, "settled": {**context.settled, "voice": contexts.YOU}}
    )
    return made, [told], rest


def _check_still_let(owner: str, context: Context) -> None:
    why = voices_using.why_not(owner, context.singer) if context.singer is not None else None
    if why is not None:
        raise CannotCompose(f"voice: {why}; name another to sing the piece, or an empty one")


def _called(owner: str, singer: UsedVoice | None) -> str:
    voice = voices.find(owner, singer.voice_id) if singer is not None else None
    return f"{voice.name}, version {singer.version}" if voice is not None and singer is not None else ""


def _named(owner: str, text: str) -> tuple[str | None, str]:
    """The voice that is named in a text, by its id, and the text without that; the longest name counts."""
    if not re.search(rf"\b{_VOICE}\b", text, re.IGNORECASE):
        return None, text
    known = _known(owner)
    for voice in sorted(known, key=lambda one: -len(one.name)):
        found = _stretch(voice.name, text)
        if found is not None:
            is_only_one = sum(voices.same_name(one.name, voice.name) for one in known) == 1
            return (
                voice.voice_id if is_only_one else voice.name,
                f"{text[: found[0]].rstrip(' ,;')} {text[found[1] :].lstrip(' ,;')}".strip(),
            )
    return None, text


def _stretch(name: str, text: str) -> tuple[int, int] | None:
    """Where a voice is named in a text: `in my voice Anna`, `with Anna's voice`, `mit der Stimme von Anna`."""
    its = r"\s+".join(map(re.escape, name.split()))
    patterns = (
        rf"{_BEFORE}{_QUOTE}{its}{_QUOTE}(?!\w)",
        rf"(?:\b(?:in|with|by|mit)\s+)?(?<!\w){_QUOTE}{its}{_QUOTE}(?:['’]?s|['’])?\s+{_VOICE}\b",
    )
    for pattern in patterns:
        found = re.search(pattern, text, re.IGNORECASE)
        if found is not None:
            return found.span()
    return None


def _known(owner: str) -> list[Voice]:
    """The newest voices of an owner, whose consent was not taken back."""
    found, _ = voices.listed(owner, limit=_MOST_KNOWN)
    return [one for one in found if one.revoked_at is None]
