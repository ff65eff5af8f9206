metadata description = 'Where everything is told: logs and traces, and the metrics that Prometheus collects from pods.'

param names object
param location string
param tags object
param retentionDays int
@description('Without it, only who has a role may tell or read anything.')
param localAuth bool
@description('Whether logs may come and be read over the internet.')
param publicNetwork bool
@description('Who tells: the app and the endpoints.')
param tellers array

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: names.logs
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: !localAuth }
    publicNetworkAccessForIngestion: 'Enabled' // traces come by their own path, with a role; see infra/bicep/README.md
    publicNetworkAccessForQuery: publicNetwork ? 'Enabled' : 'Disabled'
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: names.insights
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: !localAuth
    publicNetworkAccessForIngestion: 'Enabled'
    publicNetworkAccessForQuery: publicNetwork ? 'Enabled' : 'Disabled'
  }
}

resource metrics 'Microsoft.Monitor/accounts@2023-04-03' = {
  name: names.metrics
  location: location
  tags: tags
  properties: { publicNetworkAccess: publicNetwork ? 'Enabled' : 'Disabled' }
}

resource tells 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in tellers: {
    scope: insights
    name: guid(insights.id, principal, metricsPublisher)
    properties: {
      principalId: principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    }
  }
]

output logsId string = logs.id
output insightsId string = insights.id
output insightsName string = insights.name
@description('Says where, not who: with local auth off it opens nothing by itself.')
output insightsAddress string = insights.properties.ConnectionString
output metricsId string = metrics.id
