targetScope = 'subscription'
metadata description = 'Ripieno in Azure: one resource group, and in it what the parameters ask for. See infra/bicep/README.md.'

@description('The name of the environment, as azd knows it; all names follow from it.')
@minLength(1)
@maxLength(20)
param environmentName string
param location string
@description('What is at stake: in prod everything is in several zones and nothing is open but the gateway.')
@allowed(['dev', 'prod'])
param stage string

@description('Flex Consumption costs nothing while nobody asks; Elastic Premium never starts cold.')
@allowed(['FlexConsumption', 'ElasticPremium'])
param hosting string = 'FlexConsumption'
param pythonVersion string = '3.13'
param flex object = { memoryMB: 4096, mostInstances: 40, alwaysReady: 0 }
param premium object = { size: 'EP1', mostInstances: 20, alwaysReady: 1 }
@description('Who keeps the workflows: our storage, or the scheduler that Azure runs.')
@allowed(['AzureStorage', 'DurableTaskScheduler'])
param durableBackend string = 'AzureStorage'

@description('Where the endpoints run.')
@allowed(['aks', 'azureml', 'elsewhere'])
param endpointsOn string = 'aks'
param cpuPool object = { systemSize: 'Standard_D2s_v5', size: 'Standard_D8s_v5', least: 1, most: 4 }
@description('From zero: a machine with a GPU is there while somebody waits for it.')
param gpuPool object = { size: 'Standard_NC4as_T4_v3', most: 2 }
@description('For the DirectML endpoint; none where most is 0.')
param windowsPool object = { size: 'Standard_NV6ads_A10_v5', most: 0 }
@description('Objects of Entra ID, groups best, that may administer the cluster, Grafana and the secrets.')
param administrators array = []
@description('On Azure ML, first the analysis, then the generation endpoint: image, port, size and number of machines.')
param machineLearningEndpoints array = [
  { name: 'analysis', image: 'ripieno-analysis-cuda', port: 8080, size: 'Standard_NC4as_T4_v3', instances: 1 }
  { name: 'generation', image: 'ripieno-generation-cuda', port: 8080, size: 'Standard_NC4as_T4_v3', instances: 1 }
]
param imageTag string = '0.1.0'
param kubernetesNamespace string = 'ripieno'
param endpointsAccount string = 'endpoints'
@description('The private name of the endpoints, for which Key Vault has a certificate; without one they are called by address, without TLS.')
param endpointsDomain string = ''
@description('Where the app reaches the endpoints; empty for those that are made here.')
param analysisEndpoints string = ''
param generationEndpoints string = ''
param directmlEndpoints string = ''

@description('Whether anything is reached from within the network alone, by private endpoints; the endpoints on AKS always are.')
param privateNetwork bool = false
@description('Application Gateway with a web application firewall in front; it needs gatewayHostName and a certificate in Key Vault.')
param gateway bool = false
param gatewayHostName string = ''
@description('The name of the certificate in our Key Vault.')
param gatewayCertificate string = 'gateway'
param apiManagement bool = false
param apiManagementSku object = { name: 'Developer', capacity: 1 }
param callsAMinute int = 600

@description('Azure OpenAI; without it rules do what a model would.')
param openAi bool = true
param openAiModel object = { name: 'gpt-4.1-mini', version: '2025-04-14', sku: 'GlobalStandard', thousandTokensAMinute: 50 }

@description('What tells others of what happened, beside webhooks. No code reads these yet (infra/bicep/README.md).')
@allowed(['none', 'EventGridTopic', 'ServiceBus'])
param eventsOut string = 'none'
param webPubSub bool = false
param grafana bool = false

@description('By what callers are known: entra, easy_auth.')
@allowed(['entra', 'easy_auth'])
param signIn string = 'entra'
@description('Application (client) id of the API; infra/bicep/register-apps.sh makes the registrations.')
param apiClientId string
@description('Settings of the app that are to be otherwise than as the code has them, by name.')
param appSettings object = {}
@description('Whether Key Vault has RIPIENO_VISITOR_SECRET, and visitors are let in.')
param visitors bool = false

param emails array
@description('What infra/dashboards says, as modules/watching.bicep takes it; nothing where it is null.')
param watching object?
@description('US dollars a month.')
param budget int
@description('The first of the month in which the budget begins.')
param budgetFrom string = utcNow('yyyy-MM-01')

