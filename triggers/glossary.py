"""What the fields and parameters of the public API mean: one meaning a name, its unit and range, wherever it stands.

`Model.field` is a meaning of its own where that word means something else there. `openapi.py` reads it; a test sees to
it that nothing is without a meaning, and that nothing is explained which is not there.
"""

from __future__ import annotations

from typing import Any

MEANINGS: dict[str, str] = {
    # -- what things are called, where and when they came
    "audio_file_id": "the song's id, which follows from its bytes and its owner",
    "generation_request_id": "the id of a request for new stems",
    "upload_id": "the id of a direct upload",
    "job_id": "the id of a job at a model endpoint: the workflow instance, a colon, and the step",
    "endpoint_job_id": "the id by which the endpoint knows the job: a further attempt is a further job",
    "instance_id": "the workflow, by which an operator finds it in the portal or the Durable Functions Monitor",
    "owner": "whose it is",
    "born": "new each time the same bytes come into the library",
    "run": "how often the song has been analysed, this time included",
    "name": "the name of the element: bass, synth 2, mix",
    "original_file_name": "the name under which the file came",
    "file_name": "the name of the file, for people to know it by",
    "song_name": "the name under which its song came; null where it stands free",
    "title": "the title in the file's tags",
    "Problem.title": "the HTTP status in words",
    "artist": "the artist in the file's tags",
    "uploaded_at": "when it came (ISO 8601, UTC)",
    "analyzed_at": "when its analysis ended (ISO 8601, UTC)",
    "arrived_at": "when its song or request came, by which queues are served (ISO 8601, UTC)",
    "created_at": "when it was asked for (ISO 8601, UTC)",
    "made_at": "when it was asked for (ISO 8601, UTC)",
    "started_at": "when the endpoint began with it (ISO 8601, UTC)",
    "ended_at": "when it ended (ISO 8601, UTC)",
    "updated_at": "when this record was written last (ISO 8601, UTC)",
    "expires_at": "until when `upload_url` can be used (ISO 8601, UTC)",
    # -- how things stand
    "status": "how it stands",
    "Problem.status": "the HTTP status",
    "state": "how the job stands: submitting, queued, running, succeeded, failed, cancelled or refused",
    "stage": "the step that it is at",
    "fraction": "how much of it is done, 0 to 1",
    "progress": "how far its workflow is",
    "message": "how it stands, as a sentence",
    "code": "what went wrong, for programs: these words do not change",
    "detail": "what went wrong, and what to do about it",
    "error": "why it failed; null where it did not",
    "errors": "each field that is wrong, and why",
    "type": "a URI of the kind of problem (RFC 9457); always about:blank",
    "outcome": "ingested, duplicate, rejected or missing; null while the file is being read",
    "duplicate": "whether the library had these bytes already",
    "attempt": "the how-manieth try this is",
    "address": "the endpoint's address that has the job",
    "endpoint": "analysis, generation or directml",
    "kind": "what is done: separate, mir, structure, generate, mix, ...",
    "MixView.kind": "whether it is a mix or a master",
    "Health.status": "`degraded` while any part is missing",
    "Health.version": "of the platform",
    "parts": "storage and each model endpoint, by name",
    "ok": "whether it answers and can work",
    "Part.detail": "what is wrong with it; null where nothing is",
    "woken": "whether a workflow was waiting for it",
    "JobEvent.type": "what happened: job.ended",
    # -- addresses
    "status_url": "where to ask how it stands",
    "complete_url": "POST here when the bytes are there",
    "upload_url": "PUT the bytes here; it is a secret for as long as it lives",
    "headers": "the headers to PUT the bytes with",
    "webhook_url": "a public https address that is told when it has ended (Standard Webhooks)",
    "blob_url": "where to download it from, for an hour",
    "midi_url": "where to download the notes from as a MIDI file, for an hour",
    "links": "what else there is of it, by name",
    "blob_name": "its place in storage",
    "midi_blob_name": "the place of its notes in storage, as a MIDI file",
    "items": "the entries of this page",
    "next_cursor": "`cursor` of the next page; null on the last",
    # -- files
    "sha256": "of the bytes, in hexadecimal",
    "file_size_bytes": "the length of the file in bytes",
    "format": "the format of the file: wav, flac, mp3, ...; null where it is no audio",
    "stem_format": "the format to write: 24-bit wav or flac",
    "sample_rate": "in Hz",
    "channels": "1 is mono, 2 is stereo",
    "duration_seconds": "the length in seconds",
    "start_seconds": "where in the song it begins, in seconds",
    "loudness_lufs": "integrated loudness in LUFS (ITU-R BS.1770)",
    "GenerationParameters.loudness_lufs": "the loudness to bring stems to, in LUFS, in place of what fits the song",
    "loudness_range_lu": "from its quiet to its loud passages, in LU (EBU Tech 3342)",
    "peak": "the largest sample, 1 is full scale",
    "gain_db": "what the whole was turned by, in dB: so that nothing clips, or of a master before its limiter",
    "preset": "the mastering preset",
    # -- what was found in a song
    "bpm": "the tempo in beats a minute, of dotted beats in 6/8; null where there is no pulse",
    "time_signature": "such as 4/4 or 6/8",
    "key": "the tonic as a pitch class (F#); null where there is no key",
    "mode": "major or minor",
    "keys": "every key of the song, in order",
    "tuning_frequency": "the frequency of A4 in Hz",
    "beats": "every beat",
    "sections": "the parts of the form, in order",
    "chords": "the chords, in order",
    "chord": "in Harte's syntax (C:min7/b3); N where none sounds (Harte et al., ISMIR 2005)",
    "label": "intro, verse, chorus, bridge, ...",
    "bar_levels": "how loud each bar is, in dBFS (RMS)",
    "time": "in seconds from the beginning of the song",
    "start_time": "in seconds from the beginning of the song",
    "end_time": "in seconds from the beginning of the song",
    "position": "of the beat in its bar: 1 is a downbeat",
    "confidence": "how far it can be trusted, 0 to 1: of what is given 0.8, 80 % is right",
    "Confidences.bpm": "how far the tempo can be trusted, 0 to 1",
    "Confidences.beats": "how far the beats can be trusted, 0 to 1",
    "Confidences.key": "how far the key can be trusted, 0 to 1",
    "Confidences.chords": "how far the chords can be trusted, 0 to 1",
    "Confidences.sections": "how far the sections can be trusted, 0 to 1",
    "Confidences.tuning_frequency": "how far the tuning can be trusted, 0 to 1",
    "engines": "who found what, by task",
    "AudioFile.engines": "the engines that were asked for by task; none is the best that is there",
    "AnalysisOrder.engines": "the engine to use by task (separate, beats, chords); auto is the best that is there",
    # -- who made it
    "engine": "who made it, with which weights and under which licence",
    "Provenance.engine": "the name of the engine",
    "StemList.engine": "the engine that separated them",
    "GenerationOrder.engine": "the engine to make stems with; auto is the best that is there",
    "StemPlan.engine": "the engine to make it with; auto is the best that is there",
    "version": "of the engine",
    "license": "of the engine and its weights",
    "weights": "SHA-256 of the learned parameters (first 16 digits); null where there are none",
    "device": "what computed it: cuda, cpu, directml",
    "precision": "in what it was computed: fp32, fp16",
    "fallback": "whether it stands in for a better one that was not there",
    "approximate": "whether it stands in for a model: a stand-in never poses as one",
    "reason": "why it stands in",
    # -- what is asked for
    "order": "what was asked for",
    "parameters": "what is fixed; the song's findings and the planner fill in the rest",
    "target_stems": "what to make; the same twice are two elements (synth, synth 2); none is what the prompt names",
    "target_bpm": "the tempo in beats a minute, of dotted beats in 6/8",
    "GenerationParameters.time_signature": "the metre of music for no song, where it is not the style's own",
    "GenerationParameters.duration_seconds": "how long to play, in seconds; without a song about half a minute",
    "free_standing": "what music for no song is played to, given or chosen; null where it is for a song",
    "chord_progression": "a chord a bar, as musicians write them or in Harte's syntax",
    "section": "the part of the song to play: chorus, second chorus, chorus 2, last chorus",
    "tempo": "how the song's beats are followed: constant, smooth (without the jitter of their detection) or follow",
    "bars": "the first and the last bar to play, counted from 1",
    "style": "the genre to play in, or a blend of up to four: house 70%, bossa 30%",
    "prompt": "what it should be like, in words",
    "lyrics": "words for the vocals",
    "temperature": "how freely to play: 0 is the most likely, 1 is usual",
    "guidance": "how closely a model follows the prompt",
    "random_seed": "the same seed makes the same bytes, where the engine can",
    "takes": "every try at it, in order",
    "MixOrder.takes": "which take of each stem, by its name; else the approved or latest one",
    "gains": "how loud each part is against the others, in dB, by its name; `original` is one",
    "include_original": "whether the song itself is in the mix",
    "master": "the mastering preset; null is none",
    "MixAccepted.master": "the name of the master that follows; null where none was asked for",
    "take": "the number of the take",
    "Verdict.take": "the number of the take; null is the latest",
    "comment": "what is to be different; a rejected take with a comment makes a new one that heeds it",
    # -- what was made
    "plan": "how it is to be made",
    "planner": "who planned it, and why rules did where they stood in",
    "usage": "what planning cost",
    "calls": "calls of the language model",
    "prompt_tokens": "tokens that the language model read",
    "completion_tokens": "tokens that the language model wrote",
    "cost": "in US dollars; null where no price is set",
    "stems": "the stems",
    "mixes": "the mixes and masters",
    "stem": "the file that came of it; null until it is made",
    "stem_type": "vocals, drums, bass, guitar, piano, synth or other",
    "instrument": "the instrument to play it with; null is the style's own",
    "pitch_register": "how high to play, an octave down (-1) to an octave up (1)",
    "density": "how many notes, fewer (-1) to more (1) than usual",
    "brightness": "darker (-1) to brighter (1) than usual",
    "dynamics": "softer (-1) to louder (1) than usual",
    "articulation": "staccato, normal or legato",
    "score": "how well it fits, as far as that can be measured",
    "overall": "the mean of what could be measured, 0 to 1",
    "beat_alignment": "how far its onsets lie on the grid rather than between, 0 to 1",
    "tempo_error": "how far the tempo is off, as a share of what was asked for",
    "chord_agreement": "how well the chords explain what sounds, beside their transpositions, 0 to 1",
    "key_agreement": "the correlation of what sounds with the profile of the key, -1 to 1",
    "energy_correlation": "of its level with the energy asked for, bar by bar, -1 to 1",
    "offset_ms": "how late it is, in milliseconds",
    "remarks": "what is wrong, as sentences",
    # -- parameters of lists
    "?limit": "at most so many entries",
    "?cursor": "`next_cursor` of the page before, unchanged, with the same filters",
    "?sha256": "the one song of just these bytes: their SHA-256 in lower-case hex",
    "?named": "songs whose file name or id begins so, in any case; a folder before the name does not count",
    "?bpm_min": "songs of at least this tempo, in beats a minute",
    "?bpm_max": "songs of at most this tempo, in beats a minute",
    "?key": "songs in this key; C# finds Db",
    "?mode": "songs in major, or in minor",
    "?status": "only those with this status",
    "?state": "only jobs in this state: submitting, queued, running, succeeded, failed, cancelled or refused",
    "?kind": "only jobs of this kind: separate, mir, structure, generate, mix, master, ...",
    "?audio_file_id": "only those of this song: its id",
    "?uploaded_after": "songs that came after this time (ISO 8601)",
    "?uploaded_before": "songs that came before this time (ISO 8601)",
    "?chords": "songs in which these chords follow each other: C, G, Am, F",
    "?form": "songs in which these sections follow each other: verse, chorus, bridge",
    "?file_name": "the name of the file, where no header x-file-name says it",
    "?webhook_url": "a public https address that is told when the song is analysed (Standard Webhooks)",
    "?generation": "stems to make as soon as it is analysed: a generation order as JSON",
}


