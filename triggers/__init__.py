"""How work comes in: parse, authorise, call, answer."""