var isProd = stage == 'prod'
var zones = isProd ? ['1', '2', '3'] : []
var tags = { 'azd-env-name': environmentName, product: 'ripieno', stage: stage }
var token = take(uniqueString(subscription().id, environmentName, location), 8)
var taskHub = 'ripieno'
var names = {
  app: 'func-ripieno-${environmentName}-${token}'
  plan: 'plan-ripieno-${environmentName}'
  storage: 'stripieno${token}'
  vault: 'kv-ripieno-${token}'
  openAi: 'oai-ripieno-${token}'
  registry: 'crripieno${token}'
  cluster: 'aks-ripieno-${environmentName}'
  workspace: 'mlw-ripieno-${token}'
  network: 'vnet-ripieno-${environmentName}'
  gateway: 'agw-ripieno-${token}'
  api: 'apim-ripieno-${token}'
  logs: 'log-ripieno-${environmentName}'
  insights: 'appi-ripieno-${environmentName}'
  metrics: 'amw-ripieno-${environmentName}'
  grafana: 'graf-${token}'
  identity: 'id-ripieno-${environmentName}'
  drops: 'evgs-ripieno-${environmentName}'
  topic: 'evgt-ripieno-${token}'
  serviceBus: 'sb-ripieno-${token}'
  pubSub: 'wps-ripieno-${token}'
  durableTask: 'dts-ripieno-${token}'
  people: 'ag-ripieno-${environmentName}'
}
var onAks = endpointsOn == 'aks'
var onMachineLearning = endpointsOn == 'azureml'
var hasNetwork = privateNetwork || gateway || onAks
// As infra/kubernetes has them, in the subnet of the cluster.
var endpointAddresses = { analysis: '10.40.7.10', generation: '10.40.7.11', production: '10.40.7.12', directml: '10.40.7.13' }
var analysisOnAks = empty(endpointsDomain) ? 'http://${endpointAddresses.analysis}' : 'https://analysis.${endpointsDomain}'
var generationOnAks = empty(endpointsDomain)
  ? 'http://${endpointAddresses.generation}'
  : 'https://generation.${endpointsDomain}'
var machineLearningAudience = 'https://ml.azure.com' // for whom tokens are, at its gate and in the endpoint
var privateSubnetId = privateNetwork ? network!.outputs.privateSubnetId : ''

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-ripieno-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  name: 'identities'
  params: { names: names, location: location, tags: tags }
}

module network 'modules/network.bicep' = if (hasNetwork) {
  scope: group
  name: 'network'
  params: {
    names: names
    location: location
    tags: tags
    appDelegation: hosting == 'FlexConsumption' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'
    zones: zones
    endpointsDomain: endpointsDomain
    endpointAddresses: endpointAddresses
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    names: names
    location: location
    tags: tags
    retentionDays: isProd ? 90 : 30
    localAuth: !isProd
    publicNetwork: !privateNetwork
    tellers: [identities.outputs.app.principalId, identities.outputs.endpoints.principalId]
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    names: names
    location: location
    tags: tags
    zoneRedundant: isProd
    privateSubnetId: privateSubnetId
    appPrincipalId: identities.outputs.app.principalId
    endpointsPrincipalId: identities.outputs.endpoints.principalId
    eventsPrincipalId: identities.outputs.events.principalId
    softDeleteDays: isProd ? 7 : 0
    coolAfterDays: 60
  }
}

module drops 'modules/drops.bicep' = {
  scope: group
  name: 'drops'
  params: {
    names: names
    location: location
    tags: tags
    storageName: storage.outputs.name
    queueName: storage.outputs.dropsQueue
    eventsIdentityId: identities.outputs.events.id
  }
}

module vault 'modules/key-vault.bicep' = {
  scope: group
  name: 'key-vault'
  params: {
    names: names
    location: location
    tags: tags
    privateSubnetId: privateSubnetId
    purgeProtection: isProd
    readers: [
      identities.outputs.app.principalId
      identities.outputs.endpoints.principalId
      identities.outputs.gateway.principalId
      identities.outputs.scaler.principalId
    ]
    administrators: administrators
  }
}

module model 'modules/openai.bicep' = if (openAi) {
  scope: group
  name: 'openai'
  params: {
    names: names
    location: location
    tags: tags
    privateSubnetId: privateSubnetId
    appPrincipalId: identities.outputs.app.principalId
    model: openAiModel
  }
}

