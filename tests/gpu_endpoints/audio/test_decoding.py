"""What cannot be a recording is refused with a sentence that names no file of the worker."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from gpu_endpoints.audio import decoding
from gpu_endpoints.serving.work import JobFailed

RATE = 22050


@pytest.mark.parametrize("value", [1e30, -1e30, 3e38, 2000.0])
def test_absurd_levels_are_told_with_what_to_do(tmp_path, value):
    audio = np.zeros((RATE * 12, 2), np.float32)
    audio[RATE * 11, 1] = value
    soundfile.write(tmp_path / "a.wav", audio, RATE, "FLOAT")
    with pytest.raises(JobFailed) as failed:
        decoding.open_audio(tmp_path / "a.wav", max_seconds=60)
    assert failed.value.code == "absurd_level" and "at 11.00 s" in failed.value.message
    assert "normalise" in failed.value.message


def test_a_hot_float_recording_is_still_a_recording(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full((RATE, 2), 8.0, np.float32), RATE, "FLOAT")
    assert decoding.open_audio(tmp_path / "a.wav", max_seconds=60).frames == RATE


@pytest.mark.parametrize("name", ["a.wav", "a.m4a"])
def test_people_are_told_no_paths_and_the_log_is(tmp_path, caplog, name):
    head = b"RIFF\x24\x00\x00\x00WAVEfmt " if name == "a.wav" else b"\0\0\0\x18ftypM4A \0\0\0\0" + bytes(64)
    path = tmp_path / name
    path.write_bytes(head)
    for opened in (lambda: decoding.open_audio(path, max_seconds=60), lambda: decoding.open_stem(path)):
        caplog.clear()
        with pytest.raises(JobFailed) as failed:
            opened()
        assert failed.value.code == "corrupt_audio" and "export it again" in failed.value.message.lower()
        assert str(tmp_path) not in failed.value.message and "Error" not in failed.value.message
        assert str(path) in caplog.text
