"""Why a set is as it is, in sentences: the whole, each song, each transition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ripieno.contracts.sets import Persona, PlannedSong, PlannedTransition, SetPlan, TransitionKind
from ripieno.music.sets import journeys, pairs, pulses
from ripieno.music.sets.briefs import Brief
from ripieno.music.sets.pairs import Candidate, Pair

_WHAT: dict[TransitionKind, str] = {
    "blend": "a blend over {bars} bars, beat on beat, the bass handed over half-way",
    "stems": "{bars} bars of one voice over the other's drums",
    "cut": "a cut from one phrase to the next",
    "echo": "an echo out",
    "loop": "a loop of the last bar, rolled shorter over {bars} bars",
}
_CLOSE = 0.12  # of energy
_ONE_BEAT = 0.12  # the most that any persona stretches


def title(brief: Brief, who: Persona) -> str:
    """What a set is called that nobody gave a title: its journey, else who plays."""
    if len(brief.stations) > 1:
        return f"{who.title}: from {' to '.join(brief.stations)}"
    return f"{who.title}'s set" if not brief.stations else f"{who.title}: {brief.stations[0]}"


def explain(plan: SetPlan, order: Sequence[Candidate], who: Persona, styles: Mapping[str, float]) -> None:
    """Write the sentences into a plan."""
    plan.why = _of_set(plan, who)
    for place, (song, one) in enumerate(zip(plan.songs, order, strict=True)):
        song.why = _of_song(plan, song, one, order[place - 1] if place else None, who, styles)
    for step, (first, second) in zip(plan.transitions, pairwise(order), strict=True):
        step.why = _of_transition(step, pairs.pair(first, second))


def asked(plan: SetPlan, *, song: str | None = None, transition: int | None = None) -> list[str]:
    """The answer to `why?`: of a song by its id, of a transition by its number, else of the whole.

    Raises
    ------
    LookupError
        Where the plan has no such song or transition.
    """
    if song is not None:
        found = next((one for one in plan.songs if one.song == song), None)
        if found is None:
            raise LookupError(f"the song {song} is not in this set")
        around = [one.why for one in plan.transitions if one.to_song == song]
        return [*found.why, *(sentence for why in around for sentence in why)]
    if transition is not None:
        if not 1 <= transition <= len(plan.transitions):
            raise LookupError(f"there is no transition {transition}: the set has {len(plan.transitions)}")
        return plan.transitions[transition - 1].why
    return [*plan.why, *plan.remarks, *(one.why for one in plan.bridges)]


# -- parts --------------------------------------------------------------------------------------------------------


def _of_set(plan: SetPlan, who: Persona) -> list[str]:
    off = sum(abs(one.energy_got - one.energy_asked) for one in plan.got) / max(1, len(plan.got))
    kinds: dict[str, int] = {}
    for one in plan.transitions:
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
    course = ", ".join(f"{point.energy:.2f} at {point.at:.0%}" for point in plan.journey)
    said = [f"{who.title} plays: {who.about}"]
    said.append(f"The energy is to be {course}; what is played is {off:.2f} from that in the mean.")
    if kinds:
        counted = ", ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items(), key=lambda pair: -pair[1]))
        near = sum(near_keys(plan))
        said.append(
            f"Transitions: {counted}. {near} of {len(plan.transitions)} songs follow in the same or a near key."
        )
    return said


def near_keys(plan: SetPlan) -> list[bool]:
    """Of each transition, whether the keys are the same, relatives, or a fifth from each other."""
    return [one.harmony.startswith(("the same", "the relative", "a fifth")) for one in plan.transitions]


def _of_song(
    plan: SetPlan,
    song: PlannedSong,
    one: Candidate,
    before: Candidate | None,
    who: Persona,
    styles: Mapping[str, float],
) -> list[str]:
    share = (song.position - 1) / (len(plan.songs) - 1) if len(plan.songs) > 1 else 0.5
    energy, _ = journeys.at(plan.journey, share)
    said = []
    if song.pinned:
        said.append("You wanted it here.")
    off = song.energy - energy
    near = "as the journey has it here" if abs(off) <= _CLOSE else f"the journey would have {energy:.2f} here"
    said.append(f"Its energy is {song.energy:.2f}, {near}.")
    if abs(off) > _CLOSE and not song.pinned:
        said.append("It is the nearest that goes with the songs around it.")
    if before is not None:
        found = pairs.pair(before, one)
        said.append(f"Coming from {before.song.title}: {found.harmony.words}{_tempo(found)}.")
    liked = [style for style in one.song.styles if who.taste.styles.get(style, 0) > 0]
    wanted = [style for style in one.song.styles if style in styles]
    if wanted:
        said.append(f"You asked for {' and '.join(wanted)}.")
    elif liked:
        said.append(f"{who.title} likes {' and '.join(liked)}.")
    return said


def _of_transition(step: PlannedTransition, found: Pair) -> list[str]:
    what = _WHAT[step.kind].format(bars=step.bars)
    first, second = found.first.song, found.second.song
    said = [f"From {first.title} to {second.title}: {what}."]
    if step.keeps:
        voice, drums = (first, second) if step.keeps == "from" else (second, first)
        said.append(f"The voice of {voice.title} is heard over the drums of {drums.title}.")
    if step.kind in ("blend", "stems"):
        give = max(abs(step.stretch_from - 1), abs(step.stretch_to - 1))
        said.append(f"Their beats are one{_tempo(found)}; neither gives more than {give:.1%}.")
    said += [f"{one[0].upper()}{one[1:]}." for one in step.why]
    return said


def _tempo(found: Pair) -> str:
    if found.tempo is None or not found.first.song.bpm or not found.second.song.bpm:
        return ""
    first, second = found.first.song.bpm, found.second.song.bpm
    if found.tempo.stretch > _ONE_BEAT:
        return f", {second:.0f} after {first:.0f} bpm"
    return f", {pulses.words(found.tempo, first, second)}"
