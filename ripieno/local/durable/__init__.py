"""A durable engine on SQLite that drives the real Durable Functions SDK (1.x) by feeding it its history.

Conventions
    instance     one orchestration, named by its instance id; `generation` counts its continue-as-new restarts
    episode      one replay of an orchestrator: history + new events in, actions out, committed in one transaction
    inbox        events that have happened to an instance and that no episode has consumed yet
    task id      the integer the SDK gives each action, in the order in which the orchestrator yields them

Not implemented, and refused by name: entities, rewind, `call_http`, scheduled starts across machines.
"""
