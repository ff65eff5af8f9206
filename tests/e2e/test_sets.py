"""A DJ set through the whole stack: two songs, mixed, talked to, taken home, deleted."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from ripieno.client import RipienoError


def test_a_set_is_made_spoken_over_talked_to_taken_home_and_deleted(command, ripieno, make_clip, tmp_path):
    for name, start in (("evening.flac", 8.0), ("night.flac", 44.0)):
        ripieno.wait(ripieno.upload(make_clip(name, start, 22.0)), timeout=180)
    night = tmp_path / "night"
    told = json.loads(
        command("set", "from dusk to peak", "--song", "evening", "--song", "night", "--announced", "--persona", "rico",
                "--title", "One/Night", "--out", str(night), "--json")
    )  # fmt: skip
    set_id, plan, mix = told["set_id"], told["plan"], told["mix"]
    assert (told["status"], len(plan["songs"]), len(plan["transitions"])) == ("completed", 2, 1)
    assert {path.suffix for path in night.iterdir()} == {".flac", ".cue", ".txt"}
    heard = next(night.glob("*.flac"))
    assert soundfile.info(heard).duration == pytest.approx(plan["duration_seconds"], abs=0.05)
    assert mix["true_peak_db"] <= -1.0 and len(mix["chapters"]) == 2
    assert f'FILE "{heard.name}"' in next(night.glob("*.cue")).read_text()
    assert told["lines"] and all(one["blob_name"] for one in told["lines"])

    second = plan["songs"][1]["title"]
    said = ripieno.wait_answer(set_id, ripieno.talk_to_set(set_id, "bring the second song to the start"), timeout=120)
    assert (said.version, said.speaker.engine, said.error) == (2, "formant", None)
    assert f"{second} is number 1" in said.answer
    answer, _ = soundfile.read(ripieno.download(said.answer_url, tmp_path / "answer.wav"))
    assert np.abs(answer).max() > 0.05
    after = ripieno.wait_set(set_id, timeout=180)
    assert (after.current, after.plan.songs[0].title) == (2, second)
    why = command("set", "why", set_id, "2")
    assert plan["songs"][0]["title"] in why

    soundfile.write(tmp_path / "said.wav", answer[:8000], 22050)
    unheard = ripieno.wait_talk(set_id, ripieno.talk_to_set(set_id, tmp_path / "said.wav"), timeout=120)
    assert unheard.status == "failed" and "only a transcript works" in unheard.error

    assert command("set", "rollback", set_id, "--to", "1").startswith("version 1 of One/Night")
    mp3 = ripieno.download_set(set_id, tmp_path / "night.mp3", format="mp3", timeout=120)
    assert soundfile.info(mp3).duration == pytest.approx(plan["duration_seconds"], abs=0.2)
    assert set_id in command("set", "list")
    assert command("set", "cancel", set_id) == "nothing is being made\n"
    command("set", "delete", set_id)
    with pytest.raises(RipienoError, match="there is no set"):
        ripieno.dj_set(set_id)
    assert ripieno.get(plan["songs"][0]["song"]).status == "analyzed", "the songs stay"
