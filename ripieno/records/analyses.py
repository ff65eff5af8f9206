"""A song's analysis at rest: the whole document as a blob, what made it as a row, and the rows by which songs are
found by the chords and the sections that follow each other in them.

    Analyses     {owner}   {song}_{born}                          the separation, and the keys of the rows below
    SongChords   {owner}   {six chords}|{song}|{born}             one for each place in the song where they begin
    SongForms    {owner}   {all sections from one on}|{song}|{born}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, SeparationResult
from ripieno.contracts.base import Contract
from ripieno.music import chord_index
from ripieno.records import rows
from ripieno.records.mirror import Condition
from ripieno.records.store import MOST_OPERATIONS, IndexRows, Store
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.services.together import together

WINDOW = 6
_FORM_WINDOW = 16
_FIRST_AT_ONCE = 60  # of what is remembered: as many as a page shows and some
_joined = chord_index.joined


class AnalysisRow(Contract):
    """What made an analysis, which rows it is found by, and all its chords and sections as words, one after another."""

    audio_file_id: str
    born: str
    instance_id: str
    separation: SeparationResult
    chord_rows: list[str] = []
    form_rows: list[str] = []
    chords: str | None = None
    form: str | None = None


def save(owner: str, audio_file_id: str, born: str, instance_id: str, found: Analysis, stems: SeparationResult) -> None:
    """Write everything that an analysis is; repeating it, or writing another over it, leaves just the last."""
    blob_name = names.analysis_blob(names.song_folder(audio_file_id, born))
    ending = f"|{audio_file_id}|{born}"
    words, labels = _words_of(found)
    chords, forms = chord_index.windows(words, WINDOW), chord_index.windows(labels, _FORM_WINDOW)
    row = AnalysisRow(
        audio_file_id=audio_file_id,
        born=born,
        instance_id=instance_id,
        separation=stems,
        chord_rows=sorted(f"{window}{ending}" for window in chords),
        form_rows=sorted(f"{window}{ending}" for window in forms),
        chords=chord_index.joined(words),
        form=chord_index.joined(labels),
    )
    together(
        lambda: blobs.upload_json(names.ANALYSES, blob_name, found.model_dump(mode="json")),
        lambda: _save_rows(owner, row),
    )


def _save_rows(owner: str, row: AnalysisRow) -> None:
    """First the row that knows of all others, old and new: whatever dies then, none is forgotten."""
    before: list[AnalysisRow] = []

    def knowing_both(known: AnalysisRow) -> AnalysisRow:
        before[:] = [known]
        return row.model_copy(
            update={
                "chord_rows": sorted({*known.chord_rows, *row.chord_rows}),
                "form_rows": sorted({*known.form_rows, *row.form_rows}),
            }
        )

    if not _store.create(owner, row):
        _store.change(owner, _key(row), knowing_both)
    together(
        lambda: _upsert(names.SONG_CHORDS, owner, row.chord_rows),
        lambda: _upsert(names.SONG_FORMS, owner, row.form_rows),
    )
    for known in before:
        _delete(names.SONG_CHORDS, owner, set(known.chord_rows) - set(row.chord_rows))
        _delete(names.SONG_FORMS, owner, set(known.form_rows) - set(row.form_rows))
        _store.change(owner, _key(row), lambda _: row)


def load(audio_file_id: str, born: str) -> Analysis | None:
    try:
        name = names.analysis_blob(names.song_folder(audio_file_id, born))
        return Analysis.model_validate_json(blobs.read(names.ANALYSES, name))
    except blobs.BlobMissing:
        return None


def separation(owner: str, audio_file_id: str, born: str) -> SeparationResult | None:
    row = _store.get(owner, f"{audio_file_id}_{born}")
    return row.separation if row else None


def row_of(owner: str, audio_file_id: str, born: str) -> AnalysisRow | None:
    """What is kept of an analysis beside its document."""
    return _store.get(owner, f"{audio_file_id}_{born}")


def delete(owner: str, audio_file_id: str, born: str) -> None:
    """Remove what was found in one life of a song; nothing happens when there is nothing."""
    row = _store.get(owner, f"{audio_file_id}_{born}")
    if row is not None:
        _delete(names.SONG_CHORDS, owner, row.chord_rows)
        _delete(names.SONG_FORMS, owner, row.form_rows)
        _store.delete(owner, _key(row))
    folder = names.song_folder(audio_file_id, born)
    blobs.delete(names.ANALYSES, names.analysis_blob(folder))
    blobs.delete(names.JAMS, names.jams_blob(folder))


def following(
    owner: str,
    chords: list[str],
    form: list[str],
    *,
    after: str | None,
    among: set[str] | None = None,
    since: float | None = None,
    voucher: str | None = None,
) -> Iterator[tuple[str, str]]:
    """(song, born) of the songs in which these chords (`chord_index.parse_query`) and these sections (`parse_form`)
    follow each other, either of them may be empty; in the order of their ids, from the one after `after`, and of those
    `among` which the song has to be alone, where any are given.

    From memory where they are there, else from the rows. Read as far as somebody goes on: what no row says, the
    analyses themselves are asked for one by one. `since` and `voucher` are as in `Mirror.page`.
    """
    last, several = f"{after}{rows.LAST}" if after is not None else None, _FIRST_AT_ONCE
    wanted = [
        Condition(name, "has", text)
        for name, text in (("chords", _joined(chords[:WINDOW])), ("form", _sections(_joined(form[:_FORM_WINDOW]))))
        if len(text) > 1
    ]
    marks = {*_runs(chords[:WINDOW]), *_runs(form[:_FORM_WINDOW])}
    is_long = len(chords) > WINDOW or len(form) > _FORM_WINDOW
    while True:
        page = _store.remembered(
            owner,
            "",
            after=last,
            conditions=wanted,
            limit=several,
            marks=marks,
            among=among,
            since=since,
            voucher=voucher,
        )
        if page is None:
            found = _in_rows(owner, chords, form, after)
            yield from (one for one in found if among is None or one[0] in among)
            return
        for row in page.rows:
            after = row["audio_file_id"]
            if not is_long or _follow(row, chords, form):
                yield row["audio_file_id"], row["born"]
        last, several = page.last_key, 4 * several
        if last is None:
            return


def everything() -> Iterator[tuple[str, AnalysisRow]]:
    """(owner, row) of every analysis: for invariants."""
    return _store.everything()


# -- rows ---------------------------------------------------------------------------------------------------------


def _words_of(found: Analysis) -> tuple[list[str], list[str]]:
    """The words of an analysis's chords, and of its sections."""
    return (
        chord_index.tokens([one.chord for one in found.chords]),
        chord_index.form_tokens([one.label for one in found.sections]),
    )


