"""How much the platform bears, and how well: `python -m tests.load WHAT`, each with a bound that it keeps or misses."""
