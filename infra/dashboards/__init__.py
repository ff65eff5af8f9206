"""What is looked at, and who is called: a workbook, a Grafana dashboard, a probe and alert rules, as data.

    workbook.json        made by `python -m infra.dashboards` of panels.py; a workbook's serializedData in Bicep
    grafana.json         made by the same; imported into Grafana
    availability.json    the probe, and when it calls somebody
    alerts/queries.json  rules that ask Application Insights (scheduledQueryRules)
    alerts/prometheus.json  rule groups of managed Prometheus, in Prometheus' own form (promtool reads it)

`python -m infra.checks dashboards` holds each against the names, units and attributes that the code emits.
"""
