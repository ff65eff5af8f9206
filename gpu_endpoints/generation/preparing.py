"""What new music has to fit: a song's findings, or no song's; what the user fixed wins over both."""

from __future__ import annotations

from dataclasses import replace

from gpu_endpoints.serving.work import JobFailed
from segno.contracts import names
from segno.contracts.analysis import Analysis
from segno.contracts.generation import GenerateInput, GenerationParameters
from segno.music.chord import parse
from segno.music.conditioning import ChordSpan, Conditioning, free_standing, likely_key
from segno.music.genres import genre
from segno.music.song_conditioning import of_song, within
from segno.services import blobs


def prepare(order: GenerateInput) -> Conditioning:
    """
    Raises
    ------
    JobFailed
        `song_not_analysed`, or `cannot_condition` with what to change.
    """
    given = order.parameters
    try:
        if order.audio_file_id is None:
            return free_standing(
                bpm=given.target_bpm or 0.0,
                chord_progression=given.chord_progression,
                duration_seconds=given.duration_seconds or 0.0,
                beats_per_bar=genre(given.style).beats_per_bar,
            )
        song = within(of_song(_analysis(order.audio_file_id)), section=given.section, bars=given.bars)
        return _shortened(_with_chords(song, given.chord_progression), given)
    except ValueError as fault:
        raise JobFailed("cannot_condition", str(fault)) from fault


def _analysis(song_id: str) -> Analysis:
    try:
        return Analysis.model_validate(blobs.read_json(names.ANALYSES, names.analysis_blob(song_id)))
    except blobs.BlobMissing as fault:
        raise JobFailed(
            "song_not_analysed", f"the song {song_id} has no findings to fit to: analyse it first"
        ) from fault


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
    return replace(song, chords=spans, tonic=tonic, mode=mode)


def _shortened(song: Conditioning, given: GenerationParameters) -> Conditioning:
    if given.duration_seconds is None:
        return song
    end = song.start_seconds + given.duration_seconds
    if end > song.end_seconds + 0.01:
        length = song.end_seconds - song.start_seconds
        raise ValueError(f"that part of the song lasts {length:.1f} s, not {given.duration_seconds:g} s")
    return replace(song, last=song.timeline.beat_at(end))
