"""The composition root: one Functions app of small blueprints, loaded by Azure, Core Tools and the embedded host."""

import azure.durable_functions as df

from activities import (
    endpoint_jobs,
    generation_mixes,
    generation_requests,
    generation_takes,
    identify_audio,
    mark_status,
    notify_generation,
    notify_owner,
    plan_separation,
    read_basic_metadata,
    register_audio,
    save_analysis,
    sweep_deleted_song,
    write_jams,
)
from orchestrators import analysis, delete_song, endpoint_job, generation, mix, pipeline, separation, stem
from triggers import audio, blob_drop, callbacks, generations, health, jobs, openapi, timers, uploads

PARTS = (
    audio, uploads, blob_drop, generations, callbacks, jobs, health, openapi, timers,
    pipeline, analysis, separation, generation, stem, mix, endpoint_job, delete_song,
    identify_audio, register_audio, read_basic_metadata, mark_status, plan_separation, endpoint_jobs,
    write_jams, save_analysis, notify_owner, sweep_deleted_song,
    generation_requests, generation_takes, generation_mixes, notify_generation,
)  # fmt: skip

app = df.DFApp()
for part in PARTS:
    app.register_functions(part.blueprint)
