"""Checks of everything in `infra/`, offline: what no compiler or cluster is here to say.

Each kind is a module or package beside this file with one function, `problems(root)`: a sentence for each problem, with
file and line where they are known; none where all is well. `python -m infra.checks [kind ...]` runs them.
"""

from __future__ import annotations

KINDS = ("bicep", "settings", "kubernetes", "docker", "workflows", "dashboards")
