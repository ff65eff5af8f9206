#!/usr/bin/env bash
# Release one commit to one stage, signed in with az:
#
#   infra/release.sh dev|prod COMMIT              resources, app, endpoints, smoke test
#   infra/release.sh dev|prod COMMIT --what-if    what would change, and nothing else
#
# Ends with 1 where the smoke test fails. The group is marked with the commit once all is well, so that the next release
# knows the way back.
set -euo pipefail
cd "$(dirname "$0")/.."
stage=$1 commit=$2 what_if=${3:-}

# A workflow hands over variables that nobody has set as empty ones, which parameter files would take for values.
for name in $(compgen -e); do
  if [ -z "${!name}" ]; then unset "$name"; fi
done

az bicep install --version v0.38.33
deployment=(--name "ripieno-$stage" --location "$AZURE_LOCATION" --parameters "infra/bicep/main.$stage.bicepparam")
if [ "$what_if" = --what-if ]; then
  exec az deployment sub what-if "${deployment[@]}"
fi
outputs=$(az deployment sub create "${deployment[@]}" --query properties.outputs --output json)
# az changes the case of their names.
while IFS='=' read -r name value; do
  export "$name=$value"
done < <(jq --raw-output 'to_entries[] | select(.value.type | ascii_downcase == "string")
  | "\(.key | ascii_upcase)=\(.value.value)"' <<< "$outputs")

bash infra/bicep/make-secrets.sh "$AZURE_KEY_VAULT" "$APPLICATIONINSIGHTS_CONNECTION_STRING"

python3 -m pip install --quiet pathspec==1.1.1
package=$(mktemp -d)/app.zip
python3 infra/package.py "$package"
az functionapp deployment source config-zip --resource-group "$AZURE_RESOURCE_GROUP" --name "$AZURE_FUNCTION_APP" \
  --src "$package" --build-remote true

python3 infra/kubernetes/deploy.py --overlay "$stage" --release "$commit" --build
python3 infra/smoke.py "$RIPIENO_URL"
az group update --name "$AZURE_RESOURCE_GROUP" --set "tags.release=$commit" --output none
