"""From what a user wants to a plan for every stem.

plan.py      the plan of a request, or of a further take: by a language model where there is one, else by rule
rules.py     words of a prompt as shades of playing (words.json)
styles.py    the style that it names, or the blend
model.py     a language model behind any OpenAI-compatible address (prompts/)
"""
