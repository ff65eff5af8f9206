metadata description = 'Azure ML in place of AKS: an online endpoint from the same image, which is asked by its one path, /score.'

param names object
param location string
param tags object
param workspaceIdentity object
param endpointsIdentity object
param appPrincipalId string
param storageId string
param storageName string
param vaultId string
param insightsId string
param registryId string
param registryName string
param registryAddress string
param imageTag string
param privateSubnetId string
@description('Each endpoint: its name, image, port, size of machine, and how many.')
param endpoints array
@description('What the endpoints read from the environment, as those of infra/kubernetes do.')
param endpointSettings object

var dataScientist = 'f6c7c914-8db3-469d-8ca1-694a8f32e121' // AzureML Data Scientist
var acrPush = '8311e382-0749-4cb8-b61a-304f252e45ec' // AcrPush
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' existing = {
  name: registryName
}

resource keepsArtefacts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage
  name: guid(storageId, workspaceIdentity.principalId, blobContributor)
  properties: {
    principalId: workspaceIdentity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
  }
}

@description('The workspace puts images into its registry and reads them.')
resource usesRegistry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registryId, workspaceIdentity.principalId, acrPush)
  properties: {
    principalId: workspaceIdentity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPush)
  }
}

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-06-01' = {
  name: names.workspace
  location: location
  tags: tags
  kind: 'Default'
  sku: { name: 'Basic', tier: 'Basic' }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${workspaceIdentity.id}': {} } }
  properties: {
    friendlyName: names.workspace
    primaryUserAssignedIdentity: workspaceIdentity.id
    storageAccount: storageId
    keyVault: vaultId
    applicationInsights: insightsId
    containerRegistry: registryId
    systemDatastoresAuthMode: 'Identity'
    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
    managedNetwork: { isolationMode: empty(privateSubnetId) ? 'Disabled' : 'AllowInternetOutbound' }
  }
  dependsOn: [keepsArtefacts, usesRegistry]
}

resource environments 'Microsoft.MachineLearningServices/workspaces/environments@2025-06-01' = [
  for one in endpoints: {
    parent: workspace
    name: one.name
    properties: { description: 'The image of the ${one.name} endpoint.' }
  }
]

resource version 'Microsoft.MachineLearningServices/workspaces/environments/versions@2025-06-01' = [
  for (one, number) in endpoints: {
    parent: environments[number]
    name: replace(imageTag, '.', '-')
    properties: {
      image: '${registryAddress}/${one.image}:${imageTag}'
      osType: 'Linux'
      inferenceConfig: {
        livenessRoute: { path: '/health', port: one.port }
        readinessRoute: { path: '/ready', port: one.port }
        scoringRoute: { path: '/score', port: one.port }
      }
    }
  }
]

resource online 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2025-06-01' = [
  for one in endpoints: {
    parent: workspace
    name: '${names.workspace}-${one.name}'
    location: location
    tags: tags
    identity: { type: 'UserAssigned', userAssignedIdentities: { '${endpointsIdentity.id}': {} } }
    properties: {
      authMode: 'AADToken'
      publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
      traffic: { current: 100 }
    }
  }
]

resource deployment 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments@2025-06-01' = [
  for (one, number) in endpoints: {
    parent: online[number]
    name: 'current'
    location: location
    tags: tags
    sku: { name: 'Default', capacity: one.instances }
    properties: {
      endpointComputeType: 'Managed'
      environmentId: version[number].id
      instanceType: one.size
      environmentVariables: endpointSettings
      egressPublicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
      appInsightsEnabled: false
      requestSettings: { requestTimeout: 'PT90S', maxConcurrentRequestsPerInstance: 64 }
    }
  }
]

resource appAsks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: workspace
  name: guid(workspace.id, appPrincipalId, dataScientist)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataScientist)
  }
}

module reached 'private-endpoint.bicep' = if (!empty(privateSubnetId)) {
  name: 'machine-learning-private'
  params: {
    name: names.workspace
    location: location
    tags: tags
    subnetId: privateSubnetId
    resourceId: workspace.id
    part: 'amlworkspace'
    zoneNames: ['privatelink.api.azureml.ms', 'privatelink.notebooks.azure.net']
  }
}

output addresses array = [for (one, number) in endpoints: online[number].properties.scoringUri]
