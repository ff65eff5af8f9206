"""What is meant by a song, a generation or a composition that somebody typed.

A song is named by its id, by the beginning of its id, by its name or the beginning of that, or by a file of the same
bytes. A generation by its id or the beginning of that, or by its song: then the newest for that song is meant.
"""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from ripieno.cli.bars import Bars
from ripieno.cli.exits import NotFound
from ripieno.cli.options import connect
from ripieno.cli.output import day
from ripieno.client import Ripieno, RipienoError
from ripieno.contracts.audio import AudioFile, AudioSummary
from ripieno.contracts.composition import CompositionView
from ripieno.contracts.dj_sets import SetView
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.generation import Generation

WAIT_SECONDS = 12 * 3600
_MOST_NAMED = 20
_NEWEST = 200
_ID_CHARACTERS = 36


def song(ripieno: Ripieno, text: str) -> AudioFile:
    """The song that is meant.

    Raises
    ------
    NotFound
        When there is none, or more than one; the message names them.
    """
    path = Path(text)
    if path.is_file():
        return _of_file(ripieno, path)
    found = _named(ripieno, text)
    if not found and len(text) == _ID_CHARACTERS:  # one that is shared: it is in nobody's list but its owner's
        try:
            return ripieno.get(text)
        except RipienoError as fault:
            if fault.code != "not_found":
                raise
    if not found:
        raise NotFound(f"no song is called {text!r}, and no id begins so: `ripieno list` shows what is there")
    exact = [one for one in found if text.casefold() in _names(one)]
    if len(exact or found) > 1:
        raise NotFound(f"{text!r} may be any of these; say which by its id:\n{_listed(exact or found)}")
    return ripieno.get((exact or found)[0].audio_file_id)


def song_or_file(ripieno: Ripieno, text: str) -> AudioFile:
    """The song that is meant, analysed; a file that the library does not have is taken in first.

    Raises
    ------
    NotFound, RipienoError
        When the song cannot be analysed.
    """
    path = Path(text)
    with Bars() as bars:
        if path.is_file():
            bar = bars.add(path.name)
            song_id = ripieno.upload(path, bar.sending)
        else:
            song_id = song(ripieno, text).audio_file_id
            bar = bars.add(text)
        try:
            done = ripieno.wait(song_id, bar.song, timeout=WAIT_SECONDS)
        except KeyboardInterrupt:
            click.echo(f"the analysis goes on without you: ripieno status {song_id}", err=True)
            raise
    if done.status == AudioFileStatus.FAILED:
        raise RipienoError("song_failed", done.error.message if done.error else "the song could not be analysed")
    return done


def generation(ripieno: Ripieno, text: str) -> Generation:
    """The generation that is meant. Raises `NotFound`."""
    newest = list(islice(ripieno.generations(), _NEWEST))
    begun = [one.generation_request_id for one in newest if one.generation_request_id.startswith(text)]
    if text == "latest" and newest:
        begun = [newest[0].generation_request_id]
    if len(begun) > 1:
        raise NotFound(f"{len(begun)} generations begin with {text!r}: write more of the id")
    if begun:
        return ripieno.generation(begun[0])
    if text.isalnum() and text.isascii() and len(text) > 20:  # an old one, by its whole id
        return ripieno.generation(text)
    try:
        known = song(ripieno, text)
    except NotFound as fault:
        raise NotFound(f"no generation's id begins with {text!r}, and {fault}") from None
    of_song = next(iter(ripieno.generations(known.audio_file_id)), None)
    if of_song is None:
        raise NotFound(f"nothing was generated for {known.original_file_name} yet: ripieno generate {text!r} …")
    return ripieno.generation(of_song.generation_request_id)


def composition(ripieno: Ripieno, text: str) -> CompositionView:
    """The composition that is meant, by its id, the beginning of it, or `latest`. Raises `NotFound`."""
    newest = list(islice(ripieno.compositions(), _NEWEST))
    begun = [one.composition_id for one in newest if text and one.composition_id.startswith(text)]
    if text == "latest":
        if not newest:
            raise NotFound("nothing was composed yet: `ripieno compose` makes a piece")
        begun = [newest[0].composition_id]
    if len(begun) > 1:
        raise NotFound(f"{len(begun)} compositions begin with {text!r}: write more of the id")
    if not begun and not (text.isalnum() and text.isascii() and len(text) > 20):  # an old one, by its whole id
        raise NotFound(f"no composition's id begins with {text!r}: `ripieno compositions` shows what is there")
    return ripieno.composition(begun[0] if begun else text)


