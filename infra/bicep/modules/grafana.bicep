metadata description = 'Managed Grafana over the metrics of the pods and of Azure; infra/dashboards has what it shows.'

param names object
param location string
param tags object
param zoneRedundant bool
param publicNetwork bool
param metricsId string
param metricsName string
param administrators array

var dataReader = 'b0d8363b-8ddd-447d-831f-62ca05bff136' // Monitoring Data Reader
var reader = '43d0d8ad-25c7-4714-9337-8ba259a9fe05' // Monitoring Reader
var grafanaAdmin = '22926164-76b3-42b3-bc55-97df8dab3e41' // Grafana Admin

resource metrics 'Microsoft.Monitor/accounts@2023-04-03' existing = {
  name: metricsName
}

resource grafana 'Microsoft.Dashboard/grafana@2024-10-01' = {
  name: names.grafana
  location: location
  tags: tags
  sku: { name: 'Standard' }
  identity: { type: 'SystemAssigned' }
  properties: {
    apiKey: 'Disabled'
    publicNetworkAccess: publicNetwork ? 'Enabled' : 'Disabled'
    zoneRedundancy: zoneRedundant ? 'Enabled' : 'Disabled'
    grafanaIntegrations: { azureMonitorWorkspaceIntegrations: [{ azureMonitorWorkspaceResourceId: metricsId }] }
  }
}

resource readsMetrics 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: metrics
  name: guid(metricsId, names.grafana, dataReader)
  properties: {
    principalId: grafana.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReader)
  }
}

resource readsAzure 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, names.grafana, reader)
  properties: {
    principalId: grafana.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
  }
}

resource administers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for person in administrators: {
    scope: grafana
    name: guid(grafana.id, person, grafanaAdmin)
    properties: {
      principalId: person
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grafanaAdmin)
    }
  }
]

output address string = grafana.properties.endpoint
