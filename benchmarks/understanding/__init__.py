"""How well what musicians say is understood by rule: a file of sentences with what must come out, scored."""
