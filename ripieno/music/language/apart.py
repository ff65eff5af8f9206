"""Clauses that are no orders of their own: in doubt, of instruments that cannot be had, complaints, and of the rest.

What is not understood here is said to be so (`Understanding.not_understood`), and changes nothing; but those who were
spoken of stay the ones that the next clause may be about.
"""

from __future__ import annotations

from itertools import takewhile

from ripieno.contracts.understanding import MOST_BARS, Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import GLOBAL, NEGATORS, Heard, Said, State
from ripieno.music.language.telling import add, flush, nobody_else

_OF_THE_MUSIC = (Kind.MOOD, Kind.TEMPO, Kind.KEY, Kind.METER, Kind.LANGUAGE)
_AUDIBLE = 0.5  # how much more there is to be of what is not heard


def is_read_apart(state: State, clause: Clause, heard: Heard, begins: int) -> bool:
    """Whether the clause was one of these; then all is said of it that can be."""
    bare = not heard.preds and not heard.removes and not heard.negates_parts
    if heard.doubtful or (state.doubted and bare and heard.named and clause.joined in ("and", "or")):
        state.hangs = not clause.joined and not heard.named and not heard.preds and not heard.places
        _give_up(state, clause, heard)
        return True
    if state.hangs and clause.joined == "comma" and not clause.has(*NEGATORS):  # `no reason, to make it louder`
        state.hangs = False
        _give_up(state, clause, heard)
        return True
    state.doubted = state.hangs = False
    if heard.named:
        state.absent = False
    if bare and heard.places and not heard.named and _is_where_they_come_in(state, clause, heard, begins):
        _come_in(state, heard)
        return True
    is_all = all(one.role in ("only", "fill") for one in clause.terms) and clause.has("only")
    if is_all and clause.joined == "comma" and state.pending and state.about == "request":
        _nowhere_else(state, begins)  # `violín y piano, nada más`
        return True
    if heard.nowhere and heard.named and not heard.preds and state.about == "request" and not heard.places:
        heard.number = state.number
        state.pending.append((heard, clause))
        flush(state)
        nobody_else(state)
        return True
    if heard.nowhere and (clause.has("unknown") or (heard.named and not (heard.places or _has_a_place(state, 0)))):
        _give_up(state, clause, heard)  # `der Chor schafft das sonst nicht`
        return True
    if heard.nowhere:
        _nowhere_else(state, begins)
        return bare and not heard.named
    if heard.inaudible and (heard.is_of_a_piece or (heard.preds and not heard.named)):  # `the words get lost`
        _give_up(state, clause, heard)
        return True
    if heard.inaudible:
        _complain(state, clause, heard)
        return True
    if heard.others and not heard.named and heard.removes:
        flush(state)  # those that wait are not the others
    is_all = state.about == "request" and not heard.places
    there = is_all or _has_a_place(state, begins)
    if heard.others and heard.removes and not (heard.named or heard.places) and _is_alone_there(state, begins):
        return True  # `in the outro only the piano, everything else out`
    if heard.others and (heard.removes or heard.negates_parts) and not heard.named and there:
        _nowhere_else(state, begins)
        return True
    if heard.elsewhere and not bare and state.last_place is not None and not heard.places:
        heard.but_places += state.last_place.data.places
        return False
    if heard.others and not heard.named:
        return _the_rest(state, clause, heard, begins, bare=bare)
    goes_on = state.absent and bool(clause.joined) and not heard.named and not heard.everything and not bare
    goes_on = goes_on and not (heard.preds and all(said.kind in (*GLOBAL, Kind.VOICE) for _, said in heard.preds))
    if (heard.absent and not heard.named) or goes_on:
        _do_without(state, clause, heard, bare=bare)
        return True
    if heard.is_of_a_piece and not (bare or _is_of_the_groove(heard)):
        _do_without(state, clause, heard, bare=False)
        return True
    if heard.only_parts and any(one.term.detail for one in heard.named):  # `the drums only on the snare`
        _give_up(state, clause, heard)
        return True
    if heard.is_of_a_piece and heard.keeps:
        return True  # nothing happens to it
    if heard.is_of_a_piece and state.about != "request" and bare:
        _give_up(state, clause, heard)
        state.subject, state.absent = [], True
        return True
    if _hangs_on_nothing(state, clause, heard, begins):
        _give_up(state, clause, heard)
        return True
    if heard.rests and not _has_subject(state, heard):
        _give_up(state, clause, heard)
        return True
    if heard.keeps and bare and clause.has("unknown") and not heard.named and not heard.places:
        _give_up(state, clause, heard)
        return True
    if heard.remark and bare and heard.named and not heard.keeps and not heard.wants:
        _give_up(state, clause, heard)
        return True
    return False


