"""A planned set as sound: beats on each other, nobody over full scale, levels matched, and what stands beside it."""

from __future__ import annotations

import threading
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile

from benchmarks.sets import hearing
from benchmarks.sets.songs import made, marked, recorded
from gpu_endpoints.audio.decoding import open_stem
from gpu_endpoints.production import exporting
from gpu_endpoints.production.limiter import true_peaks
from gpu_endpoints.production.sets import announcing, blending, job, listing, stretching
from gpu_endpoints.production.sets.ahead import ahead
from gpu_endpoints.production.sets.reading import Reader
from gpu_endpoints.production.sets.timing import timed
from gpu_endpoints.serving.work import JobCancelled, JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import AudioBlob, Chapter, ExportInput, ExportItem
from ripieno.contracts.provenance import Origin
from ripieno.contracts.sets import (
    Announcement,
    SetFile,
    SetOrder,
    SetPlan,
    SetRenderInput,
    SetSong,
    SetWishes,
    TransitionKind,
    TransitionPin,
)
from ripieno.music.sets import planning
from ripieno.services import blobs

RATE = 44100
SHORT = (("intro", 4), ("verse", 8), ("outro", 4))
FIRST, SECOND = 1000.0, 4000.0  # what the beats of two songs sound like


def two(
    kind: TransitionKind, *, bars: int | None = None, tempi=(120.0, 124.0), **fields
) -> tuple[SetPlan, list[SetSong]]:
    """A plan of two short songs with one kind of transition between them."""
    songs = [
        made(f"{kind}-{n}-{fields.get('seed', 0)}", bpm, form=SHORT, **{"key": "A", "mode": "minor", **fields})
        for n, bpm in enumerate(tempi)
    ]
    order = SetOrder(
        songs=[one.song for one in songs],
        persona="rico",
        wishes=SetWishes(
            next_to=[(songs[0].song, songs[1].song)],
            transitions=[TransitionPin(from_song=songs[0].song, kind=kind, bars=bars)],
        ),
    )
    plan = planning.plan(order, songs)
    assert plan.transitions[0].kind == kind, plan.remarks
    return plan, songs


def rendered(storage, folder: Path, plan: SetPlan, songs: list[SetSong], **fields) -> tuple[SetFile, np.ndarray]:
    for one in songs:
        for blob in [one.audio, *one.stems.values()]:
            with (folder / blob.blob_name).open("rb") as file:
                blobs.upload(blob.container, blob.blob_name, file)
    order = SetRenderInput(output=f"sets/{folder.name}", plan=plan, songs=songs, **fields)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    made_of = job.run(order.model_dump(mode="json"), JobContext("test", work, lambda *_: None, lambda: False))
    found = SetFile.model_validate(made_of)
    path = folder / f"heard.{found.format}"
    blobs.download_to(names.GENERATED, found.blob_name, path)
    return found, soundfile.read(path, dtype="float32", always_2d=True)[0]


@pytest.mark.parametrize(("tempi", "bars"), [((120.0, 126.0), 4), ((87.0, 174.0), 4), ((170.0, 86.0), 4)])
def test_beats_are_within_ten_milliseconds_through_a_blend(storage, tmp_path, tempi, bars) -> None:
    plan, songs = two("blend", bars=bars, tempi=tempi, sung=False)
    order = [next(one for one in songs if one.song == planned.song) for planned in plan.songs]
    for one, hertz in zip(order, (FIRST, SECOND), strict=True):
        marked(one, tmp_path, hertz)
    found, audio = rendered(storage, tmp_path, plan, songs)
    _, (step,) = timed(plan, {one.song: one for one in songs})
    wanted = [plan.transitions[0].start_seconds + beat / RATE for beat in step.beats]
    mono = audio.mean(axis=1)
    late = [hearing.onsets(mono, wanted, hertz) for hertz in (FIRST, SECOND)]
    both = ~np.isnan(late[0]) & ~np.isnan(late[1])
    assert both.sum() > len(wanted) / 2
    assert np.nanmax(np.abs(late[0][both] - late[1][both])) < 0.010
    assert np.nanmax(np.abs(late[1])) < 0.010
    assert found.blends[0].phrases_meet and found.blends[0].beats_ms is not None and found.blends[0].beats_ms < 10


