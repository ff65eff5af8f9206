"""What is left of all that was said: of the same said twice one, of what contradicts itself what is sure.

A part that is wanted by one word and left out by another is not believed (`percussion, but no drums`); an instrument
that is not wanted, but another of its stem, is no part left out (`no organ, a pad`).
"""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.understanding import About, Kind
from ripieno.music.language.saying import Said

_GENERAL = frozenset((Kind.VARIATION, Kind.EFFECT))
_EITHER = frozenset((Kind.ONSETS, Kind.ARTICULATION, Kind.PULSE, Kind.VOICE, Kind.NOTES))
_LOUD = frozenset((Kind.DYNAMICS, Kind.LOUDNESS, Kind.PRESENCE))


def settled(said: list[Said], about: About) -> tuple[list[Said], list[Said]]:
    """Those that count, and those that nobody can believe.

    A part that is wanted somewhere is wanted nowhere else (`strings for the bridge`). But where there is music already,
    one that is wanted here and left out there stays as it is elsewhere, and so does one that a comment is about.
    """
    for one in said:
        if one.kind == Kind.PART and one.negated and one.parts and one.but_places and not one.places:
            one.negated, one.only = False, True  # `no drums except in the chorus`
            one.places, one.but_places = one.but_places, []
    said = [*said, *(_out_there(one) for one in said if _is_but_somewhere(one))]
    said = _once_there(said) if about == "request" else said
    for one in said if about != "request" else ():
        if one.only_implied and (about == "comment" or any(_is_out_elsewhere(other, one) for other in said)):
            one.only = False
    for one in said:
        if any(_is_taken_back(one, other) for other in said):
            one.kind = Kind.ENERGY  # `punchier, but not louder`
    out = [one for one in said if one.kind == Kind.PART and one.negated and one.parts]
    wanted = [one for one in said if one.kind == Kind.PART and not one.negated and one.parts]
    ways = [one for one in said if one.amount is not None and one.unit is None and not one.negated]
    doubted = [one for one in wanted if any(_undoes(other, one) for other in out)]
    doubted += [one for one in out if any(_is_the_same(one, other) for other in wanted)]
    doubted += [one for one in ways if any(_contradicts(one, other) for other in ways)]
    lost = {id(one) for one in doubted}
    lost |= {id(one) for one in out if any(_is_instead(one, other) or _is_only_there(one, other) for other in wanted)}
    kept = [one for one in said if id(one) not in lost]
    return [one for n, one in enumerate(kept) if not _is_said(one, kept[:n], kept[n + 1 :])], doubted


def _once_there(said: list[Said]) -> list[Said]:
    """`a cello. It is not to play before verse 2`: it is there from then on."""
    late: list[Said] = []
    for one in said:
        wanted = [other for other in said if (other.kind, other.parts) == (Kind.PART, one.parts) and not other.negated]
        before = one.kind == Kind.PART and one.negated and bool(one.places)
        if not before or len(wanted) != 1 or wanted[0].places or any(place.side != "before" for place in one.places):
            continue
        wanted[0].places = [place.model_copy(update={"side": "from"}) for place in one.places]
        wanted[0].only = True
        late.append(one)
    return [one for one in said if not any(one is other for other in late)]


def _is_but_somewhere(one: Said) -> bool:
    return one.kind == Kind.PART and not one.negated and bool(one.parts) and bool(one.but_places)


def _out_there(one: Said) -> Said:
    """`piano everywhere but in the bridge`: that it is left out there is a statement of its own."""
    out = replace(one, negated=True, places=one.but_places, but_places=[], only=False)
    one.but_places = []
    return out


def _is_taken_back(one: Said, other: Said) -> bool:
    """Whether it is said that just this is not to be: then something else of it was meant."""
    same = (one.kind, one.parts, one.places) == (other.kind, other.parts, other.places)
    same_way = (one.amount or 0) * (other.amount or 0) > 0
    return same and same_way and one.kind == Kind.DYNAMICS and other.negated and not one.negated


def _undoes(out: Said, wanted: Said) -> bool:
    """Whether a part that is wanted is left out by other words, at the same place and whatever it plays."""
    if wanted.first > out.first:  # `no keyboard, but a real piano`
        return False
    same = bool(out.parts) and set(wanted.parts) <= set(out.parts) and out.places == wanted.places
    if out.value and out.value == wanted.value:
        return False
    return same and (out.first, out.last) != (wanted.first, wanted.last) and not (out.value or wanted.value)


def _is_the_same(out: Said, wanted: Said) -> bool:
    """`strings, but no violins`: to us both are one."""
    return bool(out.value) and (out.value, out.parts, out.places) == (wanted.value, wanted.parts, wanted.places)


def _contradicts(one: Said, other: Said) -> bool:
    """`slower? no, faster`: both ways at once."""
    if one.kind != other.kind or (one.amount or 0) * (other.amount or 0) >= 0:
        return False
    return (one.parts, one.places, one.value) == (other.parts, other.places, other.value)


def _is_out_elsewhere(out: Said, wanted: Said) -> bool:
    return out.kind == Kind.PART and out.negated and bool(out.places) and out.parts == wanted.parts


def _is_instead(out: Said, wanted: Said) -> bool:
    """Whether one instrument of a stem is not wanted because another one is: the one that is named last."""
    return (
        bool(out.parts)
        and out.parts == wanted.parts
        and ((bool(wanted.value) and out.value not in (None, wanted.value)) or wanted.first > out.last)
        and (out.places == wanted.places)
    )


def _is_only_there(out: Said, wanted: Said) -> bool:
    """`no drums; drums only in the chorus`: that they are not elsewhere is said by `only`."""
    everywhere = out.kind == Kind.PART and out.negated and not out.places and bool(out.parts)
    return everywhere and wanted.kind == Kind.PART and wanted.only and not wanted.negated and out.parts == wanted.parts


