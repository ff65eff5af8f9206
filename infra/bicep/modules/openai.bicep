metadata description = 'A language model of Azure OpenAI under one deployment; callers are known by their identity alone.'

param names object
param location string
param tags object
param privateSubnetId string
param appPrincipalId string
param model object

var openAiUser = '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd' // Cognitive Services OpenAI User

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  name: names.openAi
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: names.openAi
    disableLocalAuth: true
    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'
    networkAcls: { defaultAction: empty(privateSubnetId) ? 'Allow' : 'Deny' }
  }
}

resource deployment 'Microsoft.CognitiveServices/accounts/deployments@2025-06-01' = {
  parent: account
  name: model.name
  sku: { name: model.sku, capacity: model.thousandTokensAMinute }
  properties: {
    model: { format: 'OpenAI', name: model.name, version: model.version }
    versionUpgradeOption: 'NoAutoUpgrade'
  }
}

resource appMay 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, appPrincipalId, openAiUser)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', openAiUser)
  }
}

module reached 'private-endpoint.bicep' = if (!empty(privateSubnetId)) {
  name: 'openai-private'
  params: {
    name: names.openAi
    location: location
    tags: tags
    subnetId: privateSubnetId
    resourceId: account.id
    part: 'account'
    zoneNames: ['privatelink.openai.azure.com']
  }
}

output address string = account.properties.endpoint
output deploymentName string = deployment.name