def test_beats_meet_where_the_players_speed_up(storage, tmp_path) -> None:
    """A song that goes from 116 to 124 bpm by itself, blended into a steady one."""
    plan, songs = two("blend", bars=8, tempi=(120.0, 122.0), sung=False)
    first = next(one for one in songs if one.song == plan.songs[0].song)
    times = [first.beats[0]]
    for number in range(len(first.beats) - 1):
        times.append(times[-1] + 60 / (116 + 8 * number / len(first.beats)))
    drifting = first.model_copy(update={
        "beats": times, "downbeats": times[:-1:4], "seconds": times[-1] + 0.5,
        "sections": [], "song": first.song,
    })  # fmt: skip
    known = [drifting if one.song == first.song else one for one in songs]
    plan = planning.plan(SetOrder(songs=[one.song for one in known], persona="rico", wishes=plan.wishes), known)
    assert plan.transitions[0].kind == "blend"
    order = [next(one for one in known if one.song == planned.song) for planned in plan.songs]
    for one, hertz in zip(order, (FIRST, SECOND), strict=True):
        marked(one, tmp_path, hertz)
    _, audio = rendered(storage, tmp_path, plan, known)
    _, (step,) = timed(plan, {one.song: one for one in known})
    wanted = [plan.transitions[0].start_seconds + beat / RATE for beat in step.beats]
    late = [hearing.onsets(audio.mean(axis=1), wanted, hertz) for hertz in (FIRST, SECOND)]
    both = ~np.isnan(late[0]) & ~np.isnan(late[1])
    assert np.nanmax(np.abs(late[0][both] - late[1][both])) < 0.010


@pytest.mark.parametrize("kind", ["blend", "cut", "echo", "loop"])
def test_every_kind_is_rendered_level_and_under_the_peak(storage, tmp_path, kind) -> None:
    fields = {"loudness": -9.0 if kind != "cut" else -20.0}
    plan, songs = two(kind, **fields)
    songs[0].loudness_lufs = -16.0
    for one in songs:
        recorded(one, tmp_path)
    found, audio = rendered(storage, tmp_path, plan, songs, loudness_lufs=-12.0)
    assert found.duration_seconds == pytest.approx(plan.duration_seconds, abs=0.01)
    assert found.true_peak_db <= -1.0
    assert 20 * np.log10(true_peaks(np.pad(audio, ((64, 64), (0, 0))), 0.5).max()) <= -0.99
    assert found.largest_step <= 1.5
    assert found.loudness_lufs == pytest.approx(-12.0, abs=1.0)
    assert [one.title for one in found.chapters] == [one.title for one in plan.songs]


def test_one_voice_is_heard_over_the_drums_of_the_other(storage, tmp_path) -> None:
    songs = [
        made(f"over-{n}", bpm, key=key, mode="minor", form=(("verse", 8), ("verse", 8), ("verse", 8)))
        for n, (bpm, key) in enumerate([(120.0, "A"), (122.0, "D#")])
    ]
    for one in songs:
        one.stems = {
            kind: AudioBlob(container="stems", blob_name=f"{one.song}.{kind}.flac")
            for kind in (StemType.VOCALS, StemType.DRUMS)
        }
    plan = planning.plan(SetOrder(songs=[one.song for one in songs], persona="rico"), songs)
    (step,) = plan.transitions
    assert step.kind == "stems"
    for one in songs:
        recorded(one, tmp_path)
    found, audio = rendered(storage, tmp_path, plan, songs)
    assert found.true_peak_db <= -1.0 and found.largest_step <= 1.5
    middle = slice(round((step.start_seconds + 1) * RATE), round((step.end_seconds - 1) * RATE))
    bass = np.abs(np.fft.rfft(audio[middle].mean(axis=1)))
    hertz = np.fft.rfftfreq(len(audio[middle]), 1 / RATE)
    low = bass[(hertz > 60) & (hertz < 100)].max()  # the basses of both are silent there
    alone = audio[round(2 * RATE) : round(2 * RATE) + len(audio[middle])].mean(axis=1)
    assert low < 0.5 * np.abs(np.fft.rfft(alone))[(hertz > 60) & (hertz < 100)].max()


