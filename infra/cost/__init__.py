"""What Ripieno costs on Azure, which shape keeps its promises, and what breaks first: a bill, a simulation, limits.

    python -m infra.cost --songs-a-day 1000 --minutes 3 --stems 2
    python -m infra.cost --chart docs/scale.svg

`figures.json` has what a song takes and where that figure is from, `prices.json` what Azure takes for it. Seconds, US
dollars, months of 730 hours, gigabytes of 10^9 bytes.
"""
