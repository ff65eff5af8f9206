metadata description = 'The app on its plan: Flex Consumption, or Elastic Premium where it must never start cold.'

param names object
param location string
param tags object
param hosting ('FlexConsumption' | 'ElasticPremium')
param pythonVersion string
param zoneRedundant bool
param identity object
param storageName string
param packageAddress string
@description('Where the app goes out from, and where it is reached; none where it is on the internet.')
param appSubnetId string
param privateSubnetId string
@description('Whether the app answers to the internet itself: not where a gateway stands before it.')
param publicNetwork bool
param settings object
param flex object
param premium object

var isFlex = hosting == 'FlexConsumption'

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: names.plan
  location: location
  tags: tags
  kind: isFlex ? 'functionapp' : 'elastic'
  sku: isFlex ? { name: 'FC1', tier: 'FlexConsumption' } : { name: premium.size, tier: 'ElasticPremium' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
    maximumElasticWorkerCount: isFlex ? null : premium.mostInstances
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: names.app
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identity.id
    publicNetworkAccess: publicNetwork ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(appSubnetId) ? null : appSubnetId
    functionAppConfig: isFlex
      ? {
          deployment: {
            storage: {
              type: 'blobContainer'
              value: packageAddress
              authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
            }
          }
          runtime: { name: 'python', version: pythonVersion }
          scaleAndConcurrency: {
            instanceMemoryMB: flex.memoryMB
            maximumInstanceCount: flex.mostInstances
            alwaysReady: flex.alwaysReady > 0 ? [{ name: 'http', instanceCount: flex.alwaysReady }] : []
          }
        }
      : null
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      healthCheckPath: isFlex ? null : '/api/health'
      linuxFxVersion: isFlex ? null : 'Python|${pythonVersion}'
      minimumElasticInstanceCount: isFlex ? null : premium.alwaysReady
      vnetRouteAllEnabled: isFlex ? null : !empty(appSubnetId)
      functionsRuntimeScaleMonitoringEnabled: isFlex ? null : !empty(appSubnetId)
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [
  for way in ['ftp', 'scm']: {
    parent: app
    name: way
    properties: { allow: false }
  }
]

// What Elastic Premium is told by settings, Flex Consumption is told by functionAppConfig.
var settingsOfPremium = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'python'
  WEBSITE_RUN_FROM_PACKAGE: '${packageAddress}/released-package.zip'
  WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: identity.id
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    {
      AzureWebJobsStorage__accountName: storageName
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.clientId
      AZURE_CLIENT_ID: identity.clientId
    },
    isFlex ? {} : settingsOfPremium,
    settings
  )
}

module reached 'private-endpoint.bicep' = if (!empty(privateSubnetId)) {
  name: 'app-private'
  params: {
    name: names.app
    location: location
    tags: tags
    subnetId: privateSubnetId
    resourceId: app.id
    part: 'sites'
    zoneNames: ['privatelink.azurewebsites.net']
  }
}

output id string = app.id
output name string = app.name
output hostName string = app.properties.defaultHostName
