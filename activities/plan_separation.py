"""In which order the ways to separate are tried, from the settings."""

import azure.durable_functions as df

from ripieno.contracts.workflow import SEPARATION_WAYS, SeparationStep
from ripieno.services.settings import settings

blueprint = df.Blueprint()


@blueprint.function_name("PlanSeparation")
@blueprint.activity_trigger(input_name="order")
def plan_separation(order: dict) -> list[dict]:
    """The steps of `RIPIENO_SEPARATION` (`auto`, or some of gpu, directml, cpu, dsp in order of preference)."""
    chosen = settings()
    unknown = [name for name in chosen.separation if name not in SEPARATION_WAYS]
    if unknown or not chosen.separation:
        raise ValueError(
            f"RIPIENO_SEPARATION knows {', '.join(SEPARATION_WAYS)}, not {', '.join(unknown) or 'nothing at all'}"
        )
    return [_step(name).model_dump() for name in chosen.separation]


def _step(name: str) -> SeparationStep:
    endpoint, engine = SEPARATION_WAYS[name]
    return SeparationStep.model_validate(
        {"name": name, "endpoint": endpoint, "engine": engine, "stem_format": settings().stem_format}
    )
