metadata description = 'Songs and all that comes of them: containers, queues, what is kept how long, and who may what of it.'

param names object
param location string
param tags object
param zoneRedundant bool
@description('Where private endpoints go; none where storage is reached over the internet.')
param privateSubnetId string
param appPrincipalId string
param endpointsPrincipalId string
param eventsPrincipalId string
@description('Days for which a deleted blob can be brought back; 0 for never, as docs/operations.md promises who deletes.')
param softDeleteDays int
@description('Days after which what nobody changed moves to where storing is cheap and reading is not.')
param coolAfterDays int

// As ripieno/contracts/names.py spells them: `python -m infra.checks settings` compares.
var containers = [
  'raw-audio'
  'rejected'
  'songs'
  'stems'
  'analyses'
  'jams'
  'jobs'
  'generated'
  'records'
  'voices'
]
var packageContainer = 'app-package'
var weightsContainer = 'models'
var queues = ['drops', 'drops-poison']
var readByEndpoints = ['raw-audio', 'songs', weightsContainer]
var writtenByEndpoints = ['stems', 'jams', 'jobs', 'generated', 'voices']

var blobOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var blobReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1' // Storage Blob Data Reader
var blobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a' // Storage Blob Delegator
var queueContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
var queueSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a' // Storage Queue Data Message Sender
var tableContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
// The Functions host keeps its leases, and Durable Functions its queues and tables, under names of their own.
var ofTheApp = [blobOwner, queueContributor, tableContributor]

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: names.storage
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'AzureServices' // Event Grid comes this way, by its identity
      defaultAction: empty(privateSubnetId) ? 'Allow' : 'Deny'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: softDeleteDays > 0 ? { enabled: true, days: softDeleteDays } : { enabled: false }
    containerDeleteRetentionPolicy: softDeleteDays > 0 ? { enabled: true, days: softDeleteDays } : { enabled: false }
    isVersioningEnabled: false
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [
  for name in concat(containers, [packageContainer, weightsContainer]): {
    parent: blobs
    name: name
    properties: { publicAccess: 'None' }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = [
  for name in queues: {
    parent: queueService
    name: name
  }
]

resource keeping 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'uploads-nobody-finished'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['raw-audio/uploads/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 7 } } }
          }
        }
        {
          name: 'rejected-files'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['rejected/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 90 } } }
          }
        }
        {
          name: 'music-that-rests'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['songs/', 'stems/', 'generated/'] }
            actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: coolAfterDays } } }
          }
        }
      ]
    }
  }
}

resource appMay 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in ofTheApp: {
    scope: account
    name: guid(account.id, appPrincipalId, role)
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource readable 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = [
  for name in readByEndpoints: {
    parent: blobs
    name: name
  }
]

resource endpointsRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, number) in readByEndpoints: {
    scope: readable[number]
    name: guid(account.id, name, endpointsPrincipalId, blobReader)
    properties: {
      principalId: endpointsPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobReader)
    }
    dependsOn: [container]
  }
]

resource writable 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = [
  for name in writtenByEndpoints: {
    parent: blobs
    name: name
  }
]

resource endpointsWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, number) in writtenByEndpoints: {
    scope: writable[number]
    name: guid(account.id, name, endpointsPrincipalId, blobContributor)
    properties: {
      principalId: endpointsPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
    }
    dependsOn: [container]
  }
]

@description('Addresses that direct callers read what was made at are signed by the identity of the endpoint.')
resource endpointsSign 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, endpointsPrincipalId, blobDelegator)
  properties: {
    principalId: endpointsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDelegator)
  }
}

resource eventsSend 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, eventsPrincipalId, queueSender)
  properties: {
    principalId: eventsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueSender)
  }
}

module reached 'private-endpoint.bicep' = [
  for part in ['blob', 'queue', 'table']: if (!empty(privateSubnetId)) {
    name: 'storage-${part}'
    params: {
      name: '${names.storage}-${part}'
      location: location
      tags: tags
      subnetId: privateSubnetId
      resourceId: account.id
      part: part
      zoneNames: ['privatelink.${part}.${environment().suffixes.storage}']
    }
  }
]

output id string = account.id
output name string = account.name
output packageAddress string = '${account.properties.primaryEndpoints.blob}${packageContainer}'
output dropsQueue string = queues[0]
