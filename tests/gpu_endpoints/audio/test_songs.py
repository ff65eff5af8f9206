"""A song's stems in storage have their peaks beside them, and the song has its own."""

from __future__ import annotations

import numpy as np
import soundfile

from gpu_endpoints.audio import decoding, songs
from ripieno.contracts import names
from ripieno.services import blobs

RATE = 22050


def test_every_stored_file_has_its_peaks_beside_it(stack, tmp_path):
    audio = np.random.default_rng(1).uniform(-0.5, 0.5, (RATE, 2)).astype(np.float32)
    soundfile.write(tmp_path / "song.wav", audio, RATE)
    song = decoding.open_audio(tmp_path / "song.wav", max_seconds=10)
    with songs.StemFiles(tmp_path, ("drums", "other"), song, "flac") as files:
        files.write({"drums": audio / 2, "other": audio / 2})
        songs.store_peaks(song, "peaks-test")
        stems = files.store("peaks-test")
    for stem in stems:
        drawn = blobs.read_json(names.STEMS, names.peaks_blob(stem.blob_name))
        assert drawn["length"] == -(-RATE // 256) and max(drawn["data"]) == 32
    whole = blobs.read_json(names.STEMS, names.song_peaks_blob("peaks-test"))
    assert max(whole["data"]) == 64 and whole["sample_rate"] == RATE
    assert blobs.delete_prefix(names.STEMS, "peaks-test/") == 5
