"""The composition root: one Functions app of small blueprints, loaded by Azure, Core Tools and the embedded host."""

import azure.durable_functions as df

import activities.compositions
import activities.endpoint_jobs
import activities.removal
import activities.sets
import activities.songs
import activities.voices
import activities.works
import orchestrators.composition
import orchestrators.dj_set
import orchestrators.endpoint_job
import orchestrators.export
import orchestrators.ingest
import orchestrators.mix
import orchestrators.pipeline
import orchestrators.removal
import orchestrators.talk
import orchestrators.version
import orchestrators.voices
import orchestrators.work
import triggers.account
import triggers.audio
import triggers.audit
import triggers.callbacks
import triggers.catalogue
import triggers.compositions
import triggers.feedback
import triggers.generations
import triggers.harmony
import triggers.health
import triggers.identity
import triggers.inbox
import triggers.jobs
import triggers.masters
import triggers.moderation
import triggers.openapi
import triggers.ops
import triggers.preferences
import triggers.reference
import triggers.removals
import triggers.sets
import triggers.shares
import triggers.timers
import triggers.understanding
import triggers.unknown
import triggers.uploads
import triggers.usage
import triggers.visits
import triggers.voices
import triggers.webhooks
from ripieno.services import telemetry
from ripieno.work import measuring, preparing

PARTS = (
    triggers.audio, triggers.uploads, triggers.removals, triggers.generations, triggers.compositions, triggers.feedback,
    triggers.preferences, triggers.understanding, triggers.catalogue, triggers.harmony, triggers.masters,
    triggers.voices, triggers.sets, triggers.moderation, triggers.jobs, triggers.callbacks, triggers.health,
    triggers.identity, triggers.visits, triggers.shares, triggers.usage, triggers.webhooks, triggers.account,
    triggers.ops, triggers.audit, triggers.openapi, triggers.reference, triggers.unknown, triggers.inbox,
    triggers.timers,
    orchestrators.pipeline, orchestrators.ingest, orchestrators.work, orchestrators.version, orchestrators.mix,
    orchestrators.composition, orchestrators.export, orchestrators.endpoint_job, orchestrators.removal,
    orchestrators.voices, orchestrators.dj_set, orchestrators.talk,
    activities.songs, activities.works, activities.compositions, activities.endpoint_jobs, activities.removal,
    activities.voices, activities.sets,
)  # fmt: skip

telemetry.configure_logs()
if telemetry.start("app"):
    measuring.show()
preparing.at_start()

app = df.DFApp()
for part in PARTS:
    app.register_functions(part.blueprint)
