using 'main.bicep'

// For trying out: one zone, everything on the internet behind identities, nothing that costs while nobody asks but one
// small cluster.
param stage = 'dev'
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'swedencentral')
param apiClientId = readEnvironmentVariable('RIPIENO_API_CLIENT_ID', '00000000-0000-0000-0000-000000000000')
param administrators = empty(readEnvironmentVariable('RIPIENO_ADMINISTRATORS', ''))
  ? []
  : split(readEnvironmentVariable('RIPIENO_ADMINISTRATORS', ''), ',')
param analysisEndpoints = readEnvironmentVariable('RIPIENO_ANALYSIS_ENDPOINTS', '')
param generationEndpoints = readEnvironmentVariable('RIPIENO_GENERATION_ENDPOINTS', '')
param emails = [readEnvironmentVariable('RIPIENO_ALERTS_EMAIL', 'somebody@example.org')]
param budget = 200
param watching = {
  probe: loadJsonContent('../dashboards/availability.json')
  queries: loadJsonContent('../dashboards/alerts/queries.json')
  metrics: loadJsonContent('../dashboards/alerts/prometheus.json')
  workbook: loadTextContent('../dashboards/workbook.json')
}