def _is_said(one: Said, before: list[Said], after: list[Said]) -> bool:
    """Whether others say it already: in the same words, by a number, or better."""
    if (
        one.kind == Kind.KEEP
        and not one.places
        and not one.value
        and any(_is_kept_already(one, other) for other in before)
    ):
        return True  # `hands off the sax in the solo, it's perfect`
    if one.complains and any(_is_alike(one, other) for other in (*before, *after)):
        return True
    if one.kind == Kind.PART and one.negated and not one.value and any(_is_out_already(one, other) for other in before):
        return True
    again = one.kind == Kind.VOICE and not one.places  # `breathy in the bridge, like a whisper`
    if again and any((one.kind, one.value, one.negated) == (o.kind, o.value, o.negated) for o in before):
        return True
    said_by_a_word = one.amount is None and one.kind not in (Kind.PART, Kind.THEME)
    if said_by_a_word and any(_same(one, other) and one.negated == other.negated for other in before):
        return True
    vague = one.unit is None and one.amount is not None
    if vague and any(other.unit is not None and _is_alike(one, other) for other in (*before, *after)):
        return True
    if (vague or one.kind == Kind.DENSITY) and any(_is_the_reason(one, other) for other in (*before, *after)):
        return True
    if one.negated and one.kind in _EITHER and any(_is_said_instead(one, other) for other in (*before, *after)):
        return True
    if one.unit is None and any(_says_it_better(one, other) for other in (*before, *after)):
        return True
    return vague and any(_is_alike(one, other) and not other.complains for other in before)


def _is_out_already(one: Said, other: Said) -> bool:
    same = (one.parts, one.but_parts, one.places) == (other.parts, other.but_parts, other.places)
    return other.kind == Kind.PART and other.negated and same and bool(one.parts)


def _is_said_instead(one: Said, other: Said) -> bool:
    """`not on the beats, but on the offbeats`, `not a woman, a man`."""
    same = (one.kind, one.parts) == (other.kind, other.parts) and one.value != other.value
    return same and not other.negated and bool(other.value) and one.places in ([], other.places)


def _is_kept_already(one: Said, other: Said) -> bool:
    return other.kind == Kind.KEEP and other.parts == one.parts and other.but_parts == one.but_parts


def _is_the_reason(one: Said, other: Said) -> bool:
    """`a tone up, it is too low for me`, `it gets boring, vary the drums`, `it is empty, more notes in the synth`."""
    same_way = (one.amount or 0) * (other.amount or 0) > 0
    if one.kind == other.kind and one.kind in _GENERAL and one.too and not one.parts:
        return bool(other.parts or other.but_parts) and same_way
    if one.kind == Kind.DENSITY and one.too and not one.parts and one.places in ([], other.places):
        return other.kind in (Kind.DENSITY, Kind.PRESENCE) and bool(other.parts) and same_way
    explained = other.explains and other.kind in (Kind.NOTES, Kind.ONSETS)
    if one.kind == Kind.DENSITY and (one.amount or 0) < 0 and explained:
        return (
            other.clause - one.clause == 1 and one.parts == other.parts and not other.negated
        )  # `simplify the bass: only the roots`
    if one.kind == Kind.DYNAMICS and one.too and one.inherits and not one.compares:  # `..., my ears hurt`
        if other.kind in (Kind.INSTRUMENT, Kind.PART) and one.clause > other.clause:
            return one.parts == other.parts
        return (
            other.too
            and one.joined != "and"  # `too busy, and a bit loud`
            and one.parts == other.parts
            and other.kind in (Kind.REGISTER, Kind.BRIGHTNESS, Kind.EFFECT, Kind.DENSITY)
        )
    if one.kind == Kind.ENERGY and one.too and not one.parts and other.kind in (Kind.SWING, Kind.TEMPO):
        return True  # `it does not swing, one falls asleep`
    if one.kind == Kind.ENERGY and one.too and one.inherits and other.kind == Kind.VARIATION:  # `..., dull!`
        return one.parts == other.parts and same_way
    if one.kind == Kind.TIMING and one.too and not one.parts:  # `faster, it drags`, `lose the bridge, it drags`
        against = (one.amount or 0) * (other.amount or 0) < 0
        return (other.kind == Kind.TEMPO and (against or other.absolute)) or (
            other.kind == Kind.SECTION and other.negated
        )
    return one.kind == Kind.REGISTER and one.too and other.kind == Kind.KEY and other.unit == "semitone" and same_way


def _says_it_better(one: Said, other: Said) -> bool:
    """`not faster, slower`, `slower, 92 bpm`."""
    if (one.kind, one.value, one.parts) != (other.kind, other.value, other.parts) or other.negated or one is other:
        return False
    if one.amount is None or other.amount is None or one.places not in ([], other.places):
        return False
    if other.absolute and other.unit in ("bpm", "bar", "second"):
        return True
    return one.negated and one.amount * other.amount < 0


def _same(one: Said, other: Said) -> bool:
    return (one.kind, one.value, one.places, one.parts) == (other.kind, other.value, other.places, other.parts)


def _is_alike(one: Said, other: Said) -> bool:
    """The same kind of change of the same parts the same way, where the other one is."""
    kinds = one.kind == other.kind or {one.kind, other.kind} <= _LOUD
    way = (one.amount or 0) * (other.amount or 0) > 0 and one.negated == other.negated and not other.absolute
    kinds = kinds and (one.kind != other.kind or one.value == other.value)
    same = (one.parts, one.but_parts) == (other.parts, other.but_parts)
    return kinds and way and same and one.places in ([], other.places)
