"""What is said back: what was done, why something is as it is, what was not understood; in the language it was said
in, of what the plan says in figures."""

from __future__ import annotations

from collections.abc import Sequence

from ripieno.contracts.sets import PlannedSong, PlannedTransition, SetEdit, SetPlan, TransitionPlace
from ripieno.contracts.understanding import Language
from ripieno.music.talking.hearing import Heard, Question, Shift
from ripieno.music.talking.words import words

_MOST_NAMED = 4
_MOST = 900  # characters of an answer


def done(edits: Sequence[SetEdit], shifts: Sequence[Shift], titles: dict[str, str], language: Language) -> list[str]:
    """A sentence for each change; `titles` are those of all songs that may be named."""
    return [*(_edit(one, titles, language) for one in edits), *(_shift(one, language) for one in shifts)]


def missed(heard: Heard) -> list[str]:
    """What could not be understood, as a question or a hint."""
    said = words(heard.language).answers
    found = [
        said["which"].format(songs=", ".join(one.title for one in unclear.songs[:_MOST_NAMED]))
        for unclear in heard.unclear
    ]
    return found or ([said["nothing"]] if heard.is_empty else [])


def why(question: Question, plan: SetPlan, language: Language) -> list[str]:
    """Why a song is where it is, a transition as it is, or the set as it is."""
    if question.transition is not None:
        one = transition_at(plan, question.transition)
        if one is not None:
            return [of_transition(one, plan, language)]
    if question.song is not None:
        song = next((one for one in plan.songs if one.song == question.song), None)
        if song is not None:
            return of_song(song, plan, language)
    return [words(language).answers["why_set"], planned(plan, language)]


def planned(plan: SetPlan, language: Language) -> str:
    """How many songs there are, and how long they take."""
    which = "planned_one" if len(plan.songs) == 1 else "planned"
    minutes = max(1, round(plan.duration_seconds / 60))
    return words(language).answers[which].format(count=len(plan.songs), minutes=minutes)


def of_song(song: PlannedSong, plan: SetPlan, language: Language) -> list[str]:
    said = words(language).answers
    got = next((one for one in plan.got if one.at_seconds >= song.start_seconds - 1e-6), None)
    asked = got.energy_asked if got else song.energy
    figures = {"song": song.title, "energy": _of_ten(asked), "got": _of_ten(song.energy)}
    if song.position == 1:
        found = [said["why_first"].format(**figures)]
    else:
        before = plan.songs[song.position - 2]
        found = [
            said["why_song"].format(
                **figures,
                before=before.title,
                key=song.camelot or "?",
                key_before=before.camelot or "?",
                bpm=_tempo(song.bpm),
                bpm_before=_tempo(before.bpm),
            )
        ]
    return [*found, *([said["why_pinned"]] if song.pinned else [])]


def of_transition(one: PlannedTransition, plan: SetPlan, language: Language) -> str:
    said = words(language).answers
    named = {song.song: song.title for song in plan.songs}
    figures = {"song": named.get(one.from_song, "?"), "other": named.get(one.to_song, "?")}
    if one.bars == 0:
        return said["why_cut"].format(**figures)
    return said["why_transition"].format(
        **figures,
        kind=said[f"kind_name_{one.kind}"],
        bars=one.bars,
        bpm_before=_tempo(one.bpm_from),
        bpm=_tempo(one.bpm_to),
    )


def transition_at(plan: SetPlan, place: TransitionPlace) -> PlannedTransition | None:
    """The transition of a plan at a place, the one out of the song where that names no other."""
    return next(
        (one for one in plan.transitions if one.from_song == place.from_song and place.to_song in (None, one.to_song)),
        None,
    )


def whole(sentences: Sequence[str]) -> str:
    """One answer of several sentences, as long as can be spoken."""
    text = " ".join(dict.fromkeys(one for one in sentences if one))
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


# -- parts --------------------------------------------------------------------------------------------------------


def _edit(edit: SetEdit, titles: dict[str, str], language: Language) -> str:
    said = words(language).answers
    kind = said[f"kind_name_{edit.kind}"] if edit.kind else ""
    if edit.song is not None:
        which = edit.do if edit.do != "swap" else "replace" if edit.other else "something"
        return said[which].format(
            song=titles.get(edit.song, "?"), other=titles.get(edit.other or "", "?"), to=edit.to or "?"
        )
    if edit.transition is not None:
        figures = {
            "song": titles.get(edit.transition.from_song, "?"), "other": titles.get(edit.transition.to_song or "", "?"),
            "bars": abs(edit.by_bars or 0), "kind": kind,
        }  # fmt: skip
        which = f"transition_{edit.do}"
        if edit.do == "move" and (edit.by_bars or 0) < 0:
            which = "transition_earlier"
        if edit.do == "swap" and edit.kind:
            which = "transition_kind"
        return said[which].format(**figures)
    return said[f"kind_{edit.do}"].format(kind=kind)


def _shift(shift: Shift, language: Language) -> str:
    return words(language).answers["calmer" if shift.energy < 0 else "wilder"]


def _of_ten(energy: float) -> int:
    return round(10 * energy)


def _tempo(bpm: float | None) -> str:
    return "?" if bpm is None else f"{bpm:.0f}"
