"""Parts and places that are spoken of, while others are meant: what is played to, compared to, or set beside."""

from __future__ import annotations

from ripieno.music.language.saying import Heard, State
from ripieno.music.language.terms import Term


def is_a_reference(state: State, heard: Heard, terms: list[Term], at: int) -> bool:
    """Whether a part is only what others are related to; of a relation that nobody knows it is not understood."""
    is_of_others = bool(heard.named or state.subject or state.pending)
    later = any(one.role in ("part", "instrument") for one in terms[at + 1 :])  # `to my guitar a double bass`
    if ((is_of_others or (later and not heard.wants)) and _is_over(terms, at)) or _is_compared_to(terms, at):
        return True
    is_a_way = terms[at].value == "arpeggio" and bool(heard.named)  # `the guitar in arpeggios`
    if is_a_way or _is_done_to(heard, terms, at):
        terms[at].used = False
        return True
    return False


def is_a_compared_place(terms: list[Term], at: int) -> bool:
    """`darker than the one in the intro`."""
    return any(
        one.role == "fill" and one.value == "than" and n and terms[n - 1].role in ("concept", "comparative")
        for n, one in enumerate(terms[:at])
    )


def _is_over(terms: list[Term], at: int) -> bool:
    """Whether a part is only what others play to: `softer under the vocals`."""
    before = next((one for one in reversed(terms[:at]) if one.role not in ("the", "fill")), None)
    return before is not None and before.role == "crop" and before.value == "under"


def _is_compared_to(terms: list[Term], at: int) -> bool:
    """`quieter than the vocals`."""
    before = [one for one in terms[:at] if one.role not in ("the", "a")]
    if len(before) < 2 or before[-1].value != "than":
        return False
    compares = before[-2].role == "unknown" and len(before) > 2 and before[-3].role in ("more", "less")
    return compares or before[-2].role in ("concept", "comparative")


def _is_done_to(heard: Heard, terms: list[Term], at: int) -> bool:
    """`a bass that locks with my kick`: a part that another one does something with that nobody knows."""
    masked = any(one.role == "fill" and one.value == "masks" for one in terms[:at])
    if not heard.named or (any(n > heard.named[-1].at for n, _ in heard.preds) and not masked):
        return False
    if any(one.role == "fill" and one.value == "masks" for one in terms[heard.named[-1].at : at]):
        return True
    between = terms[heard.named[-1].at + 1 : at]
    strange = any(one.role == "unknown" or (one.role == "fill" and one.value == "content") for one in between)
    return strange and not any(one.role in ("want", "remove", "instead of", "for") for one in between)