module scheduler 'modules/durable-task.bicep' = if (durableBackend == 'DurableTaskScheduler') {
  scope: group
  name: 'durable-task'
  params: {
    names: names
    location: location
    tags: tags
    zoneRedundant: isProd
    taskHub: taskHub
    appPrincipalId: identities.outputs.app.principalId
    privateSubnetId: privateSubnetId
  }
}

module registry 'modules/registry.bicep' = if (endpointsOn != 'elsewhere') {
  scope: group
  name: 'registry'
  params: {
    names: names
    location: location
    tags: tags
    zoneRedundant: isProd
    privateSubnetId: privateSubnetId
    pullers: [identities.outputs.nodes.principalId, identities.outputs.endpoints.principalId]
  }
}

module cluster 'modules/aks.bicep' = if (onAks) {
  scope: group
  name: 'aks'
  params: {
    names: names
    location: location
    tags: tags
    zones: zones
    subnetId: network!.outputs.clusterSubnetId
    privateCluster: privateNetwork
    clusterIdentity: identities.outputs.cluster
    nodesIdentity: identities.outputs.nodes
    endpointsIdentity: identities.outputs.endpoints
    scalerIdentity: identities.outputs.scaler
    administrators: administrators
    cpuPool: cpuPool
    gpuPool: gpuPool
    windowsPool: windowsPool
    kubernetesNamespace: kubernetesNamespace
    endpointsAccount: endpointsAccount
  }
}

module prometheus 'modules/prometheus.bicep' = if (onAks) {
  scope: group
  name: 'prometheus'
  params: {
    names: names
    location: location
    tags: tags
    metricsId: monitoring.outputs.metricsId
    clusterName: cluster!.outputs.name
  }
}

module machineLearning 'modules/machine-learning.bicep' = if (onMachineLearning) {
  scope: group
  name: 'machine-learning'
  params: {
    names: names
    location: location
    tags: tags
    workspaceIdentity: identities.outputs.workspace
    endpointsIdentity: identities.outputs.endpoints
    appPrincipalId: identities.outputs.app.principalId
    storageId: storage.outputs.id
    storageName: storage.outputs.name
    vaultId: vault.outputs.id
    insightsId: monitoring.outputs.insightsId
    registryId: registry!.outputs.id
    registryName: registry!.outputs.name
    registryAddress: registry!.outputs.address
    imageTag: imageTag
    privateSubnetId: privateSubnetId
    endpoints: machineLearningEndpoints
    endpointSettings: {
      RIPIENO_STORAGE__accountName: storage.outputs.name
      RIPIENO_STORAGE__clientId: identities.outputs.endpoints.clientId
      RIPIENO_ENDPOINT_AUDIENCE: machineLearningAudience
      RIPIENO_ENDPOINT_ISSUER: 'https://sts.windows.net/${tenant().tenantId}/' // its tokens are of version 1
      RIPIENO_ENDPOINT_CALLERS: identities.outputs.app.clientId
      RIPIENO_LICENSES: 'commercial'
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.insightsAddress
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identities.outputs.endpoints.clientId}'
    }
  }
}

module serviceBus 'modules/service-bus.bicep' = if (eventsOut == 'ServiceBus') {
  scope: group
  name: 'service-bus'
  params: {
    names: names
    location: location
    tags: tags
    zoneRedundant: isProd
    privateSubnetId: privateSubnetId
    appPrincipalId: identities.outputs.app.principalId
  }
}

module topic 'modules/event-topic.bicep' = if (eventsOut == 'EventGridTopic') {
  scope: group
  name: 'event-topic'
  params: {
    names: names
    location: location
    tags: tags
    privateSubnetId: privateSubnetId
    appPrincipalId: identities.outputs.app.principalId
  }
}

module pubSub 'modules/web-pubsub.bicep' = if (webPubSub) {
  scope: group
  name: 'web-pubsub'
  params: {
    names: names
    location: location
    tags: tags
    zoneRedundant: isProd
    privateSubnetId: privateSubnetId
    appPrincipalId: identities.outputs.app.principalId
  }
}