def test_what_stands_beside_it_and_in_it(storage, tmp_path) -> None:
    plan, songs = two("cut", artist='The "Echoes"')
    for one in songs:
        recorded(one, tmp_path)
    found, _ = rendered(storage, tmp_path, plan, songs, stem_format="flac")
    cue = blobs.read(names.GENERATED, found.cue_blob).decode()
    assert cue.count("TRACK") == 2 and "INDEX 01 00:00:00" in cue and "PERFORMER \"The 'Echoes'\"" in cue
    text = blobs.read(names.GENERATED, found.tracklist_blob).decode()
    assert text.startswith(plan.title) and "0:00:00  1. The" in text
    tags = mutagen.File(tmp_path / "heard.flac")
    assert tags is not None and tags["CHAPTER001"] == ["00:00:00.000"]
    assert tags["CHAPTER002NAME"][0].endswith(plan.songs[1].title)
    found, _ = rendered(storage, tmp_path, plan, songs, stem_format="wav")
    id3 = mutagen.File(tmp_path / "heard.wav")
    assert id3 is not None and len(id3.tags.getall("CHAP")) == 2 and len(id3.tags.getall("CTOC")) == 1
    assert id3.tags.getall("CHAP")[1].start_time == pytest.approx(1000 * found.chapters[1].start_seconds, abs=1)
    item = ExportItem(blob_name=found.blob_name, name="a.mp3", format="mp3", chapters=found.chapters, origin=Origin())
    order = ExportInput(output=f"sets/{tmp_path.name}-mp3", items=[item], packed=False).model_dump(mode="json")
    exporting.run(order, JobContext("test", tmp_path, lambda *_: None, lambda: False))
    blobs.download_to(names.GENERATED, f"sets/{tmp_path.name}-mp3.mp3", tmp_path / "heard.mp3")
    mp3 = mutagen.File(tmp_path / "heard.mp3")
    assert mp3 is not None and len(mp3.tags.getall("CHAP")) == 2


def test_the_music_gives_way_to_speech(storage, tmp_path) -> None:
    plan, songs = two("cut")
    for one in songs:
        recorded(one, tmp_path)
    speech = 0.2 * np.sin(2 * np.pi * 3000 * np.arange(2 * RATE) / RATE)
    soundfile.write(tmp_path / "speech.wav", speech, RATE)
    with (tmp_path / "speech.wav").open("rb") as file:
        blobs.upload(names.GENERATED, "speech.wav", file)
    said = Announcement(audio=AudioBlob(blob_name="speech.wav"), at_seconds=5.0, duck_db=-20.0)
    plain = rendered(storage, tmp_path, plan, songs)[1]
    found, audio = rendered(storage, tmp_path, plan, songs, announcements=[said])
    assert found.largest_step <= 1.5 and found.true_peak_db <= -1.0

    def low(track: np.ndarray, a: float, b: float) -> float:
        part = np.fft.rfft(track[round(a * RATE) : round(b * RATE)].mean(axis=1))
        return float(np.abs(part[: round(1000 * (b - a))]).max())

    assert low(audio, 5.2, 6.8) < 0.2 * low(plain, 5.2, 6.8)
    assert low(audio, 9, 11) == pytest.approx(low(plain, 9, 11), rel=0.05)
    high = np.abs(np.fft.rfft(audio[round(5.2 * RATE) : round(6.8 * RATE)].mean(axis=1)))
    assert np.argmax(high) / 1.6 == pytest.approx(3000, abs=5)


def test_a_plan_that_does_not_fit_its_songs_is_told(storage, tmp_path) -> None:
    plan, songs = two("cut")
    context = JobContext("test", tmp_path, lambda *_: None, lambda: False)

    def order(**changed) -> dict:
        return SetRenderInput(**{"output": "x", "plan": plan, "songs": songs, **changed}).model_dump(mode="json")

    with pytest.raises(JobFailed, match="nothing is known"):
        job.run(order(songs=songs[:1]), context)
    with pytest.raises(JobFailed, match="one transition between"):
        job.run(order(plan=plan.model_copy(update={"transitions": []})), context)
    for one in songs:
        one.audio = AudioBlob(container="songs", blob_name="nowhere.flac")
    with pytest.raises(JobFailed, match=f"{plan.songs[0].title}: .* gone"):
        job.run(order(songs=songs), context)


def test_a_cancelled_set_ends_and_leaves_no_thread(storage, tmp_path) -> None:
    plan, songs = two("cut", seed=3)
    for one in songs:
        recorded(one, tmp_path)
        with (tmp_path / one.audio.blob_name).open("rb") as file:
            blobs.upload(one.audio.container, one.audio.blob_name, file)
    asked: list[None] = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 25

    with pytest.raises(JobCancelled):
        job.run(
            SetRenderInput(output="x", plan=plan, songs=songs).model_dump(mode="json"),
            JobContext("test", tmp_path, lambda *_: None, cancelled),
        )
    assert not [one for one in threading.enumerate() if one.name.startswith("set-")]


