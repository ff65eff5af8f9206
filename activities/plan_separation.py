"""In which order the ways to separate are tried, from the settings."""

import azure.durable_functions as df

from segno.contracts.workflow import SeparationStep
from segno.services.settings import settings

blueprint = df.Blueprint()

_STEPS = {
    "auto": ("analysis", "auto"),
    "gpu": ("analysis", "auto@cuda"),
    "directml": ("directml", "auto"),
    "cpu": ("analysis", "auto@cpu"),
    "dsp": ("analysis", "dsp"),
}


@blueprint.function_name("PlanSeparation")
@blueprint.activity_trigger(input_name="order")
def plan_separation(order: dict) -> list[dict]:
    """The steps of `SEGNO_SEPARATION` (`auto`, or some of gpu, directml, cpu, dsp in order of preference)."""
    chosen = settings()
    unknown = [name for name in chosen.separation if name not in _STEPS]
    if unknown or not chosen.separation:
        raise ValueError(f"SEGNO_SEPARATION knows {', '.join(_STEPS)}, not {', '.join(unknown) or 'nothing at all'}")
    return [
        SeparationStep.model_validate(
            {"name": name, "endpoint": _STEPS[name][0], "engine": _STEPS[name][1], "stem_format": chosen.stem_format}
        ).model_dump()
        for name in chosen.separation
    ]
