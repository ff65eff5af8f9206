# Made by scripts/unasync.py from _async/platform.py: change that one.
"""The platform itself: how it is, what its endpoints are at, and what its API says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from ripieno.client._sync.connection import Connection
from ripieno.client.address import part
from ripieno.client.filters import JobFilters, given
from ripieno.contracts.catalogue import Catalogue
from ripieno.contracts.jobs import JobPage, JobRecord
from ripieno.contracts.understanding import About, Language, Understanding, UnderstandRequest

_UNWELL = frozenset({503})


class Platform(Connection):
    def health(self) -> dict[str, Any]:
        """The health document, whether it is good or bad news: `status` is `ok` or `degraded`, `parts` says of what.

        Examples
        --------
        >>> ripieno.health()["status"]
        'ok'
        """
        return self._document("health", also=_UNWELL)

    def catalogue(self) -> Catalogue:
        """What may be asked for here and now: styles, instruments, engines, presets, formats, ...

        Examples
        --------
        >>> "bossa" in [style.name for style in ripieno.catalogue().styles]
        True
        """
        return self._ask(Catalogue, "GET", "catalogue")

    def jobs(self, **filters: Unpack[JobFilters]) -> Iterator[JobRecord]:
        """Endpoint jobs, newest first, that match; pages are fetched as they are needed.

        Filters are in `ripieno.client.JobFilters`; one that is None is none.

        Examples
        --------
        >>> [job.state for job in ripieno.jobs(audio_file_id=song_id, kind="separate")]
        ['succeeded']
        """
        wanted = given(filters)
        while True:
            page = self._ask(JobPage, "GET", "jobs", params=wanted)
            for job in page.items:
                yield job
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    def job(self, job_id: str) -> JobRecord:
        """An endpoint job: its kind, song, address and state; why it failed.

        Raises
        ------
        RipienoError
            `not_found`.
        """
        return self._ask(JobRecord, "GET", f"jobs/{part(job_id)}")

    def understand(self, text: str, *, language: Language | None = None, about: About = "request") -> Understanding:
        """What is understood of words and what is not, by rule; nothing is made.

        Parameters
        ----------
        language : en, de, es or fr; recognised by the words where it is None
        about : whether the words ask for new music, for a change to a piece, or are a comment on a take

        Examples
        --------
        >>> ripieno.understand("busier but not louder").statements[1].negated
        True
        """
        asked = UnderstandRequest(text=text, language=language, about=about)
        return self._ask(Understanding, "POST", "understanding", order=asked)

    def openapi(self) -> dict[str, Any]:
        """What the API says of itself: its OpenAPI 3.1 document. `docs_url` is the same for people.

        Examples
        --------
        >>> ripieno.openapi()["info"]["title"]
        'Ripieno'
        """
        return self._document("openapi.json")

    @property
    def docs_url(self) -> str:
        return f"{self.url}/api/docs"