var secret = '@Microsoft.KeyVault(SecretUri=${vault.outputs.uri}secrets'
var hostName = gateway ? gatewayHostName : (apiManagement ? '${names.api}.azure-api.net' : '${names.app}.azurewebsites.net')
var analysisThere = onAks ? analysisOnAks : (onMachineLearning ? machineLearning!.outputs.addresses[0] : '')
var generationThere = onAks ? generationOnAks : (onMachineLearning ? machineLearning!.outputs.addresses[1] : '')
// Every setting of local.settings.sample.json that is for Azure; an empty one is as the code has it.
var settings = {
  TASK_HUB: taskHub
  PYTHON_THREADPOOL_THREAD_COUNT: '12'
  MALLOC_ARENA_MAX: '2'
  APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.insightsAddress
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identities.outputs.app.clientId}'
  RIPIENO_PUBLIC_URL: 'https://${hostName}'
  RIPIENO_ANALYSIS_ENDPOINTS: empty(analysisEndpoints) ? analysisThere : analysisEndpoints
  RIPIENO_GENERATION_ENDPOINTS: empty(generationEndpoints) ? generationThere : generationEndpoints
  RIPIENO_DIRECTML_ENDPOINTS: directmlEndpoints
  RIPIENO_SEPARATION: ''
  RIPIENO_STEM_FORMAT: ''
  RIPIENO_DROP_SOURCE: 'EventGrid'
  RIPIENO_DEFAULT_OWNER: ''
  RIPIENO_SWEEP_SECONDS: ''
  RIPIENO_REST_SECONDS: ''
  RIPIENO_AUTH: onAks ? '${signIn},token' : signIn // KEDA has a token: it reads the backlog
  RIPIENO_TOKENS: onAks ? '${secret}/app-tokens)' : ''
  RIPIENO_TENANT: tenant().tenantId
  RIPIENO_ISSUER: ''
  RIPIENO_AUDIENCE: '${apiClientId},api://${apiClientId}'
  RIPIENO_CLIENT_ID: apiClientId
  RIPIENO_SCOPES: 'api://${apiClientId}/access'
  RIPIENO_DROP_OWNERS: ''
  RIPIENO_AUDIT_DAYS: ''
  RIPIENO_KEEP_HISTORY_DAYS: ''
  RIPIENO_ORPHANS: ''
  RIPIENO_MAX_UPLOAD_BYTES: ''
  RIPIENO_MAX_SONG_BYTES: ''
  RIPIENO_MAX_SONG_SECONDS: ''
  RIPIENO_LOG_FORMAT: 'json'
  RIPIENO_DECODE_MEMORY_MB: ''
  RIPIENO_DECODE_SECONDS: ''
  RIPIENO_READ_MINUTES: ''
  RIPIENO_UPLOAD_MINUTES: ''
  RIPIENO_QUOTAS: 'azure'
  RIPIENO_PRICES: ''
  RIPIENO_VISITORS: visitors ? 'viewer' : 'off'
  RIPIENO_VISITOR_HOURS: ''
  RIPIENO_VISITS_AN_HOUR: ''
  RIPIENO_VISITOR_SECRET: visitors ? '${secret}/visitor-secret)' : ''
  RIPIENO_ENDPOINT_KEYS: onMachineLearning ? '' : '${secret}/endpoint-keys)' // as infra/kubernetes has them
  RIPIENO_ENDPOINT_AUDIENCE: onMachineLearning ? machineLearningAudience : ''
  RIPIENO_CALLBACK_SECRETS: '${secret}/callback-secrets)'
  RIPIENO_WEBHOOK_SECRETS: '${secret}/webhook-secrets)'
  RIPIENO_ALLOW_PRIVATE_WEBHOOKS: ''
  AZURE_OPENAI_ENDPOINT: openAi ? model!.outputs.address : ''
  RIPIENO_LLM_MODEL: openAi ? model!.outputs.deploymentName : ''
  RIPIENO_LLM_MODELS: ''
  RIPIENO_LLM_PRICES: ''
  RIPIENO_LLM_TIMEOUT: ''
  RIPIENO_LLM_TOKENS: ''
  RIPIENO_PLANNER_ENGINES: ''
}
var settingsOfScheduler = durableBackend == 'DurableTaskScheduler'
  ? {
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER'
      DURABLE_TASK_SCHEDULER: 'Endpoint=${scheduler!.outputs.address};Authentication=ManagedIdentity;ClientID=${identities.outputs.app.clientId}'
    }
  : {}

module app 'modules/function-app.bicep' = {
  scope: group
  name: 'function-app'
  params: {
    names: names
    location: location
    tags: tags
    hosting: hosting
    pythonVersion: pythonVersion
    zoneRedundant: isProd
    identity: identities.outputs.app
    storageName: storage.outputs.name
    packageAddress: storage.outputs.packageAddress
    appSubnetId: hasNetwork ? network!.outputs.appSubnetId : ''
    privateSubnetId: privateSubnetId
    publicNetwork: !privateNetwork
    settings: union(settings, settingsOfScheduler, appSettings)
    flex: flex
    premium: premium
  }
}

