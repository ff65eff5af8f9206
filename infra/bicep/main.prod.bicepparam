using 'main.bicep'

// For people: three zones, one network, one door, no key that opens anything.
param stage = 'prod'
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'swedencentral')
param hosting = 'FlexConsumption'
param flex = { memoryMB: 4096, mostInstances: 100, alwaysReady: 2 }
param privateNetwork = true
param gateway = true
param gatewayHostName = readEnvironmentVariable('RIPIENO_HOST_NAME', 'ripieno.example.org')
param cpuPool = { systemSize: 'Standard_D4s_v5', size: 'Standard_D8s_v5', least: 2, most: 12 }
param gpuPool = { size: 'Standard_NC8as_T4_v3', most: 8 }
param endpointsDomain = readEnvironmentVariable('RIPIENO_ENDPOINTS_DOMAIN', 'endpoints.example.org')
param administrators = empty(readEnvironmentVariable('RIPIENO_ADMINISTRATORS', ''))
  ? []
  : split(readEnvironmentVariable('RIPIENO_ADMINISTRATORS', ''), ',')
param openAi = true
param openAiModel = { name: 'gpt-4.1-mini', version: '2025-04-14', sku: 'DataZoneStandard', thousandTokensAMinute: 200 }
param grafana = true
param apiClientId = readEnvironmentVariable('RIPIENO_API_CLIENT_ID', '00000000-0000-0000-0000-000000000000')
param analysisEndpoints = readEnvironmentVariable('RIPIENO_ANALYSIS_ENDPOINTS', '')
param generationEndpoints = readEnvironmentVariable('RIPIENO_GENERATION_ENDPOINTS', '')
param directmlEndpoints = readEnvironmentVariable('RIPIENO_DIRECTML_ENDPOINTS', '')
param emails = [readEnvironmentVariable('RIPIENO_ALERTS_EMAIL', 'somebody@example.org')]
param budget = 5000
param watching = {
  probe: loadJsonContent('../dashboards/availability.json')
  queries: loadJsonContent('../dashboards/alerts/queries.json')
  metrics: loadJsonContent('../dashboards/alerts/prometheus.json')
  workbook: loadTextContent('../dashboards/workbook.json')
}
