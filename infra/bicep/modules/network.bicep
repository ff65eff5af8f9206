metadata description = 'The network that everything is in where it is private: a subnet for each part, and the names of what is reached within it.'

param names object
param location string
param tags object
@description('Which service the app subnet belongs to: that of its plan.')
param appDelegation ('Microsoft.App/environments' | 'Microsoft.Web/serverFarms')
param zones array
@description('The name that endpoints have within the network, none where they are called by their addresses.')
param endpointsDomain string
@description('The addresses that infra/kubernetes gives the endpoints, by name.')
param endpointAddresses object

var range = '10.40.0.0/16'
var privateZones = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  'privatelink.file.${environment().suffixes.storage}'
  'privatelink.vaultcore.azure.net'
  'privatelink.azurewebsites.net'
  'privatelink.openai.azure.com'
  'privatelink.azurecr.io'
  'privatelink.api.azureml.ms'
  'privatelink.notebooks.azure.net'
  'privatelink.servicebus.windows.net'
  'privatelink.eventgrid.azure.net'
  'privatelink.webpubsub.azure.com'
  'privatelink.durabletask.io'
]

resource closed 'Microsoft.Network/networkSecurityGroups@2024-07-01' = {
  name: '${names.network}-closed'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'from-within'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: '*'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: 'VirtualNetwork'
          destinationPortRange: '*'
        }
      }
      {
        name: 'from-balancers'
        properties: {
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: '*'
          sourceAddressPrefix: 'AzureLoadBalancer'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
      {
        name: 'from-elsewhere'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource open 'Microsoft.Network/networkSecurityGroups@2024-07-01' = {
  name: '${names.network}-gateway'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'https'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
        }
      }
      {
        name: 'management-of-the-gateway'
        properties: {
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'GatewayManager'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '65200-65535'
        }
      }
    ]
  }
}

resource managed 'Microsoft.Network/networkSecurityGroups@2024-07-01' = {
  name: '${names.network}-api'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'management-of-the-api'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'ApiManagement'
          sourcePortRange: '*'
          destinationAddressPrefix: 'VirtualNetwork'
          destinationPortRange: '3443'
        }
      }
    ]
  }
}

resource outAddress 'Microsoft.Network/publicIPAddresses@2024-07-01' = {
  name: '${names.network}-out'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  zones: zones
  properties: { publicIPAllocationMethod: 'Static' }
}

resource out 'Microsoft.Network/natGateways@2024-07-01' = {
  name: '${names.network}-out'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: outAddress.id }] }
}

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: names.network
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [range] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(range, 24, 0)
          defaultOutboundAccess: false
          natGateway: { id: out.id }
          networkSecurityGroup: { id: closed.id }
          delegations: [{ name: 'plan', properties: { serviceName: appDelegation } }]
        }
      }
      {
        name: 'private'
        properties: {
          addressPrefix: cidrSubnet(range, 24, 1)
          defaultOutboundAccess: false
          networkSecurityGroup: { id: closed.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
      {
        name: 'cluster'
        properties: {
          addressPrefix: cidrSubnet(range, 22, 1)
          defaultOutboundAccess: false
          natGateway: { id: out.id }
          networkSecurityGroup: { id: closed.id }
        }
      }
      {
        name: 'gateway'
        properties: {
          addressPrefix: cidrSubnet(range, 24, 2)
          networkSecurityGroup: { id: open.id }
        }
      }
      {
        name: 'api'
        properties: {
          addressPrefix: cidrSubnet(range, 24, 3)
          defaultOutboundAccess: false
          natGateway: { id: out.id }
          networkSecurityGroup: { id: managed.id }
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in privateZones: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, number) in privateZones: {
    parent: zone[number]
    name: names.network
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

resource domain 'Microsoft.Network/privateDnsZones@2024-06-01' = if (!empty(endpointsDomain)) {
  name: empty(endpointsDomain) ? 'none.invalid' : endpointsDomain
  location: 'global'
  tags: tags
}

resource domainLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = if (!empty(endpointsDomain)) {
  parent: domain
  name: names.network
  location: 'global'
  tags: tags
  properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
}

resource known 'Microsoft.Network/privateDnsZones/A@2024-06-01' = [
  for one in items(endpointAddresses): if (!empty(endpointsDomain)) {
    parent: domain
    name: one.key
    properties: { ttl: 300, aRecords: [{ ipv4Address: one.value }] }
  }
]

output appSubnetId string = '${network.id}/subnets/app'
output privateSubnetId string = '${network.id}/subnets/private'
output clusterSubnetId string = '${network.id}/subnets/cluster'
output gatewaySubnetId string = '${network.id}/subnets/gateway'
output apiSubnetId string = '${network.id}/subnets/api'
output networkId string = network.id