def _is_where_they_come_in(state: State, clause: Clause, heard: Heard, begins: int) -> bool:
    """`..., back in the chorus`, and after what said nothing (`they come in too late, ...`) `from bar 5 on`."""
    if heard.place_negated or heard.but_places or not (state.subject or state.before.subject):
        return False
    onward = all(place.side == "from" or (place.bars or (0, 0))[1] == MOST_BARS for place in heard.where)
    if clause.terms[-1].role == "want" and state.subject:  # `the verses without strings, the choruses with`
        heard.returns = True
    says_so = heard.enters or clause.has("only") or (state.is_alone and state.about == "request")
    is_theirs = state.before.is_name and says_so
    goes_on = (
        bool(clause.joined) or is_theirs or (heard.of_them and clause.has("only"))
    )  # `they should only start at bar 9`
    if is_theirs and heard.place_only and state.about == "request":
        return True  # `A piano and a bass. In the chorus only.`
    return heard.returns or (onward and goes_on and not state.pending and not state.said[begins:])


def _come_in(state: State, heard: Heard) -> None:
    flush(state)
    parts = list(state.subject or state.before.subject)
    row = takewhile(lambda one: one.kind == Kind.PART and set(one.parts) <= set(parts), reversed(state.said))
    same = [one for one in row if not (one.negated or one.places)]
    if state.about == "request" and {part for one in same for part in one.parts} == set(parts):
        for one in same:  # `a sax and a flute, put them in the solo and nowhere else`
            one.places = list(heard.where)
            one.only = heard.nowhere or heard.place_only or heard.enters or state.is_alone
        return
    said = Said(Kind.PART, heard.first, heard.last, parts=parts, places=heard.where, only=not heard.returns)
    add(state, said, heard)


def _hangs_on_nothing(state: State, clause: Clause, heard: Heard, begins: int) -> bool:
    """`..., not the guitar`, `..., but not in the intro` behind what was not understood."""
    negates = heard.negates_parts or heard.place_negated
    follows = clause.joined in ("but", "comma") and not state.said[begins:] and not state.pending
    if not (negates and follows) or heard.preds or clause.has("no", "remove"):
        return False
    return bool(heard.named) or not (state.subject or state.before.subject)


def _has_subject(state: State, heard: Heard) -> bool:
    return bool(heard.named or heard.everything or state.subject or state.pending or state.before.subject)


def _give_up(state: State, clause: Clause, heard: Heard) -> None:
    """Nothing is read of the clause, nor of those that wait for it."""
    in_a_row = clause.joined in ("and", "or") and bool(heard.named)
    waiting = [term for _, joined in state.pending for term in joined.terms] if in_a_row else []
    named = [one for held, _ in state.pending for one in held.parts] if in_a_row else []
    if in_a_row and state.doubted:
        named = [*state.subject, *named]
    if in_a_row:
        state.pending = []
    flush(state)
    for term in [*waiting, *clause.terms]:
        term.used = False
    before = clause.terms[: heard.named[0].at] if heard.named else []
    is_subject = heard.doubtful or not any(term.role == "unknown" for term in before)
    state.subject = ([*named, *heard.parts] if is_subject else []) or state.subject
    state.doubted = heard.doubtful or state.doubted
    if heard.places:
        state.sticky, state.lead = heard.where, heard.places[0]


def _do_without(state: State, clause: Clause, heard: Heard, *, bare: bool) -> None:
    """Of an instrument that cannot be had nothing can be said but that it is not to be."""
    if not bare:
        if state.about == "request" and heard.absent:  # `a happy ukulele tune`
            for said in (one for _, one in heard.preds if one.kind in _OF_THE_MUSIC):
                add(state, said, Heard())
        for term in clause.terms:
            term.used = term.role == "absent" and term.used
    else:
        for one in heard.named:
            one.term.used = False
    if not bare:
        flush(state)  # those that wait are wanted wherever this is not
    state.row, state.absent = None, True
    if heard.places:
        state.sticky, state.lead = heard.where, heard.places[0]


