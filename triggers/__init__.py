"""How work comes in: parse, authorise, call, answer. `routing.py` is the one place where a route is declared."""
