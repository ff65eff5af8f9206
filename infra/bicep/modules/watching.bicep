metadata description = 'What infra/dashboards says: a probe from outside, alerts by query and by metric, a workbook.'

param names object
param location string
param tags object
param insightsId string
param metricsId string
@description('None where the endpoints run elsewhere than on AKS.')
param clusterName string
param peopleId string
param url string
@description('infra/dashboards/availability.json')
param probe object
@description('infra/dashboards/alerts/queries.json')
param queries object
@description('infra/dashboards/alerts/prometheus.json')
param metrics object
@description('infra/dashboards/workbook.json, as text')
param workbook string

resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${probe.name}-${names.app}'
  location: location
  tags: union(tags, { 'hidden-link:${insightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${probe.name}-${names.app}'
    Name: probe.name
    Enabled: true
    Kind: 'standard'
    Frequency: probe.frequencySeconds
    Timeout: probe.timeoutSeconds
    RetryEnabled: probe.retryEnabled
    Locations: [for place in probe.locations: { Id: place }]
    Request: {
      RequestUrl: '${url}${probe.request.path}'
      HttpVerb: probe.request.method
      ParseDependentRequests: false
    }
    ValidationRules: {
      IgnoreHttpStatusCode: probe.validation.ignoreHttpStatusCode
      SSLCheck: probe.validation.sslCheck
      SSLCertRemainingLifetimeCheck: probe.validation.sslCertRemainingLifetimeDays
      ContentValidation: { ContentMatch: probe.validation.contentMatch, PassIfTextFound: true }
    }
  }
}

resource down 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: probe.alert.name
  location: 'global'
  tags: tags
  properties: {
    description: probe.alert.description
    severity: probe.alert.severity
    enabled: true
    scopes: [test.id, insightsId]
    evaluationFrequency: probe.alert.every
    windowSize: probe.alert.window
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: test.id
      componentId: insightsId
      failedLocationCount: probe.alert.failedLocationCount
    }
    actions: [{ actionGroupId: peopleId }]
  }
}

resource asked 'Microsoft.Insights/scheduledQueryRules@2025-01-01-preview' = [
  for rule in queries.rules: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.name
      description: '${rule.description} ${rule.runbook}'
      severity: rule.severity
      enabled: true
      scopes: [insightsId]
      windowSize: rule.window
      evaluationFrequency: rule.every
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: join(rule.query, '\n')
            timeAggregation: queries.timeAggregation
            operator: queries.operator
            threshold: queries.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [peopleId] }
    }
  }
]

resource counted 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = [
  for group in metrics.groups: if (!empty(clusterName)) {
    name: group.name
    location: location
    tags: tags
    properties: {
      enabled: true
      clusterName: clusterName
      scopes: [metricsId]
      interval: 'PT${toUpper(group.interval)}'
      rules: [
        for rule in group.rules: contains(rule, 'record')
          ? { record: rule.record, expression: rule.expr, enabled: true }
          : {
              alert: rule.alert
              expression: rule.expr
              for: 'PT${toUpper(rule.for)}'
              enabled: true
              severity: int(rule.labels.severity)
              annotations: rule.annotations
              actions: [{ actionGroupId: peopleId }]
            }
      ]
    }
  }
]

resource shown 'Microsoft.Insights/workbooks@2023-06-01' = if (!empty(workbook)) {
  name: guid(insightsId, 'ripieno')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Ripieno'
    category: 'workbook'
    sourceId: toLower(insightsId)
    serializedData: workbook
  }
}
