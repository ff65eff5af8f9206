"""What a load costs a month on Azure, by service, in the cheapest shape that keeps every promise."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from infra.cost import billing, choosing, limits
from infra.cost.figures import Load, prices


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description=__doc__)
    parser.add_argument("--songs-a-day", type=float, default=1000, metavar="N")
    parser.add_argument("--minutes", type=float, default=3, help="of a song")
    parser.add_argument("--stems", type=int, default=2, help="new stems for each song")
    parser.add_argument("--engine", choices=("symbolic", "musicgen"), default="symbolic", help="that makes them")
    parser.add_argument("--at-once", type=int, default=100, help="songs in the same second, each within five minutes")
    parser.add_argument("--model", action="store_true", help="a language model plans")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--limits", action="store_true", help="what is full first, in songs a day")
    parser.add_argument("--chart", type=Path, help="draw 100 at once, and what is full first, as SVG")
    chosen = parser.parse_args()
    load = Load(chosen.songs_a_day, chosen.minutes, chosen.stems, chosen.engine, chosen.at_once)
    if chosen.chart:
        from infra.cost import chart

        chosen.chart.write_text(chart.drawn(load))
    elif chosen.limits:
        for one in limits.limits(load):
            print(f"{one.songs_a_day:>14,.0f} songs a day: {one.part} (then {one.then})")
    else:
        costs(load, with_model=chosen.model, as_json=chosen.json)


def costs(load: Load, *, with_model: bool, as_json: bool) -> None:
    try:
        found = choosing.cheapest(load)
    except ValueError as fault:
        raise SystemExit(str(fault)) from None
    if not found:
        raise SystemExit(f"no shape of up to {choosing.MOST_NODES} nodes of a kind keeps the promises at this load")
    best, *others = found
    lines = billing.bill(load, best.shape, with_model=with_model)
    if as_json:
        told = {"shape": str(best.shape), "dollars_a_month": lines, "total": sum(lines.values()),
                "others": {str(one.shape): one.dollars for one in others}, "prices_of": prices()["as_of"]}  # fmt: skip
        print(json.dumps(told, indent=1))
        return
    print(f"{best.shape}\n")
    for service, dollars in lines.items():
        print(f"{dollars:>10,.0f}  {service}")
    print(f"{sum(lines.values()):>10,.0f}  US dollars a month\n")
    for one in others:
        print(f"{one.dollars:>10,.0f}  with {one.shape}")
    print(f"\nPrices of {prices()['as_of']}. {prices()['note']}")


if __name__ == "__main__":
    main()
