"""A song's analysis at rest: the whole document as a blob, and searchable rows by song."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, SeparationResult
from ripieno.services import blobs
from ripieno.services.storage import table

_BATCH = 100  # the most operations in one table transaction


def save(owner: str, audio_file_id: str, analysis: Analysis, separation: SeparationResult) -> None:
    """Write everything that an analysis is; repeating it, or writing a shorter one over it, leaves just the last."""
    blobs.upload_json(names.ANALYSES, names.analysis_blob(audio_file_id), analysis.model_dump())
    table(names.ANALYSIS_RESULTS).upsert_entity({
        "PartitionKey": audio_file_id, "RowKey": "current", "owner": owner,
        **{name: value for name, value in analysis.model_dump(
            include={"duration_seconds", "bpm", "time_signature", "key", "mode", "tuning_frequency"}).items()
            if value is not None},
        "confidence": analysis.confidence.model_dump_json(),
        "engines": json.dumps({task: engine.model_dump() for task, engine in analysis.engines.items()}),
        "separation": separation.model_dump_json(),
        "beat_count": len(analysis.beats),
    }, mode=UpdateMode.REPLACE)  # fmt: skip
    _replace_rows(names.SECTIONS, owner, audio_file_id, [section.model_dump() for section in analysis.sections])
    _replace_rows(names.CHORD_ANNOTATIONS, owner, audio_file_id, [chord.model_dump() for chord in analysis.chords])


def load(audio_file_id: str) -> Analysis | None:
    try:
        return Analysis.model_validate_json(blobs.read(names.ANALYSES, names.analysis_blob(audio_file_id)))
    except blobs.BlobMissing:
        return None


def load_separation(audio_file_id: str) -> SeparationResult | None:
    try:
        row = table(names.ANALYSIS_RESULTS).get_entity(audio_file_id, "current")
    except ResourceNotFoundError:
        return None
    return SeparationResult.model_validate_json(row["separation"])


def delete(audio_file_id: str) -> None:
    for table_name in (names.ANALYSIS_RESULTS, names.SECTIONS, names.CHORD_ANNOTATIONS):
        keys = [row["RowKey"] for row in _rows(table_name, audio_file_id)]
        _transact(table_name, [("delete", {"PartitionKey": audio_file_id, "RowKey": key}) for key in keys])
    blobs.delete(names.ANALYSES, names.analysis_blob(audio_file_id))
    blobs.delete(names.JAMS, names.jams_blob(audio_file_id))
    blobs.delete_prefix(names.STEMS, f"{audio_file_id}/")


def _replace_rows(table_name: str, owner: str, audio_file_id: str, rows: list[dict[str, Any]]) -> None:
    wanted = {f"{index:05d}": row for index, row in enumerate(rows)}
    upserts = [
        ("upsert", {**row, "PartitionKey": audio_file_id, "RowKey": key, "owner": owner}) for key, row in wanted.items()
    ]
    surplus = [row["RowKey"] for row in _rows(table_name, audio_file_id) if row["RowKey"] not in wanted]
    deletes = [("delete", {"PartitionKey": audio_file_id, "RowKey": key}) for key in surplus]
    _transact(table_name, upserts + deletes)


def _rows(table_name: str, audio_file_id: str) -> Iterable[dict[str, Any]]:
    return table(table_name).query_entities(
        "PartitionKey eq @song", parameters={"song": audio_file_id}, select=["PartitionKey", "RowKey"]
    )


def _transact(table_name: str, operations: list[tuple[str, dict[str, Any]]]) -> None:
    for start in range(0, len(operations), _BATCH):
        table(table_name).submit_transaction(operations[start : start + _BATCH])
