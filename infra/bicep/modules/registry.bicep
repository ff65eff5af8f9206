metadata description = 'Images of the endpoints: fetched by identity, with no admin account.'

param names object
param location string
param tags object
param zoneRedundant bool
param privateSubnetId string
param pullers array

var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d' // AcrPull

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: names.registry
  location: location
  tags: tags
  sku: { name: empty(privateSubnetId) && !zoneRedundant ? 'Standard' : 'Premium' }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
    networkRuleBypassOptions: 'AzureServices'
    zoneRedundancy: zoneRedundant ? 'Enabled' : 'Disabled'
  }
}

resource pulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in pullers: {
    scope: registry
    name: guid(registry.id, principal, acrPull)
    properties: {
      principalId: principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
    }
  }
]

module reached 'private-endpoint.bicep' = if (!empty(privateSubnetId)) {
  name: 'registry-private'
  params: {
    name: names.registry
    location: location
    tags: tags
    subnetId: privateSubnetId
    resourceId: registry.id
    part: 'registry'
    zoneNames: ['privatelink.azurecr.io']
  }
}

output id string = registry.id
output name string = registry.name
output address string = registry.properties.loginServer