NULLS: dict[str, str] = {
    "Score.*": "does not apply or could not be measured",
    "MixView.*": "until it is made",
    "MixView.preset": "of a mix: it has none",
    "JobRecord.*": "as long as that is not known",
    "JobRecord.audio_file_id": "of a job for no song",
    "UploadOutcome.*": "while the file is being read, or where it was no song",
    "GenerationParameters.*": "leaves it to the song, the prompt or the style",
    "GenerationParameters.random_seed": "is one that the request's id gives",
    "GenerationParameters.guidance": "is the engine's own",
    "GenerationParameters.loudness_lufs": "is that peak",
    "AudioFile.*": "where the file does not say",
    "AudioFile.mode": "where there is no key, or no analysis yet",
    "AudioSummary.mode": "where there is no key, or no analysis yet",
    "AudioSummary.duration_seconds": "where it is no audio",
    "AudioFile.analyzed_at": "until then",
    "AudioFile.webhook_url": "tells nobody",
    "AudioFile.progress": "in a list",
    "Analysis.loudness_lufs": "where there is only silence, or an older analysis did not measure it",
    "Analysis.time_signature": "where there is no pulse",
    "Analysis.mode": "where there is no key",
    "Analysis.tuning_frequency": "where nothing has a pitch",
    "AudioAccepted.generation_request_id": "where none were asked for",
    "GeneratedStem.midi_blob_name": "of audio that was not made from notes",
    "Generation.audio_file_id": "where it stands free",
    "GenerationOrder.audio_file_id": "is free-standing, for no song",
    "Generation.*": "until it is planned",
    "Problem.*": "where that is not what is wrong",
    "Progress.audio_file_id": "until that is known",
    "Provenance.device": "where that makes no difference",
    "Provenance.precision": "where that makes no difference",
    "Provenance.reason": "where it does not",
    "StemPlan.*": "is the whole of what the request plays",
    "Take.planner": "until it is planned",
    "Take.comment": "where nothing was said",
    "Take.*": "until it can be heard",
    "webhook_url": "tells nobody",
}
"""What null means, where the meaning of the field does not say so; `Model.*` is for the others of a model."""