def test_anchors_are_where_they_are_wanted() -> None:
    """Clicks at uneven places brought to even ones."""
    own = [0.0]
    for number in range(16):
        own.append(own[-1] + RATE * (0.5 + 0.02 * (-1) ** (number // 4)))
    wanted = [n * 0.5 * RATE for n in range(17)]
    audio = np.zeros((round(own[-1]) + 2 * stretching.MARGIN, 2), np.float32)
    for at in own[:-1]:
        start = stretching.MARGIN + round(at)
        audio[start : start + 400] = np.sin(np.arange(400) * 0.3)[:, None] * np.exp(-np.arange(400) / 120)[:, None]
    found = stretching.warped(audio, own, wanted)
    assert len(found) == round(wanted[-1])
    late = hearing.onsets(found.mean(axis=1), [at / RATE for at in wanted[1:-1]], 0.3 * RATE / 2 / np.pi)
    assert np.nanmax(np.abs(late)) < 0.008 and not np.isnan(late).any()


def test_what_need_not_move_is_not_touched() -> None:
    audio = np.random.default_rng(1).normal(0, 0.1, (RATE + 2 * stretching.MARGIN, 2)).astype(np.float32)
    found = stretching.warped(audio, [0.0, RATE / 2, RATE], [0.0, RATE / 2, RATE])
    assert np.array_equal(found, audio[stretching.MARGIN : -stretching.MARGIN])


def test_a_blend_begins_as_the_first_and_ends_as_the_second_song() -> None:
    rng = np.random.default_rng(2)
    first, second = (rng.normal(0, 0.1, (4 * RATE, 2)).astype(np.float32) for _ in range(2))
    mixed = blending.blended(first, second, RATE // 2)
    assert np.allclose(mixed[:200], first[:200], atol=2e-3) and np.allclose(mixed[-200:], second[-200:], atol=2e-3)
    power = [float((mixed[n * RATE : (n + 1) * RATE] ** 2).mean()) for n in range(4)]
    assert max(power) / min(power) < 1.15


def test_a_reader_gives_any_range_once_more(tmp_path) -> None:
    audio = np.random.default_rng(3).normal(0, 0.1, (12 * RATE, 2)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", audio, RATE, "FLOAT")
    reader = Reader(open_stem(tmp_path / "a.wav"), 2.0)
    assert np.array_equal(reader.read(-10, 100)[10:], 2 * audio[:100])
    assert np.array_equal(reader.read(5 * RATE - 50, 6 * RATE), 2 * audio[5 * RATE - 50 : 6 * RATE])
    assert np.array_equal(reader.read(6 * RATE - 1000, 7 * RATE), 2 * audio[6 * RATE - 1000 : 7 * RATE])
    assert not reader.read(12 * RATE, 12 * RATE + 5).any()


def test_a_stream_ahead_raises_what_was_raised_and_ends_when_nobody_listens() -> None:
    def broken():
        yield np.zeros(1)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(ahead(broken()))
    endless = ahead(np.zeros(1) for _ in iter(int, 1))
    next(endless)
    endless.close()
    assert not [one for one in threading.enumerate() if one.name == "set-mixing"]


def test_speech_over_the_border_of_blocks_is_the_same_as_in_one() -> None:
    music = np.full((4 * RATE, 2), 0.1, np.float32)
    speech = announcing.Speech(RATE, RATE, -12.0, lambda: np.full((RATE, 2), 0.2, np.float32))
    whole = next(announcing.announced([music], [speech]))
    parts = np.concatenate(list(announcing.announced(np.array_split(music, 7), [speech])))
    assert np.allclose(whole, parts, atol=1e-7)
    assert whole[round(1.5 * RATE), 0] == pytest.approx(0.2 + 0.1 * 10 ** (-12 / 20), abs=1e-4)


def test_a_cue_sheet_counts_in_seventy_fifths_and_holds_ninety_nine() -> None:
    chapters = [Chapter(start_seconds=61.5 + n, title=f"t{n}") for n in range(120)]
    sheet = listing.cue_sheet(chapters, file_name="a.wav", title="x", artist="")
    assert sheet.count("TRACK") == 99 and "INDEX 01 01:01:37" in sheet
