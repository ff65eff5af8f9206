metadata description = 'A topic of Event Grid that the app tells what has happened, as CloudEvents.'

param names object
param location string
param tags object
param privateSubnetId string
param appPrincipalId string

var sender = 'd5a91429-5739-47e2-a06b-3470a27159e7' // EventGrid Data Sender

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: names.topic
  location: location
  tags: tags
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
  }
}

resource appSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: topic
  name: guid(topic.id, appPrincipalId, sender)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', sender)
  }
}

module reached 'private-endpoint.bicep' = if (!empty(privateSubnetId)) {
  name: 'event-topic-private'
  params: {
    name: names.topic
    location: location
    tags: tags
    subnetId: privateSubnetId
    resourceId: topic.id
    part: 'topic'
    zoneNames: ['privatelink.eventgrid.azure.net']
  }
}

output address string = topic.properties.endpoint
