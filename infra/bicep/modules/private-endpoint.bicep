metadata description = 'The address of a resource within the network, and its name there.'

param name string
param location string
param tags object
param subnetId string
param resourceId string
@description('Which part of the resource: blob, vault, sites, ...')
param part string
@description('The private zones that know it, as modules/network.bicep has them.')
param zoneNames array

resource endpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: part, properties: { privateLinkServiceId: resourceId, groupIds: [part] } }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' existing = [
  for zoneName in zoneNames: {
    name: zoneName
  }
]

resource known 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      for (zoneName, number) in zoneNames: {
        name: replace(zoneName, '.', '-')
        properties: { privateDnsZoneId: zone[number].id }
      }
    ]
  }
}
