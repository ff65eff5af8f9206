"""What new music has to fit, as a document: from a song's findings, or from nothing; what the user fixed wins."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pydantic import TypeAdapter

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis
from ripieno.contracts.generation import FreeStanding, GenerationParameters, Meter
from ripieno.music.chord import parse
from ripieno.music.conditioning import ChordSpan, Conditioning, free_standing, likely_key
from ripieno.music.genres.blending import PHRASE_BARS, blend
from ripieno.music.song_conditioning import of_song, within
from ripieno.services import blobs

_DOCUMENT = TypeAdapter(Conditioning)
_SAME_TEMPO = 0.03
_ABOUT_SECONDS = 32.0
_METERS: dict[int, Meter] = {2: "2/4", 3: "3/4", 4: "4/4", 5: "5/4"}
_OTHER_COUNTS = (0.5, 1.0, 2.0)  # a song may be felt at half or twice the tempo that was found


class CannotCondition(ValueError):
    """Nothing can be fitted as it was asked for; the message says what to change."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


def prepare(audio_file_id: str | None, given: GenerationParameters, style: str) -> Conditioning:
    """What fits a song that is known by its id alone: the newest findings of it that lie in storage.

    A song that nobody knows is none: with a tempo, a length and chords the music is free-standing.

    Raises
    ------
    CannotCondition
        `song_not_analysed`, or `cannot_condition`.
    """
    found = _newest_analysis(audio_file_id) if audio_file_id is not None else None
    is_enough = given.target_bpm and given.duration_seconds and given.chord_progression
    return fitted_to(found, audio_file_id if found or not is_enough else None, given, style)


def fitted_to(
    found: Analysis | None, audio_file_id: str | None, given: GenerationParameters, style: str
) -> Conditioning:
    """What fits a song's findings, or what fits nothing where there is no song.

    Raises
    ------
    CannotCondition
        `song_not_analysed`, or `cannot_condition`.
    ValueError
        For a style that is none.
    """
    styles = blend(style).weights
    try:
        if audio_file_id is None:
            settled = settle(given, style)
            beats, compound = _meter(settled.time_signature)
            alone = free_standing(
                bpm=settled.target_bpm,
                chord_progression=settled.chord_progression,
                duration_seconds=settled.duration_seconds,
                beats_per_bar=beats,
                compound=compound,
            )
            return replace(alone, styles=styles)
        if found is None:
            raise CannotCondition(
                "song_not_analysed", f"the song {audio_file_id} has no findings to fit to: analyse it first"
            )
        known = of_song(found, given.tempo)
        _check_tempo(known, given.target_bpm)
        song = replace(within(known, section=given.section, bars=given.bars), styles=styles)
        return _shortened(_with_chords(song, given.chord_progression), given.duration_seconds)
    except ValueError as fault:
        if isinstance(fault, CannotCondition):
            raise
        raise CannotCondition("cannot_condition", str(fault)) from fault


def settle(given: GenerationParameters, style: str) -> FreeStanding:
    """What music for no song is played to: what is given, else the style's own tempo, meter and chords, for about half
    a minute of whole phrases.

    Raises
    ------
    ValueError
        For a style that is none.
    """
    leading = blend(style).leading
    bpm = given.target_bpm or round(sum(leading.tempo) / 2)
    meter = given.time_signature or _METERS[leading.beats_per_bar]
    phrase = PHRASE_BARS * _meter(meter)[0] * 60.0 / bpm
    return FreeStanding(
        target_bpm=bpm,
        time_signature=meter,
        duration_seconds=given.duration_seconds or phrase * max(1, round(_ABOUT_SECONDS / phrase)),
        chord_progression=given.chord_progression or list(leading.chords),
    )


def save(request_id: str, conditioning: Conditioning, *, revision: int | None = None) -> str:
    """Keep it beside the request's stems, of a composition that of one revision; returns the blob's name."""
    blob_name = names.conditioning_blob(request_id, revision)
    blobs.upload(names.GENERATED, blob_name, _DOCUMENT.dump_json(conditioning))
    return blob_name


def hash_of(conditioning: Conditioning) -> str:
    """Of the document that `save` writes (SHA-256)."""
    return hashlib.sha256(_DOCUMENT.dump_json(conditioning)).hexdigest()


def load(blob_name: str) -> Conditioning:
    """Raises `CannotCondition` when it is gone."""
    try:
        return _DOCUMENT.validate_json(blobs.read(names.GENERATED, blob_name))
    except blobs.BlobMissing as fault:
        raise CannotCondition("conditioning_missing", f"the request was deleted ({fault})") from fault


def _newest_analysis(song_id: str) -> Analysis | None:
    """The findings of a song's present life, or of the last one."""
    of_direct_calls = names.analysis_blob(song_id)
    found = blobs.list_names(names.ANALYSES, song_id)
    lives = [name for name in found if name == of_direct_calls or name.startswith(f"{song_id}/")]
    if not lives:
        return None
    newest = max(lives, key=lambda name: blobs.properties(names.ANALYSES, name).last_modified)
    return Analysis.model_validate_json(blobs.read(names.ANALYSES, newest))


def _meter(time_signature: Meter) -> tuple[int, bool]:
    """Beats a bar, and whether they divide in three."""
    top, bottom = (int(figure) for figure in time_signature.split("/"))
    return (top // 3, True) if bottom == 8 else (top, False)


def _check_tempo(song: Conditioning, bpm: float | None) -> None:
    own = song.timeline.bpm
    if bpm is not None and all(abs(bpm / (own * count) - 1) > _SAME_TEMPO for count in _OTHER_COUNTS):
        raise CannotCondition(
            "cannot_condition",
            f"the song is at {own:.1f} bpm, so nothing at {bpm:g} bpm fits it: leave target_bpm or the song out",
        )


def _with_chords(song: Conditioning, progression: list[str]) -> Conditioning:
    """The user's chords instead of the song's, one for each bar of the range, again and again."""
    if not progression:
        return song
    chords = [parse(name) for name in progression]
    if not any(chords):
        raise ValueError("chord_progression holds no chord: give some, such as C, Am, F, G7")
    spans = tuple(
        ChordSpan(float(bar.first), float(bar.first + bar.beats), chords[number % len(chords)])
        for number, bar in enumerate(song.bars())
    )
    tonic, mode = likely_key([chord for chord in chords if chord])
    return replace(song, chords=spans, tonic=tonic, mode=mode, keys=())


def _shortened(song: Conditioning, duration: float | None) -> Conditioning:
    """The first so many seconds of it."""
    if duration is None:
        return song
    end = song.start_seconds + duration
    if end > song.end_seconds + 0.01:
        length = song.end_seconds - song.start_seconds
        raise ValueError(f"that part of the song lasts {length:.1f} s, not {duration:g} s")
    last = min(song.last, max(song.first, song.timeline.beat_at(end)))
    return replace(song, last=last, span=(song.span[0], end) if song.span else None)
