"""The JAMS file of an analysis."""

import azure.durable_functions as df

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis
from ripieno.contracts.workflow import AnalysisInput
from ripieno.services import blobs, jams_file, library

blueprint = df.Blueprint()


@blueprint.function_name("WriteJams")
@blueprint.activity_trigger(input_name="request")
def write_jams(request: dict) -> dict:
    order = AnalysisInput.model_validate(request)
    analysis = Analysis.model_validate(blobs.read_json(names.JOBS, request["analysis"]["blob_name"]))
    song = library.get(order.owner, order.audio_file_id).model_copy(update=request["metadata"])
    document = jams_file.build(song, analysis).encode()
    blobs.upload(names.JAMS, names.jams_blob(order.audio_file_id), document)
    return {"file_size_bytes": len(document)}
