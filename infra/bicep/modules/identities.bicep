metadata description = 'Who the parts are: one identity each, so that each may do its own work and no more.'

param names object
param location string
param tags object

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${names.identity}-app'
  location: location
  tags: tags
}

resource endpoints 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${names.identity}-endpoints'
  location: location
  tags: tags
}

resource cluster 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${names.identity}-cluster'
  location: location
  tags: tags
}

resource nodes 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${names.identity}-nodes'
  location: location
  tags: tags
}

resource scaler 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${names.identity}-scaler'
  location: location
  tags: tags
}

resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${names.identity}-events'
  location: location
  tags: tags
}

resource gateway 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${names.identity}-gateway'
  location: location
  tags: tags
}

resource workspace 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${names.identity}-workspace'
  location: location
  tags: tags
}

@description('The app itself.')
output app object = { id: app.id, principalId: app.properties.principalId, clientId: app.properties.clientId }
@description('The endpoints, on AKS or Azure ML.')
output endpoints object = {
  id: endpoints.id
  principalId: endpoints.properties.principalId
  clientId: endpoints.properties.clientId
}
@description('The control plane of AKS.')
output cluster object = { id: cluster.id, principalId: cluster.properties.principalId }
@description('The machines of AKS, which fetch images.')
output nodes object = {
  id: nodes.id
  name: nodes.name
  principalId: nodes.properties.principalId
  clientId: nodes.properties.clientId
}
@description('What reads the backlog, to scale by.')
output scaler object = { id: scaler.id, principalId: scaler.properties.principalId, clientId: scaler.properties.clientId }
@description('Event Grid, when it writes into the queue.')
output events object = { id: events.id, principalId: events.properties.principalId }
@description('The gateway, when it reads its certificate.')
output gateway object = { id: gateway.id, principalId: gateway.properties.principalId }
@description('The workspace of Azure ML.')
output workspace object = { id: workspace.id, principalId: workspace.properties.principalId }
