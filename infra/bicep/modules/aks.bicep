metadata description = 'Where the endpoints run: a pool for what needs no GPU, one with GPUs that is nothing while nobody asks, and one of Windows by parameter.'

param names object
param location string
param tags object
param zones array
param subnetId string
@description('Whether its API is reached from within the network alone.')
param privateCluster bool
param clusterIdentity object
param nodesIdentity object
param endpointsIdentity object
param scalerIdentity object
@description('Who looks after it: objects of Entra ID, groups or the identity that deploys.')
param administrators array
param cpuPool object
param gpuPool object
param windowsPool object
@description('As infra/kubernetes calls them.')
param kubernetesNamespace string
param endpointsAccount string

var identityOperator = 'f1a07417-d97a-45cb-824c-7a7467783830' // Managed Identity Operator
var networkContributor = '4d97b98b-1d4f-4787-a291-c67834d212e7' // Network Contributor
var clusterAdmin = 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b' // Azure Kubernetes Service RBAC Cluster Admin
var gpuTaint = 'sku=gpu:NoSchedule'

resource nodes 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: nodesIdentity.name
}

resource clusterGivesNodes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: nodes
  name: guid(nodesIdentity.id, clusterIdentity.principalId, identityOperator)
  properties: {
    principalId: clusterIdentity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', identityOperator)
  }
}

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' existing = {
  name: names.network
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2024-07-01' existing = {
  parent: network
  name: 'cluster'
}

resource clusterUsesSubnet 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: subnet
  name: guid(subnetId, clusterIdentity.principalId, networkContributor)
  properties: {
    principalId: clusterIdentity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}

resource cluster 'Microsoft.ContainerService/managedClusters@2025-05-01' = {
  name: names.cluster
  location: location
  tags: tags
  sku: { name: 'Base', tier: empty(zones) ? 'Free' : 'Standard' }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${clusterIdentity.id}': {} } }
  properties: {
    dnsPrefix: names.cluster
    disableLocalAccounts: true
    enableRBAC: true
    aadProfile: { managed: true, enableAzureRBAC: true }
    apiServerAccessProfile: { enablePrivateCluster: privateCluster }
    publicNetworkAccess: privateCluster ? 'Disabled' : 'Enabled'
    autoUpgradeProfile: { upgradeChannel: 'stable', nodeOSUpgradeChannel: 'NodeImage' }
    oidcIssuerProfile: { enabled: true }
    securityProfile: { workloadIdentity: { enabled: true }, imageCleaner: { enabled: true, intervalHours: 168 } }
    workloadAutoScalerProfile: { keda: { enabled: true } }
    azureMonitorProfile: { metrics: { enabled: true } }
    addonProfiles: {
      azureKeyvaultSecretsProvider: { enabled: true, config: { enableSecretRotation: 'true' } }
      azurepolicy: { enabled: true }
    }
    storageProfile: { diskCSIDriver: { enabled: true }, fileCSIDriver: { enabled: true } }
    identityProfile: {
      kubeletidentity: {
        resourceId: nodesIdentity.id
        clientId: nodesIdentity.clientId
        objectId: nodesIdentity.principalId
      }
    }
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
      networkPolicy: windowsPool.most > 0 ? 'calico' : 'cilium' // Cilium knows no Windows
      networkDataplane: windowsPool.most > 0 ? 'azure' : 'cilium'
      loadBalancerSku: 'standard'
      outboundType: 'userAssignedNATGateway'
      podCidr: '10.244.0.0/16'
      serviceCidr: '10.96.0.0/16'
      dnsServiceIP: '10.96.0.10'
    }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        vmSize: cpuPool.systemSize
        count: empty(zones) ? 1 : 3
        osType: 'Linux'
        osSKU: 'AzureLinux'
        availabilityZones: zones
        vnetSubnetID: subnetId
        nodeTaints: ['CriticalAddonsOnly=true:NoSchedule']
        upgradeSettings: { maxSurge: '33%' }
      }
    ]
  }
  dependsOn: [clusterGivesNodes, clusterUsesSubnet]
}

resource cpu 'Microsoft.ContainerService/managedClusters/agentPools@2025-05-01' = {
  parent: cluster
  name: 'cpu'
  properties: {
    mode: 'User'
    vmSize: cpuPool.size
    osType: 'Linux'
    osSKU: 'AzureLinux'
    enableAutoScaling: true
    count: cpuPool.least
    minCount: cpuPool.least
    maxCount: cpuPool.most
    availabilityZones: zones
    vnetSubnetID: subnetId
    nodeLabels: { pool: 'cpu' }
    upgradeSettings: { maxSurge: '33%' }
  }
}

resource gpu 'Microsoft.ContainerService/managedClusters/agentPools@2025-05-01' = if (gpuPool.most > 0) {
  parent: cluster
  name: 'gpu'
  properties: {
    mode: 'User'
    vmSize: gpuPool.size
    osType: 'Linux'
    osSKU: 'Ubuntu'
    enableAutoScaling: true
    count: 0
    minCount: 0
    maxCount: gpuPool.most
    scaleDownMode: 'Delete'
    availabilityZones: zones
    vnetSubnetID: subnetId
    nodeTaints: [gpuTaint]
    nodeLabels: { pool: 'gpu' }
    gpuProfile: { driver: 'Install' }
    upgradeSettings: { maxSurge: '1' }
  }
  dependsOn: [cpu]
}

resource windows 'Microsoft.ContainerService/managedClusters/agentPools@2025-05-01' = if (windowsPool.most > 0) {
  parent: cluster
  name: 'win'
  properties: {
    mode: 'User'
    vmSize: windowsPool.size
    osType: 'Windows'
    osSKU: 'Windows2022'
    enableAutoScaling: true
    count: 0
    minCount: 0
    maxCount: windowsPool.most
    availabilityZones: zones
    vnetSubnetID: subnetId
    nodeTaints: ['os=windows:NoSchedule']
    nodeLabels: { pool: 'directml' }
    upgradeSettings: { maxSurge: '1' }
  }
  dependsOn: [gpu]
}

resource administers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for person in administrators: {
    scope: cluster
    name: guid(cluster.id, person, clusterAdmin)
    properties: {
      principalId: person
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', clusterAdmin)
    }
  }
]

resource endpoints 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: last(split(endpointsIdentity.id, '/'))
}

resource trustsEndpoints 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: endpoints
  name: 'kubernetes'
  properties: {
    issuer: cluster.properties.oidcIssuerProfile.issuerURL
    subject: 'system:serviceaccount:${kubernetesNamespace}:${endpointsAccount}'
    audiences: ['api://AzureADTokenExchange']
  }
}

resource scaler 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: last(split(scalerIdentity.id, '/'))
}

resource trustsScaler 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: scaler
  name: 'keda'
  properties: {
    issuer: cluster.properties.oidcIssuerProfile.issuerURL
    subject: 'system:serviceaccount:kube-system:keda-operator'
    audiences: ['api://AzureADTokenExchange']
  }
}

output name string = cluster.name
output id string = cluster.id
