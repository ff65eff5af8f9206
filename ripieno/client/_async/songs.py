"""Songs: found, waited for, analysed again, deleted; and what was found in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Unpack

from ripieno.client._async.downloads import AsyncDownloads
from ripieno.client._async.removals import AsyncRemovals
from ripieno.client._async.uploads import AsyncUploads, OnBytes, silent
from ripieno.client.address import part
from ripieno.client.filters import SongFilters, given
from ripieno.client.threads import async_sleep
from ripieno.client.waiting import SONG_SECONDS, TRANSFER_SECONDS, Watch
from ripieno.contracts.analysis import Analysis
from ripieno.contracts.audio import (
    AnalysisOrder,
    AudioAccepted,
    AudioFile,
    AudioPage,
    AudioSummary,
    Removal,
    StemList,
)
from ripieno.contracts.enums import AudioFileStatus

OnSong = Callable[[AudioFile], None]
"""Told the song each time it is looked at."""


def _unwatched(song: AudioFile) -> None:
    """Tell nobody."""


class AsyncSongs(AsyncUploads, AsyncDownloads, AsyncRemovals):
    async def get(self, audio_file_id: str) -> AudioFile:
        """A song, with the progress of its workflow.

        Raises
        ------
        RipienoError
            `not_found`.

        Examples
        --------
        >>> song = await ripieno.get(song_id)
        >>> song.status, song.original_file_name, song.duration_seconds
        ('analyzed', 'song.flac', 8.0)
        """
        return await self._ask(AudioFile, "GET", f"audio/{part(audio_file_id)}")

    async def wait(
        self, audio_file_id: str, on_progress: OnSong = _unwatched, *, timeout: float = SONG_SECONDS
    ) -> AudioFile:
        """The song once its analysis has ended, well or not.

        Parameters
        ----------
        on_progress : callable
            Told the song each time it is looked at: four times a second at first, every three seconds later.
        timeout : float
            Seconds.

        Raises
        ------
        TookTooLong
            After `timeout` seconds; the analysis goes on.

        Examples
        --------
        >>> song = await ripieno.wait(song_id, lambda song: print(song.status), timeout=600)
        analyzed
        """
        watch = Watch(f"song {audio_file_id}", timeout)
        while True:
            song = await self.get(audio_file_id)
            on_progress(song)
            if song.status in (AudioFileStatus.ANALYZED, AudioFileStatus.FAILED):
                return song
            await async_sleep(watch.pause(song.status))

    async def search(self, **filters: Unpack[SongFilters]) -> AsyncIterator[AudioSummary]:
        """Every song that matches all filters, newest first (slowest first with a tempo filter, calmest
        first with a mood).

        Pages of `limit` songs are fetched as they are needed. Filters are in `ripieno.client.SongFilters`; one that is
        None is none.

        Raises
        ------
        RipienoError
            `invalid_request`, for a filter that cannot be.

        Examples
        --------
        >>> [song.original_file_name async for song in ripieno.search(named="song.flac", bpm_min=60, bpm_max=200)]
        ['song.flac']
        """
        wanted = given(filters)
        while True:
            page = await self._ask(AudioPage, "GET", "audio", params=wanted)
            for song in page.items:
                yield song
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    async def analyze_again(self, audio_file_id: str, engines: dict[str, str] | None = None) -> AudioAccepted:
        """Analyse a song anew; `wait` for it as after an upload.

        Parameters
        ----------
        engines : dict
            By task (`separate`, `beats`, `chords`) where it is not to be the best that is there.

        Raises
        ------
        RipienoError
            `engine_unavailable`; `already_running` while it is being analysed.

        Examples
        --------
        >>> accepted = await ripieno.analyze_again(song_id, {"separate": "dsp"})
        >>> (await ripieno.wait(accepted.audio_file_id)).run
        2
        """
        order = AnalysisOrder(engines=engines or {})
        return await self._ask(AudioAccepted, "POST", f"audio/{part(audio_file_id)}/analysis", order=order)

    async def delete(self, audio_file_id: str) -> Removal:
        """Delete a song and everything made from it: gone from the library at once, from storage in a while.

        Examples
        --------
        >>> removal = await ripieno.delete(song_id)
        >>> (await ripieno.wait_removal(removal.instance_id)).status
        'completed'
        """
        return await self._removing(f"audio/{part(audio_file_id)}")

    # -- findings -------------------------------------------------------------------------------------------------

    async def analysis(self, audio_file_id: str) -> Analysis:
        """What was found: tempo, beats, key, chords, sections, tuning, each with its confidence and engine.

        Raises
        ------
        RipienoError
            `not_analyzed`, while there is none.

        Examples
        --------
        >>> found = await ripieno.analysis(song_id)
        >>> round(found.bpm), found.time_signature, found.beats[0].position in (1, 2, 3, 4)
        (112, '4/4', True)
        """
        return await self._ask(Analysis, "GET", f"audio/{part(audio_file_id)}/analysis")

    async def jams(self, audio_file_id: str) -> str:
        """The analysis as the text of a JAMS file.

        Examples
        --------
        >>> import json
        >>> annotations = json.loads(await ripieno.jams(song_id))["annotations"]
        >>> sorted({annotation["namespace"] for annotation in annotations})[:3]
        ['beat', 'chord', 'key_mode']
        """
        return (await self._call("GET", f"audio/{part(audio_file_id)}/jams")).text

    def jams_url(self, audio_file_id: str) -> str:
        """Where `jams` gets it from; of a deployment, an address that needs the key."""
        return f"{self.url}/api/audio/{part(audio_file_id)}/jams"

    async def stems(self, audio_file_id: str) -> StemList:
        """The stems, with addresses to download them from for the next hour.

        Examples
        --------
        >>> [stem.stem_type for stem in (await ripieno.stems(song_id)).stems]
        ['drums', 'bass', 'other']
        """
        return await self._ask(StemList, "GET", f"audio/{part(audio_file_id)}/stems")

    async def download_stems(
        self,
        audio_file_id: str,
        folder: Path | str,
        on_bytes: OnBytes = silent,
        *,
        timeout: float = TRANSFER_SECONDS,
    ) -> list[Path]:
        """Every stem as a file of its type's name in a folder, one after another; `timeout` seconds for each.

        Examples
        --------
        >>> [path.name for path in await ripieno.download_stems(song_id, "stems of the song")]
        ['drums.flac', 'bass.flac', 'other.flac']
        """
        found = await self.stems(audio_file_id)
        return [
            await self.download(
                stem.blob_url, Path(folder) / f"{stem.stem_type}.{stem.format}", on_bytes, timeout=timeout
            )
            for stem in found.stems
        ]

    async def content(
        self, audio_file_id: str, path: Path | str, on_bytes: OnBytes = silent, *, timeout: float = TRANSFER_SECONDS
    ) -> Path:
        """The recording itself, as it came, into a file, as `download` does it.

        Examples
        --------
        >>> path = await ripieno.content(song_id, "again.flac")
        >>> path.read_bytes() == Path("song.flac").read_bytes()
        True
        """
        return await self._fetched(f"audio/{part(audio_file_id)}/content", Path(path), on_bytes, timeout)
