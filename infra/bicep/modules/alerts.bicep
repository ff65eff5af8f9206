metadata description = 'Who is told when money runs away or a service falls; what the app measures of itself is in infra/dashboards.'

param names object
param tags object
param emails array
param appId string
param storageId string
param vaultId string
@description('US dollars a month.')
param budget int
@description('The first of a month, as budgets begin.')
param budgetFrom string

resource people 'Microsoft.Insights/actionGroups@2024-10-01-preview' = {
  name: names.people
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'ripieno'
    emailReceivers: [
      for (email, number) in emails: { name: 'person-${number}', emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

var watched = [
  {
    name: 'app-answers-with-faults'
    about: 'The app answered more than ten requests with a 5xx within five minutes.'
    scope: appId
    space: 'Microsoft.Web/sites'
    metric: 'Http5xx'
    how: 'Total'
    operator: 'GreaterThan'
    threshold: 10
    severity: 1
  }
  {
    name: 'storage-falls'
    about: 'Less than 99.9 % of the requests to storage were answered.'
    scope: storageId
    space: 'Microsoft.Storage/storageAccounts'
    metric: 'Availability'
    how: 'Average'
    operator: 'LessThan'
    threshold: 99
    severity: 1
  }
  {
    name: 'vault-falls'
    about: 'Key Vault does not answer: the app cannot start anew.'
    scope: vaultId
    space: 'Microsoft.KeyVault/vaults'
    metric: 'Availability'
    how: 'Average'
    operator: 'LessThan'
    threshold: 99
    severity: 2
  }
]

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for one in watched: {
    name: '${names.people}-${one.name}'
    location: 'global'
    tags: tags
    properties: {
      description: one.about
      severity: one.severity
      enabled: true
      scopes: [one.scope]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: one.metric
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: one.space
            metricName: one.metric
            timeAggregation: one.how
            operator: one.operator
            threshold: one.threshold
          }
        ]
      }
      actions: [{ actionGroupId: people.id }]
    }
  }
]

resource money 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: names.people
  properties: {
    category: 'Cost'
    amount: budget
    timeGrain: 'Monthly'
    timePeriod: { startDate: budgetFrom }
    notifications: {
      half: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 50
        thresholdType: 'Actual'
        contactEmails: emails
        contactGroups: [people.id]
      }
      soonAll: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: emails
        contactGroups: [people.id]
      }
      all: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Actual'
        contactEmails: emails
        contactGroups: [people.id]
      }
    }
  }
}

output peopleId string = people.id
