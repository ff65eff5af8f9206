#!/usr/bin/env bash
# Make the few true secrets in Key Vault, once: what is there already stays. Nothing is printed, and nothing is written
# to this machine. Who runs it needs the role Key Vault Secrets Officer, and the way to the vault: in prod that is from
# within the network.
#
#   infra/bicep/make-secrets.sh VAULT [APPLICATIONINSIGHTS_CONNECTION_STRING]
#
# To change one, put the new one in front of the old one, apart by a comma, where its setting is a list (docs/azure.md).
set -euo pipefail
vault=$1

keep() {  # keep NAME VALUE: write it where there is none by that name
  if ! az keyvault secret show --vault-name "$vault" --name "$1" --output none 2>/dev/null; then
    printf %s "$2" |
      az keyvault secret set --vault-name "$vault" --name "$1" --file /dev/stdin --encoding utf-8 --output none
    echo "made $1"
  fi
}

random() { openssl rand -base64 "$1" | tr -d '\n'; }
plain() { openssl rand -hex "$1"; }

keep callback-secrets "whsec_$(random 32)"  # endpoints sign with it what they tell the app
keep webhook-secrets "whsec_$(random 32)"   # what users check webhooks with follows from it
keep endpoint-keys "$(plain 32)"            # the app is known to the endpoints by it
keep scraping-key "$(plain 32)"             # Prometheus is
keep visitor-secret "$(plain 32)"           # tokens of visitors are signed with it

# KEDA reads the backlog with a token of the role Scaler: it has it from `scaler-token`, the app from `app-tokens`.
scaler=$(plain 32)
keep scaler-token "$scaler"
keep app-tokens "keda:Scaler=$(az keyvault secret show --vault-name "$vault" --name scaler-token --query value --output tsv)"

if [ $# -gt 1 ]; then
  keep application-insights "$2"  # no secret where local auth is off, but it is read with the others
fi
