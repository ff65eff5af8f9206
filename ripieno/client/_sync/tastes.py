# Made by scripts/unasync.py from _async/tastes.py: change that one.
"""What you like, as it was learned from what you said."""

from __future__ import annotations

from ripieno.client._sync.connection import Connection
from ripieno.client.filters import given
from ripieno.contracts.preferences import Aspect, Preferences, PreferencesFile, Relearned


class Tastes(Connection):
    def preferences(self) -> Preferences:
        """What was learned of your taste, in words and figures.

        Examples
        --------
        >>> ripieno.preferences().verdicts >= 0
        True
        """
        return self._ask(Preferences, "GET", "preferences")

    def forget_preferences(self, of: Aspect | None = None) -> Preferences:
        """Forget all of it, or one thing; what is left.

        Parameters
        ----------
        of : engines, styles, density, pitch_register, brightness, dynamics, swing or timing

        Examples
        --------
        >>> ripieno.forget_preferences("styles").styles
        []
        """
        return self._ask(Preferences, "DELETE", "preferences", params=given({"of": of}))

    def export_preferences(self) -> PreferencesFile:
        """All of it, with every lesson that it was learned from.

        Examples
        --------
        >>> len(ripieno.export_preferences().lessons) <= 300
        True
        """
        return self._ask(PreferencesFile, "GET", "preferences/export")

    def rebuild_preferences(self) -> Relearned:
        """Learn again from all that you said and that is still there; it brings back what was forgotten.

        Examples
        --------
        >>> ripieno.rebuild_preferences().verdicts <= 300
        True
        """
        return self._ask(Relearned, "POST", "preferences/rebuild")
