#!/usr/bin/env bash
# Register the API in Entra ID, once: what Bicep itself cannot say (its Graph extension is an image in a registry, which
# could not be had while this was written). Prints what the parameter files read.
#
#   infra/bicep/register-apps.sh NAME HTTPS_ADDRESS >> .env        NAME as in AZURE_ENV_NAME
#
# Who runs it may register applications. Roles are given to people afterwards (docs/identity.md). There is no secret:
# the command and the studio sign in as public clients.
set -euo pipefail
name=$1 address=$2

uuid() { python3 -c 'import sys, uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "ripieno/" + sys.argv[1]))' "$1"; }

register() {  # register NAME: its application id, made where there is none by that name
  local id
  id=$(az ad app list --display-name "$1" --query '[0].appId' --output tsv)
  if [ -z "$id" ]; then
    id=$(az ad app create --display-name "$1" --sign-in-audience AzureADMyOrg \
      --requested-access-token-version 2 --query appId --output tsv)
  fi
  az ad app update --id "$id" --identifier-uris "api://$id"
  az ad sp show --id "$id" --output none 2>/dev/null || az ad sp create --id "$id" --output none
  echo "$id"
}

role() { printf '{"id": "%s", "value": "%s", "displayName": "%s", "description": "%s", "isEnabled": true, "allowedMemberTypes": ["User", "Application"]}' "$(uuid "$1")" "$1" "$1" "$2"; }

api=$(register "ripieno-$name")
az ad app update --id "$api" --is-fallback-public-client true --app-roles "[
  $(role Admin 'everything'), $(role Generator 'makes music'), $(role Analyst 'analyses songs'),
  $(role Viewer 'hears and reads'), $(role Scaler 'reads how much waits, and nothing else')]"
object=$(az ad app show --id "$api" --query id --output tsv)
az rest --method PATCH --uri "https://graph.microsoft.com/v1.0/applications/$object" \
  --headers Content-Type=application/json --body "{
    \"spa\": {\"redirectUris\": [\"$address\"]},
    \"api\": {\"requestedAccessTokenVersion\": 2, \"oauth2PermissionScopes\": [{
      \"id\": \"$(uuid access)\", \"value\": \"access\", \"type\": \"User\", \"isEnabled\": true,
      \"adminConsentDisplayName\": \"Use Ripieno\", \"adminConsentDescription\": \"Use Ripieno as the one who signs in.\",
      \"userConsentDisplayName\": \"Use Ripieno\", \"userConsentDescription\": \"Use Ripieno as yourself.\"}]}}"

echo "RIPIENO_API_CLIENT_ID=$api"