TAGS: dict[str, str] = {
    "songs": "Bring songs in, find them, read and hear what is in them, delete them.",
    "generations": "New stems: ask for them, hear them, approve or reject each, mix them with the song.",
    "jobs": "What was asked of which model endpoint, and what became of it.",
    "platform": "How the platform is, and this description of it.",
}
"""What the routes of a tag are for, in the order in which people need them."""

VALUES: dict[str, dict[str, str]] = {
    "AudioFileStatus": {
        "uploaded": "it is there", "analyzing": "it is being analysed", "analyzed": "everything is known of it",
        "failed": "it is no song, or could not be analysed: see `error`",
    },
    "AudioFormat": {
        "wav": "RIFF", "mp3": "MPEG layer 3", "flac": "FLAC", "ogg": "Vorbis or Opus", "m4a": "AAC or ALAC",
    },
    "GenerationStatus": {
        "pending": "it waits", "planning": "its stems are being planned", "generating": "they are being made",
        "awaiting_review": "they can be heard: approve or reject each", "completed": "each has its verdict",
        "failed": "nothing could be made: see `error`", "cancelled": "somebody stopped it",
    },
    "TakeStatus": {
        "generating": "it is being made", "generated": "it can be heard", "approved": "it is the one",
        "rejected": "it is not", "failed": "it could not be made: see `error`", "cancelled": "somebody stopped it",
        "unreviewed": "nobody said anything for a long time",
    },
    "StemType": {
        "vocals": "voices", "drums": "drums and percussion", "bass": "bass", "guitar": "guitars",
        "piano": "piano and other keys", "synth": "synthesizers and pads", "other": "whatever else",
    },
    "Mode": {"major": "major, and modes like it", "minor": "minor, and modes like it"},
    "JobState": {
        "queued": "it waits", "running": "it is being done", "succeeded": "its result is there",
        "failed": "see `error`", "cancelled": "somebody stopped it",
    },
}  # fmt: skip
"""What the values of the closed vocabularies mean."""