def dj_set(ripieno: Ripieno, text: str) -> SetView:
    """The set that is meant, by its id, the beginning of it, or `latest`. Raises `NotFound`."""
    newest = list(islice(ripieno.sets(), _NEWEST))
    begun = [one.set_id for one in newest if text and one.set_id.startswith(text)]
    if text == "latest":
        if not newest:
            raise NotFound('there is no set yet: `ripieno set "an hour from my library"` makes one')
        begun = [newest[0].set_id]
    if len(begun) > 1:
        raise NotFound(f"{len(begun)} sets begin with {text!r}: write more of the id")
    if not begun and not (text.isalnum() and text.isascii() and len(text) > 20):  # an old one, by its whole id
        raise NotFound(f"no set's id begins with {text!r}: `ripieno set list` shows what is there")
    return ripieno.dj_set(begun[0] if begun else text)


def made(ripieno: Ripieno, text: str) -> Generation | CompositionView:
    """The generation or composition that is meant; `latest` is the newer of both. Raises `NotFound`."""
    if text == "latest":
        ids = [one.generation_request_id for one in islice(ripieno.generations(), 1)]
        pieces = [one.composition_id for one in islice(ripieno.compositions(), 1)]
        if pieces and (not ids or pieces[0] < ids[0]):  # ids begin with the time, counted down
            return ripieno.composition(pieces[0])
        return generation(ripieno, text)
    try:
        return composition(ripieno, text)
    except RipienoError as no_piece:
        if no_piece.code != "not_found":
            raise
    return generation(ripieno, text)


def anything(ripieno: Ripieno, text: str) -> AudioFile | Generation | CompositionView:
    """A song, or what was made: a generation or a composition. Raises `NotFound`, as of a song."""
    try:
        return song(ripieno, text)
    except NotFound as no_song:
        try:
            return made(ripieno, text)
        except RipienoError:
            raise no_song from None


# -- completion ---------------------------------------------------------------------------------------------------


def complete_song(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids with their names; files where none fits. Silent where no Ripieno answers."""
    try:
        with connect(timeout=2.0) as ripieno:
            found = _named(ripieno, incomplete) if incomplete else list(islice(ripieno.search(), _MOST_NAMED))
    except (RipienoError, OSError):
        found = []
    items = [CompletionItem(one.audio_file_id, help=one.original_file_name) for one in found]
    return items or [CompletionItem(incomplete, type="file")]


def complete_generation(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids with what was asked for."""
    try:
        with connect(timeout=2.0) as ripieno:
            found = list(islice(ripieno.generations(), _MOST_NAMED))
    except (RipienoError, OSError):
        return []
    return [
        CompletionItem(one.generation_request_id, help=f"{day(one.created_at)} {one.order.parameters.prompt}".strip())
        for one in found
        if one.generation_request_id.startswith(incomplete)
    ]


def complete_made(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Both generations and compositions."""
    return complete_generation(ctx, param, incomplete) + complete_composition(ctx, param, incomplete)


def complete_composition(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids with titles."""
    try:
        with connect(timeout=2.0) as ripieno:
            found = list(islice(ripieno.compositions(), _MOST_NAMED))
    except (RipienoError, OSError):
        return []
    return [
        CompletionItem(one.composition_id, help=f"{day(one.created_at)} {one.title}")
        for one in found
        if one.composition_id.startswith(incomplete)
    ]


def complete_set(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids with titles."""
    try:
        with connect(timeout=2.0) as ripieno:
            found = list(islice(ripieno.sets(), _MOST_NAMED))
    except (RipienoError, OSError):
        return []
    return [
        CompletionItem(one.set_id, help=f"{day(one.created_at)} {one.title}")
        for one in found
        if one.set_id.startswith(incomplete)
    ]


# -- parts --------------------------------------------------------------------------------------------------------


def _of_file(ripieno: Ripieno, path: Path) -> AudioFile:
    """The song of the same bytes."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    for one in ripieno.search(sha256=sha256):
        return ripieno.get(one.audio_file_id)
    raise NotFound(f"{path} is not in the library: ripieno analyze {str(path)!r}")


def _named(ripieno: Ripieno, text: str) -> list[AudioSummary]:
    return list(islice(ripieno.search(named=text, limit=_MOST_NAMED), _MOST_NAMED))


def _names(one: AudioSummary) -> set[str]:
    name = one.original_file_name.casefold()
    return {one.audio_file_id, name, name.rpartition(".")[0] or name}


def _listed(found: list[AudioSummary]) -> str:
    return "\n".join(f"  {one.audio_file_id}  {one.original_file_name}  {day(one.uploaded_at)}" for one in found)
