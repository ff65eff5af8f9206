"""What the persona of a set says over the music, by rule or by a language model where there is one: soon after a song
has come in, in a gap of the voice where there is one near and it is known where somebody sings.

It says hello, names some of the songs, the one at the peak, and goodbye; in the language of the brief where it has
words in that. The words are spoken by a job (`speak`), the mix gives way to them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.dj_sets import SetVersion, SpokenLine
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.sets import Announcement, Persona, PlannedSong, SetOrder, SetPlan, SetSong, Span
from ripieno.contracts.speech import MOST_SPOKEN, Saying, SpeakInput, SpeakResult
from ripieno.contracts.understanding import Language
from ripieno.contracts.workflow import RevisionOrder
from ripieno.contracts.works import Work
from ripieno.music.language.tokens import tokens
from ripieno.music.language.understand import recognised
from ripieno.music.sets import briefs, personas
from ripieno.records import works
from ripieno.services import announcing
from ripieno.services.announcing import Announced, Cue
from ripieno.work.sets import versions

MOST_LINES = 24
_HELLO_SECONDS, _AFTER_BEGINNING, _BYE_SECONDS = 2.0, 3.0, 12.0
_EVERY = 3  # songs between two that are named
_ROOM_SECONDS, _FARTHEST_SECONDS = 5.0, 24.0  # what a line takes, about; how long a gap is waited for


def lines_of(order: SetOrder, made: SetPlan, known: Sequence[SetSong] = ()) -> list[SpokenLine]:
    """What is said when; nothing where nobody is to speak. `known` says where somebody sings."""
    announced = order.announced if order.announced is not None else briefs.read(order.brief).announced
    if not announced or not made.songs:
        return []
    persona = personas.persona(made.persona)
    language = language_of(order, persona)
    chance = random.Random(made.seed)
    found = [_line(persona, "hello", language, made.songs[0], made, _HELLO_SECONDS, chance)]
    peak = max(made.songs, key=lambda one: one.energy)
    vocals = {one.song: one.vocals or [] for one in known}
    for song in made.songs[1:]:
        occasion = "peak" if song is peak else "next" if (song.position - 1) % _EVERY == 0 else None
        if occasion is not None:
            at = _gap(_beginning(song, made), song, vocals.get(song.song, []))
            found.append(_line(persona, occasion, language, song, made, at, chance))
    if made.duration_seconds > 3 * _BYE_SECONDS:
        at = made.duration_seconds - _BYE_SECONDS
        found.append(_line(persona, "bye", language, made.songs[-1], made, at, chance))
    said = [one for one in found if one is not None]
    return said[: MOST_LINES - 1] + said[-1:] if len(said) > MOST_LINES else said


def written(order: SetOrder, made: SetPlan, lines: Sequence[SpokenLine]) -> tuple[list[SpokenLine], Announced]:
    """The same lines in the words of a language model, where one is configured."""
    persona = personas.persona(made.persona)
    cues = []
    for number, one in enumerate(lines):
        song = max((song for song in made.songs if song.start_seconds <= one.at_seconds), key=lambda s: s.start_seconds)
        is_edge = (
            "hello" if number == 0 else "bye" if one.at_seconds > made.duration_seconds - 2 * _BYE_SECONDS else None
        )
        cues.append(Cue(is_edge or "next", song.title, song.artist, one.text))
    said = announcing.announced(persona, made.title, language_of(order, persona), cues)
    return [one.model_copy(update={"text": text}) for one, text in zip(lines, said.texts, strict=True)], said


def language_of(order: SetOrder, persona: Persona) -> Language:
    """That of the brief, where the persona has words in it; else its first."""
    heard = recognised(order.brief) if tokens(order.brief) else "en"
    known = [one for one in persona.words if one in ("en", "de", "es", "fr")] or ["en"]
    return heard if heard in known else known[0]  # pyright: ignore[reportReturnType]


def is_wanted(order: RevisionOrder) -> bool:
    """Whether something has still to be spoken for a version."""
    _, version = versions.opened(order)
    return version is not None and any(one.blob_name is None for one in version.lines)


def job_body(owner: str, work_id: str, number: int) -> dict[str, Any]:
    """The input of the job that speaks the lines of a version."""
    version = versions.dj_set(works.get_set(owner, work_id)).version(number)
    sayings = [saying(work_id, one.text, one.language) for one in version.lines]
    return SpeakInput(sayings=sayings, voice=voice_of(version.persona)).model_dump(mode="json")


def saying(work_id: str, text: str, language: Language) -> Saying:
    """A text to be spoken for a set; the same text is the same file."""
    output = names.spoken_output(work_id, hashlib.sha256(f"{language}\n{text}".encode()).hexdigest())
    return Saying(text=text, language=language, output=output)


def voice_of(persona: str | None) -> str:
    """The variant of the voice that a persona speaks with: always the same, and not all alike."""
    known = ("f3", "m3", "f4", "m7", "f2", "m1")
    place = sorted(personas.all_personas()).index(personas.persona(persona).name)
    return known[place % len(known)]


def save(order: RevisionOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Keep what was spoken; where nothing could be, the mix goes without, and says so."""
    told = SpeakResult.model_validate(result) if result is not None else None

    def saved(_: Work, version: SetVersion) -> None:
        if told is None:
            version.lines = []
            version.remarks = [*version.remarks, f"nobody speaks: {error['message'] if error else 'unknown'}"[:300]]
            return
        version.speaker = told.engine
        for line, file in zip(version.lines, told.files, strict=False):
            line.blob_name = file.blob_name

    versions.change(order, saved)


def announcements(version: SetVersion) -> list[Announcement]:
    return [
        Announcement(audio=AudioBlob(blob_name=one.blob_name), at_seconds=one.at_seconds, text=one.text)
        for one in version.lines
        if one.blob_name is not None
    ]


# -- parts --------------------------------------------------------------------------------------------------------


def _line(
    persona: Persona,
    occasion: str,
    language: Language,
    song: PlannedSong,
    made: SetPlan,
    at: float,
    chance: random.Random,
) -> SpokenLine | None:
    known = persona.words.get(language, {}).get(occasion, [])
    fitting = [one for one in known if song.artist or "{artist}" not in one]
    if not fitting:
        return None
    text = chance.choice(fitting).format(title=song.title, artist=song.artist, set=made.title, persona=persona.title)
    return SpokenLine(text=text[:MOST_SPOKEN], language=language, at_seconds=round(max(0.0, at), 3))


def _beginning(song: PlannedSong, made: SetPlan) -> float:
    """Where a song is alone: after the transition into it."""
    into = next((one for one in made.transitions if one.to_song == song.song), None)
    return (into.end_seconds if into is not None else song.start_seconds) + _AFTER_BEGINNING


def _gap(at: float, song: PlannedSong, vocals: Sequence[Span]) -> float:
    """The first time from `at` on at which nobody sings for as long as a line takes, by the song's own tempo; `at`
    where none is near."""
    sung = [(one.start_seconds, one.end_seconds) for one in vocals]
    for later in range(int(_FARTHEST_SECONDS) + 1):
        begin = at + later - song.start_seconds + song.in_seconds
        if begin + _ROOM_SECONDS > song.out_seconds:
            break
        if not any(start < begin + _ROOM_SECONDS and begin < end for start, end in sung):
            return at + later
    return at