module api 'modules/api-management.bicep' = if (apiManagement) {
  scope: group
  name: 'api-management'
  params: {
    names: names
    location: location
    tags: tags
    sku: apiManagementSku
    zones: zones
    subnetId: privateNetwork ? network!.outputs.apiSubnetId : ''
    publisher: { email: emails[0], name: 'Ripieno' }
    backendAddress: 'https://${app.outputs.hostName}'
    tenantId: tenant().tenantId
    audience: apiClientId
    callsAMinute: callsAMinute
    insightsId: monitoring.outputs.insightsId
    insightsAddress: monitoring.outputs.insightsAddress
    identity: identities.outputs.app
  }
}

module door 'modules/gateway.bicep' = if (gateway) {
  scope: group
  name: 'gateway'
  params: {
    names: names
    location: location
    tags: tags
    zones: zones
    subnetId: network!.outputs.gatewaySubnetId
    identityId: identities.outputs.gateway.id
    backend: apiManagement && privateNetwork
      ? { ipAddress: api!.outputs.address }
      : { fqdn: apiManagement ? api!.outputs.address : app.outputs.hostName }
    backendHostName: apiManagement ? api!.outputs.hostName : app.outputs.hostName
    hostName: gatewayHostName
    certificateAddress: '${vault.outputs.uri}secrets/${gatewayCertificate}'
    mostInstances: 10
  }
}

module dashboards 'modules/grafana.bicep' = if (grafana) {
  scope: group
  name: 'grafana'
  params: {
    names: names
    location: location
    tags: tags
    zoneRedundant: isProd
    publicNetwork: !privateNetwork
    metricsId: monitoring.outputs.metricsId
    metricsName: names.metrics
    administrators: administrators
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    names: names
    tags: tags
    emails: emails
    appId: app.outputs.id
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
    budget: budget
    budgetFrom: budgetFrom
  }
}

module watch 'modules/watching.bicep' = if (watching != null) {
  scope: group
  name: 'watching'
  params: {
    names: names
    location: location
    tags: tags
    insightsId: monitoring.outputs.insightsId
    metricsId: monitoring.outputs.metricsId
    clusterName: onAks ? cluster!.outputs.name : ''
    peopleId: alerts.outputs.peopleId
    url: 'https://${hostName}'
    probe: watching!.probe
    queries: watching!.queries
    metrics: watching!.metrics
    workbook: watching!.workbook
  }
}

// What azd, the workflows, infra/kubernetes and infra/dashboards go on from.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_LOCATION string = location
output AZURE_FUNCTION_APP string = app.outputs.name
output AZURE_STORAGE_ACCOUNT string = storage.outputs.name
output AZURE_KEY_VAULT string = vault.outputs.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = endpointsOn == 'elsewhere' ? '' : registry!.outputs.address
output AZURE_AKS_CLUSTER_NAME string = onAks ? cluster!.outputs.name : ''
output AZURE_ML_ENDPOINTS array = onMachineLearning ? machineLearning!.outputs.addresses : []
output ENDPOINTS_CLIENT_ID string = identities.outputs.endpoints.clientId
output SCALER_CLIENT_ID string = identities.outputs.scaler.clientId
output APP_CLIENT_ID string = identities.outputs.app.clientId
output APPLICATIONINSIGHTS_CONNECTION_STRING string = monitoring.outputs.insightsAddress
output ALERTS_TELL string = alerts.outputs.peopleId
output LOGS_ID string = monitoring.outputs.logsId
output INSIGHTS_NAME string = monitoring.outputs.insightsName
output METRICS_ID string = monitoring.outputs.metricsId
output RIPIENO_URL string = 'https://${hostName}'
output GATEWAY_ADDRESS string = gateway ? door!.outputs.hostName : ''
output SERVICE_BUS string = eventsOut == 'ServiceBus' ? serviceBus!.outputs.address : ''
output EVENT_TOPIC string = eventsOut == 'EventGridTopic' ? topic!.outputs.address : ''
output WEB_PUBSUB string = webPubSub ? pubSub!.outputs.hostName : ''
output GRAFANA string = grafana ? dashboards!.outputs.address : ''
