"""From what a user wants to a plan for every stem.

plan.py      the plan of a request, or of a further take: by a language model where there is one, else by rule
rules.py     what was understood of a prompt or comment (ripieno.music.language) as plans
model.py     what a language model may propose (prompts/, services/llm.py)
"""
