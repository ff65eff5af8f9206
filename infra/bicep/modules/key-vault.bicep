metadata description = 'The few true secrets: infra/bicep/make-secrets.sh makes them, nothing here knows them.'

param names object
param location string
param tags object
param privateSubnetId string
param purgeProtection bool
@description('Who reads secrets: the app, the endpoints, the gateway for its certificate.')
param readers array
@description('Who makes and changes secrets.')
param administrators array

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6' // Key Vault Secrets User
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7' // Key Vault Secrets Officer

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: names.vault
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 30
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: empty(privateSubnetId) ? 'Allow' : 'Deny' }
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in readers: {
    scope: vault
    name: guid(vault.id, principal, secretsUser)
    properties: {
      principalId: principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    }
  }
]

resource makes 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for person in administrators: {
    scope: vault
    name: guid(vault.id, person, secretsOfficer)
    properties: {
      principalId: person
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
    }
  }
]

module reached 'private-endpoint.bicep' = if (!empty(privateSubnetId)) {
  name: 'key-vault-private'
  params: {
    name: names.vault
    location: location
    tags: tags
    subnetId: privateSubnetId
    resourceId: vault.id
    part: 'vault'
    zoneNames: ['privatelink.vaultcore.azure.net']
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