def _follow(row: dict[str, Any], chords: list[str], form: list[str]) -> bool:
    """Whether more chords and sections than a window has follow each other in a song that is remembered."""
    if row["is_whole"]:
        return _joined(chords) in row["chords"] and _sections(_joined(form)) in row["form"]
    return _follow_in_analysis(row["audio_file_id"], row["born"], chords, form)


def _follow_in_analysis(audio_file_id: str, born: str, chords: list[str], form: list[str]) -> bool:
    found = load(audio_file_id, born)
    if found is None:
        return False
    words, labels = _words_of(found)
    return chord_index.follow_each_other(words, chords) and chord_index.follow_each_other(labels, form)


def _in_rows(owner: str, chords: list[str], form: list[str], after: str | None) -> Iterator[tuple[str, str]]:
    sought = ((names.SONG_CHORDS, chords[:WINDOW]), (names.SONG_FORMS, form[:_FORM_WINDOW]))
    found: set[tuple[str, str]] | None = None
    for table_name, words in sought:
        if words:
            beginnings = rows.beginning_with(
                table_name, chord_index.joined(words), owner=owner, select=["RowKey"], results_per_page=1000
            )
            of_these = {_song_of(row["RowKey"]) for row in beginnings}
            found = of_these if found is None else found & of_these
    is_long = len(chords) > WINDOW or len(form) > _FORM_WINDOW
    for one in sorted(one for one in found or () if after is None or one[0] > after):
        if not is_long or _follow_in_analysis(*one, chords, form):
            yield one


def _song_of(row_key: str) -> tuple[str, str]:
    _, audio_file_id, born = row_key.rsplit("|", 2)
    return audio_file_id, born


def _remembered(row: AnalysisRow) -> IndexRows:
    """The words of a song, by which it is found without a query; of an analysis that does not tell them all, those of
    its windows."""
    shown = {
        "audio_file_id": row.audio_file_id, "born": row.born,
        "is_whole": row.chords is not None and row.form is not None,
        "chords": row.chords if row.chords is not None else "|".join(map(_window, row.chord_rows)),
        "form": _sections(row.form if row.form is not None else "|,".join(map(_window, row.form_rows))),
    }  # fmt: skip
    return {f"{row.audio_file_id}|{row.born}": shown}


def _marks(shown: dict[str, Any]) -> Iterator[str]:
    """Each chord and section of a song that is remembered, and each two and three that follow each other."""
    for words in (shown.get("chords", ""), shown.get("form", "")):
        for window in words.split("|"):
            yield from _runs(chord_index.split(window))


def _runs(words: list[str]) -> Iterator[str]:
    yield from words
    yield from map("".join, pairwise(words))
    yield from map("".join, zip(words, words[1:], words[2:], strict=False))


def _window(row_key: str) -> str:
    return row_key.rsplit("|", 2)[0]


def _sections(words: str) -> str:
    """Sections behind a comma, as each but the first one is anyway: a word is found as a whole."""
    return f",{words}"


def _upsert(table_name: str, owner: str, keys: Iterable[str]) -> None:
    _transact(
        table_name,
        [("upsert", {"PartitionKey": owner, "RowKey": key}, {"mode": UpdateMode.REPLACE}) for key in sorted(keys)],
    )


def _delete(table_name: str, owner: str, keys: Iterable[str]) -> None:
    """One after another: a transaction would fail with the first row that is gone already."""
    for key in keys:
        table(table_name).delete_entity(owner, key)


def _transact(table_name: str, operations: list) -> None:
    for start in range(0, len(operations), MOST_OPERATIONS):
        table(table_name).submit_transaction(operations[start : start + MOST_OPERATIONS])


def _key(row: AnalysisRow) -> str:
    return f"{row.audio_file_id}_{row.born}"


_store = Store(
    names.ANALYSES_TABLE,
    AnalysisRow,
    key=_key,
    index=lambda row: {},
    mirrored=True,
    remembers=_remembered,
    marks=_marks,
)
orphans, sweep = _store.orphans, _store.sweep
