metadata description = 'The one door to the internet: HTTPS with a certificate from Key Vault, behind a web application firewall.'

param names object
param location string
param tags object
param zones array
param subnetId string
param identityId string
@description('Where the gateway goes, by name (fqdn) or address (ipAddress), and what it calls it there.')
param backend object
param backendHostName string
param hostName string
@description('The address of the certificate in Key Vault, without a version, so that a renewed one is taken.')
param certificateAddress string
param mostInstances int

resource address 'Microsoft.Network/publicIPAddresses@2024-07-01' = {
  name: names.gateway
  location: location
  tags: tags
  sku: { name: 'Standard' }
  zones: zones
  properties: { publicIPAllocationMethod: 'Static', dnsSettings: { domainNameLabel: names.gateway } }
}

resource firewall 'Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies@2024-07-01' = {
  name: names.gateway
  location: location
  tags: tags
  properties: {
    policySettings: {
      state: 'Enabled'
      mode: 'Prevention'
      requestBodyCheck: true
      requestBodyEnforcement: false
      requestBodyInspectLimitInKB: 128
      fileUploadEnforcement: false // songs are larger than any limit it knows; the app has its own
    }
    managedRules: {
      managedRuleSets: [
        { ruleSetType: 'Microsoft_DefaultRuleSet', ruleSetVersion: '2.1' }
        { ruleSetType: 'Microsoft_BotManagerRuleSet', ruleSetVersion: '1.1' }
      ]
    }
    customRules: [
      {
        name: 'tooOften'
        priority: 10
        ruleType: 'RateLimitRule'
        action: 'Block'
        rateLimitDuration: 'OneMin'
        rateLimitThreshold: 1200
        groupByUserSession: [{ groupByVariables: [{ variableName: 'ClientAddr' }] }]
        matchConditions: [
          {
            matchVariables: [{ variableName: 'RequestUri' }]
            operator: 'Any'
            matchValues: []
          }
        ]
      }
    ]
  }
}

var gatewayId = resourceId('Microsoft.Network/applicationGateways', names.gateway)

resource gateway 'Microsoft.Network/applicationGateways@2024-07-01' = {
  name: names.gateway
  location: location
  tags: tags
  zones: zones
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    sku: { name: 'WAF_v2', tier: 'WAF_v2' }
    autoscaleConfiguration: { minCapacity: empty(zones) ? 0 : 2, maxCapacity: mostInstances }
    enableHttp2: true
    firewallPolicy: { id: firewall.id }
    sslPolicy: { policyType: 'Predefined', policyName: 'AppGwSslPolicy20220101' }
    sslCertificates: [{ name: 'public', properties: { keyVaultSecretId: certificateAddress } }]
    gatewayIPConfigurations: [{ name: 'subnet', properties: { subnet: { id: subnetId } } }]
    frontendIPConfigurations: [{ name: 'public', properties: { publicIPAddress: { id: address.id } } }]
    frontendPorts: [{ name: 'https', properties: { port: 443 } }]
    backendAddressPools: [{ name: 'app', properties: { backendAddresses: [backend] } }]
    backendHttpSettingsCollection: [
      {
        name: 'https'
        properties: {
          port: 443
          protocol: 'Https'
          hostName: backendHostName
          requestTimeout: 240
          probe: { id: '${gatewayId}/probes/health' }
        }
      }
    ]
    probes: [
      {
        name: 'health'
        properties: {
          protocol: 'Https'
          path: '/api/health'
          interval: 30
          timeout: 30
          unhealthyThreshold: 3
          pickHostNameFromBackendHttpSettings: true
        }
      }
    ]
    httpListeners: [
      {
        name: 'https'
        properties: {
          protocol: 'Https'
          hostName: hostName
          requireServerNameIndication: true
          frontendIPConfiguration: { id: '${gatewayId}/frontendIPConfigurations/public' }
          frontendPort: { id: '${gatewayId}/frontendPorts/https' }
          sslCertificate: { id: '${gatewayId}/sslCertificates/public' }
        }
      }
    ]
    requestRoutingRules: [
      {
        name: 'all'
        properties: {
          priority: 100
          ruleType: 'Basic'
          httpListener: { id: '${gatewayId}/httpListeners/https' }
          backendAddressPool: { id: '${gatewayId}/backendAddressPools/app' }
          backendHttpSettings: { id: '${gatewayId}/backendHttpSettingsCollection/https' }
        }
      }
    ]
  }
}

output hostName string = address.properties.dnsSettings.fqdn
