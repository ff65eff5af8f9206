metadata description = 'In front of the API: who has no valid token gets no further, and nobody asks more often than is agreed.'

param names object
param location string
param tags object
param sku object
param zones array
param subnetId string
param publisher object
param backendAddress string
param tenantId string
param audience string
param callsAMinute int
param insightsId string
param insightsAddress string
param identity object

resource service 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: names.api
  location: location
  tags: tags
  sku: { name: sku.name, capacity: sku.capacity }
  zones: sku.name == 'Premium' ? zones : null
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    publisherEmail: publisher.email
    publisherName: publisher.name
    virtualNetworkType: empty(subnetId) ? 'None' : 'Internal' // then only the gateway is in front of it
    virtualNetworkConfiguration: empty(subnetId) ? null : { subnetResourceId: subnetId }
    customProperties: {
      'Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls10': 'False'
      'Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls11': 'False'
      'Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls10': 'False'
      'Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls11': 'False'
    }
  }
}

resource backend 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: service
  name: 'app'
  properties: { protocol: 'http', url: backendAddress, tls: { validateCertificateChain: true, validateCertificateName: true } }
}

resource api 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'ripieno'
  properties: {
    displayName: 'Ripieno'
    path: ''
    protocols: ['https']
    subscriptionRequired: false // a key would be one more secret: callers have tokens
    serviceUrl: backendAddress
  }
}

resource operation 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = [
  for method in ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']: {
    parent: api
    name: toLower(method)
    properties: { displayName: '${method} anything', method: method, urlTemplate: '/*' }
  }
]

var policy = replace(
  replace(
    replace(loadTextContent('../policies/api.xml'), '{{tenant}}', tenantId),
    '{{audience}}',
    audience
  ),
  '{{calls}}',
  string(callsAMinute)
)

resource rules 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: api
  name: 'policy'
  properties: { format: 'rawxml', value: policy }
  dependsOn: [backend]
}

resource logger 'Microsoft.ApiManagement/service/loggers@2024-05-01' = {
  parent: service
  name: 'insights'
  properties: {
    loggerType: 'applicationInsights'
    resourceId: insightsId
    credentials: { connectionString: insightsAddress, identityClientId: identity.clientId }
  }
}

resource tells 'Microsoft.ApiManagement/service/diagnostics@2024-05-01' = {
  parent: service
  name: 'applicationinsights'
  properties: { loggerId: logger.id, alwaysLog: 'allErrors', sampling: { samplingType: 'fixed', percentage: 10 } }
}

@description('Where it is reached: within the network by its address there.')
output address string = empty(subnetId)
  ? replace(service.properties.gatewayUrl, 'https://', '')
  : service.properties.privateIPAddresses[0]
output hostName string = replace(service.properties.gatewayUrl, 'https://', '')
