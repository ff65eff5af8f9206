metadata description = 'Web PubSub: what happens, as it happens, to many browsers at once.'

param names object
param location string
param tags object
param zoneRedundant bool
param privateSubnetId string
param appPrincipalId string

var serviceOwner = '12cf5a90-567b-43ae-8102-96cf46c7d9b4' // Web PubSub Service Owner

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: names.pubSub
  location: location
  tags: tags
  sku: { name: zoneRedundant ? 'Premium_P1' : 'Standard_S1', capacity: 1 }
  properties: {
    disableLocalAuth: true
    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
  }
}

resource hub 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = {
  parent: service
  name: 'ripieno'
  properties: { anonymousConnectPolicy: 'deny' }
}

resource appSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: service
  name: guid(service.id, appPrincipalId, serviceOwner)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', serviceOwner)
  }
}

module reached 'private-endpoint.bicep' = if (!empty(privateSubnetId)) {
  name: 'web-pubsub-private'
  params: {
    name: names.pubSub
    location: location
    tags: tags
    subnetId: privateSubnetId
    resourceId: service.id
    part: 'webpubsub'
    zoneNames: ['privatelink.webpubsub.azure.com']
  }
}

output hostName string = service.properties.hostName