def _is_of_the_groove(heard: Heard) -> bool:
    """What all the drums do when one of them does it."""
    groove = (Kind.SWING, Kind.ONSETS, Kind.PULSE, Kind.TIMING, Kind.DENSITY, Kind.STYLE)
    kinds = [said.kind for _, said in heard.preds]
    return bool(kinds) and not heard.removes and all(kind in groove or kind in GLOBAL for kind in kinds)


def _has_a_place(state: State, begins: int) -> bool:
    """Whether parts are wanted somewhere, or wait to be."""
    waits = any(held.places for held, _ in state.pending)
    return waits or any(one.places and one.kind == Kind.PART and not one.negated for one in state.said[begins:])


def _is_alone_there(state: State, begins: int) -> bool:
    """Whether everybody else is left out at a place already."""
    return any(
        one.kind == Kind.PART and one.negated and not one.parts and one.places and one.but_parts
        for one in state.said[begins:]
    )


def _nowhere_else(state: State, begins: int) -> None:
    """`nothing anywhere else`: what was said before holds there only."""
    flush(state)
    said = [one for one in (state.said[begins:] or state.said) if one.places and not one.negated]
    for one in said:
        one.only = True
    if not said:
        nobody_else(state)


def _complain(state: State, clause: Clause, heard: Heard) -> None:
    """`I can't hear the violin`: there is to be more of it."""
    flush(state)
    at = next(n for n, one in enumerate(clause.terms) if one.role == "inaudible")
    named = [one for one in heard.named if one.at < at] or heard.named  # not `by the guitar`
    own = list(dict.fromkeys(one.part for one in named if not one.term.detail))  # not of the kick that hides it
    parts = own or state.subject or state.before.subject
    if parts:
        said = Said(Kind.PRESENCE, heard.first, heard.last, parts=list(parts), amount=_AUDIBLE, complains=True)
        add(state, said, heard)
        state.subject = list(parts)
        if heard.places:
            state.sticky, state.lead = heard.where, heard.places[0]


def _the_rest(state: State, clause: Clause, heard: Heard, begins: int, *, bare: bool) -> bool:
    """`everything else softer` is about all but those named before; `leave the rest as it is` keeps those."""
    if bare and heard.enters and heard.places:  # `the rest comes in at the chorus`
        _give_up(state, clause, heard)
        return True
    if heard.keeps and not heard.places and not heard.removes and not heard.negates_parts:
        _keep_the_rest(state, heard, begins)
        return True
    known = state.subject or state.before.subject or [part for one in state.said for part in one.parts]
    if bare and not heard.places:
        state.subject, state.but_subject = [], list(dict.fromkeys(known))  # `the rest, with a darker sound`
        return True
    if bare:
        return False
    heard.everything = True
    heard.excepted += [part for part in dict.fromkeys(known) if part not in heard.excepted]
    if not known and not heard.places and state.last_place is not None:
        heard.but_places += state.last_place.data.places
    return False


def _keep_the_rest(state: State, heard: Heard, begins: int) -> None:
    """All but who, or where, something was said of: in the sentence, or in the one before."""
    flush(state)
    said = [one for one in (state.said[begins:] or state.said[-1:]) if one.kind != Kind.KEEP]
    parts = [part for one in said for part in one.parts]
    places = [place for one in said if not one.parts for place in one.places]
    if not said or (not parts and not places):
        return  # of a tempo there is no rest
    if (heard.throughout or heard.elsewhere) and parts and said[-1].places:  # `otherwise leave them alone everywhere`
        kept = Said(Kind.KEEP, heard.first, heard.last, clause=state.number)
        kept.parts, kept.but_places = list(dict.fromkeys(parts)), list(said[-1].places)
        state.said.append(kept)
        return
    kept = Said(Kind.KEEP, heard.first, heard.last, clause=state.number)
    kept.but_parts = list(dict.fromkeys(parts))
    kept.but_places = [] if parts else places
    state.said.append(kept)
