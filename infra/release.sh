#!/usr/bin/env bash
# Release one commit to one stage: `infra/release.sh dev|prod COMMIT`, signed in with az. Ends with 1 where the smoke test
# fails. The group is marked with the commit once all is well, so that the next release knows the way back.
set -euo pipefail
cd "$(dirname "$0")/.."
stage=$1 commit=$2

az bicep install --version v0.38.33
outputs=$(az deployment sub create --name "ripieno-$stage" --location "$AZURE_LOCATION" \
  --parameters "infra/bicep/main.$stage.bicepparam" --query properties.outputs --output json)
# az changes the case of their names.
while IFS='=' read -r name value; do
  export "$name=$value"
done < <(jq --raw-output 'to_entries[] | select(.value.type | ascii_downcase == "string")
  | "\(.key | ascii_upcase)=\(.value.value)"' <<< "$outputs")

python3 -m pip install --quiet pathspec==1.1.1
package=$(mktemp -d)/app.zip
python3 infra/package.py "$package"
az functionapp deployment source config-zip --resource-group "$AZURE_RESOURCE_GROUP" --name "$AZURE_FUNCTION_APP" \
  --src "$package" --build-remote true

python3 infra/kubernetes/deploy.py --overlay "$stage" --release "$commit" --build
python3 infra/smoke.py "$RIPIENO_URL"
az group update --name "$AZURE_RESOURCE_GROUP" --set "tags.release=$commit" --output none
