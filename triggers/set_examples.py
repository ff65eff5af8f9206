"""What a message of a DJ set looks like: two songs of an evening, and what is said to it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from ripieno.contracts import dj_sets, sets
from ripieno.contracts.composition import FieldChange
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.provenance import Provenance

HOST = "https://ripieno.example"
FIRST, SECOND = "0980b1dc-e520-5f6d-89a8-aded71947c0c", "5d0c7be2-1f6d-5a4f-a905-65770cbc11b7"
SET = "82173489165124f0c9d2ab617e"
TALK = "82173489165129b1e07c44d2fa"
ASKED, MADE = "2026-11-26T20:20:00.410000+00:00", "2026-11-26T20:21:04.980000+00:00"
SHA = "9f2c1b7a4de05c1f6a0b3e8d7c4f2a19e6b5d4c3f2a1908f7e6d5c4b3a291807"
DJ = Provenance(engine="dj", version="1.0", license="MIT; pedalboard GPL-3")
FORMANT = Provenance(
    engine="formant", version="espeak-ng 0.2.4", license="GPL-3 (espeak-ng)", fallback=True,
    reason="a formant synthesiser: no neural voice is here",
)  # fmt: skip

_ORDER = sets.SetOrder(brief="an hour from my library, from dusk to peak to home", persona="vesper")
_FIRST = sets.PlannedSong(
    position=1, song=FIRST, title="Coda in Daylight", in_seconds=0.0, out_seconds=150.2, start_seconds=0.0,
    end_seconds=150.2, own_bpm=112.0, bpm=112.0, camelot="10B", energy=0.45, valence=0.2, gain_db=-1.4,
    why=["Its energy is 0.45, as the journey has it here."],
)  # fmt: skip
_SECOND = sets.PlannedSong(
    position=2, song=SECOND, title="Night Drive", in_seconds=8.1, out_seconds=190.0, start_seconds=116.0,
    end_seconds=297.9, own_bpm=114.0, bpm=114.0, camelot="11B", energy=0.6, valence=0.1, gain_db=0.6,
    why=["After Coda in Daylight it is a fifth from it, 112 to 114 bpm."],
)  # fmt: skip
_STEP = sets.PlannedTransition(
    number=1, from_song=FIRST, to_song=SECOND, kind="blend", bars=16, start_seconds=116.0, end_seconds=150.2,
    from_seconds=116.0, to_seconds=8.1, bpm_from=112.0, bpm_to=114.0, stretch_from=1.018, stretch_to=0.982,
    harmony="a fifth", why=["From Coda in Daylight to Night Drive: a blend over 16 bars."],
)  # fmt: skip
_PLAN = sets.SetPlan(
    title="Vesper: from dusk to peak to home", persona="vesper", duration_seconds=297.9, songs=[_FIRST, _SECOND],
    transitions=[_STEP],
    journey=[sets.JourneyPoint(at=0.0, energy=0.4), sets.JourneyPoint(at=0.6, energy=0.9, valence=0.3)],
    got=[sets.JourneyGot(at_seconds=0.0, energy_asked=0.4, energy_got=0.45, valence_asked=0.0, valence_got=0.2)],
    seed=7, why=["Vesper plays: dark and steady."],
    planner=Provenance(engine="set-rules", version="1.0", license="MIT"),
)  # fmt: skip
_MIX = dj_sets.SetMixView(
    blob_name=f"{SET}/mix-9f2c1b7a4de05c1f.flac", cue_blob=f"{SET}/mix-9f2c1b7a4de05c1f.cue",
    tracklist_blob=f"{SET}/mix-9f2c1b7a4de05c1f.txt", file_size_bytes=48_211_904, sha256=SHA, format="flac",
    sample_rate=44100, duration_seconds=297.9, loudness_lufs=-14.0, true_peak_db=-1.1,
    chapters=[sets.Chapter(start_seconds=0.0, title="Coda in Daylight"),
              sets.Chapter(start_seconds=133.1, title="Night Drive")],
    loudness_steps=[0.4], largest_step=0.4, blends=[sets.BlendHeard(number=1, beats_ms=0.01, phrases_meet=True)],
    engine=DJ, blob_url="https://ripienostore.blob.core.windows.net/generated/…?sig=…",
    cue_url="https://ripienostore.blob.core.windows.net/generated/…?sig=…",
    tracklist_url="https://ripienostore.blob.core.windows.net/generated/…?sig=…",
)  # fmt: skip
_VERSION = dj_sets.SetVersionView(
    number=1, made_at=ASKED, asked=_ORDER.brief, status="made", songs=[FIRST, SECOND], instance_id=f"work-{SET}-1"
)
_TALK = dj_sets.SetTalkView(
    set_id=SET, talk_id=TALK, said_at=MADE, status="answered", words="move the second song to the start",
    edits=[sets.SetEdit(do="move", song=SECOND, to=1)], changes=["Night Drive is number 1 now."], version=2,
    answer="Night Drive is number 1 now. 2 songs, 5 minutes.", answer_blob=f"{SET}/spoken/4de05c1f6a0b3e8d.wav",
    answer_url="https://ripienostore.blob.core.windows.net/generated/…?sig=…", speaker=FORMANT,
)  # fmt: skip
_SHOWN = dj_sets.SetView(
    set_id=SET, instance_id=f"work-{SET}-1", owner="local", status=GenerationStatus.COMPLETED,
    message="version 1 can be heard", title=_PLAN.title, created_at=ASKED, order=_ORDER, current=1,
    duration_seconds=297.9, plan=_PLAN, mix=_MIX, versions=[_VERSION], talks=[_TALK],
    lines=[dj_sets.SpokenLine(text="This is Vesper.", language="en", at_seconds=2.0)],
)  # fmt: skip

EXAMPLES: Sequence[BaseModel] = [
    _ORDER,
    dj_sets.SetAccepted(
        set_id=SET, version=1, instance_id=f"work-{SET}-1", status=GenerationStatus.PENDING,
        status_url=f"{HOST}/api/sets/{SET}", message="the set is being planned",
    ),
    _SHOWN,
    dj_sets.SetList(items=[_SHOWN]),
    dj_sets.SetVersionList(items=[_VERSION]),
    dj_sets.SetComparison(
        set_id=SET, a=1, b=2, changes=["Night Drive is number 1 now."], said=["Night Drive moved from 2 to 1."],
        fields=[FieldChange(field="duration_seconds", a=297.9, b=301.4)],
        songs=[dj_sets.SetSongChange(song=SECOND, title="Night Drive", a=2, b=1, change="moved"),
               dj_sets.SetSongChange(song=FIRST, title="Coda in Daylight", a=1, b=2, change="same")],
        transitions=[dj_sets.SetTransitionChange(
            from_song=SECOND, to_song=FIRST, from_title="Night Drive", to_title="Coda in Daylight",
            b=dj_sets.SetTransitionState(kind="cut", bars=0, from_seconds=181.9, to_seconds=8.6))],
        is_same_mix=False,
    ),
    dj_sets.SetChange(text="move the second song to the start, and calmer at the end"),
    dj_sets.SetExplanation(
        set_id=SET, version=1, song=_SECOND, why=_SECOND.why,
        answer="Night Drive comes after Coda in Daylight. Its key is 11B after 10B, its tempo 114 after 112.",
    ),
    dj_sets.TalkAccepted(
        set_id=SET, talk_id=TALK, instance_id=f"work-{SET}-talk-{TALK}", message="it is being answered",
        status_url=f"{HOST}/api/sets/{SET}/talks/{TALK}",
    ),
    _TALK,
    dj_sets.SetDownloadAccepted(
        set_id=SET, version=1, format="mp3", instance_id=f"take-{SET}-export-mp3-9f2c1b7a-1",
        status_url=f"{HOST}/api/sets/{SET}/download?format=mp3&version=1",
        message="the mp3 is being made: ask the same again",
    ),
]  # fmt: skip

PYTHON: dict[str, str] = {
    "create_set": 'night = ripieno.make_set("an hour from my library, from dusk to peak to home")',
    "list_sets": "nights = list(ripieno.sets())",
    "get_set": "songs = ripieno.dj_set(night).plan.songs",
    "list_set_versions": "versions = ripieno.set_versions(night)",
    "compare_set_versions": "sentences = ripieno.compare_set_versions(night, 1, 2).said",
    "edit_set": 'ripieno.edit_set(night, "move the third song to the end")',
    "roll_back_set": "ripieno.roll_back_set(night, 1)",
    "branch_set": "other = ripieno.branch_set(night, 1)",
    "explain_set": "reasons = ripieno.explain_set(night, song=2).why",
    "talk_to_set": 'said = ripieno.talk_to_set(night, "ruhiger am Ende")',
    "get_talk": "answer = ripieno.talk(night, said).answer",
    "download_set": 'ripieno.download_set(night, Path("night.mp3"), format="mp3")',
    "cancel_set": "ripieno.cancel_set(night)",
    "delete_set": "ripieno.delete_set(night)",
}