CONTRACTS: dict[str, str] = {
    "AudioPage": "A page of songs.",
    "Section": "A part of the form, from one bar line to another.",
    "StemLink": "One separated stem: as long as the song, sample for sample.",
    "StemList": "The stems of a song, with addresses to fetch them from.",
    "GenerationAccepted": "Answer to a request for new stems.",
    "GenerationList": "A page of requests for stems.",
    "JobPage": "A page of endpoint jobs.",
}
"""What a contract is, where its own words do not say."""


def meaning(name: str, of: str = "") -> str | None:
    """What a field of a model means, or a query parameter, which is called `?name`."""
    return MEANINGS.get(f"{of}.{name}") or MEANINGS.get(name)


def explained(model: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of one model or vocabulary, with the meaning of all that has no description of its own."""
    plain = model.partition("-")[0]
    if plain in VALUES:
        schema["description"] = "; ".join(f"`{value}`: {about}" for value, about in VALUES[plain].items())
    elif not schema.get("description") and plain in CONTRACTS:
        schema["description"] = CONTRACTS[plain]
    for name, about in schema.get("properties", {}).items():
        said = about.get("description") or meaning(name, plain)
        if said and {"type": "null"} in about.get("anyOf", []) and "null" not in said:
            null = NULLS.get(f"{plain}.{name}") or NULLS.get(name) or NULLS.get(f"{plain}.*")
            said = f"{said}; null {null}" if null else said
        if said:
            about["description"] = said
    return schema


def explain(schemas: dict[str, Any]) -> dict[str, Any]:
    """Schemas by the names of their models, each explained."""
    return {model: explained(model, schema) for model, schema in schemas.items()}
