"""What may be asked for, here and now."""

from __future__ import annotations

import azure.durable_functions as df

from ripieno.contracts.catalogue import Catalogue
from ripieno.contracts.enums import Role
from ripieno.work import cataloguing
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()


@route(blueprint, "GET", "/catalogue", role=Role.VIEWER, tag="platform", answers={200: Catalogue})
def get_catalogue(call: Call[None]) -> Answer:
    """What may be asked for here and now.

    Styles, instruments, moods, forms, languages, voices, engines with their licences, mastering presets and formats:
    the data that pieces are planned with, and the engines as the endpoints tell of them at this moment.
    """
    return Answer(cataloguing.catalogue())
