"""docs/telemetry.md shows the lists as they are, and every activity and orchestration is told by its name."""

from __future__ import annotations

from pathlib import Path

from ripieno.services.telemetry import instruments
from ripieno.services.telemetry.__main__ import table

ROOT = Path(__file__).parents[4]


def test_the_document_has_the_lists_as_they_are():
    said = (ROOT / "docs" / "telemetry.md").read_text()
    assert table() in said, "write it anew: python -m ripieno.services.telemetry"


def test_every_activity_is_told_by_the_name_it_is_called_by(storage):
    import function_app  # it looks for its storage

    for one in function_app.app.get_functions():
        if one.get_trigger().type == "activityTrigger":  # its function's name is what `watching` has
            function = one.get_user_function().__name__
            assert "".join(part.capitalize() for part in function.split("_")) == one.get_function_name()


def test_there_are_fewer_routes_than_an_attribute_may_have_values(storage):
    import function_app  # declares them
    from ripieno.services.telemetry.recording import MOST_VALUES
    from triggers.routing import routes

    assert function_app.app and "http.route" in instruments.HTTP_DURATION.attributes
    assert len({one.path for one in routes()}) < MOST_VALUES
