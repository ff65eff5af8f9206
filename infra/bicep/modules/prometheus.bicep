metadata description = 'What the pods say at /metrics comes into the workspace of managed Prometheus.'

param names object
param location string
param tags object
param metricsId string
param clusterName string

resource cluster 'Microsoft.ContainerService/managedClusters@2025-05-01' existing = {
  name: clusterName
}

resource intake 'Microsoft.Insights/dataCollectionEndpoints@2022-06-01' = {
  name: names.metrics
  location: location
  tags: tags
  kind: 'Linux'
  properties: { networkAcls: { publicNetworkAccess: 'Enabled' } } // the agents of AKS send by it, with their identity
}

resource rule 'Microsoft.Insights/dataCollectionRules@2022-06-01' = {
  name: names.metrics
  location: location
  tags: tags
  kind: 'Linux'
  properties: {
    dataCollectionEndpointId: intake.id
    dataSources: { prometheusForwarder: [{ name: 'pods', streams: ['Microsoft-PrometheusMetrics'] }] }
    destinations: { monitoringAccounts: [{ name: 'metrics', accountResourceId: metricsId }] }
    dataFlows: [{ streams: ['Microsoft-PrometheusMetrics'], destinations: ['metrics'] }]
  }
}

resource applies 'Microsoft.Insights/dataCollectionRuleAssociations@2022-06-01' = {
  scope: cluster
  name: 'prometheus'
  properties: { dataCollectionRuleId: rule.id }
}
