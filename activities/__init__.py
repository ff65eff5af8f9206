"""One step each, idempotent: the only places in a workflow with side effects. Each parses, calls one function of
`ripieno.work`, and answers with small JSON."""
