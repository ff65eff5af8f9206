"""The JAMS file of an analysis."""

import azure.durable_functions as df

from segno.contracts import names
from segno.contracts.analysis import Analysis
from segno.contracts.workflow import AnalysisInput
from segno.services import blobs, jams_file, library

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
