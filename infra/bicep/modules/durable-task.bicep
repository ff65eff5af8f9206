metadata description = 'The Durable Task Scheduler: workflows kept by a service, not in tables and queues of our storage.'

param names object
param location string
param tags object
param zoneRedundant bool
param taskHub string
param appPrincipalId string
param privateSubnetId string

var contributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402' // Durable Task Data Contributor

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: names.durableTask
  location: location
  tags: tags
  properties: {
    ipAllowlist: ['0.0.0.0/0'] // nobody comes from anywhere where public access is off; then this says nothing
    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
    sku: zoneRedundant
      ? { name: 'Dedicated', capacity: 3 }
      : { name: 'Consumption' }
  }
}

resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: taskHub
}

resource appMay 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hub
  name: guid(hub.id, appPrincipalId, contributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
  }
}

module reached 'private-endpoint.bicep' = if (!empty(privateSubnetId)) {
  name: 'durable-task-private'
  params: {
    name: names.durableTask
    location: location
    tags: tags
    subnetId: privateSubnetId
    resourceId: scheduler.id
    part: 'scheduler'
    zoneNames: ['privatelink.durabletask.io']
  }
}

output address string = scheduler.properties.endpoint
