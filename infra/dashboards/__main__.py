"""Write `workbook.json` and `grafana.json` anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.dashboards import grafana, workbook

HERE = Path(__file__).resolve().parent


def text(of: dict[str, Any]) -> str:
    return json.dumps(of, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (HERE / "workbook.json").write_text(text(workbook.made()))
    (HERE / "grafana.json").write_text(text(grafana.made()))
