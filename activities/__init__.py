"""One step each, idempotent, the only place in a workflow with side effects: load, call one service, save, return."""
